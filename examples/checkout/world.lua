-- The checkout sandbox: a shop's checkout that signs its receipts, and a metrics server that counts
-- them. A new signing key has to be loaded by every instance before it may sign a share of them.
--   runbook sandbox examples/checkout/world.lua [--fault NAME[@SHARE]]
local prometheus = require "runbook.world.prometheus"
local registry = require "runbook.world.registry"

local TOKEN = "sandbox-checkout-token" -- opens nothing but this sandbox
local INSTANCES, LOAD_SECONDS = 3, 0.5 -- one after the other loads a key, in this time each
local RECEIPTS_PER_SECOND, HISTORY, TICK = 200, 60, 0.1

-- A fault that is given with a share holds only while the next key signs at least that share.
local function fault(w, name)
    local from = w.faults[name]
    return from == true or type(from) == "number" and w.share >= from
end

-- How many instances have the key by now.
local function loaded(w, key)
    local most = INSTANCES - (fault(w, "instance-behind") and key.id == w.next and 1 or 0)
    return math.max(0, math.min(most, math.floor((w.now() - key.at) / LOAD_SECONDS)))
end

local function refusal(status, message) return { status = status, json = { error = message } } end

local function shown(w, id)
    return { id = id, loaded = loaded(w, w.keys[id]), instances = INSTANCES }
end

local routes = {} -- METHOD path, where * stands for a key's id

routes["GET /healthz"] = function() return { json = { status = "ok" } } end

routes["GET /signing"] = function(w)
    return { json = { current = w.current, next = w.next or json.null, share = w.share } }
end

routes["PUT /signing"] = function(w, _, body)
    local key = w.keys[body.next]
    if not key or body.next ~= w.next then return refusal(404, "`next` has to be the next key") end
    if loaded(w, key) < INSTANCES then return refusal(409, key.id .. " is not loaded everywhere") end
    w.share = body.share
    return routes["GET /signing"](w)
end

routes["GET /keys/*"] = function(w, id)
    return w.keys[id] and { json = shown(w, id) } or refusal(404, "there is no key " .. id)
end

routes["PUT /keys/*"] = function(w, id)
    if w.keys[id] then return { json = shown(w, id) } end
    if w.next then return refusal(409, w.next .. " is there already, and not in use yet") end
    w.keys[id], w.next = { id = id, at = w.now() }, id
    return { status = 201, json = shown(w, id) }
end

-- Signs a receipt nobody gets, and says whether it verifies.
routes["POST /keys/*/probe"] = function(w, id)
    local key = w.keys[id]
    local answer = key and { json = { key = id, valid = loaded(w, key) == INSTANCES } }
        or refusal(404, "there is no key " .. id)
    answer.write = false
    return answer
end

routes["DELETE /keys/*"] = function(w, id)
    local signs = id == w.current and w.share < 100 or id == w.next and w.share > 0
    if not w.keys[id] then return refusal(404, "there is no key " .. id) end
    if signs then return refusal(409, id .. " signs receipts") end
    w.keys[id] = nil
    if id == w.current then w.current, w.share = w.next, 0 end
    w.next = nil
    return { status = 204 }
end

local function checkout(w, req)
    if req.headers.authorization ~= "Bearer " .. TOKEN and req.path ~= "/healthz" then
        return refusal(401, "a token is needed: Authorization: Bearer ...")
    end
    local id = req.path:match("^/keys/([%w_-]+)")
    local route = routes[req.method .. " " .. req.path:gsub("^/keys/[%w_-]+", "/keys/*")]
    local body = req.body ~= "" and json.decode(req.body) or {}
    return route and route(w, id, body) or refusal(404, "no such path")
end

-- Signs the receipts of one tick that ends at `at`, and lets the metrics server look at the counters.
local function pass(w, at)
    local all, share = RECEIPTS_PER_SECOND * TICK, w.share / 100
    local bad = fault(w, "bad-signatures") and 0.05 or 0
    w.receipts:add(all * (1 - share), "current", "valid")
    w.receipts:add(all * share * (1 - bad), "next", "valid")
    w.receipts:add(all * share * bad, "next", "invalid")
    w.metrics:scrape(w.target, at)
    w.at = at
end

local function advance(w, now)
    for at = w.at + TICK, now, TICK do pass(w, at) end
end

return {
    name = "checkout",
    listen = { checkout = {}, metrics = {} },
    faults = {
        ["instance-behind"] = "one instance never loads the next key",
        ["bad-signatures"] = "5 % of the receipts that the next key signs do not verify",
    },
    hint = "runbook examples/checkout/rotate_keys.lua --values {dir}/values.yaml",
    start = function(w)
        local counts = registry.new()
        w.receipts = counts:counter("checkout_receipts_total", "Receipts signed.", { "signer", "outcome" })
        w.metrics = prometheus.new { now = w.now, retention = 900 }
        w.target = prometheus.target(counts, { job = "checkout" })
        w.current, w.share, w.keys = "key-1", 0, { ["key-1"] = { id = "key-1", at = 0 } }
        w.at = w.now() - HISTORY
        advance(w, w.now())
    end,
    tick = advance,
    handle = { checkout = checkout, metrics = function(w, req) return w.metrics:handle(w, req) end },
    files = function(w)
        return { ["values.yaml"] = { url = w.urls.checkout, token = TOKEN, prometheus_url = w.urls.metrics,
            bake = "2s", window = "2s", min_receipts = 10 } }
    end,
    snapshot = function(w) return { keys = w.keys, current = w.current, next = w.next, share = w.share } end,
}
