-- log: words for the people who watch and for the report.
local engine, primitives, parts = ...
local words = parts.words
local log = {}

-- A table without words of its own is shown as JSON, when it can be.
local function shown(v)
    local text = tostring(v)
    if type(v) ~= "table" or text ~= "table" then return text end
    local plain, json = pcall(primitives.json.encode, v)
    return plain and json or text
end

local function say(level)
    return function(format, ...)
        local text = select("#", ...) > 0 and string.format(format, ...) or shown(format)
        engine.tell("log", { level = level, text = text })
    end
end

-- log.info("text with %d", ...): a remark.
log.info = say "info"
-- log.warn("text with %d", ...): something to look at that is no failure.
log.warn = say "warn"
-- log.error("text with %d", ...): something bad that does not end the step.
log.error = say "error"

-- log.link("label", "https://..."): an address worth watching.
function log.link(label, url)
    engine.tell("log", { level = "link", text = label, url = url })
end

-- log.table { title = "...", columns = { "a", "b" }, rows = { { 1, 2 } } }: figures in columns.
function log.table(t)
    words.fields(t, { title = "string", columns = "table", rows = "table" }, "log.table")
    if #t > 0 or not t.columns then
        engine.raise("usage", "log.table takes columns and rows: log.table { columns = { \"a\" }, rows = { { 1 } } }")
    end
    local rows = {}
    for i, row in ipairs(t.rows or {}) do
        rows[i] = {}
        for j = 1, #t.columns do
            rows[i][j] = row[j] == nil and "" or tostring(row[j])
        end
    end
    engine.tell("table", { title = t.title or "", columns = t.columns, rows = engine.array(rows) })
end

-- log.mask("name", text): from now on the text is shown nowhere, in no form; for secrets that a step
-- learns. Texts shorter than 4 bytes cannot be masked.
function log.mask(name, text) engine.mask(name, text) end

primitives.log = log
return log
