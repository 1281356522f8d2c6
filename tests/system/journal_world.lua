-- A till on loopback, for the tests of the journal. It counts what it is asked to do. What is asked of it
-- under a name that ends with "hang" takes effect the first time and gets no answer; "drop" takes none, "late" does
-- when it is asked about; "gateway" takes effect and is answered 502.
local kubernetes = require "runbook.world.kubernetes"
local routes = {}

routes["POST /pay"] = function(w, req)
    if w.faults["closed"] then
        table.insert(w.refused, req.target)
        return { status = 503, headers = { ["retry-after"] = "30" }, body = "the till is closed\n" }
    end
    local key, drops = req.headers["idempotency-key"], req.target:match("drop$") or req.target:match("late$")
    if drops and not w.hung[req.target] then
        w.hung[req.target], w.late = true, drops == "late" and req.target
        return { abort = true }
    end
    if not (key and w.keys[key]) then table.insert(w.paid, req.target) end
    if key then w.keys[key] = true end
    local hangs = req.target:find("hang$") and not w.hung[req.target]
    w.hung[req.target] = true
    if req.target:find("gateway$") then return { status = 502, body = "no answer from the till\n" } end
    return (hangs or w.faults["mute"]) and { abort = true } or { status = 201, json = { number = #w.paid } }
end

routes["PUT /pay"] = routes["POST /pay"]

routes["DELETE /pay"] = function(w, req)
    if w.faults["no-refunds"] and req.target:find("stays") then
        return { status = 500, body = "the till is closed\n" }
    end
    table.insert(w.refunds, req.target)
    if req.target:find("gateway") and #w.refunds % 3 ~= 0 or req.target:find("deaf") then
        return { status = 502, body = "no answer from the till\n" }
    end
    return { status = 204 }
end

routes["GET /paid"] = function(w, req)
    local times = 0
    for _, target in ipairs(w.paid) do
        if target:match("%?(.*)$") == req.target:match("%?(.*)$") then times = times + 1 end
    end
    if w.late then -- what was on its way arrives behind the first question
        table.insert(w.paid, w.late)
        w.late = nil
    end
    return { json = { times = times } }
end

-- Another number each time: whoever shows the same one twice has kept it.
routes["GET /number"] = function(w)
    w.reads = w.reads + 1
    return { json = { number = w.reads } }
end

routes["POST /echo"] = function(_, req)
    return { json = { body = req.body, headers = req.headers, query = req.query } }
end

routes["GET /bytes"] = function(w)
    w.reads = w.reads + 1
    return { body = "\0\xff\xfe " .. w.reads }
end

return {
    name = "till",
    listen = { till = {}, kubernetes = { tls = true } },
    faults = { closed = "nothing can be paid: 503, and come back in 30 seconds", mute = "what is paid gets no answer", ["no-refunds"] = "refunds of what has \"stays\" in its name fail" },
    start = function(w)
        w.paid, w.refused, w.refunds, w.keys, w.hung, w.reads = {}, {}, {}, {}, {}, 0
        w.api = kubernetes.new { token = "t0ken-of-the-test", now = w.now }
    end,
    handle = { kubernetes = function(w, req) return w.api:handle(w, req) end, till = function(w, req)
        local route = routes[req.method .. " " .. req.path]
        return route and route(w, req) or { status = 404, body = "there is no such thing\n" }
    end },
    files = function(w)
        return { ["values.yaml"] = { till = w.urls.till },
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t0ken-of-the-test") }
    end,
    snapshot = function(w)
        return { paid = json.array(w.paid), refused = json.array(w.refused), refunds = json.array(w.refunds), maps = json.array(w.api:list("configmaps")), reads = w.reads }
    end,
}
