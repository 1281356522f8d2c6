-- prometheus: a pretend Prometheus server. It keeps what it scrapes from registries and answers
-- /api/v1/query, /api/v1/query_range, /api/v1/rules, /-/ready and /-/healthy.
local form = require "runbook.world.form"
local lexer = require "runbook.world.promql.lexer"
local promql = require "runbook.world.promql"
local rfc3339 = require "runbook.rfc3339"
local timeseries = require "runbook.world.timeseries"
local types = require "runbook.world.promql.types"

local prometheus = {}
prometheus.__index = prometheus

local MOST_POINTS = 11000
local STATUS = { bad_data = 400, execution = 422 }

-- A server with options: now (function giving seconds), retention (seconds, 1800 when not given), and
-- rules: function() giving a list of { name, expr, labels, annotations, firing }, served as one group.
function prometheus.new(options)
    return setmetatable({
        now = options.now, rules = options.rules, group = options.group or "rules",
        store = timeseries.new(options.retention or 1800),
    }, prometheus)
end

-- What is scraped: a registry, and the labels that are added to everything in it.
function prometheus.target(registry, labels)
    return { registry = registry, labels = labels, up = { __name__ = "up" } }
end

-- Takes one sample of everything in a target at `now` (seconds).
function prometheus:scrape(target, now)
    target.registry:each(function(labels, value) self.store:append(labels, target.labels, now, value) end)
    self.store:append(target.up, target.labels, now, 1)
end

local function failed(kind, message)
    return { status = STATUS[kind], json = { status = "error", errorType = kind, error = message } }
end

local function succeeded(kind, result)
    return { status = 200, json = { status = "success", data = { resultType = kind, result = result } } }
end

-- A sample value as Prometheus writes it: plain decimals, exponents only for the very large and small.
local function value_text(value)
    if value ~= value then return "NaN" end
    if value == math.huge then return "+Inf" end
    if value == -math.huge then return "-Inf" end
    local digits = 1
    while tonumber(("%%.%dg"):format(digits):format(value)) ~= value do digits = digits + 1 end
    local text = ("%%.%dg"):format(digits):format(value)
    local size = math.abs(value)
    if not text:find("e", 1, true) or size ~= 0 and (size < 1e-6 or size >= 1e21) then return text end
    if size >= 1 then return ("%.0f"):format(value) end
    return ("%%.%df"):format(digits - 1 - tonumber(text:match("e(.*)"))):format(value)
end

local function rounded(time)
    local milliseconds = math.floor(time * 1000 + 0.5)
    return milliseconds % 1000 == 0 and milliseconds // 1000 or milliseconds / 1000
end

local function by_key(a, b)
    return timeseries.key(a.labels) < timeseries.key(b.labels)
end

local function vector_result(vector, time, ranked)
    local result = json.array {}
    if not ranked then table.sort(vector, by_key) end
    for index, sample in ipairs(vector) do
        result[index] = { metric = sample.labels, value = { rounded(time), value_text(sample.value) } }
    end
    return succeeded("vector", result)
end

local function matrix_result(list)
    local result = json.array {}
    table.sort(list, by_key)
    for index, series in ipairs(list) do
        local values = json.array {}
        for at, time in ipairs(series.t) do values[at] = { rounded(time), value_text(series.v[at]) } end
        result[index] = { metric = series.labels, values = values }
    end
    return succeeded("matrix", result)
end

-- A moment given as unix seconds or RFC 3339; nil when it is neither.
local function moment(text)
    return tonumber(text) or rfc3339.parse(text)
end

local function bad_parameter(name, text)
    return failed("bad_data", ("invalid parameter %q: cannot parse %q to a valid timestamp"):format(name, text))
end

local function is_ranked(tree)
    return tree.kind == "aggregate" and (tree.op == "topk" or tree.op == "bottomk")
end

local function parse(params)
    local tree, problem = promql.parse(params.query or "")
    if tree then return tree end
    return nil, failed("bad_data", 'invalid parameter "query": ' .. problem.message)
end

local function query(self, params)
    local time = params.time and moment(params.time) or not params.time and self.now()
    if not time then return bad_parameter("time", params.time) end
    local tree, refusal = parse(params)
    if not tree then return refusal end
    local value, problem = promql.at(tree, self.store, time)
    if problem then return failed(problem.kind, problem.message) end
    if tree.type == "matrix" then return matrix_result(value) end
    if tree.type == "vector" then return vector_result(value, time, is_ranked(tree)) end
    return succeeded(tree.type, { rounded(time), tree.type == "scalar" and value_text(value) or value })
