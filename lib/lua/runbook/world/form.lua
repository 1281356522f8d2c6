-- form: reads application/x-www-form-urlencoded text, as queries and form bodies carry it.
local form = {}

local function unescape(text)
    return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
        return string.char(tonumber(hex, 16))
    end))
end

-- The pairs of `text` in their order, repeated names kept: { { "name", "value" }, ... }.
function form.pairs(text)
    local list = {}
    for part in (text or ""):gmatch("[^&]+") do
        local name, value = part:match("^([^=]*)=(.*)$")
        list[#list + 1] = { unescape(name or part), unescape(value or "") }
    end
    return list
end

-- Name -> value of `text`; of a repeated name the last counts.
function form.flat(text)
    local fields = {}
    for _, pair in ipairs(form.pairs(text)) do fields[pair[1]] = pair[2] end
    return fields
end

-- Turns { ["0"] = a, ["1"] = b } into { a, b }, all the way down.
local function with_lists(node)
    if type(node) ~= "table" then return node end
    local list, size = {}, 0
    for key, value in pairs(node) do
        size = size + 1
        node[key] = with_lists(value)
        if key:match("^%d+$") then list[tonumber(key) + 1] = node[key] end
    end
    return size > 0 and #list == size and list or node
end

-- Nested tables of `text`: `a[b][c]=1`, `a[0]=x` and `a[]=x` become tables and lists; every leaf is a
-- string. A name that is both a leaf and a table keeps what came last.
function form.nested(text)
    local root = {}
    for _, pair in ipairs(form.pairs(text)) do
        local keys = { pair[1]:match("^[^%[]+") or pair[1] }
        for key in pair[1]:gmatch("%[([^%]]*)%]") do keys[#keys + 1] = key end
        local node = root
        for index, key in ipairs(keys) do
            if key == "" and index > 1 then
                local count = 0
                for _ in pairs(node) do count = count + 1 end
                key = tostring(count)
            end
            if index == #keys then
                node[key] = pair[2]
            else
                if type(node[key]) ~= "table" then node[key] = {} end
                node = node[key]
            end
        end
    end
    for key, value in pairs(root) do root[key] = with_lists(value) end
    return root
end

-- The query part of a request's target, without its "?"; "" when there is none.
function form.query(target)
    return target:match("%?([^#]*)") or ""
end

return form
