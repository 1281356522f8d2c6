-- plain: what one does to plain data: copy, compare, walk in a fixed order.
local plain = {}

-- Whether a value is an array: marked as one, or with items.
function plain.is_array(value)
    return type(value) == "table" and (getmetatable(value) == "array" or #value > 0)
end

-- Whether a value is an object (an empty table that is not marked is one).
function plain.is_object(value)
    return type(value) == "table" and not plain.is_array(value)
end

-- A deep copy; arrays keep their mark.
function plain.copy(value)
    if type(value) ~= "table" then return value end
    local copy = {}
    for key, item in pairs(value) do copy[key] = plain.copy(item) end
    return plain.is_array(value) and json.array(copy) or copy
end

-- A deep copy without the members that are null, the way the API drops them.
function plain.without_nulls(value)
    if type(value) ~= "table" then return value end
    local copy = {}
    for key, item in pairs(value) do
        if item ~= json.null then copy[key] = plain.without_nulls(item) end
    end
    return plain.is_array(value) and json.array(copy) or copy
end

-- Whether two values are the same data.
function plain.equal(a, b)
    if a == b then return true end
    if type(a) ~= "table" or type(b) ~= "table" or plain.is_array(a) ~= plain.is_array(b) then
        return false
    end
    for key, item in pairs(a) do
        if not plain.equal(item, b[key]) then return false end
    end
    for key in pairs(b) do
        if a[key] == nil then return false end
    end
    return true
end

-- The keys of an object in alphabetical order.
function plain.keys(object)
    local keys = {}
    for key in pairs(object) do keys[#keys + 1] = key end
    table.sort(keys)
    return keys
end

-- Follows keys from a value; nil as soon as one is missing.
function plain.at(value, ...)
    for _, key in ipairs { ... } do
        if type(value) ~= "table" then return nil end
        value = value[key]
    end
    if value == json.null then return nil end
    return value
end

-- Follows keys that are parted by dots: plain.path(pod, "status.phase").
function plain.path(value, path)
    for key in path:gmatch("[^.]+") do
        if type(value) ~= "table" then return nil end
        value = value[key]
    end
    if value == json.null then return nil end
    return value
end

return plain
