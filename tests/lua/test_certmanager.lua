-- runbook.certmanager against test_certmanager.world.lua: a cause and a remedy for every text that
-- cert-manager and a CA write, and what a web server answers a public CA.
local cases = require "certmanager_cases"
local certs = require "runbook.certmanager"

local function has(text, words, pattern)
    check(text:find(words, 1, not pattern), "%q has %q", text, words)
end

local function look_at(i, case)
    local status = certs.status { name = "shop", namespace = "case-" .. i, network = false }
    if case.want == "" then check.equal(status.cause, "", case[1] .. ": cause") end
    has(case[1] .. " -> " .. status.cause, case.want, case.pattern)
    check(case.want == "" or status.remedy ~= "", "%s: what to do is %q", case[1], status.remedy)
    check(not (status.cause .. status.remedy):find("[{}]"), "%s: every fact is filled in", case[1])
    if case.waits ~= nil then check.equal(status.waits, case.waits, case[1] .. ": waits") end
    local findings = table.concat(status.findings, "\n")
    if case.says then has(findings, case.says, true) end
    if case.next_attempt then
        local left = status.next_attempt - wait.now()
        check(math.abs(left - case.next_attempt) < 60, "%s: next attempt in %.0f seconds", case[1], left)
    end
end

return runbook {
    name = "test-certmanager",
    params = { web = param { type = "integer" }, site = param { type = "integer" } },

    phase "causes" { keep_going = true,
        step "every text has its cause" { function()
            each(cases, { limit = 4 }, function(case, i) look_at(i, case) end)
        end },
        step "no Certificate" { function()
            local status = certs.status { name = "none", namespace = "case-1" }
            has(status.cause, "there is no certificate/none")
            check.equal(status.certificate, nil, "the Certificate")
        end },
    },

    phase "network" { keep_going = true,
        step "HTTP-01, asked as a CA would" { function(run)
            local wanted = {
                ["other-key.test"] = "something else than cert-manager's solver answers",
                ["newline.test"] = "something else than cert-manager's solver answers",
                ["port.test"] = "redirected to port 8443, where a public CA does not follow",
                ["broken-https.test"] = "port 80 redirects to https, which does not answer",
                ["circle.test"] = "redirected in a circle",
                ["elsewhere.test"] = "redirected to another host, www.elsewhere.test",
                ["mail.test"] = "which is no http or https URL",
                ["hang-up.test"] = "port 80 of the host does not answer",
                ["good.test"] = "the challenge is answered as a CA wants it, but cert-manager does not see that",
                ["https.test"] = "the challenge is answered as a CA wants it, but cert-manager does not see that",
            }
            for host, words in pairs(wanted) do
                local status = certs.status { name = "shop", namespace = host:gsub("%.", "-"),
                    resolve = "127.0.0.1", http_port = run.web,
                    https_port = host == "https.test" and run.site or 1 }
                has(host .. ": " .. status.cause, words)
                has(table.concat(status.findings, "\n"), "asked as a CA would, 127.0.0.1: ")
            end
            local status = certs.status { name = "shop", namespace = "case-1", resolve = "127.0.0.1",
                http_port = run.web }
            has(status.cause, "the path /.well-known/acme-challenge/ of the host is not "
                .. "routed") -- it says so itself
            has(table.concat(status.findings, "\n"), "answers 404")
            status = certs.status { name = "shop", namespace = "case-1", resolve = "[::1]:443" }
            check(not table.concat(status.findings, "\n"):find("asked as"),
                "where port 80 is left open, nobody asks")
        end },

        step "Ready is not served" { function(run)
            local place = { name = "shop", resolve = "127.0.0.1:" .. run.site }
            place.namespace = "served"
            local status = certs.status(place)
            check.equal(status.served, true, "served")
            check.equal(status.cause, "", "cause")
            has(status.findings[2], "site.test serves the certificate in secret/shop-tls")
            place.namespace = "stale"
            status = certs.status(place)
            check.equal(status.ready, true, "ready")
            check.equal(status.served, false, "served")
            has(status.cause, "site.test serves another certificate than the one in secret/shop-tls")
            has(status.remedy, "spec.tls")
            place.resolve = "127.0.0.1:1"
            status = certs.status(place)
            check.equal(status.served, nil, "served by nobody")
            has(status.findings[2], "could not be seen")
            place.served = false
            check.equal(#certs.status(place).findings, 1, "findings when nobody is to look")
        end },
    },

    phase "what the Secret holds" { keep_going = true,
        step "is looked at" { function()
            local wanted = {
                renamed = "the certificate in secret/shop-tls does not name New.test",
                ["not-told"] = "and the Certificate tells of one until 2126-01-01T00:00:00Z",
                ["run-out"] = "the certificate in secret/shop-tls has expired ",
                ["no-pem"] = "secret/shop-tls holds no certificate under tls.crt",
            }
            for namespace, words in pairs(wanted) do
                local place = { name = "shop", namespace = namespace, network = false }
                local status = certs.status(place)
                check.equal(status.ready, true, namespace .. ": as cert-manager sees it")
                check.equal(status.held, false, namespace .. ": held")
                has(status.cause, words)
                local ok, why = pcall(certs.expect_ready, place)
                check.equal(not ok and why.kind, "check", namespace .. ": expect_ready fails as")
                has(tostring(why), words)
            end
            local good = certs.status { name = "shop", namespace = "served", network = false }
            check.equal(good.held, true, "a good one")
            check.equal(good.cause, "", "with nothing wrong")
        end },
        step "is looked for where it may be served" { function(run)
            local function text(namespace)
                local status = certs.status { name = "shop", namespace = namespace, resolve = "127.0.0.1:" .. run.site }
                return table.concat(status.findings, "\n")
            end
            has(text "wildcards", "it names only wildcards")
            has(text "address", "127.0.0.1 serves the certificate in secret/shop-tls")
            has(text "common", "site.test serves the certificate in secret/shop-tls")
            has(text "mail", "it names neither a host nor an address")
        end },
    },

    phase "expect_ready" { keep_going = true,
        step "passes" { function(run)
            local place = { name = "shop", namespace = "served", resolve = "127.0.0.1:"
                .. run.site, served = true }
            check.equal(certs.expect_ready(place).kind, "Certificate", "what it returns")
            place.namespace, place.served = "stale", nil
            certs.expect_ready(place) -- only warns
        end },
        step "fails" { function(run)
            local function fails(options, ...)
                local ok, why = pcall(certs.expect_ready, options)
                check.equal(not ok and why.kind, "check", "it fails as")
                for _, words in ipairs { ... } do has(tostring(why), words) end
            end
            fails({ name = "shop", namespace = "stale", resolve = "127.0.0.1:"
                .. run.site, served = true }, "is served: ",
                "does not serve the certificate")
            fails({ name = "shop", namespace = "case-1", network = false },
                "is not Ready: Ready is False (DoesNotExist: ",
                "; likely cause: the path /.well-known", "; what to do: check that")
            fails({ name = "shop", namespace = "served", network = false, min_days = 99999 }, "more days")
            local function refused(options, words)
                local ok, why = pcall(certs.expect_ready, options)
                check.equal(not ok and why.kind, "usage", "it is refused as")
                has(tostring(why), words)
            end
            refused(nil, "certs.expect_ready wants a table")
            refused({ namespace = "served" }, "certs.expect_ready wants name = a string")
            refused({ name = "shop", mindays = 5 }, "no field 'mindays' (did you mean 'min_days'?)")
            refused({ name = "shop", min_days = "30d" }, "'min_days' of certs.expect_ready must be a number")
            fails({ name = "none", namespace = "served" }, "certificate/none does not exist; likely cause: ")
        end },
    },
}
