-- causes: what a text that cert-manager or a CA wrote means, and what to do about it.
--
-- Each table below causes/ is a list of rows { pattern, cause, remedy }; the first whose pattern (of Lua)
-- is found in the text counts. {host}, {name} and so on stand for facts of the case, {1} for what the
-- pattern captured. More fields of a row:
--   waits   nobody has to act: time mends it
--   weak    the text says little: what the network answers says more
local acme = require "runbook.certmanager.causes.acme"
local causes = {}

local places = {
    ["HTTP-01"] = { acme, require "runbook.certmanager.causes.http01" },
    ["DNS-01"] = { acme, require "runbook.certmanager.causes.dns01" },
    order = { acme, require "runbook.certmanager.causes.order" },
    request = { acme, require "runbook.certmanager.causes.request" },
    issuer = { require "runbook.certmanager.causes.issuer" },
    certificate = { require "runbook.certmanager.causes.certificate" },
}

local function filled(text, captures, facts)
    return (text:gsub("{(%w+)}", function(name)
        return tostring(captures[tonumber(name)] or facts[name] or "{" .. name .. "}")
    end))
end

-- causes.of("request", "Failed: ...", facts): { cause, remedy, waits, weak } of the first row that fits, or
-- nil. The places are those above; texts of conditions are written "Reason: message".
function causes.of(place, text, facts)
    for _, rows in ipairs(places[place]) do
        for _, row in ipairs(rows) do
            local captures = { text:match(row[1]) }
            if #captures > 0 then
                return { cause = filled(row[2], captures, facts), remedy = filled(row[3], captures, facts),
                    waits = row.waits or false, weak = row.weak or false }
            end
        end
    end
end

return causes
