-- tariff: what plans cost and what models use up. Money in cents, credits whole; rates in thousandths
-- of a credit for 1,000 tokens, so that nothing is ever counted in fractions.
local tariff = {}

tariff.rounding = "up"

-- `probe` is not for sale: an event for it moves one credit and no money, so that a go-live can prove
-- that an event is applied once.
tariff.plans = {
    { id = "starter", name = "Starter", usd_cents = 500, credits = 5000 },
    { id = "scholar", name = "Scholar", usd_cents = 2000, credits = 21000 },
    { id = "campus", name = "Campus", usd_cents = 10000, credits = 110000 },
    { id = "probe", name = "Go-live probe", usd_cents = 0, credits = 1, hidden = true },
}

tariff.models = {
    { id = "nano", name = "Nano", prompt = 200, completion = 1250 },
    { id = "mini", name = "Mini", prompt = 600, completion = 2400 },
    { id = "pro", name = "Pro", prompt = 5000, completion = 20000 },
}

local ROUND = {
    up = function(millionths) return (millionths + 999999) // 1000000 end,
    down = function(millionths) return millionths // 1000000 end,
    nearest = function(millionths) return (millionths + 500000) // 1000000 end,
}

local function find(list, id)
    for _, item in ipairs(list) do
        if item.id == id then return item end
    end
end

-- The plan or model of that id; nil when there is none.
function tariff.plan(id) return find(tariff.plans, id) end

function tariff.model(id) return find(tariff.models, id) end

-- What so many tokens of a model cost: whole credits as rounded, and the exact figure.
function tariff.cost(model, prompt_tokens, completion_tokens)
    local millionths = prompt_tokens * model.prompt + completion_tokens * model.completion
    return ROUND[tariff.rounding](millionths), millionths / 1000000
end

-- What GET /api/plans shows.
function tariff.shown()
    local plans, models = json.array {}, json.array {}
    for _, plan in ipairs(tariff.plans) do
        if not plan.hidden then
            plans[#plans + 1] = { id = plan.id, name = plan.name, usdCents = plan.usd_cents, credits = plan.credits }
        end
    end
    for _, model in ipairs(tariff.models) do
        models[#models + 1] = {
            id = model.id, name = model.name, promptCreditsPer1k = model.prompt / 1000,
            completionCreditsPer1k = model.completion / 1000,
        }
    end
    return { currency = "usd", rounding = tariff.rounding, plans = plans, models = models }
end

return tariff
