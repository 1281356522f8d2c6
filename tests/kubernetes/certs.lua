-- certs.status against real objects: of the cases in tests/lua/certmanager_cases.lua those that differ by more
-- than a text, made at an API server.
local cases = require "certmanager_cases"
local certs = require "runbook.certmanager"
local objects = require "certmanager_objects"
local api, shared = {}, {}

-- Makes an object, and its status as cert-manager's controllers would. Returns it as the server has it.
function api:put(object)
    local what = ("%s.%s/%s"):format(object.kind, object.apiVersion:gsub("^v1$", "v1."):gsub("^(.*)/(.*)$", "%2.%1"),
        object.metadata.name)
    local text = json.encode(object)
    if shared[text] then return end -- cases share the issuers of the cluster
    shared[text] = not object.metadata.namespace
    local status = object.status
    object.status = nil
    local made = object.metadata.namespace and k8s.create(object) or k8s.apply(object, { force = true })
    if not status or object.kind == "Namespace" then return made end
    return k8s.patch(what, { namespace = object.metadata.namespace, subresource = "status",
        merge = { status = status } })
end

-- What a case is made of, with every sentence alike.
local function outline(v)
    if type(v) == "string" then return v:find(" ") and "text" or v end
    if type(v) ~= "table" then return tostring(v) end
    local parts = {}
    for key, value in pairs(v) do parts[#parts + 1] = key .. "=" .. outline(value) end
    table.sort(parts)
    return "{" .. table.concat(parts, ",") .. "}"
end

-- One of each outline; what is hidden from us is the API server's own matter, in test_certs.sh.
local function different(all)
    local seen, chosen = {}, {}
    for _, case in ipairs(all) do
        local made_of = {}
        for key, value in pairs(case) do made_of[key] = value end
        made_of[1], made_of.want, made_of.says, made_of.pattern = nil, nil, nil, nil
        local is = outline(made_of)
        if not case.hidden and not seen[is] then chosen[#chosen + 1] = case end
        seen[is] = true
    end
    return chosen
end

local function has(text, words, pattern)
    check(text:find(words, 1, not pattern), "%q has %q", text, words)
end

local function look_at(namespace, case)
    local status = certs.status { name = "shop", namespace = namespace, network = false }
    if case.want == "" then check.equal(status.cause, "", case[1] .. ": cause") end
    has(case[1] .. " -> " .. status.cause, case.want, case.pattern)
    check(case.want == "" or status.remedy ~= "", "%s: what to do is %q", case[1], status.remedy)
    if case.waits ~= nil then check.equal(status.waits, case.waits, case[1] .. ": waits") end
    if case.says then has(table.concat(status.findings, "\n"), case.says, true) end
end

return runbook {
    name = "certs",
    params = { space = param { help = "what the namespaces begin with" } },

    phase "cases" { keep_going = true,
        step "every case has its cause" { timeout = "5m", function(run)
            local chosen = different(cases)
            each(chosen, { limit = 8 }, function(case, i)
                local namespace = ("%s-%d"):format(run.space, i)
                objects.put_case(api, namespace, case, wait.now())
                look_at(namespace, case)
            end)
            log.info("%d cases", #chosen)
        end },
    },
}
