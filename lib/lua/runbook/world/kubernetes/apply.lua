-- apply: server-side apply (KEP 555): merges what a manager wants into an object, takes away what it
-- wanted earlier and no longer does, and refuses to touch what others own unless forced.
local fields = require "runbook.world.kubernetes.fields"
local lists = require "runbook.world.kubernetes.lists"
local plain = require "runbook.world.kubernetes.plain"
local rfc3339 = require "runbook.rfc3339"
local status = require "runbook.world.kubernetes.status"

local apply = {}

-- The items or member that one element of a path leads to; made when it is missing.
local function step_into(container, element, following)
    local sort, text = element:sub(1, 1), element:sub(3)
    if sort == "f" then
        if type(container[text]) ~= "table" then
            container[text] = following:sub(1, 1) == "f" and {} or json.array {}
        end
        return container[text]
    end
    local identity = json.decode(text)
    local place = lists.find(container, identity, plain.keys(identity))
    if not place then
        place = #container + 1
        container[place] = identity
    end
    return container[place]
end

local function has_item(items, wanted)
    for place, item in ipairs(items) do
        if plain.equal(item, wanted) then return place end
    end
end

local function set_at(object, leaf)
    local at, elements = object, leaf.elements
    for i = 1, #elements - 1 do at = step_into(at, elements[i], elements[i + 1]) end
    local last = elements[#elements]
    local sort, text = last:sub(1, 1), last:sub(3)
    if sort == "k" then
        step_into(at, last, "f:")
    elseif sort == "v" then
        if not has_item(at, leaf.value) then at[#at + 1] = leaf.value end
    elseif type(leaf.value) ~= "table" or next(leaf.value) or at[text] == nil then
        at[text] = plain.copy(leaf.value)
    end
end

local function remove_at(at, elements, depth)
    local sort, text = elements[depth]:sub(1, 1), elements[depth]:sub(3)
    local key = text
    if sort ~= "f" then
        local value = json.decode(text)
        key = sort == "k" and lists.find(at, value, plain.keys(value)) or sort == "v" and has_item(at, value)
    end
    if not key or at[key] == nil then return end
    if depth < #elements then
        if type(at[key]) ~= "table" then return end
        remove_at(at[key], elements, depth + 1)
        if next(at[key]) then return end -- else nothing is left of what was made for it
    end
    if sort == "f" then at[key] = nil else table.remove(at, key) end
end

local function path_text(elements)
    local parts = {}
    for i, element in ipairs(elements) do
        local sort, text = element:sub(1, 1), element:sub(3)
        if sort == "f" then
            parts[i] = "." .. text
        elseif sort == "v" then
            parts[i] = "[=" .. text .. "]"
        else
            local identity, pairs_of = json.decode(text), {}
            for k, key in ipairs(plain.keys(identity)) do
                pairs_of[k] = key .. "=" .. json.encode(identity[key])
            end
            parts[i] = "[" .. table.concat(pairs_of, ",") .. "]"
        end
    end
    return table.concat(parts)
end

local function manager_text(manager)
    local text = ('"%s"'):format(manager.manager)
    if manager.subresource then text = ('%s with subresource "%s"'):format(text, manager.subresource) end
    if manager.operation == "Apply" then return text end
    return ("%s using %s at %s"):format(text, manager.apiVersion, manager.time)
end

local function raise_conflicts(conflicts)
    local causes, lines = json.array {}, {}
    for i, conflict in ipairs(conflicts) do
        local path = path_text(conflict.leaf.elements)
        causes[i] = {
            reason = "FieldManagerConflict", field = path,
            message = "conflict with " .. manager_text(conflict.manager),
        }
        if i == 1 or conflict.manager ~= conflicts[i - 1].manager then
            lines[#lines + 1] = ("conflicts with %s:"):format(manager_text(conflict.manager))
        end
        lines[#lines + 1] = "- " .. path
    end
    local message = ("Apply failed with %d conflicts: %s"):format(#conflicts, table.concat(lines, "\n"))
    if #conflicts == 1 then
        message = ("Apply failed with 1 conflict: %s: %s"):format(causes[1].message, causes[1].field)
    end
    status.raise(409, "Conflict", message, { causes = causes })
end

local function conflicts_of(managers, mine, wanted, live)
    local conflicts = {}
    for _, manager in ipairs(managers) do
        for _, leaf in ipairs(manager ~= mine and wanted or {}) do
            local there = live[leaf.key]
            if manager.set[leaf.key] and there and not plain.equal(there.value, leaf.value) then
                conflicts[#conflicts + 1] = { manager = manager, leaf = leaf }
            end
        end
    end
    return conflicts
end

-- Whether another manager owns a field, or something within it.
local function owned_by_others(managers, mine, key)
    for _, manager in ipairs(managers) do
        for other in pairs(manager ~= mine and manager.set or {}) do
            if other == key or other:sub(1, #key + 1) == key .. "\0" then return true end
        end
    end
    return false
end

-- Whether a field is a key of the list item that it stands in: it goes with the item only.
local function tells_apart(elements)
    local item, last = elements[#elements - 1] or "", elements[#elements]
    return item:sub(1, 1) == "k" and json.decode(item:sub(3))[last:sub(3)] ~= nil
end

-- Applies a configuration to an object (or to the bare start of a new one). Returns the merged object
-- with its managedFields. Raises a Status 409 that lists the conflicts unless `force`.
function apply.object(old, config, who, kind, force, now)
    local wanted, live = fields.leaves(config, kind), fields.leaves(old, kind)
    local managers = fields.managers(old)
    local mine = fields.manager(managers, who)
    local conflicts = conflicts_of(managers, mine, wanted, live)
    if #conflicts > 0 and not force then raise_conflicts(conflicts) end
    for _, conflict in ipairs(conflicts) do conflict.manager.set[conflict.leaf.key] = nil end

    local object = plain.copy(old)
    for _, leaf in ipairs(wanted) do set_at(object, leaf) end
    for _, key in ipairs(plain.keys(mine.set)) do -- an item of a list comes before what is in it
        local given_up = not wanted[key] and not owned_by_others(managers, mine, key)
        if given_up and not tells_apart(mine.set[key]) then remove_at(object, mine.set[key], 1) end
    end
    local set = {}
    for _, leaf in ipairs(wanted) do set[leaf.key] = leaf.elements end
    local changed = not plain.equal(set, mine.set) or not plain.equal(object, old)
    mine.set = set
    if changed then mine.time = rfc3339.format(now) end
    object.metadata.managedFields = fields.entries(managers)
    return object
end

return apply
