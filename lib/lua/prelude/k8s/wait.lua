-- k8s.wait and whatever else follows objects as they change. One effect waits for the next change, so a
-- wait is a chain of them, each of which goes on where the one before has ended.
local engine, primitives, parts, options_for = ...
local words, wait, check, k8s = parts.words, primitives.wait, primitives.check, primitives.k8s
local call = k8s.call

-- Takes out of the options how long to wait and what to call it; the rest says what to look at.
local function take(options, defaults)
    local taken = {}
    for key, value in pairs(defaults) do
        taken[key] = options[key] == nil and value or options[key]
        options[key] = nil
    end
    taken.timeout = words.seconds(taken.timeout, "timeout")
    return taken
end

-- Follows what `query` chooses until judge(got) returns something other than nil and false, and returns
-- that. `got` is what has become known: { items } or { changes }; judge's second result is the state that
-- people see meanwhile.
local function follow(query, how, judge)
    local started, elapsed = wait.now(), 0
    local from, state, trouble
    while true do
        local all = {}
        for key, value in pairs(query) do all[key] = value end
        all.from, all.timeout, all.elapsed, all.quiet = from, math.max(how.timeout - elapsed, 0), elapsed, from ~= nil
        all["for"], all.state = how.label, state and tostring(state) or nil
        all.label = "wait for " .. how.label
        local got = call(all)
        local value
        value, state = judge(got)
        if value then return value end
        from, trouble = got.from, got.trouble
        elapsed = wait.now() - started
        if elapsed >= how.timeout then
            return check.fail("%s did not come about within %s%s%s", how.label, words.duration(how.timeout),
                state and "; last seen: " .. tostring(state) or "",
                trouble and "; since then nothing was heard: " .. trouble or "")
        end
    end
end

-- Follows one object: judge(object or nil) is called for every state that it is in.
local function follow_one(query, how, judge)
    local state
    return follow(query, how, function(got)
        local value
        if got.items then
            value, state = judge(got.items[1])
            return value, state
        end
        for _, change in ipairs(got.changes) do
            value, state = judge(change.type ~= "DELETED" and change.object or nil)
            if value then return value, state end
        end
        return nil, state
    end)
end

-- In a plan: looks once, as the plan would find the object; what is not so yet is for later.
local function look_once(what, how, options, judge)
    local look = options_for("get", what, options)
    look.optional, look.also = true, "watch" -- which is how a run looks
    return wait.until_ { every = 1, timeout = how.timeout, label = how.label, assume = how.assume,
        fn = function() return judge(call(look)) end }
end

local function follow_object(name, what, how, options, judge)
    if not what:find("[/ ]") then
        engine.raise("usage", ("k8s.%s wants one object, as in \"%s/NAME\""):format(name, what))
    end
    if engine.planning() then return look_once(what, how, options, judge) end
    return follow_one(options_for("watch", what, options), how, judge)
end

local function must_be_there(what, object)
    if object then return object end
    engine.raise("effect", ("%s is not there: check the name and the namespace, or wait for it first with "
        .. "k8s.wait(\"%s\", { create = true })"):format(what, what))
end

local judges = {}

-- condition = "Ready", "Ready=False", { "Ready", "Available" } for all of several
function judges.condition(what, wanted)
    local list = type(wanted) == "table" and wanted or { wanted }
    local conditions = {}
    for i, text in ipairs(list) do
        local name, status = tostring(text):match("^([^=]+)=?(.*)$")
        conditions[i] = name and type(text) == "string" and { name, status ~= "" and status or "True" }
    end
    if #list == 0 or #conditions < #list or not conditions[#list] then
        engine.raise("usage", "k8s.wait: condition names one, as in \"Ready\" or \"Ready=False\", or is a list of "
            .. "such names")
    end
    return "be " .. table.concat(list, " and "), function(object)
        must_be_there(what, object)
        for _, condition in ipairs(conditions) do
            local met, state = k8s.condition(object, condition[1], condition[2])
            if not met then return nil, state end
        end
        return object
    end
end

