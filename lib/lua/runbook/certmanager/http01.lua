-- http01: what the network answers where a public CA would look for an HTTP-01 challenge: on port 80 of every
-- address, following redirects to ports 80 and 443 only, without verifying certificates.
local http01 = {}

local MOST_REDIRECTS, MOST_ADDRESSES = 10, 4
local PORTS = { http = 80, https = 443 }
local REMEDY = {
    redirect = "do not redirect /.well-known/acme-challenge/ of %s but to ports 80 and 443 of the same host",
    route = "check the class of the solver's Ingress, and what else answers for %s",
    reach = "open port 80 of every address of %s to the whole internet, or remove the DNS record of the address",
    dns = "create the DNS record of %s, and wait until it is known everywhere",
}

-- { scheme, host, port, path } of a URL, or nil.
local function parse(url)
    local scheme, authority, path = url:match("^(%a+)://([^/?#]*)(.*)$")
    if not scheme then return nil end
    scheme = scheme:lower()
    local host, port = authority:match("^(.-):(%d+)$")
    return { scheme = scheme, host = (host or authority):lower(), port = tonumber(port) or PORTS[scheme],
        path = path:find("^/") and path or "/" .. path }
end

-- Where to connect for a port that a CA would ask: options may have others stand for 80 and 443.
local function place(ip, port, options)
    port = port == 80 and options.http_port or port == 443 and options.https_port or port
    return (ip:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(ip, port)
end

local function result(ok, text, remedy, cause) return { ok = ok, text = text, remedy = remedy, cause = cause } end

local function judge(url, answer, key)
    if answer.status ~= 200 then
        return result(false, ("%s answers %d"):format(url, answer.status), "route",
            ("the challenge's path answers %d instead of 200"):format(answer.status))
    elseif answer.body ~= key then
        return result(false, url .. " answers 200 with another text than the challenge's key", "route",
            "something else than cert-manager's solver answers the challenge's path")
    end
    return result(true, url .. " answers as it should")
end

-- Where a redirect leads, or a result when a CA would not go there.
local function next_hop(from, location)
    if location:find("^/") then
        location = ("%s://%s:%d%s"):format(from.scheme, from.host, from.port, location)
    end
    local to = parse(location)
    if not to or not PORTS[to.scheme] then
        return nil, result(false, ("it is redirected to '%s'"):format(location), "redirect",
            ("the challenge's path is redirected to '%s', which is no http or https URL"):format(location))
    elseif to.port ~= 80 and to.port ~= 443 then
        return nil, result(false, ("it is redirected to port %d of %s"):format(to.port, to.host), "redirect",
            ("the challenge's path is redirected to port %d, where a public CA does not follow (80 and 443 only), "
                .. "although cert-manager's own check does"):format(to.port))
    end
    return to
end

-- Asks as a CA would, at one address.
local function fetch(challenge, ip, options)
    local host = challenge.spec.dnsName:lower()
    local at = parse(("http://%s/.well-known/acme-challenge/%s"):format(host, challenge.spec.token))
    for _ = 0, MOST_REDIRECTS do
        local url = ("%s://%s%s"):format(at.scheme, at.host, at.path)
        if at.host ~= host and options.resolve then
            return result(false, ("it is redirected to %s, which is not asked"):format(at.host), "redirect",
                ("the challenge's path is redirected to another host, %s"):format(at.host))
        end
        local answer, why = words.attempt(http.get, url, { timeout = "10s", verify = false, proxy = "",
            max_bytes = "64KB", resolve = at.host == host and place(ip, at.port, options) or nil,
            label = ("ask %s for %s, as a CA would"):format(ip, url) })
        if not answer then
            return result(false, why:gsub("^ask .- would: ", ""), "reach",
                at.scheme == "https" and "port 80 redirects to https, which does not answer"
                or "port 80 of the host does not answer")
        end
        local location = answer.headers.location
        if answer.status < 300 or answer.status > 399 or not location then
            return judge(url, answer, challenge.spec.key)
        end
        local refusal
        at, refusal = next_hop(at, location)
        if refusal then return refusal end
    end
    return result(false, "it is redirected more than 10 times", "redirect",
        "the challenge's path is redirected in a circle")
end

-- Addresses that no public CA can reach (RFC 1918, RFC 6598, RFC 4193 and the like).
local function is_private(ip)
    local a, b = ip:match("^(%d+)%.(%d+)%.")
    a, b = tonumber(a), tonumber(b)
    if not a then return ip:lower():find("^f[cd]") or ip:lower():find("^fe[89ab]") or ip == "::1" end
    return a == 10 or a == 127 or a == 0 or a == 192 and b == 168 or a == 172 and b >= 16 and b <= 31
        or a == 169 and b == 254 or a == 100 and b >= 64 and b <= 127
end

-- Every address in the DNS, or nil and a result.
local function addresses_of(host, options)
    local found, status = {}, nil
    for _, kind in ipairs { "AAAA", "A" } do
        local answer, why = words.attempt(dns.query, host, kind, { server = options.dns_server, quiet = true })
        if not answer then
            return nil, result(false, why, "dns", nil)
        end
        status = answer.status
        for _, record in ipairs(answer.answers) do
            if record.type == kind and #found < MOST_ADDRESSES then found[#found + 1] = record.data end
        end
    end
    if #found > 0 then return found end
    return nil, result(false, ("the DNS knows no address of %s (%s)"):format(host, status), "dns",
        ("%s has neither an A nor an AAAA record"):format(host))
end

-- What all addresses say together: a CA may ask any of them.
local function sum_up(host, results, addresses, options)
    local bad, good, worst = {}, {}, nil
    local said = {}
    for i, one in ipairs(results) do
        local list = one.ok and good or bad
        list[#list + 1] = addresses[i]
        worst = worst or not one.ok and one or nil
        said[i] = ("%s: %s"):format(addresses[i], one.text)
    end
    local found = { ok = not worst, text = "asked as a CA would, " .. table.concat(said, "; ") }
    if not worst then return found end
    found.cause, found.remedy = worst.cause, REMEDY[worst.remedy]:format(host)
    if #good > 0 then
        found.cause = ("of the addresses of %s, %s answers the challenge and %s does not, and a CA may ask "
            .. "either (IPv6 first): %s"):format(host, table.concat(good, " and "), table.concat(bad, " and "),
            worst.cause)
    elseif is_private(addresses[1]) and not options.resolve then
        found.cause = ("%s resolves to %s, an address that no public CA can reach"):format(host, addresses[1])
        found.remedy = ("point %s at the public address of the ingress controller, or use DNS-01"):format(host)
    end
    return found
end

-- "address", "address:port" or "[address]:port" in two.
local function split(place_of)
    local ip, port = place_of:match("^%[(.-)%]:(%d+)$")
    if not ip then ip, port = place_of:match("^([^:]*):(%d+)$") end
    return ip or place_of:match("^%[(.*)%]$") or place_of, port
end

-- http01.ask(challenge, options): { ok, text, cause, remedy }: `text` for people; cause and remedy only when a
-- CA would not be content. Options: resolve (an address to ask instead of those in the DNS), dns_server,
-- http_port and https_port (what stands for 80 and 443). Nil when the author has left open where port 80 is.
function http01.ask(challenge, options)
    local host = challenge.spec.dnsName
    local addresses, problem
    if options.resolve then
        local ip, port = split(options.resolve)
        if port and not options.http_port then return nil end
        addresses = { ip }
    else
        addresses, problem = addresses_of(host, options)
    end
    if not addresses then
        return { ok = false, text = "asked as a CA would, " .. problem.text, cause = problem.cause,
            remedy = problem.cause and REMEDY[problem.remedy]:format(host) }
    end
    local results = each(addresses, function(ip) return fetch(challenge, ip, options) end)
    return sum_up(host, results, addresses, options)
end

return http01
