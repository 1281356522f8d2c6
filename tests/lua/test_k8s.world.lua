-- The world of test_k8s.lua and its kin: a Kubernetes API with a few objects, and a controller that rolls
-- Deployments out while no annotation "hold" asks it not to.
local kubernetes = require "runbook.world.kubernetes"
local rollouts = require "runbook.world.kubernetes.rollouts"

local function object(kind, api_version, name, rest)
    local all = { apiVersion = api_version, kind = kind, metadata = { name = name, namespace = "n" } }
    for key, value in pairs(rest or {}) do
        if key == "labels" or key == "annotations" then all.metadata[key] = value else all[key] = value end
    end
    return all
end

local function deployment(name, image)
    return object("Deployment", "apps/v1", name, { labels = { app = name }, spec = {
        replicas = 2, selector = { matchLabels = { app = name } },
        template = { metadata = { labels = { app = name } },
            spec = { containers = { { name = "main", image = image, ports = { { containerPort = 80 } } } } } } } })
end

local function pod(name, app, phase, containers)
    local list, statuses = json.array {}, json.array {}
    for i, container in ipairs(containers) do
        list[i] = { name = container, image = "shop/" .. container .. ":1" }
        statuses[i] = { name = container, ready = phase == "Running", restartCount = 0, state = { running = {} } }
    end
    return object("Pod", "v1", name, { labels = { app = app }, spec = { nodeName = "node-1", containers = list },
        status = { phase = phase, containerStatuses = statuses } })
end

local function put_all(api, now)
    for i = 1, 5 do
        api:put(object("ConfigMap", "v1", "c" .. i, { labels = { odd = tostring(i % 2 == 1) },
            data = { number = tostring(i) } }))
    end
    api:put(object("Widget", "example.com/v1", "phoenix"))
    local bound = object("Widget", "example.com/v1", "bound")
    bound.metadata.finalizers = json.array { "example.com/backup", "example.com/audit" }
    api:put(bound)
    for _, name in ipairs { "x", "y" } do
        api:put(object("Certificate", "cert-manager.io/v1", name, {
            spec = { secretName = "s", dnsNames = json.array { "shop.example" },
                issuerRef = { name = "letsencrypt", kind = "ClusterIssuer" } },
            status = { conditions = json.array { { type = "Ready", status = "False", reason = "DoesNotExist",
                message = "Issuing" } } } }))
    end
    api:put(object("Widget", "example.com/v1", "odd", {
        spec = { large = 9223372036854775807, least = math.mininteger, empty = json.array {}, none = {}, text = "1.0",
            real = 1.5, whole = 2.0, unknownField = { deep = json.array { { a = 1, list = json.array {} }, {} } },
            items = json.array { { name = "a", n = 4611686018427387905 }, { name = "b" }, { name = "c" } },
            change = "me" } }))
    for _, name in ipairs { "web", "worker", "held" } do
        api:put(deployment(name, "shop/" .. name .. ":1"))
    end
    api:put(pod("web-1", "web", "Pending", { "main" }))
    api:put(pod("web-2", "web", "Running", { "main" }))
    api:put(pod("two", "two", "Running", { "main", "side" }))
    for _, container in ipairs { "main", "side" } do
        api:write_log("n", "two", container, "first of " .. container)
        api:end_log("n", "two", container)
        api:write_log("n", "two", container, container .. " 1\n" .. container .. " 2\n" .. container .. " 3")
    end
    api:write_log("n", "web-2", "main", "hello")
    local involved = api:get("pod", "n", "two")
    for i = 1, 2 do
        api:put(object("Event", "v1", "two." .. i, {
            involvedObject = { kind = "Pod", name = "two", namespace = "n", uid = involved.metadata.uid },
            type = i == 1 and "Normal" or "Warning", reason = i == 1 and "Pulled" or "BackOff", count = i * 3,
            message = "event " .. i, source = { component = "kubelet" },
            firstTimestamp = "2026-01-01T00:00:00Z", lastTimestamp = ("2026-01-0%dT00:00:00Z"):format(4 - i) }))
    end
    api:put(object("Ingress", "networking.k8s.io/v1", "shop", { spec = { ingressClassName = "nginx",
        tls = { { hosts = { "shop.example" }, secretName = "shop-tls" } },
        rules = { { host = "shop.example", http = { paths = { { path = "/", pathType = "Prefix",
            backend = { service = { name = "web", port = { number = 80 } } } } } } } } } }))
