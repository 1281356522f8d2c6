-- The world of test_sandbox.sh: two services, one of them over TLS, that answer in every way there is.
local answers = {
    ["/text"] = { body = "hello", headers = { ["X-Of"] = "sandbox" } },
    ["/json"] = { status = 201, json = { b = 1, a = json.array {} } },
    ["/abort"] = { abort = true },
    ["/read"] = { write = false },
}

local function counted()
    local n = 0
    return function()
        n = n + 1
        if n <= 3 then return n == 2 and "" or n .. "\n" end
    end
end

return {
    name = "odd",
    listen = {
        plain = {},
        secure = { tls = true, names = "shop.example", certificate = function(w)
            return { not_before = -7200, not_after = w.faults.expired and -3600 or 86400 }
        end },
    },
    faults = { expired = "the certificate has expired", slow = "answers take long" },
    start = function(w) w.seen = 0 end,
    handle = {
        plain = function(w, req)
            w.seen = w.seen + 1
            if req.path == "/echo" then return { json = req } end
            if req.path == "/stream" then return { stream = counted() } end
            if req.path == "/raise" then error("broken") end
            return answers[req.path] or { status = 404 }
        end,
        secure = function() return { body = "over TLS" } end,
    },
    files = function(w) return { ["values.yaml"] = { urls = w.urls, ports = w.ports } } end,
    snapshot = function(w) return { seen = w.seen, faults = w.faults } end,
}
