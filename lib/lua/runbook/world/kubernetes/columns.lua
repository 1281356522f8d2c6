-- columns: how `kubectl get` shows objects: the Table form of meta.k8s.io.
local plain = require "runbook.world.kubernetes.plain"
local rfc3339 = require "runbook.rfc3339"

local columns = {}

local UNITS = { { "y", 365 * 86400 }, { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } }
-- Below so many seconds, the largest unit to show and whether the next smaller one goes with it.
local SPANS = {
    { 120, "s" }, { 600, "m", true }, { 3 * 3600, "m" }, { 8 * 3600, "h", true }, { 48 * 3600, "h" },
    { 8 * 86400, "d", true }, { 2 * 365 * 86400, "d" }, { 8 * 365 * 86400, "y", true }, { math.huge, "y" },
}

-- A length of time the way kubectl writes ages: "45s", "5m20s", "3d4h".
function columns.age(seconds)
    seconds = math.max(0, math.floor(seconds))
    for _, span in ipairs(SPANS) do
        if seconds < span[1] then
            for i, unit in ipairs(UNITS) do
                if unit[1] == span[2] then
                    local text = seconds // unit[2] .. unit[1]
                    local rest = UNITS[i + 1] and seconds % unit[2] // UNITS[i + 1][2] or 0
                    return span[3] and rest > 0 and text .. rest .. UNITS[i + 1][1] or text
                end
            end
        end
    end
end

local function since(text, now)
    local moment = type(text) == "string" and rfc3339.parse(text)
    return moment and columns.age(now - moment) or "<unknown>"
end

local function count(value)
    local n = 0
    for _ in pairs(value or {}) do n = n + 1 end
    return n
end

local function joined(list, pick)
    local texts = {}
    for i, item in ipairs(list or {}) do texts[i] = tostring(pick(item)) end
    return #texts > 0 and table.concat(texts, ",") or "<none>"
end

local function path(name)
    return function(object) return plain.path(object, name) or "" end
end

local function number(name)
    return function(object) return plain.path(object, name) or 0 end
end

local function condition(wanted, part)
    return function(object)
        for _, found in ipairs(plain.at(object, "status", "conditions") or {}) do
            if found.type == wanted then return found[part or "status"] or "" end
        end
        return ""
    end
end

local function containers(part)
    return function(object)
        local spec = plain.at(object, "spec", "template", "spec") or object.spec or {}
        return joined(spec.containers, function(item) return item[part] or "" end)
    end
end

local function labels(...)
    local keys = { ... }
    return function(object)
        local selector, parts = plain.at(object, table.unpack(keys)), {}
        for i, key in ipairs(plain.keys(selector or {})) do parts[i] = key .. "=" .. tostring(selector[key]) end
        return #parts > 0 and table.concat(parts, ",") or "<none>"
    end
end

local function ratio(have, want)
    return function(object) return ("%d/%d"):format(number(have)(object), number(want)(object)) end
end

local function pod_containers(object, pick)
    local n = 0
    for _, item in ipairs(plain.at(object, "status", "containerStatuses") or {}) do n = n + pick(item) end
    return n
end

local function pod_status(object)
    if object.metadata.deletionTimestamp then return "Terminating" end
    for _, item in ipairs(plain.at(object, "status", "containerStatuses") or {}) do
        local why = plain.at(item, "state", "waiting", "reason") or plain.at(item, "state", "terminated", "reason")
        if why then return why end
    end
    return plain.at(object, "status", "reason") or path "status.phase" (object)
end

local function addresses(object)
    return joined(plain.at(object, "status", "loadBalancer", "ingress"), function(item)
        return item.ip or item.hostname
    end)
end

local function ingress_hosts(object)
    local hosts = joined(plain.at(object, "spec", "rules"), function(rule) return rule.host or "*" end)
    return hosts == "<none>" and "*" or hosts
end

local function service_port(port)
    local number_text = port.nodePort and port.port .. ":" .. port.nodePort or tostring(port.port)
    return number_text .. "/" .. (port.protocol or "TCP")
end

local function event_object(object)
    local what = object.involvedObject or {}
    return (what.kind or ""):lower() .. "/" .. (what.name or "")
end

local NAME = { "Name", path "metadata.name" }
local AGE = { "Age", function(object, now) return since(object.metadata.creationTimestamp, now) end }
local READY = { "Ready", condition "Ready" }
local function wide(name, cell) return { name, cell, wide = true } end
local READY_MESSAGE = wide("Status", condition("Ready", "message"))

