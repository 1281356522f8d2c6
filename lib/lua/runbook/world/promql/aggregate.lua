-- aggregate: folds the samples of a vector group by group, as PromQL's aggregations do.
local functions = require "runbook.world.promql.functions"
local timeseries = require "runbook.world.timeseries"

-- The labels that a sample's group is known by.
local function group_labels(node, labels)
    local result = node.without and functions.unnamed(labels) or {}
    for _, name in ipairs(node.labels) do
        if node.without then result[name] = nil else result[name] = labels[name] end
    end
    return result
end

local function grouped(node, vector)
    local groups, order = {}, {}
    for _, sample in ipairs(vector) do
        local labels = group_labels(node, sample.labels)
        local key = timeseries.key(labels)
        local group = groups[key]
        if not group then
            group = { labels = labels, samples = {}, values = {} }
            groups[key] = group
            order[#order + 1] = group
        end
        table.insert(group.samples, sample)
        table.insert(group.values, sample.value)
    end
    return order
end

-- The `count` highest samples (lowest for bottomk), best first; NaN comes last.
local function ranked(op, samples, count)
    table.sort(samples, function(a, b)
        if a.value ~= a.value or b.value ~= b.value then return a.value == a.value and b.value ~= b.value end
        if a.value == b.value then return timeseries.key(a.labels) < timeseries.key(b.labels) end
        if op == "topk" then return a.value > b.value end
        return a.value < b.value
    end)
    local last = math.max(0, math.min(math.floor(count), #samples))
    return table.move(samples, 1, last, 1, {})
end

-- The aggregation `node` (op, labels, without) of a vector; `parameter` is the number before it, for
-- topk and bottomk, which keep whole samples.
local function aggregate(node, vector, parameter)
    local fold, result = functions.folds[node.op], {}
    for _, group in ipairs(grouped(node, vector)) do
        if fold then
            result[#result + 1] = { labels = group.labels, value = fold(group.values) }
        else
            local best = ranked(node.op, group.samples, parameter)
            table.move(best, 1, #best, #result + 1, result)
        end
    end
    return result
end

return aggregate
