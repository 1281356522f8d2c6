-- The world of test_metrics.lua: a metrics API that answers in every way it should and should not. The
-- first part of a request's path says how: /nan/api/v1/query.
local function result(kind, list)
    return { json = { status = "success", data = { resultType = kind, result = list } } }
end
local now -- seconds: of the request that is answered
local function vector(...)
    local list = json.array {}
    for i, value in ipairs { ... } do
        list[i] = { metric = { __name__ = "x", n = tostring(i) }, value = { now, value } }
    end
    return result("vector", list)
end
-- One figure, and a warning.
local function warned(text)
    return function()
        local answer = vector "1"
        answer.json.warnings = json.array { text }
        return answer
    end
end
-- One figure that many seconds from now.
local function off(seconds)
    return function()
        local answer = vector "1"
        answer.json.data.result[1].value[1] = now + seconds
        return answer
    end
end
local function page(status, text)
    return { status = status, body = text, headers = { ["Content-Type"] = "text/html" } }
end

local function alert(name, state, silences)
    return {
        labels = { alertname = name, severity = "page" }, annotations = { summary = name .. "!" },
        startsAt = "2026-01-01T00:00:00.000Z", endsAt = "2026-01-01T01:00:00.000Z",
        generatorURL = "http://p/graph", fingerprint = "f", receivers = json.array {},
        status = { state = state, silencedBy = json.array(silences or {}), inhibitedBy = json.array {} },
    }
end

local answers = {
    one = function() return vector "0.25" end,
    whole = function() return vector "18" end,
    large = function() return vector "1.5e+300" end,
    none = function() return vector() end,
    nan = function() return vector "NaN" end,
    inf = function() return vector "-Inf" end,
    many = function() return vector("1", "2", "3", "4") end,
    scalar = function() return result("scalar", json.array { now, "7" }) end,
    text = function() return result("string", json.array { 1700000000, "seven" }) end,
    matrix = function(request)
        if request.path:find "query_range" then
            return result("matrix", json.array { { metric = { n = "1" }, values = json.array {
                json.array { 1700000000, "1" }, json.array { 1700000030, "NaN" },
            } } })
        end
        return result("matrix", json.array {})
    end,
    histogram = function()
        return result("vector", json.array { { metric = {}, histogram = json.array { 1, {} } } })
    end,
    warned = warned "store 2 did not answer",
    partial = function()
        local answer = vector "1"
        answer.json.isPartial = true
        return answer
    end,
    doubtful = warned "store 3 did not answer", -- once more
    statusless = function()
        local answer = vector "1"
        answer.json.status = nil
        return answer
    end,
    yesterday = off(-86400), tomorrow = off(86400), recent = off(-240),
    -- Before which stands a proxy that knows reads by their method.
    readonly = function(request)
        if request.method ~= "GET" then return page(405, "<h1>405 Method Not Allowed</h1>") end
        return result("vector", json.array { { metric = { target = request.target }, value = { now, "1" } } })
    end,
    guarded = function(request)
        return request.method == "GET" and vector "2" or { status = 403, body = "reads only" }
    end,
    plain = function(request) return request.method == "GET" and vector "3" or { status = 501, body = "" } end,
    -- Says what it was asked.
    echo = function(request)
        return result("vector", json.array { { value = json.array { now, "1" }, metric = {
            method = request.method, type = request.headers["content-type"], body = request.body,
            token = request.headers.authorization or "none", target = request.target,
        } } })
    end,
    refused = function()
        return { status = 400,
            json = { status = "error", errorType = "bad_data", error = "parse error" } }
    end,
    -- Answers whose secret stands where a message is cut.
    blabs = function()
        return { status = 400, json = { status = "error", errorType = "bad_data",
            error = ("."):rep(590) .. "hunter2hunter2hunter2" } }
    end,
    mumbles = function() return page(500, ("."):rep(150) .. "hunter2hunter2hunter2") end,
    slow = function() return { stream = function() return "" end } end,
    cut = function() return { abort = true } end,
    login = function()
        return page(200, "<!doctype html><html><head><style>p{}</style><title>Sign in</title></head>"
            .. "<body><p>Please sign in</p></body></html>")
    end,
    proxy = function() return page(502, "<html>\r\n<head><title>502 Bad Gateway</title></head></html>") end,
    elsewhere = function() return { status = 302, headers = { Location = "https://sso.test/login" } } end,
    forbidden = function() return { status = 403, body = "RBAC: access denied\n" } end,
    empty = function() return {} end,
    list = function() return { json = json.array {} } end,
    object = function() return { json = {} } end,
    bytes = function() return { body = "{\"status\": \"\xff\"}" } end,
    words = function() return vector "12 and a bit" end,
    number = function()
        return result("vector", json.array { { metric = {}, value = json.array { 1, 5 } } })
    end,
    pair = function()
        return result("vector", json.array { { metric = {}, value = { a = 1, b = 2 } } })
    end,
    nothing = function() return result("vector", json.array { { metric = "x" }, 5, json.null }) end,
    rules = function()
        return { json = { status = "success", data = { groups = json.array {
            { name = "g", file = "f.yml", rules = json.array {
                { type = "alerting", name = "High", query = "x > 1", state = "firing", health = "ok",
                    labels = { severity = "page" }, annotations = {}, alerts = json.array { {}, {} } },
                { type = "recording", name = "x:sum", query = "sum(", health = "err", lastError = "no" },
            } },
        } } } }
    end,
    alerts = function()
        return { json = json.array { alert("Loud", "active"), alert("Quiet", "suppressed", { "s1" }),
            alert("New", "unprocessed") } }
    end,
    filtered = function(request)
        local list = json.array {}
        for i, pair in ipairs(request.queries) do list[i] = alert(pair[1] .. " " .. pair[2], "active") end
        return { json = list }
    end,
    matcher = function() return { status = 400, json = "bad matcher format: x" } end,
    stateless = function() return { json = json.array { { labels = { alertname = "x" } } } } end,
    ready = function() return { body = "Prometheus Server is Ready.\n" } end,
    starting = function() return { status = 503, body = "Service Unavailable" } end,
}

return {
    name = "test-metrics",
    listen = { api = { port = 0 } },
    handle = { api = function(w, request)
        now = w.now()
        local case = request.path:match "^/(%w+)/"
        return answers[case](request)
    end },
    files = function(w) return { ["values.yaml"] = { api = w.urls.api } } end,
}
