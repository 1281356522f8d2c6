-- timeseries: samples over time in memory, what a metrics server keeps. A series is
-- { labels = { __name__ = ..., ... }, key, t = { seconds }, v = { numbers } }, oldest sample first.
local timeseries = {}
timeseries.__index = timeseries

-- One text for a set of labels, the same for equal sets.
function timeseries.key(labels)
    local parts = {}
    for name, value in pairs(labels) do parts[#parts + 1] = name .. "\1" .. value end
    table.sort(parts)
    return table.concat(parts, "\2")
end

-- An empty store that keeps samples for `retention` seconds.
function timeseries.new(retention)
    local store = { retention = retention, names = {}, by_key = {}, by_identity = {} }
    setmetatable(store.by_identity, { __mode = "k" })
    return setmetatable(store, timeseries)
end

local function series_of(self, labels, extra)
    local merged = {}
    for name, value in pairs(extra or {}) do merged[name] = value end
    for name, value in pairs(labels) do merged[name] = value end
    local key = timeseries.key(merged)
    local series = self.by_key[key]
    if not series then
        series = { labels = merged, key = key, t = {}, v = {} }
        self.by_key[key] = series
        local list = self.names[merged.__name__] or {}
        self.names[merged.__name__] = list
        list[#list + 1] = series
    end
    return series
end

local function drop_old(self, series, now)
    local t, v = series.t, series.v
    local keep = 1
    while t[keep] < now - self.retention do keep = keep + 1 end
    table.move(t, keep, #t + keep - 1, 1)
    table.move(v, keep, #v + keep - 1, 1)
end

-- Adds a sample. `labels` must be the same table for the same series each time, which saves working
-- out its key; `extra` holds labels that are added to it. Samples not newer than the last are left out.
function timeseries:append(labels, extra, t, v)
    local series = self.by_identity[labels]
    if not series then
        series = series_of(self, labels, extra)
        self.by_identity[labels] = series
    end
    local count = #series.t
    if count > 0 and series.t[count] >= t then return end
    series.t[count + 1], series.v[count + 1] = t, v
    if series.t[1] < t - 2 * self.retention then drop_old(self, series, t) end
end

-- The series that pass every matcher: `matchers` is a list of function(labels) -> boolean; `name`
-- narrows to one metric name, nil means all.
function timeseries:select(name, matchers)
    local found = {}
    local function look(list)
        for _, series in ipairs(list) do
            local passes = true
            for _, matches in ipairs(matchers) do passes = passes and matches(series.labels) end
            if passes then found[#found + 1] = series end
        end
    end
    if name then
        look(self.names[name] or {})
    else
        for _, list in pairs(self.names) do look(list) end
    end
    return found
end

-- Index of the last sample of `series` at or before `t`; 0 when there is none.
function timeseries.last_before(series, t)
    local low, high = 0, #series.t
    while low < high do
        local middle = (low + high + 1) // 2
        if series.t[middle] <= t then low = middle else high = middle - 1 end
    end
    return low
end

return timeseries
