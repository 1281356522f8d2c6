-- rotate_keys.lua: give the checkout a new key to sign its receipts with.
--
-- Makes a key, waits until every instance has loaded it, and lets it sign a growing share of the receipts
-- while a gate is watched. When anything goes wrong, the old key signs everything again and the new one
-- is gone. The old key is deleted only when asked to (retire), and after an approval.
--
--   runbook sandbox examples/checkout/world.lua                                    a shop to try it on
--   runbook plan examples/checkout/rotate_keys.lua --values .sandbox/values.yaml   review it first
--   runbook examples/checkout/rotate_keys.lua --values .sandbox/values.yaml        do it
--
-- ▸ share 25 %
--     ● the share of key-20261122-153800-00fca9: 5 -> 25 %  200 in 0ms                           0ms
--     ✓ invalid receipts  0 %  below 0.5 %
-- ✓ share 25 %                                                                                     2s
local canary = require "runbook.canary"

local function shop(run)
    return http.client { base = run.url, headers = { Authorization = "Bearer " .. run.token } }
end

-- The key gets the run's name, so that an undo knows it even when making it went wrong.
local function new_key(run) return "key-" .. run.id end

local function signing(run) return shop(run).get("/signing"):expect(200):json() end

local function prometheus(run) return metrics.prometheus(run.prometheus_url) end

-- A router of our own for runbook.canary: what moves is the share of receipts that the new key signs.
local share = {
    name = function(run) return new_key(run) end,
    weight = function(run) return signing(run).share end,
    set = function(run, percent, from)
        return shop(run).put("/signing", {
            json = { next = new_key(run), share = percent },
            assume = { json = { next = new_key(run), share = percent } },
            label = ("the share of %s: %s -> %s %%"):format(new_key(run), from, percent),
        }):expect(200)
    end,
}

return runbook {
    name    = "checkout-rotate-keys",
    summary = "A new signing key for the checkout, in shares from 5 to 100 %",

    allow = {
        "env CHECKOUT_TOKEN",
        "http GET, PUT, POST, DELETE ${url}",
        "metrics ${prometheus_url}",
    },

    params = {
        url            = param { help = "address of the checkout" },
        token          = secret { env = "CHECKOUT_TOKEN", help = "may change keys" },
        prometheus_url = param { default = "http://prometheus.monitoring:9090" },
        load_timeout   = param { default = "2m", type = "duration", help = "of loading the key" },
        bake           = param { default = "10m", type = "duration", help = "time at each share" },
        window         = param { default = "5m", type = "duration", help = "of the rates" },
        min_receipts   = param { default = 100, help = "before a share of invalid ones means anything" },
        retire         = param { default = false, help = "delete the old key afterwards" },
    },

    phase "preflight" { keep_going = true,
        step "the checkout is healthy" {
            function(run) check.equal(shop(run).get("/healthz"):json().status, "ok", "its status") end,
        },

        step "no other rotation is under way" {
            function(run) check.equal(signing(run).next, json.null, "the next key") end,
        },

        step "receipts are counted" {
            function(run)
                local rate = prometheus(run):value(run.fill "sum(rate(checkout_receipts_total[${window}s]))")
                check(rate > 0, "%.0f receipts a second are signed", rate)
            end,
        },
    },

    phase "rotate" { on_failure = "rollback",
        step "the new key is made" {
            function(run) shop(run).put("/keys/" .. new_key(run), { assume = { status = 201 } }):expect(201) end,
            undo = function(run) shop(run).delete("/keys/" .. new_key(run), { assume = { status = 204 } })
                :expect(204, 404) end,
        },

        step "every instance has loaded it" {
            function(run)
                wait.until_ { every = "250ms", timeout = run.load_timeout, label = "loading the key",
                    assume = true, fn = function()
                        local answer = shop(run).get("/keys/" .. new_key(run))
                        if answer.status ~= 200 then return false, "no such key" end
                        local key = answer:json()
                        return key.loaded == key.instances, key.loaded .. " of " .. key.instances
                    end }
            end,
        },

        step "receipts signed with it verify" {
            function(run)
                local probe = shop(run).post("/keys/" .. new_key(run) .. "/probe", { reads = true })
                check(probe.status == 200 and probe:json().valid, "a probe receipt verifies")
            end,
        },

        canary.steps {
            router = share, name = "share", weights = { 5, 25, 100 },
            bake = "${bake}", metrics = prometheus,
            gates = {
                gate "invalid receipts" { below = 0.005, unit = "%", min_requests = "${min_receipts}",
                    query = '(sum(rate(checkout_receipts_total{signer="next",outcome="invalid"}[${window}s]))'
                        .. ' or vector(0)) / sum(rate(checkout_receipts_total{signer="next"}[${window}s]))',
                    requests = 'sum(increase(checkout_receipts_total{signer="next"}[${bake}s]))' },
            },
        },
    },

    phase "retire" {
        step "the old key is deleted" {
            when = function(run) return run.retire end,
            lasting = "the old key signs nothing any more",
            function(run)
                local now = signing(run)
                ask.approve(("Delete %s? It signs %d %% of the receipts."):format(now.current, 100 - now.share))
                shop(run).delete("/keys/" .. now.current, { assume = { status = 204 } }):expect(204)
            end,
        },
    },
}