-- jsonpath = "{.status.phase}=Running", or "{.status.loadBalancer.ingress}" for any value
function judges.jsonpath(what, expression)
    local path, value = k8s.jsonpath_split(expression)
    return "have " .. expression, function(object)
        local found = k8s.jsonpath(must_be_there(what, object), path)
        if #found > 1 then
            engine.raise("usage", ("k8s.wait: %s matches more than one value of %s"):format(path, what))
        end
        if words.given(found[1]) == nil then return nil, path .. " is not there" end
        if value == nil then return object end
        if type(found[1]) == "table" then
            engine.raise("usage", ("k8s.wait: %s of %s is an object or a list, not a value"):format(path, what))
        end
        local is = tostring(found[1]):match("^%s*(.-)%s*$")
        if math.type(found[1]) == "float" then is = is:gsub("%.0$", "") end -- as Go writes it
        return is == value and object, ("%s is %s"):format(path, is)
    end
end

-- healthy = true: as k8s.health judges it
function judges.healthy(what)
    return "be healthy", function(object)
        local state, text, final = k8s.health(must_be_there(what, object))
        if final then check.fail("%s is %s: %s", what, state, text) end
        return state == "healthy" and object, ("%s: %s"):format(state, text)
    end
end

function judges.create()
    return "be there", function(object) return object, "it is not there" end
end

