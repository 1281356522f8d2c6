-- The prelude: what turns a bare Lua state into the place where runbooks live. The host calls this
-- chunk once with its own table of functions (`engine`) and the primitives' tables, by name.
-- Returns the functions that the host calls later: load, resolve, run, keys.
local engine, primitives = ...

-- Loads another part of the prelude, which gets the same two tables and what came before it.
local parts = {}
local function part(name)
    parts[name] = assert(engine.load("prelude." .. name))(engine, primitives, parts)
    return parts[name]
end

part "plain"
part "bounds"
part "words"
part "hints"
part "check"
part "wait"
part "http"
part "k8s"
part "tls"
part "metrics"
part "log"
part "params"
part "outline"
part "gate"
part "sandbox"
part "run"

return { load = parts.sandbox.load, resolve = parts.params.resolve, run = parts.run.new,
    keys = parts.words.keys, outline = parts.outline.read }
