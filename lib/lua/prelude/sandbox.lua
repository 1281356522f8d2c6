-- sandbox: the environment that runbooks and libraries run in: an allow-list, never the state's own
-- globals. What is not named here is not there.
local engine, primitives, parts = ...
local words, outline, bounds, hints = parts.words, parts.outline, parts.bounds, parts.hints
local sandbox = {}

-- A view of t that can be read and not written. `index` and `call` stand for what t does not have.
local function read_only(t, name, index, call)
    local meta = getmetatable(t)
    return setmetatable({}, {
        __index = index or t,
        __call = meta and meta.__call or call,
        __newindex = function(_, key)
            engine.raise("usage", ("%s.%s cannot be set: %s is part of the engine"):format(name,
                tostring(key), name))
        end,
        __pairs = function() return sandbox.pairs(t) end,
        __metatable = false,
    })
end

-- Iterates in the order of the keys, so that two runs take the same path.
local function ordered_pairs(t)
    local meta = debug.getmetatable(t) -- also of our own, which show none to authors
    if meta and meta.__pairs then return meta.__pairs(t) end
    if type(t) ~= "table" then
        engine.raise("usage", "pairs wants a table, not a " .. type(t))
    end
    local keys, i = words.keys(t), 0
    return function()
        local key
        repeat
            i = i + 1
            key = keys[i]
        until key == nil or t[key] ~= nil
        return key, t[key]
    end, t, nil
end

sandbox.pairs = ordered_pairs

-- next in the order of the keys. `next(t) == nil` asks whether t is empty.
local function ordered_next(t, key)
    if key == nil then
        local first = words.keys(t)[1]
        return first, t[first]
    end
    local keys = words.keys(t)
    for i, k in ipairs(keys) do
        if k == key then return keys[i + 1], t[keys[i + 1]] end
    end
end

local function copy(from, names)
    local to = {}
    for name in names:gmatch("%S+") do to[name] = from[name] end
    return to
end

local maths = copy(math, "abs ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf "
    .. "pi rad sin sqrt tan tointeger type ult")

maths.random = engine.random

-- Lua's own would take an answer that is not known in a plan for just another value; this names the line
-- that has to declare it.
local function looking(fn)
    return function(...)
        for i = 1, math.min(select("#", ...), 2) do
            local v = select(i, ...)
            if engine.unknown(v) then return v.value end
        end
        return fn(...)
    end
end
maths.type = looking(math.type)

local env
-- A file's globals are its own, so that one file cannot change another's.
local function own_globals()
    return setmetatable({}, { __index = env, __metatable = false })
end

env = copy(_G, "assert error ipairs pcall rawget rawlen select tostring")
env.rawequal, env.type = looking(rawequal), looking(type)
env.tonumber = looking(bounds.charged(tonumber))
env._VERSION = _VERSION
env.pairs, env.next = ordered_pairs, ordered_next
env.setmetatable, env.xpcall = bounds.setmetatable, bounds.xpcall
env.getmetatable = function(v)
    if type(v) == "table" then return getmetatable(v) end
end
env.string, env.math = read_only(bounds.string, "string"), read_only(maths, "math")
env.table = read_only(bounds.table, "table")
env.unpack = bounds.table.unpack -- Lua 5.1's name for it: `unpack or table.unpack` is in many a module
local unicode = copy(utf8, "char charpattern codes")
for _, name in ipairs { "codepoint", "len", "offset" } do unicode[name] = bounds.charged(utf8[name]) end
env.utf8 = read_only(unicode, "utf8")
-- print(...): the same as log.info, for values of any kind.
env.print = function(...)
    local texts = table.pack(...)
    for i = 1, texts.n do texts[i] = tostring(texts[i]) end
    primitives.log.info("%s", table.concat(texts, "\t"))
end
-- load(text [, chunk]): compiles Lua text, which sees the same names; never reads bytecode.
env.load = function(text, chunk, _, environment)
    return bounds.load(text, chunk, environment or own_globals())
end
for _, word in ipairs { "runbook", "phase", "step", "param", "secret" } do
    env[word] = outline[word]
end
local modules = primitives.modules -- not a noun: what `require` opens
primitives.modules = nil
env.gate = parts.gate.new
env.parallel, env.each = engine.parallel, engine.each
for name, primitive in pairs(primitives) do
    env[name] = read_only(primitive, name, function(_, key)
        local value = primitive[key]
        if value == nil then hints.no_field(name, primitive, key) end
        return value
    end, function() hints.not_callable(name, primitive) end)
end

setmetatable(env, { __index = function(_, name) return hints.missing(name, env) end, __metatable = false })

-- Libraries see the same names and the engine's own functions.
local library_env = setmetatable({ engine = engine, words = words, outline = outline,
    is_gate = parts.gate.is },
    { __index = env, __metatable = false })

local loaded = {}

-- require "runbook.canary": what a library returns; `runbook help libraries` lists them. require "mine"
-- runs the file mine.lua beside the runbook, once, and require "billing.event" billing/event.lua.
-- require "cjson" and "cjson.safe" are lua-cjson, with the members of objects sorted when it encodes,
-- unless such a file stands beside the runbook: for Lua modules that are written for it.
function env.require(name)
    if type(name) ~= "string" or not name:match("^[%w_][%w_.-]*$") or name:find("^prelude%.") then
        engine.raise("usage", "require wants a module's name, as in require \"runbook.canary\"")
    end
    if loaded[name] == nil then
        local open = modules[name]
        if open and not engine.has(name) then
            loaded[name] = read_only(open(), name)
            return loaded[name]
        end
        local ours = name:find("^runbook%.") ~= nil
        local fn, why = engine.load(name, ours and library_env or own_globals())
        if not fn then
            engine.raise("usage", hints.syntax(why:gsub("^.-:%d+: ", "")), why:match("^(.-:%d+): "))
        end
        local module = engine.no_effects(fn, name)
        if ours and type(module) == "table" then module = read_only(module, name) end
        loaded[name] = module == nil and true or module
    end
    return loaded[name]
end

-- Compiles a runbook file's text; called by the host, which runs the result.
function sandbox.load(text, chunk)
    local fn, why = load(text, chunk, "t", own_globals())
    return fn, why and hints.syntax(why)
end

return sandbox
