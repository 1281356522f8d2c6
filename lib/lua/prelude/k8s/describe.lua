-- k8s.describe: an object as a person wants to read of it.
local engine, primitives, parts = ...
local words, k8s, json, wait = parts.words, primitives.k8s, primitives.json, primitives.wait
local rfc3339 = assert(engine.load("runbook.rfc3339"))()

local page = {}
page.__index = page

-- A page: lines, each begun by the spaces of its depth.
local function new_page(now) return setmetatable({ lines = {}, indent = "", now = now }, page) end

function page:line(format, ...)
    self.lines[#self.lines + 1] = self.indent .. (select("#", ...) > 0 and format:format(...) or format)
end

-- "Name:   value"; nothing for a value that is not there.
function page:field(name, value)
    if value ~= nil and value ~= "" and value ~= json.null then
        self:line("%-16s%s", name ~= "" and name .. ":" or "", tostring(value))
    end
end

-- What fn writes stands deeper, under a title; the title goes when fn writes nothing.
function page:section(title, fn)
    local before, indent = #self.lines, self.indent
    self:line("%s:", title)
    self.indent = indent .. "  "
    fn()
    self.indent = indent
    if #self.lines == before + 1 then self.lines[#self.lines] = nil end
end

-- Rows of texts under a head, as columns.
function page:grid(rows)
    local widths = {}
    if #rows < 2 then return end
    for _, row in ipairs(rows) do
        for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, #cell) end
    end
    for _, row in ipairs(rows) do
        local cells = {}
        for i, cell in ipairs(row) do cells[i] = cell .. (" "):rep(widths[i] - #cell) end
        self:line((table.concat(cells, "  "):gsub("%s+$", "")))
    end
end

-- A whole object in one annotation, with all that is secret in it; kubectl does not show it either.
local LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

function page:map(name, map)
    for _, key in ipairs(words.keys(map or {})) do
        local value = engine.quote(tostring(map[key]), 120):gsub("\n.*", " ...")
        if key ~= LAST_APPLIED then
            self:field(name, key .. "=" .. value)
            name = ""
        end
    end
end

function page:age(time)
    local seconds = type(time) == "string" and rfc3339.parse(time)
    return seconds and words.duration(math.max(math.floor(self.now - seconds), 0)) or ""
end

local function text(v) return v == nil and "" or tostring(v) end

function page:head(object)
    local meta = object.metadata
    self:field("Name", meta.name)
    self:field("Namespace", meta.namespace)
    self:field("Created", meta.creationTimestamp and ("%s (%s ago)"):format(meta.creationTimestamp,
        self:age(meta.creationTimestamp)))
    self:field("Being deleted", meta.deletionTimestamp)
    self:map("Labels", meta.labels)
    self:map("Annotations", meta.annotations)
    for _, owner in ipairs(meta.ownerReferences or {}) do
        if owner.controller then self:field("Controlled by", owner.kind .. "/" .. owner.name) end
    end
end

function page:conditions(object)
    local rows = { { "Type", "Status", "Since", "Reason", "Message" } }
    for _, condition in ipairs((object.status or {}).conditions or {}) do
        rows[#rows + 1] = { text(condition.type), text(condition.status), self:age(condition.lastTransitionTime),
            text(condition.reason), text(condition.message) }
    end
    self:section("Conditions", function() self:grid(rows) end)
end

function page:events(object)
    local what = ("%s/%s"):format(object.kind:lower(), object.metadata.name)
    local rows = { { "Type", "Reason", "Age", "From", "Message" } }
    for _, event in ipairs(k8s.events(what, { namespace = object.metadata.namespace })) do
        local age = self:age(event.last)
        if event.count > 1 then age = ("%s (x%d over %s)"):format(age, event.count, self:age(event.first)) end
        rows[#rows + 1] = { text(event.type), text(event.reason), age, text(event.from), text(event.message) }
    end
    self:section("Events", function() self:grid(rows) end)
    if #rows == 1 then self:field("Events", "none") end
end

local function state_text(state)
    for name, detail in pairs(state or {}) do
        local parts_of = { name }
        if detail.reason then parts_of[2] = detail.reason end
        if detail.exitCode then parts_of[#parts_of + 1] = "exit code " .. detail.exitCode end
        if detail.message then parts_of[#parts_of + 1] = detail.message end
        return table.concat(parts_of, ", ")
    end
end

function page:containers(title, containers, statuses)
    local by_name = {}
    for _, status in ipairs(statuses or {}) do by_name[status.name] = status end
    self:section(title, function()
        for _, container in ipairs(containers or {}) do
            local status = by_name[container.name] or {}
            self:section(container.name, function()
                self:field("Image", container.image)
                for _, port in ipairs(container.ports or {}) do
                    self:field("Port", ("%s/%s"):format(text(port.containerPort), port.protocol or "TCP"))
                end
                self:field("State", state_text(status.state))
                self:field("Last state", state_text(status.lastState))
                self:field("Ready", status.ready)
                self:field("Restarts", status.restartCount)
                self:map("Requests", (container.resources or {}).requests)
                self:map("Limits", (container.resources or {}).limits)
                for i, variable in ipairs(container.env or {}) do
                    self:field(i == 1 and "Environment" or "", ("%s=%s"):format(variable.name,
                        variable.value or variable.valueFrom and "<from elsewhere>" or ""))
                end
            end)
        end
    end)
end

local pages = {}

function pages.Deployment(p, object)
    local spec, status = object.spec, object.status or {}
    p:field("Selector", words.keys((spec.selector or {}).matchLabels or {})[1] and
        (json.encode(spec.selector.matchLabels):gsub('[{}"]', ""):gsub(":", "=")))
    p:field("Replicas", ("%d desired, %d updated, %d in all, %d available, %d unavailable"):format(spec.replicas or 1,
        status.updatedReplicas or 0, status.replicas or 0, status.availableReplicas or 0,
        status.unavailableReplicas or 0))
    p:field("Strategy", (spec.strategy or {}).type)
    p:field("Paused", spec.paused)
    local state, sentence = k8s.rollout_status(object)
    p:field("Rollout", ("%s (%s)"):format(state, sentence))
    p:containers("Containers", ((spec.template or {}).spec or {}).containers)
    p:conditions(object)
end

function pages.Pod(p, object)
    local spec, status = object.spec or {}, object.status or {}
    p:field("Node", spec.nodeName)
    p:field("Status", status.phase)
    p:field("Reason", status.reason)
    p:field("Message", status.message)
    p:field("IP", status.podIP)
    p:field("Service account", spec.serviceAccountName)
    p:containers("Init containers", spec.initContainers, status.initContainerStatuses)
    p:containers("Containers", spec.containers, status.containerStatuses)
    p:conditions(object)
end

local function backend_text(backend)
    local service = (backend or {}).service
    if not service then return "<none>" end
    local port = service.port or {}
    return ("%s:%s"):format(service.name, text(port.name or port.number))
end

function pages.Ingress(p, object)
    local spec, rows = object.spec or {}, { { "Host", "Path", "Backend" } }
    p:field("Class", spec.ingressClassName)
    for _, address in ipairs(((object.status or {}).loadBalancer or {}).ingress or {}) do
        p:field("Address", address.ip or address.hostname)
    end
    for _, tls in ipairs(spec.tls or {}) do
        p:field("TLS", ("%s for %s"):format(text(tls.secretName), table.concat(tls.hosts or {}, ", ")))
    end
    if spec.defaultBackend then p:field("Otherwise", backend_text(spec.defaultBackend)) end
    for _, rule in ipairs(spec.rules or {}) do
        for _, path in ipairs((rule.http or {}).paths or {}) do
            rows[#rows + 1] = { rule.host or "*", path.path or "/", backend_text(path.backend) }
        end
    end
    p:section("Rules", function() p:grid(rows) end)
end

function pages.Certificate(p, object)
    local spec, status = object.spec or {}, object.status or {}
    local issuer = spec.issuerRef or {}
    p:field("Secret", spec.secretName)
    p:field("Issuer", issuer.name and ("%s/%s"):format(issuer.kind or "Issuer", issuer.name))
    p:field("Names", table.concat(spec.dnsNames or {}, ", "))
    p:field("Not before", status.notBefore)
    p:field("Not after", status.notAfter)
    p:field("Renewal", status.renewalTime)
    p:field("Revision", status.revision)
    p:field("Failed attempts", status.failedIssuanceAttempts)
    p:field("Last failure", status.lastFailureTime)
    p:conditions(object)
end

-- k8s.describe("deployment/x" [, { namespace }]): what a person wants to know of a Deployment, a Pod, an Ingress
-- or a Certificate, with its events, as text. Other objects are told as far as they can be: name, labels,
-- conditions, events.
function k8s.describe(what, options)
    local object = words.without_nulls(k8s.get(what, options))
    local p = new_page(wait.now())
    p:head(object)
    local describe = pages[object.kind] or page.conditions
    describe(p, object)
    p:events(object)
    return table.concat(p.lines, "\n") .. "\n"
end
