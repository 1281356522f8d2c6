-- The world of test_kubectl.sh: a few objects, and a controller that rolls Deployments out.
local kubernetes = require "runbook.world.kubernetes"

local NAMESPACE = "shop"

local function deployment(name, replicas)
    return {
        apiVersion = "apps/v1", kind = "Deployment",
        metadata = { name = name, namespace = NAMESPACE, labels = { app = name, tier = "front" } },
        spec = {
            replicas = replicas, selector = { matchLabels = { app = name } },
            template = {
                metadata = { labels = { app = name } },
                spec = { containers = { {
                    name = "main", image = "registry.example/" .. name .. ":1",
                    ports = { { containerPort = 8080 } }, env = { { name = "MODE", value = "live" } },
                } } },
            },
        },
    }
end

local function ingress(name, weight)
    return {
        apiVersion = "networking.k8s.io/v1", kind = "Ingress",
        metadata = { name = name, namespace = NAMESPACE, annotations = {
            ["nginx.ingress.kubernetes.io/canary"] = "true",
            ["nginx.ingress.kubernetes.io/canary-weight"] = weight,
        } },
        spec = {
            ingressClassName = "nginx", tls = { { hosts = { "shop.example" }, secretName = "shop-tls" } },
            rules = { { host = "shop.example", http = { paths = { {
                path = "/", pathType = "Prefix",
                backend = { service = { name = "web", port = { number = 80 } } },
            } } } } },
        },
    }
end

local function certificate(name, ready, message)
    return {
        apiVersion = "cert-manager.io/v1", kind = "Certificate",
        metadata = { name = name, namespace = NAMESPACE },
        spec = {
            secretName = name .. "-tls", dnsNames = { "shop.example" },
            issuerRef = { name = "letsencrypt", kind = "ClusterIssuer" },
        },
        status = { conditions = { {
            type = "Ready", status = ready, reason = "Ready", message = message, observedGeneration = 1,
        } } },
    }
end

local function pod(name, phase)
    return {
        apiVersion = "v1", kind = "Pod",
        metadata = { name = name, namespace = NAMESPACE, labels = { app = "web" } },
        spec = { nodeName = "node-1", containers = { { name = "main", image = "registry.example/web:1" } } },
        status = {
            phase = phase, podIP = "10.0.0.1",
            containerStatuses = { { name = "main", ready = phase == "Running", restartCount = 2 } },
        },
    }
end

local function roll_out(api, object)
    local n = object.spec.replicas
    object.status = {
        observedGeneration = object.metadata.generation, replicas = n, updatedReplicas = n,
        readyReplicas = n, availableReplicas = n,
        conditions = { { type = "Available", status = "True" } },
    }
    api:put(object)
end

return {
    name = "shop",
    listen = { kubernetes = { tls = true } },
    faults = { ["cert-late"] = "the certificate 'late' becomes ready only when this is switched off" },
    start = function(w)
        w.token = crypto.random_id "token-"
        w.api = kubernetes.new { token = w.token, now = w.now }
        local api = w.api
        api:put {
            apiVersion = "v1", kind = "Node", metadata = { name = "node-1" },
            status = { conditions = { { type = "Ready", status = "True" } } },
        }
        for _, object in ipairs { deployment("web", 2), deployment("worker", 1) } do
            roll_out(api, api:put(object, "helm"))
        end
        api:put(ingress("web", "0"), "helm")
        api:put(certificate("good", "True", "Certificate is up to date"))
        api:put(certificate("late", "False", "Issuing certificate"))
        api:put(pod("web-1", "Running"))
        api:put(pod("web-2", "Pending"))
        api:put {
            apiVersion = "v1", kind = "Secret", metadata = { name = "shop-tls", namespace = NAMESPACE },
            data = { ["tls.crt"] = crypto.base64_encode "x" },
        }
        api:put {
            apiVersion = "v1", kind = "Event", metadata = { name = "web.1", namespace = NAMESPACE },
            involvedObject = { kind = "Ingress", name = "web", namespace = NAMESPACE },
            type = "Normal", reason = "Sync", message = "Scheduled for sync",
        }
        for i = 1, 7 do
            api:put {
                apiVersion = "v1", kind = "ConfigMap", metadata = { name = "many-" .. i, namespace = "many" },
                data = { n = tostring(i) },
            }
        end
        w.pending = {}
        api.on_change = function(object)
            if object.kind == "Deployment" then w.pending[#w.pending + 1] = object.metadata end
        end
    end,
    handle = { kubernetes = function(w, req) return w.api:handle(w, req) end },
    tick = function(w)
        for _, meta in ipairs(w.pending) do
            local object = w.api:get("deployment", meta.namespace, meta.name)
            if object then roll_out(w.api, object) end
        end
        w.pending = {}
        if w.was_late and not w.faults["cert-late"] then
            w.api:put(certificate("late", "True", "Certificate is up to date"))
        end
        w.was_late = w.faults["cert-late"]
    end,
    files = function(w)
        return {
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, w.token, NAMESPACE),
            ["values.yaml"] = { namespace = NAMESPACE },
        }
    end,
    snapshot = function(w) return { objects = w.api:snapshot() } end,
}
