-- runbook.certmanager: is a certificate issued, and if not, what holds it up?
--
-- Walks Certificate -> CertificateRequest -> Order -> Challenge as cert-manager makes them, and ends in
-- one sentence of cause and one of remedy.
local rfc3339 = require "runbook.rfc3339"
local certs = {}

local function owned_by(objects, uid)
    local found = {}
    for _, object in ipairs(objects) do
        for _, owner in ipairs(object.metadata.ownerReferences or {}) do
            if owner.uid == uid then found[#found + 1] = object end
        end
    end
    return found
end

-- The newest by creation.
local function newest(objects)
    local best
    for _, object in ipairs(objects) do
        if not best or object.metadata.creationTimestamp > best.metadata.creationTimestamp then
            best = object
        end
    end
    return best
end

local function current_request(certificate, namespace)
    local all = owned_by(k8s.list("certificaterequests.cert-manager.io", { namespace = namespace }),
        certificate.metadata.uid)
    local revision = tostring(((certificate.status or {}).revision or 0) + 1)
    for _, request in ipairs(all) do
        local annotations = request.metadata.annotations or {}
        if annotations["cert-manager.io/certificate-revision"] == revision then return request end
    end
    return newest(all)
end

-- What the network answers where a public CA would look for an HTTP-01 challenge.
local function probe_http01(challenge, options)
    local spec = challenge.spec
    local url = ("http://%s/.well-known/acme-challenge/%s"):format(spec.dnsName, spec.token)
    local ok, answer = pcall(http.get, url, { resolve = options.resolve, timeout = "5s", redirects = 5 })
    if not ok then return "asked from here, " .. answer.text end
    if answer.status == 200 and answer.body == spec.key then
        return ("asked from here, %s answers as it should"):format(url)
    end
    return ("asked from here, %s answers %d%s"):format(url, answer.status,
        answer.status == 200 and " with another text than the challenge's key" or "")
end

-- Which Ingresses take the host, and which of them is the solver's.
local function ingresses_for(host, namespace)
    local names, solver = {}, nil
    for _, ingress in ipairs(k8s.list("ingresses.networking.k8s.io", { namespace = namespace })) do
        for _, rule in ipairs(ingress.spec.rules or {}) do
            if rule.host == host then
                local class = ingress.spec.ingressClassName
                    or (ingress.metadata.annotations or {})["kubernetes.io/ingress.class"] or "no class"
                names[#names + 1] = ("%s (%s)"):format(ingress.metadata.name, class)
                if ingress.metadata.name:find("^cm%-acme%-http%-solver%-") then
                    solver = ingress.metadata.name
                end
            end
        end
    end
    return names, solver
end

local http01_causes = {
    { "wrong status code '(%d+)'", "the path /.well-known/acme-challenge/ of the host is not routed to "
        .. "cert-manager's solver" },
    { "did not get expected response", "another web server answers for the host" },
    { "no such host", "the host's DNS name does not resolve inside the cluster" },
    { "connection refused", "nothing listens on port 80 of the address that the host resolves to" },
    { "[Tt]imeout", "port 80 of the host cannot be reached from the cluster" },
    { "failed to perform self check", "cert-manager cannot reach the host on port 80" },
}

local dns01_causes = {
    { "not yet propagated", "the TXT record _acme-challenge is not there yet" },
    { "SERVFAIL", "an authoritative name server of the zone answers SERVFAIL" },
    { "[Aa]ccess ?[Dd]enied", "the DNS provider refuses the credentials" },
    { "[Ff]orbidden", "the DNS provider refuses the credentials" },
    { "credentials", "the DNS provider's credentials are missing or wrong" },
}

local function likely(reason, causes, otherwise)
    for _, row in ipairs(causes) do
        if reason:find(row[1]) then return row[2] end
    end
    return otherwise
end

local function explain_http01(challenge, namespace, options)
    local reason = challenge.status and challenge.status.reason or ""
    local host = challenge.spec.dnsName
    local names, solver = ingresses_for(host, namespace)
    log.warn("Ingresses for %s: %s; %s", host, #names > 0 and table.concat(names, ", ") or "none",
        solver and "the solver's is " .. solver or "the solver's own Ingress is not among them")
    log.warn("%s", probe_http01(challenge, options))
    return likely(reason, http01_causes, "the HTTP-01 challenge cannot be answered"),
        ("check that the Ingress for %s has the right class and annotations, that nothing redirects or "
            .. "catches /.well-known/, and that port 80 can be reached from outside"):format(host)
end

local function explain_dns01(challenge)
    local reason = challenge.status and challenge.status.reason or ""
    return likely(reason, dns01_causes, "the DNS-01 challenge cannot be answered"),
        ("check the DNS provider's credentials that the issuer uses, that _acme-challenge.%s is not "
            .. "delegated elsewhere, and give the TXT record time to propagate"):format(
            challenge.spec.dnsName)
end

local function condition(object, kind)
    for _, c in ipairs((object.status or {}).conditions or {}) do
        if c.type == kind then return c end
    end
end

-- cert-manager waits longer after each failure, up to 32 hours: then waiting here is futile.
local function backoff_note(certificate)
    local failed = (certificate.status or {}).failedIssuanceAttempts
    if failed and failed > 0 then
        log.warn("issuing has failed %d times; cert-manager waits before it tries again; "
            .. "`cmctl renew %s` asks it to try now", failed, certificate.metadata.name)
    end
end

-- Why cert-manager says that a Certificate is not Ready, where no request is under way.
local reasons = {
    Expired = { "it ran out and was not renewed", "look at the issuer and at cert-manager's log" },
    Renewing = { "it is being renewed", "wait, and look again" },
    DoesNotExist = { "its Secret does not exist yet", "look at cert-manager's log" },
    MissingData = { "its Secret lacks the key or the certificate", "let cert-manager issue it anew" },
    InvalidKeyPair = { "the key in its Secret does not fit the certificate", "let cert-manager issue it anew" },
    InvalidCertificate = { "what its Secret holds is no certificate", "let cert-manager issue it anew" },
    SecretMismatch = { "its Secret holds a certificate for other names", "let cert-manager issue it anew" },
    IncorrectIssuer = { "its Secret was issued by another issuer", "let cert-manager issue it anew" },
    IncorrectCertificate = { "its Secret belongs to another Certificate", "give each its own Secret" },
    RequestChanged = { "its spec changed since it was issued", "wait for cert-manager to issue it anew" },
}

-- Names what is in the way of a certificate that is not Ready, and raises the check failure.
local function explain(certificate, state, namespace, options)
    local said = { ("certificate/%s is not Ready: %s"):format(certificate.metadata.name, state) }
    local why = reasons[(condition(certificate, "Ready") or {}).reason] or {}
    local cause, remedy = why[1], why[2]
    backoff_note(certificate)
    local request = current_request(certificate, namespace)
    if request then
        local ready = condition(request, "Ready")
        said[#said + 1] = ("certificaterequest/%s is %s"):format(request.metadata.name,
            ready and ready.reason or "new")
        if ready and ready.status ~= "True" then cause = ready.message end
        local order = newest(owned_by(k8s.list("orders.acme.cert-manager.io",
            { namespace = namespace }), request.metadata.uid))
        if order then
            said[#said + 1] = ("order/%s is %s"):format(order.metadata.name,
                (order.status or {}).state or "new")
            cause = (order.status or {}).reason or cause
            for _, challenge in ipairs(owned_by(k8s.list("challenges.acme.cert-manager.io",
                { namespace = namespace }), order.metadata.uid)) do
                local status = challenge.status or {}
                if status.state ~= "valid" then
                    said[#said + 1] = ("challenge/%s (%s for %s) is %s: %s"):format(
                        challenge.metadata.name, challenge.spec.type, challenge.spec.dnsName,
                        status.processing == false and "queued" or status.state or "new",
                        status.reason or "no reason given")
                    if challenge.spec.type == "HTTP-01" then
                        cause, remedy = explain_http01(challenge, namespace, options)
                    else
                        cause, remedy = explain_dns01(challenge)
                    end
                end
            end
        end
    end
    if cause then said[#said + 1] = "likely cause: " .. cause end
    said[#said + 1] = remedy and "what to do: " .. remedy or ("look at `kubectl describe certificate %s -n %s`"):format(
        certificate.metadata.name, namespace)
    check.fail("%s", table.concat(said, "; "))
end

-- certs.expect_ready { name =, namespace =, min_days = 7, resolve = "address for HTTP-01 probes" }:
-- a check that cert-manager's Certificate is Ready and not about to run out. Otherwise the failure
-- names its CertificateRequest, Order and Challenges with the likely cause. Returns the Certificate.
function certs.expect_ready(options)
    words.fields(options, { name = "string", namespace = "string", min_days = "number",
        resolve = "string" }, "certs.expect_ready")
    local namespace = options.namespace
    local certificate = k8s.get("certificates.cert-manager.io/" .. options.name,
        { namespace = namespace })
    local ready, state = k8s.condition(certificate, "Ready")
    if not ready then return explain(certificate, state, namespace, options) end
    check(true, "certificate/%s is Ready", options.name)
    local not_after = (certificate.status or {}).notAfter
    if not_after then
        local days = certs.days_until(not_after)
        check(days >= (options.min_days or 7), "certificate/%s is valid for %d more days", options.name,
            days)
    end
    return certificate
end

-- certs.days_until("2026-12-31T00:00:00Z"): whole days from now to that moment, rounded down.
function certs.days_until(text)
    local moment = rfc3339.parse(text)
    if not moment then
        engine.raise("effect", ("'%s' is not a time as Kubernetes writes it"):format(text))
    end
    return math.floor((moment - wait.now()) // 86400)
end

return certs
