-- k8s: label, annotate, scale, edit and rollouts, against test_k8s.world.lua.
local function fails(words, fn)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check(tostring(why):find(words), "%q has %q", tostring(why), words)
    return why
end

local function writes(run)
    local count = 0
    for _ in http.get(run.control .. "/requests").body:gmatch('"write":true') do count = count + 1 end
    return count
end

-- What the API server keeps of an object, as text, without what it writes itself.
local function kept(what)
    local object = k8s.get(what)
    for _, name in ipairs { "managedFields", "resourceVersion", "generation" } do object.metadata[name] = nil end
    return json.encode(object)
end

return runbook {
    name = "test-k8s-change",
    params = { control = param "" },
    phase "k8s" { keep_going = true,
        step "label and annotate" { function(run)
            local object = k8s.label("cm/c1", { stage = "canary", team = 7 })
            check.equal(object.metadata.labels.stage .. object.metadata.labels.team, "canary7", "labels")
            check.equal(object.metadata.labels.odd, "true", "the others stay")
            local before = writes(run)
            k8s.label("cm/c1", { stage = "canary", gone = false })
            check.equal(writes(run), before, "what is so already is not sent: writes")
            local why = fails("'stage' already has a value %(canary%): overwrite = true replaces it", function()
                k8s.label("cm/c1", { stage = "stable" })
            end)
            check.equal(why.kind, "effect", "the kind of failure")
            object = k8s.label("cm/c1", { stage = "stable", team = false }, { overwrite = true })
            check.equal(json.encode(object.metadata.labels), '{"odd":"true","stage":"stable"}', "labels")
            object = k8s.annotate("cm/c1", { note = "a\nb", ["example.com/x"] = "1" })
            check.equal(object.metadata.annotations.note, "a\nb", "annotation")
            object = k8s.annotate("cm/c1", { note = json.null })
            check.equal(json.encode(object.metadata.annotations), '{"example.com/x":"1"}', "annotations")
            fails("409 Conflict", function() k8s.label("cm/c1", { a = "b" }, { if_resource_version = "1" }) end)
            fails("must be text", function() k8s.label("cm/c1", { a = {} }) end)
            fails("not found", function() k8s.label("cm/none", { a = "b" }) end)
        end },
        step "scale" { function(run)
            check.equal(k8s.scale("deployment/web", 2 * 4 / 2).spec.replicas, 4, "the scale")
            check.equal(k8s.get("deployment/web").spec.replicas, 4, "replicas")
            local before = writes(run)
            k8s.scale("deployment/web", 4)
            check.equal(writes(run), before, "what is so already is not sent: writes")
            local why = fails("is to have 2 replicas before it is scaled to 1, and it has 4", function()
                k8s.scale("deployment/web", 1, { current_replicas = 2 })
            end)
            check.equal(why.kind, "check", "the kind of failure")
            k8s.scale("deployment/web", 1, { current_replicas = 4 })
            check.equal(k8s.get("deployment/web", { subresource = "scale" }).spec.replicas, 1, "replicas")
            k8s.scale("widget/odd", 3)
            check.equal(k8s.get("widget/odd").spec.replicas, 3, "of a custom resource")
            fails("404", function() k8s.scale("configmap/c1", 1) end)
            fails("wants the number", function() k8s.scale("deployment/web", -1) end)
        end },
        step "edit changes what was changed, and nothing else" { function(run)
            local before = kept("widget/odd")
            local object = k8s.edit("widget/odd", function(o) o.spec.change = "you" end)
            check.equal(object.spec.change, "you", "after it")
            check.equal(kept("widget/odd"), (before:gsub('"change":"me"', '"change":"you"')), "to the byte, the object")
            check.equal(object.spec.large, 9223372036854775807, "64 bits")
            local sent = writes(run)
            k8s.edit("widget/odd", function() end)
            k8s.edit("widget/odd", function(o) o.spec.change = "you" end)
            check.equal(writes(run), sent, "without a change nothing is sent: writes")
            object = k8s.edit("widget/odd", function(o)
                o.spec.items[2].name = "B"
                table.insert(o.spec.items, { name = "d" })
                o.spec.unknownField.deep[1].list = nil
                o.spec["a/b~c"] = json.array {}
                o.spec.text = nil
            end)
            check.equal(json.encode(object.spec.items), '[{"n":4611686018427387905,"name":"a"},{"name":"B"},'
                .. '{"name":"c"},{"name":"d"}]', "a list")
            check.equal(json.encode(object.spec.unknownField), '{"deep":[{"a":1},{}]}', "deeper down")
            check.equal(json.encode(object.spec["a/b~c"]), "[]", "a name with a slash")
            check.equal(object.spec.text, nil, "what is taken away")
            object = k8s.edit("widget/odd", function(o)
                table.remove(o.spec.items, 1)
                table.remove(o.spec.items, 2)
            end)
            check.equal(json.encode(object.spec.items), '[{"name":"B"},{"name":"d"}]', "a shorter list")
            object = k8s.edit("widget/odd", function(o)
                local new = {}
                for key, value in pairs(o) do new[key] = value end
                new.spec = { other = "object" }
                return new
            end)
            check.equal(json.encode(object.spec), '{"other":"object"}', "another object")
        end },
        step "edit begins anew when somebody else was faster" { function()
            local calls = 0
            local object = k8s.edit("cm/c2", function(o)
                calls = calls + 1
                if calls == 1 then k8s.patch("cm/c2", { merge = { data = { other = "theirs" } } }) end
                o.data.mine = "ours"
            end)
            check.equal(calls, 2, "calls")
            check.equal(json.encode(object.data), '{"mine":"ours","number":"2","other":"theirs"}', "both changes")
            calls = 0
            fails("409 Conflict", function()
                k8s.edit("cm/c2", function(o)
                    calls = calls + 1
                    k8s.patch("cm/c2", { merge = { data = { other = tostring(calls) } } })
                    o.data.mine = "never"
                end)
            end)
            check.equal(calls, 5, "it gives up after")
            fails("wants a function", function() k8s.edit("cm/c2", {}) end)
            fails("returned '5' instead of an object", function() k8s.edit("cm/c2", function() return 5 end) end)
            fails("broken", function() k8s.edit("cm/c2", function() error("broken") end) end)
        end },
        step "rollouts" { function()
            local function image(n)
                k8s.patch("deployment/worker", { strategic = { -- at once: a controller may look at any time
                    metadata = { annotations = { ["kubernetes.io/change-cause"] = "image " .. n } },
                    spec = { template = { spec = { containers = { { name = "main",
                        image = "shop/worker:" .. n } } } } } }, namespace = "n" })
                return k8s.rollout_wait("deployment/worker", { timeout = "10s" })
            end
            local function of(object) return object.spec.template.spec.containers[1].image end
            image(2)
            image(3)
            local history = k8s.rollout_history("deployment/worker")
            check.equal(#history, 3, "revisions")
            check.equal(history[3].revision .. history[3].change_cause, "3image 3", "the last")
            check.equal(history[1].template.spec.containers[1].image, "shop/worker:1", "the first had")
            local object = k8s.rollout_undo("deployment/worker")
            check.equal(of(object), "shop/worker:2", "undone")
            check.equal(object.metadata.annotations["kubernetes.io/change-cause"], "image 2", "with its cause")
            check.equal(object.spec.template.metadata.labels["pod-template-hash"], nil, "without its hash")
            k8s.rollout_wait("deployment/worker", { timeout = "10s" })
            check.equal(of(k8s.rollout_undo("deployment/worker", { to_revision = 1 })), "shop/worker:1", "to the first")
            k8s.rollout_wait("deployment/worker", { timeout = "10s" })
            fails("has no revision 99; it has ", function()
                k8s.rollout_undo("deployment/worker", { to_revision = 99 })
            end)
            object = k8s.rollout_restart("deployment/worker")
            local when = object.spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]
            check(when:find("^%d+%-.*Z$"), "restarted at %s", when)
            check.equal(of(object), "shop/worker:1", "with the same image")
            check.equal(k8s.rollout_pause("deployment/worker").spec.paused, true, "paused")
            fails("already paused", function() k8s.rollout_pause("deployment/worker") end)
            fails("is paused and cannot be restarted", function() k8s.rollout_restart("deployment/worker") end)
            fails("is paused and cannot be rolled back", function() k8s.rollout_undo("deployment/worker") end)
            check.equal(k8s.rollout_resume("deployment/worker").spec.paused, nil, "resumed")
            fails("not paused", function() k8s.rollout_resume("deployment/worker") end)
            fails("no revision to go back to", function() k8s.rollout_undo("deployment/held") end)
            fails("only a Deployment, a DaemonSet or a StatefulSet", function() k8s.rollout_restart("cm/c1") end)
        end },
        step "rollouts of a StatefulSet" { function()
            local function template(image)
                return { metadata = { labels = { app = "db" } },
                    spec = { containers = { { name = "main", image = image } } } }
            end
            local set = k8s.create { apiVersion = "apps/v1", kind = "StatefulSet", metadata = { name = "db" },
                spec = { selector = { matchLabels = { app = "db" } }, serviceName = "db", template = template "db:2" } }
            for i = 1, 2 do
                local spec = template("db:" .. i)
                spec["$patch"] = "replace"
                k8s.create { apiVersion = "apps/v1", kind = "ControllerRevision", revision = i,
                    metadata = { name = "db-" .. i, labels = { app = "db" }, ownerReferences = { { apiVersion = "apps/v1",
                        kind = "StatefulSet", name = "db", uid = set.metadata.uid, controller = true } } },
                    data = { spec = { template = spec } } }
            end
            check.equal(k8s.rollout_history("sts/db")[1].template.spec.containers[1].image, "db:1", "the first had")
            check.equal(k8s.rollout_undo("sts/db").spec.template.spec.containers[1].image, "db:1", "undone")
        end },
    },
}
