-- runbook.rfc3339: moments as text ("2026-03-01T08:30:00Z") and as seconds since 1970, in UTC.
-- The calendar is counted in years that begin in March, so that the leap day comes last.
local rfc3339 = {}

-- Days from 1970-01-01 to a date of the Gregorian calendar.
local function days(year, month, day)
    if month <= 2 then year, month = year - 1, month + 12 end
    local before = 365 * year + year // 4 - year // 100 + year // 400
    return before + (153 * (month - 3) + 2) // 5 + day - 719469
end

-- rfc3339.date(seconds): year, month and day.
function rfc3339.date(seconds)
    local day = math.floor(seconds) // 86400 + 719468
    local era, of_era = day // 146097, day % 146097
    local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    local of_year = of_era - (365 * year + year // 4 - year // 100)
    local month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    year = year + era * 400
    if month < 10 then return year, month + 3, day end
    return year + 1, month - 9, day
end

-- rfc3339.format(seconds): the moment in whole seconds; a fraction is cut off.
function rfc3339.format(seconds)
    local year, month, day = rfc3339.date(seconds)
    local second = math.floor(seconds) % 86400
    return ("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(year, month, day, second // 3600,
        second // 60 % 60, second % 60)
end

-- rfc3339.parse(text): the seconds of a moment with Z or an offset, or of a date alone (its midnight).
-- Nil when it is neither.
function rfc3339.parse(text)
    local year, month, day, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
    if not year then return nil end
    year, month, day = tonumber(year), tonumber(month), tonumber(day)
    if month < 1 or month > 12 or day < 1 or day > 31 then return nil end
    local seconds = days(year, month, day) * 86400
    if rest == "" then return seconds end
    local hour, minute, second, fraction, zone =
        rest:match("^[Tt](%d%d):(%d%d):(%d%d)(%.?%d*)(.*)$")
    if not hour then return nil end
    seconds = seconds + hour * 3600 + minute * 60 + second + (tonumber("0" .. fraction) or 0)
    if zone == "Z" or zone == "z" then return seconds end
    local sign, hours, minutes = zone:match("^([+-])(%d%d):(%d%d)$")
    if not sign then return nil end
    local offset = hours * 3600 + minutes * 60
    return sign == "+" and seconds - offset or seconds + offset
end

return rfc3339
