-- regex: the regular expressions that label matchers use, always anchored at both ends.
-- Supported of RE2: . [classes] ( ) (?: ) | * + ? {m,n} \d \w \s and their capitals, escapes. No
-- back-references and no lazy forms, which cannot change whether a whole text matches.
local regex = {}

local CLASSES = {
    d = function(c) return c >= 48 and c <= 57 end,
    s = function(c) return c == 32 or (c >= 9 and c <= 13) end,
    w = function(c)
        return c == 95 or (c >= 48 and c <= 57) or (c >= 65 and c <= 90) or (c >= 97 and c <= 122)
    end,
}
local CONTROLS = { n = 10, t = 9, r = 13, f = 12, v = 11 }

local function negated(test)
    return function(c) return not test(c) end
end

local function equals(code)
    return function(c) return c == code end
end

-- The test for the escape at `at` (just behind the backslash).
local function escape_test(text, at)
    local char = text:sub(at, at)
    if char == "" then error("trailing backslash at end of expression", 0) end
    local class = CLASSES[char:lower()]
    if class then return char:match("%l") and class or negated(class) end
    if char:match("%w") and not CONTROLS[char] then
        error("invalid escape sequence: `\\" .. char .. "`", 0)
    end
    return equals(CONTROLS[char] or char:byte())
end

-- The test for the class whose "[" stands before `at`, and the place behind its "]".
local function class_test(text, at)
    local tests, inverse = {}, text:sub(at, at) == "^"
    if inverse then at = at + 1 end
    local first = at
    while text:sub(at, at) ~= "]" or at == first do
        if at > #text then error("missing closing ]", 0) end
        if text:sub(at, at) == "\\" then
            tests[#tests + 1] = escape_test(text, at + 1)
            at = at + 2
        elseif text:match("^[^%]]%-[^%]\\]", at) then
            local low, high = text:byte(at), text:byte(at + 2)
            if low > high then
                error("invalid character class range: `" .. text:sub(at, at + 2) .. "`", 0)
            end
            tests[#tests + 1] = function(c) return c >= low and c <= high end
            at = at + 3
        else
            tests[#tests + 1] = equals(text:byte(at))
            at = at + 1
        end
    end
    local function any(c)
        for _, test in ipairs(tests) do
            if test(c) then return true end
        end
        return false
    end
    return inverse and negated(any) or any, at + 1
end

-- A matcher is function(text, at, go): true when it matches at `at` and go(place behind it) is true.
local function one(test)
    return function(text, at, go)
        local code = text:byte(at)
        return code ~= nil and test(code) and go(at + 1)
    end
end

local function sequence(items)
    local function from(index, text, at, go)
        local item = items[index]
        if not item then return go(at) end
        return item(text, at, function(behind) return from(index + 1, text, behind, go) end)
    end
    return function(text, at, go) return from(1, text, at, go) end
end

local function either(branches)
    if #branches == 1 then return branches[1] end
    return function(text, at, go)
        for _, branch in ipairs(branches) do
            if branch(text, at, go) then return true end
        end
        return false
    end
end

local function repeated(item, least, most)
    local function from(count, text, at, go)
        if count < most then
            local more = item(text, at, function(behind)
                return (behind > at or count < least) and from(count + 1, text, behind, go)
            end)
            if more then return true end
        end
        return count >= least and go(at)
    end
    return function(text, at, go) return from(0, text, at, go) end
end

-- How often the item before `at` may stand there, and the place behind the operator.
local function quantity(text, at)
    local char = text:sub(at, at)
    if char == "*" then return 0, math.huge, at + 1 end
    if char == "+" then return 1, math.huge, at + 1 end
    if char == "?" then return 0, 1, at + 1 end
    local least, comma, most, behind = text:match("^{(%d+)(,?)(%d*)}()", at)
    if not least then return 1, 1, at end
    least = tonumber(least)
    most = comma == "" and least or tonumber(most) or math.huge
    if most < least or least > 1000 then error("invalid repeat count", 0) end
    return least, most, behind
end

local alternatives

local function atom(text, at)
    local char = text:sub(at, at)
    if char == "(" then
        local inner, behind = alternatives(text, text:match("^%?:()", at + 1) or at + 1)
        if text:sub(behind, behind) ~= ")" then error("missing closing )", 0) end
        return inner, behind + 1
    elseif char == "[" then
        local test, behind = class_test(text, at + 1)
        return one(test), behind
    elseif char == "\\" then
        return one(escape_test(text, at + 1)), at + 2
    elseif char == "." then
        return one(negated(equals(10))), at + 1
    elseif char == "^" or char == "$" then
        return function(whole, place, go)
            return place == (char == "^" and 1 or #whole + 1) and go(place)
        end, at + 1
    elseif char:match("[*+?]") then
        error("missing argument to repetition operator: `" .. char .. "`", 0)
    end
    return one(equals(char:byte())), at + 1
end

function alternatives(text, at)
    local branches, items = {}, {}
    while at <= #text and text:sub(at, at) ~= ")" do
        if text:sub(at, at) == "|" then
            branches[#branches + 1] = sequence(items)
            items, at = {}, at + 1
        else
            local item, least, most
            item, at = atom(text, at)
            least, most, at = quantity(text, at)
            if least ~= 1 or most ~= 1 then item = repeated(item, least, most) end
            items[#items + 1] = item
        end
    end
    branches[#branches + 1] = sequence(items)
    return either(branches), at
end

-- Compiles `pattern`. Returns function(text) -> boolean, true when the whole text matches; or nil and
-- what is wrong with the pattern.
function regex.compile(pattern)
    local ok, matcher, behind = pcall(alternatives, pattern, 1)
    if not ok then return nil, matcher end
    if behind <= #pattern then return nil, "unexpected )" end
    return function(text)
        return matcher(text, 1, function(at) return at == #text + 1 end)
    end
end

return regex
