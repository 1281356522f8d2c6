-- cjson: what its manual says (cjson_cases.lua), a module that is written for it, and its place here.
local cjson, safe = require "cjson", require "cjson.safe"
local listed = require "cjson_cases"
local jsonrpc = require "jsonrpc"

cjson.encode_number_precision(9)

return runbook {
    name = "test-cjson",

    phase "cjson" { keep_going = true,
        step "what the manual says" { function()
            for _, case in ipairs(listed.cases) do
                check.equal(listed.try(case, cjson.new(), safe.new()), case.gives, case.name:gsub("%%", "%%%%"))
            end
        end },

        step "null is json.null" { function()
            check.equal(cjson.null, json.null, "null")
            check.equal(cjson.decode("null"), json.null, "null decoded")
            check.equal(cjson.encode { json.null }, "[null]", "json.null")
            check.equal(json.encode(cjson.decode '{"a":[null,1.5,"x"]}'), '{"a":[null,1.5,"x"]}', "ours reads theirs")
            check.equal(cjson.encode(json.decode '{"b":[],"a":{}}'), '{"a":{},"b":[]}', "theirs reads ours")
        end },

        step "what is set while the file loads holds" { function()
            check.equal(cjson.encode(1 / 3), "0.333333333", "in a step")
            check.equal(cjson.encode_number_precision(2), 2, "set in a step")
            check.equal(cjson.encode(1 / 3), "0.33", "for the rest of it")
            check.equal(safe.encode(1 / 3), "0.33333333333333", "by itself")
        end },
        step "what a step sets ends with it" { function()
            check.equal(cjson.encode(1 / 3), "0.333333333", "in the next step")
        end },

        step "what a module sets while a step requires it" { function()
            check.equal(require "cjson_late", 7, "its depth")
        end },
        step "holds for the steps after it" { function()
            check.equal(cjson.encode_max_depth(), 7, "the depth")
            check.equal(cjson.encode(1 / 3), "0.333333333", "and what the file has set")
        end },

        step "it cannot be changed" { function()
            local ok, why = pcall(function() cjson.encode = json.encode end)
            check(not ok and tostring(why):find("cjson.encode cannot be set", 1, true), "set: %s", why)
            check.equal(require "cjson", cjson, "required once more")
        end },

        step "a module that is written for it" { function()
            local sent
            local client = jsonrpc.new(function(request)
                sent = request
                return request:find("nothing", 1, true) and '{"id":2,"error":{"code":-32601,"message":"no such method"},"result":null}'
                    or request:find("broken", 1, true) and "<html>"
                    or '{"jsonrpc":"2.0","id":1,"result":{"left":[3,4]},"error":null}'
            end)
            check.equal(json.encode(client:call("take", { 1, "two" })), '{"left":[3.0,4.0]}', "an answer")
            check.equal(sent, '{"id":1,"jsonrpc":"2.0","method":"take","params":[1,"two"]}', "what was sent")
            check.equal(select(2, client:call("nothing")), "no such method", "an error")
            check.equal(select(2, client:call("broken", { [1000] = 1 })),
                "not JSON: Expected value but found invalid token at character 1", "no JSON")
            check.equal(select(2, client:call(print)), "Cannot serialise function: type not supported", "no value")
        end },

        step "errors leave nothing behind" { function()
            local text = "[" .. ("1,"):rep(100000)
            for _ = 1, 50 do safe.decode(text) safe.encode { text, print } end
            check.equal(cjson.decode("[1]")[1], 1.0, "and it goes on")
        end },
    },
}
