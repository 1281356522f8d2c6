-- The sandbox's PromQL evaluator against figures worked out by hand; for plain lua5.4, from anywhere.
if package and arg and arg[0] then
    local here = arg[0]:match("^(.*)/") or "."
    package.path = here .. "/../../lib/lua/?.lua;" .. package.path
end
json = json or { array = function(list) return list end }

local prometheus = require "runbook.world.prometheus"
local promql = require "runbook.world.promql"
local regex = require "runbook.world.regex"
local timeseries = require "runbook.world.timeseries"

local T = 1700000000
local passed, failed = 0, 0

local function expect(name, got, wanted)
    if got == wanted then
        passed = passed + 1
    else
        failed = failed + 1
        print(("FAILED %s\n  expected %s\n  got      %s"):format(name, wanted, got))
    end
end

-- One sample every ten seconds from T on.
local function fill(store, labels, values)
    for index, value in ipairs(values) do store:append(labels, nil, T + (index - 1) * 10, value) end
end

local function bucket(le, values, store, track)
    fill(store, { __name__ = "seconds_bucket", le = le, track = track }, values)
end

local function data()
    local store = timeseries.new(3600)
    fill(store, { __name__ = "hits_total", track = "stable", code = "200" }, { 0, 40, 80, 120, 160, 200, 240 })
    fill(store, { __name__ = "hits_total", track = "stable", code = "503" }, { 0, 0, 0, 0, 6, 6, 6 })
    fill(store, { __name__ = "hits_total", track = "canary", code = "200" }, { 10, 20, 30, 5, 15, 25, 35 })
    fill(store, { __name__ = "idle_total", track = "stable" }, { 7, 7, 7, 7, 7, 7, 7 })
    fill(store, { __name__ = "cpu" }, { 0.5, 0.25, 0.75, -1.5, 1, 2.5, 0.4 })
    fill(store, { __name__ = "size", pod = "a" }, { 1, 1, 1, 1, 1, 1, 3 })
    fill(store, { __name__ = "size", pod = "b" }, { 1, 1, 1, 1, 1, 1, 5 })
    fill(store, { __name__ = "limit", pod = "a", zone = "x" }, { 6, 6, 6, 6, 6, 6, 6 })
    fill(store, { __name__ = "limit", pod = "b", zone = "y" }, { 20, 20, 20, 20, 20, 20, 20 })
    fill(store, { __name__ = "odd" }, { 0 / 0, 0 / 0, 0 / 0, 0 / 0, 0 / 0, 0 / 0, 0 / 0 })
    -- Per ten seconds: 10 up to 0.1 s, 8 more up to 0.2 s, 2 more up to 0.4 s, none above.
    bucket("0.1", { 0, 10, 20, 30, 40, 50, 60 }, store, "stable")
    bucket("0.2", { 0, 18, 36, 54, 72, 90, 108 }, store, "stable")
    bucket("0.4", { 0, 20, 40, 60, 80, 100, 120 }, store, "stable")
    bucket("+Inf", { 0, 20, 40, 60, 80, 100, 120 }, store, "stable")
    -- The same, but every fifth took longer than the last bound.
    bucket("0.1", { 0, 2, 4, 6, 8, 10, 12 }, store, "canary")
    bucket("0.2", { 0, 4, 8, 12, 16, 20, 24 }, store, "canary")
    bucket("0.4", { 0, 8, 16, 24, 32, 40, 48 }, store, "canary")
    bucket("+Inf", { 0, 10, 20, 30, 40, 50, 60 }, store, "canary")
    return store
end

