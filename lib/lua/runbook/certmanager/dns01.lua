-- dns01: whether every authoritative server of the zone has the TXT record of a DNS-01 challenge.
local zone = require "runbook.zone"
local dns01 = {}

local REMEDY = "check the DNS provider's credentials that the issuer uses, that %s is not delegated elsewhere, "
    .. "and give the TXT record time to propagate"

-- What one server has ("has", "lacks", "another" or "error"), and that in words.
local function state_of(place, key)
    if place.error then return "error", place.error end
    if place.status == "NXDOMAIN" then return "lacks", "has no such name" end
    if place.status ~= "NOERROR" then return "error", "answers " .. place.status end
    for _, record in ipairs(place.answers) do
        if record.data == key then return "has", "has the TXT record" end
    end
    if #place.answers > 0 then return "another", "has another TXT record" end
    return "lacks", "has no such record"
end

local function list(names) return table.concat(names, " and ") end

-- Cause, remedy and whether time mends it. `servers` holds those in each state.
local function explain(name, target, apex, servers)
    local usual = REMEDY:format(name)
    if not apex:find(".", 1, true) then
        return ("the domain of %s is not registered or not delegated: the zone that the DNS finds is %s"):format(name,
            apex), "register the domain, and have its registrar delegate it to its name servers"
    elseif #servers.error > 0 and #servers.has > 0 then
        return ("the TXT record %s is there, but not every authoritative server answers: %s"):format(target,
            list(servers.error)), "mend those name servers, or take them out of the zone's NS records"
    elseif #servers.another > 0 then
        return ("the TXT record %s holds another value than the challenge's on %s: an old one, or one of another "
            .. "cluster"):format(target, list(servers.another)),
            "remove old TXT records of that name, and see who else writes them; " .. usual
    elseif #servers.has > 0 then
        return ("the TXT record %s is on %s and not yet on %s"):format(target, list(servers.has),
            list(servers.lacks)), "wait for the zone's servers to catch up with each other; " .. usual, true
    elseif #servers.lacks > 0 then
        return ("the TXT record %s is on none of its authoritative servers%s"):format(target, target ~= name
            and (", where it has to be: %s is a CNAME for it"):format(name) or ""), usual
    end
    return ("none of the authoritative servers of %s answers: %s"):format(apex, list(servers.error)),
        "mend the name servers, or correct the zone's NS records"
end

local function judged(name, target, apex, places, key)
    local servers, said = { has = {}, lacks = {}, another = {}, error = {} }, {}
    for i, place in ipairs(places) do
        local state, why = state_of(place, key)
        local at = place.ip and ("%s (%s)"):format(place.server, place.ip) or place.server
        table.insert(servers[state], at)
        said[i] = at .. " " .. why
    end
    local found = { ok = #servers.has == #places, text = ("asked every authoritative server of %s for %s%s: %s"):format(
        apex, target, target ~= name and (", which %s is a CNAME for"):format(name) or "", table.concat(said, "; ")) }
    if not found.ok then found.cause, found.remedy, found.waits = explain(name, target, apex, servers) end
    return found
end

-- dns01.ask(challenge, options): { ok, text, cause, remedy, waits }, as http01.ask. Options: dns_server, the one
-- that says which servers are authoritative, and dns_port, at which those are asked. Nil when the author has
-- given an address for the host and no DNS server: then the DNS is not to be relied on.
function dns01.ask(challenge, options)
    if options.resolve and not options.dns_server then return nil end
    local name = "_acme-challenge." .. challenge.spec.dnsName
    local found, why = words.attempt(function()
        local target = zone.target(name, { dns_server = options.dns_server })
        local apex, places = zone.ask(target, "TXT", { dns_server = options.dns_server,
            dns_port = options.dns_port })
        return judged(name, target, apex, places, challenge.spec.key)
    end)
    return found or { ok = false, text = why }
end

return dns01
