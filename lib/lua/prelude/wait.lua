-- wait: the rest of the noun: waiting for something to become true.
local engine, primitives, parts = ...
local words = parts.words
local wait = primitives.wait
local least_pause <const> = 0.05 -- seconds; a loop without a pause would hold up everything else

local SPEC = { "any", every = "duration", timeout = "duration", label = "string", fn = "function",
    assume = "any" }

-- wait.until_ { every = "5s", timeout = "5m", label = "what we wait for", fn = function() ... end }
-- Calls fn until it returns something other than nil and false, and returns that. Raises a check
-- failure after `timeout`, naming the label and fn's second result, the last state seen. fn can also
-- stand first in the table, without a name. `every` is at least 50ms. In a plan fn is called once, and when what it waits for
-- depends on a change that was not made, `assume` is the answer.
function wait.until_(options)
    options = words.read(options, SPEC, "wait.until_")
    local fn = options.fn or options[1]
    if type(fn) ~= "function" then
        engine.raise("usage", "wait.until_ wants a function: wait.until_ { timeout = \"5m\", "
            .. "fn = function() ... end }")
    end
    local every, timeout = math.max(options.every or 5, least_pause), options.timeout or 300
    local label = options.label or "the condition"
    local started = wait.now()
    while true do
        local value, state = fn()
        if engine.unknown(value) then return value end
        if value then return value end
        local elapsed = wait.now() - started
        if engine.planning() then
            wait.sleep(every, { label = ("for %s, at most %s"):format(label, words.duration(timeout)) })
            engine.tell("check", { ok = false, later = true, where = engine.where(),
                text = label .. (state and " (now: " .. tostring(state) .. ")" or "") })
            if options.assume ~= nil then return options.assume end
            return engine.unknown_of("what wait.until_ waits for: " .. label)
        elseif elapsed >= timeout then
            return primitives.check.fail("%s did not come about within %s%s", label, words.duration(timeout),
                state and "; last seen: " .. tostring(state) or "")
        end
        wait.sleep(math.max(math.min(every, timeout - elapsed), 0.001), { label = label, elapsed = elapsed,
            remaining = timeout - elapsed,
            figures = state and { { name = "now", value = tostring(state) } } or nil })
    end
end

return wait
