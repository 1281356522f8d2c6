-- billing_reconcile.lua: the day after a go-live: do the books agree with the money?
--
--   runbook runbooks/billing_reconcile.lua --values production.yaml --set day=2026-03-02
--
-- Changes nothing. What the service must offer stands in docs/billing-service.md.
local rfc3339 = require "runbook.rfc3339"
local service = require "billing.service"

local params = service.with_params {
    day = param { default = "yesterday", help = "which day (UTC), as 2026-03-02" },
    outlier_factor = param { default = 5.0, help = "how many times the median is an outlier" },
}

-- The day's first moment and the next day's, in seconds.
local function period(run)
    local from
    if run.day == "yesterday" then
        from = (math.floor(wait.now()) // 86400 - 1) * 86400
    else
        from = rfc3339.parse(run.day)
        check(from and from % 86400 == 0, "'%s' is a day, written as 2026-03-02", run.day)
    end
    return from, from + 86400
end

local function summary(run)
    local from, to = period(run)
    return service.client(run, run.ops_token).get(run.summary_path,
        { query = { from = rfc3339.format(from), to = rfc3339.format(to) } }):expect(200):json()
end

-- What Stripe took in, by payment intent, in cents.
local function stripe_payments(run)
    local from, to = period(run)
    local paid, gross = {}, 0
    for _, charge in ipairs(service.stripe(run).all("/v1/charges",
        { created = { gte = from, lt = to } })) do
        if charge.status == "succeeded" then
            local payment = charge.payment_intent
            if payment == json.null then payment = charge.id end
            paid[payment] = (paid[payment] or 0) + charge.amount
            gross = gross + charge.amount
        end
    end
    return paid, gross
end

-- Rows that differ between the ledger and Stripe: { payment, ledger cents, Stripe cents, account }.
local function differences(purchases, paid)
    local rows, seen = {}, {}
    for _, row in ipairs(purchases) do
        local payment = row.paymentIntent
        if row.usdCents ~= 0 or payment then
            local at_stripe = paid[payment or ""]
            if seen[payment or ""] then at_stripe = nil end -- credited twice for one payment
            seen[payment or ""] = true
            if at_stripe ~= row.usdCents then
                rows[#rows + 1] = { payment or row.id, service.dollars(row.usdCents),
                    at_stripe and service.dollars(at_stripe) or "none", row.account }
            end
        end
    end
    for payment, cents in pairs(paid) do
        if not seen[payment] then
            rows[#rows + 1] = { payment, "none", service.dollars(cents), "" }
        end
    end
    return rows
end

local function median(values)
    table.sort(values)
    local half = #values // 2
    if #values == 0 then return 0 end
    return #values % 2 == 1 and values[half + 1] or (values[half] + values[half + 1]) / 2
end

-- Shows { account, value } rows as a table, with a mark on those far above the median.
local function review(title, column, list, field, factor)
    local values, rows, outliers = {}, {}, 0
    for i, item in ipairs(list) do values[i] = item[field] end
    local middle = median(values)
    for i, item in ipairs(list) do
        local odd = #list > 2 and item[field] > factor * middle
        outliers = outliers + (odd and 1 or 0)
        rows[i] = { item.account, item[field], odd and "outlier" or "" }
    end
    log.table { title = title, columns = { "account", column, "" }, rows = rows }
    if outliers > 0 then
        log.warn("%s: %d above %g times the median of %g", title, outliers, factor, middle)
    end
    return outliers
end

return runbook {
    name    = "billing-reconcile",
    summary = "The day after: liability, Stripe gross against the ledger, outliers",
    params  = params,
    allow   = {
        "env STRIPE_API_KEY", "env BILLING_OPS_TOKEN",
        "read ${ca_file}",
        "connect ${connect}",
        "http GET https://${host}${summary_path}",
        "http GET ${stripe_api}/v1/charges",
    },

    phase "reconcile" { keep_going = true,
        step "credits purchased - debited is a positive net liability" {
            function(run)
                local day = summary(run)
                local net = day.purchases.credits - day.debits.credits
                check(net > 0, "%d purchased - %d debited = %d credits of net liability",
                    day.purchases.credits, day.debits.credits, net)
                check.equal(day.netLiabilityCredits, net, "the net liability that the service reports")
                return net
            end,
        },

        step "Stripe gross equals the purchases, to the cent" {
            function(run)
                local purchases = summary(run).purchases
                local paid, gross = stripe_payments(run)
                local rows = differences(purchases.rows, paid)
                if #rows > 0 then
                    log.table { title = "rows that differ", rows = rows,
                        columns = { "payment", "ledger $", "Stripe $", "account" } }
                end
                check(gross == purchases.usdCents, "Stripe took in $%s, the ledger has purchases for $%s",
                    service.dollars(gross), service.dollars(purchases.usdCents))
                check(#rows == 0, "every purchase has its payment (%d rows differ)", #rows)
            end,
        },

        step "top spenders and denials are reviewed" {
            function(run)
                local day = summary(run)
                return {
                    spenders = review("top spenders", "credits", day.topSpenders, "credits",
                        run.outlier_factor),
                    denials = review("rate-limit denials", "denials", day.rateLimitDenials.accounts,
                        "count", run.outlier_factor),
                }
            end,
        },
    },
}
