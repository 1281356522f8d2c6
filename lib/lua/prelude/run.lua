-- run: what a step function gets: the parameters by name, the results of earlier steps, and a few
-- facts about the run.
local engine, _, parts = ...
local words = parts.words
local run = {}

-- Makes the object. `values` are the resolved parameters, `declared` what the file declares.
--   run.NAME         the parameter of that name (a duration is a number of seconds)
--   run.results      what earlier steps returned, by step name: run.results["step name"]
--   run.has(name)    whether the step of that name has a result: not when it has not run, was skipped,
--                    failed, or its result is not on record
--   run.id           the run's own name, another one each time
--   run.planning     true in a plan, where no change is made; a runbook seldom needs to know
--   run.fill(text)   `text` with every ${name} replaced by that parameter
function run.new(values, declared, id)
    local facts = { id = id, planning = engine.planning() }
    facts.results = setmetatable({}, {
        __index = function(_, name) return engine.result(name) end,
        __newindex = function() engine.raise("usage", "run.results is filled by what steps return") end,
        __metatable = false,
    })
    function facts.has(name) return engine.has_result(name) end
    function facts.fill(text)
        return (text:gsub("%${([%w_]+)}", function(name)
            if not declared[name] then
                engine.raise("usage", ("'${%s}' names no parameter%s"):format(name,
                    words.suggest(name, words.keys(declared))))
            end
            engine.used(name)
            return tostring(values[name])
        end))
    end
    return setmetatable({}, {
        __index = function(_, name)
            if facts[name] ~= nil then return facts[name] end
            if not declared[name] then
                local names = words.keys(declared)
                engine.raise("usage", ("there is no parameter '%s'%s; the runbook declares %s"):format(
                    tostring(name), words.suggest(name, names),
                    #names > 0 and table.concat(names, ", ") or "none"))
            end
            engine.used(name)
            return values[name]
        end,
        __newindex = function(_, name)
            engine.raise("usage", ("run.%s cannot be set: return a value from the step instead, and "
                .. "read it as run.results[\"step name\"]"):format(tostring(name)))
        end,
        __metatable = false,
    })
end

return run
