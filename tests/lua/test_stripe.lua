-- Stripe's signatures against vectors of the official library, and the library's other promises.
local stripe = require "runbook.stripe"
local vectors = require "stripe_vectors"

return runbook {
    name = "test-stripe", summary = "signatures, live keys",
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
        step "a live key is refused unless it is meant" {
            function()
                local ok, why = pcall(stripe.client, { key = "sk_live_x" })
                check(not ok and why.text:find("live"), "sk_live_ is refused")
                check(pcall(stripe.client, { key = "rk_live_x", live = true }), "live = true means it")
            end,
        },
    },
}
