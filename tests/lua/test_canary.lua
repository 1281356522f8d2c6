-- canary and gates: weights to the last percent, and how long a gate may go without a verdict.
local canary = require "runbook.canary"
local gates = require "runbook.gates"

local function fails(words, fn)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check(tostring(why):find(words), "%q has %q", tostring(why), words)
end

local function router(name) return canary.nginx { ingress = name, namespace = "n" } end

-- A bake of 3 s at one gate with that query, of one request if it matters. Returns what it failed with,
-- and after how many seconds.
local function bake(run, query, least)
    local started = wait.now()
    local ok, why = pcall(gates.bake, run, { gate "figure" { below = 1, query = query,
        min_requests = least, requests = least and "requests" } },
        { length = 3, every = 0.1, patience = 0.5, label = "bake",
            source = { sample = function() return { value = 1 } end } })
    return ok, tostring(why), wait.now() - started
end

return runbook {
    name = "test-canary",
    phase "weights" { keep_going = true,
        step "are read exactly" { function(run)
            canary.expect_zero(run, router "zero")
            check.equal(router("whole").weight(run), 20, "200 of 1000, in percent")
            check.equal(math.type(router("whole").weight(run)), "integer", "its type")
            check.equal(router("trace").weight(run), 0.9, "9 of 1000, in percent")
            fails("is 0.9, expected 0", function() canary.expect_zero(run, router "trace") end)
        end },
        step "are read as the controller reads them" { function(run)
            check.equal(router("small").weight(run), 10, "10 of a total of 10, which counts as 100")
            canary.expect_zero(run, router "nothing") -- of a total of 0, which counts as 100
            check.equal(router("padded").weight(run), 3.5, "007 of +200")
            check.equal(router("below").weight(run), 0, "-5")
            check.equal(router("beyond").weight(run), 100, "150 of 100")
            fails("canary%-weight%-total = \"1e%+06\", which ingress%-nginx takes for no whole number",
                function() router("scientific").weight(run) end)
            fails("canary%-weight = \"some\"", function() router("word").weight(run) end)
            fails("is no canary Ingress", function() router("unsure").weight(run) end)
        end },
        step "are not all that sends traffic there" { function(run)
            fails("each request with the header X%-Try", function() canary.expect_zero(run, router "header") end)
            fails("each request with the cookie try_it", function() canary.expect_zero(run, router "cookie") end)
            fails("each request with the header X%-Try", function()
                canary.expect_zero(run, canary.nginx { ingress = "header", namespace = "n", by_header = "x-other" })
            end)
            canary.expect_zero(run, canary.nginx { ingress = "header", namespace = "n", by_header = "x-try" })
            canary.expect_zero(run, canary.nginx { ingress = "cookie", namespace = "n", by_cookie = "try_it" })
        end },
        step "are written as a share of the total" { function(run)
            local to = router "whole"
            local from, mark = to.weight(run)
            check(to.set(run, 5, from, mark), "it is set")
            check.equal(to.weight(run), 5, "the weight, in percent")
            check.equal(k8s.get("ingress/whole").metadata.annotations["nginx.ingress.kubernetes.io/canary-weight"],
                "50", "the annotation")
            check(not to.set(run, 10, from, mark), "what was read is old by now")
        end },
        step "that the total cannot express are refused" { function(run)
            local to = router "coarse"
            local from, mark = to.weight(run)
            fails("cannot send exactly 5 %%", function() to.set(run, 5, from, mark) end) -- 7.5 of 150
            check.equal(to.weight(run), 0, "the weight")
        end },
    },
    phase "steps" { keep_going = true,
        step "say what is wrong with their options" { function(run)
            local fine = { router = router "zero", weights = { 5 }, bake = "1s", metrics = function() end,
                gates = { gate "figure" { query = function() return 0 end, below = 1 } } }
            local function with(name, value)
                local options = {}
                for k, v in pairs(fine) do options[k] = v end
                options[name] = value
                return function() return canary.steps(options) end
            end
            fails("canary.steps wants bake = a", with("bake", nil))
            fails("did you mean 'every'", with("evry", "1s"))
            fails("wants a router that can name", with("router", {}))
            fails("at least one weight", with("weights", {}))
            fails("at least one gate", with("gates", {}))
            fails("wants gates as the word", with("gates", { { query = "q" } }))
            fails("whole percentages that rise", with("weights", { 5, 5 }))
            fails("canary.nginx wants ingress = a string", function() canary.nginx {} end)
        end },
    },
    phase "gates" { keep_going = true,
        step "no verdict is borne for as long as patience lasts" { function(run)
            local ok, why, seconds = bake(run, function() return "none" end)
            check(not ok and why:find("had no verdict"), "it fails: %s", why)
            check(seconds >= 0.5 and seconds < 2.5, "before the bake is over: after %s s", seconds)
        end },
        step "a figure is finite, or there is none" { function(run)
            local function verdict(figure, limit)
                local judged = gates.judge(run, gate "figure" { query = function() return figure end,
                    [limit] = 1 })
                return judged.verdict
            end
            check.equal(verdict(math.huge, "below"), "breach", "+Inf below")
            check.equal(verdict(math.huge, "at_most"), "breach", "+Inf at most")
            check.equal(verdict(-math.huge, "at_least"), "breach", "-Inf at least")
            for _, limit in ipairs { "above", "at_least" } do
                check.equal(verdict(math.huge, limit), "no data", "+Inf " .. limit)
            end
            check.equal(verdict(-math.huge, "below"), "no data", "-Inf below")
            check.equal(verdict(0 / 0, "below"), "no data", "NaN below")
            check.equal(verdict(0 / 0, "above"), "no data", "NaN above")
            check.equal(verdict("1", "above"), "no data", "text")
            local ok, why, seconds = bake(run, function() return math.huge end)
            check(not ok and why:find("is breached: %+Inf"), "it fails: %s", why)
            check(seconds < 0.5, "at once, not after patience: after %s s", seconds)
            for _, limit in ipairs { math.huge, 0 / 0 } do
                fails("must be a finite number", function()
                    return gate "x" { query = "q", below = limit }
                end)
            end
        end },
        step "a baseline is finite and above 0" { function(run)
            local slow = gate "p95" { query = function() return 1 end, below_baseline = 2 }
            for _, figure in ipairs { 0, -1, math.huge, 0 / 0 } do
                check.equal(gates.judge(run, slow, { baseline = { p95 = figure } }).verdict, "error",
                    tostring(figure))
                fails("only a finite figure above 0", function()
                    gates.ready({ slow }, { length = 1, baseline = { p95 = figure } })
                end)
            end
            check.equal(gates.judge(run, slow, { baseline = { p95 = 0.6 } }).verdict, "pass", "1 below 1.2")
            fails("no figure 'p95' in it", function() gates.judge(run, slow, {}) end)
        end },
        step "what is wrong with a bake is known before" { function(run)
            local fine = gate "figure" { query = function() return 0 end, below = 1 }
            local function bake(options) return function() gates.bake(run, { fine }, options) end end
            fails("gates.bake wants length = a duration", bake {})
            fails("length of gates.bake: 'ten' is not a length of time", bake { length = "ten" })
            fails("has no field 'evry' %(did you mean 'every'%?%)", bake { length = 1, evry = 1 })
            fails("'watch' of gates.bake must be a function", bake { length = 1, watch = 5 })
            fails("gates.bake wants a list of gates", function() gates.bake(run, {}, { length = 1 }) end)
            fails("wants gates as the word `gate` makes them", function()
                gates.bake(run, { { query = "q", below = 1 } }, { length = 1 })
            end)
            fails("gate \"served\" asks it", function()
                gates.bake(run, { gate "served" { query = "q", below = 1 } }, { length = 1 })
            end)
            local started = wait.now()
            gates.bake(run, { fine }, { length = "200ms", every = "100ms" })
            check(wait.now() - started >= 0.2, "lengths are texts as everywhere")
        end },
        step "too few requests are borne until the end" { function(run)
            local ok, why, seconds = bake(run, function() return 0 end, 10)
            check(not ok and why:find("only 1 of 10 requests"), "it fails: %s", why)
            check(seconds >= 3, "when the bake is over: after %s s", seconds)
        end },
    },
}
