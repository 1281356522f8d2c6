-- runbook.canary: moves traffic to a new version weight by weight, watches gates at each, and takes it
-- all back when one is breached.
local gates = require "runbook.gates"
local gotext = require "runbook.gotext"
local canary = {}

local PREFIX = "nginx.ingress.kubernetes.io/canary"

-- A whole number in an annotation as the controller reads it; `absent` when it is not there.
local function whole(what, annotations, name, absent)
    local text = annotations[PREFIX .. name]
    local number = text == nil and absent or gotext.integer(text)
    if not number then
        check.fail("%s carries %s%s = %q, which ingress-nginx takes for no whole number and passes over: mend the "
            .. "annotation", what, PREFIX, name, text)
    end
    return number
end

-- What the controller shares the traffic among: it takes a total above 100 only, and 100 instead of any other.
local function total_of(what, annotations)
    return math.max(whole(what, annotations, "-weight-total", 100), 100)
end

-- canary.nginx { ingress = "name", namespace = "${namespace}", by_header = "X-Canary", by_cookie = "canary" }:
-- a router for ingress-nginx, where a second Ingress carries the canary's weight as an annotation.
-- `by_header` and `by_cookie` name those that are meant to reach the canary whatever its weight; others are
-- a finding. Texts may name parameters.
-- A router has name(run), weight(run) -> percent (2.5 when it is not a whole one) and a mark of
-- what was read, set(run, percent, from, mark), which changes the weight only if it is still as it
-- was read (it returns false when it is not), and perhaps others(run) -> a list of sentences: what sends
-- traffic to the canary whatever its weight.
function canary.nginx(options)
    options = words.read(options, { ingress = "string!", namespace = "string", by_header = "string",
        by_cookie = "string" }, "canary.nginx")
    local router = {}

    local function place(run)
        return "ingress/" .. run.fill(options.ingress),
            { namespace = options.namespace and run.fill(options.namespace) }
    end

    local function read(run)
        local what, where = place(run)
        local metadata = words.without_nulls(k8s.get(what, where)).metadata
        local annotations = metadata.annotations or {}
        if not gotext.boolean(annotations[PREFIX]) then
            check.fail("%s is no canary Ingress: its annotation %s is not \"true\"", what, PREFIX)
        end
        return what, annotations, metadata.resourceVersion
    end

    function router.name(run) return (place(run)) end

    function router.weight(run)
        local what, annotations, version = read(run)
        local total = total_of(what, annotations)
        local weight = math.min(math.max(whole(what, annotations, "-weight", 0), 0), total)
        local percent = weight * 100 / total
        return math.tointeger(percent) or percent, { version = version, total = total }
    end

    function router.others(run)
        local what, annotations = read(run)
        local list = {}
        for _, by in ipairs { "header", "cookie" } do
            local name, meant = annotations[PREFIX .. "-by-" .. by], options["by_" .. by]
            local differs = name and name ~= "" and (not meant or run.fill(meant):lower() ~= name:lower())
            if differs then
                list[#list + 1] = ("%s sends each request with the %s %s to the canary (annotation %s-by-%s); remove "
                    .. "it, or say by_%s = %q where it is meant"):format(what, by, name, PREFIX, by, by, name)
            end
        end
        return list
    end

    function router.set(run, percent, from, mark)
        local what, where = place(run)
        local weight = percent * mark.total // 100
        if weight * 100 ~= percent * mark.total then
            check.fail("%s cannot send exactly %d %% of its traffic to the canary: its total weight is %d",
                what, percent, mark.total)
        end
        where.merge = { metadata = { annotations = { [PREFIX .. "-weight"] = tostring(weight) } } }
        where.label = ("patch %s: canary weight %s -> %s %%"):format(what, words.number(from), percent)
        where.if_resource_version = mark.version
        local ok, failure = pcall(k8s.patch, what, where)
        if ok then return true end
        if type(failure) == "table" and failure.code == "k8s.Conflict" then return false end
        error(failure, 0)
    end

    return router
end

-- Moves the weight from one percentage to another and proves it. Somebody else may change other things
-- of the object meanwhile: then it is looked at again; but not the weight. That nobody says what it is
-- is borne for `patience` seconds.
local function move(run, router, expected, percent, patience)
    local function look()
        return gates.patiently(patience, "the weight of " .. router.name(run), function()
            return router.weight(run)
        end)
    end
    for _ = 1, 5 do
        local from, mark = look()
        if from == percent then break end -- sent before the run was interrupted
        if expected and from ~= expected then
            check.fail("the canary weight of %s is %s %%, and should be %d %%: somebody else has changed it",
                router.name(run), words.number(from), expected)
        end
        if router.set(run, percent, from, mark) ~= false then break end
    end
    check.equal((look()), percent, "the canary weight of " .. router.name(run))
end

-- Sets the weight to 0, whatever it is, and proves that it is 0; what passes the weight by is named. It has
-- no patience of its own: an undo that nobody answers is tried again as a whole, for minutes.
local function back_to_zero(router)
    return function(run)
        move(run, router, nil, 0, 0)
        for _, text in ipairs(router.others and router.others(run) or {}) do
            log.warn("the weight is 0, and yet: %s", text)
        end
    end
end

