-- selector: label selectors ("app=web,tier in (a,b),!old") and field selectors
-- ("metadata.name=web,status.phase!=Running").
local plain = require "runbook.world.kubernetes.plain"
local status = require "runbook.world.kubernetes.status"

local selector = {}

-- Splits at commas that stand outside of parentheses.
local function split(text)
    local parts, depth, start = {}, 0, 1
    for at = 1, #text + 1 do
        local c = text:sub(at, at)
        if c == "(" then depth = depth + 1 end
        if c == ")" then depth = depth - 1 end
        if c == "" or (c == "," and depth == 0) then
            parts[#parts + 1] = text:sub(start, at - 1):match("^%s*(.-)%s*$")
            start = at + 1
        end
    end
    return parts
end

local function set_of(text)
    local set = {}
    for value in (text .. ","):gmatch("%s*([^,]-)%s*,") do set[value] = true end
    return set
end

local KEY = "[%w][%w%-_./]*"

-- One requirement of a label selector, as a function of the labels; nil when it is not one.
local function requirement(text)
    local key, operator, values = text:match("^(" .. KEY .. ")%s+(%a+)%s*%((.-)%)$")
    if operator == "in" or operator == "notin" then
        local set = set_of(values)
        if operator == "in" then return function(labels) return set[labels[key]] == true end end
        return function(labels) return not set[labels[key]] end
    end
    local value
    key, operator, value = text:match("^(" .. KEY .. ")%s*([!=]=?)%s*([%w%-_.]*)$")
    if operator == "=" or operator == "==" then
        return function(labels) return labels[key] == value end
    elseif operator == "!=" then
        return function(labels) return labels[key] ~= value end
    end
    local absent
    absent, key = text:match("^(!?)%s*(" .. KEY .. ")$")
    if not key then return nil end
    return function(labels) return (labels[key] == nil) == (absent == "!") end
end

local function all(tests)
    return function(value)
        for _, test in ipairs(tests) do
            if not test(value) then return false end
        end
        return true
    end
end

-- A function that says whether an object's labels fit. Raises a Status 400.
function selector.labels(text)
    local tests = {}
    for _, part in ipairs(text == "" and {} or split(text)) do
        local test = requirement(part)
        if not test then
            status.bad_request(
                "unable to parse requirement: found '%s', expected: a label, !, in, notin, =, ==, or !=", part)
        end
        tests[#tests + 1] = test
    end
    local fit = all(tests)
    return function(object) return fit(object.metadata.labels or {}) end
end

-- A function that says whether an object's fields fit. `kind.fields` lists those that can be asked
-- for besides metadata.name and metadata.namespace. Raises a Status 400.
function selector.fields(text, kind)
    local known = { ["metadata.name"] = true, ["metadata.namespace"] = true }
    for _, field in ipairs(kind.fields or {}) do known[field] = true end
    local tests = {}
    for _, part in ipairs(text == "" and {} or split(text)) do
        local field, operator, value = part:match("^([%w.]+)%s*([!=]=?)%s*(.-)$")
        if not field or operator == "!" then
            status.bad_request("invalid selector: '%s'; can't understand '%s'", text, part)
        end
        if not known[field] then status.bad_request("field label not supported: %s", field) end
        tests[#tests + 1] = function(object)
            local actual = plain.path(object, field)
            return (tostring(actual == nil and "" or actual) == value) == (operator ~= "!=")
        end
    end
    return all(tests)
end

-- Whether an object fits the selectors and the namespace of a request, as one function.
function selector.of_request(kind, namespace, query)
    local labels = selector.labels(query.labelSelector or "")
    local fields = selector.fields(query.fieldSelector or "", kind)
    return function(object)
        return (not namespace or object.metadata.namespace == namespace) and labels(object) and fields(object)
    end
end

return selector
