-- scale: the scale subresource: how many replicas, as an autoscaling/v1 Scale.
local plain = require "runbook.world.kubernetes.plain"
local status = require "runbook.world.kubernetes.status"

local scale = {}

local function selector_text(object)
    local labels, parts = plain.at(object, "spec", "selector", "matchLabels") or {}, {}
    for i, key in ipairs(plain.keys(labels)) do parts[i] = key .. "=" .. labels[key] end
    return table.concat(parts, ",")
end

-- The Scale of a Deployment or the like.
function scale.of(object)
    local meta = object.metadata
    return {
        kind = "Scale", apiVersion = "autoscaling/v1",
        metadata = {
            name = meta.name, namespace = meta.namespace, uid = meta.uid,
            resourceVersion = meta.resourceVersion, creationTimestamp = meta.creationTimestamp,
        },
        spec = { replicas = plain.at(object, "spec", "replicas") or 0 },
        status = { replicas = plain.at(object, "status", "replicas") or 0, selector = selector_text(object) },
    }
end

-- The object with what a Scale asks for.
function scale.applied(object, asked)
    local replicas = plain.at(asked, "spec", "replicas") or 0
    if math.type(replicas) ~= "integer" or replicas < 0 then
        status.invalid({ group = "autoscaling", kind = "Scale", plural = "scales" }, object.metadata.name,
            "spec.replicas", "FieldValueInvalid", "Invalid value: must be greater than or equal to 0")
    end
    local scaled = plain.copy(object)
    scaled.spec.replicas = replicas
    scaled.metadata.resourceVersion = plain.at(asked, "metadata", "resourceVersion")
    return scaled
end

return scale