-- A length that may be a function of run, or text that names parameters; `what` names it in a failure.
local function value_of(run, v, what, where)
    if type(v) == "function" then return v(run) end
    if type(v) ~= "string" then return v end
    local ok, text = pcall(run.fill, v)
    if ok then return text end
    if type(text) == "table" and text.kind == "usage" then
        engine.raise("usage", ("%s: %s"):format(what, text.text), where)
    end
    error(text, 0)
end

local STEPS = {
    router = "table!", weights = "table!", gates = "table!", metrics = "function!", bake = "string|number|function!",
    every = "string|number|function", patience = "string|number|function", baseline = "function",
    approve_each = "function", links = "function", name = "string",
}

-- canary.steps { router = canary.nginx { ... }, weights = { 1, 5, 20, 50, 100 }, gates = { gate ... },
--                metrics = function(run) return metrics.prometheus(run.prometheus) end,
--                bake = "${bake}", every = "15s", patience = "10m",
--                baseline = function(run) return { ["p95 latency"] = 0.2 } end,
--                approve_each = function(run) return run.approve_each end,
--                links = function(run) return { { "errors", "https://..." } } end }
-- One step a weight: it sets the weight, proves it, and keeps every gate through the bake. `patience`
-- (default: the bake's length) is how long it bears that metrics give no verdict and that nobody answers
-- when it looks at the router. Each has the same undo: back to 0, proved. Lengths may be text with
-- "${parameter}" or functions of run. What is wrong with lengths, gates and baseline is found before the
-- weight moves. Returns the list of steps.
function canary.steps(options)
    local where = engine.where()
    options = words.read(options, STEPS, "canary.steps", where)
    for _, name in ipairs { "name", "weight", "set" } do
        if type(options.router[name]) ~= "function" then
            engine.raise("usage", "canary.steps wants a router that can " .. name
                .. ", as in router = canary.nginx { ... }", where)
        end
    end
    if #options.weights == 0 then engine.raise("usage", "canary.steps wants at least one weight", where) end
    if #options.gates == 0 then engine.raise("usage", "canary.steps wants at least one gate", where) end
    for _, gate in ipairs(options.gates) do
        if not is_gate(gate) then
            engine.raise("usage", "canary.steps wants gates as the word `gate` makes them: gate \"name\" { ... }",
                where)
        end
    end
    local undo = back_to_zero(options.router)
    local steps, previous = {}, 0

    -- The first weight that runs takes the baseline, and the others measure against the same.
    local function baseline_of(run)
        for _, step in ipairs(steps) do
            local result = run.results[step.name]
            if result then return result.baseline end
        end
        return options.baseline and options.baseline(run)
    end

    -- Nobody else may touch the weight while its gates are watched.
    local function still(run, weight)
        local now = options.router.weight(run)
        if now ~= weight then
            check.fail("the canary weight of %s became %s %% during its bake at %d %%: somebody else has "
                .. "changed it", options.router.name(run), words.number(now), weight)
        end
    end

    -- What the bake needs, worked out and checked before the weight moves.
    local function prepared(run, weight)
        local given = { label = ("bake at %d %%"):format(weight), watch = function() still(run, weight) end }
        for field, from in pairs { length = "bake", every = "every", patience = "patience" } do
            local value = value_of(run, options[from], from .. " of canary.steps", where)
            given[field] = value ~= nil and words.seconds(value, from .. " of canary.steps", where) or nil
        end
        if not given.length then engine.raise("usage", "canary.steps wants bake = a length of time", where) end
        given.source = options.metrics(run)
        if type(given.source) ~= "table" and not engine.unknown(given.source) then
            engine.raise("usage", ("metrics of canary.steps returned a %s, not a client as metrics.prometheus gives "
                .. "one"):format(type(given.source)), where)
        end
        given.baseline = gates.patiently(given.patience or given.length, "the baseline", function()
            return baseline_of(run)
        end)
        return gates.ready(options.gates, given, where)
    end

    for i, weight in ipairs(options.weights) do
        if math.type(weight) ~= "integer" or weight <= previous or weight > 100 then
            engine.raise("usage", "canary.steps: weights must be whole percentages that rise to 100 at most",
                where)
        end
        local before = previous
        steps[i] = outline.step((options.name or "weight") .. (" %d %%"):format(weight)) {
            function(run)
                for _, link in ipairs(options.links and options.links(run) or {}) do
                    log.link(link[1], link[2])
                end
                if i > 1 and options.approve_each and options.approve_each(run) then
                    ask.approve(("Go on from %d %% to %d %% of the traffic?"):format(before, weight))
                end
                local bake = prepared(run, weight)
                move(run, options.router, before, weight, bake.patience)
                gates.bake(run, options.gates, bake)
                return { weight = weight, baseline = bake.baseline }
            end,
            undo = undo,
        }
        previous = weight
    end
    return steps
end

-- canary.expect_zero(run, router): a check that the canary is there and gets no traffic yet, neither by its
-- weight nor by a rule that passes the weight by.
function canary.expect_zero(run, router)
    check.equal(router.weight(run), 0, "the canary weight of " .. router.name(run))
    for _, text in ipairs(router.others and router.others(run) or {}) do check.fail("%s", text) end
end

return canary
