-- runbook.gates: judges gates against metrics, once or through a whole bake.
--
-- A gate passes only when its query gives exactly one finite figure that keeps the limit, and enough
-- requests stand behind it. Too few requests prove nothing, neither good nor bad, unless a ratio is so
-- bad that the requests still missing could not mend it. No data, NaN, several series and a server that
-- does not answer are never a pass: they are no verdict, and a gate that has none for longer than
-- `patience` fails.
local gates = {}

local keeps = {
    below = function(value, limit) return value < limit end,
    above = function(value, limit) return value > limit end,
    at_most = function(value, limit) return value <= limit end,
    at_least = function(value, limit) return value >= limit end,
}

local in_words = { below = "below", above = "above", at_most = "at most", at_least = "at least" }

-- A figure with its unit: "%" shows a ratio as percent, "ms" shows seconds as milliseconds.
local function shown(value, unit)
    if value == nil then return "none" end
    if unit == "%" then return words.number(value * 100, 3) .. " %" end
    if unit == "ms" then return words.number(value * 1000, 3) .. " ms" end
    return words.number(value) .. (unit and " " .. unit or "")
end

-- The figure that a gate is measured against. Nil and why when there is none that a limit can be made of.
local function baseline_of(gate, baseline)
    local name = gate.baseline or gate.name
    local figure = baseline and baseline[name]
    if engine.unknown(figure) then figure = figure + 0 end -- which says so
    if type(figure) ~= "number" then
        engine.raise("usage", ("gate \"%s\" is measured against the baseline, and there is no figure "
            .. "'%s' in it; take the baseline in an earlier step"):format(gate.name, name), gate.where)
    end
    if figure > 0 and figure < math.huge then return figure end
    return nil, ("the baseline of gate \"%s\" is %s, and only a finite figure above 0 can be measured against")
        :format(gate.name, words.number(figure))
end

-- The limit of a gate as kind, number and text; no number when it hangs on a baseline that is none, but why.
local function limit_of(gate, baseline)
    if gate.limit ~= "below_baseline" then
        local limit = gate[gate.limit]
        return gate.limit, limit, in_words[gate.limit] .. " " .. shown(limit, gate.unit)
    end
    local figure, why = baseline_of(gate, baseline)
    local factor = words.number(gate.below_baseline)
    if not figure then return "below", nil, ("below %s x baseline"):format(factor), why end
    local limit = gate.below_baseline * figure
    return "below", limit, ("below %s (%s x baseline %s)"):format(shown(limit, gate.unit), factor,
        shown(figure, gate.unit))
end

-- One figure as { value, text }, or { reason, text } when there is none; an infinite one is in `infinite`.
local function figure_of(run, query, source)
    if type(query) ~= "function" then return source:sample(run.fill(query), { quiet = true }) end
    local value = query(run)
    if type(value) ~= "number" or value ~= value then
        local is = type(value) == "number" and "NaN" or ("%s (a %s)"):format(tostring(value), type(value))
        return { reason = "no data", text = "the gate's function returned " .. is }
    end
    if math.abs(value) < math.huge then return { value = value } end
    return { reason = "infinite", text = words.number(value), infinite = value }
end

-- An infinite figure counts where no finite one could be worse.
local function figure_that_counts(sample, kind)
    local worst = (kind == "below" or kind == "at_most") and math.huge or -math.huge
    return sample.value or sample.infinite == worst and worst or nil
end

local function requests_short(run, gate, source)
    if not gate.min_requests then return false end
    local sample = figure_of(run, gate.requests, source)
    local count, least = sample.value or 0, gate.min_requests
    if type(least) == "string" then least = tonumber(run.fill(least)) end
    return count < least and { count = count, least = least }
end

-- Of a ratio over too few requests: are there more bad ones already than all would be allowed?
local function beyond_mending(gate, kind, value, limit, short)
    return gate.unit == "%" and (kind == "below" or kind == "at_most")
        and value * short.count > limit * short.least
end

-- gates.patiently(patience, label, fn): calls fn until somebody answers it, for at most `patience` ("10m")
-- from the first time that nobody did, and returns what it returns: an API server may be away for a
-- moment. That nobody answered is a failure with such a code: "no_answer", "timeout", "http.503",
-- "k8s.TooManyRequests"; every other goes on its way at once, and so does any in a plan.
function gates.patiently(patience, label, fn)
    patience = words.seconds(patience, "the patience of gates.patiently")
    local since, pause = nil, 0.25
    while true do
        local result = table.pack(pcall(fn))
        if result[1] then return table.unpack(result, 2, result.n) end
        local failure = result[2]
        if engine.planning() or not engine.passing(failure) then error(failure, 0) end
        local now = wait.now()
        if not since then log.warn("no answer, borne for %s: %s", words.duration(patience), tostring(failure)) end
        since = since or now
        local left = patience - (now - since)
        if left <= 0 then error(failure, 0) end
        wait.sleep(math.min(pause, left), { label = label .. " (no answer yet)", elapsed = now - since,
            remaining = left })
        pause = math.min(pause * 2, 5)
    end
