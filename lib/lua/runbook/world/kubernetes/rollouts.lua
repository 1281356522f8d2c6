-- rollouts: the part of the controllers that people see: a Deployment's ReplicaSets, one a revision, and
-- the status of a rollout that is done. A world calls rollouts.finish(api, object) when it wants that.
local plain = require "runbook.world.kubernetes.plain"

local rollouts = {}

local REVISION, HASH = "deployment.kubernetes.io/revision", "pod-template-hash"

local function hash_of(template)
    template = plain.copy(template)
    local labels = plain.at(template, "metadata", "labels")
    if labels then labels[HASH] = nil end
    return crypto.sha256(json.encode(template)):sub(1, 10)
end

local function replica_sets(api, deployment)
    local own = {}
    for _, set in ipairs(api:list("replicaset", deployment.metadata.namespace)) do
        local owner = plain.at(set, "metadata", "ownerReferences", 1)
        if owner and owner.uid == deployment.metadata.uid then own[#own + 1] = set end
    end
    return own
end

local function revision_of(object)
    return tonumber(plain.at(object, "metadata", "annotations", REVISION)) or 0
end

local function new_set(deployment, hash)
    local template = plain.copy(deployment.spec.template)
    template.metadata = template.metadata or {}
    template.metadata.labels = template.metadata.labels or {}
    template.metadata.labels[HASH] = hash
    local meta = deployment.metadata
    return {
        apiVersion = "apps/v1", kind = "ReplicaSet",
        metadata = {
            name = meta.name .. "-" .. hash, namespace = meta.namespace, labels = plain.copy(template.metadata.labels),
            annotations = {},
            ownerReferences = { {
                apiVersion = "apps/v1", kind = "Deployment", name = meta.name, uid = meta.uid, controller = true,
                blockOwnerDeletion = true,
            } },
        },
        spec = { selector = plain.copy(deployment.spec.selector), template = template },
    }
end

-- Gives the Deployment a ReplicaSet for its template, as the newest revision.
local function revise(api, deployment)
    local hash, mine, newest = hash_of(deployment.spec.template), nil, 0
    for _, set in ipairs(replica_sets(api, deployment)) do
        newest = math.max(newest, revision_of(set))
        if set.metadata.labels[HASH] == hash then mine = set end
        if set.metadata.labels[HASH] ~= hash and set.spec.replicas ~= 0 then
            set.spec.replicas = 0
            api:put(set)
        end
    end
    mine = mine or new_set(deployment, hash)
    local is_newest = revision_of(mine) > 0 and revision_of(mine) == newest
    local annotations = plain.copy(deployment.metadata.annotations or {})
    annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
    annotations[REVISION] = tostring(is_newest and newest or newest + 1)
    mine.metadata.annotations, mine.spec.replicas = annotations, deployment.spec.replicas
    api:put(mine)
    return revision_of(mine)
end

-- Rolls a Deployment, StatefulSet or DaemonSet out as it is now, unless it is paused.
function rollouts.finish(api, object)
    if object.spec.paused then return end
    local n = object.spec.replicas or 1
    object = plain.copy(object)
    if object.kind == "Deployment" then
        object.metadata.annotations = object.metadata.annotations or {}
        object.metadata.annotations[REVISION] = tostring(revise(api, object))
    end
    object.status = {
        observedGeneration = object.metadata.generation, replicas = n, updatedReplicas = n, readyReplicas = n,
        availableReplicas = n, desiredNumberScheduled = n, updatedNumberScheduled = n, numberAvailable = n,
        conditions = json.array { { type = "Available", status = "True", reason = "MinimumReplicasAvailable" } },
    }
    api:put(object)
end

return rollouts