end

-- Evaluates at every step and gathers the samples into series. A scalar becomes one without labels.
local function stepped(self, tree, from, to, step)
    local list, known = {}, {}
    for index = 0, math.floor((to - from) / step + 1e-9) do
        local time = from + index * step
        local value, problem = promql.at(tree, self.store, time)
        if problem then return nil, problem end
        if tree.type == "scalar" then value = { { labels = {}, value = value } } end
        for _, sample in ipairs(value) do
            local key = timeseries.key(sample.labels)
            if not known[key] then
                known[key] = { labels = sample.labels, t = {}, v = {} }
                list[#list + 1] = known[key]
            end
            table.insert(known[key].t, time)
            table.insert(known[key].v, sample.value)
        end
    end
    return list
end

local function query_range(self, params)
    local bounds = {}
    for _, name in ipairs { "start", "end" } do
        bounds[name] = params[name] and moment(params[name])
        if not bounds[name] then return bad_parameter(name, params[name] or "") end
    end
    if bounds["end"] < bounds.start then
        return failed("bad_data", 'invalid parameter "end": end timestamp must not be before start time')
    end
    local step = tonumber(params.step) or lexer.duration(params.step or "")
    if not step then
        return failed("bad_data", ('invalid parameter "step": cannot parse %q to a valid duration')
            :format(params.step or ""))
    end
    if step <= 0 then
        return failed("bad_data", 'invalid parameter "step": zero or negative query resolution step widths '
            .. "are not accepted. Try a positive integer")
    end
    if (bounds["end"] - bounds.start) / step > MOST_POINTS then
        return failed("bad_data", "exceeded maximum resolution of 11,000 points per timeseries. Try "
            .. "decreasing the query resolution (?step=XX)")
    end
    local tree, refusal = parse(params)
    if not tree then return refusal end
    if tree.type ~= "scalar" and tree.type ~= "vector" then
        return failed("bad_data", ("invalid parameter \"query\": invalid expression type %q for range query, "
            .. "must be Scalar or instant Vector"):format(types.NAMES[tree.type]))
    end
    local list, problem = stepped(self, tree, bounds.start, bounds["end"], step)
    if problem then return failed(problem.kind, problem.message) end
    return matrix_result(list)
end

local function rules(self)
    local list, now = json.array {}, rfc3339.format(self.now())
    for index, rule in ipairs(self.rules and self.rules() or {}) do
        list[index] = {
            type = "alerting", name = rule.name, query = rule.expr, duration = 60, health = "ok",
            labels = rule.labels, annotations = rule.annotations, state = rule.firing and "firing" or "inactive",
            lastEvaluation = now, evaluationTime = 0.0005,
            alerts = json.array(rule.firing and {
                { labels = rule.labels, annotations = rule.annotations, state = "firing", activeAt = now, value = "1" },
            } or {}),
        }
    end
    local group = {
        name = self.group, file = "/etc/prometheus/rules/" .. self.group .. ".yaml", interval = 15,
        lastEvaluation = now, evaluationTime = 0.001, limit = 0, rules = list,
    }
    return { status = 200, json = { status = "success", data = { groups = json.array { group } } } }
end

local ROUTES = { ["/api/v1/query"] = query, ["/api/v1/query_range"] = query_range, ["/api/v1/rules"] = rules }
local PLAIN = { ["/-/ready"] = "Prometheus Server is Ready.\n", ["/-/healthy"] = "Prometheus Server is Healthy.\n" }

-- Answers one request; the world it stands in is not looked at.
function prometheus:handle(_, req)
    if PLAIN[req.path] then
        return { status = 200, headers = { ["content-type"] = "text/plain; charset=utf-8" }, body = PLAIN[req.path] }
    end
    local answer = ROUTES[req.path]
    if not answer then
        return { status = 404, headers = { ["content-type"] = "text/plain" }, body = "404 page not found\n" }
    end
    if req.method ~= "GET" and req.method ~= "POST" then
        return { status = 405, headers = { allow = "GET, POST" }, body = "Method Not Allowed\n" }
    end
    local params = form.flat(form.query(req.target))
    if req.method == "POST" then
        for name, value in pairs(form.flat(req.body)) do params[name] = value end
    end
    local result = answer(self, params)
    result.write = false -- a POST only asks, too
    return result
end

return prometheus