end

-- Takes the failure of an effect for "no verdict"; anything else goes on as it is.
local function tolerant(fn, ...)
    local result = table.pack(pcall(fn, ...))
    if result[1] then return table.unpack(result, 2, result.n) end
    local failure = result[2]
    if type(failure) == "table" and failure.kind == "effect" and failure.code ~= "metrics.bad_data" then
        return nil, failure.text
    elseif type(failure) == "table" and failure.kind == "unknown" then
        return nil, failure.text, "not known"
    end
    error(failure, 0)
end

local function judge(run, gate, options)
    local kind, limit, limit_text, no_limit = limit_of(gate, options.baseline)
    local query = type(gate.query) == "string" and run.fill(gate.query) or "(a function)"
    local judged = { name = gate.name, limit = limit_text, query = query, ok = false }
    local sample, why, verdict = tolerant(figure_of, run, gate.query, options.source)
    local value = sample and figure_that_counts(sample, kind)
    if no_limit then
        judged.verdict, judged.text = "error", no_limit
    elseif not sample then
        judged.verdict, judged.text = verdict or "error", why
    elseif not value then
        judged.verdict, judged.text = "no data", ("%s: %s"):format(sample.reason, sample.text or "")
    else
        judged.value = shown(value, gate.unit)
        local short
        short, why, verdict = tolerant(requests_short, run, gate, options.source)
        if short == nil then
            judged.verdict, judged.text = verdict or "error", why
        elseif short and not beyond_mending(gate, kind, value, limit, short) then
            judged.verdict = "too few"
            judged.text = ("only %s of %s requests"):format(words.number(short.count),
                words.number(short.least))
        elseif not keeps[kind](value, limit) then
            judged.verdict = "breach"
            judged.text = ("%s is %s, the limit is %s"):format(gate.name, judged.value, limit_text)
        else
            judged.verdict, judged.ok = "pass", true
        end
    end
    return judged
end

local JUDGE = { source = "table", baseline = "table" }

-- Raises unless it is a gate, and has whom to ask.
local function check_gate(gate, source, what, where)
    if not is_gate(gate) then
        engine.raise("usage", ("%s wants gates as the word `gate` makes them: gate \"name\" { ... }"):format(what),
            where)
    end
    for _, query in ipairs { gate.query, gate.requests } do
        if type(query) == "string" and not source then
            engine.raise("usage", ("%s wants source = metrics.prometheus(...): gate \"%s\" asks it"):format(what,
                gate.name), where)
        end
    end
end

-- gates.judge(run, gate, { source = metrics client, baseline = { name = figure } }): looks once.
-- Returns { name, ok, verdict, value, limit, text, query }: verdict is "pass", "breach", "no data",
-- "too few" or "error"; value and limit are texts for people. An infinite figure breaches a limit that no
-- finite one could breach more; NaN, and a figure that is infinite the good way, is no data.
function gates.judge(run, gate, options)
    options = words.read(options or {}, JUDGE, "gates.judge")
    check_gate(gate, options.source, "gates.judge")
    return judge(run, gate, options)
end

local function tell(judged)
    engine.tell("gate", judged)
end

local function breach(judged)
    if not judged.told then tell(judged) end
    engine.raise("check", ("gate \"%s\" is breached: %s, the limit is %s"):format(judged.name,
        judged.value, judged.limit))
end

local function no_verdict(judged, seconds)
    tell(judged)
    engine.raise("check", ("gate \"%s\" (limit %s) had no verdict for %s, which is not a pass: %s"):format(
        judged.name, judged.limit, words.duration(seconds), judged.text))
end

local function look(run, list, options)
    local judged = each(list, { limit = 8 }, function(gate) return judge(run, gate, options) end)
    local figures = {}
    for i, j in ipairs(judged) do
        figures[i] = { name = j.name, value = j.value or j.verdict, limit = j.limit, ok = j.ok }
    end
    return judged, figures
end

-- In a plan: one look at the live metrics, so that a mistyped query is found now. What it says about
-- traffic that is not there yet is no failure.
local function rehearse(run, list, options)
    for _, judged in ipairs((look(run, list, options))) do
        judged.later = not judged.ok
        tell(judged)
    end
    wait.sleep(options.length, { label = options.label })
