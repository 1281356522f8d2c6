-- status: the errors of the API as Status objects (k8s.io/apimachinery, api/errors), raised as Lua
-- errors and turned into answers by the router.
local status = {}

-- "ingresses.networking.k8s.io", or "pods" in the core group.
function status.resource(kind)
    return kind.group == "" and kind.plural or kind.plural .. "." .. kind.group
end

-- A Status object. `details` may be nil.
function status.make(code, reason, message, details)
    return {
        kind = "Status", apiVersion = "v1", metadata = {}, status = "Failure",
        message = message, reason = reason, details = details, code = code,
    }
end

-- An answer with that Status.
function status.answer(object)
    return { status = object.code, json = object }
end

-- Raises an error that the router answers with.
function status.raise(code, reason, message, details)
    error({ status = status.make(code, reason, message, details) }, 0)
end

local function details_of(kind, name, causes)
    local details = { name = name, kind = kind.plural, causes = causes }
    if kind.group ~= "" then details.group = kind.group end
    return details
end

function status.bad_request(message, ...)
    status.raise(400, "BadRequest", message:format(...))
end

function status.not_found(kind, name)
    local message = ('%s "%s" not found'):format(status.resource(kind), name)
    status.raise(404, "NotFound", message, details_of(kind, name))
end

function status.no_such_resource()
    status.raise(404, "NotFound", "the server could not find the requested resource", {})
end

function status.already_exists(kind, name)
    local message = ('%s "%s" already exists'):format(status.resource(kind), name)
    status.raise(409, "AlreadyExists", message, details_of(kind, name))
end

-- The object was changed since the client read it.
function status.conflict(kind, name, why)
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    local message = ('Operation cannot be fulfilled on %s "%s": %s'):format(status.resource(kind), name, why)
    status.raise(409, "Conflict", message, details_of(kind, name))
end

-- An object that is not valid: `field` is the path of what is wrong with it.
function status.invalid(kind, name, field, reason, why)
    local qualified = kind.group == "" and kind.kind or kind.kind .. "." .. kind.group
    local details = details_of(kind, name, json.array { { reason = reason, message = why, field = field } })
    details.kind = kind.kind
    local message = ('%s "%s" is invalid: %s: %s'):format(qualified, name, field, why)
    status.raise(422, "Invalid", message, details)
end

function status.forbidden(verb, kind, namespace, name)
    local where = namespace and (' in the namespace "%s"'):format(namespace) or " at the cluster scope"
    local message = ('%s%s is forbidden: User "sandbox" cannot %s resource "%s" in API group "%s"%s'):format(
        status.resource(kind), name and (' "%s"'):format(name) or "", verb, kind.plural, kind.group, where)
    status.raise(403, "Forbidden", message, details_of(kind, name))
end

function status.method_not_allowed()
    status.raise(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})
end

-- A resourceVersion or a continue token of which nothing is known any more.
function status.expired(message)
    return status.make(410, "Expired", message)
end

-- What a deletion without anything left to wait for answers.
function status.deleted(kind, object)
    local details = details_of(kind, object.metadata.name)
    details.uid = object.metadata.uid
    return { kind = "Status", apiVersion = "v1", metadata = {}, status = "Success", details = details }
end

return status
