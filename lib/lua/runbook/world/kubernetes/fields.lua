-- fields: who manages which field of an object (metadata.managedFields).
-- A set of fields is a table from the path's text to its elements; an element is written as FieldsV1
-- writes it: "f:name", 'k:{"name":"web"}' (an item of a list by its keys), 'v:"text"' (of a set).
local lists = require "runbook.world.kubernetes.lists"
local plain = require "runbook.world.kubernetes.plain"
local rfc3339 = require "runbook.rfc3339"

local fields = {}

local METADATA = { labels = true, annotations = true, finalizers = true, ownerReferences = true }

local function extend(elements, element)
    local longer = table.move(elements, 1, #elements, 1, {})
    longer[#longer + 1] = element
    return longer
end

local walk

local function walk_list(items, elements, keys, kind, visit)
    for _, item in ipairs(items) do
        if keys == "set" then
            visit(extend(elements, "v:" .. json.encode(item)), item)
        else
            local path = extend(elements, "k:" .. json.encode(lists.identity(item, keys)))
            visit(path, true)
            walk(item, path, nil, kind, visit)
        end
    end
end

-- Calls visit(elements, value) for every leaf: what is managed as one piece.
function walk(value, elements, name, kind, visit)
    if type(value) ~= "table" or next(value) == nil then return visit(elements, value) end
    if plain.is_object(value) then
        for _, key in ipairs(plain.keys(value)) do
            walk(value[key], extend(elements, "f:" .. key), key, kind, visit)
        end
        return
    end
    local keys = lists.keys(name, value, kind)
    if keys then walk_list(value, elements, keys, kind, visit) else visit(elements, value) end
end

-- The leaves of an object that can be managed, in order: a list of { key, elements, value }, which is
-- also a table from key to leaf.
function fields.leaves(object, kind)
    local leaves = {}
    local function visit(elements, value)
        if #elements < 2 and plain.is_object(value) then return end
        local leaf = { key = table.concat(elements, "\0"), elements = elements, value = value }
        leaves[#leaves + 1] = leaf
        leaves[leaf.key] = leaf
    end
    for _, key in ipairs(plain.keys(object)) do
        if key == "metadata" then
            for _, name in ipairs(plain.keys(object.metadata)) do
                if METADATA[name] then
                    walk(object.metadata[name], { "f:metadata", "f:" .. name }, name, kind, visit)
                end
            end
        elseif key ~= "apiVersion" and key ~= "kind" then
            walk(object[key], { "f:" .. key }, key, kind, visit)
        end
    end
    return leaves
end

local function decode(trie, elements, set)
    for element, inner in pairs(trie) do
        if element == "." or next(inner) == nil then
            local path = element == "." and elements or extend(elements, element)
            set[table.concat(path, "\0")] = path
        end
        if element ~= "." then decode(inner, extend(elements, element), set) end
    end
    return set
end

local function encode(set)
    local trie = {}
    for _, elements in pairs(set) do
        local at = trie
        for _, element in ipairs(elements) do
            at[element] = at[element] or {}
            at = at[element]
        end
        at["."] = {}
    end
    local function trim(node) -- the mark of a leaf is needed only where something stands below it
        for element, inner in pairs(node) do
            if element ~= "." then trim(inner) end
        end
        if node["."] and next(node, next(node)) == nil then node["."] = nil end
    end
    trim(trie)
    return trie
end

-- The managers of an object: its entries of managedFields, each with its `set` of fields.
function fields.managers(object)
    local managers = {}
    for i, entry in ipairs(object.metadata.managedFields or {}) do
        local manager = plain.copy(entry)
        manager.set = decode(entry.fieldsV1 or {}, {}, {})
        managers[i] = manager
    end
    return managers
end

local function find(managers, who)
    for _, manager in ipairs(managers) do
        if manager.manager == who.manager and manager.operation == who.operation
            and manager.subresource == who.subresource
            and (who.operation == "Apply" or manager.apiVersion == who.apiVersion) then
            return manager
        end
    end
end

-- The manager that is `who` { manager, operation, apiVersion, subresource }, added when it is new.
function fields.manager(managers, who)
    local found = find(managers, who)
    if not found then
        found = plain.copy(who)
        found.set = {}
        managers[#managers + 1] = found
    end
    return found
end

-- The managers as managedFields; nil when none of them owns anything.
function fields.entries(managers)
    local entries = json.array {}
    for _, manager in ipairs(managers) do
        if next(manager.set) then
            local entry = plain.copy(manager)
            entry.set = nil
            entry.fieldsType = "FieldsV1"
            entry.fieldsV1 = encode(manager.set)
            entries[#entries + 1] = entry
        end
    end
    return entries[1] and entries or nil
end

-- The managedFields of an object after a change that was no apply: what it changed is its own now.
-- who: { manager, operation = "Update", apiVersion, subresource }, or nil when nobody is to own it;
-- now: seconds since 1970.
function fields.after_update(old, new, who, kind, now)
    local before, after = old and fields.leaves(old, kind) or {}, fields.leaves(new, kind)
    local managers = old and fields.managers(old) or {}
    local mine = who and fields.manager(managers, who)
    for _, leaf in ipairs(before) do
        if not after[leaf.key] then
            for _, manager in ipairs(managers) do manager.set[leaf.key] = nil end
        end
    end
    for _, leaf in ipairs(after) do
        local was = before[leaf.key]
        if not was or not plain.equal(was.value, leaf.value) then
            for _, manager in ipairs(managers) do manager.set[leaf.key] = nil end
            if mine then
                mine.set[leaf.key] = leaf.elements
                mine.time = rfc3339.format(now)
            end
        end
    end
    return fields.entries(managers)
end

return fields
