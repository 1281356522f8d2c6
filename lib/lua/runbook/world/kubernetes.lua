-- kubernetes: the API of a pretend cluster, close enough to the real one for kubectl and for any
-- client that speaks HTTP to it. No controller runs in it: what a Deployment or a Certificate turns
-- into, the world decides, with api.on_change and api:put.
--
--   local kubernetes = require "runbook.world.kubernetes"
--   local api = kubernetes.new { token = "secret", now = w.now }
--   api:put { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a", namespace = "b" } }
--   api.on_change = function(object, old) ... end
--   handle = { kubernetes = function(w, req) return w.api:handle(w, req) end }
local discovery = require "runbook.world.kubernetes.discovery"
local kinds = require "runbook.world.kubernetes.kinds"
local logs = require "runbook.world.kubernetes.logs"
local objects = require "runbook.world.kubernetes.objects"
local plain = require "runbook.world.kubernetes.plain"
local status = require "runbook.world.kubernetes.status"
local store = require "runbook.world.kubernetes.store"
local verbs = require "runbook.world.kubernetes.verbs"

local kubernetes = {}
local api = {}
api.__index = api

-- A new API. options: token (the bearer token that clients must show; nil: any may come), now (a
-- function that returns seconds since 1970), version (default "v1.32.0"), allow (a function of verb,
-- plural, namespace and name that says whether a client may; default: all it asks for).
function kubernetes.new(options)
    local self = setmetatable({
        token = options.token, now = options.now, allow = options.allow,
        version = options.version or "v1.32.0", store = store.new(),
        groups = {}, by_name = {}, snapshots = {}, snapshot_count = 0, logs = {},
    }, api)
    for _, definition in ipairs(kinds.predefined) do self:define(definition) end
    self.namespaces = self.by_name.namespaces
    for _, name in ipairs { "default", "kube-system" } do
        self:put { apiVersion = "v1", kind = "Namespace", metadata = { name = name } }
    end
    return self
end

-- A kubeconfig, as a table, for a client of the API at `url`. namespace: default "default".
function kubernetes.kubeconfig(url, ca_pem, token, namespace)
    return {
        apiVersion = "v1", kind = "Config", ["current-context"] = "sandbox",
        clusters = { { name = "sandbox", cluster = {
            server = url, ["certificate-authority-data"] = crypto.base64_encode(ca_pem),
        } } },
        users = { { name = "sandbox", user = { token = token } } },
        contexts = { { name = "sandbox", context = {
            cluster = "sandbox", user = "sandbox", namespace = namespace or "default",
        } } },
    }
end

local function find_or_add(list, field, value, fresh)
    for _, item in ipairs(list) do
        if item[field] == value then return item end
    end
    fresh[field] = value
    list[#list + 1] = fresh
    return fresh
end

-- Adds a resource: { group, version, kind, plural, singular, short = {..}, namespaced, verbs } and
-- what kinds.lua lists beyond these. Its objects can be put and served from then on.
function api:define(definition)
    local kind = kinds.complete(definition)
    local group = find_or_add(self.groups, "name", kind.group, { versions = {} })
    local version = find_or_add(group.versions, "version", kind.version, { kinds = {} })
    version.kinds[#version.kinds + 1] = kind
    local names = { kind.kind, kind.singular, kind.plural, kind.plural .. "." .. kind.group, table.unpack(kind.short) }
    for _, name in ipairs(names) do self.by_name[name:lower()] = self.by_name[name:lower()] or kind end
end

-- The definition with that name: kind, plural, singular or short name, or plural.group.
local function kind_named(self, name)
    return self.by_name[name:lower()] or error(("no resource is defined by the name '%s'"):format(name), 3)
end

local function kind_of_object(self, object)
    for _, group in ipairs(self.groups) do
        for _, version in ipairs(group.versions) do
            for _, kind in ipairs(version.kinds) do
                if kind.kind == object.kind and kind.api_version == object.apiVersion then return kind end
            end
        end
    end
    error(("no resource is defined for %s %s"):format(object.apiVersion, object.kind), 3)
end

-- Creates an object or puts it, whole and with its status, in the place of the one of that name;
-- a namespace that is missing is made. `manager` (may be nil) is who managedFields says did it.
-- Returns a copy of the object as it is kept. What did not change raises no resourceVersion.
function api:put(object, manager)
    local kind, how = kind_of_object(self, object), { world = true, manager = manager }
    object = plain.copy(object)
    object.metadata.namespace = kind.namespaced and (object.metadata.namespace or "default") or nil
    local old = self.store:get(kind, object.metadata.namespace, object.metadata.name)
    if old then return plain.copy(objects.change(self, kind, old, object, how)) end
    return plain.copy(objects.create(self, kind, object, how))
end

-- A copy of an object, or nil. kind: any of its names ("ingress", "Ingress", "ing"); namespace: nil
-- for what stands outside of namespaces.
function api:get(kind, namespace, name)
    local object = self.store:get(kind_named(self, kind), namespace, name)
    return plain.copy(object)
end

-- Copies of all objects of a kind, in one namespace or (nil) in all.
function api:list(kind, namespace)
    return plain.copy(self.store:list(kind_named(self, kind), function(object)
        return not namespace or object.metadata.namespace == namespace
    end))
end

-- Deletes an object and what it owns; finalizers are not asked. False when there is none.
function api:delete(kind, namespace, name)
    local definition = kind_named(self, kind)
    local old = self.store:get(definition, namespace, name)
    if not old then return false end
    old = plain.copy(old)
    old.metadata.finalizers = nil
    objects.remove(self, definition, old, { world = true })
    return true
end

-- Adds lines to the log of a pod's container.
function api:write_log(namespace, pod, container, text)
    logs.add(logs.of(self, namespace, pod, container), self.now(), text)
end

-- Ends the log of a container: who follows it is told, and what is written from now on is the log of its
-- next run, with this one as the previous.
function api:end_log(namespace, pod, container)
    local log = logs.of(self, namespace, pod, container)
    log.over = true
    self.logs[("%s/%s/%s"):format(namespace, pod, container)] = { lines = {}, last_at = log.last_at, previous = log }
end

-- Tells the world of a change: on_change(object, old), `old` being nil for a new object. An object
-- that is gone has metadata.deletionTimestamp. What on_change itself changes is not told again.
function api:changed(object, old)
    if not self.on_change or self.telling then return end
    self.telling = true
    local ok, message = pcall(self.on_change, plain.copy(object), plain.copy(old))
    self.telling = false
    if not ok then error(message, 0) end
end

-- Whether a client may do that.
function api:may(verb, plural, namespace, name)
    return not self.allow or self.allow(verb, plural, namespace, name) == true
end

-- Everything that lasts, for a world's snapshot: a list of objects, without managedFields.
function api:snapshot()
    local found = json.array {}
    for _, entry in ipairs(self.store:all()) do
        local object = plain.copy(entry.object)
        object.metadata.managedFields = nil
        found[#found + 1] = object
    end
    table.sort(found, function(a, b)
        return tonumber(a.metadata.resourceVersion) < tonumber(b.metadata.resourceVersion)
    end)
    return found
end

local function check_token(self, req)
    if self.token and req.headers.authorization ~= "Bearer " .. self.token then
        status.raise(401, "Unauthorized", "Unauthorized")
    end
end

local function version_answer(self)
    local major, minor = self.version:match("^v(%d+)%.(%d+)")
    return { json = {
        major = major, minor = minor, gitVersion = self.version, gitCommit = "", gitTreeState = "clean",
        buildDate = "1970-01-01T00:00:00Z", goVersion = "", compiler = "", platform = "sandbox",
    } }
end

local function kind_at(self, group_name, version_name, plural)
    for _, group in ipairs(self.groups) do
        for _, version in ipairs(group.name == group_name and group.versions or {}) do
            for _, kind in ipairs(version.version == version_name and version.kinds or {}) do
                if kind.plural == plural then return kind end
            end
        end
    end
    status.no_such_resource()
end

-- Reads a path: /api/v1/... or /apis/GROUP/VERSION/..., then [namespaces/NS/]PLURAL[/NAME[/SUB]].
local function call_at(self, path)
    local parts = {}
    for part in path:gmatch("[^/]+") do parts[#parts + 1] = part end
    local root, group = table.remove(parts, 1), ""
    if root ~= "api" and root ~= "apis" then status.no_such_resource() end
    if root == "apis" then group = table.remove(parts, 1) end
    local version, namespace = table.remove(parts, 1), nil
    if parts[1] == "namespaces" and parts[3] and parts[3] ~= "status" then
        namespace = parts[2]
        parts = { table.unpack(parts, 3) }
    end
    local kind = kind_at(self, group, version, parts[1])
    local sub = parts[3]
    local known = not sub or kind[sub] and (sub == "status" or sub == "scale" or sub == "log")
    if not known or parts[4] or (namespace and not kind.namespaced) then status.no_such_resource() end
    return { kind = kind, namespace = namespace, name = parts[2], sub = sub }
end

local VERBS = { GET = "get", HEAD = "get", POST = "create", PUT = "update", PATCH = "patch", DELETE = "delete" }

local function verb_of(call, req)
    local verb = VERBS[req.method]
    if not call.name and verb == "get" then
        verb = (req.query.watch == "true" or req.query.watch == "1") and "watch" or "list"
    elseif not call.name and verb == "delete" then
        verb = "deletecollection"
    end
    local needs_name = verb == "update" or verb == "patch"
    local reads_all = verb == "list" or verb == "watch"
    local lacks_namespace = call.kind.namespaced and not call.namespace and not reads_all
    local served = false
    for _, name in ipairs(call.kind.verbs) do served = served or name == verb end
    local fits = served and not lacks_namespace and not (needs_name and not call.name)
        and not (verb == "create" and call.name) and not (verb == "delete" and call.sub)
    return fits and verb or status.method_not_allowed()
end

-- The version of the Table form when the client would rather have that than plain JSON; nil: JSON.
local function table_version(accept)
    for entry in accept:gmatch("[^,]+") do
        local media, as = entry:match("^%s*([^;%s]+)"), entry:match("as=(%w+)")
        local readable = media == "application/json" or media == "*/*" or media == "application/*"
        if readable and as == "Table" then return entry:match("v=(v1%w*)") or "v1" end
        if readable and not as then return nil end
    end
    if accept:find("%S") then
        status.raise(406, "NotAcceptable", "only the following media types are accepted: application/json", {})
    end
end

local function is_dry(query)
    local dry = query.dryRun
    if dry and dry ~= "" and dry ~= "All" then
        status.bad_request('Invalid value: "%s": dryRun: Unsupported value: supported values: "All"', dry)
    end
    return dry == "All"
end

local function perform(self, req)
    if req.path == "/version" then return version_answer(self) end
    if req.path == "/healthz" or req.path == "/livez" or req.path == "/readyz" then return { body = "ok" } end
    check_token(self, req)
    local answer = discovery.answer(req, self.groups)
    if answer then return answer end
    local call = call_at(self, req.path)
    call.req, call.query, call.verb = req, req.query, verb_of(call, req)
    call.dry = is_dry(req.query)
    call.table = table_version(req.headers.accept or "")
    if not call.kind.review and not self:may(call.verb, call.kind.plural, call.namespace, call.name) then
        status.forbidden(call.verb, call.kind, call.namespace, call.name)
    end
    return verbs[call.verb](self, call)
end

-- Answers a request, as a world's handler.
function api:handle(_, req)
    local ok, answer = pcall(perform, self, req)
    if ok then return answer end
    if type(answer) == "table" and answer.status then return status.answer(answer.status) end
    error(answer, 0)
end

return kubernetes
