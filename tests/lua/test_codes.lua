-- The codes of failures: what programs compare, beside the sentence for people.
local function code_of(fn)
    local ok, failure = pcall(fn)
    check(not ok, "it fails")
    return failure.code, failure.kind
end

local function answer(status, headers)
    return function(run)
        return http.get(run.shop .. "/" .. status, { headers = headers }):expect(200)
    end
end

return runbook {
    name = "test-codes",
    params = { shop = param {}, slow = param {}, figures = param {} },

    phase "codes" { keep_going = true,
        step "of http" { function(run)
            for _, status in ipairs { 404, 409, 422, 500, 503 } do
                local code, kind = code_of(function() answer(status)(run) end)
                check.equal(code, "http." .. status, "the code")
                check.equal(kind, "check", "the kind")
            end
            local ok, failure = pcall(answer(429), run)
            check(not ok and failure.retry_after == 7, "Retry-After is %s s", failure.retry_after)
            check.equal(code_of(function() http.get "http://127.0.0.1:1/" end), "no_answer", "refused")
            check.equal(code_of(function() http.get "http://nowhere.invalid/" end), "no_answer", "no such name")
            check.equal(code_of(function() http.get(run.shop .. "/abort") end), "no_answer", "broken off")
            check.equal(code_of(function() http.get(run.slow, { timeout = "100ms" }) end), "timeout", "no end")
            check.equal(code_of(function() http.get(run.shop .. "/200", { max_bytes = 1 }) end), "too_large", "size")
            check.equal(code_of(function() http.get(run.shop .. "/200"):json() end), "bad_answer", "no JSON")
            check.equal(code_of(function() http.get(run.shop:gsub("^http:", "https:") .. "/200") end), "no_answer",
                "no TLS")
        end },
        step "of k8s" { function()
            check.equal(code_of(function() k8s.get "configmap/none" end), "k8s.NotFound", "not there")
            check.equal(code_of(function() k8s.get "widget/none" end), "no_type", "no such type")
            check.equal(code_of(function() k8s.get "secret/forbidden" end), "k8s.Forbidden", "not allowed")
            check.equal(code_of(function()
                k8s.patch("configmap/one", { merge = { data = { a = "b" } }, if_resource_version = "1" })
            end), "k8s.Conflict", "changed meanwhile")
            check.equal(code_of(function() k8s.create { apiVersion = "v1", kind = "ConfigMap",
                metadata = { name = "one" } } end), "k8s.AlreadyExists", "there already")
        end },
        step "of metrics" { function(run)
            local prom = metrics.prometheus(run.figures)
            check.equal(code_of(function() prom:query "bad(" end), "metrics.bad_data", "no query")
            check.equal(code_of(function() prom:query "down" end), "http.503", "a proxy's page")
            check.equal(code_of(function() metrics.prometheus("http://127.0.0.1:1"):query "up" end), "no_answer",
                "refused")
        end },
        step "of exec, tls and dns" { function()
            check.equal(code_of(function() exec { "sh", "-c", "exit 3", reads = true } end), "exit.3", "its status")
            check.equal(code_of(function() exec { "/no/such/program", reads = true } end), "not_started", "no program")
            check.equal(code_of(function() exec { "sleep", "9", reads = true, timeout = "100ms" } end), "timeout",
                "no end")
            check.equal(code_of(function() tls.inspect "127.0.0.1:1" end), "no_answer", "refused")
            check.equal(code_of(function() dns.query("x.test", "A", { server = "127.0.0.1:1", timeout = "1s" }) end),
                "no_answer", "no server")
        end },
        step "of the run itself" { function()
            check.equal(code_of(function() error { code = "http.503", text = "my own" } end), "http.503",
                "a table of the author's stays his")
            check.equal(code_of(function() check.fail "no" end), "check", "a check")
            check.equal(code_of(function() k8s.get() end), "usage", "usage")
            check.equal(code_of(function() ask.approve "May I?" end), "denied", "nobody to ask")
            check.equal(code_of(function() parallel { function() http.get "http://127.0.0.1:1/" end } end), "no_answer",
                "out of a branch")
        end },
    },
}
