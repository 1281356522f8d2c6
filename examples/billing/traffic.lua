-- traffic: the requests that customers would send, counted without being sent. The same course of time
-- and weights gives the same counts: shares are dealt out evenly, nothing is drawn by lot.
local telemetry = require "telemetry"

local traffic = {}
traffic.__index = traffic

local WEBHOOKS = "/webhooks/stripe"
-- Route, code, share of all requests.
local KINDS = {
    { "/api/plans", "200", 0.25 }, { "/api/account", "200", 0.245 }, { "/api/account", "401", 0.005 },
    { "/api/usage", "200", 0.295 }, { "/api/usage", "429", 0.005 }, { "/api/ledger", "200", 0.08 },
    { "/api/checkout", "200", 0.02 }, { WEBHOOKS, "200", 0.10 },
}
local BROKEN_SHARE = 0.30
local OUTCOMES = { "applied", "duplicate", "failed" }
local HEALTHY, FAILING = { 0.98, 0.02, 0 }, { 0.92, 0.02, 0.06 }
local DRIP = 2 -- times a second that a counter of mishaps rises while its fault holds

-- How many of a thousand requests take at most so many seconds: 95 % take at most 80 ms.
local SLOWNESS = {
    { 0.005, 0 }, { 0.01, 50 }, { 0.025, 300 }, { 0.05, 750 }, { 0.075, 940 }, { 0.1, 990 }, { 0.15, 1000 },
}
local MEAN_SECONDS = 0.04

-- Share of requests that take at most `seconds`.
local function share_within(seconds)
    local low = { 0, 0 }
    for _, high in ipairs(SLOWNESS) do
        if seconds <= high[1] then
            return (low[2] + (high[2] - low[2]) * (seconds - low[1]) / (high[1] - low[1])) / 1000
        end
        low = high
    end
    return 1
end

-- Share of requests in each bucket when everything takes `times` as long.
local function bucket_shares(times)
    local shares, below = {}, 0
    for index, bound in ipairs(telemetry.BOUNDS) do
        local within = share_within(bound / times)
        shares[index], below = within - below, within
    end
    shares[#shares + 1] = 1 - below
    return shares
end

-- Shares of the kinds, and of those that fail when the canary is broken: all but the webhooks.
local function kind_shares(without)
    local shares, total = {}, 0
    for index, kind in ipairs(KINDS) do
        shares[index] = kind[1] == without and 0 or kind[3]
        total = total + shares[index]
    end
    for index, share in ipairs(shares) do shares[index] = share / total end
    return shares
end

local USUAL_KINDS, BROKEN_KINDS = kind_shares(nil), kind_shares(WEBHOOKS)
local USUAL_BUCKETS, SLOW_BUCKETS = bucket_shares(1), bucket_shares(3)

-- Deals `count` out by `shares`, which sum to 1. What a share is owed is kept in `owed` from call to
-- call; a share of 0 gets nothing.
local function deal(owed, shares, count)
    local parts, left = {}, count
    for index, share in ipairs(shares) do
        owed[index] = share > 0 and (owed[index] or 0) + count * share or 0
        parts[index] = math.max(0, math.min(left, math.floor(owed[index])))
        left = left - parts[index]
        owed[index] = owed[index] - parts[index]
    end
    while left > 0 do
        local best
        for index, share in ipairs(shares) do
            if share > 0 and (not best or owed[index] > owed[best]) then best = index end
        end
        parts[best], owed[best], left = parts[best] + 1, owed[best] - 1, left - 1
    end
    return parts
end

-- Traffic of `rate` requests a second, counted in `counts` (a telemetry) and split by router:weight().
-- fault(name) tells whether a fault holds.
function traffic.new(counts, router, rate, fault)
    return setmetatable({ counts = counts, router = router, rate = rate, fault = fault, rest = 0, owed = {} }, traffic)
end

local function owed(self, name)
    self.owed[name] = self.owed[name] or {}
    return self.owed[name]
end

local function count_webhooks(self, track, count)
    local shares = self.fault("webhook-failures") and FAILING or HEALTHY
    local parts = deal(owed(self, track .. " webhooks"), shares, count)
    for index, outcome in ipairs(OUTCOMES) do
        if parts[index] > 0 then self.counts.webhooks:add(parts[index], track, outcome) end
    end
    return parts[3]
end

local function count_route(self, track, kind, count, code)
    local failed = kind[1] == WEBHOOKS and count_webhooks(self, track, count) or 0
    if count > failed then self.counts.requests:add(count - failed, "billing", track, kind[1], code) end
    if failed > 0 then self.counts.requests:add(failed, "billing", track, kind[1], "400") end
    if code == "429" then self.counts.denials:add(count) end
end

local function count_requests(self, track, count)
    local broken = track == "canary" and self.fault("http-5xx") and BROKEN_SHARE or 0
    local parts = deal(owed(self, track .. " broken"), { 1 - broken, broken }, count)
    local well = deal(owed(self, track .. " well"), USUAL_KINDS, parts[1])
    local badly = deal(owed(self, track .. " badly"), BROKEN_KINDS, parts[2])
    for index, kind in ipairs(KINDS) do
        count_route(self, track, kind, well[index], kind[2])
        if badly[index] > 0 then count_route(self, track, kind, badly[index], "503") end
    end
end

local function count_seconds(self, track, count)
    local slow = track == "canary" and self.fault("p95-tripled")
    local shares = slow and SLOW_BUCKETS or USUAL_BUCKETS
    local parts = deal(owed(self, track .. (slow and " slow" or " fast")), shares, count)
    local child = self.counts.seconds:with("billing", track)
    for index, number in ipairs(parts) do child.buckets[index] = child.buckets[index] + number end
    child.count, child.sum = child.count + count, child.sum + count * MEAN_SECONDS * (slow and 3 or 1)
end

local function drip(self, name, counter, seconds)
    if not self.fault(name) then return end
    local due = (self.owed[name] or 0) + seconds * DRIP
    counter:add(math.floor(due))
    self.owed[name] = due - math.floor(due)
end

-- Lets `seconds` pass.
function traffic:pass(seconds)
    local counts, weight = self.counts, self.router:weight()
    local due = self.fault("no-traffic") and 0 or self.rest + self.rate * seconds
    local count = math.floor(due)
    self.rest = due - count
    local parts = deal(owed(self, "tracks"), { 1 - weight / 100, weight / 100 }, count)
    for index, track in ipairs { "stable", "canary" } do
        if parts[index] > 0 then
            count_requests(self, track, parts[index])
            count_seconds(self, track, parts[index])
        end
    end
    drip(self, "idempotency-unstable", counts.conflicts, seconds)
    drip(self, "ledger-write-errors", counts.write_errors, seconds)
    drip(self, "csp-violations", counts.csp, seconds)
    counts.cpu:set(self.fault("db-cpu") and 0.85 or 0.31)
    counts.connections:set(self.fault("db-connections") and 85 or 24)
end

return traffic
