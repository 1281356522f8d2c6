-- check: says whether something holds, and ends the step when it does not.
local engine, primitives, parts = ...
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
    return verdict(condition and true or false, text) and condition
end

local function shown(v)
    return type(v) == "string" and ("%q"):format(v):gsub("\\\n", "\\n") or tostring(v)
end

-- check.equal(actual, expected, "what"): as check(actual == expected, ...), naming both in the message.
function check.equal(actual, expected, what)
    if type(what) ~= "string" then
        engine.raise("usage", "check.equal wants a text after the two: check.equal(status, 200, \"the status\")")
    end
    if engine.unknown(actual) or engine.unknown(expected) then
        return verdict(false, what .. " is as expected", true)
    end
    local ok = actual == expected
    return verdict(ok, ok and ("%s is %s"):format(what, shown(actual))
        or ("%s is %s, expected %s"):format(what, shown(actual), shown(expected)))
end

-- check.fail("text", ...): raises a check failure.
function check.fail(format, ...) return verdict(false, text_of(format, ...)) end

-- For other parts of the prelude: as check.fail, of an answer with that status and Retry-After.
parts.answer_unexpected = function(status, retry_after, text)
    return verdict(false, text, nil, "http." .. status, retry_after)
end

primitives.check = setmetatable(check, { __call = function(_, ...) return check.that(...) end })
return check
