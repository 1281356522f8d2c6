-- The world of test_permitted.sh: one thing to touch for every function that touches any.
local kubernetes = require "runbook.world.kubernetes"
local rollouts = require "runbook.world.kubernetes.rollouts"

local function put_deployment(api, name)
    api:put { apiVersion = "apps/v1", kind = "Deployment", metadata = { name = name, namespace = "n" },
        spec = { replicas = 2, selector = { matchLabels = { app = name } },
            template = { metadata = { labels = { app = name } },
                spec = { containers = { { name = "main", image = "shop/web:1" } } } } } }
end

local function put_pod(api, name)
    api:put { apiVersion = "v1", kind = "Pod", metadata = { name = name, namespace = "n", labels = { app = "web" } },
        spec = { nodeName = "one", containers = json.array { { name = "main", image = "shop/web:1" } } },
        status = { phase = "Running" } }
    api:write_log("n", name, "main", "hello")
end

local function put_all(api, pem)
    api:put { apiVersion = "v1", kind = "Namespace", metadata = { name = "n" } }
    for _, name in ipairs { "a", "b", "c", "d", "e", "f" } do
        api:put { apiVersion = "v1", kind = "ConfigMap", metadata = { name = name, namespace = "n" }, data = { x = "1" } }
    end
    api:put { apiVersion = "v1", kind = "Secret", metadata = { name = "s", namespace = "n" }, data = { key = "aGlkZGVu",
        ["tls.crt"] = crypto.base64_encode(pem) } }
    api:put { apiVersion = "v1", kind = "Node", metadata = { name = "one", labels = { zone = "a" } } }
    put_deployment(api, "web")
    put_deployment(api, "other")
    put_pod(api, "web-1")
    api:put { apiVersion = "example.com/v1", kind = "Zone", metadata = { name = "north" } }
    api:put { apiVersion = "cert-manager.io/v1", kind = "Certificate", metadata = { name = "x", namespace = "n" },
        spec = { secretName = "s", dnsNames = json.array { "shop.test" },
            issuerRef = { name = "letsencrypt", kind = "ClusterIssuer" } },
        status = { revision = 1, conditions = json.array { { type = "Ready",
            status = "True", reason = "Ready", message = "up to date" } } } }
    api:put { apiVersion = "networking.k8s.io/v1", kind = "Ingress", metadata = { name = "canary", namespace = "n",
        annotations = { ["nginx.ingress.kubernetes.io/canary"] = "true",
            ["nginx.ingress.kubernetes.io/canary-weight"] = "0" } }, spec = { ingressClassName = "nginx" } }
end

local function metrics(w, request)
    if request.path:find "/rules" then return { json = { status = "success", data = { groups = json.array {} } } } end
    if request.path:find "ready" then return { body = "ready" } end
    if request.path:find "alerts" then return { json = json.array {} } end
    local range = request.path:find "query_range"
    local point = json.array { w.now(), "1" }
    return { json = { status = "success", data = { resultType = range and "matrix" or "vector", result = json.array {
        { metric = {}, [range and "values" or "value"] = range and json.array { point } or point } } } } }
end

return {
    name = "permitted",
    listen = { kubernetes = { tls = true }, web = {}, metrics = {}, tls = { tls = true, names = "shop.test,127.0.0.1" } },
    start = function(w)
        w.api = kubernetes.new { token = "t", now = w.now }
        w.api:define { group = "example.com", kind = "Zone", plural = "zones", short = { "zn" }, cluster = true }
        put_all(w.api, w.certificates.tls)
        for _, o in ipairs(w.api:list("deployment", "n")) do rollouts.finish(w.api, o) end
    end,
    tick = function(w)
        for _, o in ipairs(w.api:list("deployment", "n")) do rollouts.finish(w.api, o) end
    end,
    handle = {
        kubernetes = function(w, request) return w.api:handle(w, request) end,
        web = function(_, request)
            if request.query.to then return { status = 302, headers = { Location = request.query.to } } end
            return { json = { path = request.path, data = json.array {}, has_more = false } }
        end,
        metrics = metrics,
        tls = function() return { body = "hello" } end,
    },
    files = function(w)
        return {
            ["values.yaml"] = { web = w.urls.web, metrics = w.urls.metrics, port = w.ports.web, tls = w.ports.tls },
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "n"),
        }
    end,
}
