-- verbs: what a request does to the objects of a kind. A call is { kind, namespace, name, sub (its
-- subresource), verb, query, req, dry, table (version of the Table form, when that is asked for) }.
local apply = require "runbook.world.kubernetes.apply"
local columns = require "runbook.world.kubernetes.columns"
local logs = require "runbook.world.kubernetes.logs"
local objects = require "runbook.world.kubernetes.objects"
local patch = require "runbook.world.kubernetes.patch"
local plain = require "runbook.world.kubernetes.plain"
local protobuf = require "runbook.world.kubernetes.protobuf"
local scale = require "runbook.world.kubernetes.scale"
local selector = require "runbook.world.kubernetes.selector"
local status = require "runbook.world.kubernetes.status"
local watch = require "runbook.world.kubernetes.watch"

local verbs = {}

local SNAPSHOTS = 16 -- of lists that were given in part and may be gone on with
local PATCH_OPTIONS = { group = "meta.k8s.io", kind = "PatchOptions", plural = "patchoptions" }

local function how_of(call)
    local agent = (call.req.headers["user-agent"] or ""):match("^[^/]+")
    local manager = call.query.fieldManager
    return {
        manager = manager and manager ~= "" and manager or agent or "unknown",
        subresource = call.sub, dry = call.dry,
    }
end

local function content_type(call)
    return (call.req.headers["content-type"] or "application/json"):match("^%s*([^;]*)"):lower():gsub("%s+$", "")
end

local function decode(text, yaml_allowed)
    local ok, value = pcall(yaml_allowed and not text:find("^%s*[{%[]") and yaml.decode or json.decode, text)
    if not ok then status.bad_request("the object provided is unrecognized (must be of type JSON): %s", value) end
    if type(value) ~= "table" then status.bad_request("the object provided is not an object") end
    return value
end

local function unsupported_type(accepted)
    status.raise(415, "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: " .. accepted, {})
end

-- The object in a request's body, which has to be what the path says.
local function object_in(call, object)
    local meta = plain.is_object(object.metadata) and object.metadata or {}
    object.metadata = meta
    local expected, kind = call.kind.api_version, call.kind.kind
    if object.apiVersion and object.apiVersion ~= expected then
        status.bad_request("the API version in the data (%s) does not match the expected API version (%s)",
            object.apiVersion, expected)
    end
    if object.kind and object.kind ~= kind then
        status.bad_request("%s in version %q cannot be handled as a %s", object.kind, expected, kind)
    end
    if call.name and meta.name ~= nil and meta.name ~= call.name then
        status.bad_request("the name of the object (%s) does not match the name on the URL (%s)", meta.name, call.name)
    end
    if call.namespace and meta.namespace ~= nil and meta.namespace ~= call.namespace then
        status.bad_request("the namespace of the provided object does not match the namespace sent on the request")
    end
    meta.namespace = call.namespace
    return object
end

local function body_object(call)
    local media = content_type(call)
    if media == "application/vnd.kubernetes.protobuf" then
        local ok, object = pcall(protobuf.decode, call.req.body)
        if ok then return object_in(call, object) end
        unsupported_type(("application/json, application/yaml (this protobuf cannot be read: %s)"):format(object))
    end
    if media ~= "application/json" and media ~= "application/yaml" then
        unsupported_type "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    end
    return object_in(call, decode(call.req.body, media == "application/yaml"))
end

local function existing(api, call)
    return api.store:get(call.kind, call.namespace, call.name) or status.not_found(call.kind, call.name)
end

local function show(api, call, object)
    if not call.table then return object end
    local meta = { resourceVersion = object.metadata.resourceVersion }
    return columns.table(call.kind, { object }, meta, call.table, call.query.includeObject, api.now())
end

function verbs.get(api, call)
    local object = existing(api, call)
    if call.sub == "scale" then return { json = scale.of(object) } end
    if call.sub == "log" then return logs.answer(api, object, call.query) end
    return { json = show(api, call, object) }
end

-- The objects that a list is cut from: the present ones, or those of the list that `continue` goes on
-- with; and the place to go on from.
local function listed(api, call)
    local token = call.query.continue
    if not token or token == "" then
        local fits = selector.of_request(call.kind, call.namespace, call.query)
        return { revision = api.store.revision, objects = api.store:list(call.kind, fits) }, 1
    end
    local ok, at = pcall(json.decode, crypto.base64_decode(token) or "")
    if not ok or type(at) ~= "table" then status.bad_request("continue key is not valid: %s", token) end
    local snapshot = api.snapshots[at.list]
    if not snapshot then
        error({ status = status.expired("The provided continue parameter is too old to display a consistent "
            .. "list result. You can start a new list without the continue parameter.") }, 0)
    end
    return snapshot, at.from
end

local function keep_snapshot(api, snapshot)
    if snapshot.id then return snapshot.id end
    api.snapshot_count = api.snapshot_count + 1
    snapshot.id = tostring(api.snapshot_count)
    api.snapshots[snapshot.id] = snapshot
    api.snapshots[tostring(api.snapshot_count - SNAPSHOTS)] = nil
    return snapshot.id
end

local function list_of(call, meta, items)
    return { kind = call.kind.kind .. "List", apiVersion = call.kind.api_version, metadata = meta, items = items }
end

