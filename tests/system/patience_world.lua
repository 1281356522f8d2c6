-- The world of test_patience.sh: a canary Ingress, a figure that its gate looks at, and a shop, of which
-- each can be unwilling, or be away, for a while. A fault's weight says how often, or for how many
-- seconds; what it does to the Ingress begins once that has some weight.
local kubernetes = require "runbook.world.kubernetes"

local PREFIX = "nginx.ingress.kubernetes.io/canary"
local INGRESS = "/ingresses/web"

local REFUSALS = {
    ["403"] = { 403, "Forbidden", 'ingresses "web" is forbidden: not now' },
    ["409"] = { 409, "Conflict", "the object has been modified; please apply your changes to the latest version" },
    ["422"] = { 422, "Invalid", "Ingress \"web\" is invalid" },
    ["500"] = { 500, nil, "etcdserver: leader changed" },
    ["503"] = { 503, "ServiceUnavailable", "the server is currently unable to handle the request" },
}

-- Takes one of what is left of a fault; false when it is off or used up.
local function take(w, name)
    local left = w.faults[name]
    if type(left) ~= "number" or left < 1 then return false end
    w.faults[name] = left - 1
    return true
end

local function refusal(code)
    if code == "502" then return { status = 502, body = "<html>Bad Gateway</html>" } end
    if code == "reset" then return { abort = true } end
    local status, reason, message = table.unpack(REFUSALS[code], 1, 3)
    return { status = status, json = { kind = "Status", apiVersion = "v1", metadata = {}, status = "Failure",
        code = status, reason = reason, message = message } }
end

local function weight(w)
    local annotations = w.api:get("ingress", "n", "web").metadata.annotations
    return tonumber(annotations[PREFIX .. "-weight"])
end

local function api(w, req)
    local what = req.method == "GET" and "get" or "patch"
    if req.path:find(INGRESS, 1, true) and weight(w) > 0 and not req.query.dryRun then
        w.looks = w.looks + (what == "get" and 1 or 0)
        local back = what == "patch" and req.body:find('weight":"0"', 1, true)
        -- The first look is the proof that the weight was set; those of the bake come behind it.
        for _, code in ipairs { "403", "409", "422", "500", "502", "503", "reset" } do
            if (back or what == "get" and w.looks > 2) and take(w, what .. "-" .. code) then return refusal(code) end
        end
    end
    return w.api:handle(w, req)
end

-- What the gate looks at: good, or bad from the third look on.
local function figure(w)
    w.figures = w.figures + 1
    local bad, away = w.faults.breach and w.figures >= 3, w.faults.away
    local answer = { body = bad and "9" or "0" }
    if away and w.figures == 3 then answer.away = { kubernetes = away } end
    return answer
end

local function shop(w, req)
    if req.method == "DELETE" and take(w, "shop-429") then
        return { status = 429, write = false, headers = { ["retry-after"] = "2" } }
    end
    if req.method == "DELETE" and take(w, "shop-503") then return { status = 503, write = false } end
    if req.method == "DELETE" and take(w, "shop-404") then return { status = 404, write = false } end
    if req.method == "DELETE" and w.faults["shop-away"] then
        local seconds = w.faults["shop-away"]
        w.faults["shop-away"] = nil
        return { abort = true, write = false, away = { shop = seconds } }
    end
    w.order = req.method ~= "DELETE"
    return { status = req.method == "POST" and 201 or 200 }
end

local faults = {
    breach = "the gate's figure is bad from its third look on",
    away = "the Kubernetes API is away for that many seconds from the gate's third look on",
    ["shop-429"] = "the shop answers DELETE with 429 and Retry-After: 2, that often",
    ["shop-503"] = "the shop answers DELETE with 503, that often",
    ["shop-404"] = "the shop answers DELETE with 404, that often",
    ["shop-away"] = "the shop breaks off the first DELETE and is away for that many seconds",
}
for _, what in ipairs { "get", "patch" } do
    for _, code in ipairs { "403", "409", "422", "500", "502", "503", "reset" } do
        faults[what .. "-" .. code] = ("the Ingress answers %s with %s, that often"):format(
            what == "get" and "a look in the bake" or "a patch to weight 0", code)
    end
end

return {
    name = "patience",
    listen = { kubernetes = { tls = true }, figure = {}, shop = {} },
    faults = faults,
    start = function(w)
        w.looks, w.figures = 0, 0
        w.api = kubernetes.new { token = "t", now = w.now }
        w.api:put { apiVersion = "v1", kind = "Namespace", metadata = { name = "n" } }
        w.api:put { apiVersion = "networking.k8s.io/v1", kind = "Ingress",
            metadata = { name = "web", namespace = "n",
                annotations = { [PREFIX] = "true", [PREFIX .. "-weight"] = "0" } },
            spec = { ingressClassName = "nginx" } }
    end,
    handle = { kubernetes = api, figure = figure, shop = shop },
    files = function(w)
        return { ["values.yaml"] = { figure = w.urls.figure, shop = w.urls.shop },
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "n") }
    end,
    snapshot = function(w) return { weight = weight(w), order = w.order or false } end,
}
