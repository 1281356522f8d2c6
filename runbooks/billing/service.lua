-- What both billing runbooks know about the service: how to call it, what its ledger holds, and the
-- parameters for that. docs/billing-service.md says what a service must offer.
local service = {}

-- The parameters that both runbooks take.
service.params = {
    host          = param { default = "billing.student-pilot.replit.app", help = "public host name" },
    connect       = param { optional = true, type = "string", help = "connect to this address instead of the host's" },
    ca_file       = param { optional = true, type = "string", help = "CA that the host's certificate is judged by" },
    stripe_api    = param { default = "https://api.stripe.com", help = "address of Stripe's API" },
    stripe_key    = secret { env = "STRIPE_API_KEY", help = "a test key, unless allow_live says otherwise" },
    allow_live    = param { default = false, help = "a live Stripe key is meant" },
    ops_token     = secret { env = "BILLING_OPS_TOKEN", help = "may read all accounts" },
    summary_path  = param { default = "/api/reports/summary" },
}

-- This runbook's own parameters together with the shared ones.
function service.with_params(own)
    for name, declared in pairs(service.params) do own[name] = declared end
    return own
end

-- How the host is reached: options for http and for tls.
function service.connection(run)
    return { resolve = run.connect, ca = run.ca_file, timeout = "10s" }
end

-- HTTP verbs for the service, with a bearer token or without.
function service.client(run, token)
    local options = service.connection(run)
    options.base = "https://" .. run.host
    options.headers = token and { Authorization = "Bearer " .. token }
    return http.client(options)
end

-- Stripe's API, for the key that was given.
function service.stripe(run)
    return require "runbook.stripe".client { base = run.stripe_api, key = run.stripe_key,
        live = run.allow_live, ca = run.ca_file }
end

-- Cents as dollars: 123456 -> "1234.56".
function service.dollars(cents)
    local sign = cents < 0 and "-" or ""
    cents = math.abs(cents)
    return ("%s%d.%02d"):format(sign, cents // 100, cents % 100)
end

return service