local function sample_text(labels, value)
    local parts = {}
    for name, text in pairs(labels) do parts[#parts + 1] = name .. "=" .. text end
    table.sort(parts)
    return ("%s %.10g"):format(table.concat(parts, ","), value):gsub("^ ", ""):gsub("%-nan", "nan")
end

-- A value as one line: a number, or "label=value number" for each sample, sorted and parted by "; ".
local function shown(store, query, at)
    local tree, problem = promql.parse(query)
    if not tree then return problem.message end
    local value
    value, problem = promql.at(tree, store, T + at)
    if problem then return problem.message end
    if type(value) ~= "table" then return (("%.10g"):format(value):gsub("%-nan", "nan")) end
    local list = {}
    for _, sample in ipairs(value) do
        list[#list + 1] = sample.t and #sample.t .. " samples" or sample_text(sample.labels, sample.value)
    end
    if not query:find("k%(") then table.sort(list) end
    return #list > 0 and table.concat(list, "; ") or "empty"
end

-- { query, seconds after T, expected }
local VALUES = {
    -- numbers and precedence
    { "1 + 2 * 3", 0, "7" }, { "(1 + 2) * 3", 0, "9" }, { "2 ^ 3 ^ 2", 0, "512" }, { "-2 ^ 2", 0, "-4" },
    { "7 % 4 - -1", 0, "4" }, { "-7 % 4", 0, "-3" }, { "7 % 0", 0, "nan" }, { "1 / 0", 0, "inf" },
    { "0 / 0", 0, "nan" }, { "0x1F + 1e3 + .5", 0, "1031.5" }, { "Inf - 1", 0, "inf" },
    { "1 == bool 1", 0, "1" }, { "2 < bool 1", 0, "0" }, { "NaN == bool NaN", 0, "0" }, { "time()", 5, "1700000005" },
    { "10 - 4 - 3", 0, "3" }, { "vector(3)", 0, "3" }, { "scalar(vector(3))", 0, "3" }, { "# nothing\n4", 0, "4" },

    -- selectors, look-back, offset
    { "cpu", 60, "__name__=cpu 0.4" }, { "cpu", 65, "__name__=cpu 0.4" }, { "cpu", 59, "__name__=cpu 2.5" },
    { "cpu", 359, "__name__=cpu 0.4" }, { "cpu", 360, "__name__=cpu 0.4" }, { "cpu", 361, "empty" }, { "cpu", -1, "empty" },
    { "cpu offset 30s", 60, "__name__=cpu -1.5" }, { "cpu offset -10s", 0, "__name__=cpu 0.25" },
    { "cpu offset 1m", 60, "__name__=cpu 0.5" }, { "nothing", 60, "empty" },
    { 'hits_total{track="canary"}', 60, "__name__=hits_total,code=200,track=canary 35" },
    { 'count(hits_total{code!="200"})', 60, "1" }, { 'count(hits_total{code=~"2..|5.."})', 60, "3" },
    { 'hits_total{code!~"2.+"}', 60, "__name__=hits_total,code=503,track=stable 6" },
    { 'count({__name__=~"size|limit"})', 60, "4" }, { 'count(hits_total{zone=""})', 60, "3" },
    { "{'__name__'='cpu'}", 60, '1:2: parse error: unexpected string "\'__name__\'" in label matching' },
    { "hits_total[30s]", 60, "4 samples; 4 samples; 4 samples" },

    -- rate and its kin: at the window's edges, between samples, past the end, after a reset
    { 'rate(hits_total{track="stable",code="200"}[60s])', 60, "code=200,track=stable 4" },
    { 'rate(hits_total{track="stable",code="200"}[30s])', 65, "code=200,track=stable 4" },
    { 'increase(hits_total{track="stable",code="200"}[25s])', 62, "code=200,track=stable 100" },
    -- last sample 40 s before the end: only half an interval is added, 80 * 25 / 20
    { 'increase(hits_total{track="stable",code="200"}[1m])', 100, "code=200,track=stable 100" },
    -- the counter began at 0 inside the window: nothing is added before it
    { 'increase(hits_total{track="stable",code="200"}[1m])', 20, "code=200,track=stable 80" },
    -- 10 20 30 | 5 15 25 35: 20 before the reset, 5 at it, 30 after
    { 'increase(hits_total{track="canary"}[1m])', 60, "code=200,track=canary 55" },
    { 'delta(hits_total{track="canary"}[1m])', 60, "code=200,track=canary 25" },
    { 'irate(hits_total{track="canary"}[1m])', 60, "code=200,track=canary 1" },
    { 'irate(hits_total{track="canary"}[1m])', 30, "code=200,track=canary 0.5" },
    { 'rate(hits_total{track="stable",code="503"}[20s])', 40, "code=503,track=stable 0.3" },
    { "rate(hits_total[5s])", 60, "empty" }, { "rate(idle_total[1m])", 60, "track=stable 0" },
    { "delta(cpu[1m])", 60, "-0.1" },

    -- aggregation
    { "sum(hits_total)", 60, "281" }, { "sum by (track) (hits_total)", 60, "track=canary 35; track=stable 246" },
    { "sum(hits_total) by (code)", 60, "code=200 275; code=503 6" },
    { "sum without (code) (hits_total)", 60, "track=canary 35; track=stable 246" },
    { "avg(size)", 60, "4" }, { "min(size)", 60, "3" }, { "max(size)", 60, "5" }, { "count(size)", 60, "2" },
    { "topk(1, size)", 60, "__name__=size,pod=b 5" }, { "bottomk(1, size)", 60, "__name__=size,pod=a 3" },
    { "topk(5, size)", 60, "__name__=size,pod=b 5; __name__=size,pod=a 3" }, { "sum(nothing)", 60, "empty" },
    { "max(odd)", 60, "nan" }, { "sum by (nosuch) (size)", 60, "8" },

    -- operators between vectors
    { "size * 2", 60, "pod=a 6; pod=b 10" }, { "2 - size", 60, "pod=a -1; pod=b -3" },
    { "size > 4", 60, "__name__=size,pod=b 5" }, { "4 < size", 60, "__name__=size,pod=b 5" },
    { "size > bool 4", 60, "pod=a 0; pod=b 1" }, { "size == size", 60, "__name__=size,pod=a 3; __name__=size,pod=b 5" },
    { "size / limit", 60, "empty" }, { "size / on (pod) limit", 60, "pod=a 0.5; pod=b 0.25" },
    { "size / ignoring (zone) limit", 60, "pod=a 0.5; pod=b 0.25" },
    { "size < on (pod) limit", 60, "pod=a 3; pod=b 5" }, { "size < ignoring (zone) limit", 60, "__name__=size,pod=a 3; __name__=size,pod=b 5" },
    { 'size and on (pod) limit{zone="x"}', 60, "__name__=size,pod=a 3" },
    { 'size unless on (pod) limit{zone="x"}', 60, "__name__=size,pod=b 5" },
    { 'size{pod="a"} or size', 60, "__name__=size,pod=a 3; __name__=size,pod=b 5" },
    { "sum(nothing) or vector(0)", 60, "0" }, { "-size", 60, "pod=a -3; pod=b -5" },
    { 'size{pod="a"} or size{pod="b"} and on () vector(1)', 60, "__name__=size,pod=a 3; __name__=size,pod=b 5" },
    { "odd > 0", 60, "empty" }, { "odd != 0", 60, "__name__=odd nan" },

    -- what gates ask: no series of errors is empty, not 0; 0/0 is NaN
    { '(sum(rate(hits_total{code="404"}[1m])) or vector(0)) / sum(rate(hits_total[1m]))', 60, "0" },
    { 'sum(rate(hits_total{code="404"}[1m])) / sum(rate(hits_total[1m]))', 60, "empty" },
    { "rate(idle_total[1m]) / rate(idle_total[1m])", 60, "track=stable nan" },
    { 'sum(rate(hits_total{code=~"5..",track="stable"}[1m])) / sum(rate(hits_total{track="stable"}[1m]))', 60, "0.0243902439" },

    -- histogram_quantile: 95 % of 20 is the 19th, half-way from 0.2 to 0.4; 50 % is the 10th
    { 'histogram_quantile(0.95, sum by (le) (rate(seconds_bucket{track="stable"}[1m])))', 60, "0.3" },
    { 'histogram_quantile(0.5, sum by (le) (rate(seconds_bucket{track="stable"}[1m])))', 60, "0.1" },
    { 'histogram_quantile(0.25, rate(seconds_bucket{track="stable"}[1m]))', 60, "track=stable 0.05" },
    { 'histogram_quantile(0.95, rate(seconds_bucket{track="canary"}[1m]))', 60, "track=canary 0.4" },
    -- both: 12 of 30 up to 0.1, 22 up to 0.2, 28 up to 0.4; 80 % is the 24th, a third of the way
    { "histogram_quantile(0.8, sum by (le) (rate(seconds_bucket[1m])))", 60, "0.2666666667" },
    { 'histogram_quantile(0.9, rate(seconds_bucket{le!="+Inf",track="stable"}[1m]))', 60, "track=stable nan" },
    { "histogram_quantile(2, sum by (le) (seconds_bucket))", 60, "inf" },
    { "histogram_quantile(0.9, sum by (le) (seconds_bucket * 0))", 60, "nan" },

    -- the other functions
    { "abs(cpu offset 30s)", 60, "1.5" }, { "round(cpu offset 30s)", 60, "-1" }, { "round(cpu, 0.25)", 60, "0.5" },
    { "ceil(cpu)", 60, "1" }, { "floor(cpu offset 30s)", 60, "-2" }, { "clamp_min(cpu, 1)", 60, "1" },
    { "clamp_max(cpu, 0.1)", 60, "0.1" }, { "absent(cpu)", 60, "empty" },
    { 'absent(nothing{pod="a",zone=~"x"})', 60, "pod=a 1" }, { "scalar(size)", 60, "nan" }, { "scalar(cpu)", 60, "0.4" },
    { "max_over_time(cpu[1m])", 60, "2.5" }, { "min_over_time(cpu[1m])", 60, "-1.5" },
    { "avg_over_time(cpu[20s])", 60, "1.3" }, { "sum_over_time(cpu[20s])", 60, "3.9" }, { "count_over_time(cpu[20s])", 60, "3" },

    -- mistakes
    { "sum(rate(hits_total[1m])", 0, "1:25: parse error: unclosed left parenthesis" },
    { "rate(hits_total)", 0, '1:6: parse error: expected type range vector in call to function "rate", got instant vector' },
    { "rat(hits_total[1m])", 0, '1:1: parse error: unknown function with name "rat"' },
    { "hits_total{code=200}", 0, '1:17: parse error: unexpected number "200" in label matching' },
    { "hits_total[1m] + 1", 0, "1:1: parse error: binary expression must contain only scalar and instant vector types" },
    { "1 > 2", 0, "1:3: parse error: comparisons between scalars must use BOOL modifier" },
    { "", 0, "1:1: parse error: no expression found in input" },
    { "{}", 0, "1:1: parse error: vector selector must contain at least one non-empty matcher" },
    { 'cpu{a=~"("}', 0, "1:8: parse error: error parsing regexp: missing closing )" },
    { "cpu and 1", 0, '1:1: parse error: set operator "and" not allowed in binary scalar expression' },
    { "cpu\n + $", 0, "2:4: parse error: unexpected character: '$'" },
    { "cpu[1m:10s]", 0, "1:4: parse error: subqueries are not supported by this evaluator" },
    { "size / on () group_left limit", 0, "1:14: parse error: group_left is not supported by this evaluator" },
    { "size / on (zone) limit", 60, "empty" },
    { "limit / on (nosuch) size", 60, "found duplicate series for the match group on the right hand-side of the "
        .. "operation;many-to-many matching not allowed: matching labels must be unique on one side" },
    { 'size / on (nosuch) size{pod="a"}', 60, "multiple matches for labels: many-to-one matching must be explicit "
        .. "(group_left/group_right)" },
    { 'rate({__name__=~"size|limit|cpu|odd",zone=""}[1m]) and rate({__name__=~"idle_total|cpu|odd"}[1m])', 60,
        "vector cannot contain metrics with the same labelset" },
}

local REGEXES = { -- pattern, text, whether it matches
    { "5..", "503", true }, { "5..", "5033", false }, { "a|bc", "bc", true }, { "(a|b)+c?", "abba", true },
    { "[^0-9]+", "ab1", false }, { "[a-c_]{2,3}", "a_c", true }, { "\\d{3}", "200", true }, { ".*", "", true },
    { "", "x", false }, { "(?:x|y)z", "yz", true }, { "(a*)*b", "aaaaaaaaaaaaaaaa", false }, { "\\.x", ".x", true },
    { "[]x]+", "]x", true }, { "a{2}", "aaa", false },
}

local store = data()
for _, case in ipairs(VALUES) do expect(case[1] .. " at " .. case[2], shown(store, case[1], case[2]), case[3]) end
for _, case in ipairs(REGEXES) do
    expect("regex " .. case[1] .. " on " .. case[2], regex.compile(case[1])(case[2]), case[3])
end
for _, pattern in ipairs { "(", ")", "[a", "a**", "*", "\\", "a{3,1}" } do
    expect("regex " .. pattern, (regex.compile(pattern)), nil)
end

-- The HTTP API over the same store.
local server = prometheus.new { now = function() return T + 60 end }
server.store = store

local function ask(target, method, body)
    return server:handle(nil, { method = method or "GET", path = target:match("^[^?]*"), target = target, body = body })
end

local answer = ask("/api/v1/query?query=size%7Bpod%3D%22a%22%7D&time=" .. T + 60 .. ".25")
expect("query: type", answer.json.data.resultType, "vector")
expect("query: time", answer.json.data.result[1].value[1], T + 60.25)
expect("query: value is text", answer.json.data.result[1].value[2], "3")
expect("query: labels", answer.json.data.result[1].metric.pod, "a")
expect("query by form", ask("/api/v1/query", "POST", "query=0%2F0").json.data.result[2], "NaN")
expect("small and large", ask("/api/v1/query?query=1e-7").json.data.result[2] .. ask("/api/v1/query?query=1e20")
    .json.data.result[2], "1e-07" .. "100000000000000000000")
expect("a tenth", ask("/api/v1/query?query=0.1").json.data.result[2], "0.1")
expect("a ten-thousandth", ask("/api/v1/query?query=0.0000125").json.data.result[2], "0.0000125")
answer = ask("/api/v1/query?query=sum(")
expect("bad query: status", answer.status, 400)
expect("bad query: kind", answer.json.errorType, "bad_data")
expect("bad query: message", answer.json.error,
    'invalid parameter "query": 1:5: parse error: unclosed left parenthesis')
expect("execution error", ask("/api/v1/query?query=limit%20%2F%20on%20(nosuch)%20size").status, 422)
answer = ask(("/api/v1/query_range?query=cpu&start=%d&end=%d&step=10"):format(T, T + 40))
expect("range: type", answer.json.data.resultType, "matrix")
expect("range: points", #answer.json.data.result[1].values, 5)
expect("range: a point", answer.json.data.result[1].values[4][2], "-1.5")
expect("range: step as duration", #ask(("/api/v1/query_range?query=1&start=%d&end=%d&step=1m"):format(T, T + 60))
    .json.data.result[1].values, 2)
for name, target in pairs {
    ["no step"] = "start=0&end=10", ["step of 0"] = "start=0&end=10&step=0", ["end first"] = "start=10&end=0&step=1",
    ["too many points"] = "start=0&end=20000&step=1", ["bad start"] = "start=x&end=10&step=1",
} do
    expect("range, " .. name, ask("/api/v1/query_range?query=cpu&" .. target).status, 400)
end
expect("unknown path", ask("/api/v2/query").status, 404)
expect("ready", ask("/-/ready").status, 200)

print(("%d passed, %d failed"):format(passed, failed))
if failed > 0 then os.exit(1) end
