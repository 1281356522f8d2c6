-- hints: what to write instead, for the slips of people who are new to runbooks or to Lua.
local engine, _, parts = ...
local words = parts.words
local hints = {}

local waits <const> = 'wait.sleep("30s") waits'
local says <const> = 'log.info("text") says something'
local runs <const> = 'exec { "program", "argument" } runs one'
local asks <const> = 'http.get("https://...") fetches'

-- Names that other languages or a full Lua have, with what to use here.
local elsewhere = {
    io = "files are out of reach; parameters and http bring data in",
    os = "use wait.now() for the time and parameters for the environment",
    debug = "it could leave the sandbox", package = "require finds runbook.* and files beside yours",
    dofile = "use require", loadfile = "use require", collectgarbage = "memory is looked after",
    coroutine = "steps already wait without blocking; use parallel or each",
    sleep = waits, info = says, warn = says, printf = says, fetch = asks, curl = asks,
    shell = runs, system = runs,
    params = "a step function has them as its argument: function(run) ... run.host",
    run = "name it as the argument of the step function: function(run) ... end",
    results = 'run.results["step name"] is what an earlier step has returned',
    try = "pcall(fn, ...) returns false and the failure when it fails", throw = 'use error("text")',
    null = "use nil, or json.null for null in JSON", None = "use nil", True = "use true",
    False = "use false",
}

-- What a module that is written for any Lua asks for, to see which one it is in.
local probes = { jit = true, ngx = true, module = true, loadstring = true, setfenv = true, getfenv = true }

-- Raises for a global that is not there; `env` has those that are.
function hints.missing(name, env)
    if probes[name] then return nil end
    local hint = elsewhere[name]
    engine.raise("usage", hint and ("'%s' is not available in a runbook: %s"):format(name, hint)
        or ("'%s' is not defined%s"):format(tostring(name), words.suggest(name, words.keys(env))))
end

-- Raises for a field that the primitive `name` does not have.
function hints.no_field(name, primitive, key)
    local known = words.keys(primitive)
    engine.raise("usage", ("%s has no '%s'%s; it has %s"):format(name, tostring(key),
        words.suggest(key, known), table.concat(known, ", ")))
end

-- What is meant most often by a call of the primitive itself.
local usual = { log = 'log.info("text")', wait = 'wait.sleep("30s")', http = 'http.get("https://...")',
    ask = 'ask.confirm("go on?")', k8s = 'k8s.get("deployment/name")', tls = 'tls.inspect("host")',
    json = "json.decode(text)", yaml = "yaml.decode(text)" }

-- Raises for a call of a primitive that is a table of functions.
function hints.not_callable(name, primitive)
    local functions = table.concat(words.keys(primitive), ", ")
    engine.raise("usage", usual[name]
        and ("%s is not called itself: write %s; it has %s"):format(name, usual[name], functions)
        or ("%s is not called itself; it has %s"):format(name, functions))
end

local syntax = {
    { "'}' expected .*near 'function'", "a step's function stands in braces: step \"name\" { function(run) ... end }" },
    { "'}' expected .*near 'end'", "is a } missing before it?" },
    { "'}' expected .*near ['\"%a]", "is a comma missing before it?" },
    { "near 'until'", "to wait is wait.until_ { ... }, for until is a word of Lua's" },
    { "near '!'", "Lua writes ~= for not equal, and `not` for !" },
    { "near '[+-]'$", "Lua has no += and no ++: write n = n + 1" },
    { "'then' expected near '='", "a comparison is written ==" },
    { "'=' expected near '='", "a comparison is written ==" },
}

-- What Lua says of a text that it cannot read, with what was probably meant.
function hints.syntax(why)
    for _, slip in ipairs(syntax) do
        if why:find(slip[1]) then return ("%s (%s)"):format(why, slip[2]) end
    end
    return why
end

-- Lua's own words for "a" + "b" name neither what is wrong nor what to do.
local strings = debug.getmetatable("")
local add = strings.__add
local function is_text(v) return type(v) == "string" or type(v) == "number" end
function strings.__add(a, b)
    if is_text(a) and is_text(b) and not (tonumber(a) and tonumber(b)) then
        engine.raise("usage", "+ adds numbers; texts are joined by .. : \"host \" .. name")
    end
    return add(a, b)
end

return hints
