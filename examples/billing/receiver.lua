-- receiver: takes Stripe's webhooks: vouched for by their signature, applied once.
local settings = require "settings"
local tariff = require "tariff"

local receiver = {}
receiver.__index = receiver

-- `api` is the pretend Kubernetes, whose Secret holds the signing secrets; `books` the ledger; `fault`
-- tells whether a fault holds.
function receiver.new(api, books, now, fault)
    return setmetatable({ api = api, books = books, now = now, fault = fault }, receiver)
end

-- The signing secrets, several while one is being replaced by another.
local function secrets(self)
    local object = self.api:get("secrets", settings.namespace, settings.stripe_secret_name)
    local encoded = object and object.data and object.data["webhook-secret"]
    local list = {}
    for secret in (encoded and crypto.base64_decode(encoded) or ""):gmatch("%S+") do list[#list + 1] = secret end
    return list
end

-- Whether two texts are equal, in a time that does not tell where they differ.
local function equal(a, b)
    local difference = #a ~ #b
    for index = 1, #a do difference = difference | (a:byte(index) ~ (b:byte(index) or 0)) end
    return difference == 0
end

-- Checks the header by Stripe's scheme. Returns nil, or what is wrong.
local function signature_problem(self, header, body)
    local stamp, signatures = nil, {}
    for name, value in header:gmatch("([%w_]+)=([^,]*)") do
        if name == "t" then stamp = value end
        if name == "v1" then signatures[#signatures + 1] = value end
    end
    if not stamp or not stamp:match("^%d+$") or #signatures == 0 then
        return "the Stripe-Signature header has no t and v1"
    end
    local vouched = false
    for _, secret in ipairs(secrets(self)) do
        local expected = crypto.hmac_sha256(secret, stamp .. "." .. body)
        for _, signature in ipairs(signatures) do vouched = equal(signature, expected) or vouched end
    end
    if not vouched then return "no signature in the Stripe-Signature header matches the body" end
    if self.now() - tonumber(stamp) > settings.signature_tolerance then
        return ("the signature is more than %d seconds old"):format(settings.signature_tolerance)
    end
end

-- What was bought, from an event: { account, plan, usd_cents, payment }. Nil when the event is of no
-- interest; nil and a reason when it should have been a purchase and is not.
local function purchase_in(self, event)
    local object = event.data.object
    local metadata = type(object.metadata) == "table" and object.metadata or {}
    local cents, payment
    if event.type == "checkout.session.completed" then
        if object.payment_status == "unpaid" then return nil end
        cents, payment = object.amount_total, object.payment_intent
    elseif event.type == "payment_intent.succeeded" and metadata.plan then
        cents, payment = object.amount_received, object.id
    else
        return nil
    end
    local plan, account = tariff.plan(metadata.plan or ""), metadata.account
    if not plan then return nil, "metadata.plan names no plan" end
    if type(account) ~= "string" or not self.books:balance(account) then
        return nil, "metadata.account names no account"
    end
    if cents ~= plan.usd_cents or object.currency ~= "usd" then
        return nil, ("plan %s costs %d cents in usd"):format(plan.id, plan.usd_cents)
    end
    return {
        account = account, plan = plan, payment = payment ~= json.null and payment or nil,
        correlation = metadata.correlation_id,
    }
end

local function credit(self, event, bought, correlation)
    return self.books:add {
        at = self.now(), account = bought.account, kind = "purchase", credits = bought.plan.credits,
        usdCents = bought.plan.usd_cents, plan = bought.plan.id, eventId = event.id, paymentIntent = bought.payment,
        correlationId = bought.correlation or correlation, description = bought.plan.name .. " plan",
    }
end

local function answer(status, outcome, fields)
    fields.outcome = outcome
    return { status = status, json = fields }, outcome
end

local function failure(status, code, message)
    return answer(status, "failed", { error = { code = code, message = message } })
end

-- Answers one delivery. Returns the response and its outcome: "applied", "duplicate", "ignored" or
-- "failed". `correlation` names the request.
function receiver:take(req, correlation)
    local problem = signature_problem(self, req.headers["stripe-signature"] or "", req.body)
    if problem then return failure(400, "signature_invalid", problem) end
    local ok, event = pcall(json.decode, req.body)
    local readable = ok and type(event) == "table" and type(event.id) == "string" and type(event.type) == "string"
        and type(event.data) == "table" and type(event.data.object) == "table"
    if not readable then return failure(400, "event_malformed", "the body is not a Stripe event") end
    local bought, reason = purchase_in(self, event)
    if reason then return failure(422, "event_not_applicable", reason) end
    if not bought then return answer(200, "ignored", { received = true }) end
    local known = self.books.by_event[event.id] or bought.payment and self.books.by_payment[bought.payment]
    if known and not self.fault("duplicate-credit") then
        return answer(200, "duplicate", { received = true, entryId = known.id })
    end
    return answer(200, "applied", { received = true, entryId = credit(self, event, bought, correlation).id })
end

return receiver
