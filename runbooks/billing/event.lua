-- Stripe events for the go-live: posting them to the service as Stripe would, and finding what became
-- of them in the ledger.
local service = require "billing.service"
local stripe = require "runbook.stripe"
local event = {}

-- Posts an event with a fresh signature and returns the answer. `secret` default: the right one.
-- `assume` is the answer that a plan goes on with, `varies` what of the request it cannot know.
function event.post(run, body, options)
    local now = math.floor(wait.now())
    return service.client(run).post(run.webhook_path, {
        body = body,
        headers = {
            ["Content-Type"] = "application/json; charset=utf-8",
            ["Stripe-Signature"] = stripe.sign(body, options.secret or run.webhook_secret, now),
        },
        label = options.label,
        assume = options.assume,
        varies = options.varies,
        repeatable = true, -- the service knows an event again by its id
    })
end

-- An event that credits the go-live account with the probe plan: one credit, no money.
function event.probe(run, id)
    return json.encode {
        id = id, object = "event", type = "checkout.session.completed", livemode = false,
        created = math.floor(wait.now()),
        data = { object = {
            id = "cs_" .. id, object = "checkout.session", payment_status = "paid", currency = "usd",
            amount_total = 0, payment_intent = json.null,
            metadata = { account = run.account, plan = run.probe_plan, correlation_id = run.id },
        } },
    }
end

-- The ledger entries of the go-live account for which field == value.
function event.entries(run, field, value)
    local ledger = service.client(run, run.account_token).get(run.ledger_path):expect(200):json()
    local found = {}
    for _, entry in ipairs(ledger.entries) do
        if entry[field] == value then found[#found + 1] = entry end
    end
    return found
end

return event
