-- outline: the words that a runbook file is written in: runbook, phase, step, param, secret. They
-- only build and check data; nothing runs here.
local engine, _, parts = ...
local words = parts.words
local outline = {}

-- What a word has made is kept here; the author gets a token for it that shows its name and cannot be
-- changed, so that what was checked once stays as it was.
local kinds = setmetatable({}, { __mode = "k" }) -- token -> "phase", "step", ...
local contents = setmetatable({}, { __mode = "k" }) -- token -> the data

-- True when t was made by the word `kind`.
function outline.is(t, kind) return kinds[t] == kind end

local function made(kind, data)
    local token = setmetatable({}, {
        __index = { name = data.name, where = data.where },
        __newindex = function() engine.raise("usage", "a " .. kind .. " cannot be changed once it is made") end,
        __metatable = false,
    })
    kinds[token], contents[token] = kind, data
    return token
end

-- The data of a runbook, for the host; nil when t is no runbook.
function outline.read(t) return outline.is(t, "runbook") and contents[t] or nil end

local function name_of(kind, name, ...)
    if type(name) ~= "string" or name:match("^%s*$") or name:find("[%c/]") then
        engine.raise("usage", kind .. " takes a name first: " .. kind
            .. " \"name\" { ... }; a name is one line of text without '/'")
    end
    words.alone(kind, name, ...)
end

local function body_of(kind, name, body)
    if type(body) ~= "table" then
        engine.raise("usage", ("%s \"%s\" wants a table after its name, not a %s"):format(kind, name,
            type(body)))
    end
end

local step_fields = {
    help = "string", before = "function", undo = "function", lasting = "string", timeout = "string|number",
    retry = "integer|table", when = "function",
}

local function retry_of(retry, what)
    if type(retry) ~= "table" then
        retry = { attempts = retry }
    end
    words.fields(retry, { attempts = "integer", backoff = "string|number" }, "retry of " .. what)
    local attempts = retry.attempts or 3
    if attempts < 1 or attempts > 100 then
        engine.raise("usage", "retry of " .. what .. " must be between 1 and 100 attempts")
    end
    return attempts, words.seconds(retry.backoff or "1s", "backoff of " .. what)
end

-- step "name" { function(run) ... end, before = function(run) return old end,
--               undo = function(run, before) ... end, lasting = "why", timeout = "30s",
--               retry = 3 | { attempts = 3, backoff = "2s" }, when = fn, help = "text" }
-- The function does the work; what it returns is kept as run.results["name"]. `undo` takes its
-- change back; `lasting` says why its change may stay although the run fails. `before` looks how
-- things are before the first change, once for all attempts; what it returns is kept, and handed to
-- `undo`, also in another process. Steps that share an undo hand it what was before the first of them.
-- An undo that neither sends nor looks has undone nothing. `when` decides at the time whether the
-- step runs. `before` and `when` may look, and change nothing. Returns the step.
function outline.step(name, ...)
    name_of("step", name, ...)
    local where = engine.where()
    return function(body)
        if type(body) == "function" then body = { body } end
        local what = ("step \"%s\""):format(name)
        body_of("step", name, body)
        words.fields(body, step_fields, what, where)
        if type(body[1]) ~= "function" or #body > 1 then
            engine.raise("usage", what .. " wants one function: step \"" .. name
                .. "\" { function(run) ... end }", where)
        end
        if body.undo and body.lasting then
            engine.raise("usage", what .. " has both undo and lasting: a change is either taken back "
                .. "or meant to stay", where)
        end
        if body.before and not body.undo then
            engine.raise("usage", what .. " has a `before` and no undo that would get it: write "
                .. "undo = function(run, before) ... end", where)
        end
        local attempts, backoff = 1, 1
        if body.retry then attempts, backoff = retry_of(body.retry, what) end
        return made("step", {
            name = name, where = where, help = body.help, action = body[1], before = body.before,
            undo = body.undo,
            lasting = body.lasting, when = body.when, attempts = attempts, backoff = backoff,
            timeout = body.timeout and words.seconds(body.timeout, "timeout of " .. what) or 0,
        })
    end
end

-- Raises for an item that is no phase, or no step.
local function misplaced(i, item, what, wanted, hint, where)
    engine.raise("usage", ("item %d of %s is a %s, not a %s: %s"):format(i, what,
        kinds[item] or type(item), wanted, hint), where)
end

