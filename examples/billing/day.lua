-- day: what happened at the billing service yesterday (UTC), in its ledger and at Stripe alike, so that
-- there is a day to reconcile.
local settings = require "settings"
local tariff = require "tariff"

local day = {}

-- Account, plan, hour of the purchase.
local PURCHASES = {
    { "acct_ada", "campus", 6.2 }, { "acct_noor", "starter", 7.1 }, { "acct_lin", "scholar", 8.0 },
    { settings.account, "starter", 8.4 }, { "acct_omar", "starter", 9.3 }, { "acct_ines", "scholar", 10.6 },
    { "acct_ada", "starter", 11.9 }, { "acct_yuki", "campus", 13.2 }, { "acct_tom", "starter", 14.4 },
    { "acct_lin", "starter", 16.8 }, { "acct_sara", "scholar", 19.0 }, { "acct_noor", "starter", 21.5 },
}
-- Account, model, tokens in and out of one call, calls spread over the day.
local USAGE = {
    { "acct_ada", "pro", 1800, 950, 2 }, { "acct_yuki", "mini", 4200, 2600, 5 }, { "acct_lin", "nano", 2500, 1400, 8 },
    { "acct_omar", "nano", 900, 650, 4 }, { "acct_ines", "mini", 1500, 1100, 3 }, { "acct_noor", "nano", 700, 350, 5 },
    { "acct_sara", "nano", 1000, 1000, 2 },
}
-- Account, hour, refused requests.
local DENIALS = { { "acct_omar", 9.8, 14 }, { "acct_yuki", 15.1, 6 }, { "acct_lin", 17.2, 3 } }
-- Texts that a spreadsheet would rather take for something else.
local DESCRIPTIONS = { [2] = 'Starter plan, "class of 2026"', [5] = "=Starter plan", [8] = "Campus plan für Zürich" }

local function correlation(kind, index)
    return ("req_%s"):format(crypto.sha256(kind .. index):sub(1, 24))
end

local function purchases(start)
    local list = {}
    for index, row in ipairs(PURCHASES) do
        local plan = tariff.plan(row[2])
        list[index] = {
            at = start + row[3] * 3600, account = row[1], kind = "purchase", credits = plan.credits,
            usdCents = plan.usd_cents, plan = plan.id, correlationId = correlation("purchase", index),
            description = DESCRIPTIONS[index] or plan.name .. " plan",
        }
    end
    return list
end

local function usage(start)
    local list = {}
    for row_index, row in ipairs(USAGE) do
        local model = tariff.model(row[2])
        for call = 1, row[5] do
            list[#list + 1] = {
                at = start + 43200 + call * 6000 + row_index * 311, account = row[1], kind = "usage",
                credits = -tariff.cost(model, row[3], row[4]), model = model.id, promptTokens = row[3],
                completionTokens = row[4], correlationId = correlation("usage", row_index * 100 + call),
                description = model.name .. " usage",
            }
        end
    end
    return list
end

-- Fills books and the pretend Stripe with the day before `now`.
function day.fill(books, stripe, now)
    local start = (math.floor(now) // 86400 - 1) * 86400
    local entries = purchases(start)
    for _, entry in ipairs(usage(start)) do entries[#entries + 1] = entry end
    table.sort(entries, function(a, b) return a.at < b.at end)
    for _, entry in ipairs(entries) do
        if entry.kind == "purchase" then
            local intent = stripe.payments:record({
                amount = entry.usdCents, currency = "usd", metadata = { account = entry.account, plan = entry.plan },
            }, entry.at - 2)
            entry.paymentIntent, entry.eventId = intent.id, stripe:id("evt")
        end
        books:add(entry)
    end
    for _, row in ipairs(DENIALS) do books:deny(row[1], start + row[2] * 3600, row[3]) end
end

return day
