-- JSON there and back, many times over: by `codec` cjson or json within runbook; by lua5.4 alone it is
-- lua-cjson.
local function work(codec, rounds)
    local list = {}
    for i = 1, 2000 do list[i] = { id = i, name = "a name of some length, " .. i, on = i % 2 == 0, tags = { "x", "y" } } end
    for _ = 1, rounds do codec.decode(codec.encode(list)) end
end

if not runbook then return work(require "cjson", tonumber(arg[1])) end

return runbook { name = "json", params = { codec = param { default = "json" }, rounds = param { default = 100 } },
    phase "json" { step "there and back" { function(run)
        work(run.codec == "cjson" and require "cjson" or json, run.rounds)
    end } } }
