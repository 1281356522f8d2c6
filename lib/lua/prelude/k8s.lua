-- k8s: the verbs, over one call that the C side offers.
local engine, primitives, parts = ...
local words = parts.words
local k8s = primitives.k8s
local call = k8s.call

local function options_for(verb, what, options)
    local all = {}
    for key, value in pairs(options or {}) do all[key] = value end
    all.verb = verb
    if what then
        if type(what) ~= "string" then
            engine.raise("usage", ("k8s.%s wants what to work on first, as in \"deployment/billing\"")
                :format(verb))
        end
        all.what = what
    end
    return all
end

-- k8s.get("deployment/billing" [, { namespace = "x" }]): the object, named as kubectl takes it. Raises an
-- effect failure when it is not there.
function k8s.get(what, options) return call(options_for("get", what, options)) end

-- k8s.find("deployment/billing" [, { namespace = "x" }]): the object, or nil when it is not there.
function k8s.find(what, options)
    local all = options_for("get", what, options)
    all.optional = true
    return call(all)
end

-- k8s.list("pods" [, { namespace, selector = "app=x", field_selector = "status.phase=Running",
--                      all_namespaces = true }]): the objects, as a list.
function k8s.list(what, options)
    local got = call(options_for("list", what, options))
    if engine.unknown(got) then return got end
    return got.items
end

-- k8s.patch("ingress/x", { namespace, merge = { ... } })
-- k8s.patch("ingress/x", { namespace, json = { { op = "replace", path = "/spec/x", value = 1 } } })
-- Changes what the merge patch or the JSON patch names, and returns the object after it. Operations of
-- a JSON patch can `test` first.
function k8s.patch(what, options)
    options = options or {}
    if (options.merge == nil) == (options.json == nil) then
        engine.raise("usage", "k8s.patch wants one of merge = { ... } and json = { ... }")
    end
    return call(options_for("patch", what, options))
end

-- k8s.apply(object [, { manager = "runbook", force = true }]): server-side apply of one object, given
-- as a table. Returns the object after it; a failure lists conflicts by field and owner, and `force`
-- takes those fields over.
function k8s.apply(object, options)
    local all = options_for("apply", nil, options)
    all.object = object
    return call(all)
end

-- k8s.create(object [, { namespace }]): creates it; fails when it is there already.
function k8s.create(object, options)
    local all = options_for("create", nil, options)
    all.object = object
    return call(all)
end

-- k8s.delete("pod/x" [, { namespace, propagation = "Foreground" }]): deletes it. `propagation` may be
-- "Background" (the default), "Foreground" or "Orphan". Raises an effect failure when it is not there.
function k8s.delete(what, options) return call(options_for("delete", what, options)) end

-- k8s.wait("certificate/x", { condition = "Ready", timeout = "5m", every = "2s", namespace }): waits
-- until the condition holds and returns the object. `condition` may be "Ready=False".
function k8s.wait(what, options)
    local all = options_for("get", what, options)
    local name, status = (all.condition or ""):match("^([^=]+)=?(.*)$")
    if not name then
        engine.raise("usage", "k8s.wait wants condition = \"Ready\"")
    end
    local timeout, every = all.timeout or "5m", all.every or "2s"
    all.condition, all.timeout, all.every = nil, nil, nil
    return primitives.wait.until_ { every = every, timeout = timeout,
        label = ("%s to be %s"):format(what, options.condition),
        fn = function()
            local object = call(all)
            local met, state = k8s.condition(object, name, status ~= "" and status or "True")
            return met and object, state
        end }
end

-- k8s.rollout("deployment/x" [, { namespace }]): has it rolled out, by the rules of `kubectl rollout
-- status`? Returns "done", "waiting" or "failed", and kubectl's sentence.
function k8s.rollout(what, options)
    return k8s.rollout_status(call(options_for("get", what, options)))
end

return k8s
