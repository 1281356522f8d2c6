-- k8s: the verbs, against test_k8s.world.lua.
local function fails(words, fn)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check(tostring(why):find(words), "%q has %q", tostring(why), words)
end

return runbook {
    name = "test-k8s",
    params = { control = param "" },
    phase "k8s" { keep_going = true,
        -- An option that is not looked at would be a guard that does not guard.
        step "options of another type" { function()
            for option, wrong in pairs { selector = { "list", {} }, field_selector = { "list", 5 },
                namespace = { "list", 5 }, manager = { "apply", 5 }, if_uid = { "delete", 5 },
                if_resource_version = { "patch", 5 }, propagation = { "delete", true }, subresource = { "get", {} } } do
                fails("option '" .. option .. "' must be text", function()
                    k8s.call { verb = wrong[1], what = "configmaps", [option] = wrong[2] }
                end)
            end
            for option, verb in pairs { all_namespaces = "list", force = "apply", optional = "get" } do
                fails("option '" .. option .. "' must be true or false", function()
                    k8s.call { verb = verb, what = "configmaps", [option] = "yes" }
                end)
            end
            for _, verb in ipairs { "get", "find", "list", "delete", "rollout", "wait", "rollout_wait", "describe", "events" } do
                fails("takes its options as a table, .* not 'c1'", function() k8s[verb]("cm", "c1") end)
            end
            fails("takes its options as a table", function() k8s.watch("cm", "c1", print) end)
            fails("takes its options as a table", function() k8s.can_i("get", "cm", 5) end)
            for _, verb in ipairs { "get", "list", "patch", "delete", "rollout", "wait" } do
                fails("wants what to work on first", function() k8s[verb](nil, { merge = {} }) end)
            end
        end },
        -- Each function takes what its verb takes; what the library says to itself is no option of an author's.
        step "options of another verb" { function()
            local strange = {
                get = { "merge", "selector", "wait", "if_uid", "optional", "also" }, find = { "propagation", "optional" },
                list = { "subresource", "force", "merge" }, delete = { "merge", "selector", "force", "object" },
                patch = { "propagation", "before", "object", "selector", "wait" }, rollout = { "manager", "timout" },
                wait = { "merge", "selector", "from", "elapsed" }, rollout_wait = { "condition" },
                rollout_restart = { "merge", "to_revision" }, rollout_undo = { "merge" }, rollout_pause = { "force" },
                rollout_history = { "selector" }, describe = { "selector" }, events = { "field_selector" },
                logs = { "selector", "seen", "query" } }
            for name, options in pairs(strange) do
                for _, option in ipairs(options) do
                    fails(("^k8s.%s has no %%a+ '%s'"):format(name == "describe" and "get" or name, option), function()
                        k8s[name]("configmap/c1", { [option] = true })
                    end)
                end
            end
            fails("^k8s.apply has no %a+ 'propagation'", function() k8s.apply({ kind = "x" }, { propagation = "x" }) end)
            fails("^k8s.scale has no %a+ 'merge'", function() k8s.scale("deploy/x", 1, { merge = {} }) end)
            fails("^k8s.edit has no %a+ 'json'", function() k8s.edit("deploy/x", print, { json = {} }) end)
            fails("^k8s.label has no %a+ 'merge'", function() k8s.label("pod/x", {}, { merge = {} }) end)
            fails("^k8s.watch has no %a+ 'from'", function() k8s.watch("pods", { from = "5" }, print) end)
            fails("^k8s.can_i has no %a+ 'asked'", function() k8s.can_i("get", "pods", { asked = "x" }) end)
            check(k8s.label("configmap/c1", { odd = "true" }, { namespace = "n", subresource = "status" }),
                "every write may be of a part")
            fails("did you mean 'timeout'", function() k8s.get("cm/c1", { timout = 1 }) end)
            local ok, why = pcall(k8s.get, "cm/c1", { optoinal = true })
            check(not ok and not tostring(why):find("optional"), "what is ours is not suggested: %s", tostring(why))
        end },
        step "a selector" { function()
            local rules = { matchLabels = { b = "2", a = "1" }, matchExpressions = {
                { key = "c", operator = "In", values = { "x", "y" } }, { key = "d", operator = "NotIn", values = { "z" } },
                { key = "e", operator = "Exists" }, { key = "f", operator = "DoesNotExist" } } }
            check.equal(k8s.selector { kind = "Deployment", spec = { selector = rules } },
                "a=1,b=2,c in (x,y),d notin (z),e,!f", "of a workload")
            check.equal(k8s.selector { kind = "Service", spec = { selector = { app = "web" } } }, "app=web", "of a Service")
            for _, without in ipairs { { kind = "Service", spec = { selector = {} } }, { kind = "Service", spec = {} },
                { kind = "ConfigMap", metadata = { name = "x" } }, "x" } do
                fails("has no selector", function() k8s.selector(without) end)
            end
            fails("nil has no selector", function() k8s.selector() end)
        end },
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
            object = k8s.patch("configmap/c1", { json = { { op = "test", path = "/data/extra", value = "1" },
                { op = "replace", path = "/data/extra", value = "2" } } })
            check.equal(object.data.extra, "2", "after a JSON patch, the data")
            fails("422 Invalid", function()
                k8s.patch("configmap/c1", { json = { { op = "test", path = "/data/extra", value = "9" } } })
            end)
            object = k8s.patch("deployment/held", { strategic = { spec = { template = { spec = {
                containers = { { name = "main", image = "new" }, { name = "side", image = "s" } } } } } } })
            local containers = object.spec.template.spec.containers
            check.equal(#containers, 2, "a strategic patch merges by name: containers")
            check.equal(containers[1].ports[1].containerPort, 80, "what it does not name stays")
            fails("415.*Use a merge or a JSON patch: custom resources know no other", function()
                k8s.patch("widget/odd", { strategic = { spec = { change = "x" } } })
            end)
            for words, operation in pairs {
                ["(replace /spec/x) has no value: it is nil; json.null is null"] = { op = "replace", path = "/spec/x" },
                ["(add /a) has no value"] = { op = "add", path = "/a", value = nil },
                ["(test /a) has no value"] = { op = "test", path = "/a" },
                ["(move /a) has no from"] = { op = "move", path = "/a" },
                ["(remove) has no path"] = { op = "remove" },
                ["has no op of add, copy, move, remove, replace, test"] = { op = "set", path = "/a", value = 1 },
            } do
                local plain = words:gsub("%p", "%%%0")
                fails("operation 1 of the JSON patch " .. plain, function()
                    k8s.patch("configmap/c1", { json = { operation } })
                end)
            end
            fails("wants a list of operations", function() k8s.patch("configmap/c1", { json = {} }) end)
            check.equal(k8s.patch("deployment/worker", { merge = { spec = { replicas = 6 / 3 } } }).spec.replicas, 2,
                "a whole number, sent as one")
            fails("cannot unmarshal number 2.5", function() -- as strict as Go
                k8s.patch("deployment/worker", { merge = { spec = { replicas = 2.5 } } })
            end)
            fails("wants a list of operations", function()
                k8s.patch("configmap/c1", { json = { [1] = { op = "remove", path = "/a" }, [3] = { op = "x" } } })
            end)
            k8s.patch("configmap/c1", { json = { { op = "add", path = "/data/none", value = "x" },
                { op = "replace", path = "/data/none", value = json.null } } }) -- null is a value
            fails("wants one of merge", function() k8s.patch("cm/c1", { merge = {}, json = {} }) end)
            fails("409 Conflict", function()
                k8s.patch("cm/c1", { merge = { data = { a = "1" } }, if_resource_version = "1" })
            end)
        end },
        step "server-side apply" { function()
            local mine = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "mine", namespace = "n" },
                data = { a = "1" } }
            check.equal(k8s.apply(mine).data.a, "1", "created")
            mine.data.a = "2"
            check.equal(k8s.apply(mine).data.a, "2", "changed")
            mine.data.a = "3"
            fails("409 Conflict: .data.a is owned by \"runbook\"", function()
                k8s.apply(mine, { manager = "someone-else" })
            end)
            check.equal(k8s.apply(mine, { manager = "someone-else", force = true }).data.a, "3", "by force")
        end },
        step "manifests of several documents" { function()
            local text = "# first\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\ndata: { a: '1' }\n---\n"
                .. "---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: { name: two }\n"
                .. "- { apiVersion: v1, kind: ConfigMap, metadata: { name: three } }\n"
            local made = k8s.apply(text)
            check.equal(#made, 3, "objects")
            check.equal(made[1].data.a .. made[3].metadata.name, "1three", "in their order")
            made = k8s.create('{ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "four" },\n\t"data":'
                .. ' { "a": "}\\"{" } }\n{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"five"}}')
            check.equal(#made, 2, "objects of a JSON text")
            check.equal(made[1].data.a, '}"{', "its text")
            fails("already exists", function() k8s.create(text) end)
            fails("at least one", function() k8s.apply("---\n---\n# nothing") end)
            fails("not YAML", function() k8s.apply("a: [") end)
            fails("JSON", function() k8s.apply('{"a": ') end)
            fails("needs a kind", function() k8s.apply("a: 1") end)
        end },
        step "create and delete" { function()
            local object = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "new" }, data = {} }
            local made = k8s.create(object)
            fails("already exists", function() k8s.create(object) end)
            fails("409 Conflict", function() k8s.delete("configmap/new", { if_uid = "another" }) end)
            fails("409 Conflict", function() k8s.delete("configmap/new", { if_resource_version = "1" }) end)
            fails("propagation is", function() k8s.delete("configmap/new", { propagation = "Cascade" }) end)
            k8s.delete("configmap/new", { if_uid = made.metadata.uid, propagation = "Orphan", wait = "5s" })
            check.equal(k8s.find("configmap/new"), nil, "afterwards")
            fails("not found", function() k8s.delete("configmap/new") end)
            local named = k8s.create { apiVersion = "v1", kind = "ConfigMap", metadata = { generateName = "some-" } }
            check(named.metadata.name:find("^some%-."), "a generated name: %s", named.metadata.name)
        end },
        step "what the server is and may" { function()
            check.equal(k8s.version().major, "1", "the major version")
            local found = {}
            for _, kind in ipairs(k8s.api_resources()) do found[kind.name .. "." .. kind.group] = kind end
            check.equal(found["deployments.apps"].short[1], "deploy", "short name")
            check.equal(found["certificates.cert-manager.io"].api_version, "cert-manager.io/v1", "version")
            check.equal(found["namespaces."].namespaced, false, "namespaced")
            check(table.concat(found["configmaps."].verbs, " "):find("deletecollection"), "verbs")
            check.equal(k8s.can_i("patch", "deployments"), true, "may we patch deployments")
            local may, why = k8s.can_i("delete", "secret/x", "n")
            check.equal(may, false, "may we delete a secret")
            check(why:find("do not allow"), "because: %s", why)
            check.equal(k8s.can_i("get", "/healthz"), true, "may we get a path")
            check.equal(k8s.can_i("*", "*", { all_namespaces = true }), true, "may we all")
            fails("gadget", function() k8s.can_i("get", "gadgets") end)
        end },
        step "events and descriptions" { function()
            local events = k8s.events("pod/two")
            check.equal(#events, 2, "events")
            check.equal(events[1].message .. events[1].count .. events[1].from, "event 26kubelet", "the older")
            check.equal(#k8s.events("pod/two", { type = "Normal" }), 1, "normal ones")
            check.equal(#k8s.events { type = "Warning" }, 1, "warnings in the namespace")
            check.equal(#k8s.events("pod/none"), 0, "of what is not there")
            local function shows(what, ...)
                local text = k8s.describe(what)
                for _, words in ipairs { ... } do check(text:find(words), "%s shows %q:\n%s", what, words, text) end
            end
            shows("deployment/web", "Name: +web\n", "Labels: +app=web\n", "Replicas: +2 desired, 2 updated",
                "Image: +shop/web:1", "Port: +80/TCP", "Available +True", "Rollout: +done", "Events: +none")
            shows("pod/two", "Status: +Running", "  side:\n", "State: +running", "Restarts: +0",
                "Normal +Pulled .*%(x3 over .*kubelet +event 1\n")
            shows("ing/shop", "Class: +nginx", "TLS: +shop%-tls for shop.example", "shop.example +/ +web:80\n")
            shows("certificate/y", "Issuer: +ClusterIssuer/letsencrypt", "Ready +False .*DoesNotExist +Issuing")
            k8s.annotate("cm/c2", { a = "one\ntwo", ["kubectl.kubernetes.io/last-applied-configuration"] = "{hidden}" })
            shows("cm/c2", "Name: +c2", "Annotations: +a=one ...\n")
            check(not k8s.describe("cm/c2"):find("hidden"), "what kubectl applied last is not shown")
        end },
        step "paths into an object" { function()
            local o = { a = { b = json.array { { name = "x", n = 1, on = true }, { name = "y", n = 2, on = false } } },
                ["c.d"] = "dotted", z = json.null, deep = { a = { name = "z" } } }
            local function at(path) return json.encode(json.array(k8s.jsonpath(o, path))) end
            for path, values in pairs {
                ["{.a.b[0].name}"] = '["x"]', ["a.b[1].n"] = "[2]", [".a.b[-1].name"] = '["y"]',
                ["{.a.b[*].name}"] = '["x","y"]', ["{.a.b[0:1].n}"] = "[1]", ["{.a.b[-2:].n}"] = "[1,2]",
                ['{.a.b[?(@.name=="y")].n}'] = "[2]", ["{.a.b[?(@.n>1)].name}"] = '["y"]',
                ["{.a.b[?(@.on==false)].name}"] = '["y"]', ["{.a.b[?(@.none)].name}"] = "[]",
                ["{.c\\.d}"] = '["dotted"]', ["{['c.d']}"] = '["dotted"]', ["{$.a.b[0]['name']}"] = '["x"]',
                ["{..name}"] = '["x","y","z"]', ["{.a.*[0].n}"] = "[1]", ["{.z}"] = "[null]", ["{.none.x}"] = "[]",
                ["{.a.b[5].n}"] = "[]", ["{.a.b[?(@.n!=1)].n}"] = "[2]", ["{.c\\.d.x}"] = "[]",
                ["{.a.b[0]['name','n']}"] = '["x",1]', ["{.a.b[1, 0].n}"] = "[2,1]", ["{@.a.b[0].n}"] = "[1]",
                ['{.a.b[?(@.name==\'y"s\')].n}'] = "[]",
            } do check.equal(at(path), values, path) end
            for _, path in ipairs { "{.a", "", "{}", "{.a.b[}", "{.a.b[x]}", "{.a.b[?(n==1)]}", "{.a}{.b}", "{.a b}",
                "{.a.b[?(@.n>0 && @.on==true)].n}", "{.a.b[?(@.n==1 || @.n==2)].n}", '{.a.b[?(@.name=~"x")].n}',
                "{.a.b[?(@.name=='x' , @.n==1)].n}", "{.a.b['name', n]}", "{range .a.b[*]}{.n}{end}", "{.a?.b}" } do
                fails("JSON path", function() at(path) end)
            end
            fails("with &&, || or =~, which kubectl does not know", function() at("{.a.b[?(@.n>0 && @.on)].n}") end)
        end },
    },
}
