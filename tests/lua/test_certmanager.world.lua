-- The world of test_certmanager.lua: cert-manager's objects for every case, a web server that answers
-- challenges well and badly, and a site with a certificate.
local cases = require "certmanager_cases"
local objects = require "certmanager_objects"
local kubernetes = require "runbook.world.kubernetes"
local KEY = objects.KEY
-- For site.test, of one day: the 1st of January 2025. Nobody has its key.
local EXPIRED = [[
-----BEGIN CERTIFICATE-----
MIIBkzCCATmgAwIBAgIUcYYNrQmtBMST0MwiOBCk1jpmKQgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJc2l0ZS50ZXN0MB4XDTI1MDEwMTAwMDAwMFoXDTI1MDEwMjAw
MDAwMFowFDESMBAGA1UEAwwJc2l0ZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEtFbcgfX8hm1zZArJJy1ldp8xO0omTTIGOLLBr6I56VZuNSZhobW05pKX
MyzxeNr71DYa+JGS3JHUU0buUdc6paNpMGcwHQYDVR0OBBYEFILqBNGB32ncTiFs
fOnNSfaYIlvpMB8GA1UdIwQYMBaAFILqBNGB32ncTiFsfOnNSfaYIlvpMA8GA1Ud
EwEB/wQFMAMBAf8wFAYDVR0RBA0wC4IJc2l0ZS50ZXN0MAoGCCqGSM49BAMCA0gA
MEUCIBh1UplBFcOm3rQCo9fu2Crf/Gn8mQ0YL2V8YZsapdFLAiEA2koYSV9fTmmA
98KOdI5g7d5N3YaCpOyvb0fJWZJ9jLo=
-----END CERTIFICATE-----
]]

-- How the web server answers a challenge, by host; the rest have no such page.
local web = {
    ["good.test"] = { body = KEY }, ["both-families.shop.test"] = { body = KEY }, ["one-family.shop.test"] = { body = KEY },
    ["other-key.test"] = { body = "another.key" },
    ["newline.test"] = { body = KEY .. "\n" },
    ["port.test"] = { status = 302, headers = { location = "http://port.test:8443/x" } },
    ["https.test"] = { status = 301, headers = { location = "https://https.test/x" } },
    ["broken-https.test"] = { status = 301, headers = { location = "https://broken-https.test/x" } },
    ["circle.test"] = { status = 302, headers = { location = "/circle" } },
    ["elsewhere.test"] = { status = 302, headers = { location = "http://www.elsewhere.test/" } },
    ["mail.test"] = { status = 302, headers = { location = "mailto:x@mail.test" } },
    ["hang-up.test"] = { abort = true },
}

-- Hosts that tests/system/test_dns.sh has in its zones.
local zones = {
    ["DNS-01"] = "all one none old alias alias-none circle",
    ["HTTP-01"] = "both-families one-family no-address",
}
local says = {
    ["DNS-01"] = 'Waiting for DNS-01 challenge propagation: DNS record for "x" not yet propagated',
    ["HTTP-01"] = "Waiting for HTTP-01 challenge propagation: failed to perform self check GET request 'x': new",
}

local function put_host(w, namespace, host, kind)
    objects.put_case(w.api, namespace, { host = host, challenges = { { type = kind, reason = says[kind] } } }, 0)
end

-- When the certificate in a PEM text ends: the second UTCTime of its DER (RFC 5280, section 4.1.2.5).
local function end_of(pem)
    local der = crypto.base64_decode((pem:match("BEGIN CERTIFICATE%-+(.-)%-"):gsub("%s", "")))
    local y, mo, d, h, mi, s = der:match("\23\13%d+Z\23\13(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)Z")
    return ("20%s-%s-%sT%s:%s:%sZ"):format(y, mo, d, h, mi, s)
end

-- Ready; its Secret holds the PEM text. `more` is more of the case, not_after what the status says.
local function put_ready(w, namespace, pem, more)
    local case = { host = "site.test", names = json.array { "site.test" },
        status = { revision = 1, notAfter = more and more.not_after or end_of(pem) },
        request = { "Issued", "x", revision = 1 }, ready = { "True", "Ready", "up to date" } }
    for key, value in pairs(more or {}) do case[key] = value end
    objects.put_case(w.api, namespace, case, 0)
    w.api:put { apiVersion = "v1", kind = "Secret", type = "kubernetes.io/tls", metadata = objects.meta(namespace, "shop-tls"),
        data = { ["tls.crt"] = crypto.base64_encode(pem), ["tls.key"] = crypto.base64_encode("a private key") } }
end

return {
    name = "certmanager",
    listen = { kubernetes = { tls = true }, web = {}, site = { tls = true, names = "site.test,https.test" },
        other = { tls = true, names = "site.test" } },
    start = function(w)
        local hidden = {}
        w.api = kubernetes.new { token = "t", now = w.now, allow = function(_, plural, namespace)
            local here = hidden[namespace or ""]
            return not (here and here[plural])
        end }
        for i, case in ipairs(cases) do
            objects.put_case(w.api, "case-" .. i, case, w.now())
            hidden["case-" .. i] = case.hidden
        end
        for host in pairs(web) do put_host(w, (host:gsub("%.", "-")), host, "HTTP-01") end
        for kind, names in pairs(zones) do
            for name in names:gmatch("%S+") do put_host(w, name, name .. ".shop.test", kind) end
        end
        put_host(w, "lame", "lame.test", "DNS-01")
        put_host(w, "broken", "broken.test", "DNS-01")
        put_host(w, "nowhere", "nowhere.example", "DNS-01")
        put_ready(w, "served", w.certificates.site)
        put_ready(w, "stale", w.certificates.other)
        put_ready(w, "renamed", w.certificates.other, { names = json.array { "site.test", "New.test" } })
        put_ready(w, "not-told", w.certificates.other, { not_after = "2126-01-01T00:00:00Z" })
        put_ready(w, "run-out", EXPIRED)
        put_ready(w, "no-pem", w.certificates.other)
        w.api:put { apiVersion = "v1", kind = "Secret", metadata = objects.meta("no-pem", "shop-tls"), data = {} }
        put_ready(w, "wildcards", w.certificates.other, { names = json.array { "*.test" } })
        put_ready(w, "address", w.certificates.site, { names = json.array {},
            addresses = json.array { "127.0.0.1" } })
        put_ready(w, "common", w.certificates.site, { names = json.array {}, common_name = "site.test" })
        put_ready(w, "mail", w.certificates.site, { names = json.array {} })
    end,
    handle = {
        kubernetes = function(w, req) return w.api:handle(w, req) end,
        web = function(_, req) return web[(req.headers.host or ""):gsub(":%d+$", "")] or { status = 404 } end,
        site = function(_, req) return { body = req.path == "/x" and KEY or "site" } end,
        other = function() return {} end,
    },
    files = function(w)
        return { ["values.yaml"] = { web = w.ports.web, site = w.ports.site },
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "default") }
    end,
}
