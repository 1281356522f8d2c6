-- A JSON-RPC service on loopback, for the test of cjson: says what it was sent, byte for byte.
return {
    name = "rpc",
    listen = { rpc = {} },
    start = function(w) w.sent = {} end,
    handle = { rpc = function(w, req)
        if req.method == "GET" then
            return { json = { seats = { { name = "b", left = 3 }, { name = "a", left = json.null } }, limit = 40 } }
        end
        table.insert(w.sent, req.body)
        return { json = { jsonrpc = "2.0", id = json.decode(req.body).id, result = #w.sent } }
    end },
    files = function(w) return { ["values.yaml"] = { rpc = w.urls.rpc } } end,
    snapshot = function(w) return { sent = json.array(w.sent) } end,
}
