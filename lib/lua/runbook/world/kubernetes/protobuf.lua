-- protobuf: reads the bodies that kubectl 1.32 and later send for what it makes itself (kubectl create,
-- auth can-i): "k8s\0" and a runtime.Unknown message (k8s.io/apimachinery, runtime/generated.proto).
local protobuf = {}

local MAGIC = "k8s\0"

-- A message is a table from field number to { name, type }. type: "text", "number" (0 means absent),
-- "pointer" (a number of which 0 means 0), "bool", "bytes" (base64 in JSON), "ignored", or a message;
-- list or map (of the type) says that it stands there repeatedly.
local function text(name) return { name, "text" } end
local function texts(name) return { name, "text", list = true } end
local function map(name, of) return { name, of or "text", map = true } end

local OWNER = { text "kind", nil, text "name", text "uid", text "apiVersion", { "controller", "bool" },
    { "blockOwnerDeletion", "bool" } }
local META = { text "name", text "generateName", text "namespace", text "selfLink", text "uid",
    text "resourceVersion", { "generation", "number" }, [8] = { "creationTimestamp", "ignored" },
    [11] = map "labels", [12] = map "annotations", [13] = { "ownerReferences", OWNER, list = true },
    [14] = texts "finalizers", [17] = { "managedFields", "ignored" } }
local PORT = { text "name", { "hostPort", "number" }, { "containerPort", "number" }, text "protocol", text "hostIP" }
local CONTAINER = { text "name", text "image", texts "command", texts "args", text "workingDir",
    { "ports", PORT, list = true }, { "env", { text "name", text "value" }, list = true } }
local POD_SPEC = { [2] = { "containers", CONTAINER, list = true }, [3] = text "restartPolicy" }
local TEMPLATE = { { "metadata", META }, { "spec", POD_SPEC } }
local ATTRIBUTES = { text "namespace", text "verb", text "group", text "version", text "resource",
    text "subresource", text "name" }

local MESSAGES = {
    ConfigMap = { { "metadata", META }, map "data", map("binaryData", "bytes"), { "immutable", "bool" } },
    Secret = { { "metadata", META }, map("data", "bytes"), text "type", map "stringData", { "immutable", "bool" } },
    Namespace = { { "metadata", META } },
    Deployment = { { "metadata", META }, { "spec", { { "replicas", "pointer" }, { "selector", { map "matchLabels" } },
        { "template", TEMPLATE }, { "strategy", { text "type" } } } } },
    SelfSubjectAccessReview = { { "metadata", META }, { "spec", { { "resourceAttributes", ATTRIBUTES },
        { "nonResourceAttributes", { text "path", text "verb" } } } } },
}
local TYPE_META = { text "apiVersion", text "kind" }
local UNKNOWN = { { "typeMeta", TYPE_META }, { "raw", "raw" } }

local function varint(bytes, at)
    local value, shift = 0, 0
    repeat
        local byte = bytes:byte(at) or error("it ends too early", 0)
        value, shift, at = value | (byte & 0x7f) << shift, shift + 7, at + 1
    until byte < 0x80
    return value, at
end

-- The next field: its number, its value (an integer or bytes) and the place after it.
local function field(bytes, at)
    local tag, value
    tag, at = varint(bytes, at)
    local wire = tag & 7
    if wire == 0 then
        value, at = varint(bytes, at)
        return tag >> 3, value, at
    elseif wire == 2 then
        value, at = varint(bytes, at)
        if at + value - 1 > #bytes then error("it ends too early", 0) end
        return tag >> 3, bytes:sub(at, at + value - 1), at + value
    end
    error(("it has the wire type %d"):format(wire), 0)
end

local message

-- A field's value as JSON has it; nil when it means nothing.
local function read(value, of)
    if type(of) == "table" then
        local inner = message(value, of)
        return next(inner) and inner or nil
    elseif of == "text" then
        return value ~= "" and value or nil
    elseif of == "number" then
        return value ~= 0 and value or nil
    elseif of == "bool" then
        return value ~= 0
    elseif of == "bytes" then
        return crypto.base64_encode(value)
    elseif of ~= "ignored" then
        return value
    end
end

local function entry(value, of)
    local pair = message(value, { { "key", "raw" }, { "value", "raw" } })
    local item = pair.value or ""
    return pair.key, of == "bytes" and crypto.base64_encode(item) or item
end

function message(bytes, fields)
    local object, at = {}, 1
    while at <= #bytes do
        local number, value
        number, value, at = field(bytes, at)
        local known = fields[number]
        if not known then
            local empty = value == 0 or value == "" or (type(value) == "string" and next(message(value, {})) == nil)
            if not empty then error(("it has the field %d"):format(number), 0) end
        elseif known.map then
            local key, item = entry(value, known[2])
            object[known[1]] = object[known[1]] or {}
            object[known[1]][key] = item
        elseif known.list then
            local items = object[known[1]] or json.array {}
            items[#items + 1] = read(value, known[2]) or (known[2] == "text" and "" or {})
            object[known[1]] = items
        else
            object[known[1]] = read(value, known[2])
        end
    end
    return object
end

-- The object in a body. Raises an error that says why it cannot be read: a kind that is not known
-- here, or a field that is not, and is not empty.
function protobuf.decode(body)
    if body:sub(1, 4) ~= MAGIC then error("it does not begin with k8s\\0", 0) end
    local envelope = message(body:sub(5), UNKNOWN)
    local kind = envelope.typeMeta and envelope.typeMeta.kind or ""
    local fields = MESSAGES[kind] or error(("the kind '%s' is not known in this form"):format(kind), 0)
    local object = message(envelope.raw or "", fields)
    object.apiVersion, object.kind = envelope.typeMeta.apiVersion, kind
    return object
end

return protobuf
