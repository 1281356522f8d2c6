-- metrics: clients of Prometheus and Alertmanager.
local engine, primitives, parts = ...
local words = parts.words
local ask = primitives.metrics -- one function an effect kind
local merged = primitives.http.merged
local metrics = {}

local connection = words.takes("connection")
local figures = words.takes("connection", { partial = "string", max_age = "string|number" }) -- and which are taken
local PARTIAL = { accept = true, refuse = true }
local DEFAULT_AGE <const> = 300 -- seconds
local bases = setmetatable({}, { __mode = "k" }) -- client -> the options that its calls share

local function check_partial(partial, what)
    if partial == nil or PARTIAL[partial] then return end
    engine.raise("usage", ("partial of %s is \"accept\" or \"refuse\", not '%s'"):format(what, tostring(partial)))
end

local function client(class, what, known, url, options)
    if type(url) ~= "string" then
        engine.raise("usage", what .. " wants the server's address first: " .. what
            .. "(\"http://prometheus:9090\")")
    end
    words.fields(options or {}, known, what)
    if options and options.max_age then words.seconds(options.max_age, "max_age of " .. what) end
    if options then check_partial(options.partial, what) end
    local self = setmetatable({}, { __index = class, __metatable = false })
    bases[self] = merged(options or {}, { url = url })
    return self
end

-- A number as the answer of a query that gives this one figure.
local function assumed_figure(options)
    if type(options) ~= "table" or type(options.assume) ~= "number" then return options end
    return merged(options, { assume = { warnings = {}, series = { { labels = {},
        value = tostring(options.assume) } } } })
end

-- The options of one call over those of its client; `more` is what the call is about. Second result: those
-- that say what answer is taken, { partial, max_age }.
local function options_of(self, method, options, more)
    if not bases[self] then
        engine.raise("usage", ("call %s with a colon: client:%s(...)"):format(method, method))
    end
    if type(options or {}) ~= "table" then
        engine.raise("usage", ("%s of a metrics client wants a table of options, not a %s"):format(
            method, type(options)))
    end
    local all = merged(merged(bases[self], options), more)
    local taking = { partial = all.partial or "refuse", max_age = DEFAULT_AGE }
    check_partial(taking.partial, method)
    if all.max_age then taking.max_age = words.seconds(all.max_age, "max_age of " .. method) end
    all.partial, all.max_age = nil, nil
    return all, taking
end

local special = { ["NaN"] = 0 / 0, ["Inf"] = math.huge, ["+Inf"] = math.huge, ["-Inf"] = -math.huge }

local function number(text) return special[text] or tonumber(text) end

-- Shows what a server warns of, each thing once.
local told = {}
local function tell_warnings(warnings, url, query)
    for _, warning in ipairs(warnings) do
        local key = url .. "\0" .. warning
        if not told[key] then primitives.log.warn("%s: the server warns: %s", query, warning) end
        told[key] = true
    end
end

local function to_number(sample) sample.value = number(sample.value) end

local function points_to_numbers(series)
    for _, point in ipairs(series.points) do to_number(point) end
end

