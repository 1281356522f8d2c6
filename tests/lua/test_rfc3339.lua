-- rfc3339: every moment of the calendar there and back, and no moment that there is not.
local rfc3339 = require "runbook.rfc3339"

return runbook {
    name = "test-rfc3339", summary = "moments as text and as seconds",
    phase "moments" { keep_going = true,
        step "known ones are what date -u says" { function()
            for text, seconds in pairs {
                ["1970-01-01T00:00:00Z"] = 0, ["1970-01-01"] = 0, ["2000-02-29"] = 951782400,
                ["2038-01-19T03:14:07Z"] = 2147483647, ["1969-12-31T23:59:59Z"] = -1,
                ["2026-03-01t08:30:00z"] = 1772353800, ["2026-03-01T08:30:00+02:00"] = 1772346600,
                ["2026-03-01T08:30:00-23:59"] = 1772440140, ["2026-03-01T08:30:00.25Z"] = 1772353800.25,
                ["2016-12-31T23:59:60Z"] = 1483228800, ["2016-12-31T18:59:60-05:00"] = 1483228800,
            } do
                check.equal(rfc3339.parse(text), seconds, text)
            end
            check.equal(math.type(rfc3339.parse "2026-03-01T08:30:00Z"), "integer", "the type of whole seconds")
        end },
        step "every day around a turn of a century goes there and back, and there is no other" { function()
            for first, days in pairs { [1896] = 3652, [1996] = 3653 } do -- 1900 was no leap year, 2000 was one
                local wrong, count, last = nil, 0, rfc3339.parse(("%d-12-31"):format(first - 1))
                for year = first, first + 9 do
                    for month = 0, 13 do
                        for day = 0, 32 do
                            local text = ("%04d-%02d-%02d"):format(year, month, day)
                            local seconds = rfc3339.parse(text)
                            if seconds then
                                local same = rfc3339.format(seconds) == text .. "T00:00:00Z"
                                if not same or seconds ~= last + 86400 then wrong = wrong or text end
                                last, count = seconds, count + 1
                            end
                        end
                    end
                end
                check.equal(wrong, nil, "a day that is another one")
                check.equal(count, days, ("days of the ten years from %d on"):format(first))
            end
        end },
        step "what is no moment is none" { function()
            for _, text in ipairs {
                "2026-02-30", "2026-02-29", "1900-02-29", "2026-04-31", "2026-00-10", "2026-13-01", "2026-01-00",
                "2026-03-01T24:00:00Z", "2026-03-01T25:61:61Z", "2026-03-01T10:60:00Z", "2026-03-01T10:00:61Z",
                "2026-03-01T10:00:60Z", "2026-03-01T10:00:00", "2026-03-01T10:00Z", "2026-03-01T10:00:0099Z",
                "2026-03-01T10:00:00.Z", "2026-03-01T10:00:00+24:00", "2026-03-01T10:00:00+01:60",
                "2026-03-01T10:00:00+0100", "2026-03-01 10:00:00Z", "2026-3-1", "26-03-01", "", "yesterday",
            } do
                check.equal(rfc3339.parse(text), nil, ("%q"):format(text))
            end
        end },
    },
}
