-- gotext: what Go takes, and nothing more. The expected values are those of Go's own package documentation and
-- tests (strconv atoi_test.go and atob_test.go, time time_test.go).
local gotext = require "runbook.gotext"

return runbook {
    name = "test-gotext", summary = "texts by Go's grammar",
    phase "grammar" { keep_going = true,
        step "integers" { function()
            for text, value in pairs { ["0"] = 0, ["+5"] = 5, ["-5"] = -5, ["007"] = 7, ["-0"] = 0,
                ["9223372036854775807"] = math.maxinteger, ["-9223372036854775808"] = math.mininteger,
                ["00000000000000000000000000012345"] = 12345 } do
                check.equal(gotext.integer(text), value, ("%q"):format(text))
                check.equal(math.type(gotext.integer(text)), "integer", "its type")
            end
            for _, text in ipairs { "", "1e3", "1e+06", "0x10", " 5", "5 ", "5.0", "1_000", "--5", "+", "five",
                "9223372036854775808", "-9223372036854775809", "18446744073709551616", "5\n" } do
                check.equal(gotext.integer(text), nil, ("%q"):format(text))
            end
        end },
        step "booleans" { function()
            for _, text in ipairs { "1", "t", "T", "true", "TRUE", "True" } do
                check.equal(gotext.boolean(text), true, text)
            end
            for _, text in ipairs { "0", "f", "F", "false", "FALSE", "False" } do
                check.equal(gotext.boolean(text), false, text)
            end
            for _, text in ipairs { "", "tRUE", "yes", "on", " true", "2" } do
                check.equal(gotext.boolean(text), nil, ("%q"):format(text))
            end
        end },
        step "durations" { function()
            for text, seconds in pairs { ["0"] = 0, ["5s"] = 5, ["1h30m"] = 5400, ["-1.5h"] = -5400, ["+5s"] = 5,
                [".5s"] = 0.5, ["5.s"] = 5, ["1m0.25s"] = 60.25, ["100ms"] = 0.1, ["2160h0m0s"] = 7776000 } do
                check(math.abs(gotext.duration(text) - seconds) < 1e-9, "%q is %s s", text, gotext.duration(text))
            end
            for _, text in ipairs { "", "5", "5 s", "1d", "s", ".s", "-", "1h30", "1.2.3s", "1e3s", "-.s" } do
                check.equal(gotext.duration(text), nil, ("%q"):format(text))
            end
        end },
    },
}
