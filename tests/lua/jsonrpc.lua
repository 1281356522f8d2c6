-- A client for JSON-RPC 2.0 as one writes it for any Lua: over cjson.safe, and a function that carries
-- text there and back.
local cjson = require "cjson.safe"
cjson.encode_sparse_array(true)

local client = {}
client.__index = client

function client.new(send) return setmetatable({ send = send, id = 0 }, client) end

-- What the method returns; nil and what is wrong.
function client:call(method, params)
    self.id = self.id + 1
    local request, why = cjson.encode { jsonrpc = "2.0", id = self.id, method = method, params = params or cjson.null }
    if not request then return nil, why end
    local answer
    answer, why = cjson.decode(self.send(request))
    if not answer then return nil, "not JSON: " .. why end
    if answer.id ~= self.id then return nil, "the answer is another's" end
    if answer.error and answer.error ~= cjson.null then return nil, answer.error.message end
    return answer.result
end

return client
