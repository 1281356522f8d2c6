-- k8s: the verbs, over one call that the C side offers. What is used less often stands in prelude.k8s.*
-- and is loaded when it is first called.
local engine, primitives, parts = ...
local words = parts.words
local k8s = primitives.k8s
local call = k8s.call

-- The options of k8s.NAME, for a call about `what` by a verb of k8s.call (default: the one of that name). It takes
-- the verb's options, and what `more` has besides ({ field = "type" }, see words.fields), for the caller to take out.
-- "write" is for a patch that the function makes itself, so an author gives all of its options but the patch.
local function options_for(name, what, options, verb, more)
    local all = {}
    verb = verb or name
    if type(what) ~= "string" then
        engine.raise("usage", ("k8s.%s wants what to work on first, as in \"deployment/billing\""):format(name))
    end
    options = words.options(options, "k8s." .. name)
    words.fields(options, words.takes("k8s." .. verb, more), "k8s." .. name)
    for key, value in pairs(options) do all[key] = value end
    all.verb, all.what = verb == "write" and "patch" or verb, what
    return all
end

-- k8s.get("deployment/billing" [, { namespace = "x" }]): the object, named as kubectl takes it. Raises an
-- effect failure when it is not there.
--   [k8s_get_args]
function k8s.get(what, options) return call(options_for("get", what, options)) end

-- k8s.find("deployment/billing" [, { namespace = "x" }]): the object, or nil when it is not there.
function k8s.find(what, options)
    local all = options_for("find", what, options, "get")
    all.optional = true
    return call(all)
end

-- k8s.secret("billing-stripe", "api-key" [, { namespace = "x" }]): what the Secret holds under that key,
-- decoded, or nil. As with every Secret that is read, its values are shown nowhere from then on, save
-- public certificates (tls.crt, ca.crt).
function k8s.secret(name, key, options)
    local got = k8s.get("secret/" .. name, options)
    local held = words.given(words.given(got.data, {})[key])
    return held and primitives.crypto.base64_decode(held)
end

-- k8s.list("pods" [, { namespace, selector = "app=x", field_selector = "status.phase=Running",
--                      all_namespaces = true }]): the objects, as a list.
--   [k8s_list_args]
function k8s.list(what, options)
    local all = options_for("list", what, options)
    if all.assume then all.assume = { items = engine.array(all.assume) } end
    local got = call(all)
    if engine.unknown(got) then return got end
    return got.items
end

local OPERATIONS = { add = "value", replace = "value", test = "value", move = "from", copy = "from", remove = "path" }

-- Raises unless it is a JSON patch (RFC 6902, section 4). A member that is nil would be left out when it is sent, and
-- a server may take that for null.
local function check_operations(list)
    local function wrong(i, text) engine.raise("usage", ("operation %d of the JSON patch %s"):format(i, text)) end
    if type(list) ~= "table" or #list == 0 or #words.keys(list) ~= #list then
        engine.raise("usage", "json of k8s.patch wants a list of operations: { { op = \"replace\", path = \"/spec/x\", "
            .. "value = 1 } }")
    end
    for i, operation in ipairs(list) do
        local what = type(operation) == "table" and operation or {}
        local needs = OPERATIONS[what.op]
        if not needs then
            wrong(i, ("has no op of %s"):format(table.concat(words.keys(OPERATIONS), ", ")))
        elseif type(what.path) ~= "string" then
            wrong(i, ("(%s) has no path"):format(what.op))
        elseif what[needs] == nil then
            wrong(i, ("(%s %s) has no %s: it is nil; json.null is null"):format(what.op, what.path, needs))
        end
    end
end

-- k8s.patch("ingress/x", { namespace, merge = { ... } })
-- k8s.patch("ingress/x", { namespace, json = { { op = "replace", path = "/spec/x", value = 1 } } })
-- k8s.patch("deployment/x", { namespace, strategic = { ... } })
-- Changes what the merge patch, the JSON patch or Kubernetes' own strategic merge patch (which custom
-- resources do not take) names, and returns the object after it. Operations of a JSON patch can `test`
-- first; one that lacks what RFC 6902 asks for is a usage failure.
--   [k8s_patch_args]
function k8s.patch(what, options)
    local all, kinds = options_for("patch", what, options), 0
    for _, kind in ipairs { "merge", "json", "strategic" } do
        if all[kind] ~= nil then kinds = kinds + 1 end
    end
    if kinds ~= 1 then
        engine.raise("usage", "k8s.patch wants one of merge = { ... }, json = { ... } and strategic = { ... }")
    end
    if all.json ~= nil then check_operations(all.json) end
    return call(all)
