-- What the pretend Kubernetes API does where kubectl does not look: run by test_world.c, whose world
-- this is; start raises an error at the first thing that is not as it should be.
local apply = require "runbook.world.kubernetes.apply"
local columns = require "runbook.world.kubernetes.columns"
local fields = require "runbook.world.kubernetes.fields"
local kubernetes = require "runbook.world.kubernetes"
local patch = require "runbook.world.kubernetes.patch"
local protobuf = require "runbook.world.kubernetes.protobuf"
local selector = require "runbook.world.kubernetes.selector"

local POD = { kind = "Pod", plural = "pods", group = "", api_version = "v1", fields = { "status.phase" } }
local now = 1700000000

local function same(got, wanted, what)
    got = type(got) == "string" and got or json.encode(got)
    wanted = type(wanted) == "string" and wanted or json.encode(wanted)
    if got ~= wanted then error(("%s: got %s, wanted %s"):format(what or "value", got, wanted), 2) end
end

local function status_of(fn, ...)
    local ok, raised = pcall(fn, ...)
    if ok then error("no Status was raised", 2) end
    if type(raised) ~= "table" then error(raised, 0) end
    return raised.status
end

local function merge_patches() -- the examples of RFC 7386, appendix A
    local examples = {
        { '{"a":"b"}', '{"a":"c"}', '{"a":"c"}' }, { '{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}' },
        { '{"a":"b"}', '{"a":null}', '{}' }, { '{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}' },
        { '{"a":["b"]}', '{"a":"c"}', '{"a":"c"}' }, { '{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}' },
        { '{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}' },
        { '{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}' }, { '["a","b"]', '["c","d"]', '["c","d"]' },
        { '{"a":"b"}', '["c"]', '["c"]' }, { '{"e":null}', '{"a":1}', '{"a":1,"e":null}' },
        { '[1,2]', '{"a":"b","c":null}', '{"a":"b"}' }, { '{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}' },
    }
    for _, example in ipairs(examples) do
        same(patch.merge(json.decode(example[1]), json.decode(example[2])), example[3], example[2])
    end
end

local function json_patches() -- RFC 6902
    local target = json.decode '{"a":{"b":[1,2,3]},"c~d/e":"x"}'
    local cases = {
        { '[{"op":"add","path":"/a/b/1","value":9}]', '{"a":{"b":[1,9,2,3]},"c~d/e":"x"}' },
        { '[{"op":"add","path":"/a/b/-","value":9}]', '{"a":{"b":[1,2,3,9]},"c~d/e":"x"}' },
        { '[{"op":"remove","path":"/a/b/0"}]', '{"a":{"b":[2,3]},"c~d/e":"x"}' },
        { '[{"op":"replace","path":"/c~0d~1e","value":null}]', '{"a":{"b":[1,2,3]},"c~d/e":null}' },
        { '[{"op":"move","from":"/a/b","path":"/f"}]', '{"a":{},"c~d/e":"x","f":[1,2,3]}' },
        { '[{"op":"copy","from":"/a/b/2","path":"/a/b/0"}]', '{"a":{"b":[3,1,2,3]},"c~d/e":"x"}' },
        { '[{"op":"test","path":"/a","value":{"b":[1,2,3]}}]', '{"a":{"b":[1,2,3]},"c~d/e":"x"}' },
    }
    for _, case in ipairs(cases) do same(patch.json(target, json.decode(case[1])), case[2], case[1]) end
    for _, refused in ipairs {
        '[{"op":"test","path":"/a","value":1}]', '[{"op":"remove","path":"/a/b/3"}]',
        '[{"op":"add","path":"/x/y","value":1}]', '[{"op":"replace","path":"/nope","value":1}]',
        '[{"op":"add","path":"/a/b/01x","value":1}]', '[{"op":"jump","path":"/a"}]', '[{"op":"add","path":"a"}]',
    } do
        same(status_of(patch.json, target, json.decode(refused)).code, 422, refused)
    end
end

