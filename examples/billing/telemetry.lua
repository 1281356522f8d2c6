-- telemetry: what the billing service counts, as docs/billing-service.md describes it.
local registry = require "runbook.world.registry"

local telemetry = {}
telemetry.__index = telemetry

telemetry.BOUNDS = { 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5, 10 }

function telemetry.new()
    local all = registry.new()
    local self = setmetatable({
        registry = all,
        requests = all:counter("http_requests_total", "HTTP requests answered.",
            { "service", "track", "route", "code" }),
        seconds = all:histogram("http_request_duration_seconds", "Time until an HTTP request was answered.",
            { "service", "track" }, telemetry.BOUNDS),
        webhooks = all:counter("stripe_webhook_deliveries_total",
            "Deliveries from Stripe: applied, duplicate or ignored were answered with 2xx, failed were not.",
            { "track", "outcome" }),
        conflicts = all:counter("billing_idempotency_conflicts_total",
            "Requests whose idempotency key or event id was known with other content."),
        write_errors = all:counter("billing_ledger_write_errors_total",
            "Failed writes to the ledger, those that went well when tried again among them."),
        denials = all:counter("billing_rate_limit_denials_total", "Requests refused for coming too often."),
        csp = all:counter("billing_csp_violations_total",
            "Violations of the content security policy that browsers reported."),
        connections = all:gauge("billing_db_connections", "Connections to the database in use."),
        connections_max = all:gauge("billing_db_connections_max", "Connections to the database there may be."),
        cpu = all:gauge("billing_db_cpu_ratio", "Share of the database's CPU that is in use, 0 to 1."),
    }, telemetry)
    for _, counter in ipairs { self.conflicts, self.write_errors, self.denials } do counter:add(0) end
    self.csp:add(3)
    self.connections_max:set(100)
    return self
end

-- Counts one answered request that took `seconds`.
function telemetry:answered(track, route, code, seconds)
    self.requests:add(1, "billing", track, route, tostring(code))
    self.seconds:observe(seconds, "billing", track)
end

return telemetry
