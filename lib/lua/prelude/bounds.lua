-- bounds: Lua's own functions as far as they can be trusted to come to an end. Those in C run on where
-- the limit on a step's time cannot stop them, so what is too long for them is refused or done in Lua,
-- and what is long is charged. (What makes new text or tables need not be: the host counts their bytes.)
local engine = ...
local bounds = {}

local MOST <const> = 1 << 26 -- places in a table that C code may walk over
local SORT <const> = 20000   -- items that are compared in C
local SOURCE <const> = 1 << 20 -- bytes that `load` may compile
local LONGEST_NAME <const> = 1024 -- bytes of a chunk's name
local PLACE <const> = 16     -- bytes of a place in a table
local CHARGED <const> = 1000 -- what is shorter costs no more than the looking

local function copy(from, names)
    local to = {}
    for name in names:gmatch("%S+") do to[name] = from[name] end
    return to
end

-- The functions of `string`, save dump; format is plain.format.
bounds.string = copy(string, "byte char format len lower pack packsize reverse sub unpack upper")
for name, fn in next, engine.pattern do bounds.string[name] = fn end

-- fn, whose work grows with the text that it is given first.
function bounds.charged(fn)
    return function(text, ...)
        if type(text) == "string" and #text > CHARGED then engine.charge(#text) end
        return fn(text, ...)
    end
end

local function charge_places(n)
    if n > CHARGED then engine.charge(n * PLACE) end
end

function bounds.string.rep(s, n, sep)
    if s == "" and (sep == nil or sep == "") then return "" end -- as often as one likes
    return string.rep(s, n, sep)
end

-- Refuses a __len, which could tell C code of any number of places, and another one each time.
local function check_length(t, name)
    local meta = type(t) == "table" and debug.getmetatable(t)
    if meta and rawget(meta, "__len") ~= nil then
        engine.raise("usage", name .. " does not work on a table with __len")
    end
end

local function check_span(from, to, name)
    local first, last = tonumber(from), tonumber(to)
    if first and last and last + 0.0 - first > MOST then
        engine.raise("usage", ("%s: %.0f places are too many"):format(name, last + 0.0 - first))
    end
end

bounds.table = copy(table, "pack")

function bounds.table.concat(t, sep, i, j)
    check_length(t, "table.concat")
    check_span(i or 1, j or 1, "table.concat")
    return table.concat(t, sep, i, j)
end

function bounds.table.insert(t, ...)
    check_length(t, "table.insert")
    if select("#", ...) > 1 and type(t) == "table" then charge_places(#t) end
    return table.insert(t, ...)
end

function bounds.table.move(from, f, e, t, ...)
    check_span(f, e, "table.move")
    if math.type(f) and math.type(e) then charge_places(math.max(0, e - f) // 1 | 0) end
    return table.move(from, f, e, t, ...)
end

function bounds.table.remove(t, ...)
    check_length(t, "table.remove")
    if select("#", ...) > 0 and type(t) == "table" then charge_places(#t) end
    return table.remove(t, ...)
end

function bounds.table.sort(t, less)
    check_length(t, "table.sort")
    if type(t) == "table" and rawlen(t) > SORT and (less == nil or type(less) == "function") then
        local order = less
        less = order and function(a, b) return order(a, b) end or function(a, b) return a < b end
    elseif type(t) == "table" then
        charge_places(rawlen(t) * PLACE) -- n log n
    end
    return table.sort(t, less)
end

function bounds.table.unpack(t, i, j)
    check_length(t, "table.unpack")
    if type(t) == "table" then charge_places(#t) end
    return table.unpack(t, i, j)
end

-- Lua calls the handler of its own xpcall while the error is still on its way, where nothing can stop
-- it; here it is called once the error has come home.
local function handled(handler, ok, ...)
    if ok then return true, ... end
    return false, (select(2, pcall(handler, ...)))
end

function bounds.xpcall(fn, handler, ...) return handled(handler, pcall(fn, ...)) end

function bounds.setmetatable(t, meta)
    if type(meta) == "table" and rawget(meta, "__gc") ~= nil then
        engine.raise("usage", "setmetatable: __gc is not available in a runbook")
    end
    return setmetatable(t, meta)
end

-- Compiles text, never bytecode, into a function that sees `environment`.
function bounds.load(text, chunk, environment)
    if type(text) ~= "string" then engine.raise("usage", "load wants text") end
    if #text > SOURCE then engine.raise("usage", "load: more than a megabyte is too much") end
    -- Lua cuts a long name; what is secret in it is masked before.
    return load(text, chunk == nil and "=load" or engine.quote(chunk, LONGEST_NAME), "t", environment)
end

-- Methods of strings ("x"):rep(3) go through this table too: no dump, and no way to the real one.
getmetatable("").__index = bounds.string
getmetatable("").__metatable = false

return bounds
