-- kubernetes.lua: what bench/measure_kubernetes.sh asks of a Kubernetes API, a phase each.
local NAMESPACE = "bench"

local function name(i) return ("many-%04d"):format(i) end

return runbook {
    name = "kubernetes",
    params = { count = param(5000) },

    phase "prepare" {
        step "there are objects" { function(run)
            k8s.apply { apiVersion = "v1", kind = "Namespace", metadata = { name = NAMESPACE } }
            local all = {}
            for i = 1, run.count do all[i] = name(i) end
            each(all, { limit = 16 }, function(one, i)
                k8s.create({ apiVersion = "v1", kind = "ConfigMap",
                    metadata = { name = one, namespace = NAMESPACE, labels = { app = "web", tier = "front" } },
                    data = { number = tostring(i), text = ("x"):rep(300) } })
            end)
        end },
    },
    phase "get" {
        step "one" { function()
            check.equal(k8s.get("configmap/" .. name(7), { namespace = NAMESPACE }).data.number, "7", "its number")
        end },
    },
    phase "list" {
        step "all" { function(run)
            check.equal(#k8s.list("configmaps", { namespace = NAMESPACE }), run.count, "objects")
        end },
    },
    phase "twenty" {
        step "one after the other" { function()
            for i = 1, 20 do
                check.equal(k8s.get("configmap/" .. name(i), { namespace = NAMESPACE }).data.number, tostring(i),
                    "its number")
            end
        end },
    },
}
