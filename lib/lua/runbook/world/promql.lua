-- promql: a small PromQL evaluator over a timeseries store. It follows Prometheus 2.x in what it
-- answers; left out are subqueries, the @ modifier, group_left and group_right, native histograms.
local aggregate = require "runbook.world.promql.aggregate"
local functions = require "runbook.world.promql.functions"
local parser = require "runbook.world.promql.parser"
local timeseries = require "runbook.world.timeseries"
local types = require "runbook.world.promql.types"

local promql = {}

local LOOKBACK = 300 -- seconds that a sample stays current
local NAN = 0 / 0

local function execution_error(message)
    error({ kind = "execution", message = message }, 0)
end

local ARITHMETIC = {
    ["+"] = function(a, b) return a + b end,
    ["-"] = function(a, b) return a - b end,
    ["*"] = function(a, b) return a * b end,
    ["/"] = function(a, b) return a / b end,
    ["^"] = function(a, b) return a ^ b end,
    ["%"] = function(a, b) return b == 0 and NAN or math.fmod(a + 0.0, b + 0.0) end,
}
local COMPARE = {
    ["=="] = function(a, b) return a == b end,
    ["!="] = function(a, b) return a ~= b end,
    ["<"] = function(a, b) return a < b end,
    [">"] = function(a, b) return a > b end,
    ["<="] = function(a, b) return a <= b end,
    [">="] = function(a, b) return a >= b end,
}

local evaluate

-- The value of an operator on two numbers, and whether a comparison keeps its left side.
local function operate(node, a, b)
    local compare = COMPARE[node.op]
    if not compare then return ARITHMETIC[node.op](a, b), true end
    local holds = compare(a, b)
    if node.bool then return holds and 1 or 0, true end
    return a, holds
end

local function renamed(node, labels)
    if COMPARE[node.op] and not node.bool then return labels end
    return functions.unnamed(labels)
end

local function check_distinct(vector)
    local seen = {}
    for _, sample in ipairs(vector) do
        local key = timeseries.key(sample.labels)
        if seen[key] then execution_error("vector cannot contain metrics with the same labelset") end
        seen[key] = true
    end
    return vector
end