end

-- gates.expect(run, gate, { source, baseline }): looks once; raises unless the gate passes.
function gates.expect(run, gate, options)
    options = words.read(options or {}, JUDGE, "gates.expect")
    check_gate(gate, options.source, "gates.expect")
    local judged = judge(run, gate, options)
    judged.later = engine.planning() and not judged.ok and judged.verdict ~= "breach"
    tell(judged)
    if not judged.ok and not judged.later then
        engine.raise("check", judged.verdict == "breach"
            and ("gate \"%s\" is breached: %s, the limit is %s"):format(judged.name, judged.value, judged.limit)
            or ("gate \"%s\" (limit %s) has no verdict, which is not a pass: %s"):format(judged.name,
                judged.limit, judged.text))
    end
    return judged
end

-- The failure of fn when nobody has answered it, or nil; every other goes on its way.
local function unanswered(fn)
    local ok, failure = pcall(fn)
    if ok then return nil end
    if not engine.passing(failure) then error(failure, 0) end
    return failure
end

local BAKE = { source = "table", baseline = "table", length = "duration!", every = "duration", patience = "duration",
    label = "string", watch = "function" }
local LOOKS <const> = 40 -- through a bake, unless it says how often

-- gates.ready(list, options [, where]): the options of gates.bake, checked, with their lengths in seconds and
-- what was left out filled in: what can be known to be wrong is found here, before a change. `where` is
-- the runbook's line that is to mend it. Raises a usage failure, and a check failure when a gate is
-- measured against a baseline that is 0, NaN or infinite (in a plan there may be no traffic yet).
function gates.ready(list, options, where)
    local read = words.read(options, BAKE, "gates.bake", where)
    if type(list) ~= "table" or #list == 0 then
        engine.raise("usage", "gates.bake wants a list of gates: { gate \"name\" { ... } }", where)
    end
    for _, gate in ipairs(list) do
        check_gate(gate, read.source, "gates.bake", where)
        local _, _, _, why = limit_of(gate, read.baseline)
        if why and not engine.planning() then engine.raise("check", why, gate.where) end
    end
    read.every = math.max(read.every or math.max(read.length / LOOKS, 1), 0.05)
    read.patience = read.patience or read.length
    read.label = read.label or "bake"
    return read
end

-- gates.bake(run, list, { source = metrics client, baseline = { name = figure }, length = "10m",
--     every = "15s", patience = "10m", label = "bake", watch = function() ... end }): keeps looking at
-- every gate for `length`, each time that `every` has passed (default: a 40th of the length, at least a second), and calls
-- `watch` at each look. A breach raises at once and names gate, value and limit. So does a gate that has
-- had no verdict for `patience` (default: length), and a `watch` that nobody has answered for as long, but
-- too few requests are borne until the length is over. At the end all gates must pass and `watch` must
-- have looked; while one has no verdict and patience is left, the bake goes on. The options are checked as
-- gates.ready does. Returns what was judged last.
function gates.bake(run, list, options)
    options = gates.ready(list, options)
    if engine.planning() then return rehearse(run, list, options) end
    local started = wait.now()
    local judged_at, watched_at, unseen = {}, started, nil
    for i in ipairs(list) do judged_at[i] = started end
    local patience = options.patience
    while true do
        local judged, figures = look(run, list, options)
        local before = unseen
        unseen = options.watch and unanswered(options.watch)
        local now, settled = wait.now(), not unseen
        for i, j in ipairs(judged) do
            if j.verdict == "breach" then breach(j) end
            if j.ok then
                judged_at[i] = now
            elseif now - judged_at[i] >= patience
                and (j.verdict ~= "too few" or now - started >= options.length) then
                no_verdict(j, now - judged_at[i])
            end
            settled = settled and j.ok
        end
        if not unseen then
            watched_at = now
        elseif now - watched_at >= patience then
            error(unseen, 0)
        else
            if not before then log.warn("no answer, borne for %s: %s", words.duration(patience), unseen.text) end
            figures[#figures + 1] = { name = "watched", value = unseen.code, ok = false }
        end
        local left = options.length - (now - started)
        if left <= 0 and settled then
            for _, j in ipairs(judged) do tell(j) end
            return judged
        end
        wait.sleep(left > 0 and math.min(options.every, left) or options.every, {
            label = left > 0 and options.label or options.label .. " (waiting for a verdict)",
            elapsed = now - started, remaining = math.max(left, 0), figures = figures, quiet = true })
    end
end

return gates
