-- alerts: the alerting rules of the billing service, and which of their alerts fire.
local settings = require "settings"

local alerts = {}

local RULES = {
    { "BillingHighErrorRate", "critical", "more than 1 % of the requests fail",
        '(sum(rate(http_requests_total{service="billing",code=~"5.."}[5m])) or vector(0)) '
            .. '/ sum(rate(http_requests_total{service="billing"}[5m])) > 0.01' },
    { "BillingLedgerWriteErrors", "critical", "writes to the ledger fail",
        "increase(billing_ledger_write_errors_total[5m]) > 0" },
    { "BillingWebhookFailures", "warning", "more than 5 % of Stripe's deliveries fail",
        'sum(rate(stripe_webhook_deliveries_total{outcome="failed"}[15m])) '
            .. "/ sum(rate(stripe_webhook_deliveries_total[15m])) > 0.05" },
}

local function labels_of(rule)
    return { alertname = rule[1], severity = rule[2], service = "billing", namespace = settings.namespace }
end

local function firing(fault)
    return fault("alert-firing") or fault("alert-silenced")
end

-- The rules, for the pretend Prometheus. The faults set off the first.
function alerts.rules(fault)
    local list = {}
    for index, rule in ipairs(RULES) do
        list[index] = {
            name = rule[1], expr = rule[4], labels = labels_of(rule), annotations = { summary = rule[3] },
            firing = index == 1 and firing(fault),
        }
    end
    return list
end

-- What fires, for the pretend Alertmanager; `since` in seconds.
function alerts.active(fault, since)
    if not firing(fault) then return {} end
    local silenced = not fault("alert-firing")
    return { {
        labels = labels_of(RULES[1]), annotations = { summary = RULES[1][3] }, starts_at = since,
        silenced_by = silenced and { "7d8f3c52-1f0e-4c55-9a43-6a4f1c9d2b10" } or {},
    } }
end

return alerts
