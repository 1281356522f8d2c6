-- openapi: documents that say no more than kubectl needs: which kinds there are, and that each
-- understands dryRun (kubectl 1.20 sends no dry run before it has read that). Nothing is checked
-- against schemas, so there are none.
local openapi = {}

local EXTENSION = "x-kubernetes-group-version-kind"

local function varint(n)
    local bytes = {}
    repeat
        local low = n & 0x7f
        n = n >> 7
        bytes[#bytes + 1] = string.char(n > 0 and low | 0x80 or low)
    until n == 0
    return table.concat(bytes)
end

-- A field of a protobuf message that holds bytes: text, or the fields of an inner message.
local function field(number, ...)
    local bytes = table.concat { ... }
    return varint(number << 3 | 2) .. varint(#bytes) .. bytes
end

local function path_of(kind)
    return ("%s/%s%s/{name}"):format(kind.group == "" and "/api" or "/apis", kind.api_version,
        kind.namespaced and "/namespaces/{namespace}/" .. kind.plural or "/" .. kind.plural)
end

local function kind_entry(kind)
    return { group = kind.group, version = kind.version, kind = kind.kind }
end

-- The numbers are those of gnostic's OpenAPIv2.proto: PathItem.patch is 8, its parameters are 8, their
-- vendor extensions 13; a query parameter is Parameter 1, NonBodyParameter 2, the sub schema 3.
local function path_message(kind)
    local parameter = field(1, field(2, field(3, field(2, "query"), field(4, "dryRun"))))
    local extension = field(1, EXTENSION) .. field(2, field(2, json.encode(kind_entry(kind))))
    local operation = field(8, parameter) .. field(13, extension)
    return field(2, field(1, path_of(kind)), field(2, field(8, operation)))
end

local function as_protobuf(kinds)
    local paths = {}
    for i, kind in ipairs(kinds) do paths[i] = path_message(kind) end
    local info = field(1, "Kubernetes") .. field(2, "v1")
    return field(1, "2.0") .. field(2, info) .. field(8, table.concat(paths))
end

local function as_json(kinds)
    local paths = {}
    for _, kind in ipairs(kinds) do
        paths[path_of(kind)] = { patch = {
            [EXTENSION] = kind_entry(kind),
            parameters = { { name = "dryRun", ["in"] = "query", type = "string" } },
            responses = { ["200"] = { description = "OK" } },
        } }
    end
    return { swagger = "2.0", info = { title = "Kubernetes", version = "v1" }, paths = paths }
end

-- The answer to a request below /openapi/.
function openapi.answer(path, accept, kinds)
    if path:find("^/openapi/v3") then return { json = { paths = {} } } end
    if not accept:find("protobuf", 1, true) then return { json = as_json(kinds) } end
    return {
        headers = { ["Content-Type"] = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf" },
        body = as_protobuf(kinds),
    }
end

return openapi
