-- ledger: the books of the billing service. An entry never changes: { id, at (seconds), account, kind
-- ("purchase" or "usage"), credits (what it adds; negative for usage), usdCents, correlationId,
-- description, and where they apply plan, model, promptTokens, completionTokens, eventId, paymentIntent }.
local rfc3339 = require "runbook.rfc3339"

local ledger = {}
ledger.__index = ledger

-- Empty books. `cents_of` (entry -> cents), when set later, falsifies what entries are shown with.
function ledger.new()
    return setmetatable({
        entries = {}, balances = {}, by_event = {}, by_payment = {}, by_key = {}, denials = {},
    }, ledger)
end

-- Adds an entry and returns it; `event` and `payment` are what it is known by, so that it is made once.
function ledger:add(entry)
    entry.id = ("led_%08d"):format(#self.entries + 1)
    self.entries[#self.entries + 1] = entry
    self.balances[entry.account] = (self.balances[entry.account] or 0) + entry.credits
    if entry.eventId then self.by_event[entry.eventId] = entry end
    if entry.paymentIntent then self.by_payment[entry.paymentIntent] = entry end
    return entry
end

-- Notes that an account was refused `count` requests for sending too many.
function ledger:deny(account, at, count)
    table.insert(self.denials, { account = account, at = at, count = count })
end

-- Credits of an account; nil when there is no such account.
function ledger:balance(account)
    return self.balances[account]
end

-- An entry as it is shown to the outside.
function ledger:shown(entry)
    local copy = {}
    for name, value in pairs(entry) do copy[name] = value end
    copy.usdCents = self.cents_of and self.cents_of(entry) or entry.usdCents
    copy.at = rfc3339.format(entry.at)
    return copy
end

-- The entries from a moment to before another (seconds), of one account or of all (nil), oldest first.
function ledger:between(from, to, account)
    local found = {}
    for _, entry in ipairs(self.entries) do
        if entry.at >= from and entry.at < to and (not account or entry.account == account) then
            found[#found + 1] = entry
        end
    end
    return found
end

-- { name, value } of the highest values first, equal ones by name.
local function ranking(sums)
    local list = {}
    for name, value in pairs(sums) do list[#list + 1] = { name = name, value = value } end
    table.sort(list, function(a, b)
        if a.value ~= b.value then return a.value > b.value end
        return a.name < b.name
    end)
    return list
end

local function top_spenders(spent, total)
    local shown = json.array {}
    for index, item in ipairs(ranking(spent)) do
        if index <= 10 then
            shown[index] = { account = item.name, credits = item.value, share = item.value / total }
        end
    end
    return shown
end

local function denials(self, from, to)
    local sums = {}
    for _, denial in ipairs(self.denials) do
        if denial.at >= from and denial.at < to then
            sums[denial.account] = (sums[denial.account] or 0) + denial.count
        end
    end
    local shown, total = json.array {}, 0
    for index, item in ipairs(ranking(sums)) do
        shown[index] = { account = item.name, count = item.value }
        total = total + item.value
    end
    return { count = total, accounts = shown }
end

-- The figures from a moment to before another (seconds), as docs/billing-service.md describes them.
function ledger:summary(from, to)
    local purchases = { count = 0, usdCents = 0, credits = 0, rows = json.array {} }
    local debits, spent = { count = 0, credits = 0 }, {}
    for _, entry in ipairs(self:between(from, to)) do
        if entry.kind == "purchase" then
            local row = self:shown(entry)
            purchases.count, purchases.credits = purchases.count + 1, purchases.credits + row.credits
            purchases.usdCents = purchases.usdCents + row.usdCents
            purchases.rows[purchases.count] = row
        else
            debits.count, debits.credits = debits.count + 1, debits.credits - entry.credits
            spent[entry.account] = (spent[entry.account] or 0) - entry.credits
        end
    end
    return {
        purchases = purchases, debits = debits, netLiabilityCredits = purchases.credits - debits.credits,
        topSpenders = top_spenders(spent, debits.credits), rateLimitDenials = denials(self, from, to),
    }
end

return ledger
