-- runbook.zone: the DNS zone that a name is in, and what each of its authoritative servers says.
local zone = {}

local MOST_ALIASES = 8
local OPTIONS = { dns_server = "string", dns_port = "integer" }

local function ask(name, kind, options)
    return dns.query(name, kind, { server = options.dns_server, quiet = true })
end

local function same(a, b) return a:lower():gsub("%.$", "") == b:lower():gsub("%.$", "") end

local function ends_with(name, zone_name)
    return ("." .. name:lower()):sub(-#zone_name - 1) == "." .. zone_name:lower()
end

local function records(list, kind)
    local found = {}
    for _, record in ipairs(list) do
        if record.type == kind then found[#found + 1] = record end
    end
    return found
end

-- zone.target("name" [, { dns_server = "address" }]): the name that this one stands for after every
-- CNAME. Raises an effect failure when the aliases go round in a circle or nobody answers.
function zone.target(name, options)
    words.fields(options or {}, OPTIONS, "zone.target")
    local from = name
    for _ = 0, MOST_ALIASES do
        local alias = records(ask(name, "CNAME", options or {}).answers, "CNAME")[1]
        if not alias or not same(alias.name, name) then return name end
        name = alias.data
    end
    engine.raise("effect", ("the CNAME records of %s do not come to an end within %d steps; the last is %s")
        :format(from, MOST_ALIASES, name))
end

-- The apex: the longest end of the name that has a SOA record of its own.
local function apex_of(name, options)
    local rest = name:gsub("%.$", "")
    while rest ~= "" do
        local answer = ask(rest, "SOA", options)
        if answer.status ~= "NOERROR" and answer.status ~= "NXDOMAIN" then
            engine.raise("effect", ("could not find the zone of %s: the DNS answers %s for the SOA record of %s; "
                .. "check the zone's delegation"):format(name, answer.status, rest))
        end
        for _, list in ipairs { answer.answers, answer.authority } do
            local soa = records(list, "SOA")[1]
            local owner = soa and soa.name
            if owner and ends_with(rest, owner) then return owner end
        end
        rest = rest:match("^[^.]*%.(.*)$") or ""
    end
    engine.raise("effect", ("could not find the zone of %s: no part of the name has a SOA record; check that the "
        .. "domain is registered and delegated"):format(name))
end

local function addresses_of(name, options)
    local found, why = {}, nil
    for _, kind in ipairs { "A", "AAAA" } do
        local answer, failure = words.attempt(ask, name, kind, options)
        for _, record in ipairs(answer and records(answer.answers, kind) or {}) do
            found[#found + 1] = record.data
        end
        why = failure or answer.status ~= "NOERROR" and answer.status or why
    end
    return json.array(found), why
end

-- zone.servers("name" [, { dns_server = "address" }]): the zone that the name is in and its authoritative
-- servers, as the DNS server that is asked tells it (default: this machine's own). Raises an effect
-- failure when there is no zone or nobody answers. Returns { zone, servers }, with
--   zone      its apex
--   servers   [ { name, addresses } ], addresses being empty when the server's name has none
function zone.servers(name, options)
    options = options or {}
    words.fields(options, OPTIONS, "zone.servers")
    local apex = apex_of(name, options)
    local names = {}
    for i, record in ipairs(records(ask(apex, "NS", options).answers, "NS")) do names[i] = record.data:lower() end
    if #names == 0 then
        engine.raise("effect", ("the zone %s of %s has no NS records; check its delegation"):format(apex, name))
    end
    table.sort(names)
    local servers = each(names, function(server)
        local addresses, why = addresses_of(server, options)
        return { name = server, addresses = addresses, error = #addresses == 0 and (why or "no address") or nil }
    end)
    return { zone = apex, servers = servers }
end

-- zone.ask("name", "TXT" [, { dns_server = "address", dns_port = 53 }]): asks every address of every
-- authoritative server of the name's zone, at once, for what it knows itself. Returns the zone and a list
-- of { server, ip, status, answers }, or { server, ip, error } where nobody answered. Raises an effect
-- failure as zone.servers does.
function zone.ask(name, kind, options)
    options = options or {}
    words.fields(options, OPTIONS, "zone.ask")
    local found, places = zone.servers(name, options), {}
    for _, server in ipairs(found.servers) do
        for _, ip in ipairs(server.addresses) do places[#places + 1] = { server = server.name, ip = ip } end
        if #server.addresses == 0 then
            places[#places + 1] = { server = server.name, error = "its name has no address: " .. server.error }
        end
    end
    return found.zone, each(places, function(place)
        if place.error then return place end
        local at = (place.ip:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(place.ip, options.dns_port or 53)
        local answer, why = words.attempt(dns.query, name, kind, { server = at, recursive = false })
        if answer then place.status, place.answers = answer.status, records(answer.answers, kind) end
        place.error = why
        return place
    end)
end

return zone
