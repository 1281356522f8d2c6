#!/usr/bin/env bash
# require "cjson": as lua-cjson does it, with the same bytes in a plan and in what is done.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
export XDG_STATE_HOME=$WORK/state
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
package=$(dpkg -L lua-cjson 2>/dev/null | grep '/5.4/cjson/util.lua$')

# --- what our test expects is what lua-cjson itself does ---------------------------------------------
cp "$ROOT/tests/lua/cjson_cases.lua" "$ROOT/tests/lua/jsonrpc.lua" .
cat >stock.lua <<'X'
local cjson, safe, listed = require "cjson", require "cjson.safe", require "cjson_cases"
local asked = 0
for _, case in ipairs(listed.cases) do
    local got = case.ours or listed.try(case, cjson.new(), safe.new())
    asked = asked + 1
    if not case.ours and got ~= case.gives then print(("%s gives\n  %s\nand not\n  %s"):format(case.name, got, case.gives)) end
end
print(asked > 70 and "asked" or "too few")
X
if lua5.4 -e 'require "cjson"' 2>/dev/null; then
    is "lua-cjson does what our test expects of us" "$(lua5.4 stock.lua 2>&1)" asked
else
    skip "lua-cjson itself: lua5.4 does not find it (lua-cjson)"
fi

# --- a module of others that is written for it ---------------------------------------------------------
if [ -n "$package" ]; then
    mkdir -p cjson && cp "$package" cjson/util.lua
    cat >util.lua <<'X'
local util, cjson, listed = require "cjson.util", require "cjson", require "cjson_cases"
return runbook { name = "util", phase "p" { step "s" { function()
    local value = cjson.decode '{"b":[1,null,"x"],"a":{"c":true}}'
    check(util.compare_values(value, cjson.decode(cjson.encode(value))), "there and back")
    check.equal(util.serialise_value(value.b, false), "{ 1.0, json.null, \"x\" }", "it writes Lua")
    util.run_test_group {
        { "a number", cjson.decode, { "-5e3" }, true, { -5000.0 } },
        { "an error", cjson.decode, { "[1,2" }, false, { "Expected comma or array end but found T_END at character 5" } },
        { "a list", cjson.encode, { { 1, 2, 3 } }, true, { "[1,2,3]" } },
    }
    local passed, total = util.run_test_summary()
    check.equal(passed, 3, "of its own tests")
    check.equal(total, 3, "in all")
end } } }
X
    expect "cjson.util of lua-cjson" 0 "util is done" "$RUNBOOK" util.lua --journal none
    rm -r cjson
else
    skip "cjson.util: lua-cjson is not installed"
fi

# --- the same bytes, planned, run and applied ----------------------------------------------------------
sandbox "$HERE/cjson_world.lua"
cat >rpc.lua <<'X'
local cjson, jsonrpc = require "cjson", require "jsonrpc"
cjson.encode_number_precision(6)
return runbook { name = "rpc", params = { rpc = param {} }, phase "p" {
    step "settings of a step" { function()
        cjson.encode_number_precision(2)
        return cjson.encode(1 / 3)
    end },
    step "call" { function(run)
        local client = jsonrpc.new(function(text)
            local answer = http.post(run.rpc, { body = text, assume = { json = { jsonrpc = "2.0", id = 1, result = 1 } } })
            return answer.body
        end)
        local seats = cjson.decode(http.get(run.rpc).body)
        seats.share, seats.zeta, seats.alpha, seats.mid, seats.more = 1 / 3, 1, 2, 3, 4
        check(client:call("set", seats), "it is set")
        http.post(run.rpc, { body = cjson.encode(seats), label = "as text", assume = { json = {} } })
        seats.id = 7
        http.post(run.rpc, { json = seats, label = "as json", assume = { json = {} } })
    end } } }
X
at=(--values "$SANDBOX/values.yaml")
expect "a plan" 0 "rpc is planned" "$RUNBOOK" plan rpc.lua "${at[@]}" -o plan.json
"$RUNBOOK" plan rpc.lua "${at[@]}" -o again.json >/dev/null 2>&1
prints() { jq -c '[.plan.writes[] | .fingerprint // .args]' "$1"; }
is "another process plans the same writes" "$(prints again.json)" "$(prints plan.json)"
is "there are three" "$(jq '.plan.writes | length' plan.json)" 3
expect "is applied" 0 "rpc is done" "$RUNBOOK" apply plan.json --yes
expect "and a run does" 0 "rpc is done" "$RUNBOOK" rpc.lua "${at[@]}" --yes
expect "also after its first step, resumed" 0 "rpc is done" bash -c '
    "$0" rpc.lua "$@" --yes --only "settings of a step" && "$0" rpc.lua "$@" --yes --from call' "$RUNBOOK" "${at[@]}"
curl -s "$CONTROL/state" | jq -r '.sent[]' >sent
is "nine requests" "$(wc -l <sent)" 9
is "of three texts" "$(sort -u sent | wc -l)" 3
is "sorted" "$(sed -n 1p sent)" \
    '{"id":1,"jsonrpc":"2.0","method":"set","params":{"alpha":2,"limit":40,"mid":3,"more":4,"seats":[{"left":3,"name":"b"},{"left":null,"name":"a"}],"share":0.33333333333333,"zeta":1}}'
is "by the settings of the file, not of a step" "$(sed -n 2p sent)" \
    '{"alpha":2,"limit":40,"mid":3,"more":4,"seats":[{"left":3,"name":"b"},{"left":null,"name":"a"}],"share":0.333333,"zeta":1}'
is "what it decoded, through json" "$(sed -n 3p sent)" \
    '{"alpha":2,"id":7,"limit":40,"mid":3,"more":4,"seats":[{"left":3,"name":"b"},{"left":null,"name":"a"}],"share":0.3333333333333333,"zeta":1}'

# --- what a plan does not know -----------------------------------------------------------------------
cat >unknown.lua <<'X'
local safe = require "cjson.safe"
return runbook { name = "unknown", params = { rpc = param {} }, phase "p" { step "s" { function(run)
    local answer = http.post(run.rpc, { body = '{"id":1}' })
    log.info("%s", safe.decode(answer.body))
end } } }
X
expect "cjson.safe does not swallow an unknown answer" 4 'declare what it would be' "$RUNBOOK" plan unknown.lua "${at[@]}"

# --- a file of that name beside the runbook is the author's ------------------------------------------
mkdir own && cd own || exit 1
echo 'return { decode = function() return "mine" end }' >cjson.lua
cat >own.lua <<'X'
local cjson = require "cjson"
return runbook { name = "own", phase "p" { step "s" { function() check.equal(cjson.decode("1"), "mine", "it is") end } } }
X
expect "a cjson.lua beside the runbook" 0 "own is done" "$RUNBOOK" own.lua --journal none
finish