-- What holds up a deletion, as far as the object tells.
local function held_up_by(object)
    local metadata, said = object.metadata, {}
    if not metadata.deletionTimestamp then return "it is still there" end
    local finalizers = {}
    for _, list in ipairs { metadata.finalizers or {}, object.kind == "Namespace" and object.spec
        and object.spec.finalizers or {} } do
        table.move(list, 1, #list, #finalizers + 1, finalizers)
    end
    if #finalizers > 0 then said[1] = "its finalizers " .. table.concat(finalizers, ", ") .. " are not done" end
    for _, condition in ipairs(object.kind == "Namespace" and (object.status or {}).conditions or {}) do
        if condition.status == "True" and condition.message then said[#said + 1] = condition.message end
    end
    return "it is being deleted" .. (#said > 0 and ", and " .. table.concat(said, "; ") or "")
end

-- An object of the same name that came after it is another one: `after` has the uid of the one that is meant.
function judges.delete(_, _, after)
    local uid = after.uid
    return "be gone", function(object)
        object = words.without_nulls(object)
        uid = uid or object and object.metadata.uid
        if not object or object.metadata.uid ~= uid then return true end
        return nil, held_up_by(object)
    end
end

-- The name, the uid and the generation that a write has answered with: of the object, or of the Status of a
-- deletion. A plan has written nothing.
local function written(answer, what)
    if answer == nil or engine.unknown(answer) or engine.planning() then return {} end
    answer = words.without_nulls(answer)
    local metadata = type(answer) == "table" and answer.metadata or {}
    local details = type(answer) == "table" and answer.details or {}
    local uid = metadata.uid or details.uid
    if not uid then
        engine.raise("usage", ("%s: `after` is one object as a write has returned it; of a list take an item")
            :format(what))
    end
    return { uid = uid, name = metadata.name or details.name, generation = metadata.generation }
end

-- judge, which is asked only about what the write has written, once its controller has seen that.
local function only_after(what, after, judge)
    if not after.uid then return judge end
    return function(object)
        local is = object and words.without_nulls(object)
        if is and after.name and is.metadata.name ~= after.name then
            engine.raise("usage", ("%s: `after` is of another object, %s"):format(what, after.name))
        elseif is and is.metadata.uid ~= after.uid then
            check.fail("%s is not the one that was written: it was deleted, and another was made in its place", what)
        end
        local status = is and is.status or {}
        local seen = type(status) == "table" and status.observedGeneration or after.generation
        local generation = is and is.metadata.generation or after.generation
        if is and after.generation and math.min(generation, seen) < after.generation then
            return nil, "what was written has not been seen by its controller yet"
        end
        return judge(object)
    end
end

local ROLLOUT = { after = "any" }
local WAIT = { condition = "string|table", jsonpath = "string", healthy = "boolean", create = "boolean",
    delete = "boolean", after = "any" }

-- The options of k8s.NAME, of which some are for the calls that it makes.
local function options_of(name, what, options, more)
    local all = options_for(name, what, options, "call", more)
    all.verb, all.what = nil, nil
    return all
end

-- k8s.wait("certificate/x", { condition = "Ready", timeout = "5m", namespace })
-- k8s.wait("pod/x", { jsonpath = "{.status.phase}=Running" })
-- k8s.wait("job/x", { healthy = true })
-- k8s.wait("job/x", { create = true })
-- k8s.wait("pod/x", { delete = true })
-- k8s.wait("certificate/x", { condition = { "Ready", "Issuing=False" }, after = k8s.patch(...) })
-- Waits as `kubectl wait` does: for a condition ("Ready", or "Ready=False"), for a value (or with
-- "{.status.x}" alone for any), for k8s.health to call it healthy, for the object to be there, or to be
-- gone. With `after`, what a write has returned, only the very object that was written counts, and
-- not before its controller has seen it (by uid and generation). It is told of each change at once, and
-- outlives restarts of the server. Returns the object, true when it is gone. Raises a check
-- failure that tells the last state after `timeout` (0: looks once), and an effect failure when an object
-- whose condition is waited for is not there.
function k8s.wait(what, options)
    local all = options_of("wait", what, options, WAIT)
    local how = take(all, { timeout = "5m", label = false, assume = nil })
    local after = written(all.after, "k8s.wait")
    how.assume, all.assume, all.after = all.assume, nil, nil
    local aim, judge
    for kind, make in pairs(judges) do
        if all[kind] == false then all[kind] = nil end
        if all[kind] ~= nil then
            if judge then engine.raise("usage", "k8s.wait waits for one thing at a time") end
            aim, judge = make(what, all[kind], after)
            if kind ~= "delete" then judge = only_after(what, after, judge) end
            all[kind] = nil
        end
    end
    if not judge then
        engine.raise("usage", "k8s.wait wants to know for what: condition = \"Ready\", jsonpath = "
            .. "\"{.status.phase}=Running\", healthy = true, create = true or delete = true")
    end
    how.label = how.label or ("%s to %s"):format(what, aim)
    return follow_object("wait", what, how, all, judge)
end

-- k8s.rollout_wait("deployment/x" [, { namespace, timeout = "10m", after }]): waits until it has rolled out, by
-- the rules of `kubectl rollout status`; `after` as for k8s.wait. Returns the object; raises a check
-- failure with kubectl's sentence
-- when the rollout has failed or is not done in time.
function k8s.rollout_wait(what, options)
    local all = options_of("rollout_wait", what, options, ROLLOUT)
    local how = take(all, { timeout = "10m", label = ("%s to have rolled out"):format(what) })
    local after = written(all.after, "k8s.rollout_wait")
    all.after = nil
    return follow_object("rollout_wait", what, how, all, only_after(what, after, function(object)
        local state, sentence = k8s.rollout_status(must_be_there(what, object))
        if state == "failed" then check.fail("%s", sentence) end
        return state == "done" and object, sentence
    end))
end

local function key_of(object)
    return (object.metadata.namespace or "") .. "/" .. object.metadata.name
end

-- Turns what is there now into changes against what was known.
local function differences(known, items)
    local changes, there = {}, {}
    for _, object in ipairs(items) do
        local key = key_of(object)
        local was = known[key]
        there[key] = true
        if not was or was.metadata.resourceVersion ~= object.metadata.resourceVersion then
            changes[#changes + 1] = { type = was and "MODIFIED" or "ADDED", object = object }
        end
    end
    for key, object in pairs(known) do
        if not there[key] then changes[#changes + 1] = { type = "DELETED", object = object } end
    end
    return changes
end

-- k8s.watch("pods" [, { namespace, selector, field_selector, all_namespaces, timeout = "5m" }],
--           function(object, change) ... end)
-- Calls the function for every object that is there ("ADDED") and then for each change ("ADDED",
-- "MODIFIED" or "DELETED") as it comes, until it returns something other than nil and false, which is
-- returned. Raises a check failure after `timeout`. `what` can be one object, too. In a plan only what is
-- there is told.
function k8s.watch(what, options, fn)
    if type(options) == "function" then options, fn = nil, options end
    if type(fn) ~= "function" then
        engine.raise("usage", "k8s.watch wants a function: k8s.watch(\"pods\", {}, function(object, change) ... end)")
    end
    local all = options_for("watch", what, options)
    local how = take(all, { timeout = "5m", label = ("a change of %s"):format(what) })
    local known = {}
    local function judge(got)
        local changes = got.items and differences(known, got.items) or got.changes
        for _, change in ipairs(changes) do
            known[key_of(change.object)] = change.type ~= "DELETED" and change.object or nil
            local value = fn(change.object, change.type)
            if value then return value end
        end
    end
    if engine.planning() then
        return wait.until_ { every = 1, timeout = how.timeout, label = how.label, fn = function()
            local one = what:find("[/ ]") ~= nil
            all.verb, all.optional, all.also = one and "get" or "list", one or nil, "watch" -- as a run looks
            local got = call(all)
            return judge { items = one and { got } or got.items }
        end }
    end
    return follow(all, how, judge)
end
