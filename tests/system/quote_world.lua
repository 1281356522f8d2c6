-- The world of test_quote.sh: every answer brings a secret, behind `pre` other letters and before `post` more.
local secret = "@SECRET@"

local function text_of(query)
    return ("x"):rep(tonumber(query.pre) or 0) .. secret .. ("y"):rep(tonumber(query.post) or 0)
end

local function status(code, reason, message)
    return { status = code, json = { kind = "Status", apiVersion = "v1", status = "Failure", message = message,
        reason = reason, code = code } }
end

-- What the Kubernetes API says of an object by the name KIND-PRE-POST.
local function object(name)
    local kind, pre, post = name:match("^(%a+)%-(%d+)%-(%d+)$")
    if not kind then return status(404, "NotFound", name) end
    local text = text_of { pre = pre, post = post }
    if kind == "status" then return status(403, "Forbidden", text) end
    if kind == "body" then return { status = 400, body = text } end -- a 500 would be tried again
    if kind == "broken" then return { status = 200, body = '{ "a": ' .. text, headers = { ["Content-Type"] = "application/json" } } end
    local there = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = name, namespace = "default",
        uid = name, resourceVersion = "1", annotations = { note = text } }, data = { key = text },
        status = { conditions = json.array { { type = "Ready", status = "False", reason = "Because", message = text } } } }
    return { json = there, headers = { Warning = ('299 - "%s"'):format(text) } }
end

local function resources(version, types)
    local list = json.array {}
    for i, t in ipairs(types) do
        list[i] = { name = t[1], singularName = t[2]:lower(), namespaced = true, kind = t[2],
            verbs = json.array { "get", "list", "patch", "update", "create", "delete", "watch" } }
    end
    return { json = { kind = "APIResourceList", groupVersion = version, resources = list } }
end

return {
    name = "quote",
    listen = { web = {}, cluster = {}, prometheus = {} },
    handle = {
        web = function(w, req)
            local text = text_of(req.query)
            if req.path == "/moves" then
                return { status = 302, headers = { Location = ("%s/moves?pre=%s&post=%s&%s"):format(w.urls.web,
                    req.query.pre, req.query.post, text) } }
            elseif req.path == "/away" then
                return { status = 307, headers = { Location = "http://localhost.invalid/" .. text } }
            elseif req.path == "/ftp" then
                return { status = 302, headers = { Location = "ftp://127.0.0.1/" .. text } }
            elseif req.path == "/port" then
                return { status = 302, headers = { Location = "http://127.0.0.1:x" .. text .. "/" } }
            elseif req.path == "/json" then
                return { body = "{ " .. text }
            end
            return { status = 404, body = (req.query.esc and "\27]0;title\7\27[2J\0" or "") .. text, headers = { ["X-Text"] = text } }
        end,
        prometheus = function(_, req)
            local query = req.query.query or req.form and req.form.query or (req.body or ""):match("query=([^&]*)") or ""
            local kind, pre, post = query:match("(%a+)_(%d+)_(%d+)")
            local text = text_of { pre = pre, post = post }
            if kind == "body" then return { status = 404, body = text } end
            if kind == "moved" then return { status = 302, headers = { Location = "/login?" .. text } } end
            if kind == "warns" then
                return { json = { status = "success", warnings = json.array { text },
                    data = { resultType = "vector", result = json.array {} } } }
            end
            return { status = 400, json = { status = "error", errorType = "bad_data", error = text } }
        end,
        cluster = function(w, req)
            local name = req.path:match("^/api/v1/namespaces/default/configmaps/(.+)$")
            if name then return object(name) end
            if req.path == "/api" then return { json = { kind = "APIVersions", versions = json.array { "v1" } } } end
            if req.path == "/apis" then
                return { json = { kind = "APIGroupList", groups = json.array { { name = "coordination.k8s.io",
                    versions = json.array { { groupVersion = "coordination.k8s.io/v1", version = "v1" } },
                    preferredVersion = { groupVersion = "coordination.k8s.io/v1", version = "v1" } } } } }
            end
            if req.path == "/api/v1" then
                return resources("v1", { { "configmaps", "ConfigMap" }, { "events", "Event" } })
            elseif req.path == "/apis/coordination.k8s.io/v1" then
                return resources("coordination.k8s.io/v1", { { "leases", "Lease" } })
            elseif req.path:find "/events$" then
                return { json = { kind = "EventList", apiVersion = "v1", metadata = {}, items = json.array {} } }
            end
            local pre, post = req.path:match("/leases/held%-(%d+)%-(%d+)$")
            if pre then -- whose holder is alive
                w.looks = (w.looks or 0) + 1
                return { json = { kind = "Lease", apiVersion = "coordination.k8s.io/v1", metadata = { name = "held",
                    namespace = "default", uid = "u", resourceVersion = tostring(w.looks) }, spec = {
                    holderIdentity = text_of { pre = pre, post = post }, leaseDurationSeconds = 15,
                    acquireTime = "2026-01-01T00:00:00.000000Z" } } }
            end
            return status(404, "NotFound", req.path)
        end,
    },
    files = function(w) return { ["values.yaml"] = { web = w.urls.web, prometheus = w.urls.prometheus },
        ["kubeconfig"] = ([[
apiVersion: v1
kind: Config
clusters: [ { name: c, cluster: { server: "%s" } } ]
users: [ { name: u, user: { token: t } } ]
contexts: [ { name: c, context: { cluster: c, user: u } } ]
current-context: c
]]):format(w.urls.cluster) } end,
}
