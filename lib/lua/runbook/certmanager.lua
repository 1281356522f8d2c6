-- runbook.certmanager: is a certificate issued, is it served, and if not, what holds it up?
--
-- Walks Certificate -> issuer -> Secret -> CertificateRequest -> Order -> Challenge -> the solver's Ingress as
-- cert-manager makes them, asks the network what a public CA would ask it, and ends in one sentence of
-- cause and one of remedy.
local held = require "runbook.certmanager.held"
local rfc3339 = require "runbook.rfc3339"
local served = require "runbook.certmanager.served"
local verdict = require "runbook.certmanager.verdict"
local walk = require "runbook.certmanager.walk"
local certs = {}

local OPTIONS = { name = "string!", namespace = "string", host = "string", resolve = "string",
    http_port = "integer", https_port = "integer", dns_server = "string", dns_port = "integer",
    network = "boolean", served = "boolean", ca = "string" }
local EXPECTING = { min_days = "number" }
for name, kind in pairs(OPTIONS) do EXPECTING[name] = kind end
local PATIENCE <const> = 3600 -- seconds that a renewal may take before it is told as a fault
local FIRST_WAIT, LONGEST_WAIT = 3600, 32 * 3600

-- When cert-manager tries again after a failure: an hour later, then two, doubling to 32 (its trigger
-- controller's rule). Nil when it need not wait.
local function next_attempt(status)
    local failed_at = status.lastFailureTime and rfc3339.parse(status.lastFailureTime)
    if not failed_at then return nil end
    local attempts = math.max(1, math.min(status.failedIssuanceAttempts or 1, 6))
    return failed_at + math.min(FIRST_WAIT << (attempts - 1), LONGEST_WAIT)
end

local function tell_backoff(found, answer, status)
    answer.next_attempt = next_attempt(status)
    local left = answer.next_attempt and answer.next_attempt - wait.now() or 0
    if left <= 0 then return end
    answer.waits = false
    found:say("issuing has failed %d times: cert-manager tries again at %s, in %s; `cmctl renew %s -n %s` has it "
        .. "try now", status.failedIssuanceAttempts or 1, rfc3339.format(answer.next_attempt),
        words.duration(math.ceil(left / 60) * 60), found.name, found.namespace)
end

local function tell_missing(found, answer)
    found:say("certificate/%s does not exist", found.name)
    answer.state = "does not exist"
    answer.cause = ("there is no certificate/%s in this namespace"):format(found.name)
    answer.remedy = "see the namespace; create it, or have it made by the annotation cert-manager.io/cluster-issuer "
        .. "of an Ingress whose spec.tls names a secretName"
    return answer
end

-- What is wrong with a certificate that is Ready: with what its Secret holds, with its renewal.
local function tell_ready(found, answer, options)
    local kept = held.judge(found)
    answer.held = kept.ok
    if kept.ok == false then
        found:say("%s", kept.cause)
        answer.cause, answer.remedy = kept.cause, kept.remedy
    end
    local due = found.due
    local late = due and wait.now() - due > PATIENCE
    if due then found:say("its renewal is due since %s", rfc3339.format(due)) end
    if not late and not found.certificate.status.lastFailureTime then return end
    local known = verdict.of(found, options) -- if the Secret is bad, too, then for want of this
    answer.waits, answer.remedy = known.waits, known.remedy
    answer.cause = ("it is Ready, but its renewal %s: %s"):format(late and ("is overdue for %s"):format(
        words.duration((wait.now() - due) // 3600 * 3600)) or "fails", known.cause)
end

-- What the host serves, for a certificate that is Ready.
local function tell_served(found, answer, options)
    if options.network == false or options.served == false then return end
    local seen = served.compare(found, options)
    found:say("%s", seen.text)
    answer.served = seen.ok
    if seen.ok == false and answer.cause == "" then answer.cause, answer.remedy = seen.cause, seen.remedy end
end

-- certs.status { name = "x", namespace = "n", resolve = "address" }
-- What cert-manager and the network say of one Certificate. Effect: reads only. Raises an effect failure
-- when the Certificate itself cannot be read; what else cannot is among the findings. Options:
--   host        whose certificate to look at (default: the first name of the Certificate without *)
--   resolve     an address, perhaps with the port of https, to ask instead of those in the DNS
--   http_port, https_port
--               what stands for ports 80 and 443
--   dns_server  an address: asks this DNS server which ones are authoritative, instead of the system's
--   dns_port    at which the authoritative ones are asked (default 53)
--   network     false: only the cluster is asked
--   served      false: what the host serves is not looked at
--   ca          a file with the roots to judge it by, instead of the system's
-- Fields of the answer:
--   ready       cert-manager says so
--   held        its Secret holds a certificate that is valid now, names what is asked for, and ends when
--               the status says; nil when it is not Ready or the Secret could not be read
--   served      the host serves the very certificate in the Secret; nil when that could not be told
--   state       why it is not Ready, in words; "" when it is
--   cause, remedy
--               a sentence each; "" when nothing is wrong
--   waits       nobody has to act: time mends it
--   next_attempt
--               seconds since 1970: when cert-manager tries again after a failure, or nil
--   days_left   by the Certificate's status, or nil
--   findings    lines for people, from the Certificate down to the network
--   certificate the object, or nil when there is none
function certs.status(options)
    options = words.read(options, OPTIONS, "certs.status")
    local found = walk.from(options.name, options.namespace)
    local answer = { ready = false, cause = "", remedy = "", state = "", waits = false, findings = found.findings,
        certificate = found.certificate }
    if not found.certificate then return tell_missing(found, answer) end
    local status = found.certificate.status or {}
    local ready, state = k8s.condition(found.certificate, "Ready")
    answer.ready, answer.state = ready, ready and "" or state
    answer.days_left = status.notAfter and certs.days_until(status.notAfter)
    found:say("certificate/%s is %s", found.name, ready and "Ready" or "not Ready: " .. state)
    if ready then
        tell_ready(found, answer, options)
    else
        local known = verdict.of(found, options)
        answer.cause, answer.remedy, answer.waits = known.cause, known.remedy, known.waits
    end
    if not ready or status.lastFailureTime then tell_backoff(found, answer, status) end
    if ready then tell_served(found, answer, options) end
    for _, text in pairs(found.unknown) do found:say("%s", text) end
    return answer
end

-- certs.expect_ready { name = "x", namespace = "n", min_days = 7, served = true }
-- A check that cert-manager's Certificate is Ready, its Secret holds what it tells of, and it is not about to
-- run out; the failure names the likely
-- cause and what to do, and warnings tell what certs.status has found on the way. With `served` it is a
-- check, too, that the host serves the very certificate in the Secret; without it another one is a
-- warning, and with served = false nobody looks. Takes the options of certs.status. Returns the
-- Certificate.
function certs.expect_ready(options)
    options = words.read(options, EXPECTING, "certs.expect_ready")
    local min_days = options.min_days or 7
    options.min_days = nil
    local status = certs.status(options)
    if not status.ready then
        for i = 2, #status.findings do log.warn("%s", status.findings[i]) end
        return check.fail("%s; likely cause: %s; what to do: %s", status.findings[1], status.cause, status.remedy)
    end
    check(status.held ~= false, "certificate/%s is Ready%s", options.name, status.held == false
        and (", but %s; what to do: %s"):format(status.cause, status.remedy) or "")
    if status.days_left then
        check(status.days_left >= min_days, "certificate/%s is valid for %d more days",
            options.name, status.days_left)
    end
    if options.served then
        check(status.served, "certificate/%s is served: %s", options.name, table.concat(status.findings, "; "))
    elseif status.cause ~= "" then
        log.warn("certificate/%s: %s; what to do: %s", options.name, status.cause, status.remedy)
    end
    return status.certificate
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
