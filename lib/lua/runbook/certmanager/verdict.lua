-- verdict: of all that the walk has found, the one sentence of cause and the one of remedy.
--
-- The deepest object that says something of its own has the last word: a challenge before its order, an order
-- before its request, and those before the Certificate.
local causes = require "runbook.certmanager.causes"
local challenge = require "runbook.certmanager.challenge"
local walk = require "runbook.certmanager.walk"
local verdict = {}

-- "Reason: message", as causes.of wants it.
local function worded(condition)
    return ("%s: %s"):format(condition.reason or "", condition.message or "")
end

local function holds(object, kind)
    local condition = walk.condition(object, kind)
    return condition and condition.status == "True" and condition
end

-- Of the open challenges the first that somebody has to act on, else the first.
local function of_challenges(found, options)
    local first
    for _, object in ipairs(found.challenges) do
        if (object.status or {}).state ~= "valid" then
            local known = challenge.judge(found, object, options)
            if not first or first.waits and not known.waits then first = known end
        end
    end
    return first
end

local function of_order(found, options)
    local order, status = found.order, found.order.status or {}
    local state, reason = status.state or "new", status.reason or ""
    if reason == "" and state == "pending" and #found.challenges == 0 then
        reason = walk.warning(found, order) or ""
    end
    found:say("order/%s is %s%s", order.metadata.name, state, reason ~= "" and ": " .. reason or "")
    local below = of_challenges(found, options)
    local known = causes.of("order", ("%s: %s"):format(state, reason), found:facts((order.spec.dnsNames
        or {})[1]))
    return below and (not known or known.weak or known.waits) and below or known
end

-- What a request's conditions come to, as causes.of wants it.
local function request_text(request)
    local ready, denied = walk.condition(request, "Ready"), holds(request, "Denied")
    local invalid = holds(request, "InvalidRequest")
    if denied then return "Denied: " .. (denied.message or "") end
    if not ready and not holds(request, "Approved") then return "unapproved" end
    if invalid then return "InvalidRequest: " .. (invalid.message or "") end
    return ready and worded(ready) or "Pending: "
end

local function of_request(found, options)
    local request, text = found.request, request_text(found.request)
    local name = request.metadata.name
    found:say("certificaterequest/%s is %s", name, text:match("^(%w+): ?$") or text)
    local below = found.order and of_order(found, options)
    if holds(request, "Ready") then return below end
    local known = causes.of("request", text, found:facts())
    if below and (not known or known.weak) then return below end
    local message = text:match("^%w+: (.+)$")
    return known or message and { cause = message, waits = false,
        remedy = ("see `kubectl describe certificaterequest %s -n %s`"):format(name, found.namespace) }
end

-- Nil when the issuer is ready, or nothing is known of it.
local function of_issuer(found)
    local name, ready = found.issuer_name, walk.condition(found.issuer, "Ready")
    if found.unknown[name] or ready and ready.status == "True" then return nil end
    if not found.issuer then
        found:say("%s does not exist", name)
    else
        found:say("%s %s", name, ready and "is not Ready: " .. worded(ready) or "has no condition yet")
    end
    local text = not found.issuer and "missing" or ready and worded(ready) or "new"
    return causes.of("issuer", text, found:facts())
end

-- verdict.of(found, options): { cause, remedy, waits } of a certificate that is not Ready or is not renewed;
-- tells `found` of what it sees on the way. Options as certs.status.
function verdict.of(found, options)
    local issuer, request = of_issuer(found), nil
    if found.request then
        request = of_request(found, options)
    else
        found:say("there is no CertificateRequest for revision %d", found.revision)
    end
    if request and not (issuer and (request.waits or request.weak)) then return request end
    if issuer then return issuer end
    local ready, issuing = walk.condition(found.certificate, "Ready"), walk.condition(found.certificate, "Issuing")
    if holds(found.certificate, "Ready") and not k8s.condition(found.certificate, "Ready") then
        return { waits = true, cause = "the Certificate was changed, and cert-manager has not looked at it since",
            remedy = "wait, and look again; when it stays so, see whether cert-manager runs" }
    end
    local failed = issuing and issuing.status == "False"
        and causes.of("request", issuing.message or "", found:facts())
    return failed or ready and causes.of("certificate", worded(ready), found:facts()) or { waits = false,
        cause = ready and worded(ready) or "cert-manager has not looked at the Certificate yet",
        remedy = "see whether cert-manager runs, and look at its log" }
end

return verdict
