-- billing_golive.lua: take ScholarLink billing live.
--
-- Looks at everything first, proves the service and Stripe's webhook, moves the traffic to the canary
-- weight by weight while gates are watched, and looks again some time after cut-over. A breached gate
-- sets the weight back to 0 and proves that it is 0.
--
--   runbook plan runbooks/billing_golive.lua --values production.yaml       review it first
--   runbook runbooks/billing_golive.lua --values production.yaml            do it
--   runbook runbooks/billing_golive.lua preflight                           one phase alone
--
-- What the service must offer stands in docs/billing-service.md. While it runs it holds a Kubernetes Lease,
-- so its user has to be allowed to get, create and patch leases in the namespace; --lease none goes without.
local canary  = require "runbook.canary"
local certs   = require "runbook.certmanager"
local csv     = require "runbook.csv"
local gates   = require "runbook.gates"
local stripe  = require "runbook.stripe"
local event   = require "billing.event"
local queries = require "billing.queries"
local service = require "billing.service"

local params = service.with_params {
    namespace         = param { default = "scholarlink-prod" },
    certificate       = param { default = "billing-student-pilot", help = "cert-manager's Certificate" },
    min_days          = param { default = 14, help = "days that the served certificate must have left" },
    deployment        = param { default = "billing" },
    canary_deployment = param { default = "billing-canary" },
    canary_ingress    = param { default = "billing-canary" },
    prometheus_url    = param { default = "http://prometheus.monitoring:9090" },
    alertmanager_url  = param { default = "http://alertmanager.monitoring:9093" },
    alert_filter      = param { default = 'service="billing"', help = "which alerts concern the service" },
    bake              = param { default = "10m", type = "duration", help = "time at each canary weight" },
    look_every        = param { default = "15s", type = "duration", help = "between two looks at the gates" },
    patience          = param { default = "10m", type = "duration", help = "how long a gate may have no verdict" },
    approve_each      = param { default = false, help = "ask before each further weight" },
    dashboards        = param { default = "", help = "links to watch: \"errors=https://..., db=https://...\"" },
    wait_after_cutover = param { default = "15m", type = "duration" },

    webhook_path      = param { default = "/webhooks/stripe" },
    webhook_secret    = secret { env = "STRIPE_WEBHOOK_SECRET", help = "signs the events, whsec_..." },
    webhook_holder    = param { default = "billing-stripe", help = "Kubernetes Secret that holds it for the service" },
    webhook_holder_key = param { default = "webhook-secret" },
    account           = param { default = "acct_golive", help = "the service's account for go-lives" },
    account_token     = secret { env = "BILLING_ACCOUNT_TOKEN", help = "of that account" },
    probe_plan        = param { default = "probe", help = "plan that moves one credit and no money" },
    starter_plan      = param { default = "starter" },
    starter_cents     = param { default = 500 },
    usage_model       = param { default = "nano" },
    usage_tokens      = param { default = 1000, help = "prompt and completion tokens of the sample, each" },
    rounding          = param { choices = { "up", "down", "nearest" }, default = "up", help = "of credits" },

    health_path   = param { default = "/healthz" },
    plans_path    = param { default = "/api/plans" },
    account_path  = param { default = "/api/account" },
    usage_path    = param { default = "/api/usage" },
    ledger_path   = param { default = "/api/ledger" },
    export_path   = param { default = "/api/ledger/export.csv" },
}
for name, declared in pairs(queries.params) do params[name] = declared end

local webhook_events = { "checkout.session.completed", "payment_intent.succeeded" }
local router = canary.nginx { ingress = "${canary_ingress}", namespace = "${namespace}" }

local function prometheus(run) return metrics.prometheus(run.prometheus_url) end

local function anonymous(run) return service.client(run) end
local function customer(run) return service.client(run, run.account_token) end
local function operator(run) return service.client(run, run.ops_token) end

