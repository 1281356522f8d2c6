-- k8s.edit and what changes one thing of an object: labels, annotations, the number of replicas.
local engine, primitives, parts, options_for = ...
local k8s, json, words = primitives.k8s, primitives.json, parts.words
local call = k8s.call

local ATTEMPTS = 5 -- while others change the object, too

local function copy(v)
    if type(v) ~= "table" then return v end
    local new = {}
    for key, item in next, v do new[key] = copy(item) end
    return getmetatable(v) == "array" and json.array(new) or new
end

local function is_conflict(why)
    return type(why) == "table" and why.code == "k8s.Conflict"
end

-- Calls change(), which reads and writes, again while somebody else was faster.
local function insist(change)
    for attempt = 1, ATTEMPTS do
        local ok, result = pcall(change)
        if ok then return result end
        if attempt == ATTEMPTS or not is_conflict(result) then error(result, 0) end
    end
end

-- What k8s.NAME is to change, as it is; `all` are its options.
local function get_for(all, subresource)
    return call { verb = "get", what = all.what, namespace = all.namespace, timeout = all.timeout,
        subresource = subresource }
end

-- k8s.edit("deployment/x", function(object) ... end [, { namespace, manager }]): reads the object, lets the
-- function change it, and sends what it changed and nothing else. The function may return another
-- object in its place. When somebody else has changed the object meanwhile, the function is called again
-- with what is there now. Returns the object after it; without a change nothing is sent.
function k8s.edit(what, fn, options)
    if type(fn) ~= "function" then
        engine.raise("usage", "k8s.edit wants a function: k8s.edit(\"deployment/x\", function(object) ... end)")
    end
    return insist(function()
        local all = options_for("edit", what, options, "write")
        local object = get_for(all)
        local changed = copy(object)
        local returned = fn(changed)
        if returned ~= nil then changed = returned end
        if type(changed) ~= "table" then
            engine.raise("usage", ("k8s.edit: the function returned '%s' instead of an object or nothing"):format(
                tostring(changed)))
        end
        if json.encode(changed) == json.encode(object) then return object end
        all.before, all.after = object, changed
        all.label = all.label or ("edit %s"):format(what)
        return call(all)
    end)
end

-- The changes that lead from the present texts to the wanted ones; false and null take one away.
local function changes_of(noun, present, wanted, overwrite)
    local changes, told = {}, {}
    if type(wanted) ~= "table" then
        engine.raise("usage", ("k8s.%s wants a table: { name = \"text\", other = false }"):format(noun))
    end
    for name, value in pairs(wanted) do
        local is = present[name]
        if value == false or value == json.null then
            if is ~= nil then
                changes[name] = json.null
                told[#told + 1] = name .. "-"
            end
        else
            if type(value) ~= "string" and math.type(value) ~= "integer" then
                engine.raise("usage", ("k8s.%s: '%s' must be text, or false to take it away"):format(noun,
                    tostring(name)))
            end
            value = tostring(value)
            if is ~= nil and is ~= value and not overwrite then
                engine.raise("effect", ("k8s.%s: '%s' already has a value (%s): overwrite = true replaces it")
                    :format(noun, name, is))
            end
            if is ~= value then
                changes[name] = value
                told[#told + 1] = noun == "label" and name .. "=" .. value or name
            end
        end
    end
    table.sort(told)
    return changes, table.concat(told, " ")
end

local function mark(noun, field, what, wanted, options)
    local all = options_for(noun, what, options, "write", { overwrite = "boolean" })
    local object = get_for(all)
    local changes, told = changes_of(noun, words.given(object.metadata[field], {}), wanted, all.overwrite)
    if next(changes) == nil then return object end
    all.overwrite = nil
    all.merge, all.before = { metadata = { [field] = changes } }, object
    all.label = all.label or ("%s %s %s"):format(noun, what, told)
    return call(all)
end

-- k8s.label("pod/x", { app = "web", old = false } [, { namespace, overwrite = true,
--           if_resource_version }]): sets labels, and takes away those that are false. Sends only what
-- changes, nothing when nothing does. Raises an effect failure when one has another value already, unless
-- `overwrite` is true. Returns the object after it.
function k8s.label(what, labels, options) return mark("label", "labels", what, labels, options) end

-- k8s.annotate("ingress/x", { note = "text", old = false } [, options]): as k8s.label, for annotations.
function k8s.annotate(what, annotations, options)
    return mark("annotate", "annotations", what, annotations, options)
end

-- The Scale of an object; nil for a custom resource that leaves the number of its replicas open, of which
-- the server can tell none.
local function scale_of(all)
    local ok, got = pcall(get_for, all, "scale")
    if ok then return words.without_nulls(got) end
    if type(got) ~= "table" or got.code ~= "k8s.NoReplicas" then error(got, 0) end
    return nil
end

-- k8s.scale("deployment/x", 4 [, { namespace, current_replicas = 2 }]): sets the number of replicas,
-- through the scale subresource. With `current_replicas` only when that many are asked for now, and a
-- check failure otherwise. Returns the Scale after it.
function k8s.scale(what, replicas, options)
    replicas = math.tointeger(replicas) or replicas -- 4 / 2 is 2.0
    if math.type(replicas) ~= "integer" or replicas < 0 then
        engine.raise("usage", "k8s.scale wants the number of replicas: k8s.scale(\"deployment/x\", 3)")
    end
    return insist(function()
        local all = options_for("scale", what, options, "write", { current_replicas = "number" })
        local expected = all.current_replicas
        local scale = scale_of(all)
        local now = scale and (scale.spec.replicas or 0)
        if expected and now ~= expected then
            primitives.check.fail("%s is to have %d replicas before it is scaled to %d, and it has %s", what,
                expected, replicas, now or "no number of them yet")
        end
        if now == replicas then return scale end
        all.current_replicas = nil
        all.subresource, all.merge = "scale", { spec = { replicas = replicas } }
        all.if_resource_version = expected and scale.metadata.resourceVersion
        all.label = all.label or ("scale %s %s-> %d"):format(what, now and now .. " " or "", replicas)
        return call(all)
    end)
end
