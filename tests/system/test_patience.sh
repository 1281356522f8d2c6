#!/usr/bin/env bash
# What is away for a moment: a healthy canary stays where it is, and an undo is tried until somebody
# answers it.
. "$(dirname "$0")/lib.sh"

cat >"$WORK/canary.lua" <<'LUA'
local canary = require "runbook.canary"
return runbook {
    name = "patience", allow = { "http * ${figure}", "k8s * ingresses in n" },
    params = { figure = param {}, patience = param { default = "20s" }, length = param { default = "2s" } },
    phase "canary" { on_failure = "rollback",
        canary.steps { router = canary.nginx { ingress = "web", namespace = "n" }, weights = { 20 },
            metrics = function() return {} end, bake = "${length}", every = "200ms", patience = "${patience}",
            gates = { gate "figure" { below = 5, query = function(run)
                return tonumber(http.get(run.figure):expect(200).body)
            end } } },
    },
}
LUA
cat >"$WORK/shop.lua" <<'LUA'
return runbook {
    name = "shop", allow = { "http * ${shop}" }, params = { shop = param {} },
    phase "order" { on_failure = "rollback",
        step "order" { function(run) http.post(run.shop .. "/order", { body = "x" }):expect(201) end,
            undo = function(run) http.delete(run.shop .. "/order"):expect(200) end },
        step "pay" { function() check.fail("no money") end },
    },
}
LUA

# run NAME FAULTS [ARGS...]: runs $WORK/NAME.lua against a world with those faults. What it ends with is
# in $code, $out and, of the world, $state and $requests.
run() {
    local name=$1 args=() fault
    for fault in $2; do args+=(--fault "$fault"); done
    sandbox "$HERE/patience_world.lua" "${args[@]}"
    began=$(date +%s%N)
    out=$(XDG_STATE_HOME=$SANDBOX timeout -k 5 100 "$RUNBOOK" "$WORK/$name.lua" --values "$SANDBOX/values.yaml" \
        --kubeconfig "$SANDBOX/kubeconfig" "${@:3}" 2>&1 </dev/null)
    code=$?
    took=$((($(date +%s%N) - began) / 1000000))
    state=$(curl -s "$CONTROL/state")
    requests=$(curl -s "$CONTROL/requests")
    sandbox_end
}

# is NAME EXIT STATE PATTERNS: as `run` left it. PATTERNS as those of expect.
is() {
    local pattern wrong=""
    [ "$code" -eq "$2" ] || wrong="exit $code instead of $2"
    grep -q "$3" <<<"$state" || wrong="$wrong; the world is $state, and not $3"
    while IFS= read -r pattern; do
        case $pattern in
        "") ;;
        !*) grep -Eq -- "${pattern#!}" <<<"$out" && wrong="$wrong; has '${pattern#!}'" ;;
        *) grep -Eq -- "$pattern" <<<"$out" || wrong="$wrong; lacks '$pattern'" ;;
        esac
    done <<<"$4"
    if [ -z "$wrong" ]; then
        ok "$1"
    else
        not_ok "$1: $wrong"
        sed 's/^/        | /' <<<"$out"
    fi
}

# How many changes of that kind the world was sent.
back() { grep -c '"method":"PATCH"' <<<"$requests"; }
deletes() { grep -c '"method":"DELETE"' <<<"$requests"; }

for fault in get-500@1 get-500@6 get-502@1 get-reset@1; do
    run canary "$fault"
    is "a bake bears $fault" 0 '"weight":20' "patience is done"
done
run canary get-500@6
is "what is borne is said" 0 '"weight":20' "no answer, borne for 20s: GET .*500"
run canary away@2
is "a bake bears an API server that is away" 0 '"weight":20' "patience is done"
run canary get-500@12 --set patience=1s
is "but not for longer than patience lasts" 5 '"weight":0' "GET .*500"
run canary get-403@1
is "a refusal is none to be borne" 5 '"weight":0' "GET .*403"

run canary "breach away@5"
is "an API server away for five seconds at the undo leaves no traffic" 5 '"weight":0' \
    "gate \"figure\" is breached
rolled back"
for how in 500 502 503 reset; do
    run canary "breach patch-$how@3"
    is "an undo that got $how is tried for longer than three attempts" 5 '"weight":0' \
        "the undo waits: PATCH .*
