-- lists: which arrays of an object are maps in disguise, whose items are told apart by some of their
-- fields, as the API's own types declare it (x-kubernetes-list-map-keys).
local plain = require "runbook.world.kubernetes.plain"

local lists = {}

local KEYS = {
    containers = { "name" }, initContainers = { "name" }, ephemeralContainers = { "name" },
    env = { "name" }, volumes = { "name" }, volumeMounts = { "mountPath" }, imagePullSecrets = { "name" },
    hostAliases = { "ip" }, conditions = { "type" }, ownerReferences = { "uid" },
}
local IN_EVERY_KIND = { conditions = true, ownerReferences = true }
local DEFAULTS = { protocol = "TCP" }

-- The names of the fields that tell the items of the array `name` apart; "set" when its items are
-- texts of which each stands there once; nil when the array is one single value.
function lists.keys(name, items, kind)
    if name == "finalizers" then return "set" end
    if kind.custom and not IN_EVERY_KIND[name] then return nil end
    if name == "ports" and type(items[1]) == "table" then
        return { items[1].containerPort and "containerPort" or "port", "protocol" }
    end
    return KEYS[name]
end

-- What tells an item apart: an object of just its key fields.
function lists.identity(item, keys)
    local identity = {}
    for _, key in ipairs(keys) do
        identity[key] = item[key] == nil and DEFAULTS[key] or item[key]
    end
    return identity
end

-- The place of the item with that identity; nil when there is none.
function lists.find(items, identity, keys)
    for place, item in ipairs(items) do
        if type(item) == "table" and plain.equal(lists.identity(item, keys), identity) then return place end
    end
end

return lists
