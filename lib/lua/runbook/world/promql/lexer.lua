-- lexer: PromQL text into tokens { kind, text, value, at }. Kinds: "number", "string",
-- "duration" (value in seconds), "name", "end", and each operator or bracket as a kind of its own.
local lexer = {}

local SECONDS = { ms = 0.001, s = 1, m = 60, h = 3600, d = 86400, w = 604800, y = 31536000 }
local OPERATORS = {
    "=~", "!~", "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}",
    "[", "]", ",", "@", ":",
}
local ESCAPES = {
    n = "\n", t = "\t", r = "\r", a = "\a", b = "\b", f = "\f", v = "\v", ["\\"] = "\\", ['"'] = '"',
    ["'"] = "'",
}

-- Raises a parse error at byte `at` of `text`, worded as Prometheus words it.
function lexer.fail(text, at, message)
    local before = text:sub(1, at - 1)
    local _, lines = before:gsub("\n", "")
    local column = #before:match("[^\n]*$") + 1
    error({ kind = "bad_data", message = ("%d:%d: parse error: %s"):format(lines + 1, column, message) }, 0)
end

-- Seconds of a duration such as "1h30m" that starts at `at`, and the place behind it; nil when there
-- is none.
local function duration(text, at)
    local total, place = nil, at
    while true do
        local count, unit, behind = text:match("^(%d+)(ms)()", place)
        if not count then count, unit, behind = text:match("^(%d+)([smhdwy])()", place) end
        if not count then break end
        total, place = (total or 0) + count * SECONDS[unit], behind
    end
    return total, place
end

-- Seconds of a duration text, nil when it is not one.
function lexer.duration(text)
    local seconds, behind = duration(text, 1)
    return seconds and behind == #text + 1 and seconds or nil
end

local function quoted(text, at)
    local quote = text:sub(at, at)
    if quote == "`" then
        local raw, behind = text:match("^`([^`]*)`()", at)
        if not raw then lexer.fail(text, at, "unterminated raw string") end
        return raw, behind
    end
    local parts, place = {}, at + 1
    while true do
        local char = text:sub(place, place)
        if char == quote then return table.concat(parts), place + 1 end
        if char == "" or char == "\n" then lexer.fail(text, at, "unterminated quoted string") end
        if char == "\\" then
            place = place + 1
            char = ESCAPES[text:sub(place, place)]
            if not char then lexer.fail(text, place, "unknown escape sequence in string") end
        end
        parts[#parts + 1] = char
        place = place + 1
    end
end

local function number(text, at)
    local hex, behind = text:match("^0[xX](%x+)()", at)
    if hex then return tonumber(hex, 16), behind end
    local digits
    digits, behind = text:match("^(%d*%.?%d*)()", at)
    if digits == "" or digits == "." then return nil end
    local exponent, further = text:match("^([eE][+-]?%d+)()", behind)
    return tonumber(digits .. (exponent or "")) + 0.0, further or behind
end

local function token_at(text, at)
    local char = text:sub(at, at)
    if char == "" then return { kind = "end", at = at }, at end
    if char:match("[\"'`]") then
        local value, behind = quoted(text, at)
        return { kind = "string", value = value, at = at }, behind
    end
    local seconds, behind = duration(text, at)
    if seconds then return { kind = "duration", value = seconds, at = at }, behind end
    local value
    value, behind = number(text, at)
    if value then return { kind = "number", value = value, at = at }, behind end
    local name
    name, behind = text:match("^([%a_][%w_:]*)()", at)
    if not name then name, behind = text:match("^(:[%a_][%w_:]*)()", at) end
    if name then return { kind = "name", text = name, at = at }, behind end
    for _, operator in ipairs(OPERATORS) do
        if text:sub(at, at + #operator - 1) == operator then
            return { kind = operator, at = at }, at + #operator
        end
    end
    lexer.fail(text, at, ("unexpected character: '%s'"):format(char))
end

-- All tokens of `text`, the last of kind "end". Raises { kind, message } for what is no token.
function lexer.tokens(text)
    local list, at, open = {}, 1, 0
    repeat
        at = text:match("^%s*()", at)
        while text:sub(at, at) == "#" do at = text:match("^[^\n]*%s*()", at) end
        local token, behind = token_at(text, at)
        token.text = token.text or text:sub(at, behind - 1)
        list[#list + 1] = token
        at = behind
        open = open + (token.kind == "(" and 1 or token.kind == ")" and -1 or 0)
        if open < 0 then lexer.fail(text, token.at, "unexpected right parenthesis ')'") end
    until token.kind == "end"
    if open > 0 then lexer.fail(text, at, "unclosed left parenthesis") end
    return list
end

return lexer
