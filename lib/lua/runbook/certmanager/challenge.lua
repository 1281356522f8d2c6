-- challenge: what holds one ACME challenge up: its solver in the cluster, and what the network answers.
local causes = require "runbook.certmanager.causes"
local dns01 = require "runbook.certmanager.dns01"
local http01 = require "runbook.certmanager.http01"
local walk = require "runbook.certmanager.walk"
local challenge = {}

local ask = { ["HTTP-01"] = http01.ask, ["DNS-01"] = dns01.ask }

-- Why the solver's pod does not run; nil when it does, or there is none.
local function trouble_of(pod)
    local status = pod and pod.status or {}
    if not pod or status.phase == "Running" then return nil end
    local why, scheduled = status.phase or "new", walk.condition(pod, "PodScheduled")
    for _, container in ipairs(status.containerStatuses or {}) do
        why = ((container.state or {}).waiting or {}).reason or why
    end
    if scheduled and scheduled.status == "False" then why = scheduled.message or why end
    return ("solver pod pod/%s, %s"):format(pod.metadata.name, why)
end

-- What the cluster holds for an HTTP-01 challenge. Returns what keeps its solver from running, or nil.
local function look_at_solver(found, object)
    local solver, names = walk.solver(found, object), {}
    for i, ingress in ipairs(solver.ingresses) do
        names[i] = ("%s (%s)"):format(ingress.name, ingress.class)
    end
    if ((object.spec.solver or {}).http01 or {}).ingress then
        local own = solver.ingress and "the solver's is " .. solver.ingress.metadata.name
            or "the solver's own Ingress is not among them"
        found:say("Ingresses for %s: %s; %s", object.spec.dnsName,
            #names > 0 and table.concat(names, ", ") or "none", own)
    end
    local trouble = trouble_of(solver.pod)
    if trouble then found:say("the %s", trouble) end
    return trouble
end

-- The cause by the text that cert-manager wrote; the network's word counts more where that says little.
local function weigh(found, object, reason, network)
    local facts = found:facts(object.spec.dnsName)
    local known = causes.of(object.spec.type:upper(), reason, facts)
    if network and network.cause and (not known or known.weak) then
        return { cause = network.cause, remedy = network.remedy, waits = network.waits or false }
    elseif network and network.ok and known and known.weak and not known.waits then
        return { waits = true,
            cause = "asked from here, the challenge is answered as a CA wants it, but cert-manager does not see "
                .. "that: " .. known.cause,
            remedy = "wait a minute; when it stays so, see that the cluster's own DNS and network lead to the "
                .. "same answer" }
    end
    return known
end

-- challenge.judge(found, object, options): { cause, remedy, waits } of a Challenge that is not valid; tells
-- `found` of what it sees on the way. Options as certs.status.
function challenge.judge(found, object, options)
    local status, host = object.status or {}, object.spec.dnsName
    local kind, state = object.spec.type:upper(), status.state or ""
    local queued = status.processing == false and state == ""
    state = queued and "queued" or state ~= "" and state or "new"
    local reason = status.reason or not queued and walk.warning(found, object) or ""
    found:say("challenge/%s (%s for %s) is %s: %s", object.metadata.name, kind, host, state,
        reason ~= "" and reason or "no reason given")
    if queued then
        return { waits = true,
            cause = ("the challenge for %s is queued: cert-manager works on another one of that name, or on as "
                .. "many as it does at once"):format(host),
            remedy = "wait; see which challenges are under way with `kubectl get challenges -A`, and what holds "
                .. "those up" }
    end
    reason = kind == "HTTP-01" and look_at_solver(found, object) or reason
    local network = options.network ~= false and ask[kind](object, options)
    if network then found:say("%s", network.text) end
    return weigh(found, object, reason, network) or { waits = false,
        cause = reason ~= "" and reason or ("the challenge for %s is %s, and nothing says why"):format(host,
            state),
        remedy = ("see cert-manager's log, and `kubectl describe challenge %s -n %s`"):format(
            object.metadata.name, found.namespace) }
end

return challenge
