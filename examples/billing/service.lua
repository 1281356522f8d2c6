-- service: the billing service as its callers see it; docs/billing-service.md is its contract.
local export = require "export"
local form = require "runbook.world.form"
local registry = require "runbook.world.registry"
local rfc3339 = require "runbook.rfc3339"
local settings = require "settings"
local tariff = require "tariff"

local service = {}
service.__index = service

local SECONDS = 0.03 -- what a request is counted to have taken
local MOST_ENTRIES = 1000
local HEADERS = {
    ["strict-transport-security"] = "max-age=31536000; includeSubDomains",
    ["content-security-policy"] = "default-src 'self'; frame-ancestors 'none'; report-uri /csp-reports",
    ["x-content-type-options"] = "nosniff", ["x-frame-options"] = "DENY", ["referrer-policy"] = "no-referrer",
    ["cache-control"] = "no-store",
}

-- `parts`: books (ledger), receiver, counts (telemetry), router, stripe, now, fault.
function service.new(parts)
    return setmetatable(parts, service)
end

local function refusal(status, code, message)
    return { status = status, json = { error = { code = code, message = message } } }
end

-- Who asks: the role that the bearer token stands for; nil for none.
local function role(req)
    local token = (req.headers.authorization or ""):match("^[Bb]earer%s+(%S+)$")
    return token == settings.account_token and "account" or token == settings.ops_token and "ops" or nil
end

local function body_of(req)
    local ok, value = pcall(json.decode, req.body)
    return ok and type(value) == "table" and value or nil
end

local function is_count(value)
    return math.type(value) == "integer" and value >= 0 and value <= 100000000
end

-- The moments `from` and `to` of a query, from inclusive and to exclusive. Nil and a refusal.
local function period(query)
    local bounds = {}
    for _, name in ipairs { "from", "to" } do
        local text = query[name]
        bounds[name] = text and (tonumber(text) or rfc3339.parse(text))
        if text and not bounds[name] then
            return nil, refusal(400, "period_invalid", name .. " is neither unix seconds nor RFC 3339 nor a date")
        end
    end
    return { from = bounds.from or 0, to = bounds.to or math.huge }
end

local routes = {}

routes["/"] = { "public", GET = function()
    return { status = 200, headers = { ["content-type"] = "text/html; charset=utf-8" },
        body = "<!doctype html><title>Billing</title><h1>Billing (sandbox)</h1>\n" }
end }

routes["/healthz"] = { "public", GET = function(self, _, context)
    local well = not self.fault("healthz-down")
    return { status = well and 200 or 503, json = {
        status = well and "ok" or "unavailable", track = context.track,
        checks = { database = well and "ok" or "unreachable", ledger = "ok" },
    } }
end }

routes["/metrics"] = { "public", GET = function(self)
    return { status = 200, headers = { ["content-type"] = registry.CONTENT_TYPE }, body = self.counts.registry:text() }
end }

routes["/api/plans"] = { "public", GET = function() return { status = 200, json = tariff.shown() } end }

routes["/api/account"] = { "account", GET = function(self)
    return { status = 200, json = { account = settings.account, creditBalance = self.books:balance(settings.account) } }
end }

local function debit(self, body, context)
    local model = tariff.model(body.model)
    local credits, exact = tariff.cost(model, body.promptTokens, body.completionTokens)
    if credits > self.books:balance(settings.account) then
        return refusal(402, "credits_insufficient", "the account has fewer credits than this costs")
    end
    local entry = self.books:add {
        at = self.now(), account = settings.account, kind = "usage", credits = -credits, model = model.id,
        promptTokens = body.promptTokens, completionTokens = body.completionTokens, correlationId = context.correlation,
        description = model.name .. " usage",
    }
    return { status = 201, json = {
        entryId = entry.id, model = model.id,
        promptTokens = body.promptTokens, completionTokens = body.completionTokens,
        exactCredits = exact, debitedCredits = credits, rounding = tariff.rounding,
        creditBalance = self.books:balance(settings.account),
    } }
end

routes["/api/usage"] = { "account", POST = function(self, req, context)
    local body = body_of(req) or {}
    if not tariff.model(body.model) or not is_count(body.promptTokens) or not is_count(body.completionTokens) then
        return refusal(400, "usage_invalid", "send model (an id of /api/plans), promptTokens and completionTokens")
    end
    local key, content = req.headers["idempotency-key"], json.encode(body)
    local stored = key and self.books.by_key[key]
    if stored and stored.content ~= content then
        self.counts.conflicts:add(1)
        return refusal(409, "idempotency_conflict", "this Idempotency-Key was used with another body")
    end
    local answer = stored and stored.answer or debit(self, body, context)
    if key and answer.status == 201 then self.books.by_key[key] = { content = content, answer = answer } end
    local headers = { ["idempotent-replayed"] = stored and "true" or nil }
    return { status = answer.status, json = answer.json, headers = headers }
end }

