-- kinds: the resources that the API knows from the start.
local kinds = {}

local ALL = { "all" }
local REPLICAS = { replicas = 1 }
local VERBS = { "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch" }

-- Each: group, version, kind, plural, singular, short (names), categories, namespaced, verbs, and
--   status      has a status that only its own subresource changes
--   scale       has a scale subresource
--   generation  counts the changes of what is wanted in metadata.generation
--   custom      is defined by a CustomResourceDefinition: no strategic merge patch, for one
--   fields      can be selected by these besides metadata.name and metadata.namespace
--   defaults    members of spec and status that are filled in when they are missing
--   log         has a log subresource
--   review      is no object at all: a question that is answered and forgotten
kinds.predefined = {
    { kind = "Namespace", plural = "namespaces", short = { "ns" }, status = true, cluster = true,
      fields = { "status.phase" }, defaults = { status = { phase = "Active" } } },
    { kind = "Node", plural = "nodes", short = { "no" }, status = true, cluster = true },
    { kind = "Pod", plural = "pods", short = { "po" }, categories = ALL, status = true, log = true,
      fields = { "status.phase", "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.podIP" },
      defaults = { spec = { restartPolicy = "Always" }, status = { phase = "Pending" } } },
    { kind = "Service", plural = "services", short = { "svc" }, categories = ALL, status = true,
      fields = { "spec.clusterIP", "spec.type" },
      defaults = { spec = { type = "ClusterIP", sessionAffinity = "None" } } },
    { kind = "Secret", plural = "secrets", fields = { "type" } },
    { kind = "ConfigMap", plural = "configmaps", short = { "cm" } },
    { kind = "Event", plural = "events", short = { "ev" },
      fields = { "involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
          "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
          "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type" } },

    { group = "apps", kind = "Deployment", plural = "deployments", short = { "deploy" }, categories = ALL,
      status = true, scale = true, generation = true,
      defaults = { spec = { replicas = 1, revisionHistoryLimit = 10, progressDeadlineSeconds = 600,
          strategy = { type = "RollingUpdate", rollingUpdate = { maxSurge = "25%", maxUnavailable = "25%" } } } } },
    { group = "apps", kind = "ReplicaSet", plural = "replicasets", short = { "rs" }, categories = ALL,
      status = true, scale = true, generation = true, defaults = { spec = REPLICAS } },
    { group = "apps", kind = "StatefulSet", plural = "statefulsets", short = { "sts" }, categories = ALL,
      status = true, scale = true, generation = true,
      defaults = { spec = { replicas = 1, updateStrategy = { type = "RollingUpdate" } } } },
    { group = "apps", kind = "DaemonSet", plural = "daemonsets", short = { "ds" }, categories = ALL,
      status = true, generation = true, defaults = { spec = { updateStrategy = { type = "RollingUpdate" } } } },
    { group = "apps", kind = "ControllerRevision", plural = "controllerrevisions" },
    { group = "batch", kind = "Job", plural = "jobs", categories = ALL, status = true, generation = true },
    { group = "networking.k8s.io", kind = "Ingress", plural = "ingresses", short = { "ing" },
      status = true, generation = true, defaults = { status = { loadBalancer = {} } } },
    { group = "coordination.k8s.io", kind = "Lease", plural = "leases" },

    { group = "cert-manager.io", kind = "Certificate", plural = "certificates", short = { "cert", "certs" },
      categories = { "cert-manager" }, status = true },
    { group = "cert-manager.io", kind = "CertificateRequest", plural = "certificaterequests", short = { "cr", "crs" },
      categories = { "cert-manager" }, status = true },
    { group = "cert-manager.io", kind = "Issuer", plural = "issuers", short = { "iss" },
      categories = { "cert-manager" }, status = true },
    { group = "cert-manager.io", kind = "ClusterIssuer", plural = "clusterissuers", short = { "ciss" },
      categories = { "cert-manager" }, status = true, cluster = true },
    { group = "acme.cert-manager.io", kind = "Order", plural = "orders",
      categories = { "cert-manager", "cert-manager-acme" }, status = true },
    { group = "acme.cert-manager.io", kind = "Challenge", plural = "challenges",
      categories = { "cert-manager", "cert-manager-acme" }, status = true },

    { group = "authorization.k8s.io", kind = "SelfSubjectAccessReview", plural = "selfsubjectaccessreviews",
      cluster = true, review = true, verbs = { "create" } },
}

-- Fills in what a definition leaves out.
function kinds.complete(definition)
    local kind = {}
    for key, value in pairs(definition) do kind[key] = value end
    kind.group = kind.group or ""
    kind.version = kind.version or "v1"
    kind.singular = kind.singular or kind.kind:lower()
    kind.short = kind.short or {}
    kind.categories = kind.categories or {}
    kind.verbs = kind.verbs or VERBS
    if kind.namespaced == nil then kind.namespaced = not kind.cluster end
    if kind.custom == nil then
        kind.custom = kind.group:find(".", 1, true) ~= nil and not kind.group:find("%.k8s%.io$")
    end
    if kind.generation == nil then kind.generation = kind.custom end
    kind.api_version = kind.group == "" and kind.version or kind.group .. "/" .. kind.version
    return kind
end

return kinds
