-- cert-manager's objects for a case of certmanager_cases.lua. `api:put(object)` makes an object, with its status,
-- and returns it as the server has it: in a world, or at a real API server.
local rfc3339 = require "runbook.rfc3339"
local objects = {}

-- The token of every challenge, and what it is to be answered with.
objects.TOKEN, objects.KEY = "tok", "tok.key"

local ACME = { "ClusterIssuer", { acme = { server = "https://ca.test/directory" } } }

-- objects.meta(namespace, name, owner, more): the metadata of an object.
function objects.meta(namespace, name, owner, more)
    local metadata = { name = name, namespace = namespace }
    for key, value in pairs(more or {}) do metadata[key] = value end
    if owner then
        metadata.ownerReferences = json.array { { apiVersion = owner.apiVersion, kind = owner.kind,
            name = owner.metadata.name, uid = owner.metadata.uid, controller = true } }
    end
    return metadata
end

local function condition(kind, of)
    return { type = kind, status = of[1], reason = of[2], message = of[3],
        lastTransitionTime = "2026-01-01T00:00:00Z" }
end

-- Events of the newer API have an eventTime, and null for the others.
local function put_event(api, about, message)
    for i, said in ipairs { "of long ago", "of before", message } do
        api:put { apiVersion = "v1", kind = "Event",
            metadata = objects.meta(about.metadata.namespace, about.metadata.name .. "." .. i),
            involvedObject = { apiVersion = about.apiVersion, kind = about.kind, name = about.metadata.name,
                uid = about.metadata.uid, namespace = about.metadata.namespace },
            type = "Warning", reason = "Solver", message = said, reportingComponent = "cert-manager",
            reportingInstance = "cert-manager", action = "Present",
            eventTime = ("2026-01-0%dT00:00:00.000000Z"):format(i) }
    end
end

local function put_issuer(api, namespace, case)
    local issuer = case.issuer or ACME
    local reference = { name = "ca", kind = case.kind or issuer[1], group = issuer.group }
    if case.issuer ~= false and not issuer.group then
        local ready = issuer.ready == nil and { "True", "Ready", "ok" } or issuer.ready
        api:put { apiVersion = "cert-manager.io/v1", kind = issuer[1],
            metadata = objects.meta(issuer[1] == "Issuer" and namespace or nil, "ca"), spec = issuer[2],
            status = ready and { conditions = json.array { condition("Ready", ready) } } or nil }
    end
    return reference
end

local function put_certificate(api, namespace, case, now)
    local status = { conditions = json.array {} }
    for key, value in pairs(case.status or {}) do status[key] = value end
    status.failed_ago = nil
    if case.status and case.status.failed_ago then
        status.lastFailureTime = rfc3339.format(now - case.status.failed_ago)
    end
    local ready = case.ready or { "False", "DoesNotExist", "Issuing certificate as Secret does not exist" }
    if ready[1] then status.conditions[1] = condition("Ready", ready) end
    if ready.observed then status.conditions[1].observedGeneration = ready.observed end
    if case.issuing then status.conditions[2] = condition("Issuing", case.issuing) end
    return api:put { apiVersion = "cert-manager.io/v1", kind = "Certificate", metadata = objects.meta(namespace, "shop"),
        spec = { secretName = "shop-tls", dnsNames = case.names or json.array { "*.shop.test", case.host or "shop.test" },
            commonName = case.common_name, ipAddresses = case.addresses,
            issuerRef = put_issuer(api, namespace, case) }, status = status }
end

local function put_request(api, owner, case)
    local of, conditions = case.request or { "Pending", 'Waiting on certificate issuance from order case/o: '
        .. '"pending"' },
        json.array {}
    if of.approved ~= false and not case.denied then
        conditions[1] = condition("Approved", { "True", "cert-manager.io", "approved" })
    end
    if case.denied then conditions[1] = condition("Denied", { "True", "Policy", case.denied }) end
    if of.invalid then conditions[#conditions + 1] = condition("InvalidRequest", { "True", "x", of.invalid }) end
    if of[1] then
        conditions[#conditions + 1] = condition("Ready", { of[1] == "Issued" and "True" or "False", of[1],
            of[2] })
    end
    local revision = tostring(of.revision or (case.status or {}).revision and case.status.revision + 1 or 1)
    return api:put { apiVersion = "cert-manager.io/v1", kind = "CertificateRequest",
        metadata = objects.meta(owner.metadata.namespace, "shop-" .. revision, owner,
            { annotations = { ["cert-manager.io/certificate-revision"] = revision } }),
        spec = { issuerRef = owner.spec.issuerRef, request = "" }, status = { conditions = conditions } }
end

local function put_pod(api, namespace, owner, of)
    api:put { apiVersion = "v1", kind = "Pod", metadata = objects.meta(namespace, "cm-acme-http-solver-p", owner,
        { labels = { ["acme.cert-manager.io/http01-solver"] = "true" } }),
        spec = { containers = json.array { { name = "acmesolver", image = "solver" } } }, status = { phase = of.phase,
            containerStatuses = json.array { { name = "acmesolver",
                state = { waiting = { reason = of.waiting } } } } } }
end

local function put_challenge(api, order, case, i, of)
    local namespace, http = order.metadata.namespace, of.type == "HTTP-01"
    local state = of.state or "pending"
    local challenge = api:put { apiVersion = "acme.cert-manager.io/v1", kind = "Challenge",
        metadata = objects.meta(namespace, ("%s-%d"):format(order.metadata.name, i), order),
        spec = { type = of.type, dnsName = case.host or "shop.test", token = objects.TOKEN, key = objects.KEY, wildcard = false,
            solver = http and { http01 = { ingress = { ingressClassName = "nginx" } } }
                or { dns01 = { route53 = {} } } },
        status = { state = state ~= "" and state or nil, reason = of.reason, processing = of.processing ~= false,
            presented = of.presented ~= false } }
    if of.event then put_event(api, challenge, of.event) end
    if http and case.pod then put_pod(api, namespace, challenge, case.pod) end
end

-- objects.put_case(api, namespace, case, now): all of a case, in a namespace of its own.
function objects.put_case(api, namespace, case, now)
    api:put { apiVersion = "v1", kind = "Namespace", metadata = { name = namespace } }
    local certificate = put_certificate(api, namespace, case, now)
    if case.request == false then return end
    local request = put_request(api, certificate, case)
    if not case.order and not case.challenges then return end
    local of = case.order or { "pending" }
    local order = api:put { apiVersion = "acme.cert-manager.io/v1", kind = "Order",
        metadata = objects.meta(namespace, request.metadata.name .. "-1", request),
        spec = { dnsNames = json.array { case.host or "shop.test" } },
        status = { state = of[1] ~= "" and of[1] or nil, reason = of[2] ~= "" and of[2] or nil } }
    if of.event then put_event(api, order, of.event) end
    for i, one in ipairs(case.challenges or {}) do put_challenge(api, order, case, i, one) end
end

return objects
