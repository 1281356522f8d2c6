-- k8s.jsonpath: paths into an object, in the language of `kubectl -o jsonpath`.
local engine, primitives = ...
local k8s = primitives.k8s

local function wrong(path, why)
    engine.raise("usage", ("the JSON path %s %s; write it as in {.status.conditions[?(@.type==\"Ready\")].status}")
        :format(path, why))
end

local function is_list(v) return type(v) == "table" and getmetatable(v) == "array" end

-- The members of an object in the order of their names, or the items of a list.
local function children(v)
    if type(v) ~= "table" then return {} end
    if is_list(v) then return v end
    local keys, all = {}, {}
    for key in next, v do keys[#keys + 1] = key end
    table.sort(keys)
    for i, key in ipairs(keys) do all[i] = v[key] end
    return all
end

local function descend(v, found)
    found[#found + 1] = v
    for _, child in ipairs(children(v)) do descend(child, found) end
    return found
end

local steps, evaluate = {}, nil

function steps.field(nodes, name)
    local found = {}
    for _, node in ipairs(nodes) do
        local inside = type(node) == "table" and not is_list(node)
        if inside and node[name] ~= nil then found[#found + 1] = node[name] end
    end
    return found
end

function steps.all(nodes)
    local found = {}
    for _, node in ipairs(nodes) do
        for _, child in ipairs(children(node)) do found[#found + 1] = child end
    end
    return found
end

function steps.deep(nodes)
    local found = {}
    for _, node in ipairs(nodes) do descend(node, found) end
    return found
end

-- [from:to:step], as Go's jsonpath has it: negative counts from the end.
function steps.slice(nodes, range)
    local found = {}
    for _, node in ipairs(nodes) do
        local count = is_list(node) and #node or 0
        local from, to = range.from or 0, range.to or count
        if from < 0 then from = from + count end
        if to < 0 then to = to + count end
        for i = math.max(from, 0), math.min(to, count) - 1, range.step do found[#found + 1] = node[i + 1] end
    end
    return found
end

-- ['a','b'], [0,2]: what each leads to, one after the other.
function steps.union(nodes, parts)
    local found = {}
    for _, part in ipairs(parts) do
        local list = steps[part[1]](nodes, part[2])
        table.move(list, 1, #list, #found + 1, found)
    end
    return found
end

local COMPARE = {
    ["=="] = function(a, b) return a == b end, ["!="] = function(a, b) return a ~= b end,
    ["<"] = function(a, b) return a < b end, ["<="] = function(a, b) return a <= b end,
    [">"] = function(a, b) return a > b end, [">="] = function(a, b) return a >= b end,
}

function steps.filter(nodes, filter)
    local found = {}
    for _, node in ipairs(nodes) do
        for _, child in ipairs(children(node)) do
            local left = evaluate(filter.left, { child })
            local fits = #left > 0
            if filter.op then
                local is, wanted = left[1], filter.right
                if type(wanted) == "table" then wanted = evaluate(wanted, { child })[1] end
                fits = fits and type(is) == type(wanted) and COMPARE[filter.op](is, wanted)
            end
            if fits then found[#found + 1] = child end
        end
    end
    return found
end

function evaluate(path, nodes)
    for _, step in ipairs(path) do nodes = steps[step[1]](nodes, step[2]) end
    return nodes
end

local parse

-- The text inside quotes, where nothing stands beside them.
local function quoted_of(text) return text:match("^'([^']*)'$") or text:match('^"([^"]*)"$') end

local function literal(text, whole)
    local quoted = quoted_of(text)
    if quoted then return quoted end
    if text == "true" or text == "false" then return text == "true" end
    return tonumber(text) or text:find("^[@$]") and parse(text:sub(2), whole) or wrong(whole, "compares with " .. text)
end

local function filter_of(text, whole)
    if text:find("&&", 1, true) or text:find("||", 1, true) or text:find("=~", 1, true) then
        wrong(whole, "has a filter with &&, || or =~, which kubectl does not know either")
    end
    local left, op, right = text:match("^%s*(.-)%s*([=!<>]=)%s*(.-)%s*$")
    if not left then left, op, right = text:match("^%s*(.-)%s*([<>])%s*(.-)%s*$") end
    left = left or text:match("^%s*(.-)%s*$")
    if left:sub(1, 1) ~= "@" then wrong(whole, "has a filter without @") end
    return { left = parse(left:sub(2), whole), op = op, right = op and literal(right, whole) }
end

local bracket_of
function bracket_of(text, whole)
    if text == "*" then return { "all" } end
    local quoted = quoted_of(text)
    if quoted then return { "field", quoted } end
    local filter = text:match("^%?%((.*)%)$")
    if filter then return { "filter", filter_of(filter, whole) } end
    local index = text:match("^%-?%d+$")
    if index then
        local from = math.tointeger(tonumber(index))
        return { "slice", { from = from, to = from ~= -1 and from + 1 or nil, step = 1 } }
    end
    if text:find(",", 1, true) then
        local parts = {}
        for part in (text .. ","):gmatch("%s*(.-)%s*,") do parts[#parts + 1] = bracket_of(part, whole) end
        return { "union", parts }
    end
    local from, to, step = text:match("^(%-?%d*):(%-?%d*):?(%d*)$")
    if not from then wrong(whole, ("has [%s], which is not understood"):format(text)) end
    return { "slice", { from = math.tointeger(tonumber(from)), to = math.tointeger(tonumber(to)),
        step = math.max(math.tointeger(tonumber(step)) or 1, 1) } }
end

-- Reads ".a.b[0]..c" into steps.
function parse(text, whole)
    local path, at = {}, 1
    while at <= #text do
        local dots, name, stop = text:match("^(%.?%.?)([^.%[]*)()", at)
        while name:sub(-1) == "\\" and stop <= #text do -- an escaped dot
            local more, next_stop = text:match("^([.%[][^.%[]*)()", stop)
            name, stop = name:sub(1, -2) .. more, next_stop
        end
        if dots == ".." then path[#path + 1] = { "deep" } end
        if name == "*" then
            path[#path + 1] = { "all" }
        elseif name ~= "" then
            if name:find("[%s,@$%]{}()|&=~!<>?*'\"]") then wrong(whole, ("has %s, which is no name"):format(name)) end
            path[#path + 1] = { "field", name }
        end
        local bracket = text:match("^%b[]", stop)
        if bracket then
            path[#path + 1] = bracket_of(bracket:sub(2, -2), whole)
            stop = stop + #bracket
        elseif stop == at or (dots ~= "" and name == "" and stop <= #text) then
            wrong(whole, "does not go on after " .. text:sub(1, at))
        end
        at = stop
    end
    return path
end

-- k8s.jsonpath(object, "{.spec.containers[*].image}"): the values that the path leads to, as a list: empty when
-- there are none. Braces may be left out. It knows fields (with \. for a dot in a name, or ['name']),
-- [0], [-1], [0:2], [*], ['a','b'], .., and filters as in [?(@.type=="Ready")]; raises a usage failure on
-- anything else. A pure function.
function k8s.jsonpath(object, text)
    local inner = tostring(text):match("^%s*{%s*(.-)%s*}%s*$") or tostring(text)
    if inner:find("[{}]") or inner == "" then wrong(text, "is none") end
    return evaluate(parse((inner:gsub("^[$@]", "")), text), { object })
end

-- k8s.jsonpath_split("{.status.phase}=Running"): the path, and the value or nil; "==" belongs to a path. A
-- pure function.
function k8s.jsonpath_split(text)
    local at = 1
    while true do
        local from, to = tostring(text):find("=+", at)
        if not from then return text end
        if (to - from) % 2 == 0 then
            local value = text:sub(to + 1):gsub("^['\"]+", ""):gsub("['\"]+$", "")
            if value == "" then wrong(text, "has no value after the equal sign") end
            return text:sub(1, to - 1), value
        end
        at = to + 1
    end
end
