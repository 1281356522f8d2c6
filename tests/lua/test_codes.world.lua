-- The world of test_codes.lua: a service that answers as its path says, one that never does, an API, and
-- metrics that refuse.
local kubernetes = require "runbook.world.kubernetes"

return {
    name = "codes", listen = { kubernetes = { tls = true }, shop = {}, slow = {}, figures = {} },
    start = function(w)
        w.api = kubernetes.new { token = "t", now = w.now,
            allow = function(_, plural) return plural ~= "secrets" end }
        w.api:put { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "one", namespace = "n" } }
    end,
    handle = {
        kubernetes = function(w, req) return w.api:handle(w, req) end,
        shop = function(_, req)
            if req.path == "/abort" then return { abort = true } end
            return { status = tonumber(req.path:sub(2)), headers = { ["Retry-After"] = "7" }, body = "no JSON" }
        end,
        slow = function() return { stream = function() return "" end } end,
        figures = function(_, req)
            if req.body:find "down" then return { status = 503, body = "<html>Unavailable</html>" } end
            return { status = 400, json = { status = "error", errorType = "bad_data", error = "parse error" } }
        end,
    },
    files = function(w)
        return { ["values.yaml"] = { shop = w.urls.shop, slow = w.urls.slow, figures = w.urls.figures },
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "n") }
    end,
}
