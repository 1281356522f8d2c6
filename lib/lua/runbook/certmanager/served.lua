-- served: does the host serve the very certificate that stands in the Secret? Ready is not served.
local held = require "runbook.certmanager.held"
local served = {}

-- The first name that a host can have, or nil and why there is none.
local function host_of(certificate)
    local spec, wildcards = certificate.spec, 0
    for _, list in ipairs { spec.dnsNames or {}, spec.ipAddresses or {}, { spec.commonName } } do
        for _, name in ipairs(list) do
            if not name:find("*", 1, true) then return name end
            wildcards = wildcards + 1
        end
    end
    return nil, ("it names %s, so it is not known which host serves it"):format(wildcards > 0 and "only wildcards"
        or "neither a host nor an address")
end

-- The PEM text that was issued: the Secret's, or the request's where the Secret cannot be read.
local function issued_pem(found)
    local held = found.secret and (found.secret.data or {})["tls.crt"]
    local given = found.request and (found.request.status or {}).certificate
    local text = held or not found.secret and given
    return text and crypto.base64_decode(text), held and found.secret_name
        or found.request and "certificaterequest/" .. found.request.metadata.name
end

local function look(host, options)
    if host:find(":", 1, true) then host = "[" .. host .. "]" end -- an IPv6 address
    local port = options.https_port and ":" .. options.https_port or ""
    local how = { address = options.resolve, ca = options.ca, timeout = "10s" }
    if not options.resolve then return tls.inspect_all(host .. port, how) end
    return { tls.inspect(host .. port, how) }
end

-- served.compare(found, options): { ok, text, cause, remedy }; ok is nil when it could not be told. Options:
-- host (default: the first name of the Certificate), resolve, https_port, ca (a file of roots beside which it is
-- judged; default: the system's).
function served.compare(found, options)
    local host, why_none = options.host, nil
    if not host then host, why_none = host_of(found.certificate) end
    if not host then return { text = why_none } end
    local pem, holder = issued_pem(found)
    local leaf = pem and held.leaf(pem)
    if not leaf then return { text = "there is no certificate to compare with what the host serves" } end
    local answers, why = words.attempt(look, host, options)
    if not answers then return { text = ("what %s serves could not be seen: %s"):format(host, why) } end
    if engine.unknown(answers) or engine.unknown(answers[1]) then
        return { text = ("what %s serves is not known in a plan without a network"):format(host) }
    end
    local alike, others, rest = {}, {}, {}
    for _, answer in ipairs(answers) do
        local shown = answer.chain and answer.chain[1]
        if not shown then
            rest[#rest + 1] = ("%s could not be seen: %s"):format(answer.ip, answer.error)
        elseif shown.sha256 == leaf.sha256 then
            alike[#alike + 1] = answer.ip
        else
            others[#others + 1] = answer.ip
            rest[#rest + 1] = ("%s serves one of %s, valid until %s"):format(answer.ip, shown.issuer,
                shown.not_after)
        end
    end
    local more = table.concat(rest, "; ")
    if #alike == 0 and #others == 0 then return { text = more } end
    if #others == 0 then
        return { ok = true, text = ("%s serves the certificate in %s%s"):format(host, holder,
            more ~= "" and ", but " .. more or "") }
    end
    return { ok = false,
        text = ("%s does not serve the certificate in %s (valid until %s)%s: %s"):format(host, holder,
            leaf.not_after, #alike > 0 and " everywhere" or "", more),
        cause = ("%s serves another certificate than the one in %s"):format(host, holder),
        remedy = ("see that the Ingress for %s names %s in spec.tls and is in its namespace, and that the ingress "
            .. "controller has read it; a proxy or CDN in front serves its own"):format(host, found.secret_name) }
end

return served
