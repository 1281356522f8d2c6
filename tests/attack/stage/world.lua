-- The stage of the attacks: `good`, which they may ask, `evil`, which they may not, and a cluster.
local kubernetes = require "runbook.world.kubernetes"

local function put_all(api)
    for _, name in ipairs { "dev", "prod", "evil" } do
        api:put { apiVersion = "v1", kind = "Namespace", metadata = { name = name } }
        api:put { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "x", namespace = name } }
        api:put { apiVersion = "v1", kind = "Secret", metadata = { name = "x", namespace = name } }
        api:put { apiVersion = "v1", kind = "Pod", metadata = { name = "x", namespace = name } }
        api:put { apiVersion = "stage.example/v1", kind = "Issuer", metadata = { name = "x", namespace = name } }
    end
    api:put { apiVersion = "v1", kind = "Node", metadata = { name = "x" } }
    api:put { apiVersion = "stage.example/v1", kind = "Zone", metadata = { name = "x" } }
end

-- Whether the attack is under way shows from a number of looks on: the first is that of a plan.
local function armed(w)
    w.looks = w.looks and w.looks - 1
    return { status = w.looks and w.looks < 0 and 200 or 404 }
end

return {
    name = "attack",
    listen = { good = {}, evil = {}, kubernetes = { tls = true } },
    start = function(w)
        w.api = kubernetes.new { token = "t", now = w.now }
        w.api:define { group = "stage.example", kind = "Issuer", plural = "issuers", short = { "iss" } }
        w.api:define { group = "stage.example", kind = "Zone", plural = "zones", short = { "zn" }, cluster = true }
        w.api:define { group = "evil.example", kind = "Ingress", plural = "ingresses" }
        put_all(w.api)
    end,
    handle = {
        good = function(w, request)
            if request.path == "/armed" then return armed(w) end
            if request.path == "/arm" then w.looks = tonumber(request.query.looks) end
            local to = request.query.to
            return { status = to and 302 or 200, headers = { Location = to }, json = {} }
        end,
        evil = function() return { json = {} } end,
        kubernetes = function(w, request) return w.api:handle(w, request) end,
    },
    files = function(w)
        return {
            ["values.yaml"] = { good = w.urls.good, evil = w.urls.evil, port = w.ports.evil },
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "dev"),
        }
    end,
}
