-- metrics: clients of Prometheus and Alertmanager against answers of every kind, hostile ones too. The
-- server is test_metrics.world.lua.
local function fails(fn, kind, ...)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", (...))
    check.equal(why.kind, kind, "the kind of failure")
    for _, words in ipairs { ... } do
        check(tostring(why):find(words, 1, true), "%q says %q", tostring(why), words)
    end
end

return runbook {
    name = "test-metrics",
    params = { api = param { help = "address of the pretend server" } },

    phase "query" { keep_going = true,
        step "figures are numbers" { function(run)
            local function prom(case) return metrics.prometheus(run.api .. "/" .. case) end
            check.equal(prom "one":value "x", 0.25, "a fraction")
            check.equal(math.type(prom "whole":value "x"), "integer", "a whole number")
            check.equal(prom "large":value "x", 1.5e300, "a large one")
            check.equal(prom "scalar":value "x", 7, "a scalar")
            local series = prom "many":query "x"
            check.equal(#series, 4, "series")
            check.equal(series[2].value, 2, "value")
            check(math.abs(series[2].at - wait.now()) < 60, "its moment: %s", series[2].at)
            check.equal(series[2].labels.n, "2", "its label")
            check.equal(#prom "none":query "x", 0, "no series")
            local nan = prom "nan":query "x"[1].value
            check(nan ~= nan, "NaN is NaN in Lua")
            check.equal(prom "inf":query "x"[1].value, -math.huge, "an infinity")
        end },

        step "value is one figure or a failure that says what came" { function(run)
            local function prom(case) return metrics.prometheus(run.api .. "/" .. case) end
            fails(function() prom "none":value "rate(x[5m])" end, "effect", "rate(x[5m])",
                "no series matched")
            fails(function() prom "nan":value "x" end, "effect", "NaN (0/0: no traffic?)")
            fails(function() prom "inf":value "x" end, "effect", "-Inf")
            fails(function() prom "many":value "x" end, "effect",
                '4 series where one is expected: x{n="1"}, x{n="2"}, x{n="3"}, ...')
            fails(function() prom "text":value "x" end, "effect", "text, not figures")
            fails(function() prom "matrix":value "x" end, "effect", "a range of samples")
            fails(function() prom "histogram":value "x" end, "effect", "native histograms")
        end },

        step "a secret is masked before a message is cut" { function(run)
            log.mask("password", "hunter2hunter2hunter2")
            for _, case in ipairs { "blabs", "mumbles" } do
                local ok, why = pcall(function() metrics.prometheus(run.api .. "/" .. case):query "x" end)
                check(not ok and tostring(why):find("[secr", 1, true), "%s: what stands for it", case)
                check(not tostring(why):find("hunter", 1, true), "%s: nothing of it", case)
            end
        end },

        step "sample says why there is none" { function(run)
            local function sample(case) return metrics.prometheus(run.api .. "/" .. case):sample "x" end
            check.equal(sample "one".value, 0.25, "value")
            check.equal(sample "one".text, "0.25", "text")
            check.equal(sample "one".reason, nil, "no reason")
            local reasons = { none = "no data", nan = "NaN", inf = "infinite", many = "several series",
                warned = "partial", partial = "partial", yesterday = "stale", tomorrow = "stale" }
            for case, reason in pairs(reasons) do
                check.equal(sample(case).value, nil, "no value")
                check.equal(sample(case).reason, reason, "the reason")
                check(sample(case).text ~= "", "it says: %s", sample(case).text)
            end
            fails(function() sample "refused" end, "effect",
                "refused as bad_data with HTTP 400: parse error")
        end },

        step "which infinity it is" { function(run)
            check.equal(metrics.prometheus(run.api .. "/inf"):sample "x".infinite, -math.huge, "infinite")
        end },

        step "what the server warns of is no figure, unless that is accepted" { function(run)
            local strict = metrics.prometheus(run.api .. "/warned")
            check.equal(strict:sample "x".warnings[1], "store 2 did not answer", "the warning")
            fails(function() strict:value "x" end, "effect", "the server warns: store 2 did not answer", 'partial = "accept"')
            fails(function() metrics.prometheus(run.api .. "/partial"):value "x" end, "effect", "the answer is partial")
            local lenient = metrics.prometheus(run.api .. "/doubtful", { partial = "accept" })
            local value, warnings = lenient:value "x"
            check.equal(value, 1, "value")
            check.equal(#warnings, 1, "its warnings")
            check.equal(strict:sample("x", { partial = "accept" }).value, 1, "where the call says so")
            check.equal(#metrics.prometheus(run.api .. "/one"):sample "x".warnings, 0, "none")
            fails(function() strict:sample("x", { partial = "yes" }) end, "usage", '"accept" or "refuse", not \'yes\'')
        end },

        step "a figure of another time is none" { function(run)
            local function prom(case, options) return metrics.prometheus(run.api .. "/" .. case, options) end
            fails(function() prom "yesterday":value "x" end, "effect", "its time is 1d", "before the moment", "behind")
            fails(function() prom "tomorrow":value "x" end, "effect", "after the moment", "a clock is wrong")
            check.equal(prom "recent":value "x", 1, "of four minutes ago")
            check.equal(prom("recent", { max_age = "1m" }):sample "x".reason, "stale", "where a minute counts")
            check.equal(prom("yesterday", { max_age = "48h" }):value "x", 1, "where two days count")
            check.equal(prom "yesterday":value("x", { at = wait.now() - 86400 }), 1, "asked for yesterday")
            fails(function() prom("one", { max_age = "soon" }) end, "usage", "max_age of metrics.prometheus: 'soon'")
        end },

        step "a proxy that takes GET alone is asked so" { function(run)
            local function target(url, query)
                return metrics.prometheus(run.api .. url):query(query)[1].labels.target
            end
            check.equal(target("/readonly", "a&b"), "/readonly/api/v1/query?query=a%26b", "refused with 405")
            check.equal(target("/readonly/?namespace=x", "up"), "/readonly/api/v1/query?namespace=x&query=up", "its query")
            check.equal(target("/echo?namespace=x", "up"), "/echo/api/v1/query?namespace=x", "a query with a POST")
            check.equal(metrics.prometheus(run.api .. "/guarded"):value "up", 2, "refused with 403")
            check.equal(metrics.prometheus(run.api .. "/plain"):value "up", 3, "refused with 501")
        end },

        step "range" { function(run)
            local prom = metrics.prometheus(run.api .. "/matrix")
            local series = prom:range("x", { start = wait.now() - 60, stop = wait.now(), step = "30s" })
            check.equal(series[1].labels.n, "1", "label")
            check.equal(series[1].points[1].at, 1700000000, "moment")
            check.equal(series[1].points[1].value, 1, "value")
            check(series[1].points[2].value ~= series[1].points[2].value, "NaN")
            fails(function() prom:range("x", { stop = 5, step = 1 }) end, "usage", "'start' must be seconds")
            fails(function() prom:range("x", { start = 1, stop = 5 }) end, "usage", "wants a step")
            fails(function()
                metrics.prometheus(run.api .. "/one"):range("x", { start = 1, stop = 5, step = 1 })
            end, "effect", "type matrix")
        end },

        step "the question arrives as it was asked" { function(run)
            local prom = metrics.prometheus(run.api .. "/echo/", { headers = { Authorization = "Bearer a" } })
            local asked = prom:query('sum(x{a="b&c=d+e"})', { at = 1700000000.25 })[1].labels
            check.equal(asked.method, "POST", "method")
            check.equal(asked.type, "application/x-www-form-urlencoded", "type")
            check.equal(asked.body,
                "query=sum%28x%7Ba%3D%22b%26c%3Dd%2Be%22%7D%29&time=1700000000.250", "form")
            check.equal(asked.token, "Bearer a", "header of the client")
            local own = prom:query("x", { headers = { Authorization = "Bearer b" } })[1].labels
            check.equal(own.token, "Bearer b", "header of the call")
            check.equal(own.body, "query=x", "form without a moment")
        end },

        step "answers of something else are told apart" { function(run)
            local function asked(case, ...)
                fails(function() metrics.prometheus(run.api .. "/" .. case):value "up" end, "effect",
                    "query up: " .. run.api, ...)
            end
            asked("login", 'HTTP 200 and not the JSON of the API: "Sign in Please sign in"')
            asked("proxy", 'HTTP 502 and not the JSON of the API: "502 Bad Gateway"', "check the address")
            asked("elsewhere", "HTTP 302, a redirect to https://sso.test/login", "credentials")
            asked("forbidden", 'HTTP 403: "RBAC: access denied"', "credentials")
            asked("empty", "HTTP 200 and not the JSON of the API; check the address")
            asked("bytes", "not the JSON of the API")
            asked("list", "the answer is JSON, but without a result of a known type")
            asked("object", "without a result of a known type")
            asked("words", "not pairs of a time and a figure")
            asked("number", "not pairs of a time and a figure")
            asked("pair", "not pairs of a time and a figure")
            asked("nothing", "not pairs of a time and a figure")
            asked("statusless", 'without the status "success"')
        end },

        step "no answer" { function(run)
            fails(function() metrics.prometheus(run.api .. "/slow", { timeout = "300ms" }):value "up" end,
                "effect", "query up", "timed out after 300ms", "check the address")
            fails(function() metrics.prometheus(run.api .. "/cut"):value "up" end, "effect", "query up")
            fails(function() metrics.prometheus("http://127.0.0.1:1"):value "up" end, "effect",
                "connection refused by 127.0.0.1:1")
        end },

        step "a question is dropped with the branch that asks it" { function(run)
            local started = wait.now()
            check(not pcall(parallel, {
                asks = function() metrics.prometheus(run.api .. "/slow"):value "up" end,
                fails = function() wait.sleep(0.1); error("enough") end,
            }), "one branch fails")
            check(wait.now() - started < 5, "the other does not go on")
        end },

        step "what makes no sense is said" { function(run)
            local prom = metrics.prometheus(run.api .. "/one")
            fails(function() metrics.prometheus "prom:9090":value "x" end, "usage", "wants the address",
                "'prom:9090'")
            fails(function() metrics.prometheus "http://p/#x":value "x" end, "usage", "wants the address")
            fails(function() metrics.prometheus() end, "usage", "the server's address first")
            fails(function() metrics.prometheus("http://p", { timeot = 1 }) end, "usage",
                "did you mean 'timeout'?")
            fails(function() metrics.prometheus("http://p", { headers = { ["X-HTTP-Method"] = "DELETE" } }):value "x" end,
                "usage", "only asks: no header or field can name another method")
            fails(function() prom:value() end, "usage", "wants a PromQL query")
            fails(function() prom:value "" end, "usage", "wants a PromQL query")
            fails(function() prom.value "x" end, "usage", "with a colon")
            fails(function() prom:value("x", { at = "now" }) end, "usage", "'at' must be seconds since 1970")
            fails(function() prom:value("x", { att = 1 }) end, "usage", "metrics.query has no option 'att'")
            fails(function() prom:value("x", 5) end, "usage", "wants a table of options")
        end },
    },

    phase "rules and alerts" { keep_going = true,
        step "rules" { function(run)
            local rules = metrics.prometheus(run.api .. "/rules"):rules()
            check.equal(#rules, 2, "how many")
            check.equal(rules[1].name, "High", "name")
            check.equal(rules[1].state, "firing", "state")
            check.equal(rules[1].alerts, 2, "alerts")
            check.equal(rules[1].group, "g", "group")
            check.equal(rules[2].type, "recording", "type")
            check.equal(rules[2].error, "no", "error")
            fails(function() metrics.prometheus(run.api .. "/one"):rules() end, "effect", "without groups")
        end },

        step "silenced is not quiet" { function(run)
            local am = metrics.alertmanager(run.api .. "/alerts")
            local all = am:alerts()
            check.equal(#all, 3, "how many")
            check.equal(all[2].name, "Quiet", "name")
            check.equal(all[2].state, "suppressed", "state")
            check.equal(all[2].silenced_by[1], "s1", "silence")
            check.equal(all[1].annotations.summary, "Loud!", "annotation")
            check.equal(all[1].starts_at, "2026-01-01T00:00:00.000Z", "start")
            local firing, silenced = am:firing()
            check.equal(#firing, 2, "firing: the active one and the one not looked at yet")
            check.equal(firing[1].name, "Loud", "the active one")
            check.equal(#silenced, 1, "silenced")
            check.equal(silenced[1].name, "Quiet", "the silenced one")
        end },

        step "filters" { function(run)
            local am = metrics.alertmanager(run.api .. "/filtered")
            local filter = { "severity=page", 'alertname=~"A&B.*"' }
            local all = am:alerts { filter = filter, silenced = false }
            check.equal(all[1].name, "filter severity=page", "the first matcher")
            check.equal(all[2].name, 'filter alertname=~"A&B.*"', "the second")
            check.equal(all[3].name, "silenced false", "without silenced ones")
            check.equal(am:firing "severity=page"[1].name, "filter severity=page", "one matcher")
            check.equal(#am:alerts { filter = {} }, 0, "no matcher")
            fails(function() am:alerts { filter = { severity = "page" } } end, "usage", "a list of matchers")
            fails(function() am:alerts { filter = { 5 } } end, "usage", "a list of matchers")
            fails(function() am:alerts { filter = 5 } end, "usage", "a list of matchers")
            fails(function() metrics.alertmanager(run.api .. "/matcher"):alerts() end, "effect",
                "refused with HTTP 400: bad matcher format: x")
            fails(function() metrics.alertmanager(run.api .. "/stateless"):alerts() end, "effect", "no state")
            fails(function() metrics.alertmanager(run.api .. "/object"):alerts() end, "effect",
                "not a list of alerts")
        end },

        step "ready" { function(run)
            local function ready(case) return metrics.prometheus(run.api .. "/" .. case):ready() end
            local yes, words = ready "ready"
            check.equal(yes, true, "ready")
            check.equal(words, "HTTP 200: Prometheus Server is Ready.", "its words")
            check.equal(ready "starting", false, "not yet")
            check.equal(ready "login", false, "a login page")
            local nobody, why = metrics.alertmanager "http://127.0.0.1:1":ready()
            check.equal(nobody, false, "nobody there")
            check(why:find("connection refused", 1, true), "it says %q", why)
        end },
    },
}
