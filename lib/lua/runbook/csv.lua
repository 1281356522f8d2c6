-- runbook.csv: strict CSV (RFC 4180) as a spreadsheet opens it.
local csv = {}

-- One field that begins at `at`: its text, and where the next one begins.
local function read_field(text, at, line)
    if text:sub(at, at) ~= '"' then
        local stop = text:find("[,\r\n]", at) or #text + 1
        local field = text:sub(at, stop - 1)
        if field:find('"', 1, true) then
            return nil, ("line %d: a quote in the middle of a field that is not quoted"):format(line)
        end
        return field, stop
    end
    local parts, from = {}, at + 1
    while true do
        local quote = text:find('"', from, true)
        if not quote then return nil, ("line %d: a quoted field that never ends"):format(line) end
        parts[#parts + 1] = text:sub(from, quote - 1)
        if text:sub(quote + 1, quote + 1) ~= '"' then
            return table.concat(parts), quote + 1
        end
        parts[#parts + 1] = '"'
        from = quote + 2
    end
end

-- csv.parse(text): a list of records (lists of texts). On a fault nil and a sentence with the line.
-- Strict: every record has as many fields as the first, quotes are closed and doubled inside, nothing
-- stands behind a closing quote, the text is UTF-8 (a byte order mark is allowed).
function csv.parse(text)
    text = text:gsub("^\239\187\191", "")
    local valid, bad = utf8.len(text)
    if not valid then return nil, ("byte %d is not UTF-8"):format(bad) end
    local records, record, at, line = {}, {}, 1, 1
    while at <= #text do
        local field, next_at = read_field(text, at, line)
        if not field then return nil, next_at end
        record[#record + 1] = field
        local _, breaks = field:gsub("\n", "")
        line = line + breaks
        local mark = text:sub(next_at, next_at)
        if mark == "," then
            at = next_at + 1
            if at > #text then record[#record + 1] = "" end
        elseif mark == "" or mark == "\r" or mark == "\n" then
            if mark == "\r" and text:sub(next_at + 1, next_at + 1) ~= "\n" then
                return nil, ("line %d: a carriage return without a line feed"):format(line)
            end
            at = next_at + (mark == "\r" and 2 or 1)
            records[#records + 1] = record
            if #record ~= #records[1] then
                return nil, ("line %d has %d fields, the header has %d"):format(line, #record,
                    #records[1])
            end
            record, line = {}, line + 1
        else
            return nil, ("line %d: something stands behind a closing quote"):format(line)
        end
    end
    if #record > 0 then
        records[#records + 1] = record
        if #record ~= #records[1] then
            return nil, ("line %d has %d fields, the header has %d"):format(line, #record, #records[1])
        end
    end
    return records
end

-- csv.rows(text): the header's names, and the other records as tables by those names. On a fault nil
-- and a sentence: also for an empty or doubled name, and for a header that comes again.
function csv.rows(text)
    local records, why = csv.parse(text)
    if not records then return nil, why end
    local header = records[1]
    if not header then return nil, "it is empty, without even a header" end
    local seen = {}
    for _, name in ipairs(header) do
        if name == "" or seen[name] then
            return nil, ("the header has the name '%s' twice or empty"):format(name)
        end
        seen[name] = true
    end
    local rows = {}
    for i = 2, #records do
        if table.concat(records[i], "\0") == table.concat(header, "\0") then
            return nil, ("record %d is the header again"):format(i)
        end
        local row = {}
        for j, name in ipairs(header) do row[name] = records[i][j] end
        rows[#rows + 1] = row
    end
    return header, rows
end

-- csv.formula(field): true when a spreadsheet could take the field for a formula: it starts with = + -
-- @, a tab or a carriage return, and is not just a number.
function csv.formula(field)
    return field:find("^[=+%-@\t\r]") ~= nil and not field:match("^[+-]?%d+%.?%d*$")
end

return csv