function verbs.list(api, call)
    local snapshot, from = listed(api, call)
    local limit = tonumber(call.query.limit) or 0
    local last = limit > 0 and math.min(from + limit - 1, #snapshot.objects) or #snapshot.objects
    local meta = { resourceVersion = tostring(snapshot.revision) }
    if last < #snapshot.objects then
        local id = keep_snapshot(api, snapshot)
        meta.continue = crypto.base64_encode(json.encode { list = id, from = last + 1 })
        meta.remainingItemCount = #snapshot.objects - last
    end
    local items = json.array(table.move(snapshot.objects, from, last, 1, {}))
    if call.table then
        return { json = columns.table(call.kind, items, meta, call.table, call.query.includeObject, api.now()) }
    end
    return { json = list_of(call, meta, items) }
end

function verbs.watch(api, call)
    local fits = selector.of_request(call.kind, call.namespace, call.query)
    return watch.answer(api, call.kind, fits, call.query, function(object) return show(api, call, object) end)
end

-- A review asks whether something is allowed; the answer is kept nowhere.
local function review(api, object)
    local asked = plain.at(object, "spec", "resourceAttributes")
        or plain.at(object, "spec", "nonResourceAttributes") or {}
    local what = asked.resource or asked.path or ""
    object.status = { allowed = api:may(asked.verb or "", what, asked.namespace, asked.name) }
    if not object.status.allowed then object.status.reason = "the sandbox's rules do not allow it" end
    return { status = 201, json = object, write = false }
end

function verbs.create(api, call)
    local object = body_object(call)
    if call.kind.review then return review(api, object) end
    return { status = 201, json = show(api, call, objects.create(api, call.kind, object, how_of(call))) }
end

function verbs.update(api, call)
    local object, old, how = body_object(call), nil, how_of(call)
    old = existing(api, call)
    how.put = true
    if call.sub == "scale" then
        return { json = scale.of(objects.change(api, call.kind, old, scale.applied(old, object), how)) }
    end
    return { json = show(api, call, objects.change(api, call.kind, old, object, how)) }
end

local function server_side_apply(api, call, config, how)
    if (call.query.fieldManager or "") == "" then
        status.invalid(PATCH_OPTIONS, "", "fieldManager", "FieldValueRequired",
            "Required value: is required for apply patch")
    end
    config = object_in(call, plain.without_nulls(config))
    if config.metadata.managedFields then status.bad_request("metadata.managedFields must be nil") end
    if call.kind.status and call.sub ~= "status" then config.status = nil end
    local who = {
        manager = how.manager, operation = "Apply", apiVersion = call.kind.api_version, subresource = call.sub,
    }
    local old = api.store:get(call.kind, call.namespace, call.name)
    local base = old or { metadata = { name = call.name, namespace = call.namespace } }
    local object = apply.object(base, config, who, call.kind, call.query.force == "true", api.now())
    object.metadata.resourceVersion = config.metadata.resourceVersion
    how.applied = true
    if old then return 200, objects.change(api, call.kind, old, object, how) end
    return 201, objects.create(api, call.kind, object, how)
end

local PATCHES = {
    ["application/merge-patch+json"] = patch.merge,
    ["application/json-patch+json"] = patch.json,
    ["application/strategic-merge-patch+json"] = patch.strategic,
}

function verbs.patch(api, call)
    local media, how = content_type(call), how_of(call)
    if media == "application/apply-patch+yaml" and call.sub ~= "scale" then
        local code, object = server_side_apply(api, call, decode(call.req.body, true), how)
        return { status = code, json = show(api, call, object) }
    end
    local perform = PATCHES[media]
    if not perform or (perform == patch.strategic and (call.kind.custom or call.sub == "scale")) then
        unsupported_type "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    end
    local change, old = decode(call.req.body), existing(api, call)
    if call.sub == "scale" then
        local wanted = scale.applied(old, perform(scale.of(old), change, call.kind))
        return { json = scale.of(objects.change(api, call.kind, old, wanted, how)) }
    end
    local object = object_in(call, perform(old, change, call.kind))
    return { json = show(api, call, objects.change(api, call.kind, old, object, how)) }
end

-- DeleteOptions may stand in the body.
local function delete_options(call)
    local options = call.req.body ~= "" and decode(call.req.body) or {}
    local how = how_of(call)
    how.dry = how.dry or plain.at(options, "dryRun", 1) == "All"
    how.orphan = (call.query.propagationPolicy or options.propagationPolicy) == "Orphan"
    return how, options.preconditions or {}
end

function verbs.delete(api, call)
    local old, how, conditions = existing(api, call), delete_options(call)
    for _, key in ipairs { "uid", "resourceVersion" } do
        local wanted, actual = conditions[key], old.metadata[key]
        if wanted and wanted ~= actual then
            local why = ("Precondition failed: %s in precondition: %s, in object meta: %s"):format(key, wanted, actual)
            status.conflict(call.kind, call.name, why)
        end
    end
    local final, gone = objects.remove(api, call.kind, old, how)
    return { json = gone and status.deleted(call.kind, old) or final, write = not how.dry }
end

function verbs.deletecollection(api, call)
    local how, removed = delete_options(call), json.array {}
    local fits = selector.of_request(call.kind, call.namespace, call.query)
    for i, object in ipairs(api.store:list(call.kind, fits)) do
        removed[i] = objects.remove(api, call.kind, object, how)
    end
    return { json = list_of(call, {}, removed), write = not how.dry }
end

return verbs
