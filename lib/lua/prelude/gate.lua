-- gate: a limit that a figure must keep, as data. Judged by runbook.gates.
local engine, _, parts = ...
local words, outline = parts.words, parts.outline
local gate = {}

local fields = {
    query = "string|function", below = "number", above = "number", at_most = "number",
    at_least = "number", below_baseline = "number", baseline = "string", min_requests = "number|string",
    requests = "string", unit = "string", help = "string",
}
local made_here = setmetatable({}, { __mode = "k" }) -- gate -> true
local limits = { "below", "above", "at_most", "at_least", "below_baseline" }

-- True when t was made by the word `gate`.
function gate.is(t) return made_here[t] == true end

local function check_number(value, name, what, where)
    if type(value) == "number" and (value ~= value or math.abs(value) == math.huge) then
        engine.raise("usage", ("%s of %s is %s, and must be a finite number"):format(name, what, words.number(value)),
            where)
    end
end

-- gate "error rate" { query = "...", below = 0.005, min_requests = 600, requests = "...", unit = "%" }
-- `query` gives one figure: PromQL text, or a function(run) that returns a number. Exactly one limit:
-- below, above, at_most, at_least, or below_baseline (a factor on the baseline figure). With
-- min_requests the figure counts only when the query `requests` gives at least that many. `unit` is
-- "%" (the figure is a ratio), "ms" (it is in seconds) or any word. Returns the gate.
function gate.new(name, ...)
    if type(name) ~= "string" then
        engine.raise("usage", "gate takes a name first: gate \"error rate\" { ... }")
    end
    words.alone("gate", name, ...)
    local where = engine.where()
    return function(body)
        local what = ("gate \"%s\""):format(name)
        if type(body) ~= "table" then
            engine.raise("usage", what .. " wants a table after its name")
        end
        words.fields(body, fields, what, where)
        if not body.query then engine.raise("usage", what .. " has no query", where) end
        local made, limit = { name = name, where = where }, nil
        for k, v in pairs(body) do made[k] = v end
        for _, l in ipairs(limits) do
            if body[l] then
                if limit then
                    engine.raise("usage", ("%s has two limits, %s and %s; make two gates of it")
                        :format(what, limit, l), where)
                end
                limit = l
                check_number(body[l], l, what, where)
            end
        end
        if not limit then
            engine.raise("usage", ("%s has no limit; give one of %s"):format(what,
                table.concat(limits, ", ")), where)
        end
        if body.min_requests and not body.requests then
            engine.raise("usage", what .. " has min_requests but no `requests` query that counts them",
                where)
        end
        check_number(body.min_requests, "min_requests", what, where)
        made.limit = limit
        made_here[made] = true
        return made
    end
end

return gate
