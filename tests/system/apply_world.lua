-- A shop on loopback, for the tests of applied plans. It gives things names that nobody knows before, and
-- says what it was asked for.
local routes = {}

routes["POST /things"] = function(w, req)
    w.made = w.made + 1
    local id = ("th_real%04d"):format(w.made)
    table.insert(w.done, "make " .. req.body)
    return { status = 201, json = { id = id, size = 7 } }
end

routes["PUT /switch"] = function(w, req)
    w.switch = req.body
    table.insert(w.done, "switch " .. req.body)
    return { status = 204 }
end

routes["GET /switch"] = function(w) return { json = { switch = w.switch } } end

return {
    name = "shop",
    listen = { shop = {} },
    start = function(w) w.done, w.made, w.switch, w.looked = {}, 0, "off", 0 end,
    handle = { shop = function(w, req)
        local route = routes[req.method .. " " .. req.path]
        if route then return route(w, req) end
        if req.method == "GET" and req.path:find("/part$") then
            w.looked = w.looked + 1 -- it is there at the third look
            return { json = { part = w.looked >= 3 and "pt_real" .. req.path:sub(-7, -6) or json.null } }
        elseif req.method == "POST" and req.path == "/keys" then
            return { status = 201, json = { key = "very-secret-key-1", id = "ky_real" } }
        elseif req.method == "DELETE" or req.method == "PATCH" then
            table.insert(w.done, req.method:lower() .. " " .. req.path .. " " .. req.body)
            return { status = 204 }
        end
        return { status = 404, body = "there is no such thing\n" }
    end },
    files = function(w) return { ["values.yaml"] = { shop = w.urls.shop } } end,
    snapshot = function(w) return { done = json.array(w.done), switch = w.switch } end,
}
