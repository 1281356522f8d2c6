-- k8s.events: what the cluster has noted.
local _, primitives, parts, options_for = ...
local k8s, words = primitives.k8s, parts.words

local function event_of(object)
    local series, involved = object.series or {}, object.involvedObject or object.regarding or {}
    local first = object.firstTimestamp or object.eventTime or object.metadata.creationTimestamp
    return {
        type = object.type, reason = object.reason, message = object.message or object.note,
        count = series.count or object.count or 1,
        first = first, last = series.lastObservedTime or object.lastTimestamp or first,
        from = (object.source or {}).component or object.reportingComponent,
        object = ("%s/%s"):format(involved.kind or "", involved.name or ""),
    }
end

-- Null and "" stand in events for times that nobody gave.
local function given(object)
    local fields = words.without_nulls(object)
    for key, value in pairs(fields) do
        if value == "" then fields[key] = nil end
    end
    return fields
end

-- k8s.events([ "pod/x" [, { namespace, all_namespaces, type = "Warning" }] ]): what the cluster has noted of an
-- object, or of all in the namespace, oldest first, as a list of { type, reason, message, count, first,
-- last, from, object }.
function k8s.events(what, options)
    if type(what) == "table" then what, options = nil, what end
    local all = options_for("events", "events", options, "call", { type = "string", all_namespaces = "boolean" })
    all.verb = "list"
    local fields = {}
    if all.type then fields[1] = "type=" .. all.type end
    all.type = nil
    if what then
        local object = k8s.find(what, { namespace = all.namespace })
        local meta = object and object.metadata or { name = what:match("[/ ]%s*(.*)$") or what }
        fields[#fields + 1] = "involvedObject.name=" .. meta.name
        if meta.namespace then
            fields[#fields + 1] = "involvedObject.uid=" .. meta.uid
            all.namespace = meta.namespace
        elseif object then -- what stands in no namespace has its events in this one
            fields[#fields + 1] = "involvedObject.kind=" .. object.kind
            all.namespace = "default"
        end
    end
    all.field_selector = #fields > 0 and table.concat(fields, ",") or nil
    local events = {}
    for i, object in ipairs(k8s.call(all).items) do events[i] = event_of(given(object)) end
    table.sort(events, function(a, b)
        if a.last ~= b.last then return (a.last or "") < (b.last or "") end
        return (a.message or "") < (b.message or "")
    end)
    return events
end
