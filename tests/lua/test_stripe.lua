-- Stripe's signatures against vectors of the official library, and the library's other promises.
local stripe = require "runbook.stripe"
local vectors = require "stripe_vectors"

local function fails(words, fn, ...)
    local ok, why = pcall(fn, ...)
    check(not ok and tostring(why):find(words, 1, true), "it fails with %q: %s", words, tostring(why))
end

return runbook {
    name = "test-stripe", summary = "signatures, live keys, lists",
    params = { stripe = param { help = "where the pretend lists are" } },
    phase "stripe" { keep_going = true,
        step "signatures agree with the official library" {
            function()
                check(#vectors >= 20, "%d vectors", #vectors)
                local accepted = 0
                for _, v in ipairs(vectors) do
                    local ok, why = stripe.verify(v.payload, v.header, v.secret,
                        { tolerance = v.tolerance, now = v.now })
                    check.equal(ok, v.accepted, ("%s (%s)"):format(v.name, why or "accepted"))
                    accepted = accepted + (ok and 1 or 0)
                end
                check(accepted > 5 and accepted < #vectors - 5, "both verdicts came up")
            end,
        },
        step "what is signed here is what Stripe would sign" {
            function()
                local v = vectors[1]
                check.equal(stripe.sign(v.payload, v.secret, v.now), v.header, "the header")
            end,
        },
        step "an empty secret and an old timestamp verify nothing" {
            function()
                local now = math.floor(wait.now())
                local old, fresh = stripe.sign("{}", "whsec_x", 86400), stripe.sign("{}", "whsec_x", now)
                local ok, why = stripe.verify("{}", stripe.sign("{}", "", now), "")
                check(not ok and why == "the secret is empty", "signed with an empty secret: %s", why)
                ok, why = stripe.verify("{}", old, "whsec_x")
                check(not ok and why == "the timestamp is too old", "of 1970: %s", why)
                check.equal(stripe.verify("{}", fresh, "whsec_x"), true, "of this moment")
                check.equal(stripe.verify("{}", old, "whsec_x", { tolerance = 0 }), true, "of 1970, where any age will do")
                fails("no field 'tolerence'", stripe.verify, "{}", fresh, "whsec_x", { tolerence = 3 })
            end,
        },
        step "a list is read over all its pages, and one that goes in circles ends" {
            function(run)
                local client = stripe.client { key = "sk_test_x", base = run.stripe }
                local charges = client.all("/v1/charges")
                check.equal(#charges, 250, "charges")
                check.equal(charges[101].id, "ch_101", "the first of the second page")
                check.equal(#client.all("/v1/none"), 0, "of none")
                fails("repeats itself: x_1 came a second time, on the page behind x_3", client.all, "/v1/again")
                fails("repeats itself: x_3 came a second time, on the page behind x_3", client.all, "/v1/circle")
                fails("its page is empty", client.all, "/v1/hollow")
                fails("ends with something that has no id", client.all, "/v1/nameless")
            end,
        },
        step "a live key is refused unless it is meant" {
            function()
                for _, slip in ipairs { {}, { key = "sk_test_x", bse = "http://x" }, { key = 5 } } do
                    local taken, text = pcall(stripe.client, slip)
                    check(not taken and tostring(text):find("stripe.client", 1, true), "it takes what it knows: %s",
                        tostring(text))
                end
                local ok, why = pcall(stripe.client, { key = "sk_live_x" })
                check(not ok and why.text:find("live"), "sk_live_ is refused")
                check(pcall(stripe.client, { key = "rk_live_x", live = true }), "live = true means it")
            end,
        },
    },
}
