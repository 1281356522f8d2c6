-- The world of test_http.lua: an HTTP service that shows what it was asked, over TLS and in the clear.
local counts = {}

local routes = {
    ["/echo"] = function(req)
        return { json = { method = req.method, target = req.target, headers = req.headers, body = req.body,
            query = req.query, service = req.service } }
    end,
    ["/status"] = function(req) return { status = tonumber(req.query.code), body = "as asked" } end,
    ["/json"] = function() return { body = '{"whole":3,"large":9007199254740993,"empty":[],"none":null}' } end,
    ["/garbage"] = function() return { body = "<html>not JSON</html>" } end,
    ["/long"] = function(req) return { body = ("x"):rep(tonumber(req.query.before)) .. req.query.tail } end,
    ["/redirect"] = function(req)
        return { status = 302, headers = { Location = req.query.to }, body = "" }
    end,
    ["/loop"] = function() return { status = 302, headers = { Location = "/loop" }, body = "" } end,
    ["/large"] = function(req) return { body = ("x"):rep(tonumber(req.query.bytes)) } end,
    ["/never"] = function() return { stream = function() return "" end } end,
    -- Refuses the first `fail` requests of a name, then answers.
    ["/flaky"] = function(req)
        local n = (counts[req.query.name] or 0) + 1
        counts[req.query.name] = n
        if n > tonumber(req.query.fail) then return { json = { attempt = n } } end
        return { status = tonumber(req.query.code or "503"), body = "later",
            headers = { ["Retry-After"] = req.query.after } }
    end,
    ["/hangup"] = function() return { abort = true } end,
}

local function handle(_, req)
    local route = routes[req.path]
    return route and route(req) or { status = 404, body = "nothing here" }
end

return {
    name = "http",
    listen = { plain = {}, other = {}, secure = { tls = true, names = "api.test" } },
    handle = { plain = handle, other = handle, secure = handle },
    files = function(w)
        return { ["values.yaml"] = { plain = w.urls.plain, other = w.urls.other, dir = w.dir,
            secure = w.urls.secure:match("//(.*)$"), ca = w.dir .. "/ca.pem" } }
    end,
}
