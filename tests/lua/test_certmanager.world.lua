-- The world of test_certmanager.lua: cert-manager's objects for every case, a web server that answers
-- challenges well and badly, and a site with a certificate.
local cases = require "certmanager_cases"
local objects = require "certmanager_objects"
local kubernetes = require "runbook.world.kubernetes"
local KEY = objects.KEY

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

-- Ready; its Secret holds the PEM text.
local function put_ready(w, namespace, pem)
    objects.put_case(w.api, namespace, { host = "site.test", status = { revision = 1, notAfter = "2126-01-01T00:00:00Z" },
        request = { "Issued", "x", revision = 1 }, ready = { "True", "Ready", "up to date" } }, 0)
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
