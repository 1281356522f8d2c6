-- A feature flag in two stores, on loopback: the one that people set, and the one that instances have
-- loaded, which follows a second later.
return {
    name = "flags",
    listen = { flags = {} },
    start = function(w) w.version, w.loaded, w.old = 1, 1, true end,
    handle = { flags = function(w, req)
        if w.due and w.now() >= w.due then w.loaded, w.due = w.version, nil end
        local route = req.method .. " " .. req.path
        if route == "GET /flag" then
            return { json = { version = w.version, loaded = w.loaded } }
        elseif route == "PUT /flag" then
            w.version = json.decode(req.body).version
            w.due = w.now() + 1
            return { status = 204 }
        elseif route == "DELETE /flag/1" then
            w.old = false
            return { status = 204 }
        end
        return { status = 404, body = "there is no such thing\n" }
    end },
    files = function(w) return { ["values.yaml"] = { flags = w.urls.flags } } end,
    snapshot = function(w) return { version = w.version, loaded = w.loaded, old = w.old } end,
}
