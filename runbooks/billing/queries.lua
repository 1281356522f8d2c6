-- The figures of the billing service in PromQL. ${names} are parameters, so that a service with other
-- metrics can be watched by the same runbook.
local queries = {}

-- Parameters: names of metrics, and which series are the service's.
queries.params = {
    window           = param { default = "5m", type = "duration", help = "of the rates; at least four scrapes" },
    min_requests     = param { default = 600, help = "of the canary, before an error rate means anything" },
    min_latency_requests = param { default = 100, help = "likewise, before a p95 means anything" },
    min_baseline_requests = param { default = 100, help = "of the stable track, before its p95 is a baseline" },
    stable_selector  = param { default = 'service="billing",track="stable"' },
    canary_selector  = param { default = 'service="billing",track="canary"' },
    requests_metric  = param { default = "http_requests_total", help = "counter with the label code" },
    duration_metric  = param { default = "http_request_duration_seconds", help = "histogram in seconds" },
    webhook_metric   = param { default = "stripe_webhook_deliveries_total", help = "counter with the label outcome" },
    webhook_failed   = param { default = 'outcome="failed"', help = "deliveries that failed" },
    conflicts_metric = param { default = "billing_idempotency_conflicts_total" },
    ledger_errors_metric = param { default = "billing_ledger_write_errors_total" },
    connections_metric   = param { default = "billing_db_connections" },
    connections_max_metric = param { default = "billing_db_connections_max" },
    cpu_metric       = param { default = "billing_db_cpu_ratio", help = "0 to 1" },
    csp_metric       = param { default = "billing_csp_violations_total" },
}

queries.stable_p95 = "histogram_quantile(0.95, sum by (le) "
    .. "(rate(${duration_metric}_bucket{${stable_selector}}[${window}s])))"
queries.stable_requests = "sum(increase(${requests_metric}{${stable_selector}}[${window}s]))"
queries.canary_p95 = queries.stable_p95:gsub("stable_selector", "canary_selector")
queries.csp_violations = "sum(${csp_metric})"

-- No 5xx series is an empty answer, not 0; no requests at all is 0/0, which is never a pass.
queries.error_rate = "(sum(rate(${requests_metric}{${canary_selector},code=~\"5..\"}[${window}s])) or vector(0)) "
    .. "/ sum(rate(${requests_metric}{${canary_selector}}[${window}s]))"
queries.canary_requests = "sum(increase(${requests_metric}{${canary_selector}}[${bake}s]))"
queries.webhook_failures = "(sum(rate(${webhook_metric}{${webhook_failed}}[${window}s])) or vector(0)) "
    .. "/ sum(rate(${webhook_metric}[${window}s]))"
queries.conflicts = "sum(increase(${conflicts_metric}[${window}s]))"
queries.ledger_errors = "sum(increase(${ledger_errors_metric}[${window}s]))"
queries.connections = "max(${connections_metric}) / max(${connections_max_metric})"
queries.cpu = "max(${cpu_metric})"

return queries
