-- payments: Stripe's checkout sessions, payment intents, charges and balance transactions, in test
-- mode. A session is paid by itself after a moment, as if a customer with a test card had come by.
local list = require "runbook.world.stripe.list"
local problem = require "runbook.world.stripe.problem"

local payments = {}
payments.__index = payments

local FEE_RATE, FEE_FIXED = 0.029, 30 -- of the amount; in cents
local DECLINED = { pm_card_chargeDeclined = "generic_decline", pm_card_visa_chargeDeclined = "generic_decline" }

-- `core` gives now() and id(prefix); `webhooks` is told of every payment; `delay` in seconds until a
-- session is paid.
function payments.new(core, webhooks, delay)
    return setmetatable({
        core = core, webhooks = webhooks, delay = delay, due = {},
        sessions = {}, intents = {}, charges = {}, transactions = {},
    }, payments)
end

local function object(self, prefix, kind, created)
    return {
        id = self.core:id(prefix), object = kind, created = math.floor(created or self.core.now()), livemode = false,
    }
end

local function find(objects, id, kind)
    for _, candidate in ipairs(objects) do
        if candidate.id == id then return candidate end
    end
    problem.missing(kind, id, "id")
end

local function new_intent(self, fields, created)
    local intent = object(self, "pi", "payment_intent", created)
    intent.amount, intent.amount_received, intent.currency = fields.amount, 0, fields.currency
    intent.description = fields.description or json.null
    intent.metadata, intent.latest_charge = fields.metadata or {}, json.null
    intent.payment_method, intent.status = fields.payment_method or json.null, "requires_payment_method"
    table.insert(self.intents, intent)
    return intent
end

local function balance_transaction(self, charge, fee)
    local entry = object(self, "txn", "balance_transaction", charge.created)
    entry.livemode = nil
    entry.amount, entry.fee, entry.net = charge.amount, fee, charge.amount - fee
    entry.currency, entry.source, entry.type, entry.status = charge.currency, charge.id, "charge", "available"
    entry.reporting_category = "charge"
    table.insert(self.transactions, entry)
    return entry
end

-- Takes the money of an intent: makes its charge and the entry in the balance.
local function capture(self, intent, created)
    local charge = object(self, "ch", "charge", created)
    charge.amount, charge.amount_captured, charge.amount_refunded = intent.amount, intent.amount, 0
    charge.currency, charge.payment_intent, charge.metadata = intent.currency, intent.id, intent.metadata
    charge.paid, charge.captured, charge.refunded, charge.status = true, true, false, "succeeded"
    charge.description = intent.description
    table.insert(self.charges, charge)
    local fee = math.floor(charge.amount * FEE_RATE + FEE_FIXED + 0.5)
    charge.balance_transaction = balance_transaction(self, charge, fee).id
    intent.status, intent.amount_received, intent.latest_charge = "succeeded", intent.amount, charge.id
    return charge
end

-- A payment of the past, of which no webhook is told: fields amount (cents), currency, metadata;
-- created in seconds. Returns its intent.
function payments:record(fields, created)
    local intent = new_intent(self, fields, created)
    capture(self, intent, created)
    return intent
end

local function confirm(self, intent)
    if intent.status == "succeeded" then
        problem.invalid(nil, ("You cannot confirm this PaymentIntent because it has already succeeded after being "
            .. "previously confirmed."), "payment_intent_unexpected_state")
    end
    if intent.payment_method == json.null then
        problem.invalid("payment_method", "You cannot confirm this PaymentIntent because it's missing a payment "
            .. "method.", "payment_intent_unexpected_state")
    end
    local decline = DECLINED[intent.payment_method]
    if decline then
        self.webhooks:emit("payment_intent.payment_failed", intent)
        problem.raise(402, {
            type = "card_error", code = "card_declined", decline_code = decline, message = "Your card was declined.",
        })
    end
    local charge = capture(self, intent)
    self.webhooks:emit("charge.succeeded", charge)
    self.webhooks:emit("payment_intent.succeeded", intent)
    return intent
end

local function check_amount(name, amount)
    if amount < 50 then problem.invalid(name, "Amount must be at least $0.50 usd", "amount_too_small") end
    return amount
end

local INTENT_FIELDS = {
    "amount", "currency", "payment_method", "confirm", "metadata", "description", "payment_method_types",
    "automatic_payment_methods", "receipt_email", "customer", "return_url", "expand", "statement_descriptor",
}

local function create_intent(self, params)
    problem.check_known(params, INTENT_FIELDS)
    problem.check_required(params, { "amount", "currency" })
    local intent = new_intent(self, {
        amount = check_amount("amount", problem.integer("amount", params.amount)), currency = params.currency:lower(),
        metadata = params.metadata, description = params.description, payment_method = params.payment_method,
    })
    if intent.payment_method ~= json.null then intent.status = "requires_confirmation" end
    return params.confirm == "true" and confirm(self, intent) or intent
