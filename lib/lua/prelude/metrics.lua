-- metrics: clients of Prometheus and Alertmanager.
local engine, primitives, parts = ...
local words = parts.words
local ask = primitives.metrics -- one function an effect kind
local merged = primitives.http.merged
local metrics = {}

local connection = {
    timeout = "string|number", connect_timeout = "string|number", retries = "integer",
    retry_wait = "string|number", verify = "boolean", ca = "string", cert = "string", key = "string",
    proxy = "string", resolve = "string", headers = "table",
}
local bases = setmetatable({}, { __mode = "k" }) -- client -> the options that its calls share

local function client(class, what, url, options)
    if type(url) ~= "string" then
        engine.raise("usage", what .. " wants the server's address first: " .. what
            .. "(\"http://prometheus:9090\")")
    end
    words.fields(options or {}, connection, what)
    local self = setmetatable({}, { __index = class, __metatable = false })
    bases[self] = merged(options or {}, { url = url })
    return self
end

-- A number as the answer of a query that gives this one figure.
local function assumed_figure(options)
    if type(options) ~= "table" or type(options.assume) ~= "number" then return options end
    return merged(options, { assume = { warnings = {}, series = { { labels = {}, at = 0,
        value = tostring(options.assume) } } } })
end

-- The options of one call over those of its client; `more` is what the call is about.
local function options_of(self, method, options, more)
    if not bases[self] then
        engine.raise("usage", ("call %s with a colon: client:%s(...)"):format(method, method))
    end
    if type(options or {}) ~= "table" then
        engine.raise("usage", ("%s of a metrics client wants a table of options, not a %s"):format(
            method, type(options)))
    end
    return merged(merged(bases[self], options), more)
end

local special = { ["NaN"] = 0 / 0, ["Inf"] = math.huge, ["+Inf"] = math.huge, ["-Inf"] = -math.huge }

local function number(text) return special[text] or tonumber(text) end

-- The series of an answer with its figures as numbers. Warnings of the server are shown.
local function series_of(answer, convert, query)
    for _, warning in ipairs(answer.warnings) do
        primitives.log.warn("%s: the server warns: %s", query, warning)
    end
    for _, series in ipairs(answer.series) do convert(series) end
    return answer.series, answer.warnings
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

-- metrics.prometheus(url [, { timeout, headers, ca, ... }]): a client of a Prometheus API, with the
-- connection options of http. Asks nothing yet; may stand at the top of a file.
function metrics.prometheus(url, options)
    return client(prometheus, "metrics.prometheus", url, options)
end

-- prom:query(promql [, { at = seconds, ... }]): the list of { labels, value, at } that the query gives
-- for one moment, now or `at`; a scalar has no labels. NaN and infinities are numbers here, as Lua
-- knows them. Second result: the server's warnings. Raises an effect failure when the server cannot be
-- reached, refuses the query, or the query gives no figures. `assume` may be a number: the one figure.
function prometheus:query(promql, options)
    local answer = ask.query(options_of(self, "query", assumed_figure(options), { query = promql }))
    return series_of(answer, to_number, promql)
end

-- prom:sample(promql [, options]): the one figure that the query gives, as { value, text, warnings },
-- or, with value = nil, the reason why there is none: "no data", "NaN", "infinite" or "several
-- series", and `text` to go with it. Raises an effect failure only as prom:query does.
function prometheus:sample(promql, options)
    local series, warnings = prometheus.query(self, promql, options)
    local function none(reason, text) return { reason = reason, text = text, warnings = warnings } end
    if #series == 0 then
        return none("no data", "no series matched")
    elseif #series > 1 then
        local names = {}
        for i = 1, math.min(#series, 3) do names[i] = series_text(series[i].labels) end
        return none("several series", ("%d series where one is expected: %s%s"):format(#series,
            table.concat(names, ", "), #series > 3 and ", ..." or ""))
    end
    local value = series[1].value
    if value ~= value then
        return none("NaN", "NaN (0/0: no traffic?)")
    elseif math.abs(value) == math.huge then
        return none("infinite", words.number(value) .. " (a division by 0?)")
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
    local answer = ask.range(options_of(self, "range", options, { query = promql }))
    return series_of(answer, points_to_numbers, promql)
end

-- prom:rules(): the list of rules that are loaded: { name, type = "alerting" | "recording", group,
-- file, query, state = "firing" | "pending" | "inactive", health, error, alerts }. No alerts may mean
-- that no rules were ever loaded.
function prometheus:rules(options) return ask.rules(options_of(self, "rules", options)) end

-- prom:ready()
-- am:ready()
-- Whether the server says that it is ready, and its words. False, and no failure, when nobody answers.
function prometheus:ready(options)
    local answer = ask.ready(options_of(self, "ready", options))
    return answer.ready, answer.text
end

local alertmanager = { ready = prometheus.ready }

-- metrics.alertmanager(url [, { timeout, headers, ca, ... }]): a client of an Alertmanager, likewise.
function metrics.alertmanager(url, options)
    return client(alertmanager, "metrics.alertmanager", url, options)
end

-- am:alerts { filter = { "severity=page" }, silenced = false }: the list of { name, labels, annotations,
-- state = "active" | "suppressed" | "unprocessed", silenced_by, inhibited_by, starts_at, ends_at, url }.
-- A silenced alert is in the list, as suppressed, unless `silenced` is false.
function alertmanager:alerts(options) return ask.alerts(options_of(self, "alerts", options)) end

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
