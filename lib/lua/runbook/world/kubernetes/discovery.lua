-- discovery: what the API says of itself: version, groups and resources, in the old form and in the
-- aggregated one.
local openapi = require "runbook.world.kubernetes.openapi"

local discovery = {}

local GROUP_LIST = "APIGroupDiscoveryList"

local function scale_entry()
    return { group = "autoscaling", version = "v1", kind = "Scale" }
end

local function subresources(kind)
    local found = {}
    if kind.log then
        found[#found + 1] = { name = "log", of = { version = "v1", kind = kind.kind }, verbs = { "get" } }
    end
    if kind.scale then found[#found + 1] = { name = "scale", of = scale_entry() } end
    if kind.status then
        found[#found + 1] = { name = "status", of = { group = kind.group, version = kind.version, kind = kind.kind } }
    end
    return found
end

local SUBRESOURCE_VERBS = { "get", "patch", "update" }

local function resource_list(kinds)
    local resources = json.array {}
    for _, kind in ipairs(kinds) do
        resources[#resources + 1] = {
            name = kind.plural, singularName = kind.singular, namespaced = kind.namespaced, kind = kind.kind,
            verbs = json.array(kind.verbs), shortNames = kind.short[1] and kind.short,
            categories = kind.categories[1] and kind.categories,
        }
        for _, sub in ipairs(subresources(kind)) do
            local foreign = sub.name == "scale" and sub.of or {}
            resources[#resources + 1] = {
                name = kind.plural .. "/" .. sub.name, singularName = "", namespaced = kind.namespaced,
                kind = sub.of.kind, group = foreign.group, version = foreign.version,
                verbs = sub.verbs or SUBRESOURCE_VERBS,
            }
        end
    end
    return resources
end

local function aggregated_resource(kind)
    local subs = json.array {}
    for i, sub in ipairs(subresources(kind)) do
        subs[i] = { subresource = sub.name, responseKind = sub.of, verbs = sub.verbs or SUBRESOURCE_VERBS }
    end
    return {
        resource = kind.plural, singularResource = kind.singular,
        responseKind = { group = kind.group, version = kind.version, kind = kind.kind },
        scope = kind.namespaced and "Namespaced" or "Cluster", verbs = json.array(kind.verbs),
        shortNames = kind.short[1] and kind.short, categories = kind.categories[1] and kind.categories,
        subresources = subs[1] and subs,
    }
end

local function aggregated(groups, version)
    local items = json.array {}
    for _, group in ipairs(groups) do
        local versions = json.array {}
        for i, of_version in ipairs(group.versions) do
            local resources = json.array {}
            for k, kind in ipairs(of_version.kinds) do resources[k] = aggregated_resource(kind) end
            versions[i] = { version = of_version.version, freshness = "Current", resources = resources }
        end
        items[#items + 1] = { metadata = { name = group.name ~= "" and group.name or nil }, versions = versions }
    end
    return {
        status = 200,
        headers = { ["Content-Type"] = "application/json;g=apidiscovery.k8s.io;v=" .. version .. ";as=" .. GROUP_LIST },
        json = { kind = GROUP_LIST, apiVersion = "apidiscovery.k8s.io/" .. version, metadata = {}, items = items },
    }
end

-- The version of the aggregated form that a client would rather have; nil: it knows only the old one.
local function aggregated_version(accept)
    for entry in accept:gmatch("[^,]+") do
        if entry:find("as=" .. GROUP_LIST, 1, true) then
            local version = entry:match("v=(v2[%w]*)")
            if version == "v2" or version == "v2beta1" then return version end
        end
    end
end

local function group_entry(group)
    local versions = json.array {}
    for i, of_version in ipairs(group.versions) do
        versions[i] = { groupVersion = group.name .. "/" .. of_version.version, version = of_version.version }
    end
    return { name = group.name, versions = versions, preferredVersion = versions[1] }
end

local function split_groups(groups)
    local core, named = {}, {}
    for _, group in ipairs(groups) do
        local into = group.name == "" and core or named
        into[#into + 1] = group
    end
    return core, named
end

local function group_list(groups)
    local entries = json.array {}
    for i, group in ipairs(groups) do entries[i] = group_entry(group) end
    return { kind = "APIGroupList", apiVersion = "v1", groups = entries }
end

local function all_kinds(groups)
    local kinds = {}
    for _, group in ipairs(groups) do
        for _, version in ipairs(group.versions) do
            table.move(version.kinds, 1, #version.kinds, #kinds + 1, kinds)
        end
    end
    return kinds
end

-- The answer to a request below /api, /apis and /openapi that asks about the API itself; nil when it
-- asks for something else. groups: list of { name, versions = list of { version, kinds } }.
function discovery.answer(req, groups)
    local accept = req.headers.accept or ""
    if req.path:find("^/openapi/") then return openapi.answer(req.path, accept, all_kinds(groups)) end
    local path = req.path:gsub("/$", "")
    local core, named = split_groups(groups)
    local version = aggregated_version(accept)
    if path == "/api" then
        if version then return aggregated(core, version) end
        return { json = { kind = "APIVersions", versions = { "v1" }, serverAddressByClientCIDRs = json.array {} } }
    elseif path == "/apis" then
        return version and aggregated(named, version) or { json = group_list(named) }
    end
    for _, group in ipairs(groups) do
        if path == "/apis/" .. group.name then
            local entry = group_entry(group)
            entry.kind, entry.apiVersion = "APIGroup", "v1"
            return { json = entry }
        end
        for _, of_version in ipairs(group.versions) do
            local api_version = (group.name == "" and "" or group.name .. "/") .. of_version.version
            if path == (group.name == "" and "/api/" or "/apis/") .. api_version then
                return { json = {
                    kind = "APIResourceList", apiVersion = "v1", groupVersion = api_version,
                    resources = resource_list(of_version.kinds),
                } }
            end
        end
    end
end

return discovery
