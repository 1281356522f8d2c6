-- router: which track answers a request, as ingress-nginx decides it from the canary Ingress.
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
    return found[PREFIX] == "true" and found or {}
end

local function percent(found)
    local weight = tonumber((found[PREFIX .. "-weight"] or ""):match("^%d+$"))
    local total = tonumber((found[PREFIX .. "-weight-total"] or ""):match("^%d+$")) or 100
    return weight and total > 0 and math.min(100, 100 * weight / total) or 0
end

-- The canary's share of the traffic in percent.
function router:weight()
    return percent(annotations(self))
end

-- The track of one request with these headers. Of a row of requests exactly the weight's share goes to
-- the canary, evenly spread; the canary-by-header annotation comes first.
function router:track(headers)
    local found = annotations(self)
    local by_header = headers[(found[PREFIX .. "-by-header"] or ""):lower()]
    if by_header == "always" then return "canary" end
    if by_header == "never" then return "stable" end
    local weight = percent(found)
    if weight == 0 then self.credit = 0 end
    self.credit = self.credit + weight
    if self.credit < 100 then return "stable" end
    self.credit = self.credit - 100
    return "canary"
end

return router