It is tried again in 1s, for 10m at most. It goes on after Ctrl-C; a second one ends it
It is tried again in 4s"
done
run canary "breach patch-500@99" --undo-patience 2s
is "--undo-patience is how long" 6 '"weight":20' "its undo failed
answered 500"
[ "$took" -lt 20000 ] && ok "and no longer" || not_ok "it took $took ms"
run canary "breach patch-500@2" --undo-patience 0s
is "an undo has three attempts without it" 5 '"weight":0' "!tried again"
for how in 403 422; do
    run canary "breach patch-$how@1"
    is "$how at the undo is final" 6 '"weight":20' "NOT undone: weight 20 %"
    [ "$(back)" -eq 2 ] && ok "and is not tried again" || not_ok "$how was tried $(back) times"
done
run canary "breach patch-409@12"
is "409 at the undo is looked at anew" 5 '"weight":0' "rolled back"

run shop shop-429@2 --output ndjson
is "429 at the undo is waited for as long as it says" 5 '"order":false' '"code":"http.429".*"retry_in":2[,}.]'
[ "$took" -ge 4000 ] && ok "and no shorter" || not_ok "it took $took ms"
run shop shop-503@4
is "503 is what a check on the answer fails with, and is tried again" 5 '"order":false' "tried again in 8s"
run shop shop-away@3
is "a shop that is away is waited for" 5 '"order":false' "connection refused"
run shop shop-404@1
is "404 at the undo is final" 6 '"order":true' "its undo failed
answered 404"
[ "$(deletes)" -eq 1 ] && ok "and is not tried again" || not_ok "404 was tried $(deletes) times"

# A signal does not end a rollback that waits; a second one does, and the rollback is gone on with.
sandbox "$HERE/patience_world.lua" --fault shop-503@99
export XDG_STATE_HOME=$SANDBOX
"$RUNBOOK" "$WORK/shop.lua" --values "$SANDBOX/values.yaml" >"$WORK/waits" 2>&1 </dev/null &
pid=$!
wait_for 20 grep -q "tried again in" "$WORK/waits"
kill -INT $pid
wait_for 20 grep -q "the rollback goes on; once more ends it at once, and this takes it up again" "$WORK/waits" &&
    ok "the first signal says how to get out" || { not_ok "the first signal says nothing"; cat "$WORK/waits"; }
kill -0 $pid && ok "and ends nothing" || not_ok "the first signal ended it"
sleep 0.4 # it is no echo of the first
kill -INT $pid
wait $pid
[ $? -eq 130 ] && ok "the second ends it" || not_ok "the second did not end it"
curl -s -d '{"name":"shop-503","weight":1}' "$CONTROL/faults" >/dev/null
expect "and rollback RUN goes on, with patience of its own" 0 "was rolled back
tried again" "$RUNBOOK" rollback "$(grep -o 'rollback [^ ]*' "$WORK/waits" | head -1 | cut -d' ' -f2)"
curl -s "$CONTROL/state" | grep -q '"order":false' && ok "to its end" || not_ok "the order stands"

# A failure that is answered from the journal has its code again.
cat >"$WORK/codes.lua" <<'LUA'
return runbook {
    name = "codes", allow = { "http * ${shop}", "http * http://127.0.0.1:1" }, params = { shop = param {} },
    phase "p" { step "look" { lasting = "it may stay", function(run)
        local ok, why = pcall(http.get, "http://127.0.0.1:1/")
        check.equal(why.code, "no_answer", "the code")
        http.post(run.shop .. "/order"):expect(201)
        http.get(run.shop .. "/order"):expect(200)
    end } },
}
LUA
sandbox "$HERE/patience_world.lua"
export XDG_STATE_HOME=$SANDBOX
mortal '"at":2,"when":"before"' "$RUNBOOK" "$WORK/codes.lua" --values "$SANDBOX/values.yaml" >/dev/null 2>&1
expect "a failure out of the journal has its code" 0 '"access":"read".*"code":"no_answer".*"replayed":true
"text":"the code is .{1,3}no_answer' "$RUNBOOK" resume --output ndjson

expect "a length of time is wanted" 2 "undo-patience wants a length of time" "$RUNBOOK" run x.lua --undo-patience soon
finish
