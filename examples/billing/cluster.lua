-- cluster: the Kubernetes objects of the billing service in their namespace, and what a cluster's
-- controllers would do to its Deployments.
local kubernetes = require "runbook.world.kubernetes"
local rfc3339 = require "runbook.rfc3339"
local settings = require "settings"

local cluster = {}
cluster.__index = cluster

local TRACKS = { [settings.stable] = "stable", [settings.canary] = "canary" }
local IMAGES = { stable = "registry.example/billing:1.8.3", canary = "registry.example/billing:1.9.0" }
local CLUSTER_IPS = { stable = "10.96.18.21", canary = "10.96.18.22" }
local ROLLOUT_SECONDS = 1
local WRITES = { POST = true, PUT = true, PATCH = true, DELETE = true }
local REFUSALS = {
    ["k8s-409"] = { 409, "Conflict", "Operation cannot be fulfilled: the object has been modified; please apply your "
        .. "changes to the latest version and try again" },
    ["k8s-429"] = { 429, "TooManyRequests", "Too many requests, please try again later." },
    ["k8s-500"] = { 500, "InternalError", "Internal error occurred: etcdserver: request timed out" },
}

local function labels_of(name)
    return { app = "billing", track = TRACKS[name] }
end

local function deployment(name, replicas)
    local container = {
        name = "billing", image = IMAGES[TRACKS[name]], ports = json.array { { name = "http", containerPort = 8080 } },
        readinessProbe = { httpGet = { path = "/healthz", port = "http" } },
    }
    return {
        apiVersion = "apps/v1", kind = "Deployment",
        metadata = { name = name, namespace = settings.namespace, labels = labels_of(name) },
        spec = {
            replicas = replicas, selector = { matchLabels = labels_of(name) },
            template = { metadata = { labels = labels_of(name) }, spec = { containers = json.array { container } } },
        },
    }
end

local function service(name)
    return {
        apiVersion = "v1", kind = "Service",
        metadata = { name = name, namespace = settings.namespace, labels = labels_of(name) },
        spec = {
            selector = labels_of(name), clusterIP = CLUSTER_IPS[TRACKS[name]],
            ports = json.array { { name = "http", port = 80, targetPort = "http", protocol = "TCP" } },
        },
    }
end

local function ingress(name, annotations)
    local backend = { service = { name = name, port = { name = "http" } } }
    return {
        apiVersion = "networking.k8s.io/v1", kind = "Ingress",
        metadata = {
            name = name, namespace = settings.namespace, labels = labels_of(name), annotations = annotations,
        },
        spec = {
            ingressClassName = "nginx",
            tls = json.array { { hosts = json.array { settings.host }, secretName = settings.certificate .. "-tls" } },
            rules = json.array { {
                host = settings.host,
                http = { paths = json.array { { path = "/", pathType = "Prefix", backend = backend } } },
            } },
        },
    }
end

-- A cluster with everything rolled out and the canary at weight 0. `fault` tells whether one holds.
function cluster.new(now, fault)
    local api = kubernetes.new { token = settings.kubernetes_token, now = now }
    local self = setmetatable({ api = api, now = now, fault = fault, seen = {} }, cluster)
    for _, object in ipairs {
        deployment(settings.stable, 3), deployment(settings.canary, 2),
        service(settings.stable), service(settings.canary),
        ingress(settings.stable, { ["cert-manager.io/cluster-issuer"] = "letsencrypt-prod" }),
        ingress(settings.canary, {
            ["nginx.ingress.kubernetes.io/canary"] = "true", ["nginx.ingress.kubernetes.io/canary-weight"] = "0",
        }),
        {
            apiVersion = "v1", kind = "Secret", type = "Opaque",
            metadata = { name = settings.stripe_secret_name, namespace = settings.namespace },
            data = { ["webhook-secret"] = crypto.base64_encode(settings.webhook_secret) },
        },
    } do
        api:put(object, "kubectl-client-side-apply")
    end
    self:settle(now() - 3600)
    return self
end

local function condition(kind, status, reason, message, at)
    return {
        type = kind, status = status, reason = reason, message = message, lastUpdateTime = rfc3339.format(at),
        lastTransitionTime = rfc3339.format(at),
    }
end

-- The status of a Deployment whose pods are all up, or that got stuck with one of them.
local function status_of(object, stuck, at)
    local name, replicas = object.metadata.name, object.spec.replicas
    local status = { observedGeneration = object.metadata.generation, replicas = replicas, updatedReplicas = replicas }
    status.readyReplicas, status.availableReplicas = replicas, replicas
    local progressing = condition("Progressing", "True", "NewReplicaSetAvailable",
        ('ReplicaSet "%s-6d5f7c9b8" has successfully progressed.'):format(name), at)
    if stuck then
        status.readyReplicas, status.availableReplicas = replicas - 1, replicas - 1
        status.unavailableReplicas = 1
        progressing = condition("Progressing", "False", "ProgressDeadlineExceeded",
            ('ReplicaSet "%s-6d5f7c9b8" has timed out progressing.'):format(name), at)
    end
    status.conditions = json.array {
        condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", at),
        progressing,
    }
    return status
end

-- Brings the status of the Deployments up to what is wanted of them.
function cluster:settle(at)
    for _, object in ipairs(self.api:list("deployments", settings.namespace)) do
        local stuck = object.metadata.name == settings.canary and self.fault("deployment-stuck")
        local wanted = object.metadata.generation .. (stuck and " stuck" or "")
        if self.seen[object.metadata.uid] ~= wanted then
            self.seen[object.metadata.uid] = wanted
            object.status = status_of(object, stuck, at)
            self.api:put(object, "kube-controller-manager")
        end
    end
end

-- Lets the controllers work; to be called often.
function cluster:tick(now)
    if now - (self.settled or 0) < ROLLOUT_SECONDS then return end
    self.settled = now
    self:settle(now)
end

-- Answers a request to the API, or refuses it as the faults want it.
function cluster:handle(w, req)
    if not self.was_away and self.fault("k8s-away") then
        self.was_away = true
        return { abort = true, write = false, away = { kubernetes = 5 } }
    end
    if req.method == "GET" and self.fault("k8s-reads-500") then
        self.reads = (self.reads or 0) + 1
        if self.reads % 4 == 0 then
            return { status = 500, json = { kind = "Status", apiVersion = "v1", metadata = {}, status = "Failure",
                code = 500, message = "etcdserver: leader changed" } }
        end
    end
    for name, refusal in pairs(REFUSALS) do
        if WRITES[req.method] and self.fault(name) then
            local code, reason, message = table.unpack(refusal)
            return {
                status = code, headers = { ["retry-after"] = code == 429 and "1" or nil },
                json = {
                    kind = "Status", apiVersion = "v1", metadata = {}, status = "Failure", code = code, reason = reason,
                    message = message, details = code == 429 and { retryAfterSeconds = 1 } or nil,
                },
            }
        end
    end
    return self.api:handle(w, req)
end

return cluster
