-- A stranger on loopback, for the test of what a journal keeps. What it says looks like a secret's mark or
-- is a secret in some coat; what it is told is kept as it came.
local routes = {}

routes["GET /mark"] = function() return { json = { text = "[secret token]", ["[secret token]"] = 1.0 } } end
routes["GET /true-mark"] = function(w) return { json = { text = w.mark or "" } } end
routes["POST /learn"] = function(w, req)
    w.mark = req.body
    return { status = 204 }
end
routes["POST /mark"] = function() return { status = 201, json = { text = "see [secret token], [secret:0000:token]" } } end
routes["POST /echo"] = function(_, req) return { status = 201, json = { text = req.body } } end
routes["POST /bytes"] = function() return { status = 201, body = "\xff\xfe\x00" } end
routes["POST /told"] = function(w, req)
    table.insert(w.told, req.body)
    return { status = 201, json = {} }
end

return {
    name = "kept",
    listen = { till = {} },
    start = function(w) w.told = {} end,
    handle = { till = function(w, req)
        local route = routes[req.method .. " " .. req.path]
        if not route then return { status = 404, body = "there is no such thing\n" } end
        return route(w, req)
    end },
    files = function(w) return { ["values.yaml"] = { till = w.urls.till } } end,
    snapshot = function(w) return { told = json.array(w.told) } end,
}
