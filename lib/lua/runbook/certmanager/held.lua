-- held: does the Secret hold a certificate that is good now, and the one that the Certificate tells of?
local rfc3339 = require "runbook.rfc3339"
local held = {}

local MINUTE <const> = 60

-- held.leaf(pem): the first certificate of a PEM text, as tls.verify describes it, or nil when it holds none.
function held.leaf(pem)
    -- Nobody asks for the judgement, so the system's roots need not be read for it.
    local ok, judged = pcall(tls.verify, { leaf = pem, roots = pem, at = wait.now() })
    return ok and judged.chain[1] or nil
end

-- The first name that is wanted and not in the certificate.
local function missing_name(spec, leaf)
    local has = {}
    for _, name in ipairs(leaf.sans) do has[name:lower()] = true end
    for prefix, list in pairs { ["dns:"] = spec.dnsNames or {}, ["ip:"] = spec.ipAddresses or {} } do
        for _, name in ipairs(list) do
            if not has[prefix .. name:lower()] then return name end
        end
    end
end

-- What is wrong with the leaf, or nil.
local function fault_of(leaf, certificate)
    local now, ends, begins = wait.now(), rfc3339.parse(leaf.not_after), rfc3339.parse(leaf.not_before)
    if ends <= now then return ("has expired %s ago"):format(words.duration((now - ends) // 1)) end
    if begins > now then return ("is not valid before %s"):format(leaf.not_before) end
    local name = missing_name(certificate.spec, leaf)
    if name then return ("does not name %s"):format(name) end
    local told = (certificate.status or {}).notAfter
    if told and math.abs(rfc3339.parse(told) - ends) >= MINUTE then -- another one, not another clock
        return ("is valid until %s, and the Certificate tells of one until %s"):format(leaf.not_after, told)
    end
end

-- held.judge(found): { ok, cause, remedy }, of what walk.from has found; ok is nil when the Secret could not be
-- read.
function held.judge(found)
    local name = found.secret_name
    if found.unknown[name] or engine.unknown(found.secret) then return {} end
    local remedy = ("cert-manager mends that by itself within moments; when it does not, see that it runs, then "
        .. "`cmctl renew %s -n %s`"):format(found.name, found.namespace)
    if not found.secret then
        return { ok = false, cause = name .. ", which is to hold the certificate, does not exist", remedy = remedy }
    end
    local text = (found.secret.data or {})["tls.crt"]
    local leaf = text and held.leaf(crypto.base64_decode(text))
    if not leaf then return { ok = false, cause = name .. " holds no certificate under tls.crt", remedy = remedy } end
    local fault = fault_of(leaf, found.certificate)
    if not fault then return { ok = true } end
    return { ok = false, cause = ("the certificate in %s %s"):format(name, fault), remedy = remedy }
end

return held
