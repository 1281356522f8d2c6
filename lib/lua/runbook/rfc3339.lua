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

-- How many days a month has.
local function length(year, month)
    local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
    if month == 2 then return leap and 29 or 28 end
    return (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
end

-- The seconds that a zone is ahead of UTC, or nil when it is none.
local function offset(zone)
    if zone == "Z" or zone == "z" then return 0 end
    local sign, hours, minutes = zone:match("^([+-])(%d%d):(%d%d)$")
    if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then return nil end
    local seconds = hours * 3600 + minutes * 60
    return sign == "+" and seconds or -seconds
end

-- rfc3339.parse(text): the seconds of a moment with Z or an offset, or of a date alone (its midnight).
-- Nil when it is neither, or names a day or an hour that there is not. A second of 60, a leap second, is
-- the next minute's first. Source: RFC 3339, section 5.6 and 5.7.
function rfc3339.parse(text)
    local year, month, day, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
    if not year then return nil end
    year, month, day = tonumber(year), tonumber(month), tonumber(day)
    if month < 1 or month > 12 or day < 1 or day > length(year, month) then return nil end
    local seconds = days(year, month, day) * 86400
    if rest == "" then return seconds end
    local hour, minute, second, fraction, zone = rest:match("^[Tt](%d%d):(%d%d):(%d%d)(%.?%d*)(.*)$")
    local ahead = hour and offset(zone)
    if not ahead or not (fraction == "" or fraction:find("^%.%d")) then return nil end
    hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
    if hour > 23 or minute > 59 or second > (minute == 59 and 60 or 59) then return nil end
    if fraction ~= "" then second = second + tonumber("0" .. fraction) end
    return seconds + hour * 3600 + minute * 60 + second - ahead
end

return rfc3339