local function strategic_patches()
    local target = json.decode [[{"containers":[{"name":"a","image":"1","env":[{"name":"X","value":"1"}]},
        {"name":"b","image":"1"}],"args":["x"],"finalizers":["f"]}]]
    local function becomes(change, wanted) same(patch.strategic(target, json.decode(change), POD), wanted, change) end
    becomes('{"containers":[{"name":"b","image":"2"}],"args":["y"]}',
        [[{"args":["y"],"containers":[{"env":[{"name":"X","value":"1"}],"image":"1","name":"a"},{"image":"2","name":"b"}],"finalizers":["f"]}]])
    becomes('{"containers":[{"name":"a","$patch":"delete"}],"$setElementOrder/containers":[{"name":"b"}]}',
        '{"args":["x"],"containers":[{"image":"1","name":"b"}],"finalizers":["f"]}')
    becomes('{"containers":[{"$patch":"replace"},{"name":"c"}],"finalizers":["g"]}',
        '{"args":["x"],"containers":[{"name":"c"}],"finalizers":["f","g"]}')
    becomes('{"containers":null,"$deleteFromPrimitiveList/finalizers":["f"]}', '{"args":["x"],"finalizers":[]}')
end

local function selectors()
    local pod = { metadata = { name = "p", labels = { app = "web", ["x.io/y"] = "" } }, status = { phase = "Running" } }
    for text, fits in pairs {
        ["app=web"] = true, ["app==web"] = true, ["app!=web"] = false, ["nope!=web"] = true,
        ["app in (a, web)"] = true, ["app notin (a,web)"] = false, ["nope notin (a)"] = true,
        ["app"] = true, ["!app"] = false, ["!nope"] = true, ["x.io/y="] = true, ["app=web,!nope"] = true,
        ["app in (a,b),x.io/y"] = false, [""] = true, [" app = web "] = true,
    } do
        same(tostring(selector.labels(text)(pod)), tostring(fits), text)
    end
    for _, text in ipairs { "a b", "=x", "a in b", "a in (b", "a,,b", "a=b c" } do
        same(status_of(selector.labels, text).code, 400, text)
    end
    for text, fits in pairs {
        ["status.phase=Running"] = true, ["status.phase!=Running"] = false, ["metadata.name==p"] = true,
        ["metadata.namespace="] = true, ["status.phase=Running,metadata.name=q"] = false,
    } do
        same(tostring(selector.fields(text, POD)(pod)), tostring(fits), text)
    end
    same(status_of(selector.fields, "spec.x=1", POD).message, "field label not supported: spec.x")
end

local function who(manager) return { manager = manager, operation = "Apply", apiVersion = "v1" } end

local function container(name, image)
    return { spec = { containers = json.array { { name = name, image = image } } } }
end

