-- certificate: cert-manager's objects for the billing host: issued, expired, or waiting for a challenge.
local rfc3339 = require "runbook.rfc3339"
local settings = require "settings"

local certificate = {}

local ISSUER = { kind = "ClusterIssuer", name = "letsencrypt-prod" }
local ACME = "https://acme-v02.api.letsencrypt.org/acme/"
local DAY = 86400
local TOKEN = "fJ2yVqPq0VbK3mW8zX1nT5cR7uA9sD4e"
-- What the pending challenge of each fault is and says.
local PENDING = {
    ["cert-pending-http01"] = {
        type = "HTTP-01", solver = { http01 = { ingress = { ingressClassName = "nginx" } } },
        reason = "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'",
    },
    ["cert-pending-dns01"] = {
        type = "DNS-01",
        solver = { dns01 = { cloudDNS = {
            project = "student-pilot", serviceAccountSecretRef = { key = "key.json", name = "clouddns" },
        } } },
        reason = ('Waiting for DNS-01 challenge propagation: DNS record for "%s" not yet propagated')
            :format(settings.host),
    },
}

-- How long the served certificate is valid, in seconds from now.
function certificate.validity(expired)
    if expired then return { not_before = -90 * DAY, not_after = -DAY } end
    return { not_before = -3600, not_after = 89 * DAY }
end

-- Metadata of an object; `more` holds labels and annotations.
local function meta(name, owner, more)
    local metadata = { name = name, namespace = settings.namespace }
    for part, value in pairs(more or {}) do metadata[part] = value end
    if owner then
        metadata.ownerReferences = json.array { {
            apiVersion = owner.apiVersion, kind = owner.kind, name = owner.metadata.name, uid = owner.metadata.uid,
            controller = true, blockOwnerDeletion = true,
        } }
    end
    return metadata
end

local function condition(kind, status, reason, message, at)
    return {
        type = kind, status = status, reason = reason, message = message, lastTransitionTime = rfc3339.format(at),
        observedGeneration = 1,
    }
end

local function put_issuer(api)
    api:put({
        apiVersion = "cert-manager.io/v1", kind = "ClusterIssuer", metadata = { name = ISSUER.name },
        spec = { acme = {
            server = ACME:gsub("acme/$", "directory"), email = "ops@student-pilot.example",
            privateKeySecretRef = { name = "letsencrypt-prod-account" },
            solvers = json.array { PENDING["cert-pending-http01"].solver },
        } },
        status = {
            acme = { uri = ACME .. "acct/1" },
            conditions = json.array { {
                type = "Ready", status = "True", reason = "ACMEAccountRegistered", observedGeneration = 1,
                message = "The ACME account was registered with the ACME server",
            } },
        },
    }, "cert-manager-clusterissuers")
end

local function put_certificate(api, status)
    return api:put({
        apiVersion = "cert-manager.io/v1", kind = "Certificate", metadata = meta(settings.certificate),
        spec = {
            secretName = settings.certificate .. "-tls", dnsNames = json.array { settings.host }, issuerRef = ISSUER,
            usages = json.array { "digital signature", "key encipherment" },
        },
        status = status,
    }, "cert-manager-certificates-readiness")
end

local function put_request(api, owner, at, ready)
    local conditions = json.array {
        condition("Approved", "True", "cert-manager.io",
            "Certificate request has been approved by cert-manager.io", at),
        ready,
    }
    return api:put({
        apiVersion = "cert-manager.io/v1", kind = "CertificateRequest",
        metadata = meta(settings.certificate .. "-1", owner, { annotations = {
            ["cert-manager.io/certificate-name"] = settings.certificate,
            ["cert-manager.io/certificate-revision"] = "1",
            ["cert-manager.io/private-key-secret-name"] = settings.certificate .. "-x7k2p",
        } }),
        spec = { issuerRef = ISSUER, request = crypto.base64_encode("-----BEGIN CERTIFICATE REQUEST-----\n") },
        status = { conditions = conditions },
    }, "cert-manager-certificaterequests-issuer-acme")
end

local function put_order(api, owner, state, challenge_type)
    return api:put({
        apiVersion = "acme.cert-manager.io/v1", kind = "Order",
        metadata = meta(owner.metadata.name .. "-3489173127", owner),
        spec = { dnsNames = json.array { settings.host }, issuerRef = ISSUER, request = owner.spec.request },
        status = {
            state = state, url = ACME .. "order/1/1", finalizeURL = ACME .. "finalize/1/1",
            authorizations = json.array { {
                identifier = settings.host, initialState = state, url = ACME .. "authz-v3/1", wildcard = false,
                challenges = json.array {
                    { type = challenge_type:lower(), token = TOKEN, url = ACME .. "chall-v3/1/1" },
                },
            } },
        },
    }, "cert-manager-orders")
end

