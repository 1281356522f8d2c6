-- faults: what can go wrong in the billing sandbox. A fault with a weight holds only while the canary's
-- weight is at or above it.
local faults = {}

faults.help = {
    ["cert-pending-http01"] = "the certificate is not issued: its HTTP-01 challenge answers 404 (only from the start)",
    ["cert-pending-dns01"] = "the certificate is not issued: its DNS-01 record is not there (only from the start)",
    ["cert-expired"] = "the certificate that is served ran out yesterday (only from the start)",
    ["deployment-stuck"] = "the canary's Deployment exceeded its progress deadline",
    ["healthz-down"] = "GET /healthz answers 503",
    ["http-5xx"] = "the canary answers 30 % of its requests with 503",
    ["p95-tripled"] = "the canary takes three times as long to answer",
    ["webhook-failures"] = "6 % of Stripe's deliveries are refused",
    ["stripe-endpoint-missing"] = "Stripe knows no webhook endpoint (only from the start)",
    ["stripe-down"] = "Stripe answers 503",
    ["duplicate-credit"] = "an event that is delivered again is credited again",
    ["idempotency-unstable"] = "one idempotency key gives different results",
    ["ledger-write-errors"] = "writes to the ledger fail and are tried again",
    ["db-cpu"] = "the database's CPU is at 85 %",
    ["db-connections"] = "85 of the database's 100 connections are in use",
    ["csp-violations"] = "browsers report violations of the content security policy",
    ["no-traffic"] = "no requests arrive",
    ["metrics-down"] = "the metrics server answers 503 with a web page",
    ["metrics-hangup"] = "the metrics server closes the connection",
    ["alert-firing"] = "an alert of the billing service is firing",
    ["alert-silenced"] = "an alert of the billing service is firing, and silenced",
    ["csv-no-correlation"] = "rows of the ledger export lack their correlation id",
    ["csv-formula"] = "texts in the ledger export are not kept from being formulas",
    ["reconcile-mismatch"] = "one purchase stands in the ledger with another amount than at Stripe",
    ["k8s-409"] = "the Kubernetes API answers every write with 409",
    ["k8s-429"] = "the Kubernetes API answers every write with 429 and Retry-After: 1",
    ["k8s-away"] = "the Kubernetes API is away for five seconds, once",
    ["k8s-reads-500"] = "the Kubernetes API answers one GET in four with 500, as when etcd changes its leader",
    ["k8s-500"] = "the Kubernetes API answers every write with 500",
}

-- Whether a fault holds now; `weight` is the canary's, in percent.
function faults.active(w, name, weight)
    local from = w.faults[name]
    return from == true or type(from) == "number" and weight >= from
end

return faults