local function vector_with_scalar(node, vector, scalar, swapped)
    local result = {}
    for _, sample in ipairs(vector) do
        local a, b = sample.value, scalar
        if swapped then a, b = b, a end
        local value, keep = operate(node, a, b)
        if swapped and COMPARE[node.op] and not node.bool then value = sample.value end
        if keep then result[#result + 1] = { labels = renamed(node, sample.labels), value = value } end
    end
    return check_distinct(result)
end

-- The labels that two sides are matched by.
local function match_labels(node, labels)
    if not node.match_labels then return functions.unnamed(labels) end
    local result = node.on and {} or functions.unnamed(labels)
    for _, name in ipairs(node.match_labels) do
        if node.on then result[name] = labels[name] else result[name] = nil end
    end
    return result
end

local function by_match(node, vector, side)
    local index = {}
    for _, sample in ipairs(vector) do
        local key = timeseries.key(match_labels(node, sample.labels))
        if index[key] and side then
            execution_error(("found duplicate series for the match group on the %s hand-side of the "
                .. "operation;many-to-many matching not allowed: matching labels must be unique on one side")
                :format(side))
        end
        index[key] = sample
    end
    return index
end

local function set_operation(node, left, right)
    local result = {}
    local others = by_match(node, node.op == "or" and left or right)
    local wanted = node.op == "and"
    if node.op == "or" then table.move(left, 1, #left, 1, result) end
    for _, sample in ipairs(node.op == "or" and right or left) do
        local found = others[timeseries.key(match_labels(node, sample.labels))] ~= nil
        if found == wanted then result[#result + 1] = sample end
    end
    return result
end

local function vector_with_vector(node, left, right)
    if #left == 0 or #right == 0 then return {} end
    local others, used, result = by_match(node, right, "right"), {}, {}
    for _, sample in ipairs(left) do
        local labels = match_labels(node, sample.labels)
        local key = timeseries.key(labels)
        local other = others[key]
        if other then
            local value, keep = operate(node, sample.value, other.value)
            if keep then
                if used[key] then
                    execution_error("multiple matches for labels: many-to-one matching must be explicit "
                        .. "(group_left/group_right)")
                end
                used[key] = true
                if COMPARE[node.op] and not node.bool and not node.on then
                    labels.__name__ = sample.labels.__name__
                end
                result[#result + 1] = { labels = labels, value = value }
            end
        end
    end
    return result
end

local function binary(node, context)
    local left, right = evaluate(node.left, context), evaluate(node.right, context)
    if node.type == "scalar" then return (operate(node, left, right)) end
    if node.left.type == "scalar" then return vector_with_scalar(node, right, left, true) end
    if node.right.type == "scalar" then return vector_with_scalar(node, left, right, false) end
    if types.SETS[node.op] then return set_operation(node, left, right) end
    return vector_with_vector(node, left, right)
end

local function instant(node, context)
    local at, result = context.time - (node.offset or 0), {}
    for _, series in ipairs(context.store:select(node.name, node.tests)) do
        local index = timeseries.last_before(series, at)
        if index > 0 and series.t[index] >= at - LOOKBACK then
            result[#result + 1] = { labels = series.labels, value = series.v[index] + 0.0 }
        end
    end
    return result
end

local function windowed(node, context)
    local to, result = context.time - (node.offset or 0), {}
    local from = to - node.range
    for _, series in ipairs(context.store:select(node.name, node.tests)) do
        local last = timeseries.last_before(series, to)
        local first = timeseries.last_before(series, from)
        if first == 0 or series.t[first] < from then first = first + 1 end
        if first <= last then
            result[#result + 1] = {
                labels = series.labels, from = from, to = to,
                t = table.move(series.t, first, last, 1, {}), v = table.move(series.v, first, last, 1, {}),
            }
        end
    end
    return result
end

local function selector(node, context)
    if not node.tests then
        node.tests = {}
        for index, matcher in ipairs(node.matchers) do node.tests[index] = matcher.test end
    end
    return (node.range and windowed or instant)(node, context)
end

local function call(node, context)
    local values = {}
    for index, argument in ipairs(node.arguments) do values[index] = evaluate(argument, context) end
    local wants = { node = node.arguments[1], time = context.time }
    values[#values + 1] = wants[node.fn.wants]
    local result = node.fn.call(table.unpack(values))
    return node.type == "vector" and check_distinct(result) or result
end

local function negate(node, context)
    local inner = evaluate(node.inner, context)
    if node.type == "scalar" then return -inner end
    local result = {}
    for _, sample in ipairs(inner) do
        result[#result + 1] = { labels = functions.unnamed(sample.labels), value = -sample.value }
    end
    return check_distinct(result)
end

local EVALUATE = {
    number = function(node) return node.value end,
    string = function(node) return node.value end,
    paren = function(node, context) return evaluate(node.inner, context) end,
    aggregate = function(node, context)
        local parameter = node.parameter and evaluate(node.parameter, context)
        if parameter and parameter ~= parameter then execution_error("Scalar value NaN overflows int64") end
        return aggregate(node, evaluate(node.argument, context), parameter)
    end,
    negate = negate, binary = binary, selector = selector, call = call,
}

function evaluate(node, context)
    return EVALUATE[node.kind](node, context)
end

-- Parses a query for `promql.at`. Nil and { kind = "bad_data", message } when it is not PromQL.
function promql.parse(text)
    local ok, result = pcall(parser.parse, text)
    if ok then return result end
    if type(result) ~= "table" then error(result, 0) end
    return nil, result
end

-- The value of a parsed query at `time` (seconds) over `store`: a number, a text, or a list of
-- { labels, value }, or for a range selector of { labels, t, v }. Nil and { kind = "execution",
-- message } when it cannot be worked out.
function promql.at(tree, store, time)
    local ok, result = pcall(evaluate, tree, { store = store, time = time })
    if ok then return result end
    if type(result) ~= "table" then error(result, 0) end
    return nil, result
end

return promql
