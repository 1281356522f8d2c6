-- check: says whether something holds, and ends the step when it does not.
local engine, primitives, parts = ...
local words = parts.words
local check = {}

local function text_of(format, ...)
    return select("#", ...) == 0 and format or string.format(format, ...)
end

-- In a plan, what depends on a change that was not made is noted as "to be checked", never failed.
local function verdict(ok, text, later, code, retry_after)
    later = later or (not ok and engine.stale())
    engine.tell("check", { ok = ok, text = text, later = later, where = engine.where() })
    if not ok and not later then
        engine.raise("check", text, nil, code, retry_after)
    end
    return ok
end

-- As verdict, of what an author says must hold: a failure that repeated it bare would read as its opposite.
local function claim(ok, text)
    return verdict(ok, (ok or engine.stale()) and text or "does not hold: " .. text)
end

-- check(condition, "text with %d", ...): goes on when the condition holds (neither nil nor false),
-- raises a check failure with the text otherwise. Returns the condition. `check.that` is the same.
function check.that(condition, format, ...)
    if type(format) ~= "string" then
        engine.raise("usage", "check wants a text after the condition: check(ok, \"what must hold\")")
    end
    if type(condition) == "function" then
        engine.raise("usage", "check wants what holds, and a function always does: call it, check(fn(), ...)")
    end
    for i = 1, select("#", ...) do
        if engine.unknown((select(i, ...))) then return verdict(false, format, true) end
    end
    local text = text_of(format, ...)
    if engine.unknown(condition) then return verdict(false, text, true) end
    return claim(condition and true or false, text) and condition
end

local function is_list(t) return getmetatable(t) == "array" or rawlen(t) > 0 end

local function shown(v)
    if type(v) == "string" then return (("%q"):format(v):gsub("\\\n", "\\n")) end
    if type(v) == "table" then return is_list(v) and ("a list of %d"):format(rawlen(v)) or "a table" end
    if type(v) ~= "number" then return tostring(v) end
    if v ~= v then return "NaN" end
    return tonumber(tostring(v)) == v and tostring(v) or ("%.17g"):format(v) -- as many digits as tell it from others
end

-- Both values as texts that differ.
local function both_shown(a, b)
    local is, wanted = shown(a), shown(b)
    return is, is == wanted and "another " .. wanted or wanted
end

-- A member of a table as the end of a path: ".name", "[2]", '["a b"]'.
local function step_to(key)
    local plain = type(key) == "string" and key:find("^[%a_][%w_-]*$")
    return plain and "." .. key or ("[%s]"):format(shown(key))
end

-- Where two values differ, looking into plain tables: a path ("" for themselves) and the two values there; nil when
-- they are alike. `open` are the pairs of tables that are being compared.
local function difference(a, b, path, open)
    if a == b then return nil end
    if type(a) ~= "table" or type(b) ~= "table" or engine.unknown(a) or engine.unknown(b) then return path, a, b end
    if open[a] == b then return nil end
    open[a] = b
    local both = {}
    for key in next, a do both[key] = true end
    for key in next, b do both[key] = true end
    for _, key in ipairs(words.keys(both)) do
        local at, is, wanted = difference(a[key], b[key], path .. step_to(key), open)
        if at then return at, is, wanted end
    end
    open[a] = nil
    if is_list(a) ~= is_list(b) and next(both) ~= nil then return path, a, b end
    return nil
end

-- check.equal(actual, expected, "what"): as check(actual == expected, ...), naming both in the message; of tables
-- their contents are compared, and the message names the first place where they differ.
function check.equal(actual, expected, what)
    if type(what) ~= "string" then
        engine.raise("usage", "check.equal wants a text after the two: check.equal(status, 200, \"the status\")")
    end
    if engine.unknown(actual) or engine.unknown(expected) then
        return verdict(false, what .. " is as expected", true)
    end
    local path, is, wanted = difference(actual, expected, "", {})
    if not path then return verdict(true, ("%s is %s"):format(what, shown(actual))) end
    if engine.unknown(is) or engine.unknown(wanted) then return verdict(false, what .. " is as expected", true) end
    local is_text, wanted_text = both_shown(is, wanted)
    return verdict(false, ("%s%s is %s, expected %s"):format(what, path ~= "" and " at " .. path:gsub("^%.", "") or "",
        is_text, wanted_text))
end

-- check.fail("text", ...): raises a check failure.
function check.fail(format, ...)
    if type(format) ~= "string" then engine.raise("usage", "check.fail wants a text: check.fail(\"what is wrong\")") end
    return verdict(false, text_of(format, ...))
end

-- For other parts of the prelude: as check.fail, of an answer with that status and Retry-After.
parts.answer_unexpected = function(status, retry_after, text)
    return verdict(false, text, nil, "http." .. status, retry_after)
end

primitives.check = setmetatable(check, { __call = function(_, ...) return check.that(...) end })
return check
