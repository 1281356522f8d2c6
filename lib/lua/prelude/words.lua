-- words: small things for messages and for reading what authors wrote.
local engine, primitives, parts = ...
local words = {}
local primitive_options = primitives.options -- not a noun: what the primitives take
primitives.options = nil
local sort = parts.bounds.table.sort

-- The keys of a table in a fixed order: numbers, then strings, then booleans.
-- Raises when a key is of another type, because such keys have no order that two runs agree on.
function words.keys(t)
    local kinds = { number = {}, string = {}, boolean = {} }
    for k in next, t do
        local kind = kinds[type(k)]
        if not kind then
            engine.raise("usage", "a table with a " .. type(k) .. " as a key has no fixed order; "
                .. "use text or numbers as keys")
        end
        kind[#kind + 1] = k
    end
    local keys = kinds.number
    sort(keys)
    sort(kinds.string)
    sort(kinds.boolean, function(a, b) return b and not a end)
    table.move(kinds.string, 1, #kinds.string, #keys + 1, keys)
    return table.move(kinds.boolean, 1, #kinds.boolean, #keys + 1, keys)
end

-- How many single-letter edits lead from a to b.
local function distance(a, b)
    local row = {}
    for j = 0, #b do row[j] = j end
    for i = 1, #a do
        local diagonal
        diagonal, row[0] = row[0], i
        for j = 1, #b do
            local cost = a:byte(i) == b:byte(j) and 0 or 1
            diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
        end
    end
    return row[#b]
end

-- Returns " (did you mean 'x'?)" for the closest of the known names, or "" when none is close.
function words.suggest(name, known)
    name = tostring(name):lower()
    if #name > 64 then return "" end
    local best, least = nil, 3
    for _, candidate in ipairs(known) do
        local d = distance(name, candidate:lower())
        if d < least and d < #candidate then best, least = candidate, d end
    end
    return best and (" (did you mean '%s'?)"):format(best) or ""
end

-- True when the value is of one of the types in `want`, "string|number", or is an answer that a plan does not know.
local function fits(value, want)
    local is = math.type(value) == "integer" and "integer" or type(value)
    for kind in want:gmatch("%a+") do
        if kind == is or kind == type(value) or kind == "any" then return true end
    end
    return engine.unknown(value)
end

-- Raises unless t is a table, and every named field of t is among `known` ({ field = "type|another type" }) and of
-- its type. Whole-number keys are left to the caller. `what` names the thing in the message; `where` is the line of
-- the runbook that it points at (default: the line that runs).
function words.fields(t, known, what, where)
    if type(t) ~= "table" then
        engine.raise("usage", ("%s wants a table { ... }, not a %s"):format(what, type(t)), where)
    end
    for _, key in ipairs(words.keys(t)) do
        if type(key) ~= "number" then
            local want = known[key]
            if not want then
                engine.raise("usage", ("%s has no field '%s'%s; it takes %s"):format(what,
                    tostring(key), words.suggest(key, words.keys(known)),
                    table.concat(words.keys(known), ", ")), where)
            end
            if not fits(t[key], want) then
                engine.raise("usage", ("'%s' of %s must be a %s, not a %s"):format(key, what,
                    want:gsub("|", " or a "), type(t[key])), where)
            end
        end
    end
end

-- What a primitive takes ("k8s.get"), as words.fields wants it, and what `more` has besides.
function words.takes(name, more)
    local known = {}
    for option, kind in pairs(assert(primitive_options[name])) do known[option] = kind end
    for option, kind in pairs(more or {}) do known[option] = kind end
    return known
end

-- The fields of `given`, a table of options, by `spec`: { field = "type|another type!" }, where "duration" is a length
-- of time, which is handed out in seconds, and "!" stands behind what must be there; [1] = "any" takes one
-- that has no name. Raises, as words.fields does, on anything else.
function words.read(given, spec, what, where)
    local types, read = {}, {}
    for name, kind in pairs(spec) do
        if name ~= 1 then types[name] = kind:gsub("!", ""):gsub("duration", "string|number") end
    end
    words.fields(given, types, what, where)
    if rawlen(given) > #spec then
        engine.raise("usage", what .. " takes its fields by their names; the first of these has none", where)
    end
    for _, name in ipairs(words.keys(spec)) do
        local value, kind = given[name], spec[name]
        if value == nil and kind:find("!") then
            engine.raise("usage", ("%s wants %s = a %s"):format(what, name, kind:gsub("!", ""):gsub("|", " or a ")),
                where)
        elseif kind:find("duration") and (type(value) == "string" or type(value) == "number") then
            value = words.seconds(value, ("%s of %s"):format(name, what), where)
        end
        read[name] = value
    end
    return read
end

-- Returns the options, {} when there are none; raises when they are no table. `what` names who takes them.
function words.options(options, what)
    if options ~= nil and type(options) ~= "table" then
        engine.raise("usage", ("%s takes its options as a table, as in { namespace = \"x\" }, not '%s'"):format(what,
            tostring(options)))
    end
    return options or {}
end

-- Raises when something stands behind the name that the word `kind` takes: a table in round brackets.
function words.alone(kind, name, ...)
    if select("#", ...) > 0 then
        engine.raise("usage", ("%s \"%s\" takes its table behind the name, without a comma: %s \"%s\" { ... }")
            :format(kind, name, kind, name))
    end
end

-- A length of time for people: 90 -> "1m 30s".
function words.duration(seconds)
    return engine.duration_text(seconds)
end

-- Seconds out of "15m", "1h30m" or a number of seconds. Raises a usage failure otherwise, which points at `where`
-- (default: the line that runs).
function words.seconds(value, what, where)
    local seconds = engine.duration_seconds(value)
    if not seconds then
        engine.raise("usage", ("%s: '%s' is not a length of time; write it as \"30s\", \"15m\" or "
            .. "\"1h30m\""):format(what, tostring(value)), where)
    end
    return seconds
end

-- A number as people read it: at most `digits` significant digits (default 4), no trailing zeros.
function words.number(n, digits)
    if math.type(n) == "integer" then return tostring(n) end
    if n ~= n then return "NaN" end
    if n == math.huge then return "+Inf" elseif n == -math.huge then return "-Inf" end
    return ("%." .. (digits or 4) .. "g"):format(n)
end

-- What was decoded from JSON or YAML, or `default` where there is nothing: no field, or null, which is a value of
-- its own and counts as true.
function words.given(value, default)
    if value == nil or value == primitives.json.null then return default end
    return value
end

-- A deep copy of what was decoded, without the members that are null: to Kubernetes they are not there
-- (its API conventions, "Optional vs. Required"), and to Lua null is true.
function words.without_nulls(value)
    if type(value) ~= "table" or engine.unknown(value) then return value end
    local copy = {}
    for key, item in pairs(value) do
        if item ~= primitives.json.null then copy[key] = words.without_nulls(item) end
    end
    return getmetatable(value) == "array" and engine.array(copy) or copy
end

-- Calls fn(...). Returns its first result, or nil and the words of an effect failure; every other failure
-- goes on its way.
function words.attempt(fn, ...)
    local ok, result = pcall(fn, ...)
    if ok then return result end
    if type(result) ~= "table" or result.kind ~= "effect" then error(result, 0) end
    return nil, result.text
end

return words
