-- k8s.health: a case for each state of each kind, by the rules of gitops-engine and kstatus.
local function object(api_version, kind, spec, status, meta)
    local metadata = { name = "x", generation = 2 }
    for key, value in pairs(meta or {}) do metadata[key] = value end
    return { apiVersion = api_version, kind = kind, metadata = metadata, spec = spec, status = status }
end

local function conditions(...)
    local list = json.array {}
    for i, text in ipairs { ... } do
        local kind, status, reason = text:match("^(%w+)=(%w+) ?(%w*)$")
        list[i] = { type = kind, status = status, reason = reason, message = "because" }
    end
    return list
end

local function deployment(spec, status)
    status.observedGeneration = status.observedGeneration or 2
    return object("apps/v1", "Deployment", spec, status)
end

local function statefulset(spec, status)
    status.observedGeneration = 2
    return object("apps/v1", "StatefulSet", spec, status)
end

local function daemonset(strategy, status)
    status.observedGeneration = 2
    return object("apps/v1", "DaemonSet", { updateStrategy = { type = strategy } }, status)
end

local function pod(phase, container, policy, more)
    local status = { phase = phase, containerStatuses = json.array { container } }
    for key, value in pairs(more or {}) do status[key] = value end
    return object("v1", "Pod", { restartPolicy = policy or "Always" }, status)
end

local function hpa(...)
    return object("autoscaling/v2", "HorizontalPodAutoscaler", {}, { conditions = conditions(...) })
end

