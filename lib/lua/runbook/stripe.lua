-- runbook.stripe: Stripe's API and webhook signatures, as far as a go-live needs them.
-- Signatures follow https://docs.stripe.com/webhooks#verify-manually and agree with the official
-- libraries: tests/lua/stripe_vectors.lua.
local stripe = {}

-- stripe.sign(payload, secret, timestamp): the Stripe-Signature header for a body sent at `timestamp`
-- (whole seconds since 1970).
function stripe.sign(payload, secret, timestamp)
    return ("t=%d,v1=%s"):format(timestamp, crypto.hmac_sha256(secret, ("%d.%s"):format(timestamp, payload)))
end

-- stripe.verify(payload, header, secret, { tolerance = 300, now = seconds }): true, or false and why
-- not. Any v1 of the header that matches passes; the age is judged after the signature and to one side,
-- against `now` (default: the time it is). A tolerance of 0 takes any age. An empty secret, with which
-- anybody can sign, verifies nothing.
function stripe.verify(payload, header, secret, options)
    options = words.options(options, "stripe.verify")
    words.fields(options, { tolerance = "number", now = "number" }, "the options of stripe.verify")
    if secret == "" then return false, "the secret is empty" end
    local timestamp, signatures = nil, {}
    for item in header:gmatch("[^,]+") do
        local name, value = item:match("^([^=]*)=(.*)$")
        if name == "t" then
            timestamp = value:match("^%-?%d+$") and math.tointeger(tonumber(value))
        elseif name == "v1" then
            signatures[#signatures + 1] = value
        end
    end
    if not timestamp then return false, "the header has no timestamp" end
    if #signatures == 0 then return false, "the header has no v1 signature" end
    local expected = crypto.hmac_sha256(secret, ("%d.%s"):format(timestamp, payload))
    local matches = false
    for _, signature in ipairs(signatures) do
        matches = crypto.equal(signature, expected) or matches
    end
    if not matches then return false, "no signature matches" end
    local tolerance, now = options.tolerance or 300, options.now or wait.now()
    if tolerance > 0 and now - timestamp > tolerance then
        return false, "the timestamp is too old"
    end
    return true
end

-- stripe.client { key = "sk_test_...", base = "https://api.stripe.com", live = false, ... }: verbs like
-- http.client's, with the key, retries and the API's habits. A live key is refused unless live = true
-- says that it is meant. Further options go to http.
function stripe.client(options)
    words.read(options, words.takes("http.request", { key = "string!", base = "string", live = "boolean" }),
        "stripe.client")
    local key, live = options.key, options.live
    if key:find("^[sr]k_live_") and not live then
        engine.raise("usage", "the Stripe key is a live one; say that it is meant, or use a test key")
    end
    local all = { base = options.base or "https://api.stripe.com", retries = 3,
        headers = { Authorization = "Bearer " .. key } }
    for name, value in pairs(options) do
        if name ~= "key" and name ~= "live" and name ~= "base" then all[name] = value end
    end
    local client = http.client(all)

    -- client.all(path, query): every object of a list, over all its pages. Fails when a page repeats what was
    -- there before, or says that more follows and gives nothing to go on from.
    function client.all(path, query)
        local items, seen, after = {}, {}, nil
        repeat
            local page = {}
            for name, value in pairs(query or {}) do page[name] = value end
            page.limit, page.starting_after = 100, after
            local list = client.get(path, { query = page }):expect(200):json()
            for _, item in ipairs(list.data) do
                if item.id and seen[item.id] then
                    check.fail("the list %s repeats itself: %s came a second time, %s", path, item.id,
                        after and "on the page behind " .. after or "on its first page")
                end
                if item.id then seen[item.id] = true end
                items[#items + 1] = item
            end
            local last = list.data[#list.data]
            after = last and last.id
            if list.has_more and not after then
                check.fail("the list %s says that more follows, but its page %s", path,
                    last and "ends with something that has no id" or "is empty")
            end
        until not list.has_more
        return items
    end
    return client
end

local function has_events(endpoint, events)
    local enabled = {}
    for _, name in ipairs(endpoint.enabled_events) do enabled[name] = true end
    for _, name in ipairs(events) do
        if not enabled[name] and not enabled["*"] then return false, name end
    end
    return true
end

-- What stands in the metadata of an endpoint whose secret is still on its way.
local PENDING = "not handed over"

-- An endpoint whose secret was lost with the run that made it is of no use to anybody.
local function remove_orphan(client, endpoint)
    client.delete("/v1/webhook_endpoints/" .. endpoint.id, {
        label = ("delete %s of run %s, for its secret reached nobody"):format(endpoint.id,
            endpoint.metadata.runbook_run or "unknown"),
        repeatable = true, assume = { status = 200 },
    }):expect(200, 404)
end

local function find_endpoint(client, url)
    local found
    for _, endpoint in ipairs(client.all("/v1/webhook_endpoints")) do
        local orphan = endpoint.metadata and endpoint.metadata.runbook_secret == PENDING
        if endpoint.url == url and orphan then
            remove_orphan(client, endpoint)
        elseif endpoint.url == url and (not found or endpoint.status == "enabled") then
            found = endpoint
        end
    end
    return found
end

-- stripe.ensure_endpoint(client, { url =, events = { ... }, key = "idempotency key", run = run.id }): finds
-- the webhook endpoint with this URL, updates its events or enables it where needed, or creates it. Returns
-- the endpoint (with its `secret` only when it was created: Stripe never shows it again) and "found",
-- "updated" or "created". With `run` a new one is marked until stripe.handed_over says that its secret has
-- arrived; one that is still marked was left behind by a run that was killed, and is replaced.
function stripe.ensure_endpoint(client, options)
    words.read(options, { url = "string!", events = "table!", key = "string", run = "string" }, "stripe.ensure_endpoint")
    local found = find_endpoint(client, options.url)
    if not found then
        local mark = options.run and { runbook_run = options.run, runbook_secret = PENDING }
        local made = client.post("/v1/webhook_endpoints", {
            form = { url = options.url, enabled_events = options.events, metadata = mark },
            idempotency_key = options.key, sensitive = true, secret = { "secret" },
            assume = { json = { id = "we_planned", url = options.url, status = "enabled",
                enabled_events = options.events, secret = "whsec_planned" } },
        }):expect(200):json()
        return made, "created"
    end
    if has_events(found, options.events) and found.status == "enabled" then
        return found, "found"
    end
    local updated = client.post("/v1/webhook_endpoints/" .. found.id, {
        form = { enabled_events = options.events, disabled = false },
        idempotency_key = options.key,
        assume = { json = { id = found.id, url = found.url, status = "enabled",
            enabled_events = options.events } },
    }):expect(200):json()
    return updated, "updated"
end

-- stripe.handed_over(client, endpoint, key): notes at Stripe that the secret of a new endpoint has reached
-- whoever checks its signatures. `key` is the idempotency key.
function stripe.handed_over(client, endpoint, key)
    client.post("/v1/webhook_endpoints/" .. endpoint.id, {
        label = "note that the endpoint's secret was handed over",
        form = { metadata = { runbook_secret = "" } }, idempotency_key = key,
        assume = { status = 200 }, varies = { "url" }, -- which has its id
    }):expect(200)
end

return stripe
