-- The world of test_k8s.lua: a Kubernetes API with a few objects.
local kubernetes = require "runbook.world.kubernetes"

return {
    name = "k8s", listen = { kubernetes = { tls = true } },
    start = function(w)
        w.api = kubernetes.new { token = "t", now = w.now }
        w.api:put { apiVersion = "v1", kind = "Namespace", metadata = { name = "n" } }
        for i = 1, 5 do
            w.api:put { apiVersion = "v1", kind = "ConfigMap",
                metadata = { name = "c" .. i, namespace = "n", labels = { odd = tostring(i % 2 == 1) } },
                data = { number = tostring(i) } }
        end
        w.api:put { apiVersion = "cert-manager.io/v1", kind = "Certificate", metadata = { name = "x", namespace = "n" },
            spec = { secretName = "s" }, status = { conditions = json.array { { type = "Ready", status = "False",
                reason = "DoesNotExist", message = "Issuing" } } } }
    end,
    handle = { kubernetes = function(w, req) return w.api:handle(w, req) end },
    -- The certificate becomes ready once somebody has asked for it by an annotation.
    tick = function(w)
        local object = w.api:get("certificates", "n", "x")
        if object and (object.metadata.annotations or {}).please and object.status.conditions[1].status == "False" then
            object.status.conditions[1] = { type = "Ready", status = "True", reason = "Ready", message = "up to date" }
            w.api:put(object)
        end
    end,
    files = function(w)
        return { ["values.yaml"] = {},
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "n") }
    end,
}