local BY_KIND = {
    Namespace = { NAME, { "Status", path "status.phase" }, AGE },
    Node = { NAME, { "Status", function(object)
        return condition "Ready" (object) == "True" and "Ready" or "NotReady"
    end }, AGE, { "Version", path "status.nodeInfo.kubeletVersion" } },
    Pod = { NAME, { "Ready", function(object)
        local ready = pod_containers(object, function(item) return item.ready and 1 or 0 end)
        return ("%d/%d"):format(ready, count(plain.at(object, "spec", "containers")))
    end }, { "Status", pod_status }, { "Restarts", function(object)
        return pod_containers(object, function(item) return item.restartCount or 0 end)
    end }, AGE, wide("IP", path "status.podIP"), wide("Node", path "spec.nodeName") },
    Service = { NAME, { "Type", path "spec.type" }, { "Cluster-IP", path "spec.clusterIP" },
        { "External-IP", addresses }, { "Port(s)", function(object)
            return joined(plain.at(object, "spec", "ports"), service_port)
        end }, AGE, wide("Selector", labels("spec", "selector")) },
    Secret = { NAME, { "Type", path "type" }, { "Data", function(object) return count(object.data) end }, AGE },
    ConfigMap = { NAME, { "Data", function(object) return count(object.data) end }, AGE },
    Event = { { "Last Seen", function(object, now)
        return since(object.lastTimestamp or object.eventTime or object.metadata.creationTimestamp, now)
    end }, { "Type", path "type" }, { "Reason", path "reason" }, { "Object", event_object },
        { "Message", path "message" }, wide("Name", path "metadata.name") },
    Deployment = { NAME, { "Ready", ratio("status.readyReplicas", "spec.replicas") },
        { "Up-to-date", number "status.updatedReplicas" }, { "Available", number "status.availableReplicas" }, AGE,
        wide("Containers", containers "name"), wide("Images", containers "image"),
        wide("Selector", labels("spec", "selector", "matchLabels")) },
    ReplicaSet = { NAME, { "Desired", number "spec.replicas" }, { "Current", number "status.replicas" },
        { "Ready", number "status.readyReplicas" }, AGE, wide("Containers", containers "name"),
        wide("Images", containers "image"), wide("Selector", labels("spec", "selector", "matchLabels")) },
    StatefulSet = { NAME, { "Ready", ratio("status.readyReplicas", "spec.replicas") }, AGE,
        wide("Containers", containers "name"), wide("Images", containers "image") },
    DaemonSet = { NAME, { "Desired", number "status.desiredNumberScheduled" },
        { "Current", number "status.currentNumberScheduled" }, { "Ready", number "status.numberReady" },
        { "Up-to-date", number "status.updatedNumberScheduled" }, { "Available", number "status.numberAvailable" },
        { "Node Selector", labels("spec", "template", "spec", "nodeSelector") }, AGE,
        wide("Containers", containers "name"), wide("Images", containers "image"),
        wide("Selector", labels("spec", "selector", "matchLabels")) },
    Ingress = { NAME, { "Class", function(object)
        return plain.at(object, "spec", "ingressClassName") or "<none>"
    end }, { "Hosts", ingress_hosts }, { "Address", function(object)
        local text = addresses(object)
        return text == "<none>" and "" or text
    end }, { "Ports", function(object) return plain.at(object, "spec", "tls") and "80, 443" or "80" end }, AGE },
    Lease = { NAME, { "Holder", path "spec.holderIdentity" }, AGE },
    Certificate = { NAME, READY, { "Secret", path "spec.secretName" }, wide("Issuer", path "spec.issuerRef.name"),
        READY_MESSAGE, AGE },
    CertificateRequest = { NAME, { "Approved", condition "Approved" }, { "Denied", condition "Denied" }, READY,
        { "Issuer", path "spec.issuerRef.name" }, { "Requester", path "spec.username" }, READY_MESSAGE, AGE },
    Issuer = { NAME, READY, READY_MESSAGE, AGE },
    ClusterIssuer = { NAME, READY, READY_MESSAGE, AGE },
    Order = { NAME, { "State", path "status.state" }, wide("Issuer", path "spec.issuerRef.name"),
        wide("Reason", path "status.reason"), AGE },
    Challenge = { NAME, { "State", path "status.state" }, { "Domain", path "spec.dnsName" },
        wide("Reason", path "status.reason"), AGE },
}

local function row_of(object, of_kind, include, now)
    local cells = json.array {}
    for i, column in ipairs(of_kind) do cells[i] = column[2](object, now) end
    local shown = nil
    if include == "Object" then
        shown = object
    elseif include ~= "None" then
        shown = { kind = "PartialObjectMetadata", apiVersion = "meta.k8s.io/v1", metadata = object.metadata }
    end
    return { cells = cells, object = shown }
end

-- A Table of objects. `meta` is its metadata; include: "Metadata" (nil), "Object" or "None".
function columns.table(kind, objects, meta, version, include, now)
    local of_kind = kind.columns or BY_KIND[kind.kind] or { NAME, AGE }
    local definitions, rows = json.array {}, json.array {}
    for i, column in ipairs(of_kind) do
        definitions[i] = {
            name = column[1], type = "string", format = column[1] == "Name" and "name" or "",
            description = column[1], priority = column.wide and 1 or 0,
        }
    end
    for i, object in ipairs(objects) do rows[i] = row_of(object, of_kind, include, now) end
    return {
        kind = "Table", apiVersion = "meta.k8s.io/" .. version, metadata = meta,
        columnDefinitions = definitions, rows = rows,
    }
end

return columns
