-- runbook.gotext: texts that a program written in Go will read, by Go's grammar: annotations of controllers,
-- durations in objects of Kubernetes. Lua's own tonumber takes more ("1e3", "0x10", " 5 ") and other things.
-- Source: Go's packages strconv (Atoi, ParseBool) and time (ParseDuration).
local gotext = {}

local UNITS = { ns = 1e-9, us = 1e-6, ["\194\181s"] = 1e-6, ["\206\188s"] = 1e-6, ms = 1e-3, s = 1, m = 60, h = 3600 }
local TRUE = { ["1"] = true, t = true, T = true, ["true"] = true, TRUE = true, True = true }
local FALSE = { ["0"] = true, f = true, F = true, ["false"] = true, FALSE = true, False = true }

-- gotext.integer("007"): the whole number of 64 bits that strconv.Atoi reads, or nil: a sign and decimal
-- digits, and nothing else.
function gotext.integer(text)
    local sign, digits = tostring(text):match("^([+-]?)0*(%d+)$")
    if not digits or #digits > 19 then return nil end
    local number = tonumber(sign == "-" and "-" .. digits or digits)
    return math.type(number) == "integer" and number or nil -- beyond 64 bits Lua makes a float of it
end

-- gotext.boolean("True"): what strconv.ParseBool reads, or nil.
function gotext.boolean(text)
    if TRUE[text] then return true elseif FALSE[text] then return false end
    return nil
end

-- gotext.duration("1h30m"): the seconds that time.ParseDuration reads, or nil. Each number has its unit, of ns, us,
-- ms, s, m and h; only "0" has none.
function gotext.duration(text)
    local sign, rest = tostring(text):match("^([+-]?)(.+)$")
    if rest == "0" then return 0 end
    local seconds = 0
    while rest and rest ~= "" do
        local number, unit, behind = rest:match("^([%d.]+)([^%d.]+)(.*)$")
        local whole = number and (number:find("^%d+%.?%d*$") or number:find("^%.%d+$"))
        if not whole or not UNITS[unit] then return nil end
        seconds, rest = seconds + tonumber(number) * UNITS[unit], behind
    end
    if not rest then return nil end
    return sign == "-" and -seconds or seconds
end

return gotext
