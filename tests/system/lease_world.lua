-- A till and a cluster on loopback, for the test of leases: the till counts what it is paid. The cluster is
-- out of reach while the fault holds.
local kubernetes = require "runbook.world.kubernetes"

return {
    name = "leases",
    listen = { till = {}, kubernetes = { tls = true } },
    faults = {
        ["no-cluster"] = "the Kubernetes API closes every connection",
        ["no-rights"] = "nobody may touch a Lease",
        warns = "every answer has another warning",
    },
    start = function(w)
        w.paid = {}
        w.api = kubernetes.new { token = "t0ken-of-the-test", now = w.now,
            allow = function(_, plural) return plural ~= "leases" or not w.faults["no-rights"] end }
        w.api:put { apiVersion = "v1", kind = "Namespace", metadata = { name = "shop" } }
    end,
    handle = {
        till = function(w, req)
            if req.method ~= "GET" then table.insert(w.paid, req.method .. " " .. req.target) end
            return { status = 200, json = {} }
        end,
        kubernetes = function(w, req)
            if w.faults["no-cluster"] then return { abort = true } end
            local answer = w.api:handle(w, req)
            if not w.faults.warns then return answer end
            w.warned = (w.warned or 0) + 1
            answer.headers = answer.headers or {}
            answer.headers.Warning = ('299 - "%s %d"'):format(req.method, w.warned)
            return answer
        end,
    },
    files = function(w)
        return {
            ["values.yaml"] = { till = w.urls.till },
            kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t0ken-of-the-test", "shop"),
        }
    end,
    snapshot = function(w)
        return { paid = json.array(w.paid), leases = json.array(w.api:list("leases")) }
    end,
}
