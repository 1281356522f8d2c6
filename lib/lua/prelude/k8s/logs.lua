-- k8s.logs: what containers have written.
local engine, primitives, parts, options_for = ...
local words, k8s, wait, check = parts.words, primitives.k8s, primitives.wait, primitives.check
local call = k8s.call

local MAX_BYTES = 16 * 1024 * 1024
local OPTIONS = { container = "string", previous = "boolean", since = "string|number", tail = "number",
    timestamps = "boolean", max_bytes = "string|number", follow = "boolean" }
local DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
local SELECTING = { Deployment = true, ReplicaSet = true, StatefulSet = true, DaemonSet = true, Job = true,
    Service = true, ReplicationController = true }

local function condition_time(pod, name)
    for _, condition in ipairs((pod.status or {}).conditions or {}) do
        if condition.type == name and condition.status == "True" then return condition.lastTransitionTime or "" end
    end
end

local function restarts(pod)
    local most = 0
    for _, status in ipairs((pod.status or {}).containerStatuses or {}) do
        most = math.max(most, status.restartCount or 0)
    end
    return most
end

-- Which pod's log is the one to look at first: kubectl's order (podutils.ByLogging) as figures and texts,
-- of which the first that differs decides, the lesser first.
local function rank(pod)
    local phases = { Running = 0, Unknown = 1, Pending = 2 }
    local ready = condition_time(pod, "Ready")
    return { (pod.spec or {}).nodeName and 0 or 1, phases[(pod.status or {}).phase] or 3, ready and 0 or 1,
        ready or "", restarts(pod), pod.metadata.creationTimestamp or "", pod.metadata.name }
end

local function first_pod(what, owner)
    local best, best_rank
    local pods = k8s.list("pods", { namespace = owner.metadata.namespace, selector = k8s.selector(owner) })
    for _, pod in ipairs(words.without_nulls(pods)) do
        local is = rank(pod)
        local at = 1
        while best_rank and at < #is and is[at] == best_rank[at] do at = at + 1 end
        if not best or is[at] < best_rank[at] then best, best_rank = pod, is end
    end
    return best or engine.raise("effect", ("%s has no pods, so there is no log"):format(what))
end

-- The pod that `what` means, itself or of a workload.
local function pod_of(what, options)
    local name = what:find("[/ ]") and what or "pod/" .. what
    local object = words.without_nulls(k8s.get(name, { namespace = options.namespace }))
    if object.kind == "Pod" then return object end
    if not SELECTING[object.kind] then
        engine.raise("usage", ("%s is a %s; logs are those of a pod, or of a %s"):format(what, object.kind,
            "Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job or Service"))
    end
    return first_pod(what, object)
end

local function container_of(pod)
    local first = (pod.spec.containers or {})[1]
    return (pod.metadata.annotations or {})[DEFAULT_CONTAINER] or first and first.name
end

-- Calls fn for each line of a log that grows, until it returns something.
local function follow(request, query, timeout, what, fn)
    local started, elapsed, after = wait.now(), 0, nil
    query.follow, query.timestamps = true, true
    while true do
        request.timeout, request.seen, request.quiet = math.max(timeout - elapsed, 1), after, after ~= nil
        local got = call(request)
        for stamp, line in got.text:gmatch("(%S*) ?([^\n]*)\n") do
            after = stamp
            local value = fn(line)
            if value then return value end
        end
        if got.over then return nil end
        elapsed = wait.now() - started
        if elapsed >= timeout then
            return check.fail("what the log of %s is watched for did not come about within %s%s", what,
                words.duration(timeout), got.trouble and "; since then nothing was heard: " .. got.trouble or "")
        end
        if got.trouble then wait.sleep(math.min(2, timeout - elapsed), { quiet = true }) end
        if after then query.sinceTime, query.tailLines, query.sinceSeconds = after, nil, nil end
    end
end

-- k8s.logs("pod/x" [, { namespace, container, previous = true, since = "10m", tail = 100, timestamps = true,
--          max_bytes = "16MB" }])
-- k8s.logs("deployment/x", { follow = true, timeout = "5m" }, function(line) ... end)
-- The log of a pod, or of the pod of a workload or Service that kubectl would choose, as one text. Without `container`
-- it is that of the default container. With `follow` the function is called for each line as it comes, until
-- it returns something other than nil and false, which is returned, or until the container ends, when nil
-- is returned; raises a check failure after `timeout`. In a plan only what is there is told.
function k8s.logs(what, options, fn)
    options = words.options(options, "k8s.logs")
    if type(what) ~= "string" then engine.raise("usage", "k8s.logs wants to know of what: k8s.logs(\"pod/x\")") end
    if options.follow and type(fn) ~= "function" then
        engine.raise("usage", "k8s.logs with follow wants a function: k8s.logs(what, { follow = true }, "
            .. "function(line) ... end)")
    end
    words.fields(options, words.takes("k8s.logs", OPTIONS), "k8s.logs")
    local pod = pod_of(what, options)
    local request = options_for("logs", "pod/" .. pod.metadata.name)
    local query = { container = options.container or container_of(pod), previous = options.previous or nil,
        timestamps = options.timestamps or nil, tailLines = options.tail,
        sinceSeconds = options.since and math.max(math.ceil(words.seconds(options.since, "since")), 1) or nil }
    request.namespace, request.query = pod.metadata.namespace, query
    request.max_bytes, request.label, request.quiet = options.max_bytes or MAX_BYTES, options.label, options.quiet
    if options.follow and not engine.planning() then
        return follow(request, query, words.seconds(options.timeout or "5m", "timeout"), what, fn)
    end
    request.timeout = options.timeout
    local text = call(request).text
    if not options.follow then return text end
    for line in text:gmatch("([^\n]*)\n?") do
        local value = line ~= "" and fn(line)
        if value then return value end
    end
    return engine.unknown_of("what comes into the log of " .. what)
end
