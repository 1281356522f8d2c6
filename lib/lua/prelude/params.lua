-- params: turns what was given from outside into typed values, before anything runs.
local engine, _, parts = ...
local words = parts.words
local params = {}

local function read_file(path)
    local file, why = io.open(path, "rb")
    if not file then return nil, why end
    local text = file:read("a")
    file:close()
    return (text or ""):gsub("%s+$", "")
end

local truth = { ["true"] = true, yes = true, on = true, ["1"] = true,
    ["false"] = false, no = false, off = false, ["0"] = false }

-- Each reads a given value (text, or a typed one from a values file); nil and what was expected when
-- it does not fit.
local readers = {
    string = function(v)
        if type(v) == "table" then return nil, "text" end
        return tostring(v)
    end,
    integer = function(v)
        local n = math.type(v) == "integer" and v
            or type(v) == "string" and v:match("^[+-]?%d+$") and math.tointeger(tonumber(v))
        return n or nil, "a whole number"
    end,
    number = function(v)
        local n = type(v) == "number" and v
            or type(v) == "string" and v:match("^[+-]?%d*%.?%d+[eE]?[+-]?%d*$") and tonumber(v)
        return n or nil, "a number"
    end,
    boolean = function(v)
        if type(v) == "boolean" then return v end
        return truth[tostring(v):lower()], "true or false"
    end,
    duration = function(v)
        return engine.duration_seconds(v), "a length of time such as 30s, 15m or 1h30m"
    end,
    enum = function(v, p)
        for _, choice in ipairs(p.choices) do
            if tostring(choice) == tostring(v) then return choice end
        end
        local all = {}
        for i, choice in ipairs(p.choices) do all[i] = tostring(choice) end
        return nil, "one of " .. table.concat(all, ", ")
    end,
    secret = function(v)
        if type(v) == "table" then return nil, "text" end
        if #tostring(v) < 4 then return nil, "at least 4 characters, or it could not be masked" end
        return tostring(v)
    end,
}

-- The strongest source that has the parameter; what it gave, and a name for the source.
local function given(name, p, from)
    -- A run that goes on has the values that it began with; only secrets are asked for again.
    if from.kept and p.type ~= "secret" then return from.kept[name], "the journal" end
    if from.set[name] ~= nil then return from.set[name], "--set " .. name end
    local variable = "RUNBOOK_" .. name:upper()
    local value = from.getenv(variable)
    if value then return value, variable .. " in the environment" end
    value = p.env and from.getenv(p.env)
    if value then return value, p.env .. " in the environment" end
    if from.values[name] ~= nil then return from.values[name], from.values_file end
    if p.file then
        local text = read_file(p.file)
        if text then return text, p.file end
    end
    return p.default, "its default at " .. p.where
end

local function how_to_give(name, p)
    local ways = { ("--set %s=..."):format(name), "RUNBOOK_" .. name:upper() .. " in the environment" }
    if p.env then ways[2] = p.env .. " in the environment" end
    ways[#ways + 1] = ("'%s: ...' in a --values file"):format(name)
    if p.file then ways[#ways + 1] = "the file " .. p.file end
    return table.concat(ways, ", or ")
end

-- Resolves the declared parameters. `from` has set = { name = text }, values = { name = any },
-- values_file, getenv(name), and kept, the values of a run that goes on. Returns the values, the list of problems (sentences; empty when all is
-- well), and the names of the secrets.
function params.resolve(declared, from)
    local values, problems, secrets = {}, {}, {}
    for _, name in ipairs(words.keys(declared)) do
        local p = declared[name]
        local raw, source = given(name, p, from)
        if raw == nil or raw == engine.null then
            if not p.optional and not (from.kept and p.type ~= "secret") then
                problems[#problems + 1] = ("parameter '%s'%s is missing; give it with %s"):format(name,
                    p.help and " (" .. p.help .. ")" or "", how_to_give(name, p))
            end
        else
            local value, expected = readers[p.type](raw, p)
            if value == nil then
                local shown = p.type == "secret" and "the value" or "'" .. tostring(raw) .. "'"
                problems[#problems + 1] = ("parameter '%s': %s from %s is not %s"):format(name, shown,
                    source, expected)
            end
            values[name] = value
            if p.type == "secret" then secrets[#secrets + 1] = name end
        end
    end
    -- One values file may serve several runbooks, so a name that is unknown here is only taken for a
    -- slip when it resembles one that is known.
    for _, origin in ipairs { "set", "values" } do
        for _, name in ipairs(words.keys(from[origin])) do
            local hint = declared[name] and "" or words.suggest(name, words.keys(declared))
            if not declared[name] and (origin == "set" or hint ~= "") then
                problems[#problems + 1] = ("there is no parameter '%s' (%s)%s; there are: %s"):format(
                    tostring(name), origin == "set" and "--set" or from.values_file, hint,
                    table.concat(words.keys(declared), ", "))
            end
        end
    end
    return values, problems, secrets
end

return params