-- The items of a list; a nil among them would hide those behind it.
local function items(list, what, wanted, hint, where)
    local last = 0
    for key in next, list do
        if math.type(key) == "integer" and key > last then last = key end
    end
    for i = 1, last do
        if list[i] == nil then misplaced(i, nil, what, wanted, hint, where) end
    end
    return ipairs(list)
end

local step_hint <const> = "write step \"name\" { function(run) ... end }"

-- Steps may stand in lists within lists: a library gives back several at once.
local function gather(list, into, what, where)
    for i, item in items(list, what, "step", step_hint, where) do
        if outline.is(item, "step") then
            into[#into + 1] = contents[item]
        elseif type(item) == "table" and not kinds[item] and #item > 0 then
            gather(item, into, what, where)
        else
            misplaced(i, item, what, "step", step_hint, where)
        end
    end
    return into
end

-- phase "name" { step ..., on_failure = "halt" | "rollback" | "continue", keep_going = true,
--                help = "text" }
-- A failure ends the run (halt, the default), takes back what the run has changed (rollback), or
-- lets the next phase begin (continue; the run still ends as failed). With keep_going the phase's
-- other steps run all the same, to show every problem in one pass. Returns the phase.
function outline.phase(name, ...)
    name_of("phase", name, ...)
    local where = engine.where()
    return function(body)
        local what = ("phase \"%s\""):format(name)
        body_of("phase", name, body)
        if body.steps then engine.raise("usage", "steps stand in their phase as they are: " .. step_hint, where) end
        words.fields(body, { on_failure = "string", keep_going = "boolean", help = "string" }, what,
            where)
        local on_failure = body.on_failure or "halt"
        if not ({ halt = 1, rollback = 1, continue = 1 })[on_failure] then
            engine.raise("usage", ("on_failure of %s is '%s'; it can be halt, rollback or continue")
                :format(what, on_failure), where)
        end
        local steps = gather(body, {}, what, where)
        if #steps == 0 then
            engine.raise("usage", what .. " has no step", where)
        end
        return made("phase", { name = name, where = where, help = body.help, on_failure = on_failure,
            keep_going = body.keep_going or false, steps = steps })
    end
end

local param_fields = {
    default = "any", type = "string", help = "string", choices = "table", env = "string",
    file = "string", optional = "boolean", command = "table",
}
local types = { string = 1, integer = 1, number = 1, boolean = 1, duration = 1, enum = 1, secret = 1 }

local function check_command(kind, command)
    local fits = kind == "secret" and #command > 0
    for _, word in ipairs(command) do fits = fits and type(word) == "string" and not word:find("\0", 1, true) end
    if not fits then
        engine.raise("usage", "command is for secrets, and lists a program and its arguments: "
            .. "secret { command = { \"pass\", \"show\", \"stripe\" } }")
    end
    words.fields(command, {}, "command")
end

local function type_of(default)
    return math.type(default) or (type(default) == "boolean" and "boolean") or "string"
end

-- param { default = v, type = "string" | "integer" | "number" | "boolean" | "duration" | "enum" |
--         "secret", choices = { ... }, help = "text", env = "NAME", optional = true }
-- One parameter. Its type follows from the default, or from choices, when none is said; param(v) is
-- short for param { default = v }. Without a default it must be given, unless it is optional. It comes
-- from, strongest first: --set, RUNBOOK_NAME and `env` in the environment, --values, `file`, the default.
function outline.param(body)
    if type(body) ~= "table" then body = { default = body } end
    words.fields(body, param_fields, "param")
    if #body > 0 then
        engine.raise("usage", "param takes named fields: param { default = ..., help = ... }")
    end
    local kind = body.type or (body.choices and "enum") or type_of(body.default)
    if kind == "float" then kind = "number" end
    if not types[kind] then
        engine.raise("usage", ("param has the type '%s'%s; it can be %s"):format(kind,
            words.suggest(kind, words.keys(types)), table.concat(words.keys(types), ", ")))
    end
    if (kind == "enum") ~= (body.choices ~= nil) then
        engine.raise("usage", "a param of type enum wants choices = { \"a\", \"b\" }, and only that "
            .. "type has them")
    end
    if kind == "secret" and body.default then
        engine.raise("usage", "a secret has no default: what stands in a file is no secret")
    end
    if body.command then check_command(kind, body.command) end
    local declared = {
        type = kind, default = body.default, help = body.help, choices = body.choices,
        env = body.env, file = body.file, command = body.command and engine.array(body.command), optional = body.optional or false, where = engine.where(),
    }
    if body.default ~= nil then
        local value, expected = parts.params.read(declared, body.default)
        if value == nil then
            engine.raise("usage", ("the default of a param of type %s is '%s', not %s"):format(kind,
                tostring(body.default), expected))
        end
    end
    return made("param", declared)
end

-- secret { env = "NAME", file = "path", command = { "pass", "show", "x" }, help = "text", optional = true }
-- A parameter whose value is never shown, in no form. It comes from, strongest first: --set, RUNBOOK_NAME
-- and `env` in the environment, --values, the file, what the command prints (also for a plan that is not
-- --offline; it may ask at the terminal). At least 4 characters, or it could not be masked.
function outline.secret(body)
    if type(body) ~= "table" then
        engine.raise("usage", "secret takes where it comes from: secret { env = \"NAME\" }")
    end
    body.type = "secret"
    return outline.param(body)
end

local function read_params(given)
    local params = {}
    for _, name in ipairs(words.keys(given or {})) do
        if math.type(name) == "integer" then
            engine.raise("usage", "each parameter has a name: params = { host = param { ... } }")
        elseif type(name) ~= "string" or not name:match("^%a[%w_]*$") then
            engine.raise("usage", ("'%s' cannot be a parameter's name: letters, digits and _ only")
                :format(tostring(name)))
        elseif ({ results = 1, has = 1, id = 1, planning = 1, fill = 1 })[name] then
            engine.raise("usage", ("'%s' cannot be a parameter's name: run.%s is something else")
                :format(name, name))
        end
        local p = given[name]
        params[name] = contents[outline.is(p, "param") and p or outline.param(p)]
    end
    return params
end

local phase_hint <const> = "steps stand in phase \"name\" { ... }, parameters in params = { ... }"

local function read_allow(given)
    if given == nil then return nil end
    for i, rule in ipairs(given) do
        if type(rule) ~= "string" then
            engine.raise("usage", ("item %d of allow is a %s, not a line such as \"http GET https://${host}\"")
                :format(i, type(rule)))
        end
        local wrong = engine.rule_error(rule)
        if wrong then engine.raise("usage", "allow: " .. wrong) end
    end
    words.fields(given, {}, "allow")
    return engine.array(table.move(given, 1, #given, 1, {}))
end

-- runbook { name = "billing-golive", summary = "...", params = { ... }, target = "${host}",
--           lease = "${namespace}/billing-golive",
--           allow = { "http GET https://${host}/*", ... }, phase ..., phase ... }
-- What a runbook file returns. `target` says what it works on: of two runs of the same runbook on one
-- machine the second is told about the first, unless their targets differ. `lease` names a Kubernetes
-- Lease, as namespace/name, that a run holds from its start to its end, so that the same is true of all
-- machines that share the cluster. `allow` lists what it may touch, a line each; with it, everything else
-- is refused. Names of phases and of steps must differ within it.
function outline.runbook(body)
    if type(body) ~= "table" then
        engine.raise("usage", "runbook wants a table: runbook { name = \"...\", phase ... }")
    end
    if body.phases then engine.raise("usage", "phases stand in their runbook as they are: " .. phase_hint) end
    words.fields(body, { name = "string", summary = "string", params = "table", target = "string",
        lease = "string", allow = "table" }, "runbook")
    if not (body.name or ""):match("^[%w][%w._-]*$") then
        engine.raise("usage", "a runbook wants a name of letters, digits, '.', '_' and '-'")
    end
    local seen, phases = {}, {}
    for i, phase in items(body, "the runbook", "phase", phase_hint) do
        if not outline.is(phase, "phase") then
            misplaced(i, phase, "the runbook", "phase", phase_hint)
        end
        if seen["phase " .. phase.name] then
            engine.raise("usage", ("there are two phases \"%s\"; the first is at %s"):format(
                phase.name, seen["phase " .. phase.name]), phase.where)
        end
        seen["phase " .. phase.name] = phase.where
        for _, step in ipairs(contents[phase].steps) do
            if seen["step " .. step.name] then
                engine.raise("usage", ("there are two steps \"%s\"; the first is at %s. Results are "
                    .. "kept by step name, so names must differ"):format(step.name,
                    seen["step " .. step.name]), step.where)
            end
            seen["step " .. step.name] = step.where
        end
        phases[i] = contents[phase]
    end
    if #phases == 0 then
        engine.raise("usage", "a runbook wants at least one phase")
    end
    return made("runbook", { name = body.name, summary = body.summary or "", target = body.target,
        lease = body.lease, allow = read_allow(body.allow),
        params = read_params(body.params), phases = phases })
end

return outline
