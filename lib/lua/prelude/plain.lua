-- plain: text without addresses, which differ from run to run and tell where in memory things are. From
-- here on the prelude's own tostring and string.format make such text, too.
local engine = ...
local plain = {}
local tostring, format = tostring, string.format

-- As Lua's tostring, but a table, function or thread is only called by its kind.
function plain.tostring(v)
    local kind = type(v)
    if kind == "table" or kind == "userdata" then
        local meta = debug.getmetatable(v)
        if kind == "userdata" or type(meta) == "table" and (meta.__tostring or meta.__name) then
            return (tostring(v):gsub(": 0x%x+$", ""))
        end
    end
    if kind == "table" or kind == "function" or kind == "thread" then return kind end
    return tostring(v)
end

-- As string.format, with plain.tostring for what is neither text nor number. Raises a usage failure when
-- the text does not fit its arguments.
function plain.format(text, ...)
    local arguments = table.pack(...)
    if tostring(text):gsub("%%%%", ""):find("%%[-+ #0-9.]*p") then
        engine.raise("usage", "string.format: %p would show an address, which differs from run to run")
    end
    for i = 1, arguments.n do
        local kind = type(arguments[i])
        if kind ~= "string" and kind ~= "number" and kind ~= "boolean" and kind ~= "nil" then
            arguments[i] = plain.tostring(arguments[i])
        end
    end
    local ok, made = pcall(format, text, table.unpack(arguments, 1, arguments.n))
    if ok then return made end
    engine.raise("usage", format("the text '%s' does not fit its arguments: %s",
        tostring(text), made:match("%((.*)%)$") or made))
end

_G.tostring, string.format = plain.tostring, plain.format
return plain