end

-- The objects of a manifest: of an object that alone, of text those of all its YAML or JSON documents.
-- Lists are taken apart.
local function objects_of(manifest, verb)
    local documents = type(manifest) == "string" and k8s.documents(manifest) or { manifest }
    local objects = {}
    for _, document in ipairs(documents) do
        local list = type(document) == "table" and type(document.items) == "table"
            and tostring(document.kind):find("List$") and document.items
        for _, object in ipairs(list or { document }) do
            if type(object) == "table" then objects[#objects + 1] = object end
        end
    end
    if #objects == 0 then
        engine.raise("usage", ("k8s.%s wants an object, or text that holds at least one"):format(verb))
    end
    return objects
end

local function send_all(verb, manifest, options)
    local answers = {}
    for i, object in ipairs(objects_of(manifest, verb)) do
        local all = options_for(verb, "", options)
        all.what, all.object = nil, object
        answers[i] = call(all)
    end
    return type(manifest) == "string" and answers or answers[1]
end

-- k8s.apply(object [, { manager = "runbook", force = true }])
-- k8s.apply(text [, options])
-- Server-side apply of one object, given as a table, or of all objects in a YAML or JSON text, one after
-- the other. Returns the object after it, or the list of them. A failure lists conflicts by field and
-- owner, and `force` takes those fields over.
--   [k8s_apply_args]
function k8s.apply(manifest, options) return send_all("apply", manifest, options) end

-- k8s.create(object [, { namespace }])
-- k8s.create(text [, options])
-- Creates the object, or all objects of a YAML or JSON text; fails when one is there already.
function k8s.create(manifest, options) return send_all("create", manifest, options) end

-- k8s.delete("pod/x" [, { namespace, propagation = "Foreground", wait = "1m" }]): deletes it. `propagation`
-- may be "Background" (the default), "Foreground" or "Orphan"; with `wait` returns only when it is gone.
-- Raises an effect failure when it is not there.
--   [k8s_delete_args]
function k8s.delete(what, options)
    local all = options_for("delete", what, options, "delete", { wait = "string|number" })
    local timeout = all.wait
    all.wait, all.also = nil, timeout and "watch" or nil -- refused later would be too late
    local answer = call(all)
    if timeout then
        k8s.wait(what, { delete = true, timeout = timeout, namespace = all.namespace, after = answer })
    end
    return answer
end

-- k8s.rollout("deployment/x" [, { namespace }]): has it rolled out, by the rules of `kubectl rollout
-- status`? Returns "done", "waiting" or "failed", and kubectl's sentence.
function k8s.rollout(what, options)
    return k8s.rollout_status(call(options_for("rollout", what, options, "get")))
end

-- k8s.version(): what the server says of itself: { gitVersion = "v1.32.1", major = "1", ... }.
function k8s.version() return call { verb = "version" } end

-- k8s.api_resources(): the types that the server knows, each in its preferred version, as a list of
-- { name, singular, short, kind, group, version, api_version, namespaced, verbs }.
function k8s.api_resources() return call { verb = "types" } end

-- k8s.can_i("patch", "deployments" [, namespace | { namespace, all_namespaces, subresource }]): may we? The
-- server's answer, true or false, and its reason. The type can have a name ("pod/x"), or be a path such
-- as "/healthz".
function k8s.can_i(verb, what, options)
    if type(verb) ~= "string" then
        engine.raise("usage", "k8s.can_i wants a verb first: k8s.can_i(\"patch\", \"deployments\")")
    end
    if type(options) == "string" then options = { namespace = options } end
    local all = options_for("can_i", what, options, "review")
    all.asked = verb
    local status = words.without_nulls(call(all)).status or {}
    return status.allowed == true, status.reason or ""
end

-- Gives `names` to k8s, as functions that load the part they stand in when first called.
local function later(part, names)
    for name in names:gmatch("%S+") do
        k8s[name] = function(...)
            assert(engine.load("prelude.k8s." .. part))(engine, primitives, parts, options_for)
            return k8s[name](...)
        end
    end
end
later("manifest", "documents")
later("edit", "edit label annotate scale")
later("jsonpath", "jsonpath jsonpath_split")
later("selector", "selector")
later("wait", "wait watch rollout_wait")
later("health", "health")
later("rollout", "rollout_restart rollout_undo rollout_pause rollout_resume rollout_history")
later("logs", "logs")
later("events", "events")
later("describe", "describe")

return k8s
