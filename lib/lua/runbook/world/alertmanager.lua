-- alertmanager: a pretend Alertmanager: GET /api/v2/alerts with its filters, /-/ready and /-/healthy.
local form = require "runbook.world.form"
local regex = require "runbook.world.regex"
local rfc3339 = require "runbook.rfc3339"

local alertmanager = {}
alertmanager.__index = alertmanager

-- A server that asks alerts() for what there is: a list of { labels, annotations, starts_at (seconds),
-- silenced_by, inhibited_by (lists of ids, empty when left out), generator_url }.
function alertmanager.new(options)
    return setmetatable({ now = options.now, alerts = options.alerts, receiver = options.receiver or "default" },
        alertmanager)
end

-- The same 16 hex digits for the same labels.
local function fingerprint(labels)
    local parts = {}
    for name, value in pairs(labels) do parts[#parts + 1] = name .. "\0" .. value end
    table.sort(parts)
    return crypto.sha256(table.concat(parts, "\0")):sub(1, 16)
end

local function described(self, alert, now)
    local silenced, inhibited = alert.silenced_by or {}, alert.inhibited_by or {}
    local quiet = #silenced > 0 or #inhibited > 0
    return {
        labels = alert.labels, annotations = alert.annotations or {}, fingerprint = fingerprint(alert.labels),
        startsAt = rfc3339.format(alert.starts_at), updatedAt = rfc3339.format(now),
        endsAt = rfc3339.format(now + 240), generatorURL = alert.generator_url or "",
        receivers = json.array { { name = self.receiver } },
        status = {
            state = quiet and "suppressed" or "active", silencedBy = json.array(silenced),
            inhibitedBy = json.array(inhibited), mutedBy = json.array {},
        },
    }
end

-- A test on labels for a matcher such as `severity=~"page|critical"`; nil when it is not one.
local function matcher(text)
    local name, op, value = text:match('^%s*([%a_][%w_]*)%s*([=!]~?=?)%s*"?(.-)"?%s*$')
    if op == "=" then return function(labels) return (labels[name] or "") == value end end
    if op == "!=" then return function(labels) return (labels[name] or "") ~= value end end
    if op ~= "=~" and op ~= "!~" then return nil end
    local matches = regex.compile(value)
    return matches and function(labels) return matches(labels[name] or "") == (op == "=~") end
end

-- What a query asks for: whether each kind is wanted, and the label tests. Nil and what is wrong.
local function selection(query)
    local wanted, tests = { active = true, silenced = true, inhibited = true }, {}
    for _, pair in ipairs(form.pairs(query)) do
        local name, value = pair[1], pair[2]
        if name == "filter" then
            local test = matcher(value)
            if not test then return nil, "bad matcher format: " .. value end
            tests[#tests + 1] = test
        elseif wanted[name] ~= nil then
            if value ~= "true" and value ~= "false" then
                return nil, ("%s in query must be of type boolean: %q"):format(name, value)
            end
            wanted[name] = value == "true"
        end
    end
    return wanted, tests
end

local function is_wanted(alert, wanted, tests)
    for _, test in ipairs(tests) do
        if not test(alert.labels) then return false end
    end
    if alert.status.state == "active" then return wanted.active end
    return (#alert.status.silencedBy == 0 or wanted.silenced) and (#alert.status.inhibitedBy == 0 or wanted.inhibited)
end

local function list(self, query)
    local wanted, tests = selection(query)
    if not wanted then return { status = 400, json = { code = 400, message = tests } } end
    local found, now = json.array {}, self.now()
    for _, alert in ipairs(self.alerts()) do
        local shown = described(self, alert, now)
        if is_wanted(shown, wanted, tests) then found[#found + 1] = shown end
    end
    table.sort(found, function(a, b) return a.fingerprint < b.fingerprint end)
    return { status = 200, json = found }
end

-- Answers one request; the world it stands in is not looked at.
function alertmanager:handle(_, req)
    if req.path == "/-/ready" or req.path == "/-/healthy" then return { status = 200, body = "OK" } end
    if req.path ~= "/api/v2/alerts" then
        return { status = 404, json = { code = 404, message = "path " .. req.path .. " was not found" } }
    end
    if req.method ~= "GET" then
        return { status = 405, json = { code = 405, message = "method " .. req.method .. " is not allowed" } }
    end
    return list(self, form.query(req.target))
end

return alertmanager
