-- k8s.documents: what a file of objects holds.
local engine, primitives = ...
local k8s = primitives.k8s

-- Where the JSON value that begins at `from` with a bracket ends.
local function json_end(text, from)
    local depth, at = 0, from
    while true do
        at = text:find('["{}%[%]]', at)
        if not at then return #text end
        local mark = text:sub(at, at)
        if mark == '"' then
            repeat
                at = text:find('["\\]', at + 1)
                if not at then return #text end
                local escape = text:sub(at, at) == "\\"
                if escape then at = at + 1 end
            until not escape
        elseif mark == "{" or mark == "[" then
            depth = depth + 1
        else
            depth = depth - 1
            if depth == 0 then return at end
        end
        at = at + 1
    end
end

-- k8s.documents(text): the documents of a YAML text, or of a text of JSON values one after the other, as
-- kubectl reads its files ("yes" without quotes is a boolean there); empty ones are left out. Raises an effect failure with the place of what is
-- neither, and for a document that is a word or a number.
function k8s.documents(text)
    if type(text) ~= "string" then engine.raise("usage", "k8s.documents wants text") end
    local documents = {}
    if not text:find("^%s*[{%[]") then
        for i, document in ipairs(primitives.yaml.decode_all(text, "1.1")) do
            if type(document) == "table" then
                documents[#documents + 1] = document
            elseif document ~= primitives.json.null then
                engine.raise("effect", ("document %d is %q, and no object"):format(i,
                    engine.quote(tostring(document), 60)))
            end
        end
        return documents
    end
    local at = text:find("%S")
    while at do
        local stop = json_end(text, at)
        documents[#documents + 1] = primitives.json.decode(text:sub(at, stop))
        at = text:find("%S", stop + 1)
    end
    return documents
end
