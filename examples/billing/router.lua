-- router: which track answers a request, as ingress-nginx decides it from the canary Ingress.
local gotext = require "runbook.gotext"

local router = {}
router.__index = router

local PREFIX = "nginx.ingress.kubernetes.io/canary"

-- `api` is the pretend Kubernetes, where the Ingress `canary` of `namespace` stands.
function router.new(api, namespace, canary)
    return setmetatable({ api = api, namespace = namespace, canary = canary, credit = 0 }, router)
end

local function annotations(self)
    local ingress = self.api:get("ingresses", self.namespace, self.canary)
    local found = ingress and ingress.metadata.annotations or {}
    return gotext.boolean(found[PREFIX]) and found or {}
end

-- As the controller has it: what Atoi does not take is passed over, and so is a total of 100 or less.
local function percent(found)
    local weight = gotext.integer(found[PREFIX .. "-weight"] or "") or 0
    local total = math.max(gotext.integer(found[PREFIX .. "-weight-total"] or "") or 100, 100)
    return math.max(0, math.min(100, 100 * weight / total))
end

-- The canary's share of the traffic in percent.
function router:weight()
    return percent(annotations(self))
end

-- The track of one request with these headers. Of a row of requests exactly the weight's share goes to
-- the canary, evenly spread; the annotations canary-by-header and canary-by-cookie come first, in this order.
function router:track(headers)
    local found = annotations(self)
    local by_header = headers[(found[PREFIX .. "-by-header"] or ""):lower()]
    local cookie = found[PREFIX .. "-by-cookie"]
    local by_cookie = cookie and ("; " .. (headers.cookie or "")):match("; ?" .. cookie:gsub("%W", "%%%0") .. "=([^;]*)")
    for _, by in ipairs { by_header or "", by_cookie or "" } do
        if by == "always" then return "canary" elseif by == "never" then return "stable" end
    end
    local weight = percent(found)
    if weight == 0 then self.credit = 0 end
    self.credit = self.credit + weight
    if self.credit < 100 then return "stable" end
    self.credit = self.credit - 100
    return "canary"
end

return router
