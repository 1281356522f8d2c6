-- tls: every address of a host, apart.
local engine, primitives, parts = ...
local tls, dns = primitives.tls, primitives.dns

-- The name in "name", "name:port", "[address]:port" or a bare IPv6 address.
local function name_of(endpoint)
    return endpoint:match("^%[(.*)%]") or endpoint:match("^([^:]*):[^:]*$") or endpoint
end

-- tls.inspect_all("host" [, options]): tls.inspect at every address that the name has, IPv6 and IPv4
-- alike, at once. Takes its options but `address`. Returns a list of its answers in the order in which
-- clients would try the addresses; where no handshake came about there is { ip, ok = false, error }.
-- Effect: reads; raises an effect failure when the name has no address.
function tls.inspect_all(endpoint, options)
    if type(endpoint) ~= "string" or options and options.address then
        engine.raise("usage", "tls.inspect_all wants a host and takes no address: it looks at all there are")
    end
    return engine.array(engine.each(dns.addresses(name_of(endpoint)), function(ip)
        local all = { address = ip }
        for name, value in pairs(options or {}) do all[name] = value end
        local answer, why = parts.words.attempt(tls.inspect, endpoint, all)
        return answer or { ip = ip, ok = false, error = why }
    end))
end

return tls
