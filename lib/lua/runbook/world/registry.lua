-- registry: the counters, gauges and histograms of a pretend service, and their Prometheus text.
local registry = {}
registry.__index = registry

local INFINITY = math.huge

-- A number as Prometheus writes it: the shortest text that reads back the same, no trailing ".0".
local function number_text(value)
    if value ~= value then return "NaN" end
    if value == INFINITY then return "+Inf" end
    if value == -INFINITY then return "-Inf" end
    if math.type(value) == "integer" or value == math.floor(value) and math.abs(value) < 1e15 then
        return string.format("%d", value)
    end
    local text = string.format("%.15g", value)
    return tonumber(text) == value and text or string.format("%.17g", value)
end

function registry.new()
    return setmetatable({ families = {} }, registry)
end

local family = {}
family.__index = family

local function declare(self, kind, name, help, label_names, bounds)
    local made = setmetatable({
        kind = kind, name = name, help = help, label_names = label_names or {}, bounds = bounds,
        children = {}, order = {},
    }, family)
    self.families[#self.families + 1] = made
    return made
end

-- Declare a family: its name, what it counts, and the names of its labels in their order.
function registry:counter(name, help, label_names)
    return declare(self, "counter", name, help, label_names)
end

function registry:gauge(name, help, label_names)
    return declare(self, "gauge", name, help, label_names)
end

-- `bounds` are the upper bounds of the buckets, rising; the one to infinity is added.
function registry:histogram(name, help, label_names, bounds)
    local all = table.move(bounds, 1, #bounds, 1, {})
    all[#all + 1] = INFINITY
    return declare(self, "histogram", name, help, label_names, all)
end

local function labelled(made, suffix, values, le)
    local labels = { __name__ = made.name .. suffix, le = le }
    for index, name in ipairs(made.label_names) do labels[name] = values[index] end
    return labels
end

-- The child with these label values, made when it is new. A counter or gauge child has `value`; a
-- histogram child has `buckets` (each on its own, not summed up), `count` and `sum`.
function family:with(...)
    local values = { ... }
    local key = table.concat(values, "\1")
    local child = self.children[key]
    if child then return child end
    child = { value = 0, count = 0, sum = 0, buckets = {}, series = {} }
    if self.kind == "histogram" then
        for index, bound in ipairs(self.bounds) do
            child.buckets[index] = 0
            child.series[index] = labelled(self, "_bucket", values, number_text(bound))
        end
        child.sum_series = labelled(self, "_sum", values)
        child.count_series = labelled(self, "_count", values)
    else
        child.series[1] = labelled(self, "", values)
    end
    self.children[key] = child
    self.order[#self.order + 1] = child
    return child
end

-- Adds `amount` (1 when not given) to the child with these label values.
function family:add(amount, ...)
    local child = self:with(...)
    child.value = child.value + (amount or 1)
end

function family:set(value, ...)
    self:with(...).value = value
end

-- Counts one observation of `value` in the histogram child with these label values.
function family:observe(value, ...)
    local child = self:with(...)
    local index = 1
    while value > self.bounds[index] do index = index + 1 end
    child.buckets[index] = child.buckets[index] + 1
    child.count, child.sum = child.count + 1, child.sum + value
end

local function each_sample(made, visit)
    for _, child in ipairs(made.order) do
        if made.kind == "histogram" then
            local total = 0
            for index, labels in ipairs(child.series) do
                total = total + child.buckets[index]
                visit(labels, total)
            end
            visit(child.sum_series, child.sum)
            visit(child.count_series, child.count)
        else
            visit(child.series[1], child.value)
        end
    end
end

-- Calls visit(labels, value) for every sample; `labels` holds the name too, as __name__, and is the
-- same table each time.
function registry:each(visit)
    for _, made in ipairs(self.families) do each_sample(made, visit) end
end

local function escaped(text)
    return (text:gsub('[\\"\n]', { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }))
end

local function labels_text(made, labels)
    local parts = {}
    local function put(name)
        if labels[name] then parts[#parts + 1] = name .. '="' .. escaped(labels[name]) .. '"' end
    end
    for _, name in ipairs(made.label_names) do put(name) end
    put("le")
    return #parts > 0 and "{" .. table.concat(parts, ",") .. "}" or ""
end

-- Everything in the Prometheus text format 0.0.4.
function registry:text()
    local lines = {}
    for _, made in ipairs(self.families) do
        lines[#lines + 1] = "# HELP " .. made.name .. " " .. made.help
        lines[#lines + 1] = "# TYPE " .. made.name .. " " .. made.kind
        each_sample(made, function(labels, value)
            lines[#lines + 1] = labels.__name__ .. labels_text(made, labels) .. " " .. number_text(value)
        end)
    end
    return table.concat(lines, "\n") .. "\n"
end

registry.CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

return registry