-- The stable track's figures before anything is changed; the canary is measured against them.
local function take_baseline(run)
    local requests = prometheus(run):value(run.fill(queries.stable_requests))
    check(requests >= run.min_baseline_requests,
        "enough traffic for a baseline: %d requests in the window, %d needed", math.floor(requests),
        run.min_baseline_requests)
    local p95 = prometheus(run):value(run.fill(queries.stable_p95))
    log.info("p95 latency of the stable track: %.0f ms", p95 * 1000)
    return { ["p95 latency"] = p95 }
end

local function baseline(run)
    local taken = "metrics answer, baseline is taken"
    return run.has(taken) and run.results[taken] or take_baseline(run)
end

local function expect_quiet(run)
    local firing, silenced = metrics.alertmanager(run.alertmanager_url):firing { run.alert_filter }
    for _, alert in ipairs(silenced) do
        log.warn("alert %s fires and is silenced", alert.name)
    end
    local names = {}
    for i, alert in ipairs(firing) do
        names[i] = ("%s (%s)"):format(alert.name, alert.labels.severity or "no severity")
    end
    check(#firing == 0, "no alert fires for %s%s", run.alert_filter,
        #names > 0 and ", but these do: " .. table.concat(names, ", ") or "")
    check(#silenced == 0, "no alert is silenced: silenced is not quiet")
end

local function csp_violations(run)
    return prometheus(run):value(run.fill(queries.csp_violations))
end

local function find(list, id)
    for _, item in ipairs(list) do
        if item.id == id then return item end
    end
end

local round = {
    up = function(x) return math.ceil(x - 1e-9) end,
    down = function(x) return math.floor(x + 1e-9) end,
    nearest = function(x) return math.floor(x + 0.5) end,
}

local function dashboards(run)
    local links = {}
    for name, url in run.dashboards:gmatch("([^=,%s]+)=([^,%s]+)") do
        links[#links + 1] = { name, url }
    end
    return links
end

-- The webhook's new secret joins the old ones in the Secret that the service reads; Stripe shows it
-- only now.
local function hand_over_secret(run, secret)
    local place = { namespace = run.namespace }
    local held = k8s.get("secret/" .. run.webhook_holder, place).data[run.webhook_holder_key]
    local all = crypto.base64_decode(held or "")
    if not all:find(secret, 1, true) then all = all .. "\n" .. secret end
    place.merge = { data = { [run.webhook_holder_key] = crypto.base64_encode(all) } }
    k8s.patch("secret/" .. run.webhook_holder, place)
end

-- Without its secret the new endpoint is of no use, and the next run would take it for a good one.
local function take_back_endpoint(run, endpoint, why)
    service.stripe(run).delete("/v1/webhook_endpoints/" .. endpoint.id, {
        label = "delete " .. endpoint.id .. " again, for its secret reached nobody",
        assume = { status = 200 } }):expect(200)
    error(why, 0)
end

return runbook {
    name    = "billing-golive",
    summary = "Preflight, smoke, Stripe webhook, canary 1 to 100 %, post-checks",
    params  = params,
    target  = "${host}",
    lease   = "${namespace}/billing-golive",
    allow   = {
        "env STRIPE_API_KEY", "env STRIPE_WEBHOOK_SECRET",
        "env BILLING_OPS_TOKEN", "env BILLING_ACCOUNT_TOKEN",
        "read ${ca_file}",
        "connect ${connect}",
        "dns *",
        "tls ${host}",
        "http GET, HEAD, POST https://${host}",
        "http GET http://${host}/.well-known/acme-challenge/*",
        "http GET, POST, DELETE ${stripe_api}/v1/*",
        "metrics ${prometheus_url}",
        "metrics ${alertmanager_url}",
        "k8s read * in ${namespace}",
        "k8s get clusterissuers.cert-manager.io", -- which are in no namespace
        "k8s patch ingresses/${canary_ingress} in ${namespace}",
        "k8s patch secrets/${webhook_holder} in ${namespace}",
    },

    phase "preflight" { keep_going = true, -- every problem in one pass
        step "certificate is ready" {
            function(run)
                certs.expect_ready { name = run.certificate, namespace = run.namespace,
                    min_days = run.min_days, resolve = run.connect, ca = run.ca_file }
            end,
        },

        step "TLS is served as issued" {
            function(run)
                local served = tls.inspect(run.host, { address = run.connect, ca = run.ca_file,
                    assume = { ok = true, errors = {}, days_left_verified = run.min_days } })
                for _, problem in ipairs(served.errors) do log.warn("%s", problem.message) end
                check(served.ok, "the chain that %s serves verifies%s", run.host,
                    served.ok and "" or " (" .. served.cause .. ")")
                local left = served.days_left_verified -- a root that nobody needs may have run out
                check(left >= run.min_days, "%d days left, %d needed", left, run.min_days)
                local answer = anonymous(run).head("/", { redirects = 3 })
                check(answer.status < 400, "HEAD https://%s answers %d", run.host, answer.status)
            end,
        },

        step "deployments are rolled out" {
            function(run)
                for _, name in ipairs { run.deployment, run.canary_deployment } do
                    local state, sentence = k8s.rollout("deployment/" .. name,
                        { namespace = run.namespace })
                    check(state == "done", "deployment/%s: %s", name, sentence)
                end
            end,
        },

        step "canary gets no traffic yet" {
            function(run) canary.expect_zero(run, router) end,
        },

        step "metrics answer, baseline is taken" { take_baseline },

        step "alerts are quiet" {
            function(run)
                local rules = 0
                for _, rule in ipairs(prometheus(run):rules()) do
                    if rule.type == "alerting" then rules = rules + 1 end
                end
                check(rules > 0, "%d alerting rules are loaded", rules)
                expect_quiet(run)
            end,
        },

        step "CSP violations are noted" {
            function(run)
                local count = csp_violations(run)
                log.info("%d CSP violations so far", count)
                return count
            end,
        },
    },

    phase "smoke" { keep_going = true,
        step "the service is healthy" {
            function(run)
                local health = anonymous(run).get(run.health_path):expect(200):json()
                check.equal(health.status, "ok", "the health status")
            end,
        },

        step "plans and prices are right" {
            function(run)
                local offer = anonymous(run).get(run.plans_path):expect(200):json()
                local starter = find(offer.plans, run.starter_plan)
                check(starter, "there is a plan '%s'", run.starter_plan)
                check.equal(starter.usdCents, run.starter_cents, "its price in cents")
                check(starter.credits > 0, "it brings %d credits", starter.credits)
                check.equal(offer.rounding, run.rounding, "the rounding of credits")
                check(find(offer.models, run.usage_model), "there is a model '%s'", run.usage_model)
                return { starter = starter, model = find(offer.models, run.usage_model) }
            end,
        },

        step "an authenticated call works" {
            function(run)
                local account = customer(run).get(run.account_path):expect(200):json()
                check.equal(account.account, run.account, "the account of the token")
            end,
        },

        step "an unauthenticated call is refused" {
            function(run) anonymous(run).get(run.account_path):expect(401, 403) end,
        },

        step "security headers are set" {
            function(run)
                local headers = anonymous(run).get(run.health_path).headers
                local csp = headers["content-security-policy"]
                local age = tonumber((headers["strict-transport-security"] or ""):match("max%-age=(%d+)"))
                check(age and age >= 15552000, "Strict-Transport-Security holds for at least 180 days")
                check(csp, "there is a Content-Security-Policy")
                check.equal(headers["x-content-type-options"], "nosniff", "X-Content-Type-Options")
                check(headers["x-frame-options"] or csp:find("frame%-ancestors"), "framing is restricted")
                check(headers["referrer-policy"], "there is a Referrer-Policy")
            end,
        },
    },

    phase "webhook" {
        step "Stripe knows the endpoint" {
            lasting = "the endpoint may stay: it is where Stripe has to send its events",
            function(run)
                -- Not the run's id alone: Stripe would answer with the one that was deleted.
                local key = ("%s-webhook-endpoint-%d"):format(run.id, math.floor(wait.now() * 1000))
                local endpoint, how = stripe.ensure_endpoint(service.stripe(run), {
                    url = "https://" .. run.host .. run.webhook_path, events = webhook_events,
                    key = key, run = run.id,
                })
                log.info("the endpoint was %s: %s", how, endpoint.id)
                if how == "created" and endpoint.secret then
                    local handed, why = pcall(hand_over_secret, run, endpoint.secret)
                    if not handed then take_back_endpoint(run, endpoint, why) end
                    stripe.handed_over(service.stripe(run), endpoint, key .. "-handed-over")
                end
                check.equal(endpoint.status, "enabled", "the endpoint's status")
            end,
        },

        step "a signed event is applied once" {
            lasting = "the probe's single credit stays on the go-live account",
            function(run)
                local id = "evt_golive_" .. run.id
                local body = event.probe(run, id)
                for _, time in ipairs { "first", "second" } do
                    event.post(run, body, { label = ("deliver %s for the %s time"):format(id, time),
                        assume = { json = { received = true } } }):expect(200)
                end
                local entries = event.entries(run, "eventId", id)
                check.equal(#entries, 1, "the number of ledger entries after delivering the event twice")
            end,
        },

        step "deliveries fail below 5 %" {
            function(run)
                gates.expect(run, gate "webhook failures" { query = queries.webhook_failures,
                    below = 0.05, unit = "%" }, { source = prometheus(run) })
                local hour_ago = math.floor(wait.now()) - 3600
                local pending = service.stripe(run).all("/v1/events",
                    { delivery_success = false, created = { lt = hour_ago, gte = hour_ago - 86400 } })
                if #pending > 0 then
                    log.warn("%d events of the last day are still undelivered after an hour", #pending)
                end
            end,
        },

        -- After the deliveries were judged, because the service counts this one as failed.
        step "a badly signed event is refused" {
            lasting = "a refused event leaves nothing behind",
            function(run)
                local id = "evt_golive_forged_" .. run.id
                event.post(run, event.probe(run, id), { secret = "whsec_not_the_right_one",
                    label = "deliver an event with a wrong signature", assume = { status = 400 } })
                    :expect(400, 401, 403)
                check.equal(#event.entries(run, "eventId", id), 0, "the number of its ledger entries")
            end,
        },
    },

    phase "canary" { on_failure = "rollback",
        canary.steps {
            router  = router,
            weights = { 1, 5, 20, 50, 100 },
            bake    = "${bake}", every = "${look_every}", patience = "${patience}",
            metrics = prometheus, baseline = baseline, links = dashboards,
            approve_each = function(run) return run.approve_each end,
            gates   = {
                gate "error rate" { query = queries.error_rate, below = 0.005, unit = "%",
                    requests = queries.canary_requests, min_requests = "${min_requests}" },
                gate "p95 latency" { query = queries.canary_p95, below_baseline = 2.0, unit = "ms",
                    requests = queries.canary_requests, min_requests = "${min_latency_requests}" },
                gate "webhook failures" { query = queries.webhook_failures, below = 0.05, unit = "%" },
                gate "idempotency conflicts" { query = queries.conflicts, at_most = 0 },
                gate "ledger write errors" { query = queries.ledger_errors, at_most = 0 },
                gate "DB connections" { query = queries.connections, below = 0.80, unit = "%" },
                gate "DB CPU" { query = queries.cpu, below = 0.80, unit = "%" },
            },
        },
    },

    phase "postcheck" { keep_going = true,
        step "time has passed since cut-over" {
            function(run) wait.sleep(run.wait_after_cutover, { label = "until the post-checks" }) end,
        },

        step "a Starter purchase is credited once" {
            lasting = "the go-live account keeps what it bought",
            function(run)
                local api, live = service.stripe(run), run.stripe_key:find("_live_")
                local payment
                if live then -- live keys refuse test cards
                    payment = ask.text("Buy the Starter plan for the go-live account, then give the "
                        .. "payment intent's id (pi_...):", { assume = "pi_planned" })
                else
                    payment = api.post("/v1/payment_intents", {
                        label = "buy the Starter plan with Stripe's test card",
                        form = {
                            amount = run.starter_cents, currency = "usd", confirm = true,
                            payment_method = "pm_card_visa",
                            automatic_payment_methods = { enabled = true, allow_redirects = "never" },
                            metadata = { account = run.account, plan = run.starter_plan,
                                correlation_id = run.id },
                        },
                        idempotency_key = run.id .. "-starter",
                        assume = { json = { id = "pi_planned", status = "succeeded" } },
                    }):expect(200):json()
                    check.equal(payment.status, "succeeded", "the payment's status")
                    payment = payment.id
                end

                local starter = (run.results["plans and prices are right"] or {}).starter
                    or find(anonymous(run).get(run.plans_path):expect(200):json().plans, run.starter_plan)
                local entry = wait.until_ { every = "250ms", timeout = "2m",
                    label = "the purchase in the ledger", assume = { credits = starter.credits },
                    fn = function() return event.entries(run, "paymentIntent", payment)[1] end }
                check.equal(entry.credits, starter.credits, "the credits of the purchase")

                local sent = wait.until_ { every = "250ms", timeout = "1m", label = "Stripe's event",
                    assume = { id = "evt_planned" },
                    fn = function()
                        local recent = api.all("/v1/events", { type = "payment_intent.succeeded",
                            created = { gte = math.floor(wait.now()) - 3600 } })
                        for _, e in ipairs(recent) do
                            if e.data.object.id == payment then return e end
                        end
                    end }
                event.post(run, json.encode(sent), { label = "deliver " .. sent.id .. " again",
                    varies = { "body" },
                    assume = { json = { received = true } } }):expect(200)
                check.equal(#event.entries(run, "paymentIntent", payment), 1,
                    "the number of ledger entries after delivering the event again")
            end,
        },

        step "a usage sample debits what it should" {
            lasting = "the sample's credits stay debited from the go-live account",
            function(run)
                local model = (run.results["plans and prices are right"] or {}).model
                    or find(anonymous(run).get(run.plans_path):expect(200):json().models, run.usage_model)
                local exact = run.usage_tokens / 1000
                    * (model.promptCreditsPer1k + model.completionCreditsPer1k)
                local expected = round[run.rounding](exact)
                local debit = customer(run).post(run.usage_path, {
                    label = ("report the use of %d tokens of %s"):format(2 * run.usage_tokens, run.usage_model),
                    json = { model = run.usage_model, promptTokens = run.usage_tokens,
                        completionTokens = run.usage_tokens },
                    idempotency_key = run.id .. "-usage",
                    headers = { ["X-Correlation-Id"] = run.id },
                    assume = { status = 201, json = { debitedCredits = expected } },
                }):expect(201):json()
                check.equal(debit.debitedCredits, expected,
                    ("the credits for %s tokens, %s rounded %s,"):format(run.usage_tokens, exact,
                        run.rounding))
            end,
        },

        step "the ledger export opens in a spreadsheet" {
            function(run)
                local answer = operator(run).get(run.export_path, { max_bytes = "64MB" }):expect(200)
                local header, rows = csv.rows(answer.body)
                check(header, "it is strict CSV%s", header and "" or ": " .. rows)
                check(#rows > 0, "it has %d rows", #rows)
                local columns = {}
                for _, name in ipairs(header) do columns[name] = true end
                check(columns.correlation_id, "it has a column correlation_id")
                local formulas, missing = {}, {}
                for i, row in ipairs(rows) do
                    for _, name in ipairs(header) do
                        if csv.formula(row[name]) then formulas[#formulas + 1] = i + 1 end
                    end
                    if row.correlation_id == "" then missing[#missing + 1] = i + 1 end
                end
                check(#formulas == 0, "no field is taken for a formula%s",
                    #formulas > 0 and "; the first is in record " .. formulas[1] or "")
                check(#missing == 0, "every row has a correlation id%s", #missing > 0
                    and ("; %d have none, the first is record %d"):format(#missing, missing[1]) or "")
            end,
        },

        step "alerts are still quiet" { expect_quiet },

        step "CSP violations are unchanged" {
            function(run)
                local before = run.results["CSP violations are noted"]
                if before == nil then
                    log.warn("the preflight was not run, so there is no count to compare with")
                    return
                end
                check.equal(csp_violations(run), before, "the number of CSP violations")
            end,
        },
    },
}
