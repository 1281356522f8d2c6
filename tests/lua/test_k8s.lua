-- k8s: the verbs, against test_k8s.world.lua.
local function fails(words, fn)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check(tostring(why):find(words), "%q has %q", tostring(why), words)
end

return runbook {
    name = "test-k8s",
    phase "k8s" { keep_going = true,
        step "get and find" { function()
            check.equal(k8s.get("configmap/c1").data.number, "1", "the data")
            check.equal(k8s.get("cm/c2", { namespace = "n" }).data.number, "2", "by short name")
            check.equal(k8s.get("configmaps c3").data.number, "3", "by plural")
            check.equal(k8s.get("certificates.cert-manager.io/x").spec.secretName, "s", "with its group")
            check.equal(k8s.find("configmap/none"), nil, "what is not there")
            fails("not found", function() k8s.get("configmap/none") end)
            fails("gadget", function() k8s.get("gadget/x") end)
        end },
        step "list with selectors" { function()
            check.equal(#k8s.list("configmaps"), 5, "all")
            check.equal(#k8s.list("configmaps", { selector = "odd=true" }), 3, "by label")
            check.equal(k8s.list("configmaps", { field_selector = "metadata.name=c4" })[1].data.number, "4", "by field")
            check(#k8s.list("configmaps", { all_namespaces = true }) >= 5, "in all namespaces")
        end },
        step "patch" { function()
            local object = k8s.patch("configmap/c1", { merge = { data = { extra = "1", number = json.null } } })
            check.equal(json.encode(object.data), '{"extra":"1"}', "after a merge patch, the data")
            object = k8s.patch("configmap/c1", { json = {
                { op = "test", path = "/data/extra", value = "1" }, { op = "replace", path = "/data/extra", value = "2" } } })
            check.equal(object.data.extra, "2", "after a JSON patch, the data")
            fails("422 Invalid", function()
                k8s.patch("configmap/c1", { json = { { op = "test", path = "/data/extra", value = "9" } } })
            end)
        end },
        step "server-side apply" { function()
            local mine = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "mine", namespace = "n" }, data = { a = "1" } }
            check.equal(k8s.apply(mine).data.a, "1", "created")
            mine.data.a = "2"
            check.equal(k8s.apply(mine).data.a, "2", "changed")
            mine.data.a = "3"
            fails("409 Conflict: .data.a is owned by \"runbook\"", function() k8s.apply(mine, { manager = "someone-else" }) end)
            check.equal(k8s.apply(mine, { manager = "someone-else", force = true }).data.a, "3", "by force")
        end },
        step "create and delete" { function()
            local object = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "new" }, data = {} }
            k8s.create(object)
            fails("already exists", function() k8s.create(object) end)
            k8s.delete("configmap/new")
            check.equal(k8s.find("configmap/new"), nil, "afterwards")
            fails("not found", function() k8s.delete("configmap/new") end)
        end },
        step "wait for a condition" { function()
            local met, state = k8s.condition(k8s.get("certificate/x"), "Ready")
            check(not met and state:find("DoesNotExist"), "before: %s", state)
            fails("to be Ready did not come about within 300ms; last seen: .*DoesNotExist", function()
                k8s.wait("certificate/x", { condition = "Ready", timeout = "300ms", every = "100ms" })
            end)
            k8s.patch("certificate/x", { merge = { metadata = { annotations = { please = "yes" } } } })
            local object = k8s.wait("certificate/x", { condition = "ready", timeout = "10s", every = "100ms" })
            check(k8s.condition(object, "Ready"), "after it holds")
            k8s.wait("certificate/x", { condition = "Ready=true", timeout = "1s" })
        end },
    },
}
