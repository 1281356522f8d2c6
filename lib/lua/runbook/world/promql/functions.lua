-- functions: the functions of PromQL and what they take and give. A vector here is a list of
-- { labels, value }; a range vector is a list of { labels, t, v, from, to } with the samples of the
-- window (from, to in seconds). Vectors come back without metric names unless said otherwise.
local timeseries = require "runbook.world.timeseries"

local functions = {}

local NAN = 0 / 0

-- A copy of `labels` without the metric name.
local function unnamed(labels)
    local copy = {}
    for name, value in pairs(labels) do
        if name ~= "__name__" then copy[name] = value end
    end
    return copy
end
functions.unnamed = unnamed

local function each_value(vector, change)
    local result = {}
    for _, sample in ipairs(vector) do
        result[#result + 1] = { labels = unnamed(sample.labels), value = change(sample.value) + 0.0 }
    end
    return result
end

local function each_range(ranges, least, judge)
    local result = {}
    for _, range in ipairs(ranges) do
        if #range.t >= least then
            result[#result + 1] = { labels = unnamed(range.labels), value = judge(range) }
        end
    end
    return result
end

-- The change over a window, stretched to the window's ends as Prometheus does: by the whole gap when
-- that is at most 1.1 sample intervals wide, else by half an interval; a counter never below zero.
local function extrapolated(range, is_counter)
    local t, v = range.t, range.v
    local count = #t
    local change = v[count] - v[1]
    if is_counter then
        for index = 2, count do
            if v[index] < v[index - 1] then change = change + v[index - 1] end
        end
    end
    local sampled = t[count] - t[1]
    local interval = sampled / (count - 1)
    local at_start, at_end = t[1] - range.from, range.to - t[count]
    if is_counter and change > 0 and v[1] >= 0 then
        at_start = math.min(at_start, sampled * (v[1] / change))
    end
    local limit = interval * 1.1
    local span = sampled + (at_start < limit and at_start or interval / 2)
        + (at_end < limit and at_end or interval / 2)
    return change * (span / sampled)
end

local function last_two(range, is_counter)
    local count = #range.t
    local last, before = range.v[count], range.v[count - 1]
    local change = (is_counter and last < before) and last or last - before
    return change, range.t[count] - range.t[count - 1]
end

-- The quantile `q` of cumulative buckets { { bound, count }, ... }, linear within a bucket.
local function bucket_quantile(q, buckets)
    if q ~= q then return NAN end
    if q < 0 then return -math.huge end
    if q > 1 then return math.huge end
    table.sort(buckets, function(a, b) return a.bound < b.bound end)
    local merged = {}
    for _, bucket in ipairs(buckets) do
        local last = merged[#merged]
        if last and last.bound == bucket.bound then
            last.count = last.count + bucket.count
        else
            merged[#merged + 1] = bucket
        end
    end
    local size = #merged
    if size < 2 or merged[size].bound ~= math.huge then return NAN end
    for index = 2, size do merged[index].count = math.max(merged[index].count, merged[index - 1].count) end
    local total = merged[size].count
    if total == 0 or total ~= total then return NAN end
    local rank, index = q * total, 1
    while index < size and merged[index].count < rank do index = index + 1 end
    if index == size then return merged[size - 1].bound end
    if index == 1 and merged[1].bound <= 0 then return merged[1].bound end
    local low = index > 1 and merged[index - 1] or { bound = 0, count = 0 }
    local high = merged[index]
    return low.bound + (high.bound - low.bound) * ((rank - low.count) / (high.count - low.count))
end

local function histogram_quantile(q, vector)
    local groups, order = {}, {}
    for _, sample in ipairs(vector) do
        local le = sample.labels.le
        local bound = le == "+Inf" and math.huge or tonumber(le)
        if bound then
            local labels = unnamed(sample.labels)
            labels.le = nil
            local key = timeseries.key(labels)
            if not groups[key] then
                groups[key] = { labels = labels, buckets = {} }
                order[#order + 1] = groups[key]
            end
            table.insert(groups[key].buckets, { bound = bound, count = sample.value })
        end
    end
    local result = {}
    for _, group in ipairs(order) do
        result[#result + 1] = { labels = group.labels, value = bucket_quantile(q, group.buckets) }
    end
    return result
end

local function round(vector, to)
    local inverse = 1 / (to or 1)
    return each_value(vector, function(value)
        if value ~= value or value == math.huge or value == -math.huge then return value end
        return math.floor(value * inverse + 0.5) / inverse
    end)
end

-- An empty vector gives 1, with the labels that the selector's `=` matchers say; else nothing.
local function absent(vector, node)
    if #vector > 0 then return {} end
    local labels, seen = {}, {}
    for _, matcher in ipairs(node.kind == "selector" and node.matchers or {}) do
        if matcher.op == "=" and not seen[matcher.name] and matcher.name ~= "__name__" then
            labels[matcher.name] = matcher.value
        else
            labels[matcher.name] = nil
        end
        seen[matcher.name] = true
    end
    return { { labels = labels, value = 1 } }
end

local function over_time(judge)
    return { takes = { "matrix" }, gives = "vector", call = function(ranges)
        return each_range(ranges, 1, function(range) return judge(range.v) end)
    end }
end

-- Folds of a list of numbers into one, which the aggregations use as well. NaN is only the highest or
-- lowest where there is nothing else.
local function sum(values)
    local total = 0
    for _, value in ipairs(values) do total = total + value end
    return total
end

local function extreme(better)
    return function(values)
        local best = values[1]
        for _, value in ipairs(values) do
            if best ~= best or better(value, best) then best = value end
        end
        return best
    end
end

functions.folds = {
    sum = sum,
    avg = function(values) return sum(values) / #values end,
    count = function(values) return #values end,
    max = extreme(function(a, b) return a > b end),
    min = extreme(function(a, b) return a < b end),
}
local folds = functions.folds

local function window(judge)
    return { takes = { "matrix" }, gives = "vector", call = function(ranges)
        return each_range(ranges, 2, judge)
    end }
end

local function elementwise(change)
    return { takes = { "vector" }, gives = "vector", call = function(vector)
        return each_value(vector, change)
    end }
end

local function clamp(choose, extreme)
    return { takes = { "vector", "scalar" }, gives = "vector", call = function(vector, limit)
        return each_value(vector, function(value)
            if value == extreme or limit == extreme then return extreme end
            if value ~= value or limit ~= limit then return NAN end
            return choose(value, limit)
        end)
    end }
end

-- name -> { takes = argument types, needs = how many at least (all when nil), gives, call, wants }. call
-- gets the evaluated arguments, and behind them what it wants: the "time" or the first argument's
-- "node".
functions.table = {
    rate = window(function(range) return extrapolated(range, true) / (range.to - range.from) end),
    increase = window(function(range) return extrapolated(range, true) end),
    delta = window(function(range) return extrapolated(range, false) end),
    irate = window(function(range)
        local change, seconds = last_two(range, true)
        return change / seconds
    end),
    idelta = window(function(range) return (last_two(range, false)) end),
    avg_over_time = over_time(folds.avg),
    sum_over_time = over_time(folds.sum),
    count_over_time = over_time(folds.count),
    max_over_time = over_time(folds.max),
    min_over_time = over_time(folds.min),
    abs = elementwise(math.abs),
    ceil = elementwise(function(value) return value == value and math.ceil(value) or value end),
    floor = elementwise(function(value) return value == value and math.floor(value) or value end),
    clamp_min = clamp(math.max, math.huge),
    clamp_max = clamp(math.min, -math.huge),
    round = { takes = { "vector", "scalar" }, needs = 1, gives = "vector", call = round },
    histogram_quantile = { takes = { "scalar", "vector" }, gives = "vector", call = histogram_quantile },
    absent = { takes = { "vector" }, gives = "vector", call = absent, wants = "node" },
    vector = { takes = { "scalar" }, gives = "vector", call = function(value)
        return { { labels = {}, value = value } }
    end },
    scalar = { takes = { "vector" }, gives = "scalar", call = function(vector)
        return #vector == 1 and vector[1].value or NAN
    end },
    time = { takes = {}, gives = "scalar", call = function(time) return time end, wants = "time" },
}

return functions
