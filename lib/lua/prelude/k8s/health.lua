-- k8s.health: is an object well? The built-in kinds are judged as Argo CD does (its gitops-engine, pkg/health), any
-- other as kstatus does (sigs.k8s.io/cli-utils, pkg/kstatus): by its generation, its deletion and its conditions.
local engine, primitives, parts = ...
local words, k8s = parts.words, primitives.k8s

local function healthy(text, ...) return "healthy", text:format(...) end
local function progressing(text, ...) return "progressing", text:format(...) end
local function degraded(text, ...) return "degraded", text:format(...) end

local function condition_of(object, kind)
    for _, condition in ipairs(object.status.conditions or {}) do
        if condition.type == kind then return condition end
    end
end

-- That condition when it has the status, which is "True" by default.
local function holds(object, kind, status)
    local condition = condition_of(object, kind)
    return condition and condition.status == (status or "True") and condition or nil
end

local function said(condition) return condition and (condition.message or condition.reason) or "no reason given" end

-- What the controller has not seen yet, or nil. Those of the built-in kinds always write what they have seen.
local function not_seen(object, always)
    local is, seen = object.metadata.generation or 0, object.status.observedGeneration
    if (seen or (always and 0 or is)) >= is then return nil end
    return ("its generation is %d, and its controller has seen %d"):format(is, seen or 0)
end

local kinds = {} -- "Kind.group" -> function(object, spec, status) -> state, text [, final]

kinds["Deployment.apps"] = function(object, spec, status)
    local wanted, updated = spec.replicas or 1, status.updatedReplicas or 0
    local late = condition_of(object, "Progressing")
    if spec.paused == true then return "suspended", "it is paused" end
    if late and late.reason == "ProgressDeadlineExceeded" then
        return "degraded", "it has exceeded its progress deadline: " .. said(late), true
    end
    if updated < wanted then return progressing("%d of %d new replicas have been updated", updated, wanted) end
    local old = (status.replicas or 0) - updated
    if old > 0 then return progressing("%d old replicas are still to be terminated", old) end
    local available = status.availableReplicas or 0
    if available < updated then return progressing("%d of %d updated replicas are available", available, updated) end
    return healthy("%d replicas are available", available)
end

kinds["StatefulSet.apps"] = function(_, spec, status)
    local wanted, ready, updated = spec.replicas or 1, status.readyReplicas or 0, status.updatedReplicas or 0
    local strategy = spec.updateStrategy or {}
    local partition = (strategy.rollingUpdate or {}).partition
    if ready < wanted then return progressing("%d of %d pods are ready", ready, wanted) end
    if strategy.type == "OnDelete" then return healthy("%d pods are ready", ready) end
    if partition and partition > 0 then
        if updated < wanted - partition then
            return progressing("%d of %d new pods of the partition have been updated", updated, wanted - partition)
        end
        return healthy("%d pods of the partition have been updated", updated)
    end
    if status.updateRevision ~= status.currentRevision then
        return progressing("%d pods are at revision %s", updated, status.updateRevision)
    end
    return healthy("%d pods are ready", ready)
end

kinds["DaemonSet.apps"] = function(_, spec, status)
    local wanted, updated = status.desiredNumberScheduled or 0, status.updatedNumberScheduled or 0
    local available = status.numberAvailable or 0
    if (spec.updateStrategy or {}).type ~= "OnDelete" and updated < wanted then
        return progressing("%d of %d new pods have been updated", updated, wanted)
    end
    if available < wanted then return progressing("%d of %d pods are available", available, wanted) end
    return healthy("%d pods are available", available)
end

kinds["ReplicaSet.apps"] = function(object, spec, status)
    local wanted, available = spec.replicas or 1, status.availableReplicas or 0
    local failure = holds(object, "ReplicaFailure")
    if failure then return degraded("%s", said(failure)) end
    if available < wanted then return progressing("%d of %d replicas are available", available, wanted) end
    return healthy("%d replicas are available", available)
end

kinds["Job.batch"] = function(object, spec, status)
    local failed = holds(object, "Failed") or holds(object, "FailureTarget")
    if failed then return "degraded", "it has failed: " .. said(failed), true end
    if holds(object, "Complete") then return healthy("it is complete") end
    if spec.suspend == true or holds(object, "Suspended") then return "suspended", "it is suspended" end
    return progressing("%d of %d have succeeded", status.succeeded or 0, spec.completions or 1)
end

-- What the first container that is in trouble says of it, of those in a list of statuses.
local function trouble_of(statuses, is_trouble)
    for _, container in ipairs(statuses) do
        local waiting, ended = (container.state or {}).waiting, (container.state or {}).terminated
        local text = is_trouble(waiting, ended, container)
        if text then return ("its container %s: %s"):format(container.name, text) end
    end
end

local function is_stuck(waiting)
    local reason = waiting and waiting.reason or ""
    local stuck = reason:find("^Err") or reason:find("Error$") or reason:find("BackOff$")
    return stuck and (waiting.message and reason .. ": " .. waiting.message or reason)
end

local function has_failed(_, ended)
    if not ended or (ended.exitCode or 0) == 0 then return nil end
    return ended.message or ended.reason == "OOMKilled" and ended.reason or "exit code " .. ended.exitCode
end

