-- export: ledger entries as CSV by RFC 4180: UTF-8, CRLF, one header, every row as long as it. A text
-- that a spreadsheet would take for a formula gets an apostrophe in front.
local export = {}

-- Column, and what of an entry stands in it.
local COLUMNS = {
    { "id", "id" }, { "at", "at" }, { "account", "account" }, { "kind", "kind" },
    { "credit", function(entry) return entry.credits > 0 and entry.credits or 0 end },
    { "debit", function(entry) return entry.credits < 0 and -entry.credits or 0 end },
    { "usd_cents", "usdCents" }, { "plan", "plan" }, { "model", "model" }, { "prompt_tokens", "promptTokens" },
    { "completion_tokens", "completionTokens" }, { "event_id", "eventId" }, { "payment_intent", "paymentIntent" },
    { "correlation_id", "correlationId" }, { "description", "description" },
}

local function field(value, raw)
    if type(value) ~= "string" then return value and tostring(value) or "" end
    if not raw and value:find("^[=+@\t\r-]") then value = "'" .. value end
    if value:find('[",\r\n]') then value = '"' .. value:gsub('"', '""') .. '"' end
    return value
end

-- The text of shown entries. `options`: blank (function(index) -> true where the correlation id is left
-- out) and raw (texts are not kept from being formulas), both for faults.
function export.csv(entries, options)
    local names = {}
    for index, column in ipairs(COLUMNS) do names[index] = column[1] end
    local lines = { table.concat(names, ",") }
    for number, entry in ipairs(entries) do
        local fields = {}
        for index, column in ipairs(COLUMNS) do
            local value = column[2]
            value = type(value) == "function" and value(entry) or entry[value]
            if column[1] == "correlation_id" and options.blank and options.blank(number) then value = nil end
            fields[index] = field(value, options.raw)
        end
        lines[#lines + 1] = table.concat(fields, ",")
    end
    return table.concat(lines, "\r\n") .. "\r\n"
end

return export