end

-- What an annotation of a Certificate or a Pod asks the world to do with it.
local deeds = {
    ready = function(api, o)
        o.status.conditions[1] = { type = "Ready", status = "True", reason = "Ready", message = "up to date" }
        api:put(o)
    end,
    vanish = function(api, o) api:delete(o.kind, "n", o.metadata.name) end,
    run = function(api, o)
        o.status.phase = "Running"
        api:put(o)
    end,
    -- In a change that is taken back at once, which a look every now and then would miss.
    flicker = function(api, o)
        o.status.phase = "Succeeded"
        api:put(o)
        o.status.phase = "Pending"
        api:put(o)
    end,
    replace = function(api, o)
        api:delete(o.kind, "n", o.metadata.name)
        o.metadata.uid, o.metadata.annotations = nil, nil
        api:put(o)
    end,
    talk = function(api, o) api:write_log("n", o.metadata.name, "main", "more\nready to serve\nafter") end,
    finish = function(api, o) api:end_log("n", o.metadata.name, "main") end,
}

return {
    name = "k8s", listen = { kubernetes = { tls = true } },
    faults = { forbid_watch = "nobody may watch", refuse = "every request is answered 503",
        breaks = "every connection breaks", forget = "what was is forgotten: watches end with 410" },
    start = function(w)
        w.api = kubernetes.new { token = "t", now = w.now, allow = function(verb, plural)
            return not (verb == "watch" and w.faults.forbid_watch) and not (verb == "delete" and plural == "secrets")
        end }
        w.api:define { group = "example.com", kind = "Widget", plural = "widgets", scale = true, status = true }
        w.api:put { apiVersion = "v1", kind = "Namespace", metadata = { name = "n" } }
        put_all(w.api)
        w.due, w.refused = {}, 0
        w.api.on_change = function(o, old)
            w.due[#w.due + 1] = { kind = o.kind, name = o.metadata.name, old = old }
        end
        for _, o in ipairs(w.api:list("deployment", "n")) do rollouts.finish(w.api, o) end
    end,
    handle = { kubernetes = function(w, req)
        local refused = w.faults.breaks or w.faults.refuse or (w.faults.forget and req.query.watch)
        w.refused = w.refused + (refused and 1 or 0)
        if w.faults.breaks then return { abort = true } end
        if w.faults.refuse then return { status = 503, body = "down" } end
        if refused then
            return { status = 410, json = { kind = "Status", code = 410, reason = "Expired", message = "too old" } }
        end
        local answer = w.api:handle(w, req)
        if req.method == "DELETE" and req.path:find("/phoenix$") then -- its controller makes it anew at once
            w.api:put(object("Widget", "example.com/v1", "phoenix"))
        end
        return answer
    end },
    tick = function(w)
        local due = w.due
        w.due = {}
        local trouble = w.faults.breaks or w.faults.refuse or w.faults.forget
        if trouble and not w.troubled then -- whoever watches hears of it, and then meets the trouble
            local pod = w.api:get("pod", "n", "web-2")
            pod.metadata.annotations = pod.metadata.annotations or {}
            pod.metadata.annotations.troubles = tostring((tonumber(pod.metadata.annotations.troubles) or 0) + 1)
            w.api:put(pod)
        end
        w.troubled = trouble
        for _, change in ipairs(due) do
            local o = w.api:get(change.kind, change.kind ~= "Namespace" and "n" or nil, change.name)
            local annotations = o and o.metadata.annotations or {}
            if o and o.kind == "Deployment" and not annotations.hold then rollouts.finish(w.api, o) end
            local deed = deeds[annotations.please]
            local asked = not change.old or (change.old.metadata.annotations or {}).please ~= annotations.please
            if deed and asked then deed(w.api, o) end
        end
    end,
    snapshot = function(w) return { refused = w.refused, objects = w.api:snapshot() } end,
    files = function(w)
        return {
            ["values.yaml"] = { control = w.urls.control },
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "n"),
        }
    end,
}
