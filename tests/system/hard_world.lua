-- A counter on loopback for test_kill_hard.sh. It keeps what really happened, and is as unkind as it may be:
-- it answers with text that looks like a mark, fails twice before it does a thing, and at /hang it does the
-- thing and hangs up.
local routes = {}

local function count(into, key) into[key] = (into[key] or 0) + 1 end
local function what(req) return req.target:match("%?(.*)$") end

routes["GET /number"] = function(w)
    w.reads = w.reads + 1
    return { json = { number = w.reads } }
end
routes["GET /mark"] = function() return { body = "as it says: [secret token], [secret:0000:token]" } end
routes["POST /said"] = function(w, req)
    table.insert(w.said, req.body)
    return { status = 201 }
end
routes["PUT /change"] = function(w, req)
    w.set[what(req)] = req.body
    return { status = 204 }
end
routes["POST /change"] = function(w, req)
    local key = req.headers["idempotency-key"]
    if not (key and w.keys[key]) then count(w.made, what(req)) end
    if key then w.keys[key] = true end
    return { status = 201 }
end
routes["DELETE /change"] = function(w, req)
    w.made[what(req)] = nil
    return { status = 204 }
end
routes["POST /flaky"] = function(w, req)
    count(w.tried, what(req))
    if w.tried[what(req)] < 3 then return { status = 409, body = "not yet\n" } end
    count(w.made, what(req))
    return { status = 201 }
end
routes["POST /hang"] = function(w, req)
    count(w.made, what(req))
    return { abort = true }
end

return {
    name = "hard",
    listen = { counter = {} },
    start = function(w)
        w.reads, w.said, w.set, w.made, w.tried, w.keys = 0, {}, {}, {}, {}, {}
    end,
    handle = { counter = function(w, req)
        local route = routes[req.method .. " " .. req.path]
        return route and route(w, req) or { status = 404, body = "there is no such thing\n" }
    end },
    files = function(w) return { ["values.yaml"] = { url = w.urls.counter } } end,
    snapshot = function(w)
        return { reads = w.reads, said = json.array(w.said), set = w.set, made = w.made, tried = w.tried }
    end,
}