-- A series as PromQL writes it: name{label="value"}.
local function series_text(labels)
    local texts = {}
    for _, name in ipairs(words.keys(labels)) do
        if name ~= "__name__" then
            texts[#texts + 1] = ("%s=%q"):format(name, tostring(labels[name]))
        end
    end
    return tostring(labels.__name__ or "") .. "{" .. table.concat(texts, ", ") .. "}"
end

local prometheus = {}

-- metrics.prometheus(url [, { timeout, headers, ca, partial, max_age, ... }]): a client of a Prometheus
-- API, with the connection options of http. The address may have a query ("http://x/?namespace=n"), which
-- goes along with each question. A question that is refused as a POST (403, 405, 501) is asked again as
-- a GET. Asks nothing yet; may stand at the top of a file.
--   partial  "accept": a figure counts although the server warns that something is missing in it
--   max_age  how far a figure's own time may lie from the moment that was asked for (default 5m)
function metrics.prometheus(url, options)
    return client(prometheus, "metrics.prometheus", figures, url, options)
end

-- The answer of a query, its figures as numbers and its warnings shown; and what answers are taken.
local function answer_of(self, method, promql, options)
    local all, taking = options_of(self, method, assumed_figure(options), { query = promql })
    local answer = ask.query(all)
    tell_warnings(answer.warnings, all.url, promql)
    for _, series in ipairs(answer.series) do to_number(series) end
    return answer, taking
end

-- prom:query(promql [, { at = seconds, ... }]): the list of { labels, value, at } that the query gives
-- for one moment, now or `at`; a scalar has no labels. NaN and infinities are numbers here, as Lua
-- knows them. Second result: the server's warnings, each of which is shown once. Raises an effect failure
-- when the server cannot be reached, refuses the query, or the query gives no figures. `assume` may be a
-- number: the one figure.
function prometheus:query(promql, options)
    local answer = answer_of(self, "query", promql, options)
    return answer.series, answer.warnings
end

-- Why the time of a figure is none that counts, or nil.
local function out_of_time(at, asked, max_age)
    local behind = at and asked and asked - at or 0
    if math.abs(behind) <= max_age then return nil end
    return ("its time is %s %s the moment that was asked for: the source is %s, or a clock is wrong")
        :format(words.duration(math.floor(math.abs(behind))), behind > 0 and "before" or "after",
            behind > 0 and "behind" or "ahead")
end

-- prom:sample(promql [, options]): the one figure that the query gives, as { value, text, warnings },
-- or, with value = nil, the reason why there is none: "no data", "NaN", "infinite" (and which is in
-- `infinite`), "several series", "partial" (the server warns that something is missing) or "stale" (it
-- is of another time), and `text` to go with it. Raises an effect failure only as prom:query does.
function prometheus:sample(promql, options)
    local answer, taking = answer_of(self, "sample", promql, options)
    local series, warnings = answer.series, answer.warnings
    local function none(reason, text) return { reason = reason, text = text, warnings = warnings } end
    if #warnings > 0 and taking.partial ~= "accept" then
        return none("partial", ("the server warns: %s; if that is no harm, give the client partial = \"accept\"")
            :format(warnings[1]))
    elseif #series == 0 then
        return none("no data", "no series matched")
    elseif #series > 1 then
        local names = {}
        for i = 1, math.min(#series, 3) do names[i] = series_text(series[i].labels) end
        return none("several series", ("%d series where one is expected: %s%s"):format(#series,
            table.concat(names, ", "), #series > 3 and ", ..." or ""))
    end
    local value = series[1].value
    local stale = out_of_time(series[1].at, options and options.at or answer.answered, taking.max_age)
    if stale then
        return none("stale", stale)
    elseif value ~= value then
        return none("NaN", "NaN (0/0: no traffic?)")
    elseif math.abs(value) == math.huge then
        local without = none("infinite", words.number(value) .. " (a division by 0?)")
        without.infinite = value
        return without
    end
    return { value = value, text = words.number(value), warnings = warnings }
end

-- prom:value(promql [, options]): the one finite number that the query gives. Raises an effect failure
-- that names the query and what came otherwise. Second result: the server's warnings.
function prometheus:value(promql, options)
    local sample = prometheus.sample(self, promql, options)
    if not sample.value then
        engine.raise("effect", ("the query %s gives no single figure: %s"):format(promql, sample.text))
    end
    return sample.value, sample.warnings
end

-- prom:range(promql, { start = seconds, stop = seconds, step = "30s" }): the list of { labels, points }
-- between two moments; a point is { at, value }. Second result: the server's warnings. Raises as
-- prom:query does.
function prometheus:range(promql, options)
    local all = options_of(self, "range", options, { query = promql })
    local answer = ask.range(all)
    tell_warnings(answer.warnings, all.url, promql)
    for _, series in ipairs(answer.series) do points_to_numbers(series) end
    return answer.series, answer.warnings
end

-- prom:rules(): the list of rules that are loaded: { name, type = "alerting" | "recording", group,
-- file, query, state = "firing" | "pending" | "inactive", health, error, alerts }. No alerts may mean
-- that no rules were ever loaded.
function prometheus:rules(options) return ask.rules((options_of(self, "rules", options))) end

-- prom:ready()
-- am:ready()
-- Whether the server says that it is ready, and its words. False, and no failure, when nobody answers.
function prometheus:ready(options)
    local answer = ask.ready((options_of(self, "ready", options)))
    return answer.ready, answer.text
end

local alertmanager = { ready = prometheus.ready }

-- metrics.alertmanager(url [, { timeout, headers, ca, ... }]): a client of an Alertmanager, likewise.
function metrics.alertmanager(url, options)
    return client(alertmanager, "metrics.alertmanager", connection, url, options)
end

-- am:alerts { filter = { "severity=page" }, silenced = false }: the list of { name, labels, annotations,
-- state = "active" | "suppressed" | "unprocessed", silenced_by, inhibited_by, starts_at, ends_at, url }.
-- A silenced alert is in the list, as suppressed, unless `silenced` is false.
function alertmanager:alerts(options) return ask.alerts((options_of(self, "alerts", options))) end

-- am:firing(filter [, options]): the alerts that nobody has silenced and no other alert inhibits. Second
-- result: those that are silenced or inhibited, which are firing all the same.
function alertmanager:firing(filter, options)
    local firing, suppressed = {}, {}
    for _, alert in ipairs(alertmanager.alerts(self, merged(options or {}, { filter = filter }))) do
        local list = alert.state == "suppressed" and suppressed or firing
        list[#list + 1] = alert
    end
    return engine.array(firing), engine.array(suppressed)
end

primitives.metrics = metrics
return metrics
