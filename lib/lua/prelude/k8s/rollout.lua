-- k8s.rollout_*: what `kubectl rollout` does besides looking.
local engine, primitives, parts, options_for = ...
local k8s, wait, words = primitives.k8s, primitives.wait, parts.words
local call = k8s.call
local rfc3339 = assert(engine.load("runbook.rfc3339"))()
local gotext = assert(engine.load("runbook.gotext"))()

local REVISION, CAUSE = "deployment.kubernetes.io/revision", "kubernetes.io/change-cause"
local RESTARTED = "kubectl.kubernetes.io/restartedAt"
local HASH = "pod-template-hash"

-- Annotations of a Deployment that are no part of a revision (kubectl's annotationsToSkip).
local OWN_ANNOTATIONS = {}
for _, name in ipairs { "kubectl.kubernetes.io/last-applied-configuration", REVISION,
    "deployment.kubernetes.io/revision-history", "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas", "deprecated.deployment.rollback.to" } do
    OWN_ANNOTATIONS[name] = true
end

local function fail(...) engine.raise("effect", (...):format(select(2, ...))) end

local function place(options) return { namespace = options.namespace } end

-- The object, which has to be one that rolls out.
local function get(what, options, only_deployments)
    local object = words.without_nulls(k8s.get(what, place(options)))
    local kind = object.kind
    if kind ~= "Deployment" and (only_deployments or kind ~= "DaemonSet" and kind ~= "StatefulSet") then
        engine.raise("usage", ("%s is a %s, and only a Deployment%s can do that"):format(what, tostring(kind),
            only_deployments and "" or ", a DaemonSet or a StatefulSet"))
    end
    return object
end

local function patch(all, label, change)
    all.label = all.label or label
    for key, value in pairs(change) do all[key] = value end
    return call(all)
end

-- k8s.rollout_restart("deployment/x" [, { namespace }]): starts its pods anew, by and by. Returns the object;
-- k8s.rollout_wait waits for the end.
function k8s.rollout_restart(what, options)
    local all = options_for("rollout_restart", what, options, "write")
    local object = get(what, all)
    if object.spec.paused == true then
        fail("%s is paused and cannot be restarted: resume it first, with k8s.rollout_resume(\"%s\")", what, what)
    end
    local now = rfc3339.format(wait.now())
    local annotations = ((object.spec.template or {}).metadata or {}).annotations or {}
    if annotations[RESTARTED] == now then fail("%s was restarted within this second: wait for the next", what) end
    return patch(all, "restart " .. what, { before = object,
        merge = { spec = { template = { metadata = { annotations = { [RESTARTED] = now } } } } } })
end

local function set_paused(what, options, paused)
    local verb = paused and "pause" or "resume"
    local all = options_for("rollout_" .. verb, what, options, "write")
    local object = get(what, all, true)
    if (object.spec.paused == true) == paused then
        fail("%s is %s paused", what, paused and "already" or "not")
    end
    return patch(all, ("%s %s"):format(verb, what), { before = object,
        merge = { spec = { paused = paused or primitives.json.null } } })
end

-- k8s.rollout_pause("deployment/x" [, { namespace }]): changes of it start no rollout any more. Raises an
-- effect failure when it is paused already.
function k8s.rollout_pause(what, options) return set_paused(what, options, true) end

-- k8s.rollout_resume("deployment/x" [, { namespace }]): takes a pause back.
function k8s.rollout_resume(what, options) return set_paused(what, options, false) end

local function is_owned_by(object, owner)
    for _, reference in ipairs(object.metadata.ownerReferences or {}) do
        if reference.controller and reference.uid == owner.metadata.uid then return true end
    end
    return false
end

-- The objects that hold the revisions, by number, oldest first: { number, object }.
local function revisions_of(object)
    local deployment = object.kind == "Deployment"
    local list = k8s.list(deployment and "replicasets.apps" or "controllerrevisions.apps",
        { namespace = object.metadata.namespace, selector = k8s.selector(object) })
    local all = {}
    for _, holder in ipairs(words.without_nulls(list)) do
        local number = deployment and gotext.integer(words.given(holder.metadata.annotations, {})[REVISION] or "")
            or not deployment and holder.revision
        if number and is_owned_by(holder, object) then all[#all + 1] = { number = number, object = holder } end
    end
    table.sort(all, function(a, b) return a.number < b.number end)
    return all
end

-- k8s.rollout_history("deployment/x" [, { namespace }]): its revisions, oldest first, as a list of { revision,
-- change_cause, name, created, template }.
function k8s.rollout_history(what, options)
    local object, history = get(what, options_for("rollout_history", what, options, "call")), {}
    for i, revision in ipairs(revisions_of(object)) do
        local holder = revision.object
        local spec = holder.spec or (holder.data or {}).spec or {}
        history[i] = { revision = revision.number, name = holder.metadata.name,
            change_cause = (holder.metadata.annotations or {})[CAUSE],
            created = holder.metadata.creationTimestamp, template = spec.template }
    end
    return history
end

-- The revision to go back to: the one of that number, else the one before the last.
local function choose(what, all, number)
    for _, revision in ipairs(all) do
        if revision.number == number then return revision end
    end
    if number then
        local numbers = {}
        for i, revision in ipairs(all) do numbers[i] = revision.number end
        fail("%s has no revision %d; it has %s", what, number, numbers[1] and table.concat(numbers, ", ") or "none")
    end
    return all[#all - 1] or fail("%s has no revision to go back to", what)
end

local function without_hash(template)
    local copy, labels = {}, {}
    for key, value in pairs(template) do copy[key] = value end
    copy.metadata = {}
    for key, value in pairs(template.metadata or {}) do copy.metadata[key] = value end
    for key, value in pairs(copy.metadata.labels or {}) do
        if key ~= HASH then labels[key] = value end
    end
    copy.metadata.labels = labels
    return copy
end

local function undo_deployment(what, object, revision, all)
    if object.spec.paused == true then
        fail("%s is paused and cannot be rolled back: resume it first, with k8s.rollout_resume(\"%s\")", what, what)
    end
    local template = without_hash(revision.object.spec.template)
    if primitives.json.encode(template) == primitives.json.encode(without_hash(object.spec.template)) then
        return object
    end
    local annotations = {}
    for name, text in pairs(object.metadata.annotations or {}) do
        if OWN_ANNOTATIONS[name] then annotations[name] = text end
    end
    for name, text in pairs(revision.object.metadata.annotations or {}) do
        if not OWN_ANNOTATIONS[name] then annotations[name] = text end
    end
    return patch(all, ("undo %s to revision %d"):format(what, revision.number), {
        if_resource_version = object.metadata.resourceVersion,
        json = { { op = "replace", path = "/spec/template", value = template },
            { op = object.metadata.annotations and "replace" or "add", path = "/metadata/annotations",
                value = annotations } } })
end

-- k8s.rollout_undo("deployment/x" [, { namespace, to_revision = 3 }]): goes back to a revision, else to the one
-- before the last. Returns the object; without a difference nothing is sent.
function k8s.rollout_undo(what, options)
    local all = options_for("rollout_undo", what, options, "write", { to_revision = "number" })
    local object = get(what, all)
    local revision = choose(what, revisions_of(object), all.to_revision)
    all.to_revision = nil
    if object.kind == "Deployment" then return undo_deployment(what, object, revision, all) end
    return patch(all, ("undo %s to revision %d"):format(what, revision.number),
        { strategic = revision.object.data })
end