local function custom(status, meta) return object("example.com/v1", "Widget", {}, status, meta) end
local function crd(...)
    return object("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, { conditions = conditions(...) })
end
local function job(spec, ...) return object("batch/v1", "Job", spec, { conditions = conditions(...), succeeded = 1 }) end

local well = { replicas = 2, updatedReplicas = 2, availableReplicas = 2 }

-- what, the object, its state, a pattern of the sentence
local cases = {
    { "Deployment", deployment({ replicas = 2 }, well), "healthy", "2 replicas" },
    { "not seen", deployment({ replicas = 2 }, { observedGeneration = 1 }), "progressing", "generation is 2" },
    { "never seen", object("apps/v1", "Deployment", {}, nil), "progressing", "has seen 0" },
    { "paused", deployment({ replicas = 2, paused = true }, {}), "suspended", "paused" },
    { "not updated", deployment({ replicas = 2 }, { updatedReplicas = 1 }), "progressing", "1 of 2 new" },
    { "old ones left", deployment({ replicas = 2 }, { updatedReplicas = 2, replicas = 3 }), "progressing", "1 old" },
    { "not available", deployment({ replicas = 2 }, { updatedReplicas = 2, replicas = 2, availableReplicas = 1 }),
        "progressing", "1 of 2 updated" },
    { "too late", deployment({ replicas = 2 }, { conditions = conditions "Progressing=False ProgressDeadlineExceeded" }),
        "degraded", "deadline: because", final = true },
    { "scaled to nothing", deployment({ replicas = 0 }, {}), "healthy", "0 replicas" },
    { "nulls", deployment({ replicas = json.null, paused = json.null }, { replicas = 1, updatedReplicas = 1,
        availableReplicas = 1, conditions = json.null }), "healthy", "1 replica" },

    { "StatefulSet", statefulset({ replicas = 2 }, { readyReplicas = 2, updateRevision = "a", currentRevision = "a" }),
        "healthy", "2 pods" },
    { "unready", statefulset({ replicas = 2 }, { readyReplicas = 1 }), "progressing", "1 of 2" },
    { "at two revisions", statefulset({ replicas = 2 }, { readyReplicas = 2, updatedReplicas = 1, updateRevision = "b",
        currentRevision = "a" }), "progressing", "revision b" },
    { "a partition under way", statefulset({ replicas = 3, updateStrategy = { type = "RollingUpdate",
        rollingUpdate = { partition = 1 } } }, { readyReplicas = 3, updatedReplicas = 1 }), "progressing", "1 of 2" },
    { "a partition done", statefulset({ replicas = 3, updateStrategy = { type = "RollingUpdate",
        rollingUpdate = { partition = 1 } } }, { readyReplicas = 3, updatedReplicas = 2, updateRevision = "b",
        currentRevision = "a" }), "healthy", "2 pods of the partition" },
    { "on delete", statefulset({ replicas = 2, updateStrategy = { type = "OnDelete" } }, { readyReplicas = 2,
        updateRevision = "b", currentRevision = "a" }), "healthy", "2 pods" },

    { "DaemonSet", daemonset("RollingUpdate", { desiredNumberScheduled = 2, updatedNumberScheduled = 2,
        numberAvailable = 2 }), "healthy", "2 pods" },
    { "not updated", daemonset("RollingUpdate", { desiredNumberScheduled = 2, updatedNumberScheduled = 1,
        numberAvailable = 2 }), "progressing", "1 of 2 new" },
    { "on delete, old pods", daemonset("OnDelete", { desiredNumberScheduled = 2, updatedNumberScheduled = 0,
        numberAvailable = 2 }), "healthy", "2 pods" },
    { "unavailable", daemonset("RollingUpdate", { desiredNumberScheduled = 2, updatedNumberScheduled = 2 }),
        "progressing", "0 of 2 pods" },

    { "ReplicaSet", object("apps/v1", "ReplicaSet", { replicas = 1 }, { observedGeneration = 2, availableReplicas = 1 }),
        "healthy", "1 replica" },
    { "refused pods", object("apps/v1", "ReplicaSet", { replicas = 1 }, { observedGeneration = 2,
        conditions = conditions "ReplicaFailure=True Quota" }), "degraded", "because" },

    { "Job", job({}, "Complete=True"), "healthy", "complete" },
    { "running", job({ completions = 3 }), "progressing", "1 of 3" },
    { "failed", job({}, "Failed=True DeadlineExceeded"), "degraded", "because", final = true },
    { "not failed", job({}, "Failed=False"), "progressing", "1 of 1" },
    { "suspended", job({ suspend = true }, "Suspended=True"), "suspended", "suspended" },
    { "resumed", job({ suspend = false }, "Suspended=False"), "progressing", "1 of 1" },

    { "Pod", pod("Running", nil, nil, { conditions = conditions "Ready=True" }), "healthy", "ready" },
    { "not ready", pod("Running", { name = "main", state = { running = {} } }), "progressing", "not ready" },
    { "pulls in vain", pod("Pending", { name = "main", state = { waiting = { reason = "ImagePullBackOff",
        message = "no such image" } } }), "degraded", "main: ImagePullBackOff: no such image" },
    { "an init container crashes", pod("Pending", nil, nil, { initContainerStatuses = { { name = "init",
        state = { waiting = { reason = "CrashLoopBackOff" } } } } }), "degraded", "init: CrashLoopBackOff" },
    { "restarted", pod("Running", { name = "main", state = { running = {} }, lastState = { terminated = {
        reason = "OOMKilled", exitCode = 137 } } }), "degraded", "restarted: OOMKilled" },
    { "pending", pod("Pending", { name = "main", state = { waiting = { reason = "ContainerCreating" } } }), "progressing",
        "Pending" },
    { "of a job, in trouble", pod("Pending", { name = "main", state = { waiting = { reason = "ErrImagePull" } } }, "Never"),
        "progressing", "Pending" },
    { "of a job, running", pod("Running", nil, "Never", { conditions = conditions "Ready=True" }), "progressing",
        "Running" },
    { "succeeded", pod("Succeeded", nil, "Never"), "healthy", "succeeded" },
    { "failed", pod("Failed", { name = "main", state = { terminated = { exitCode = 3 } } }, "Never"), "degraded",
        "exit code 3", final = true },
    { "evicted", pod("Failed", nil, nil, { reason = "Evicted" }), "degraded", "Evicted", final = true },
    { "lost", pod("Unknown"), "unknown", "Unknown" },

    { "PVC", object("v1", "PersistentVolumeClaim", {}, { phase = "Bound" }), "healthy", "Bound" },
    { "unbound", object("v1", "PersistentVolumeClaim", {}, { phase = "Pending" }), "progressing", "Pending" },
    { "lost", object("v1", "PersistentVolumeClaim", {}, { phase = "Lost" }), "degraded", "Lost" },
    { "Service", object("v1", "Service", { type = "ClusterIP" }, { loadBalancer = {} }), "healthy", "no load balancer" },
    { "without an address", object("v1", "Service", { type = "LoadBalancer" }, { loadBalancer = {} }), "progressing",
        "no address" },
    { "Ingress", object("networking.k8s.io/v1", "Ingress", {}, { loadBalancer = { ingress = { { ip = "10.0.0.1" } } } }),
        "healthy", "has an address" },
    { "without an address", object("networking.k8s.io/v1", "Ingress", {}, {}), "progressing", "no address" },

    { "HPA", hpa("AbleToScale=True ReadyForNewScale", "ScalingLimited=False DesiredWithinRange"), "healthy", "because" },
    { "without metrics", hpa("ScalingLimited=True TooFewReplicas", "ScalingActive=False FailedGetResourceMetric"),
        "degraded", "because" },
    { "new", hpa("AbleToScale=True ReadyForNewScale"), "progressing", "not scaled yet" },
    { "of v1", object("autoscaling/v1", "HorizontalPodAutoscaler", {}, {}, { annotations = {
        ["autoscaling.alpha.kubernetes.io/conditions"] = '[{"type":"AbleToScale","status":"True",'
            .. '"reason":"SucceededRescale","message":"scaled"}]' } }), "healthy", "scaled" },

    { "APIService", object("apiregistration.k8s.io/v1", "APIService", {}, { conditions = conditions "Available=True" }),
        "healthy", "available" },
    { "unavailable", object("apiregistration.k8s.io/v1", "APIService", {}, { conditions = conditions "Available=False" }),
        "progressing", "because" },
    { "CRD", crd("NamesAccepted=True", "Established=True"), "healthy", "established" },
    { "names refused", crd("NamesAccepted=False", "Established=False"), "degraded", "not accepted" },
    { "not established", crd("NamesAccepted=True", "Established=False"), "degraded", "not established" },
    { "schema", crd("Established=True", "NonStructuralSchema=True"), "degraded", "schema" },
    { "terminating", crd("Established=True", "Terminating=True"), "progressing", "terminated" },
    { "new", crd(), "progressing", "no conditions" },

    { "any kind", custom(nil), "healthy", "exists" },
    { "Ready", custom { conditions = conditions "Ready=True" }, "healthy", "Ready" },
    { "not Ready", custom { conditions = conditions "Ready=False" }, "progressing", "Ready is False: because" },
    { "Ready unknown", custom { conditions = conditions "Ready=Unknown" }, "progressing", "Unknown" },
    { "stalled", custom { conditions = conditions("Stalled=True", "Ready=True") }, "degraded", "because" },
    { "reconciling", custom { conditions = conditions("Ready=True", "Reconciling=True") }, "progressing", "because" },
    { "of an older generation", custom { observedGeneration = 1, conditions = conditions "Ready=True" }, "progressing",
        "has seen 1" },
    { "being deleted", custom({ conditions = conditions "Ready=True" }, { deletionTimestamp = "2026-01-01T00:00:00Z" }),
        "progressing", "deleted" },
    { "a status that is none", custom "odd", "healthy", "exists" },
    { "another group's Deployment", object("example.com/v1", "Deployment", { replicas = 2 }, {}), "healthy", "exists" },
}

return runbook {
    name = "test-health",
    phase "health" { keep_going = true,
        step "each state of each kind" { function()
            for _, case in ipairs(cases) do
                local state, text, final = k8s.health(case[2])
                local what = ("%s (%s)"):format(case[1], case[2].kind)
                check.equal(state, case[3], what)
                check(text:find(case[4]), "%s: %q has %q", what, text, case[4])
                check.equal(final or false, case.final or false, what .. ", for good")
            end
        end },
        step "what is no object" { function()
            local ok, why = pcall(k8s.health, "deployment/x")
            check(not ok and why.kind == "usage", "it is refused: %s", why)
        end },
    },
}
