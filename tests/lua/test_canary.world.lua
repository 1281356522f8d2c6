-- The world of test_canary.lua: canary Ingresses with weights of several kinds.
local kubernetes = require "runbook.world.kubernetes"

local PREFIX = "nginx.ingress.kubernetes.io/canary"

local function put(api, name, weight, total)
    api:put { apiVersion = "networking.k8s.io/v1", kind = "Ingress",
        metadata = { name = name, namespace = "n", annotations = {
            [PREFIX] = "true", [PREFIX .. "-weight"] = weight, [PREFIX .. "-weight-total"] = total } },
        spec = { ingressClassName = "nginx" } }
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
        put(w.api, "coarse", "0", "10")
    end,
    handle = { kubernetes = function(w, req) return w.api:handle(w, req) end },
    files = function(w)
        return { ["values.yaml"] = {}, kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "n") }
    end,
}
