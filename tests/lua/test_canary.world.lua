-- The world of test_canary.lua: canary Ingresses with weights of several kinds.
local kubernetes = require "runbook.world.kubernetes"

local PREFIX = "nginx.ingress.kubernetes.io/canary"

local function put(api, name, weight, total, further)
    local annotations = { [PREFIX] = "true", [PREFIX .. "-weight"] = weight, [PREFIX .. "-weight-total"] = total }
    for key, value in pairs(further or {}) do annotations[PREFIX .. key] = value end
    api:put { apiVersion = "networking.k8s.io/v1", kind = "Ingress",
        metadata = { name = name, namespace = "n", annotations = annotations }, spec = { ingressClassName = "nginx" } }
end

return {
    name = "canary", listen = { kubernetes = { tls = true } },
    start = function(w)
        w.api = kubernetes.new { token = "t", now = w.now }
        w.api:put { apiVersion = "v1", kind = "Namespace", metadata = { name = "n" } }
        put(w.api, "zero", "0", nil)
        put(w.api, "whole", "200", "1000")
        put(w.api, "trace", "9", "1000")
        put(w.api, "nothing", "0", "0")
        put(w.api, "word", "some", nil)
        put(w.api, "coarse", "0", "150")
        put(w.api, "small", "10", "10")
        put(w.api, "scientific", "0", "1e+06")
        put(w.api, "padded", "007", "+200", { [""] = "T" })
        put(w.api, "below", "-5", nil)
        put(w.api, "beyond", "150", nil)
        put(w.api, "unsure", "0", nil, { [""] = "yes" })
        put(w.api, "header", "0", nil, { ["-by-header"] = "X-Try" })
        put(w.api, "cookie", "0", nil, { ["-by-cookie"] = "try_it" })
    end,
    handle = { kubernetes = function(w, req) return w.api:handle(w, req) end },
    files = function(w)
        return { ["values.yaml"] = {}, kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "n") }
    end,
}
