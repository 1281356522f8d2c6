-- The billing sandbox: a cluster with a stable and a canary track, traffic that follows the canary's
-- weight, the billing service, Stripe, a metrics server and an Alertmanager.
--   runbook sandbox examples/billing/world.lua [--fault NAME[@WEIGHT]]
local alertmanager = require "runbook.world.alertmanager"
local alerts = require "alerts"
local certificate = require "certificate"
local cluster = require "cluster"
local day = require "day"
local faults = require "faults"
local kubernetes = require "runbook.world.kubernetes"
local ledger = require "ledger"
local prometheus = require "runbook.world.prometheus"
local receiver = require "receiver"
local router = require "router"
local service = require "service"
local settings = require "settings"
local stripe = require "runbook.world.stripe"
local telemetry = require "telemetry"
local traffic = require "traffic"

local RECENT, COARSE = 60, 5 -- seconds; what is longer ago than RECENT is sampled every COARSE seconds

-- Hands Stripe's deliveries to the service when they are meant for it; nobody else answers.
local function deliverer(w)
    return function(url, headers, body)
        local host, path = url:match("^https?://([^/:]+)[^/]*([^?]*)")
        if host ~= settings.host and host ~= "127.0.0.1" then return nil end
        local req = { method = "POST", path = path, target = path, headers = headers, body = body }
        return w.service:handle(w, req).status
    end
end

-- Brings traffic and samples up to `now`, in even steps.
local function advance(w, now)
    w.at = math.max(w.at, now - settings.history)
    while true do
        local step = now - w.at > RECENT and COARSE or settings.sample_every
        if w.at + step > now then return end
        w.at = w.at + step
        w.traffic:pass(step)
        w.metrics:scrape(w.target, w.at)
    end
end

local function start(w)
    w.started = w.now()
    w.at = w.started - settings.history
    local function fault(name)
        if name == "no-traffic" and w.at < w.started - RECENT then return false end -- it came to a halt
        return faults.active(w, name, w.router and w.router:weight() or 0)
    end
    w.fault = fault
    w.cluster = cluster.new(w.now, fault)
    w.router = router.new(w.cluster.api, settings.namespace, settings.canary)
    certificate.put(w.cluster.api, w.started, w.faults, w.certificates.billing)

    w.stripe = stripe.new { now = w.now, key = settings.stripe_key, deliver = deliverer(w) }
    w.books = ledger.new()
    day.fill(w.books, w.stripe, w.started)
    local odd = w.books.entries[3]
    w.books.cents_of = function(entry)
        return entry == odd and fault("reconcile-mismatch") and entry.usdCents - 100 or entry.usdCents
    end
    if not w.faults["stripe-endpoint-missing"] then
        w.stripe.webhooks:create({
            url = "https://" .. settings.host .. "/webhooks/stripe", enabled_events = settings.webhook_events,
            description = "billing",
        }, settings.webhook_secret)
    end

    w.counts = telemetry.new()
    w.service = service.new {
        books = w.books, counts = w.counts, router = w.router, stripe = w.stripe, now = w.now, fault = fault,
        receiver = receiver.new(w.cluster.api, w.books, w.now, fault),
    }
    w.metrics = prometheus.new {
        now = w.now, retention = 900, group = "billing", rules = function() return alerts.rules(fault) end,
    }
    w.target = prometheus.target(w.counts.registry, { job = "billing", instance = w.urls.billing:match("//(.*)$") })
    w.alerts = alertmanager.new { now = w.now, alerts = function() return alerts.active(fault, w.started - 240) end }
    w.traffic = traffic.new(w.counts, w.router, settings.requests_per_second, fault)
    advance(w, w.started)
end

local function metrics(w, req)
    if w.fault("metrics-hangup") then return { abort = true, write = false } end
    if w.fault("metrics-down") then
        return {
            status = 503, write = false, headers = { ["content-type"] = "text/html" },
            body = "<html><head><title>503 Service Temporarily Unavailable</title></head></html>\n",
        }
    end
    advance(w, w.now())
    return w.metrics:handle(w, req)
end

local function stripe_api(w, req)
    if not w.fault("stripe-down") then return w.stripe:handle(w, req) end
    return { status = 503, json = { error = { type = "api_error", message = "Stripe is not available." } } }
end

-- Names as the runbooks' parameters have them.
local function values(w)
    return {
        host = settings.host, connect = w.urls.billing:match("//(.*)$"), ca_file = w.dir .. "/ca.pem",
        namespace = settings.namespace, certificate = settings.certificate, deployment = settings.stable,
        canary_deployment = settings.canary, canary_ingress = settings.canary,
        prometheus_url = w.urls.metrics, alertmanager_url = w.urls.alerts,
        stripe_api = w.urls.stripe, stripe_key = settings.stripe_key, webhook_secret = settings.webhook_secret,
        account = settings.account, account_token = settings.account_token, ops_token = settings.ops_token,
        bake = "2s", window = "2s", look_every = "250ms", patience = "10s", min_requests = 4,
        min_latency_requests = 4, min_baseline_requests = 50,
        wait_after_cutover = "2s",
    }
end

return {
    name = "billing",
    listen = {
        kubernetes = { tls = true },
        billing = {
            tls = true, names = settings.host .. ",127.0.0.1,localhost",
            certificate = function(w) return certificate.validity(w.faults["cert-expired"]) end,
        },
        stripe = { tls = true }, metrics = {}, alerts = {},
    },
    faults = faults.help,
    hint = "runbook runbooks/billing_golive.lua --values {dir}/values.yaml --kubeconfig {dir}/kubeconfig",
    start = start,
    handle = {
        kubernetes = function(w, req) return w.cluster:handle(w, req) end,
        billing = function(w, req) return w.service:handle(w, req) end,
        stripe = stripe_api, metrics = metrics,
        alerts = function(w, req) return w.alerts:handle(w, req) end,
    },
    tick = function(w, now)
        advance(w, now)
        w.cluster:tick(now)
        w.stripe:tick(now)
    end,
    files = function(w)
        return {
            ["values.yaml"] = values(w),
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, settings.kubernetes_token, settings.namespace),
        }
    end,
    snapshot = function(w)
        return {
            kubernetes = w.cluster.api:snapshot(), stripe = w.stripe:snapshot(),
            ledger = { entries = json.array(w.books.entries), balances = w.books.balances },
        }
    end,
}
