-- params: turns what was given from outside into typed values, before anything runs.
local engine, _, parts = ...
local words = parts.words
local params = {}

local NOT_THERE <const> = 2 -- ENOENT

-- What stands in the file, without white space at its end; nil when there is no such file. Nil and why
-- when it cannot be read.
local function read_file(path)
    local file, why, code = io.open(path, "rb")
    if not file then return nil, code ~= NOT_THERE and why or nil end
    local text, broken = file:read("a")
    file:close()
    if not text then return nil, path .. ": " .. broken end
    return (text:gsub("%s+$", ""))
end

local function finite(n) return n and n == n and math.abs(n) ~= math.huge and n or nil end

local truth = { ["true"] = true, yes = true, on = true, ["1"] = true,
    ["false"] = false, no = false, off = false, ["0"] = false }

-- Each reads a given value (text, or a typed one from a values file, but no table); nil and what was
-- expected when it does not fit. YAML has changed a bare 0123 or 1.10 by the time it is read, so text
-- has to be text there.
local readers = {
    string = function(v)
        if type(v) ~= "string" then return nil, "text; put it in quotes" end
        return v
    end,
    integer = function(v)
        local n = math.type(v) == "integer" and v
            or type(v) == "string" and v:match("^[+-]?%d+$") and math.tointeger(tonumber(v))
        return n or nil, "a whole number"
    end,
    number = function(v)
        local n = type(v) == "number" and v
            or type(v) == "string" and v:match("^[+-]?%d*%.?%d+[eE]?[+-]?%d*$") and tonumber(v)
        return finite(n), "a number"
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
        if type(v) ~= "string" then return nil, "text; put it in quotes" end
        if #v < 4 then return nil, "at least 4 characters, or it could not be masked" end
        return v
    end,
}

-- Reads `value` as what the parameter p wants. Returns it, or nil and what was expected.
function params.read(p, value)
    if type(value) == "table" then return nil, "a single value" end
    return readers[p.type](value, p)
end

local STAND_IN <const> = "a stand-in" -- what an offline plan takes for what a program would print

-- The strongest source that has the parameter; what it gave, and a name for the source. Nil, nil and
-- why when that source cannot be read. An empty variable of the environment gives nothing.
local function found(name, p, from)
    if from.set[name] ~= nil then return from.set[name], "--set " .. name end
    local variable = "RUNBOOK_" .. name:upper()
    local value = from.getenv(variable)
    if value and value ~= "" then return value, variable .. " in the environment" end
    value = p.env and from.getenv(p.env)
    if value and value ~= "" then return value, p.env .. " in the environment" end
    if from.values[name] ~= nil then return from.values[name], from.values_file end
    if p.file then
        local text, why = read_file(p.file)
        if text then return text, p.file end
        if why then return nil, nil, why end
    end
    if p.command and from.offline then return "stand-in-for-" .. name, STAND_IN end
    if p.command then
        local text, why = from.command(p.command)
        if text then return text, "its command" end
        return nil, nil, why
    end
    return p.default, "its default at " .. p.where
end

local function how_to_give(name, p, from)
    local ways = { ("--set %s=..."):format(name), "RUNBOOK_" .. name:upper() .. " in the environment" }
    if p.env then ways[2] = p.env .. " in the environment" end
    ways[#ways + 1] = ("'%s: ...' in a --values file"):format(name)
    if p.file then ways[#ways + 1] = "the file " .. p.file end
    local lost = from.values_lost
        and (". The run began with --values %s, %s"):format(from.values_file, from.values_lost)
    return table.concat(ways, ", or ") .. (lost or "")
end

-- A run that goes on has the values that it began with; only secrets are asked for again, and a URL with a
-- password, which has to be the same but for that.
local function given(name, p, from)
    if not from.kept or p.type == "secret" then return found(name, p, from) end
    local value, why, shown = from.kept(name)
    if not shown then return value, "the journal", why end
    local source
    value, source, why = found(name, p, from)
    if why then return nil, nil, why end
    if value == nil then
        return nil, "the journal", ("its password is not kept; give it with %s"):format(how_to_give(name, p, from))
    end
    if from.covered(tostring(value)) ~= shown then
        return nil, "the journal", ("the run began with %s, and %s has another"):format(shown, source)
    end
    return value, source
end

-- Why what --set says of a parameter of a run that goes on counts for nothing; nil when it says the same.
local function contradicts(name, p, from, value)
    if not from.kept or p.type == "secret" or from.set[name] == nil then return nil end
    if params.read(p, from.set[name]) == value then return nil end
    return ("parameter '%s': --set %s cannot change it, for a run that goes on has the values that it began with")
        :format(name, name)
end

-- Resolves the declared parameters. `from` has set = { name = text }, values = { name = any },
-- values_file, values_lost (why it cannot be read any more), getenv(name), command(list), offline (no command is
-- run), learn(name, secret), and of a run that goes on kept(name), the value it began with, or nil and why it
-- is not known: it may hold a secret, and so secrets are resolved first. Returns the values, the list of
-- problems (sentences; empty when all is well), the names of the secrets, and of those that a stand-in is
-- taken for.
function params.resolve(declared, from)
    local values, problems, secrets, assumed = {}, {}, {}, {}
    local names = words.keys(declared)
    table.sort(names, function(a, b)
        local first, second = declared[a].type == "secret", declared[b].type == "secret"
        if first ~= second then return first end
        return a < b
    end)
    for _, name in ipairs(names) do
        local p = declared[name]
        local raw, source, why = given(name, p, from)
        if why then
            problems[#problems + 1] = ("parameter '%s': %s: %s"):format(name,
                source and "the journal does not give it, and the run cannot go on without"
                or p.command and "its command gives nothing" or "its file cannot be read", why)
        elseif raw == nil or raw == engine.null then
            if not p.optional and not (from.kept and p.type ~= "secret") then
                problems[#problems + 1] = ("parameter '%s'%s is missing; give it with %s"):format(name,
                    p.help and " (" .. p.help .. ")" or "", how_to_give(name, p, from))
            end
        else
            local value, expected = params.read(p, raw)
            if value == nil then
                local shown = p.type == "secret" and "the value" or type(raw) == "table" and "the list"
                    or "'" .. tostring(raw) .. "'"
                problems[#problems + 1] = ("parameter '%s': %s from %s is not %s"):format(name, shown,
                    source, expected)
            end
            values[name] = value
            if p.type == "secret" then
                secrets[#secrets + 1] = name
                if value then from.learn(name, value) end
            end
            if source == STAND_IN then assumed[#assumed + 1] = name end
        end
        if not why then problems[#problems + 1] = contradicts(name, p, from, values[name]) end
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
    return values, problems, secrets, engine.array(assumed)
end

return params