local function applying()
    local object = { metadata = { name = "p" } }
    local function by(manager, config, force)
        config.metadata = config.metadata or {}
        object = apply.object(object, config, who(manager), POD, force, now)
    end
    by("one", container("a", "1"))
    by("two", container("b", "1"))
    same(object.spec.containers, '[{"image":"1","name":"a"},{"image":"1","name":"b"}]', "two managers, two items")
    same(object.metadata.managedFields[1].fieldsV1,
        [[{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:image":{},"f:name":{}}}}}]], "fieldsV1")

    local refused = status_of(by, "two", container("a", "2"))
    same(refused.message, 'Apply failed with 1 conflict: conflict with "one": .spec.containers[name="a"].image')
    same(refused.details.causes[1].field, '.spec.containers[name="a"].image')
    by("two", container("a", "2"), true)
    same(object.spec.containers, '[{"image":"2","name":"a"}]', "forced; what two no longer wants is gone")
    by("one", container("a", "2"))
    by("two", { spec = {} })
    same(object.spec.containers, '[{"image":"2","name":"a"}]', "shared: stays while one wants it")
    by("one", { spec = {} })
    same(tostring(object.spec), "nil", "nobody wants it")

    local before = object
    by("one", { metadata = { labels = { a = "1" } } })
    before = object
    by("one", { metadata = { labels = { a = "1" } } })
    same(object, before, "the same again")
    local changed = { metadata = { name = "p", labels = { a = "2" } } }
    changed.metadata.managedFields = fields.after_update(object, changed,
        { manager = "edit", operation = "Update", apiVersion = "v1" }, POD, now)
    object = changed
    refused = status_of(by, "one", { metadata = { labels = { a = "1" } } })
    same(refused.message,
        'Apply failed with 1 conflict: conflict with "edit" using v1 at 2023-11-14T22:13:20Z: .metadata.labels.a')
end

local function ages()
    for seconds, text in pairs {
        [0] = "0s", [119] = "119s", [120] = "2m", [605] = "10m", [301] = "5m1s", [3 * 3600] = "3h",
        [3 * 3600 + 60] = "3h1m", [47 * 3600] = "47h", [48 * 3600] = "2d", [50 * 3600] = "2d2h",
        [10 * 86400] = "10d", [800 * 86400] = "2y70d", [-5] = "0s",
    } do
        same(columns.age(seconds), text)
    end
end

local function protobufs()
    local body = "k8s\0" .. "\x0a\x0f\x0a\x02v1\x12\x09Namespace" .. "\x12\x09\x0a\x07\x0a\x05fresh" .. "\x1a\0\x22\0"
    same(protobuf.decode(body), '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fresh"}}')
    for _, broken in ipairs { "", "k8s\0\x0a\xff", "k8s\0\x0a\x05\x12\x03Foo", body:sub(1, 30) } do
        same(tostring(pcall(protobuf.decode, broken)), "false")
    end
end

local function request(method, target, body, headers)
    local path, query = target:match("^([^?]*)%??(.*)$")
    local parameters = {}
    for key, value in query:gmatch("([^&=]+)=([^&]*)") do parameters[key] = value end
    headers = headers or {}
    headers["content-type"] = headers["content-type"] or "application/json"
    return { method = method, target = target, path = path, query = parameters, headers = headers,
        body = body and json.encode(body) or "" }
end

local MAPS = "/api/v1/namespaces/default/configmaps"

local function config_map(name, labels, value)
    return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = name, labels = labels }, data = { a = value or "1" } }
end

local function watching()
    local api = kubernetes.new { now = function() return now end }
    local function events(stream)
        local found = {}
        for line in stream():gmatch("[^\n]+") do
            local event = json.decode(line)
            found[#found + 1] = event.type .. " " .. (event.object.metadata.name or event.object.reason or "")
        end
        return table.concat(found, ", ")
    end
    local start = api.store.revision
    api:put(config_map("one", { on = "yes" }))
    local function watch(query) return api:handle({}, request("GET", MAPS .. "?watch=true&" .. query)).stream end
    local all, selected = watch("resourceVersion=" .. start), watch "labelSelector=on"
    local short = watch "timeoutSeconds=1"
    same(events(all), "ADDED one", "from a revision")
    same(events(selected), "ADDED one", "from now, with what is there")
    api:put(config_map("one"))
    api:put(config_map("two", { on = "yes" }))
    api:put(config_map("two", { on = "yes" }))
    same(events(all), "MODIFIED one, ADDED two", "no event without a change")
    same(events(selected), "DELETED one, ADDED two", "what no longer fits is gone to a selection")
    api:delete("configmap", "default", "two")
    same(events(selected), "DELETED two")
    short()
    now = now + 2
    same(tostring(short()), "nil", "the end of a watch")
    for i = 1, 2100 do api:put(config_map("one", nil, tostring(i))) end
    same(events(watch("resourceVersion=" .. start)), "ERROR Expired", "too far back")
    same(events(watch "sendInitialEvents=true&allowWatchBookmarks=true"):match("BOOKMARK"), "BOOKMARK")
end

local function answering()
    local api = kubernetes.new {
        token = "t", now = function() return now end,
        allow = function(verb, plural) return verb ~= "delete" and plural ~= "secrets" end,
    }
    local function ask(...)
        local req = request(...)
        req.headers.authorization = "Bearer t"
        return api:handle({}, req)
    end
    same(api:handle({}, request("GET", "/api")).status, 401, "no token")
    same(api:handle({}, request("GET", "/version")).json.major, "1")
    same(ask("POST", MAPS, config_map "a").status, 201)
    same(ask("POST", MAPS .. "?dryRun=All", config_map "dry").json.metadata.name, "dry")
    same(ask("GET", MAPS .. "/dry").status, 404)
    same(ask("POST", MAPS .. "?dryRun=Some", config_map "dry").status, 400)
    same(ask("PUT", MAPS .. "/b", config_map "a").json.message,
        "the name of the object (a) does not match the name on the URL (b)")
    same(ask("PUT", MAPS .. "/a", { apiVersion = "v2", metadata = { name = "a" } }).status, 400)
    same(ask("PATCH", MAPS .. "/a", {}, { ["content-type"] = "text/plain" }).status, 415)
    same(ask("PATCH", MAPS .. "/a", config_map "a", { ["content-type"] = "application/apply-patch+yaml" }).status, 422)
    same(ask("DELETE", MAPS .. "/a").json.reason, "Forbidden")
    same(ask("GET", "/api/v1/namespaces/default/secrets").status, 403)
    same(ask("POST", MAPS .. "/a").status, 405)
    same(ask("GET", "/api/v1/nothing").json.reason, "NotFound")
    same(ask("GET", "/apis/apps/v1/deployments", nil, { accept = "text/html" }).status, 406)
    local req = request("POST", MAPS)
    req.headers.authorization, req.body = "Bearer t", "{broken"
    same(api:handle({}, req).status, 400)

    for i = 1, 5 do api:put(config_map("many-" .. i)) end
    local first = ask("GET", MAPS .. "?limit=4").json
    same(#first.items, 4)
    same(first.metadata.remainingItemCount, 2)
    api:delete("cm", "default", "many-5")
    local rest = ask("GET", MAPS .. "?limit=4&continue=" .. first.metadata.continue).json
    same(rest.items[2].metadata.name, "many-5", "the rest of a list is as old as its start")
    for _ = 1, 17 do ask("GET", MAPS .. "?limit=1") end
    same(ask("GET", MAPS .. "?continue=" .. first.metadata.continue).json.reason, "Expired")

    local merge = { ["content-type"] = "application/merge-patch+json" }
    local version = api:get("configmap", "default", "a").metadata.resourceVersion
    same(ask("PATCH", MAPS .. "/a", { metadata = { labels = { x = json.null } } }, merge).json.metadata.resourceVersion,
        version, "nothing changed")
    local told = {}
    api.on_change = function(object, old)
        told[#told + 1] = object.metadata.name .. (old and " changed" or " new")
        object.data.seen = "yes"
        api:put(object)
    end
    ask("PATCH", MAPS .. "/a", { data = { b = "2" } }, { ["content-type"] = "application/merge-patch+json" })
    same(api:get("configmaps", "default", "a").data, '{"a":"1","b":"2","seen":"yes"}')
    same(told, '["a changed"]', "what on_change does is not told again")
end

local function owning()
    local api = kubernetes.new { now = function() return now end }
    local owner = api:put(config_map "owner")
    local owned = config_map "owned"
    owned.metadata.ownerReferences = { { kind = "ConfigMap", name = "owner", uid = owner.metadata.uid } }
    api:put(owned)
    api:delete("configmap", "default", "owner")
    same(tostring(api:get("configmap", "default", "owned")), "nil", "what it owned goes with it")
    same(tostring(pcall(api.get, api, "wheel", nil, "x")), "false")
    api:define { group = "example.com", version = "v1", kind = "Wheel", plural = "wheels", short = { "wh" } }
    local wheel
    for size = 1, 2 do
        wheel = api:put {
            apiVersion = "example.com/v1", kind = "Wheel", metadata = { name = "x", namespace = "garage" },
            spec = { size = size },
        }
    end
    same(wheel.metadata.generation, 2, "a changed spec raises the generation")
    same(api:get("wh", "garage", "x").spec, '{"size":2}')
    same(#api:list("wheels"), 1)
    same(api:get("ns", nil, "garage").status.phase, "Active", "a missing namespace is made")
end

return {
    name = "kubernetes-unit", listen = {}, handle = {},
    start = function()
        merge_patches()
        json_patches()
        strategic_patches()
        selectors()
        applying()
        ages()
        protobufs()
        watching()
        answering()
        owning()
    end,
}
