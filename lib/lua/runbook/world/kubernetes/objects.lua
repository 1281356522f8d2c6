-- objects: how objects come, change and go: what a server adds to them, what it keeps a client from
-- changing, and what follows from a deletion.
-- `how` is { manager = who changes it, subresource, dry = true: do all but keep it, world = true: the
-- world itself changes it, which may set everything, put = true: the client sent it whole,
-- applied = true: metadata.managedFields are up to date }.
local fields = require "runbook.world.kubernetes.fields"
local plain = require "runbook.world.kubernetes.plain"
local rfc3339 = require "runbook.rfc3339"
local status = require "runbook.world.kubernetes.status"

local objects = {}

local function uuid()
    local hex = crypto.sha256(crypto.random_id())
    return ("%s-%s-4%s-a%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21, 32))
end

local function fill(object, defaults)
    for part, members in pairs(defaults or {}) do
        object[part] = object[part] or {}
        for key, value in pairs(members) do
            if object[part][key] == nil then object[part][key] = plain.copy(value) end
        end
    end
end

-- What a server makes of any object that is written.
local function normalize(kind, object)
    object.apiVersion, object.kind = kind.api_version, kind.kind
    for _, key in ipairs { "labels", "annotations", "finalizers", "ownerReferences" } do
        local value = object.metadata[key]
        if type(value) == "table" and next(value) == nil then object.metadata[key] = nil end
    end
    fill(object, kind.defaults)
    if kind.kind == "Event" then -- a time that nobody gave is null there, as Go writes it
        for _, key in ipairs { "firstTimestamp", "lastTimestamp", "eventTime" } do
            if object[key] == nil then object[key] = json.null end
        end
    end
    if kind.kind == "Secret" then
        for key, text in pairs(object.stringData or {}) do
            object.data = object.data or {}
            object.data[key] = crypto.base64_encode(text)
        end
        object.stringData = nil
        object.type = object.type or "Opaque"
    elseif kind.kind == "Namespace" then
        object.metadata.labels = object.metadata.labels or {}
        object.metadata.labels["kubernetes.io/metadata.name"] = object.metadata.name
    end
end

local function check_name(kind, name)
    if not name or name == "" then
        status.invalid(kind, "", "metadata.name", "FieldValueRequired",
            "Required value: name or generateName is required")
    end
    local fits = type(name) == "string" and #name <= 253 and not name:find("..", 1, true)
        and name:find("^[a-z0-9][a-z0-9.%-]*$") and not name:find("[.%-]$")
    if not fits then
        status.invalid(kind, tostring(name), "metadata.name", "FieldValueInvalid",
            ('Invalid value: "%s": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric '
            .. "characters, '-' or '.', and must start and end with an alphanumeric character"):format(name))
    end
end

local function who(kind, how)
    return how.manager and {
        manager = how.manager, operation = "Update", apiVersion = kind.api_version, subresource = how.subresource,
    }
end

-- Refuses a number with a fraction or an exponent, as Go does where it reads an integer; the built-in kinds have no
-- others. `path` is that of the value.
local function check_integers(value, path)
    if math.type(value) == "float" then
        status.bad_request("json: cannot unmarshal number %s into Go struct field %s of type int32", tostring(value),
            path)
    end
    for key, item in pairs(type(value) == "table" and value or {}) do
        check_integers(item, path == "" and tostring(key) or path .. "." .. tostring(key))
    end
end

-- Creates an object; returns it as it is kept. Raises a Status.
function objects.create(api, kind, object, how)
    object = plain.without_nulls(object)
    if not kind.custom and not how.world then check_integers(object, "") end
    local meta = object.metadata
    if meta.generateName and not meta.name then meta.name = meta.generateName .. crypto.random_id():sub(1, 5) end
    check_name(kind, meta.name)
    if api.store:get(kind, meta.namespace, meta.name) then status.already_exists(kind, meta.name) end
    if kind.namespaced and not api.store:get(api.namespaces, nil, meta.namespace) then
        if not how.world then status.not_found(api.namespaces, meta.namespace) end
        objects.create(api, api.namespaces, { metadata = { name = meta.namespace } }, how)
    end
    if not how.world then
        meta.uid, meta.creationTimestamp, meta.deletionTimestamp = nil, nil, nil
        if kind.status then object.status = nil end
    end
    normalize(kind, object)
    meta.uid = meta.uid or uuid()
    meta.creationTimestamp = meta.creationTimestamp or rfc3339.format(api.now())
    meta.generation = kind.generation and (how.world and meta.generation or 1) or nil
    meta.resourceVersion = nil
    if not how.applied then
        meta.managedFields = fields.after_update(nil, object, who(kind, how), kind, api.now())
    end
    if not how.dry then
        api.store:write(kind, object)
        api:changed(object)
    end
    return object
end

local function check_preconditions(kind, old, meta, how)
    local name, version = old.metadata.name, meta.resourceVersion
    if meta.uid and meta.uid ~= "" and meta.uid ~= old.metadata.uid then
        status.conflict(kind, name, ("Precondition failed: UID in precondition: %s, UID in object meta: %s"):format(
            meta.uid, old.metadata.uid))
    end
    if version and version ~= "" and version ~= old.metadata.resourceVersion then status.conflict(kind, name) end
    if how.put and kind.custom and (not version or version == "") then
        status.invalid(kind, name, "metadata.resourceVersion", "FieldValueInvalid",
            "Invalid value: 0x0: must be specified for an update")
    end
end

-- What a change may touch depends on where it was sent: to a subresource, or to the object itself.
local function keep_apart(kind, old, object, how)
    if how.subresource == "status" then
        local wanted = object.status
        local meta = object.metadata
        object = plain.copy(old)
        object.status = plain.copy(wanted)
        object.metadata.managedFields = meta.managedFields
    elseif kind.status then
        object.status = plain.copy(old.status)
    end
    return object
end

local function wanted_part(object)
    local part = {}
    for key, value in pairs(object) do
        if key ~= "metadata" and key ~= "status" then part[key] = value end
    end
    return part
end

-- Puts `object` in the place of `old`; returns it as it is kept. Raises a Status.
function objects.change(api, kind, old, object, how)
    object = plain.without_nulls(object)
    if not how.world then
        if not kind.custom then check_integers(object, "") end
        check_preconditions(kind, old, object.metadata, how)
        object = keep_apart(kind, old, object, how)
    end
    normalize(kind, object)
    local meta, was = object.metadata, old.metadata
    for _, key in ipairs { "name", "namespace", "uid", "resourceVersion", "creationTimestamp",
        "deletionTimestamp", "generation" } do
        meta[key] = was[key]
    end
    if not how.applied then meta.managedFields = plain.copy(was.managedFields) end
    if plain.equal(object, old) then return old end

    if not how.applied then
        meta.managedFields = fields.after_update(old, object, who(kind, how), kind, api.now())
    end
    if kind.generation and not plain.equal(wanted_part(object), wanted_part(old)) then
        meta.generation = (was.generation or 0) + 1
    end
    if how.dry then return object end
    if meta.deletionTimestamp and not (meta.finalizers and meta.finalizers[1]) then
        return objects.remove(api, kind, object, how)
    end
    api.store:write(kind, object, old)
    api:changed(object, old)
    return object
end

local function is_dependent(kind, owner, object)
    if kind.kind == "Namespace" and object.metadata.namespace == owner.metadata.name then return true end
    for _, reference in ipairs(object.metadata.ownerReferences or {}) do
        if reference.uid == owner.metadata.uid then return true end
    end
    return false
end

-- Deletes an object, or marks it while finalizers hold it. Returns its last form, and whether it is
-- gone. `how.orphan` spares the objects that it owns.
function objects.remove(api, kind, old, how)
    local final = plain.copy(old)
    local held = old.metadata.finalizers and old.metadata.finalizers[1]
    final.metadata.deletionTimestamp = old.metadata.deletionTimestamp or rfc3339.format(api.now())
    if how.dry then return final, not held end
    if held then
        if not old.metadata.deletionTimestamp then
            api.store:write(kind, final, old)
            api:changed(final, old)
        end
        return final, false
    end
    api.store:remove(kind, final, old)
    api:changed(final, old)
    if not how.orphan then
        for _, entry in ipairs(api.store:all()) do
            if is_dependent(kind, old, entry.object) then objects.remove(api, entry.kind, entry.object, how) end
        end
    end
    return final, true
end

return objects
