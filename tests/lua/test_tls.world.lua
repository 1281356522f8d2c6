-- The world of test_tls.lua: servers with good and bad certificates, all of one CA.
local DAY = 86400

local function server(names, from, to)
    return { tls = true, port = 0, names = names,
        certificate = function() return { not_before = from, not_after = to } end }
end
local function answer() return { body = "hello" } end

return {
    name = "test-tls",
    listen = {
        good = server("shop.test,127.0.0.1,localhost", -3600, 90 * DAY + 600),
        expired = server("shop.test", -30 * DAY, -3 * DAY - 600),
        early = server("shop.test", 2 * DAY, 90 * DAY),
        other = server("a.test,b.test,c.test,d.test", -3600, 90 * DAY),
        plain = { port = 0 },
    },
    handle = { good = answer, expired = answer, early = answer, other = answer, plain = answer },
    files = function(w)
        return { ["values.yaml"] = { ports = json.encode(w.ports), ca = w.ca, leaf = w.certificates.good } }
    end,
}