local function put_event(api, about, reason, message, at)
    api:put({
        apiVersion = "v1", kind = "Event", metadata = meta(("%s.%s"):format(about.metadata.name, reason:lower())),
        involvedObject = {
            apiVersion = about.apiVersion, kind = about.kind, name = about.metadata.name, uid = about.metadata.uid,
            namespace = settings.namespace,
        },
        reason = reason, message = message, type = "Normal", count = 1, source = { component = "cert-manager" },
        firstTimestamp = rfc3339.format(at), lastTimestamp = rfc3339.format(at),
    })
end

-- The Ingress that answers HTTP-01 for as long as the challenge lasts.
local function put_solver(api, challenge)
    local labels = {
        ["acme.cert-manager.io/http-domain"] = "1234567890", ["acme.cert-manager.io/http-token"] = "987654321",
        ["acme.cert-manager.io/http01-solver"] = "true",
    }
    local path = {
        path = "/.well-known/acme-challenge/" .. TOKEN, pathType = "ImplementationSpecific",
        backend = { service = { name = "cm-acme-http-solver-mx5qk", port = { number = 8089 } } },
    }
    api:put({
        apiVersion = "networking.k8s.io/v1", kind = "Ingress",
        metadata = meta("cm-acme-http-solver-7wz4n", challenge, { labels = labels }),
        spec = {
            ingressClassName = "nginx",
            rules = json.array { { host = settings.host, http = { paths = json.array { path } } } },
        },
    }, "cert-manager-challenges")
end

local function put_pending(api, now, fault)
    local pending = PENDING[fault]
    local since, message = now - 900, "Issuing certificate as Secret does not exist"
    local owner = put_certificate(api, {
        conditions = json.array {
            condition("Ready", "False", "DoesNotExist", message, since),
            condition("Issuing", "True", "DoesNotExist", message, since),
        },
        nextPrivateKeySecretName = settings.certificate .. "-x7k2p",
    })
    local order_name = settings.certificate .. "-1-3489173127"
    local request = put_request(api, owner, since, condition("Ready", "False", "Pending",
        ('Waiting on certificate issuance from order %s/%s: "pending"'):format(settings.namespace, order_name), since))
    local order = put_order(api, request, "pending", pending.type)
    local challenge = api:put({
        apiVersion = "acme.cert-manager.io/v1", kind = "Challenge",
        metadata = meta(order.metadata.name .. "-1648241157", order),
        spec = {
            type = pending.type, dnsName = settings.host, wildcard = false, issuerRef = ISSUER, solver = pending.solver,
            token = TOKEN, key = TOKEN .. ".Yd3c0mX7rQ", authorizationURL = ACME .. "authz-v3/1",
            url = ACME .. "chall-v3/1/1",
        },
        status = { presented = true, processing = true, state = "pending", reason = pending.reason },
    }, "cert-manager-challenges")
    put_event(api, challenge, "Presented",
        ("Presented challenge using %s challenge mechanism"):format(pending.type), since)
    if pending.type == "HTTP-01" then put_solver(api, challenge) end
end

local function put_issued(api, now, expired, leaf)
    local valid = certificate.validity(expired)
    local issued = now + valid.not_before
    local ready = condition("Ready", "True", "Ready", "Certificate is up to date and has not expired", issued)
    if expired then
        ready = condition("Ready", "False", "Expired", "Certificate expired on "
            .. os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(now + valid.not_after)), now + valid.not_after)
    end
    local owner = put_certificate(api, {
        conditions = json.array { ready }, revision = 1, notBefore = rfc3339.format(issued),
        notAfter = rfc3339.format(now + valid.not_after),
        renewalTime = rfc3339.format(now + valid.not_after - 30 * DAY),
    })
    local request = put_request(api, owner, issued,
        condition("Ready", "True", "Issued", "Certificate fetched from issuer successfully", issued))
    put_order(api, request, "valid", "HTTP-01")
    api:put({
        apiVersion = "v1", kind = "Secret", type = "kubernetes.io/tls",
        metadata = meta(settings.certificate .. "-tls", nil, { annotations = {
            ["cert-manager.io/certificate-name"] = settings.certificate, ["cert-manager.io/issuer-name"] = ISSUER.name,
            ["cert-manager.io/issuer-kind"] = ISSUER.kind, ["cert-manager.io/alt-names"] = settings.host,
        } }),
        data = {
            ["tls.crt"] = crypto.base64_encode(leaf),
            ["tls.key"] = crypto.base64_encode("the sandbox keeps its keys to itself\n"),
        },
    }, "cert-manager-certificates-issuing")
end

-- Everything about the certificate as the faults want it; `leaf` is the PEM text of the one served.
function certificate.put(api, now, faults, leaf)
    put_issuer(api)
    for fault in pairs(PENDING) do
        if faults[fault] then return put_pending(api, now, fault) end
    end
    put_issued(api, now, faults["cert-expired"], leaf)
end

return certificate
