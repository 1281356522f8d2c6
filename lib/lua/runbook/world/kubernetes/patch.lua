-- patch: the ways to change an object by a patch: JSON Merge Patch (RFC 7386), JSON Patch (RFC 6902)
-- and Kubernetes' strategic merge patch. None changes its arguments.
local lists = require "runbook.world.kubernetes.lists"
local plain = require "runbook.world.kubernetes.plain"
local status = require "runbook.world.kubernetes.status"

local patch = {}

-- The target with a merge patch applied.
function patch.merge(target, change)
    if not plain.is_object(change) then return plain.copy(change) end
    local result = plain.is_object(target) and plain.copy(target) or {}
    for key, item in pairs(change) do
        if item == json.null then
            result[key] = nil
        else
            result[key] = patch.merge(result[key], item)
        end
    end
    return result
end

local strategic

local function strategic_list(target, change, keys, kind)
    local result = plain.is_array(target) and plain.copy(target) or json.array {}
    for _, item in ipairs(change) do
        if item["$patch"] == "replace" then result = json.array {} end
    end
    for _, item in ipairs(change) do
        local place = lists.find(result, lists.identity(item, keys), keys)
        if item["$patch"] == "delete" then
            if place then table.remove(result, place) end
        elseif item["$patch"] ~= "replace" then
            result[place or #result + 1] = strategic(place and result[place], item, nil, kind)
        end
    end
    return result
end

local function strategic_set(target, change)
    local result, there = plain.is_array(target) and plain.copy(target) or json.array {}, {}
    for _, item in ipairs(result) do there[item] = true end
    for _, item in ipairs(change) do
        if not there[item] then result[#result + 1] = item end
    end
    return result
end

local function strategic_object(target, change, kind)
    local result = plain.is_object(target) and plain.copy(target) or {}
    if change["$patch"] == "delete" then return {} end
    if change["$patch"] == "replace" then result = {} end
    for key, item in pairs(change) do
        local from = key:match("^%$deleteFromPrimitiveList/(.+)$")
        if from and plain.is_array(result[from]) then
            local gone, left = {}, json.array {}
            for _, value in ipairs(item) do gone[value] = true end
            for _, value in ipairs(result[from]) do
                if not gone[value] then left[#left + 1] = value end
            end
            result[from] = left
        elseif item == json.null then
            result[key] = nil
        elseif key:sub(1, 1) ~= "$" then
            result[key] = strategic(result[key], item, key, kind)
        end
    end
    return result
end

function strategic(target, change, name, kind)
    if plain.is_object(change) then return strategic_object(target, change, kind) end
    local keys = plain.is_array(change) and lists.keys(name, change, kind)
    if keys == "set" then return strategic_set(target, change) end
    if keys then return strategic_list(target, change, keys, kind) end
    return plain.copy(change)
end

-- The target with a strategic merge patch applied.
function patch.strategic(target, change, kind)
    return strategic(target, change, nil, kind)
end

local function refuse()
    status.raise(422, "Invalid", "the server rejected our request due to an error in our request", {})
end

local function pointer_tokens(pointer)
    if type(pointer) ~= "string" or (pointer ~= "" and pointer:sub(1, 1) ~= "/") then refuse() end
    local tokens = {}
    for token in pointer:gmatch("/([^/]*)") do
        tokens[#tokens + 1] = token:gsub("~1", "/"):gsub("~0", "~")
    end
    return tokens
end

-- The key of a token within a container: its index from 1, or the token itself.
local function key_in(container, token, adding)
    if not plain.is_array(container) then return token end
    if token == "-" and adding then return #container + 1 end
    local index = token:match("^%d+$") and tonumber(token) + 1
    if not index or index > #container + (adding and 1 or 0) then refuse() end
    return index
end

-- The container that the last token of a pointer stands in, and that token.
local function container_of(root, pointer)
    local tokens = pointer_tokens(pointer)
    local at = root
    for i = 1, #tokens - 1 do
        at = at[key_in(at, tokens[i])]
        if type(at) ~= "table" then refuse() end
    end
    return at, tokens[#tokens]
end

local function value_at(root, pointer)
    if pointer == "" then return root.document end
    local container, token = container_of(root.document, pointer)
    local value = container[key_in(container, token)]
    if value == nil then refuse() end
    return value
end

local function add_at(root, pointer, value)
    if pointer == "" then
        root.document = value
        return
    end
    local container, token = container_of(root.document, pointer)
    local key = key_in(container, token, true)
    if plain.is_array(container) then table.insert(container, key, value) else container[key] = value end
end

local function remove_at(root, pointer)
    local value = value_at(root, pointer)
    local container, token = container_of(root.document, pointer)
    local key = key_in(container, token)
    if plain.is_array(container) then table.remove(container, key) else container[key] = nil end
    return value
end

local OPERATIONS = {
    add = function(root, op) add_at(root, op.path, plain.copy(op.value)) end,
    remove = function(root, op) remove_at(root, op.path) end,
    replace = function(root, op)
        if op.path ~= "" then remove_at(root, op.path) end
        add_at(root, op.path, plain.copy(op.value))
    end,
    move = function(root, op) add_at(root, op.path, remove_at(root, op.from)) end,
    copy = function(root, op) add_at(root, op.path, plain.copy(value_at(root, op.from))) end,
    test = function(root, op)
        if not plain.equal(value_at(root, op.path), op.value) then refuse() end
    end,
}

-- The target with a JSON Patch applied. Raises a Status 422 when an operation does not apply.
function patch.json(target, operations)
    if not plain.is_array(operations) then status.bad_request("a JSON Patch is an array of operations") end
    local root = { document = plain.copy(target) }
    for _, op in ipairs(operations) do
        local perform = type(op) == "table" and OPERATIONS[op.op]
        if not perform then refuse() end
        perform(root, op)
    end
    return root.document
end

return patch
