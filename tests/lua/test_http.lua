-- http: what goes out and what comes back, against test_http.world.lua.
local function fails(kind, words, fn)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check.equal(why.kind, kind, "the kind of failure")
    check(tostring(why):find(words), "%q has %q", tostring(why), words)
end

return runbook {
    name = "test-http",
    params = { plain = param { help = "address" }, other = param { help = "address" }, dir = param "",
               secure = param { help = "address and port" }, ca = param { help = "file" } },

    phase "what goes out" { keep_going = true,
        step "every method" { function(run)
            for _, method in ipairs { "get", "options", "post", "put", "patch", "delete" } do
                local seen = http[method](run.plain .. "/echo"):expect(200):json()
                check.equal(seen.method, method:upper(), "the method")
            end
            local head = http.head(run.plain .. "/echo")
            check(head.status == 200 and head.body == "", "HEAD has no body")
        end },
        step "headers and query" { function(run)
            local seen = http.get(run.plain .. "/echo?a=1", { query = { b = "x y", c = { 1, 2 }, d = "ü&=" },
                headers = { ["X-Mine"] = "yes", ["X-Number"] = 7, ["X-Empty"] = "" } }):json()
            check.equal(seen.headers["x-mine"], "yes", "a header")
            check.equal(seen.headers["x-number"], "7", "a number as a header")
            check.equal(seen.headers["x-empty"], "", "an empty header")
            check.equal(seen.target, "/echo?a=1&b=x%20y&c[0]=1&c[1]=2&d=%C3%BC%26%3D", "the target")
            seen = http.get(run.plain .. "/echo#part?", { query = { a = 1 } }):json()
            check.equal(seen.target, "/echo?a=1", "the target of a URL with a fragment")
        end },
        step "whole numbers are sent as such" { function(run)
            local amounts = { amount = 4000 / 2, exact = 2^53 - 1, beyond = 2^53, half = 0.5, list = { 6 / 3 } }
            local seen = http.post(run.plain .. "/echo", { json = amounts, query = { page = 10 / 5 } }):expect(200):json()
            check.equal(seen.body, '{"amount":2000,"beyond":9007199254740992.0,"exact":9007199254740991,"half":0.5,'
                .. '"list":[2]}', "the JSON")
            check(seen.target:find("page=2$"), "the query: %s", seen.target)
            seen = http.post(run.plain .. "/echo", { form = { amount = 4000 / 2, half = 0.5 } }):expect(200):json()
            check.equal(seen.body, "amount=2000&half=0.5", "the form")
        end },
        step "a nested form" { function(run)
            local seen = http.post(run.plain .. "/echo", { form = { a = { b = { c = 1 } }, list = { "x", "y" },
                none = json.null, yes = true, text = "1 + 1 = 2" } }):json()
            check.equal(seen.body, "a[b][c]=1&list[0]=x&list[1]=y&none=&text=1%20%2B%201%20%3D%202&yes=true", "the form")
            check.equal(seen.headers["content-type"], "application/x-www-form-urlencoded", "its type")
        end },
        step "JSON and raw bodies" { function(run)
            local seen = http.put(run.plain .. "/echo", { json = { b = json.array {}, a = 9007199254740993, c = 1.0 } }):json()
            check.equal(seen.body, '{"a":9007199254740993,"b":[],"c":1}', "canonical JSON")
            check.equal(seen.headers["content-type"], "application/json", "its type")
            seen = http.post(run.plain .. "/echo", { body = "a\0b", headers = { ["Content-Type"] = "text/x" } }):json()
            check.equal(seen.body, "a\0b", "raw bytes")
            check.equal(seen.headers["content-type"], "text/x", "the author's type wins")
        end },
        step "an idempotency key" { function(run)
            local seen = http.post(run.plain .. "/echo", { idempotency_key = "k-1" }):json()
            check.equal(seen.headers["idempotency-key"], "k-1", "the header")
        end },
        step "a client shares its options" { function(run)
            local api = http.client { base = run.plain .. "/", headers = { A = "1", B = "2" } }
            local seen = api.get("/echo", { headers = { B = "3" } }):json()
            check.equal(seen.headers.a .. seen.headers.b, "13", "headers of both")
            check(not pcall(http.client, { url = run.plain }), "a URL is no option of a client, which has a base")
            local ok, why = pcall(http.client, { base = run.plain, tiemout = "1s" })
            check(not ok and tostring(why):find("http.client has no field 'tiemout' (did you mean 'timeout'?)", 1, true),
                "a slip is told when the client is made: %s", tostring(why))
        end },
    },

    phase "what comes back" { keep_going = true,
        step "the answer" { function(run)
            local answer = http.get(run.plain .. "/json")
            local body = answer:json()
            check.equal(math.type(body.whole), "integer", "the type of 3")
            check.equal(body.large, 9007199254740993, "a large whole number")
            check.equal(json.encode(body.empty), "[]", "an empty list")
            check.equal(body.none, json.null, "null")
            check(answer.ok and answer.timings.total > 0 and answer.timings.total < 10, "timings are in seconds")
            check.equal(answer.ip, "127.0.0.1", "the peer")
            for _, name in ipairs { "dns", "connect", "tls", "first_byte", "total" } do
                check(type(answer.timings[name]) == "number", "timings.%s", name)
            end
        end },
        step "an HTTP error is an answer" { function(run)
            local answer = http.get(run.plain .. "/status?code=503")
            check(answer.status == 503 and not answer.ok, "503")
            fails("check", "answered 503, expected 200 or 204: as asked", function() answer:expect(200, 204) end)
        end },
        step "what is not JSON" { function(run)
            fails("effect", "not JSON .*<html>", function() return http.get(run.plain .. "/garbage"):json() end)
        end },
        step "redirects" { function(run)
            check.equal(http.get(run.plain .. "/redirect?to=/json").status, 302, "none followed by default")
            local answer = http.get(run.plain .. "/redirect?to=/json", { redirects = 2 })
            check(answer.status == 200 and answer.redirects == 1, "one followed")
            local seen = http.get(run.plain .. "/redirect?to=" .. run.other .. "/echo", { redirects = 2,
                headers = { Authorization = "Bearer secret-token" } }):json()
            check.equal(seen.service, "other", "the other host")
            check.equal(seen.headers.authorization, nil, "credentials there")
            fails("effect", "redirect", function()
                http.get(run.plain .. "/loop", { redirects = 3 })
            end)
        end },
        step "a secret that an excerpt would cut is masked first" { function(run)
            local secret = "correct-horse-battery"
            log.mask("cut", secret)
            for _, case in ipairs { { 70, "json" }, { 190, "expect" } } do
                local answer = http.get(("%s/long?before=%d&tail=%s"):format(run.plain, case[1], secret))
                local _, why = pcall(answer[case[2]], answer, 404)
                check(tostring(why):find("xxx%[secret "), "%q has the mask", tostring(why))
                check(not tostring(why):find("xc"), "%q has no start of the secret", tostring(why))
            end
        end },
        step "a cap on the size" { function(run)
            check.equal(#http.get(run.plain .. "/large?bytes=5000", { max_bytes = 5000 }).body, 5000, "at the cap")
            fails("effect", "larger than", function() http.get(run.plain .. "/large?bytes=5001", { max_bytes = 5000 }) end)
        end },
        step "into a file" { function(run)
            local path = run.dir .. "/download"
            local answer = http.get(run.plain .. "/large?bytes=100000", { to_file = path })
            check(answer.bytes == 100000 and answer.body == "", "nothing is kept in memory")
            check.equal(exec { "wc", "-c", path, reads = true }.out:match("%d+"), "100000", "the file's size")
        end },
        step "time limits" { function(run)
            fails("effect", "timed out after 300ms", function() http.get(run.plain .. "/never", { timeout = "300ms" }) end)
        end },
        step "retries" { function(run)
            local answer = http.get(run.plain .. "/flaky?name=a&fail=2", { retries = 3, retry_wait = "10ms" })
            check.equal(answer:json().attempt, 3, "the attempt that succeeded")
            check.equal(http.get(run.plain .. "/flaky?name=b&fail=2", { retries = 1, retry_wait = "10ms" }).status, 503,
                "the status when they are used up")
            check.equal(http.post(run.plain .. "/flaky?name=c&fail=1", { retries = 3, retry_wait = "10ms" }).status, 503,
                "a POST is not repeated,")
            check.equal(http.post(run.plain .. "/flaky?name=d&fail=1", { retries = 3, retry_wait = "10ms",
                idempotency_key = "k" }).status, 200, "with an idempotency key it is,")
            local started = wait.now()
            http.get(run.plain .. "/flaky?name=e&fail=1&after=1", { retries = 3, retry_wait = "10ms" }):expect(200)
            check(wait.now() - started >= 1, "Retry-After is kept")
        end },
        step "a server that hangs up" { function(run)
            fails("effect", "closed", function() http.get(run.plain .. "/hangup") end)
        end },
    },

    phase "TLS" { keep_going = true,
        step "resolve and a private CA" { function(run)
            local seen = http.get("https://api.test/echo", { resolve = run.secure, ca = run.ca }):json()
            check.equal(seen.headers.host, "api.test", "the Host header")
        end },
        step "verification is on unless said otherwise" { function(run)
            fails("effect", "certificate", function() http.get("https://api.test/echo", { resolve = run.secure }) end)
            fails("effect", "certificate", function()
                http.get("https://wrong.test/echo", { resolve = run.secure, ca = run.ca })
            end)
            http.get("https://wrong.test/echo", { resolve = run.secure, verify = false }):expect(200)
        end },
    },

    phase "what makes no sense" { keep_going = true,
        step "refused before anything is sent" { function(run)
            fails("usage", "no option 'timout'", function() http.get(run.plain, { timout = 1 }) end)
            fails("usage", "not an http or https URL", function() http.get("file:///etc/passwd") end)
            for _, method in ipairs { "put", "patch", "delete" } do
                fails("usage", method:upper() .. " is never a read", function() http[method](run.plain, { reads = true }) end)
            end
            fails("usage", "is not an HTTP method", function()
                http.request { url = run.plain, method = "POST / HTTP/1.1\r\n\r\nDELETE", reads = true }
            end)
            fails("usage", "label must be one line", function() http.get(run.plain, { label = "a\nread  b" }) end)
            fails("usage", "one body", function() http.post(run.plain, { form = { a = 1 }, body = "x" }) end)
            for _, name in ipairs { "Content-Length", "transfer_encoding", "Proxy-Authorization", "Expect" } do
                fails("usage", "cannot be given: where a request ends", function()
                    http.get(run.plain, { headers = { [name] = "0" } })
                end)
            end
            fails("usage", "names a host is none", function() http.get(run.plain, { headers = { Host = "a/b" } }) end)
            fails("usage", "must name a file", function() http.get(run.plain, { to_file = run.dir }) end)
            fails("usage", "assume must describe", function() http.post(run.plain, { assume = { id = 7 } }) end)
            fails("usage", "must be one line", function() http.get(run.plain, { headers = { A = "x\r\nB: y" } }) end)
            fails("usage", "length of time", function() http.get(run.plain, { timeout = "soon" }) end)
            fails("usage", "cannot be read", function() http.get(run.plain, { ca = "/nowhere/ca.pem" }) end)
            fails("usage", "plain data", function() http.post(run.plain, { json = { f = print } }) end)
        end },
    },
}
