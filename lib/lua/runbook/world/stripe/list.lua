-- list: Stripe's lists: newest first, in pages, narrowed by fields and by when things were made.
local problem = require "runbook.world.stripe.problem"

local list = {}

local COMPARE = {
    gte = function(a, b) return a >= b end,
    gt = function(a, b) return a > b end,
    lte = function(a, b) return a <= b end,
    lt = function(a, b) return a < b end,
}

-- Whether an object was made when `wanted` (the parameter `created`) says: a moment, or bounds.
local function made_in(object, wanted)
    if type(wanted) ~= "table" then return wanted == nil or object.created == problem.integer("created", wanted) end
    for bound, text in pairs(wanted) do
        if not COMPARE[bound] then problem.unknown_parameter("created[" .. bound .. "]") end
        if not COMPARE[bound](object.created, problem.integer("created[" .. bound .. "]", text)) then return false end
    end
    return true
end

local function position(objects, id, name)
    for index, object in ipairs(objects) do
        if object.id == id then return index end
    end
    problem.invalid(name, ("No such object: '%s'"):format(id), "resource_missing")
end

-- Those of `objects` (oldest first) that `params` asks for. `filters` maps the further parameters it
-- knows to function(object, text) -> boolean; any other parameter is refused, as Stripe does.
function list.page(objects, params, path, filters)
    problem.check_known(params, { "limit", "starting_after", "ending_before", "created", "expand" }, filters)
    local limit = problem.integer("limit", params.limit or "10")
    if limit < 1 or limit > 100 then
        problem.invalid("limit", "This value must be between 1 and 100.", "parameter_invalid_integer")
    end
    local found = {}
    for index = #objects, 1, -1 do
        local object, fits = objects[index], true
        for name, test in pairs(filters) do
            if params[name] then fits = fits and test(object, params[name]) end
        end
        if fits and made_in(object, params.created) then found[#found + 1] = object end
    end
    local first = 1
    if params.starting_after then first = position(found, params.starting_after, "starting_after") + 1 end
    local last = first + limit - 1
    if params.ending_before then
        last = position(found, params.ending_before, "ending_before") - 1
        first = math.max(1, last - limit + 1)
    end
    local data = table.move(found, first, math.min(last, #found), 1, json.array {})
    local has_more = params.ending_before and first > 1 or not params.ending_before and last < #found
    return { object = "list", data = data, has_more = has_more, url = path }
end

-- A filter on a field of the same name.
function list.equals(name)
    return function(object, text) return object[name] == text end
end

return list
