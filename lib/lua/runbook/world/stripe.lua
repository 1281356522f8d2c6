-- stripe: a pretend Stripe in test mode: its key, its form parameters, its idempotency keys, and what
-- stands in stripe/webhooks.lua and stripe/payments.lua.
local form = require "runbook.world.form"
local payments = require "runbook.world.stripe.payments"
local problem = require "runbook.world.stripe.problem"
local webhooks = require "runbook.world.stripe.webhooks"

local stripe = {}
stripe.__index = stripe

local KEY_LENGTH = 255 -- of an idempotency key
local KEY_LIFE = 86400 -- seconds

-- A Stripe with options: now (function giving seconds), key ("sk_test_..."), deliver (see webhooks.new),
-- deliver_after and pay_after in seconds.
function stripe.new(options)
    local self = setmetatable({
        now = options.now, key = options.key, api_version = options.api_version or "2024-06-20",
        count = 0, answers = {},
    }, stripe)
    self.webhooks = webhooks.new(self, options.deliver, options.deliver_after or 0.2)
    self.payments = payments.new(self, self.webhooks, options.pay_after or 0.5)
    return self
end

-- The next id with that prefix; the same order of calls gives the same ids.
function stripe:id(prefix)
    self.count = self.count + 1
    return prefix .. "_" .. crypto.sha256("stripe " .. self.count):sub(1, 24)
end

-- Pays and delivers what is due; to be called often.
function stripe:tick(now)
    self.payments:tick(now)
    self.webhooks:tick(now)
end

-- What lasts: endpoints and payments.
function stripe:snapshot()
    local held = self.payments
    return {
        webhook_endpoints = json.array(self.webhooks.endpoints), checkout_sessions = json.array(held.sessions),
        payment_intents = json.array(held.intents), charges = json.array(held.charges),
        balance_transactions = json.array(held.transactions), events = json.array(self.webhooks.events),
    }
end

local function check_key(self, headers)
    local given = (headers.authorization or ""):match("^[Bb]earer%s+(%S+)$")
    local basic = (headers.authorization or ""):match("^[Bb]asic%s+(%S+)$")
    if basic then given = (crypto.base64_decode(basic) or ""):match("^([^:]*)") end
    if not given then
        problem.raise(401, {
            type = "invalid_request_error",
            message = "You did not provide an API key. You need to provide your API key in the Authorization header, "
                .. "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        })
    end
    if given ~= self.key then
        problem.raise(401, {
            type = "invalid_request_error",
            message = ("Invalid API Key provided: %s****%s"):format(given:sub(1, 8), given:sub(-4)),
        })
    end
end

local function route(self, req)
    for _, part in ipairs { self.webhooks, self.payments } do
        for _, row in ipairs(part.ROUTES) do
            local id = req.path:match(row[2])
            if id and req.method == row[1] then return part, row[3], id ~= req.path and id or nil end
        end
    end
    problem.raise(404, {
        type = "invalid_request_error",
        message = ("Unrecognized request URL (%s: %s)."):format(req.method, req.path),
    })
end

-- The stored answer of an earlier request with this idempotency key; nil when it is the first.
local function stored_answer(self, key, req)
    if #key > KEY_LENGTH then
        problem.raise(400, {
            type = "invalid_request_error", message = "Idempotency key is too long; it must be at most 255 characters.",
        })
    end
    local stored = self.answers[key]
    if not stored or stored.at < self.now() - KEY_LIFE then return nil end
    if stored.path ~= req.path or stored.body ~= req.body then
        problem.raise(400, {
            type = "idempotency_error",
            message = ("Keys for idempotent requests can only be used with the same parameters they were first used "
                .. "with. Try using a key other than '%s' if you meant to execute a different request."):format(key),
        })
    end
    return { status = stored.status, body = stored.text, headers = { ["idempotent-replayed"] = "true" } }
end

local function perform(self, req)
    check_key(self, req.headers)
    local part, act, id = route(self, req)
    local key = req.method == "POST" and req.headers["idempotency-key"]
    local stored = key and stored_answer(self, key, req)
    if stored then return stored end
    local params = form.nested(req.method == "POST" and req.body or form.query(req.target))
    local ok, result = pcall(act, part, params, id)
    if not ok and type(result) ~= "table" then error(result, 0) end
    local answer = ok and { status = 200, json = result } or result
    answer = { status = answer.status, body = json.encode(answer.json), headers = {} }
    if key and answer.status ~= 400 and answer.status ~= 404 then
        self.answers[key] = {
            path = req.path, body = req.body, status = answer.status, text = answer.body, at = self.now(),
        }
    end
    return answer
end

-- Answers one request; the world it stands in is not looked at.
function stripe:handle(_, req)
    local ok, answer = pcall(perform, self, req)
    if not ok then
        if type(answer) ~= "table" then error(answer, 0) end
        answer = { status = answer.status, body = json.encode(answer.json), headers = {} }
    end
    answer.headers["content-type"] = "application/json"
    answer.headers["request-id"] = self:id("req")
    answer.headers["stripe-version"] = self.api_version
    if req.headers["idempotency-key"] then answer.headers["idempotency-key"] = req.headers["idempotency-key"] end
    return answer
end

return stripe
