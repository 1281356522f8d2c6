-- check: what holds, what does not, and how a failure reads.
local function fails(words, fn)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check.equal(tostring(why), words, "the failure")
    check.equal(why.kind, "check", "its kind")
end

local function differ(a, b, words)
    fails(words, function() check.equal(a, b, "it") end)
end

return runbook {
    name = "test-check",
    phase "check" { keep_going = true,
        step "a failure does not read as its opposite" { function()
            fails("does not hold: three is well", function() check(false, "%s is well", "three") end)
            fails("does not hold: it is there", function() check.that(nil, "it is there") end)
            fails("nobody is there", function() check.fail("nobody is there") end)
            check.equal(check(7, "seven is given back"), 7, "the condition")
        end },
        step "numbers are told apart" { function()
            differ(0.1 + 0.2, 0.3, "it is 0.30000000000000004, expected 0.3")
            differ(1, 2.5, "it is 1, expected 2.5")
            differ("1", 1, 'it is "1", expected 1')
            differ(nil, 1, "it is nil, expected 1")
            differ(9007199254740993, 2.0 ^ 53, "it is 9007199254740993, expected 9007199254740992")
            differ(0.9, 0, "it is 0.9, expected 0")
            differ(0 / 0, 1, "it is NaN, expected 1")
            check.equal(2.0, 2, "a whole float")
        end },
        step "tables are looked into" { function()
            check.equal({ a = { 1, 2, { b = "c" } } }, { a = { 1, 2, { b = "c" } } }, "what is alike")
            differ({ spec = { replicas = 2 } }, { spec = { replicas = 3 } }, "it at spec.replicas is 2, expected 3")
            differ({ 1, 2 }, { 1, 2, 3 }, "it at [3] is nil, expected 3")
            differ({ list = { { n = 0.1 + 0.2 } } }, { list = { { n = 0.3 } } },
                "it at list[1].n is 0.30000000000000004, expected 0.3")
            differ({ a = {} }, {}, "it at a is a table, expected nil")
            differ({ a = { 1, 2 } }, { a = "x" }, 'it at a is a list of 2, expected "x"')
            differ({ ["x.y"] = { [true] = 1 } }, { ["x.y"] = {} }, 'it at ["x.y"][true] is 1, expected nil')
            differ({}, 5, "it is a table, expected 5")
            local round, other = { n = 1 }, { n = 1 }
            round.self, other.self = round, other
            check.equal(round, other, "a table that holds itself")
            other.n = 2
            differ(round, other, "it at n is 1, expected 2")
        end },
    },
}
