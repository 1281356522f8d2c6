-- k8s: waiting and watching, against test_k8s.world.lua.
local function fails(words, fn)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check(tostring(why):find(words), "%q has %q", tostring(why), words)
    return why
end

-- Asks the world for a deed (see there) by an annotation, a while from now.
local function ask_later(what, deed)
    wait.sleep(0.6)
    k8s.annotate(what, { please = deed }, { overwrite = true })
end

-- Runs fn while the world does what was asked for; returns what fn returned, and how long it took.
local function meanwhile(what, deed, fn)
    local started = wait.now()
    local results = parallel { fn, function() ask_later(what, deed) end }
    return results[1], wait.now() - started
end

local function fault(run, name, weight)
    http.post(run.control .. "/faults", { json = { name = name, weight = weight } })
end

return runbook {
    name = "test-k8s-wait",
    params = { control = param "" },
    phase "k8s" { keep_going = true,
        step "for a condition" { function()
            for _, verb in ipairs { "wait", "rollout_wait" } do
                fails("k8s." .. verb .. ' wants one object, as in "pods/NAME"', function()
                    k8s[verb]("pods", { condition = verb == "wait" and "Ready" or nil })
                end)
            end
            local met, state = k8s.condition(k8s.get("certificate/x"), "Ready")
            check(not met and state:find("DoesNotExist"), "before: %s", state)
            local why = fails("to be Ready did not come about within 300ms; last seen: .*DoesNotExist", function()
                k8s.wait("certificate/x", { condition = "Ready", timeout = "300ms" })
            end)
            check.equal(why.kind, "check", "the kind of failure")
            fails("did not come about within 0ms; last seen: Ready is False", function()
                k8s.wait("certificate/x", { condition = "Ready", timeout = 0 })
            end)
            local object, seconds = meanwhile("certificate/x", "ready", function()
                return k8s.wait("certificate/x", { condition = "ready", timeout = "10s" })
            end)
            check(k8s.condition(object, "Ready"), "after it holds")
            check(seconds < 8, "it is told at once: after %.1f s", seconds)
            k8s.wait("certificate/x", { condition = "Ready=true", timeout = 0 })
            fails("not there: check the name", function() k8s.wait("certificate/none", { condition = "Ready" }) end)
        end },
        step "for an object that goes away" { function()
            local why = meanwhile("certificate/y", "vanish", function()
                return fails("certificate/y is not there", function()
                    k8s.wait("certificate/y", { condition = "Ready", timeout = "10s" })
                end)
            end)
            check.equal(why.kind, "effect", "that is no time-out; the kind of failure")
            check.equal(k8s.wait("certificate/y", { delete = true }), true, "it is gone already")
            fails("web%-2 to be gone did not come about within 200ms; last seen: it is still there", function()
                k8s.wait("pod/web-2", { delete = true, timeout = "200ms" })
            end)
            check.equal(meanwhile("pod/two", "replace", function()
                return k8s.wait("pod/two", { delete = true, timeout = "10s" })
            end), true, "one of the same name that came after it is another one: gone")
            check(k8s.find("pod/two"), "there is one of that name")
            local first = k8s.get("widget/phoenix").metadata.uid
            k8s.delete("widget/phoenix", { wait = "2s" }) -- of the one that was deleted, not of its heir
            check(k8s.get("widget/phoenix").metadata.uid ~= first, "another has come")
            fails("last seen: it is being deleted, and its finalizers example.com/backup, example.com/audit are not done",
                function() k8s.delete("widget/bound", { wait = "200ms" }) end)
        end },
        step "for an object that comes" { function()
            local object = parallel {
                function() return k8s.wait("configmap/late", { create = true, timeout = "10s" }) end,
                function()
                    wait.sleep(0.3)
                    k8s.create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "late" } }
                end }[1]
            check.equal(object.metadata.name, "late", "what came")
            check.equal(k8s.wait("cm/late", { create = true, timeout = 0 }).metadata.name, "late", "it is there")
            fails("never to be there did not come about", function()
                k8s.wait("configmap/never", { create = true, timeout = "200ms" })
            end)
        end },
        step "for a value" { function()
            local object = meanwhile("pod/web-1", "run", function()
                return k8s.wait("pod/web-1", { jsonpath = "{.status.phase}=Running", timeout = "10s" })
            end)
            check.equal(object.status.phase, "Running", "the phase")
            k8s.wait("pod/web-1", { jsonpath = "{.spec.nodeName}", timeout = 0 })
            k8s.wait("pod/web-1", { jsonpath = "spec.nodeName='node-1'", timeout = 0 })
            k8s.wait("widget/odd", { jsonpath = "{.spec.items[?(@.name==\"a\")].n}=4611686018427387905",
                timeout = 0 })
            k8s.wait("widget/odd", { jsonpath = "{.spec.whole}=2", timeout = 0 })
            k8s.wait("widget/odd", { jsonpath = "{.spec.real}=1.5", timeout = 0 })
            fails("last seen: {.status.phase} is Running", function()
                k8s.wait("pod/web-1", { jsonpath = "{.status.phase}=Failed", timeout = "200ms" })
            end)
            fails("last seen: {.status.none} is not there", function()
                k8s.wait("pod/web-1", { jsonpath = "{.status.none}=x", timeout = "200ms" })
            end)
            fails("more than one value", function() k8s.wait("widget/odd", { jsonpath = "{.spec.items[*].name}=a" }) end)
            fails("an object or a list", function() k8s.wait("widget/odd", { jsonpath = "{.spec.items}=a" }) end)
            fails("no value after", function() k8s.wait("widget/odd", { jsonpath = "{.spec.text}=" }) end)
        end },
        step "for a rollout" { function()
            k8s.annotate("deployment/web", { hold = "yes" })
            k8s.patch("deployment/web", { merge = { spec = { replicas = 3 } } })
            fails("web to have rolled out did not come about within 300ms; last seen: Waiting for deployment spec "
                .. "update to be observed", function() k8s.rollout_wait("deployment/web", { timeout = "300ms" }) end)
            local object = parallel {
                function() return k8s.rollout_wait("deployment/web", { timeout = "10s" }) end,
                function()
                    wait.sleep(0.3)
                    k8s.annotate("deployment/web", { hold = false })
                end }[1]
            check.equal(object.status.availableReplicas, 3, "available")
            check.equal(k8s.rollout("deployment/web"), "done", "the rollout")
            k8s.patch("deployment/held", { merge = { metadata = { annotations = { hold = "yes" } } } })
            k8s.patch("deployment/held", { subresource = "status", merge = { status = { conditions = { {
                type = "Progressing", status = "False", reason = "ProgressDeadlineExceeded" } },
                observedGeneration = 99 } } })
            fails("exceeded its progress deadline", function() k8s.rollout_wait("deployment/held") end)
            fails("not there", function() k8s.rollout_wait("deployment/none") end)
            fails("has no rollout to wait for", function() k8s.rollout_wait("pod/two") end)
        end },
        step "watch" { function()
            local told = {}
            local last = parallel {
                function()
                    return k8s.watch("configmaps", { selector = "odd=true", timeout = "10s" }, function(object, change)
                        told[#told + 1] = change .. " " .. object.metadata.name
                        return object.data and object.data.stop
                    end)
                end,
                function()
                    wait.sleep(0.6)
                    k8s.patch("cm/c3", { merge = { data = { a = "1" } } })
                    k8s.label("cm/c2", { odd = "true" }, { overwrite = true })
                    k8s.label("cm/c3", { odd = "false" }, { overwrite = true })
                    k8s.delete("cm/c5")
                    k8s.patch("cm/c1", { merge = { data = { stop = "yes" } } })
                end }[1]
            check.equal(last, "yes", "what the function returned")
            check.equal(table.concat(told, ", "), "ADDED c1, ADDED c3, ADDED c5, MODIFIED c3, ADDED c2, DELETED c3, "
                .. "DELETED c5, MODIFIED c1", "the changes")
            local phases = {}
            meanwhile("pod/web-1", "flicker", function()
                k8s.watch("pod/web-1", { timeout = "10s" }, function(pod)
                    phases[#phases + 1] = pod.status.phase
                    return pod.status.phase == "Pending"
                end)
            end)
            check.equal(table.concat(phases, " "), "Running Running Succeeded Pending", "no change is missed: phases")
            fails("a change of pod/web%-1 did not come about within 200ms", function()
                k8s.watch("pod/web-1", { timeout = "200ms" }, function() end)
            end)
            fails("boom", function() k8s.watch("pods", function() error("boom") end) end)
        end },
        step "while the server is in trouble" { function(run)
            local function through(name, seconds, deed)
                return parallel {
                    function() return k8s.wait("pod/web-2", { jsonpath = "{.metadata.annotations.done}=" .. name,
                        timeout = "20s" }) end,
                    function()
                        wait.sleep(0.6)
                        fault(run, name, true)
                        wait.sleep(seconds)
                        fault(run, name, false)
                        k8s.annotate("pod/web-2", { done = name }, { overwrite = true })
                    end }[1]
            end
            local function refused() return http.get(run.control .. "/state"):json().refused end
            for _, name in ipairs { "breaks", "refuse", "forget" } do
                local before = refused()
                check.equal(through(name, 1).metadata.annotations.done, name, "it goes on after")
                check(refused() > before, "it has met %s", name)
            end
            fault(run, "forbid_watch", true)
            check.equal(through("forbid_watch", 0.1).metadata.annotations.done, "forbid_watch", "it looks instead")
            fault(run, "forbid_watch", false)
            fault(run, "refuse", true)
            fails("answered 503", function() k8s.wait("pod/web-2", { create = true, timeout = "10s" }) end)
            fault(run, "refuse", false)
        end },
        step "a branch that fails frees its siblings' connections" { function()
            local started = wait.now()
            fails("enough", function()
                parallel {
                    function() k8s.wait("certificate/x", { condition = "Never", timeout = "1m" }) end,
                    function() k8s.watch("pods", { timeout = "1m" }, function() end) end,
                    function()
                        wait.sleep(0.3)
                        error("enough")
                    end }
            end)
            check(wait.now() - started < 20, "at once")
        end },
        step "for what was written" { function()
            local written = k8s.patch("certificate/x", { merge = { spec = { secretName = "other" } } })
            check.equal(written.metadata.generation, 2, "a change of the spec is a generation")
            local object = k8s.wait("certificate/x", { condition = "Ready", timeout = 0, after = written })
            check.equal(object.metadata.uid, written.metadata.uid, "the same object")
            k8s.delete("widget/phoenix")
            fails("widget/phoenix is not the one that was written", function()
                k8s.wait("widget/phoenix", { create = true, after = { metadata = { uid = "of-old" } } })
            end)
            local patched = k8s.patch("deployment/web", { merge = { spec = { minReadySeconds = 1 } } })
            local rolled = k8s.rollout_wait("deployment/web", { after = patched })
            check.equal(rolled.status.observedGeneration, patched.metadata.generation, "its controller has seen it")
            fails("has not been seen by its controller yet", function()
                k8s.rollout_wait("deployment/web", { timeout = 0, after = { metadata = {
                    uid = rolled.metadata.uid, generation = patched.metadata.generation + 1 } } })
            end)
        end },
        step "for health" { function()
            check.equal(k8s.wait("deployment/web", { healthy = true, timeout = "10s" }).kind, "Deployment", "it is well")
            fails("to be healthy did not come about .*last seen: progressing: it has no address", function()
                k8s.wait("ingress/shop", { healthy = true, timeout = 0 })
            end)
            k8s.create { apiVersion = "batch/v1", kind = "Job", metadata = { name = "lost" }, spec = { template = {} } }
            k8s.patch("job/lost", { subresource = "status", merge = { status = { conditions = { { type = "Failed",
                status = "True", reason = "BackoffLimitExceeded", message = "too often" } } } } })
            local started = wait.now()
            fails("job/lost is degraded: it has failed: too often", function()
                k8s.wait("job/lost", { healthy = true, timeout = "1m" })
            end)
            check(wait.now() - started < 10, "what time does not mend is not waited for")
        end },
        step "for several conditions" { function()
            k8s.wait("certificate/x", { condition = { "Ready", "Ready=True" }, timeout = 0 })
            fails("to be Ready and Issuing did not come about", function()
                k8s.wait("certificate/x", { condition = { "Ready", "Issuing" }, timeout = 0 })
            end)
            for _, wrong in ipairs { {}, { 5 } } do
                fails("condition names one", function() k8s.wait("certificate/x", { condition = wrong }) end)
            end
        end },
        step "what makes no sense" { function()
            fails("no field 'conditions' %(did you mean 'condition'%?%)", function()
                k8s.wait("pod/web-1", { conditions = { "Ready" } })
            end)
            fails("'healthy' of k8s.wait must be a boolean", function() k8s.wait("pod/web-1", { healthy = "no" }) end)
            fails("wants to know for what", function() k8s.wait("pod/web-1", { healthy = false, create = false }) end)
            for _, after in ipairs { { k8s.get("pod/web-1") }, {}, true } do
                fails("`after` is one object", function() k8s.wait("pod/web-1", { create = true, after = after }) end)
            end
            fails("`after` is of another object, web%-2", function()
                k8s.wait("pod/web-1", { create = true, after = k8s.get("pod/web-2") })
            end)
            fails("wants to know for what", function() k8s.wait("pod/web-1", {}) end)
            fails("one thing at a time", function() k8s.wait("pod/web-1", { create = true, delete = true }) end)
            fails("no field 'every'", function() k8s.wait("pod/web-1", { create = true, every = "1s" }) end)
            fails("wants a function", function() k8s.watch("pods", {}) end)
            fails("not a length of time", function() k8s.wait("pod/web-1", { create = true, timeout = "soon" }) end)
        end },
    },
}
