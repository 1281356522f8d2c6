-- webhooks: Stripe's webhook endpoints, its events, and their signed delivery.
local list = require "runbook.world.stripe.list"
local problem = require "runbook.world.stripe.problem"

local webhooks = {}
webhooks.__index = webhooks

local PATH = "/v1/webhook_endpoints"
local MOST_ENDPOINTS = 16
local WRITABLE = { "url", "enabled_events", "api_version", "description", "metadata", "disabled", "expand" }
local RETRY_AFTER = { 1, 5, 30, 300 } -- seconds between attempts; then Stripe gives up
local EVENT_DAYS = 30

-- `core` gives now(), id(prefix) and api_version; `deliver` is function(url, headers, body) giving the
-- HTTP status of the receiver, or nil when nobody answered; `delay` in seconds before the first attempt.
function webhooks.new(core, deliver, delay)
    return setmetatable({
        core = core, deliver = deliver, delay = delay, endpoints = {}, secrets = {}, events = {}, deliveries = {},
    }, webhooks)
end

-- The header that vouches for a body at a moment (seconds).
function webhooks.signature(secret, now, body)
    local t = math.floor(now)
    return ("t=%d,v1=%s"):format(t, crypto.hmac_sha256(secret, t .. "." .. body))
end

local function check_fields(params)
    problem.check_known(params, WRITABLE)
    if params.url and not params.url:match("^https?://[^/%s]+") then
        problem.invalid("url", "Invalid URL: An explicit scheme (such as https) must be provided.", "url_invalid")
    end
    if params.enabled_events and type(params.enabled_events) ~= "table" then
        problem.invalid("enabled_events", "Invalid array")
    end
    for _, event in ipairs(params.enabled_events or {}) do
        if event ~= "*" and not event:match("^[%l%d_]+%.[%l%d_.]+$") then
            problem.invalid("enabled_events", "The following events are invalid: " .. event)
        end
    end
end

local function set_fields(endpoint, params)
    for _, name in ipairs { "url", "description" } do endpoint[name] = params[name] or endpoint[name] end
    for key, text in pairs(params.metadata or {}) do -- key by key; "" takes one away
        endpoint.metadata[key] = text ~= "" and text or nil
    end
    if params.enabled_events then endpoint.enabled_events = json.array(params.enabled_events) end
    if params.disabled then endpoint.status = params.disabled == "true" and "disabled" or "enabled" end
end

local function copied(object)
    local copy = {}
    for name, value in pairs(object) do copy[name] = value end
    return copy
end

-- Makes an endpoint from form parameters; `secret` is made up when not given. Returns it with its
-- secret, which no later answer shows.
function webhooks:create(params, secret)
    check_fields(params)
    problem.check_required(params, { "url", "enabled_events" })
    if #self.endpoints >= MOST_ENDPOINTS then
        problem.invalid(nil, ("You have reached the maximum of %d test webhook endpoints."):format(MOST_ENDPOINTS))
    end
    local endpoint = {
        id = self.core:id("we"), object = "webhook_endpoint", api_version = params.api_version or json.null,
        application = json.null, created = math.floor(self.core.now()), description = json.null,
        livemode = false, metadata = {}, status = "enabled",
    }
    set_fields(endpoint, params)
    self.endpoints[#self.endpoints + 1] = endpoint
    self.secrets[endpoint.id] = secret or self.core:id("whsec")
    local shown = copied(endpoint)
    shown.secret = self.secrets[endpoint.id]
    return shown
end

local function find(objects, id, kind)
    for index, object in ipairs(objects) do
        if object.id == id then return object, index end
    end
    problem.missing(kind:gsub("_", " "), id, kind)
end

local function update(self, params, id)
    local endpoint = find(self.endpoints, id, "webhook_endpoint")
    check_fields(params)
    set_fields(endpoint, params)
    return endpoint
end

local function delete(self, _, id)
    local _, index = find(self.endpoints, id, "webhook_endpoint")
    table.remove(self.endpoints, index)
    return { id = id, object = "webhook_endpoint", deleted = true }
end

local function wants(endpoint, type)
    if endpoint.status ~= "enabled" then return false end
    for _, event in ipairs(endpoint.enabled_events) do
        if event == "*" or event == type then return true end
    end
    return false
end

-- Records that something happened to an object, as it is now, and queues its delivery to every endpoint
-- that wants to know.
function webhooks:emit(type, object)
    local event = {
        id = self.core:id("evt"), object = "event", api_version = self.core.api_version, type = type,
        created = math.floor(self.core.now()), data = { object = copied(object) }, livemode = false,
        pending_webhooks = 0, request = { id = json.null, idempotency_key = json.null },
    }
    self.events[#self.events + 1] = event
    for _, endpoint in ipairs(self.endpoints) do
        if wants(endpoint, type) then
            event.pending_webhooks = event.pending_webhooks + 1
            table.insert(self.deliveries, {
                event = event, endpoint = endpoint, attempt = 0, due = self.core.now() + self.delay, state = "pending",
            })
        end
    end
    return event
end

local function attempt(self, delivery, now)
    local endpoint, secret = delivery.endpoint, self.secrets[delivery.endpoint.id]
    local body = json.encode(delivery.event)
    local status = self.deliver(endpoint.url, {
        ["content-type"] = "application/json; charset=utf-8",
        ["user-agent"] = "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        ["stripe-signature"] = webhooks.signature(secret, now, body),
    }, body)
    delivery.attempt = delivery.attempt + 1
    local again = RETRY_AFTER[delivery.attempt]
    if status and status >= 200 and status < 300 then
        delivery.state = "delivered"
        delivery.event.pending_webhooks = delivery.event.pending_webhooks - 1
    elseif again then
        delivery.due = now + again
    else
        delivery.state = "failed"
    end
end

-- Makes the deliveries that are due.
function webhooks:tick(now)
    for _, delivery in ipairs(self.deliveries) do
        if delivery.state == "pending" and delivery.due <= now then attempt(self, delivery, now) end
    end
end

-- Whether every delivery of an event arrived (wanted "true"), or not all of them did yet ("false").
local function delivery_filter(self)
    return function(event, wanted)
        local arrived = true
        for _, delivery in ipairs(self.deliveries) do
            if delivery.event == event then arrived = arrived and delivery.state == "delivered" end
        end
        return arrived == (wanted == "true")
    end
end

local function events(self, params)
    local oldest, recent = self.core.now() - EVENT_DAYS * 86400, {}
    for _, event in ipairs(self.events) do
        if event.created >= oldest then recent[#recent + 1] = event end
    end
    return list.page(recent, params, "/v1/events", {
        type = list.equals("type"), delivery_success = delivery_filter(self),
        types = function(event, types)
            for _, type in ipairs(types) do
                if type == event.type then return true end
            end
            return false
        end,
    })
end

-- What is answered, by method and path: { method, pattern, function(self, params, id) }.
webhooks.ROUTES = {
    { "GET", "^/v1/webhook_endpoints$", function(self, params) return list.page(self.endpoints, params, PATH, {}) end },
    { "POST", "^/v1/webhook_endpoints$", webhooks.create },
    { "GET", "^/v1/webhook_endpoints/([%w_]+)$", function(self, _, id)
        return (find(self.endpoints, id, "webhook_endpoint"))
    end },
    { "POST", "^/v1/webhook_endpoints/([%w_]+)$", update },
    { "DELETE", "^/v1/webhook_endpoints/([%w_]+)$", delete },
    { "GET", "^/v1/events$", events },
    { "GET", "^/v1/events/([%w_]+)$", function(self, _, id) return (find(self.events, id, "event")) end },
}

return webhooks