kinds["Pod."] = function(object, spec, status)
    local statuses, lives_on = {}, (spec.restartPolicy or "Always") == "Always"
    for _, list in ipairs { status.initContainerStatuses or {}, status.containerStatuses or {} } do
        table.move(list, 1, #list, #statuses + 1, statuses)
    end
    local stuck = lives_on and trouble_of(statuses, is_stuck)
    local message = status.message or status.reason
    if stuck then return degraded("%s", stuck) end
    if status.phase == "Succeeded" then return healthy("%s", message or "it has succeeded") end
    if status.phase == "Failed" then
        return "degraded", message or trouble_of(statuses, has_failed) or "it has failed", true
    end
    if status.phase == "Running" and lives_on then
        if holds(object, "Ready") then return healthy("it is ready") end
        local ended = trouble_of(statuses, function(_, _, container)
            local last = (container.lastState or {}).terminated
            return last and ("it was restarted: %s"):format(has_failed(nil, last) or last.reason or "it had ended")
        end)
        if ended then return degraded("%s", ended) end
        return progressing("%s", message or "it is not ready")
    end
    if status.phase == "Pending" or status.phase == "Running" then
        return progressing("%s", message or "it is " .. status.phase)
    end
    return "unknown", "its phase is " .. tostring(status.phase)
end

kinds["PersistentVolumeClaim."] = function(_, _, status)
    local states = { Bound = "healthy", Pending = "progressing", Lost = "degraded" }
    return states[status.phase] or "unknown", "it is " .. tostring(status.phase)
end

-- An address of a load balancer.
local function has_address(_, _, status)
    if #((status.loadBalancer or {}).ingress or {}) > 0 then return healthy("it has an address") end
    return progressing("it has no address of a load balancer yet")
end

kinds["Ingress.networking.k8s.io"] = has_address

kinds["Service."] = function(object, spec, status)
    if spec.type == "LoadBalancer" then return has_address(object, spec, status) end
    return healthy("it needs no load balancer")
end

local SCALING = { -- reasons of conditions of an autoscaler
    ["AbleToScale FailedGetScale"] = degraded, ["AbleToScale FailedUpdateScale"] = degraded,
    ["ScalingActive FailedGetResourceMetric"] = degraded, ["ScalingActive InvalidSelector"] = degraded,
    ["AbleToScale SucceededRescale"] = healthy, ["ScalingLimited DesiredWithinRange"] = healthy,
    ["ScalingLimited TooFewReplicas"] = healthy, ["ScalingLimited TooManyReplicas"] = healthy,
}

kinds["HorizontalPodAutoscaler.autoscaling"] = function(object, _, status)
    local conditions, well = status.conditions or {}, nil
    local older = (object.metadata.annotations or {})["autoscaling.alpha.kubernetes.io/conditions"] -- of v1
    if older then conditions = words.attempt(primitives.json.decode, older) or conditions end
    for _, condition in ipairs(conditions) do
        local state = SCALING[("%s %s"):format(condition.type, condition.reason)]
        if state == degraded then return degraded("%s", said(condition)) end
        well = well or state and condition
    end
    if well then return healthy("%s", said(well)) end
    return progressing("it has not scaled yet")
end

kinds["APIService.apiregistration.k8s.io"] = function(object)
    local available = condition_of(object, "Available")
    if available and available.status == "True" then return healthy("it is available") end
    return progressing("%s", available and said(available) or "it has no condition Available yet")
end

kinds["CustomResourceDefinition.apiextensions.k8s.io"] = function(object, _, status)
    if #(status.conditions or {}) == 0 then return progressing("it has no conditions yet") end
    local ends, refused = holds(object, "Terminating"), holds(object, "NamesAccepted", "False")
    local violations = holds(object, "NonStructuralSchema")
    if ends then return progressing("it is being terminated: %s", said(ends)) end
    if refused then return degraded("its names are not accepted: %s", said(refused)) end
    if not holds(object, "Established") then
        return degraded("it is not established: %s", said(condition_of(object, "Established")))
    end
    if violations then return degraded("its schema: %s", said(violations)) end
    return healthy("it is established")
end

-- Of a kind that nothing is known of: what its conditions say, where it has those that kstatus knows.
local function by_conditions(object)
    local stalled, reconciling = holds(object, "Stalled"), holds(object, "Reconciling")
    if stalled then return degraded("%s", said(stalled)) end
    if reconciling then return progressing("%s", said(reconciling)) end
    local ready = condition_of(object, "Ready")
    if ready and ready.status ~= "True" then return progressing("Ready is %s: %s", ready.status, said(ready)) end
    return healthy("%s", ready and "it is Ready" or "it exists, and nothing speaks against it")
end

-- k8s.health(object): "healthy", "progressing", "degraded", "suspended" or "unknown", a sentence that says
-- why, and whether it is so for good: time will not mend it. Deployments, StatefulSets, DaemonSets,
-- ReplicaSets, Jobs, Pods,
-- PersistentVolumeClaims, Services, Ingresses, HorizontalPodAutoscalers, APIServices and
-- CustomResourceDefinitions are judged as Argo CD does; any other object by its observedGeneration,
-- its deletion and the conditions Stalled, Reconciling and Ready, as kstatus does. A pure function.
function k8s.health(object)
    if engine.unknown(object) then return object.kind end -- which says so
    if type(object) ~= "table" or type(object.metadata) ~= "table" then
        engine.raise("usage", "k8s.health wants an object as k8s.get gives it")
    end
    object = words.without_nulls(object)
    object.status = type(object.status) == "table" and object.status or {}
    if type(object.status.conditions) ~= "table" then object.status.conditions = nil end
    if object.metadata.deletionTimestamp then return progressing("it is being deleted") end
    local group = tostring(object.apiVersion):match("^(.*)/") or ""
    local judge = kinds[("%s.%s"):format(object.kind, group)]
    local unseen = not_seen(object, group == "apps")
    if unseen then return progressing("%s", unseen) end
    local state, text, final = (judge or by_conditions)(object, object.spec or {}, object.status)
    return state, text, final == true
end