routes["/api/checkout"] = { "account", POST = function(self, req, context)
    local body = body_of(req) or {}
    local plan = type(body.plan) == "string" and tariff.plan(body.plan)
    if not plan or plan.hidden then return refusal(400, "plan_unknown", "plan has to be an id of /api/plans") end
    if self.fault("stripe-down") then return refusal(502, "stripe_unavailable", "Stripe does not answer") end
    local metadata = { account = settings.account, plan = plan.id, correlation_id = context.correlation }
    local price = { currency = "usd", unit_amount = tostring(plan.usd_cents), product_data = { name = plan.name } }
    local session = self.stripe.payments:create_session {
        mode = "payment", line_items = { { price_data = price, quantity = "1" } }, metadata = metadata,
        client_reference_id = settings.account, success_url = "https://" .. settings.host .. "/?paid=1",
    }
    return { status = 201, json = {
        sessionId = session.id, url = session.url, plan = plan.id, usdCents = plan.usd_cents, credits = plan.credits,
    } }
end }

local function shown_entries(self, list)
    local shown = json.array {}
    for index, entry in ipairs(list) do shown[index] = self.books:shown(entry) end
    return shown
end

-- An account sees its own entries, ops those of the account it names, or all.
routes["/api/ledger"] = { "any", GET = function(self, _, context)
    local range, problem = period(context.query)
    if not range then return problem end
    local account = context.query.account
    if context.role == "account" then
        if account and account ~= settings.account then
            return refusal(403, "account_forbidden", "this token may only see the ledger of its own account")
        end
        account = settings.account
    end
    local found = self.books:between(range.from, range.to, account)
    local newest = table.move(found, math.max(1, #found - MOST_ENTRIES + 1), #found, 1, {})
    return { status = 200, json = { entries = shown_entries(self, newest), truncated = #newest < #found } }
end }

routes["/api/ledger/export.csv"] = { "ops", GET = function(self, _, context)
    local range, problem = period(context.query)
    if not range then return problem end
    local third = self.fault("csv-no-correlation") and function(index) return index % 3 == 0 end
    local shown = shown_entries(self, self.books:between(range.from, range.to, context.query.account))
    return {
        status = 200, body = export.csv(shown, { blank = third or nil, raw = self.fault("csv-formula") }),
        headers = {
            ["content-type"] = "text/csv; charset=utf-8; header=present",
            ["content-disposition"] = 'attachment; filename="ledger.csv"',
        },
    }
end }

routes["/api/reports/summary"] = { "ops", GET = function(self, _, context)
    local range, problem = period(context.query)
    if not range then return problem end
    local summary = self.books:summary(range.from, range.to)
    summary.from, summary.to = context.query.from or json.null, context.query.to or json.null
    return { status = 200, json = summary }
end }

routes["/webhooks/stripe"] = { "public", POST = function(self, req, context)
    local answer, outcome = self.receiver:take(req, context.correlation)
    self.counts.webhooks:add(1, context.track, outcome)
    return answer
end }

routes["/csp-reports"] = { "public", POST = function(self)
    self.counts.csp:add(1)
    return { status = 204 }
end }

local function dispatch(self, req, context)
    local route = routes[req.path]
    if not route then return refusal(404, "not_found", "there is nothing at " .. req.path), "other" end
    local act = route[req.method == "HEAD" and "GET" or req.method]
    if not act then return refusal(405, "method_not_allowed", "this path does not take " .. req.method), req.path end
    if route[1] ~= "public" and not context.role then
        local refused = refusal(401, "unauthenticated", "send a bearer token")
        refused.headers = { ["www-authenticate"] = "Bearer" }
        return refused, req.path
    end
    if route[1] ~= "public" and route[1] ~= "any" and route[1] ~= context.role then
        return refusal(403, "forbidden", "this token may not do that"), req.path
    end
    if context.track == "canary" and self.fault("http-5xx") and req.path ~= "/metrics" then
        self.broken = (self.broken or 0) + 3
        if self.broken >= 10 then
            self.broken = self.broken - 10
            return refusal(503, "unavailable", "upstream connect error"), req.path
        end
    end
    return act(self, req, context), req.path
end

-- Answers one request; the world it stands in is not looked at.
function service:handle(_, req)
    self.count = (self.count or 0) + 1
    local given = req.headers["x-correlation-id"]
    local context = {
        track = req.path == "/metrics" and "stable" or self.router:track(req.headers),
        role = role(req), query = form.flat(form.query(req.target)),
        correlation = given and given:match("^[%w._:-]+$") and #given <= 128 and given
            or "req_" .. crypto.sha256("request " .. self.count):sub(1, 24),
    }
    local answer, route = dispatch(self, req, context)
    answer.headers = answer.headers or {}
    for name, value in pairs(HEADERS) do answer.headers[name] = value end
    answer.headers["x-served-by"], answer.headers["x-correlation-id"] = context.track, context.correlation
    if route ~= "/metrics" then self.counts:answered(context.track, route, answer.status, SECONDS) end
    return answer
end

return service
