-- k8s.selector: which pods belong to an object.
local engine, primitives, parts = ...
local words, k8s = parts.words, primitives.k8s

local OPERATORS = { In = "%s in (%s)", NotIn = "%s notin (%s)", Exists = "%s", DoesNotExist = "!%s" }
local PLAIN = { Service = true, ReplicationController = true } -- their selector is the labels themselves

-- k8s.selector(object): the label selector of a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, Service
-- or another object that has one, as the text that k8s.list("pods", { selector = ... }) takes. Raises a
-- usage failure when it has none, or one that selects everything. A pure function.
function k8s.selector(object)
    object = words.without_nulls(object)
    local selector = type(object) == "table" and type(object.spec) == "table" and object.spec.selector
    if selector and PLAIN[object.kind] then selector = { matchLabels = selector } end
    local all = {}
    for _, key in ipairs(selector and words.keys(selector.matchLabels or {}) or {}) do
        all[#all + 1] = key .. "=" .. selector.matchLabels[key]
    end
    for _, rule in ipairs(selector and selector.matchExpressions or {}) do
        all[#all + 1] = OPERATORS[rule.operator]:format(rule.key, table.concat(rule.values or {}, ","))
    end
    if #all == 0 then
        engine.raise("usage", ("k8s.selector: %s has no selector"):format(type(object) == "table"
            and ("%s %s"):format(object.kind, (object.metadata or {}).name) or tostring(object)))
    end
    return table.concat(all, ",")
end
