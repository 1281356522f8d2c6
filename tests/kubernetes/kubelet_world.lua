-- A stand-in for a kubelet, and it says so in every log: it serves what the API server asks of the one node on
-- which the pods of test_logs.sh are said to run. The desk is where the test writes more into a log.
local logs = require "runbook.world.kubernetes.logs"

-- The log of a container, with what it has written in the last two hours, and in its run before.
local function log_of(w, namespace, pod, container)
    local api = { logs = w.logs, now = w.now }
    local log = logs.of(api, namespace, pod, container)
    if #log.lines > 0 then return log, api end
    local name = pod .. "/" .. container
    log.previous = { lines = {}, last_at = 0 }
    logs.add(log.previous, w.now() - 7200, name .. " of the run before\nit ends")
    logs.add(log, w.now() - 3600, ("a stand-in for a kubelet, not one\n%s an hour ago"):format(name))
    logs.add(log, w.now() - 600, name .. " ten minutes ago\na line with ümlauts\t, and a tab")
    logs.add(log, w.now() - 5, name .. " just now")
    return log, api
end

return {
    name = "kubelet",
    listen = { kubelet = { tls = true }, desk = {} },
    start = function(w) w.logs = {} end,
    handle = {
        kubelet = function(w, req)
            local namespace, pod, container = req.path:match("^/containerLogs/([^/]+)/([^/]+)/([^/]+)$")
            if not pod then return { status = 404, body = "this is a stand-in for a kubelet, which has logs alone" } end
            local _, api = log_of(w, namespace, pod, container)
            return logs.answer(api, { metadata = { namespace = namespace, name = pod },
                spec = { containers = { { name = container } } } }, req.query)
        end,
        -- POST /NAMESPACE/POD/CONTAINER: the body is written into that log; with ?over=1 it ends then.
        desk = function(w, req)
            local log = log_of(w, req.path:match("^/([^/]+)/([^/]+)/([^/]+)$"))
            logs.add(log, w.now(), req.body)
            log.over = log.over or req.query.over ~= nil
            return { status = 200, body = "" }
        end,
    },
    files = function(w) return { ["desk.url"] = w.urls.desk, ["port"] = w.urls.kubelet:match(":(%d+)$") } end,
}
