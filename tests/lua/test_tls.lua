-- tls: what inspect finds of good and bad servers, and verify of the same certificates. The servers are
-- those of test_tls.world.lua.
local function fails(fn, kind, ...)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", (...))
    check.equal(why.kind, kind, "the kind of failure")
    for _, words in ipairs { ... } do
        check(tostring(why):find(words, 1, true), "%q says %q", tostring(why), words)
    end
end

-- Inspects a server of the world under the name shop.test.
local function inspect(run, server, options)
    options = options or {}
    options.address = "127.0.0.1:" .. json.decode(run.ports)[server]
    options.ca = options.ca or run.ca
    return tls.inspect(options.host or "shop.test", { address = options.address, ca = options.ca,
        at = options.at, sni = options.sni })
end

return runbook {
    name = "test-tls",
    params = {
        ports = param { help = "JSON: server -> port" },
        ca = param { help = "PEM text of the CA" },
        leaf = param { help = "PEM text of the good server's certificate" },
    },

    phase "inspect" { keep_going = true,
        step "a good server" { function(run)
            local t = inspect(run, "good")
            check.equal(t.ok, true, "ok")
            check.equal(t.cause, "", "cause")
            check.equal(t.host_ok, true, "host_ok")
            check.equal(t.days_left, 90, "days left")
            check.equal(t.host, "shop.test", "host")
            check.equal(t.ip, "127.0.0.1", "ip")
            check.equal(t.sni, "shop.test", "sni")
            check(t.protocol:find "^TLSv1", "protocol %s", t.protocol)
            check.equal(t.chain[1].sans[1], "DNS:shop.test", "first name")
            check.equal(#t.errors, 0, "errors")
        end },

        step "bad servers are described" { function(run)
            local causes = { expired = "expired", early = "not_yet_valid", other = "wrong_host" }
            for server, cause in pairs(causes) do
                local t = inspect(run, server)
                check.equal(t.ok, false, server .. ": ok")
                check.equal(t.cause, cause, server .. ": cause")
                check(#t.errors > 0, "%s: %d errors", server, #t.errors)
            end
            check.equal(inspect(run, "expired").days_left, -4, "days left of the expired one")
            local t = tls.inspect("shop.test", { address = "127.0.0.1:" .. json.decode(run.ports).good })
            check.equal(t.ok, false, "by the system's roots: ok")
        end },

        step "another moment" { function(run)
            check.equal(inspect(run, "early", { at = wait.now() + 3 * 86400 }).ok, true, "in three days")
            check.equal(inspect(run, "good", { at = wait.now() + 91 * 86400 }).cause, "expired", "in 91 days")
        end },

        step "host and port" { function(run)
            local port = json.decode(run.ports).good
            check.equal(tls.inspect("127.0.0.1:" .. port, { ca = run.ca }).ok, true, "address and port")
            check.equal(tls.inspect("localhost:" .. port, { ca = run.ca }).host_ok, true, "name and port")
            check.equal(inspect(run, "good", { host = "wrong.test" }).cause, "wrong_host", "another name")
        end },

        step "every address of a host" { function(run)
            local port = json.decode(run.ports).good
            local answers, fine = tls.inspect_all("localhost:" .. port, { ca = run.ca }), 0
            check(#answers >= 1, "%d addresses", #answers)
            for _, t in ipairs(answers) do
                check(t.ip == "127.0.0.1" or t.ip == "::1", "address %s", t.ip)
                check(t.ok or t.ip == "::1" and t.error:find "refused", "%s: %s", t.ip, t.error or "fine")
                if t.ok then fine = fine + 1 end
            end
            check.equal(fine, 1, "the server is at one of them")
            check.equal(tls.inspect_all("127.0.0.1:" .. port, { ca = run.ca })[1].ok, true, "an address")
            check.equal(tls.inspect_all("[127.0.0.1]:" .. port)[1].cause, "untrusted_root", "by the system's roots")
            fails(function() tls.inspect_all "no.such.name.invalid" end, "effect", "look up the addresses of")
            fails(function() tls.inspect_all("x", { address = "127.0.0.1" }) end, "usage", "takes no address")
            fails(function() tls.inspect_all("localhost:x") end, "usage", "wants a host and perhaps a port")
        end },

        step "no handshake" { function(run)
            fails(function() tls.inspect "127.0.0.1:1" end, "effect", "inspect TLS of 127.0.0.1:1", "refused")
            fails(function() tls.inspect "[::1]:1" end, "effect", "inspect TLS of [::1]:1")
            fails(function() tls.inspect("::1", { timeout = "1s", address = "127.0.0.1:1" }) end, "effect",
                "inspect TLS of [::1]:443")
            fails(function() inspect(run, "plain") end, "effect", "inspect TLS of shop.test:443")
        end },

        step "what makes no sense is said" { function(run)
            for _, bad in ipairs { "", "https://shop.test", "shop.test:", "shop.test:http", "shop.test:0",
                "shop.test:65536", "shop.test:+1", ":443", "[::1", "[::1]x", "a:b:c", "a b" } do
                fails(function() tls.inspect(bad) end, "usage", "wants a host and perhaps a port")
            end
            fails(function() tls.inspect() end, "usage", "tls.inspect wants text and got none")
            fails(function() tls.inspect("x", { adress = "y" }) end, "usage", "no option 'adress'")
            fails(function() tls.inspect("x", { ca = "/no/such/file" }) end, "usage", "cannot be read")
            fails(function() tls.inspect("x", { at = "now" }) end, "usage", "seconds since 1970")
            fails(function() tls.inspect("x", { timeout = 0 }) end, "usage", "longer than 0")
            fails(function() tls.inspect("x", { starttls = "ftp" }) end, "usage", "not 'ftp'")
            fails(function() tls.inspect("127.0.0.1", { starttls = "smtp", address = "127.0.0.1:1" }) end, "effect",
                "inspect TLS of 127.0.0.1:25 after STARTTLS, smtp")
        end },
    },

    phase "verify" { keep_going = true,
        step "certificates at hand" { function(run)
            local now = wait.now()
            local t = tls.verify { leaf = run.leaf, roots = run.ca, host = "shop.test", at = now }
            check.equal(t.ok, true, "ok")
            check.equal(t.days_left, 90, "days left")
            t = tls.verify { leaf = run.leaf, roots = run.ca, host = "x.test", at = now }
            check.equal(t.cause, "wrong_host", "another name")
            t = tls.verify { leaf = run.leaf, roots = run.ca, at = now + 91 * 86400 }
            check.equal(t.cause, "expired", "another moment")
            check.equal(tls.verify { leaf = run.leaf, at = now }.ok, false, "by the system's roots")
        end },

        step "what cannot be verified is said" { function(run)
            fails(function() tls.verify { leaf = "nothing", at = 1 } end, "usage", "tls.verify: ")
            fails(function() tls.verify { leaf = run.leaf } end, "usage", "at = wait.now()")
            fails(function() tls.verify { leaf = run.leaf, at = 1, root = "x" } end, "usage",
                "tls.verify wants")
            fails(function() tls.verify { leaf = 5, at = 1 } end, "usage", "'leaf' must be text")
            fails(function() tls.verify() end, "usage", "tls.verify wants a value")
        end },
    },
}
