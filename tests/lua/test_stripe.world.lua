-- The world of test_stripe.lua: lists as Stripe pages them, and as nobody should.
local function items(prefix, from, to)
    local list = {}
    for i = from, to do list[#list + 1] = { id = ("%s_%d"):format(prefix, i) } end
    return list
end

local lists = {
    ["/v1/charges"] = function(after) -- 250 of them
        local from = after and tonumber(after:match("%d+")) + 1 or 1
        local to = math.min(from + 99, 250)
        return items("ch", from, to), to < 250
    end,
    ["/v1/none"] = function() return json.array {}, false end,
    ["/v1/again"] = function() return items("x", 1, 3), true end, -- deaf to starting_after
    ["/v1/circle"] = function(after) return after == "x_3" and items("x", 3, 5) or items("x", 1, 3), true end,
    ["/v1/hollow"] = function() return json.array {}, true end,
    ["/v1/nameless"] = function() return { { amount = 1 } }, true end,
}

return {
    name = "stripe-lists",
    listen = { stripe = {} },
    handle = { stripe = function(_, req)
        local list = lists[req.path]
        if not list then return { status = 404, json = { error = { message = "no such list" } } } end
        local data, more = list(req.query.starting_after)
        return { json = { object = "list", data = data, has_more = more } }
    end },
    files = function(w) return { ["values.yaml"] = { stripe = w.urls.stripe } } end,
}
