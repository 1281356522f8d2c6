-- walk: the objects that stand behind one Certificate, as cert-manager makes and ties them.
local rfc3339 = require "runbook.rfc3339"
local walk = {}

local REVISION = "cert-manager.io/certificate-revision"

-- Reads what may be missing or forbidden: what cannot be read is noted.
local function look(found, what, fn, ...)
    local object, why = words.attempt(fn, ...)
    if why then found.unknown[what] = ("%s could not be read: %s"):format(what, why) end
    return words.without_nulls(object)
end

local function owned_by(objects, owner)
    local found = {}
    for _, object in ipairs(objects or {}) do
        for _, reference in ipairs(object.metadata.ownerReferences or {}) do
            if reference.uid == owner.metadata.uid then found[#found + 1] = object end
        end
    end
    return found
end

-- The newest by creation.
local function newest(objects)
    local best
    for _, object in ipairs(objects) do
        if not best or object.metadata.creationTimestamp > best.metadata.creationTimestamp then best = object end
    end
    return best
end

-- walk.condition(object, "Ready"): that condition of its status, or nil.
function walk.condition(object, kind)
    for _, condition in ipairs(object and (object.status or {}).conditions or {}) do
        if condition.type == kind then return condition end
    end
end

-- "Issuer.cert-manager.io/name", with cert-manager's defaults.
local function issuer_of(found, reference)
    local kind, group = reference.kind or "Issuer", reference.group or "cert-manager.io"
    found.issuer_name = ("%s/%s"):format(kind:lower(), reference.name)
    found.issuer = look(found, found.issuer_name, k8s.find, ("%s.%s/%s"):format(kind:lower(), group,
        reference.name),
        { namespace = found.namespace, quiet = true })
end

-- The Secret; its private key is shown nowhere.
local function secret_of(found, name)
    found.secret_name = "secret/" .. name
    local secret = look(found, found.secret_name, k8s.find, found.secret_name,
        { namespace = found.namespace, quiet = true })
    local key = secret and (secret.data or {})["tls.key"] or ""
    if #key >= 4 then log.mask("the key in " .. found.secret_name, key) end
    found.secret = secret
end

-- The request of the issuance under way; of a certificate that is Ready, the one that it came from.
local function request_of(found, revision)
    local requests = look(found, "certificaterequests", k8s.list, "certificaterequests.cert-manager.io",
        { namespace = found.namespace, quiet = true })
    local matching = {}
    for _, request in ipairs(owned_by(requests, found.certificate)) do
        if (request.metadata.annotations or {})[REVISION] == tostring(revision) then
            matching[#matching + 1] = request
        end
    end
    found.request = newest(matching)
end

local function acme_of(found)
    local place = { namespace = found.namespace, quiet = true }
    found.order = newest(owned_by(look(found, "orders", k8s.list, "orders.acme.cert-manager.io", place),
        found.request))
    if not found.order then return end
    found.challenges = owned_by(look(found, "challenges", k8s.list, "challenges.acme.cert-manager.io", place),
        found.order)
    table.sort(found.challenges, function(a, b) return a.metadata.name < b.metadata.name end)
end

local function time_of(event)
    return event.lastTimestamp or event.eventTime or event.metadata.creationTimestamp
end

-- walk.warning(found, object): the text of the newest Warning event about an object, or nil.
function walk.warning(found, object)
    local events = look(found, "events", k8s.list, "events", { namespace = found.namespace, quiet = true,
        field_selector = ("involvedObject.name=%s,involvedObject.kind=%s"):format(object.metadata.name,
            object.kind) })
    local last
    for _, event in ipairs(events or {}) do
        if event.type == "Warning" and event.involvedObject.uid == object.metadata.uid
            and (not last or time_of(event) >= time_of(last)) then
            last = event
        end
    end
    return last and last.message
end

-- walk.solver(found, challenge): what answers an HTTP-01 challenge, and who else takes its host. Returns
-- { ingress, pod, ingresses }: the solver's two, and [ { name, class, path } ] of the host.
function walk.solver(found, challenge)
    local place = { namespace = found.namespace, quiet = true }
    local all = look(found, "ingresses", k8s.list, "ingresses.networking.k8s.io", place)
    local pods = look(found, "pods", k8s.list, "pods", { namespace = found.namespace, quiet = true,
        selector = "acme.cert-manager.io/http01-solver=true" })
    local solver = { ingress = owned_by(all, challenge)[1], pod = owned_by(pods, challenge)[1], ingresses = {} }
    for _, ingress in ipairs(all or {}) do
        for _, rule in ipairs(ingress.spec.rules or {}) do
            if rule.host == challenge.spec.dnsName then
                solver.ingresses[#solver.ingresses + 1] = { name = ingress.metadata.name,
                    class = ingress.spec.ingressClassName
                        or (ingress.metadata.annotations or {})["kubernetes.io/ingress.class"] or "no class" }
            end
        end
    end
    return solver
end

local walked = {}
walked.__index = walked

-- Adds a line to the findings.
function walked:say(format, ...) self.findings[#self.findings + 1] = format:format(...) end

-- What the sentences of causes.lua may name; `host` is the one in question, when it is known.
function walked:facts(host)
    return { name = self.name, namespace = self.namespace, issuer = self.issuer_name, secret = self.secret_name,
        host = host or (self.certificate.spec.dnsNames or {})[1] or self.name }
end

-- Since when a renewal is due, in seconds since 1970; nil when none is. cert-manager begins one when its time has
-- come, or somebody asks for it.
local function renewal_due(certificate)
    local status = certificate.status or {}
    local planned = status.renewalTime and rfc3339.parse(status.renewalTime)
    local issuing = walk.condition(certificate, "Issuing")
    issuing = issuing and issuing.status == "True" and issuing
    local since = issuing and issuing.lastTransitionTime and rfc3339.parse(issuing.lastTransitionTime)
    if planned and planned <= wait.now() then since = math.min(since or planned, planned) end
    return since or issuing and wait.now() or nil
end

-- walk.from(name, namespace): { name, namespace, findings, unknown, challenges } with, as far as they are there
-- and can be read, certificate, issuer, issuer_name, secret, secret_name, request, revision, order, and `due`, since
-- when a renewal is due. `findings` is a list to be added to with :say(...), `unknown` says of what could not be read why.
function walk.from(name, namespace)
    local found = setmetatable({ name = name, namespace = namespace, findings = {}, unknown = {},
        challenges = {} },
        walked)
    found.certificate = k8s.find("certificates.cert-manager.io/" .. name, { namespace = namespace })
    if not found.certificate then return found end
    found.namespace = found.certificate.metadata.namespace
    local spec, status = found.certificate.spec, found.certificate.status or {}
    found.due = renewal_due(found.certificate)
    local settled = k8s.condition(found.certificate, "Ready") and not status.lastFailureTime and not found.due
    found.revision = (status.revision or 0) + (settled and 0 or 1)
    parallel {
        function() issuer_of(found, spec.issuerRef) end,
        function() secret_of(found, spec.secretName) end,
        function() request_of(found, found.revision) end,
    }
    local is_acme = not found.issuer or found.issuer.spec.acme
    if found.request and is_acme and not settled then acme_of(found) end
    return found
end

return walk