end

local function confirm_intent(self, params, id)
    local intent = find(self.intents, id, "payment_intent")
    problem.check_known(params, { "payment_method", "return_url", "expand" })
    intent.payment_method = params.payment_method or intent.payment_method
    return confirm(self, intent)
end

-- Sum in cents and currency of a session's line items.
local function total(items)
    local sum, currency = 0, nil
    for index, item in ipairs(items) do
        local where = ("line_items[%d]"):format(index - 1)
        if item.price then problem.missing("price", item.price, where .. "[price]") end
        local price = type(item.price_data) == "table" and item.price_data
            or problem.invalid(where, "You must specify either `price` or `price_data`.", "parameter_missing")
        problem.check_required(price, { "currency", "unit_amount" })
        local quantity = problem.integer(where .. "[quantity]", item.quantity or "1")
        sum = sum + quantity * problem.integer(where .. "[price_data][unit_amount]", price.unit_amount)
        currency = price.currency:lower()
    end
    return check_amount("line_items", sum), currency
end

local SESSION_FIELDS = {
    "mode", "line_items", "success_url", "cancel_url", "client_reference_id", "metadata", "payment_intent_data",
    "customer_email", "payment_method_types", "expires_at", "expand", "customer", "locale", "ui_mode",
}

-- Makes a checkout session from form parameters.
function payments:create_session(params)
    problem.check_known(params, SESSION_FIELDS)
    problem.check_required(params, { "mode", "line_items", "success_url" })
    if params.mode ~= "payment" then problem.invalid("mode", "This pretend Stripe only knows the mode `payment`.") end
    local amount, currency = total(params.line_items)
    local session = object(self, "cs_test", "checkout.session")
    session.mode, session.status, session.payment_status = "payment", "open", "unpaid"
    session.amount_subtotal, session.amount_total, session.currency = amount, amount, currency
    session.success_url, session.cancel_url = params.success_url, params.cancel_url or json.null
    session.client_reference_id = params.client_reference_id or json.null
    session.metadata, session.payment_intent = params.metadata or {}, json.null
    session.expires_at = session.created + 86400
    session.url = "https://checkout.stripe.com/c/pay/" .. session.id
    table.insert(self.sessions, session)
    self.due[session.id] = self.core.now() + self.delay
    return session
end

local function pay(self, session)
    local intent = new_intent(self, {
        amount = session.amount_total, currency = session.currency, metadata = session.metadata,
        payment_method = "pm_card_visa",
    })
    session.payment_intent, session.status, session.payment_status = intent.id, "complete", "paid"
    confirm(self, intent)
    self.webhooks:emit("checkout.session.completed", session)
end

-- Lets the customers pay whose time has come.
function payments:tick(now)
    for _, session in ipairs(self.sessions) do
        if session.status == "open" and self.due[session.id] <= now then pay(self, session) end
    end
end

local function balance(self)
    local available = 0
    for _, entry in ipairs(self.transactions) do available = available + entry.net end
    local funds = json.array { { amount = available, currency = "usd", source_types = { card = available } } }
    return { object = "balance", livemode = false, available = funds, pending = json.array {} }
end

local function lister(field, path, filters)
    return function(self, params) return list.page(self[field], params, path, filters) end
end

local function getter(field, kind)
    return function(self, _, id) return find(self[field], id, kind) end
end

-- What is answered, by method and path: { method, pattern, function(self, params, id) }.
payments.ROUTES = {
    { "GET", "^/v1/balance$", balance },
    { "GET", "^/v1/balance_transactions$", lister("transactions", "/v1/balance_transactions", {
        type = list.equals("type"), source = list.equals("source"), currency = list.equals("currency"),
    }) },
    { "GET", "^/v1/charges$", lister("charges", "/v1/charges", { payment_intent = list.equals("payment_intent") }) },
    { "GET", "^/v1/charges/([%w_]+)$", getter("charges", "charge") },
    { "GET", "^/v1/payment_intents$", lister("intents", "/v1/payment_intents", {}) },
    { "POST", "^/v1/payment_intents$", create_intent },
    { "GET", "^/v1/payment_intents/([%w_]+)$", getter("intents", "payment_intent") },
    { "POST", "^/v1/payment_intents/([%w_]+)/confirm$", confirm_intent },
    { "GET", "^/v1/checkout/sessions$", lister("sessions", "/v1/checkout/sessions", {
        payment_intent = list.equals("payment_intent"), status = list.equals("status"),
    }) },
    { "POST", "^/v1/checkout/sessions$", payments.create_session },
    { "GET", "^/v1/checkout/sessions/([%w_]+)$", getter("sessions", "checkout.session") },
}

return payments
