#!/usr/bin/env bash
# Approve exactly this: a plan in a file, applied once and as it stands. What it was made of must not have
# changed, what it does not contain is not done, and a signature says whose it is.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
fresh() { # an empty journal
    XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX")
    export XDG_STATE_HOME
}

# --- the go-live -------------------------------------------------------------------------------------
cp -r "$ROOT/runbooks" .
sandbox "$ROOT/examples/billing/world.lua"
at=(--values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig")
golive=(plan -q runbooks/billing_golive.lua "${at[@]}" --set bake=1s --set look_every=200ms --set wait_after_cutover=1s)
still() { # the world has not been written to since it was asked last
    local writes
    writes=$(curl -s "$CONTROL/requests" | jq -c 'select(.write)' | grep -vc '"service":"control"')
    is "$1: nothing was done" "$writes" "${writes_before:-0}"
    writes_before=$writes
}
expect "plan -o" 0 'is planned; nothing was changed' "$RUNBOOK" "${golive[@]}" -o plan.json
still "plan -o"
is "its report is that of --report" \
    "$("$RUNBOOK" "${golive[@]}" --report report.json >/dev/null 2>&1; jq -c 'keys' report.json)" \
    "$(jq -c 'del(.plan) | keys' plan.json)"
is "no secret stands in it" \
    "$(grep -cFf <(sed -n 's/^\(.*_token\|.*_secret\|stripe_key\): "\{0,1\}\([^"]*\)"\{0,1\}$/\2/p' "$SANDBOX/values.yaml") plan.json)" 0
is "nor a signature made with one" "$(jq -c '[.plan.writes[].args.headers["Stripe-Signature"] // empty | test("v1=\\[computed\\]$")] | [length, all]' plan.json)" '[4,true]'

sed -i 's/livemode = false/livemode = true/' runbooks/billing/event.lua
line=$(grep -n 'livemode = true' runbooks/billing/event.lua | cut -d: -f1)
expect "a changed line" 10 "source runbooks/billing/event.lua:$line\$
planned: .*livemode = false,
now: .*livemode = true,
plan.json is stale.*nothing was done
runbook plan runbooks/billing_golive.lua --values $SANDBOX/values.yaml --set bake=1s --set look_every=200ms --set wait_after_cutover=1s --kubeconfig $SANDBOX/kubeconfig --yes -o plan.json$" "$RUNBOOK" apply plan.json --yes
cp "$ROOT/runbooks/billing/event.lua" runbooks/billing/
echo "-- changed" >>runbooks/billing/queries.lua
expect "a changed library" 10 'source runbooks/billing/queries.lua:[0-9]+$
now: +-- changed' "$RUNBOOK" apply plan.json --yes
cp "$ROOT/runbooks/billing/queries.lua" runbooks/billing/
expect "a changed parameter" 10 'parameter bake$
planned: +1$
now: +2$
!source' "$RUNBOOK" apply plan.json --yes --set bake=2s
RUNBOOK_STARTER_CENTS=700 expect "a parameter changed by the environment" 10 'parameter starter_cents$
planned: +500$
now: +700$' "$RUNBOOK" apply plan.json --yes
still "changed"

weight() { # weight PERCENT: as somebody else would set it
    cat >weight.lua <<W
return runbook { name = "weight", params = { namespace = param "" }, phase "p" { step "s" { function(run)
    k8s.patch("ingress/billing-canary", { namespace = run.namespace, merge = { metadata = { annotations = {
        ["nginx.ingress.kubernetes.io/canary-weight"] = "$1" } } } })
end } } }
W
    "$RUNBOOK" -q weight.lua "${at[@]}" --journal none >/dev/null || not_ok "the weight could not be set"
    writes_before=$((writes_before + 1))
}
weight 5
expect "a changed weight" 10 'reading https://.* scholarlink-prod/ingress/billing-canary: metadata.annotations\[nginx.ingress.kubernetes.io/canary-weight\]$
planned: +"0"$
now: +"5"$
plan.json is stale' "$RUNBOOK" apply plan.json --yes
weight 0
still "changed weight"

cat >hidden.lua <<'X'
return runbook { name = "hidden", phase "p" { step "s" { function()
    exec { "test", "!", "-e", "hidden.json", reads = true }
    k8s.patch("ingress/billing-canary", { namespace = "scholarlink-prod", merge = { metadata = { annotations = {
        ["nginx.ingress.kubernetes.io/canary-weight"] = "9" } } } })
end } } }
X
"$RUNBOOK" plan -q hidden.lua "${at[@]:2}" -o hidden.json >/dev/null 2>&1
expect "a reading that a failure hides is not what was approved" 10 'canary-weight\]$
now: +could not be read
hidden.json is stale' "$RUNBOOK" apply hidden.json
still "a hidden reading"

cat >here.lua <<'X'
return runbook { name = "here", phase "p" { step "s" { function()
    k8s.patch("ingress/billing-canary", { merge = { metadata = { labels = { here = "yes" } } } }) end } } }
X
sed 's/namespace: .*/namespace: elsewhere/' "$SANDBOX/kubeconfig" >elsewhere
expect "a plan in the kubeconfig's namespace" 0 '' "$RUNBOOK" plan -q here.lua --kubeconfig "$SANDBOX/kubeconfig" -o here.json
expect "is none for another namespace" 10 'they differ in args.namespace
here.json is stale' "$RUNBOOK" apply here.json --kubeconfig elsewhere
still "in another namespace"
sed 's/"program":"runbook [^"]*"/"program":"runbook 0.0.9, 0123456789abcdef"/' plan.json >old.json
expect "a plan of another program" 10 'planned: +runbook 0.0.9, 0123456789abcdef
now: +runbook [0-9.]+, [0-9a-f]{16}$
old.json is stale' "$RUNBOOK" apply -n old.json
sed 's/"program":"[^"]*",//' plan.json >older.json
expect "or of one that did not say" 10 'planned: +one that did not say
older.json is stale' "$RUNBOOK" apply -n older.json
expect "not without a journal" 2 'is applied once, and only a journal can tell' "$RUNBOOK" apply plan.json --yes --journal none
expect "-n only looks" 0 'plan.json still holds; nothing was done' "$RUNBOOK" apply -n plan.json
still "-n"
expect "applied" 0 "plan [0-9a-f-]+ of billing-golive, made 20[0-9: -]+ by $(id -un) on $(hostname); not signed
billing-golive is done" "$RUNBOOK" apply plan.json --yes -q --report applied.json
is "as the run of that name" "$(jq -r .run.run applied.json)" "$(jq -r .plan.id plan.json)"
expect "but once" 10 "was applied already, as run $(jq -r .plan.id plan.json)" "$RUNBOOK" apply plan.json --yes
sandbox_end

sandbox "$ROOT/examples/billing/world.lua" --fault stripe-endpoint-missing
at=(--values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig")
expect "a plan that creates the endpoint" 0 '' "$RUNBOOK" plan -q runbooks/billing_golive.lua webhook "${at[@]}" -o endpoint.json
expect "is applied, its secret handed over" 0 'billing-golive is done' "$RUNBOOK" apply -q --yes endpoint.json
is "what it holds is in no plan" "$(jq -r '.plan.writes[] | select(.kind == "k8s.patch").args.merge.data[]' endpoint.json)" '***'
sandbox_end

# --- the door ----------------------------------------------------------------------------------------
sandbox "$HERE/apply_world.lua"
shop=$(sed -n 's/^shop: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
book() { # book FILE: a runbook around the phases on standard input
    { echo 'return runbook { name = "t", params = { what = param "x" },'; cat; echo '}'; } | sed "s|SHOP|$shop|g" >"$1"
}
done_() { curl -s "$CONTROL/state" | jq -r ".done[${1:-0}:] | join(\", \")"; }
count() { curl -s "$CONTROL/state" | jq '.done | length'; }
planned() { # planned FILE PLAN [OPTION...]
    "$RUNBOOK" plan -q "$1" -o "$2" "${@:3}" >planned.log 2>&1 || { not_ok "$1 could not be planned"; cat planned.log; }
}
fresh

book later.lua <<'X'
  phase "p" {
    step "known later" { function(run)
        local thing = http.post("SHOP/things", { json = { at = math.floor(wait.now()), run = run.id },
            assume = { status = 201, json = { id = "th_planned", size = 5 } } }):expect(201):json()
        http.patch("SHOP/things/" .. thing.id, { json = { id = thing.id, day = "2026-01-01" }, assume = {} })
        return thing.id
    end },
    step "elsewhere" { function(run)
        local id = run.results["known later"]
        http.delete("SHOP/things/" .. id .. "/tag?of=" .. id, { assume = {} })
    end },
  },
X
planned later.lua later.json
expect "what only the run can know" 0 't is done' "$RUNBOOK" apply later.json
id=$(jq -r .plan.id later.json)
is "stands where it belongs" "$(done_ | sed 's/"at":[0-9]*/"at":T/')" \
    "make {\"at\":T,\"run\":\"$id\"}, patch /things/th_real0001 {\"day\":\"2026-01-01\",\"id\":\"th_real0001\"}, delete /things/th_real0001/tag "

book read.lua <<'X'
  phase "p" {
    step "read later" { function(run)
        local thing = http.post("SHOP/things", { json = {}, assume = { json = { id = "th_planned" } } }):json()
        local part
        repeat
            part = http.get("SHOP/things/" .. thing.id .. "/part", { assume = { json = { part = "pt_planned" } } }):json().part
        until part ~= json.null
        local key = http.post("SHOP/keys", { sensitive = true, secret = { "key" },
            assume = { json = { id = "ky_planned", key = "key-as-planned" } } }):json()
        http.patch("SHOP/parts/" .. part, { json = { key = key.key, id = key.id }, assume = {} })
    end },
  },
X
planned read.lua read.json
before=$(count)
expect "what a read answers after a write" 0 't is done
!very-secret' "$RUNBOOK" apply read.json
is "stands where it belongs, too" "$(done_ "$before" | sed 's/.*, patch/patch/')" \
    'patch /parts/pt_real02 {"id":"ky_real","key":"very-secret-key-1"}'

# The switch tells plan and run apart: it is on only once it has been switched on.
book more.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "switch" { function() http.put("SHOP/switch", { body = "on", assume = { status = 204 } }) end,
        undo = function() http.put("SHOP/switch", { body = "off" }) end },
    step "look" { lasting = "b and c are kept", function(run)
        http.patch("SHOP/a", { json = { n = 1 }, assume = {} })
        local on = http.get("SHOP/switch"):json().switch == "on"
        if run.what == "skip" and on then return end
        if run.what == "other" then
            pcall(http.patch, "SHOP/b", { json = { n = on and 3 or 2 }, assume = {} })
        elseif run.what == "more" and on then
            pcall(http.delete, "SHOP/everything")
        elseif run.what == "skip" then
            http.patch("SHOP/b", { json = { n = 2 }, assume = {} })
        end
        http.patch("SHOP/c", { json = { n = 4 }, assume = {} })
    end },
  },
X
planned more.lua more.json --set what=more
before=$(count)
expect "a write more is not done, and all is rolled back" 10 'was halted in "look", and the changes were rolled back: the plan does not contain
the plan has: +PATCH '"$shop"'/c  \(more.lua:[0-9]+\)
the run wants: +DELETE '"$shop"'/everything  \(more.lua:[0-9]+\)
they differ in args
plan anew' "$RUNBOOK" apply more.json
is "that was so" "$(done_ "$before")" 'switch on, patch /a {"n":1}, switch off'
planned more.lua other.json --set what=other
before=$(count)
expect "another write is not done" 10 'they differ in args.json.n
planned: 2
wanted: +3' "$RUNBOOK" apply other.json
is "that was so, too" "$(done_ "$before")" 'switch on, patch /a {"n":1}, switch off'
planned more.lua skip.json --set what=skip
before=$(count)
expect "a write less is fine" 0 't is done' "$RUNBOOK" apply skip.json
is "and was left out" "$(done_ "$before")" 'switch on, patch /a {"n":1}'
curl -s -X PUT -d off "$shop/switch"

sed 's/on_failure = "rollback",//' more.lua >halt.lua
planned halt.lua halt.json --set what=more
before=$(count)
expect "without a rollback it stops" 10 'was halted in "look": the plan does not contain
runbook rollback' "$RUNBOOK" apply halt.json
expect "resumed, it is held to the plan still" 10 'was halted in "look": the plan does not contain' "$RUNBOOK" resume
expect "an upgrade is none of it" 10 'it applies a plan' "$RUNBOOK" resume --upgrade
expect "and can be rolled back" 0 'was rolled back' "$RUNBOOK" rollback "$(jq -r .plan.id halt.json)"
is "what was done meanwhile" "$(done_ "$before")" 'switch on, patch /a {"n":1}, switch off'

book now.lua <<'X'
  phase "p" { step "one" { function() http.patch("SHOP/" .. http.get("SHOP/switch"):json().switch, { assume = {} }) end } },
X
planned now.lua now.json
curl -s -X PUT -d on "$shop/switch"
before=$(count)
expect "a write that would be another already" 10 'a write at now.lua:2
the plan has: +PATCH '"$shop"'/off
the run wants: +PATCH '"$shop"'/on
now.json is stale' "$RUNBOOK" apply now.json
is "was not begun" "$(count)" "$before"

book many.lua <<'X'
  phase "p" { step "all" { function()
      for i = 1, math.random(1, 3) do wait.sleep("1ms") end
      each({ "a", "b", "c", "d" }, { limit = 4 }, function(name)
          wait.sleep(("%dms"):format(math.random(1, 40)))
          http.patch("SHOP/" .. name, { assume = {} })
          http.patch("SHOP/" .. name .. "2", { assume = {} })
      end)
  end } },
X
planned many.lua many.json
expect "branches come as they come" 0 't is done' "$RUNBOOK" apply many.json

book killed.lua <<'X'
  phase "p" {
    step "make" { function() return http.post("SHOP/things", { json = {}, idempotency_key = "k",
        assume = { json = { id = "th_planned" } } }):json().id end },
    step "use" { function(run)
        http.delete("SHOP/things/" .. run.results.make, { repeatable = true, assume = {} })
        http.patch("SHOP/last", { repeatable = true, assume = {} })
    end },
  },
X
planned killed.lua killed.json
mortal '"at":2,"when":"after"' "$RUNBOOK" apply killed.json >/dev/null 2>&1
is "killed" $? 137
expect "goes on under its plan" 0 't is done' "$RUNBOOK" resume

# --- signatures --------------------------------------------------------------------------------------
openssl genpkey -algorithm ed25519 -out key.pem 2>/dev/null
openssl pkey -in key.pem -pubout -out pub.pem
openssl genpkey -algorithm ed25519 -out other.pem 2>/dev/null
openssl pkey -in other.pem -pubout -out other.pub
book signed.lua <<'X'
  phase "p" { step "one" { function() http.patch("SHOP/one", { assume = {} }) end } },
X
planned signed.lua unsigned.json
planned signed.lua signed.json --sign key.pem
sed 's/,"signature":{[^}]*}}$/}/' signed.json | tr -d '\n' >signed.bytes
jq -r .signature.value signed.json | base64 -d >signed.sig
expect "OpenSSL agrees" 0 'Verified Successfully' openssl pkeyutl -verify -rawin -pubin -inkey pub.pem -in signed.bytes -sigfile signed.sig
before=$(count)
expect "unsigned" 8 'unsigned.json is not signed, and a signature is required' "$RUNBOOK" apply --require-signature pub.pem unsigned.json
expect "another key" 8 'is signed by another key than the one in other.pub' "$RUNBOOK" apply --require-signature other.pub signed.json
sed 's|/one|/two|g' signed.json >forged.json
expect "changed" 8 'changed after it was signed' "$RUNBOOK" apply --require-signature pub.pem forged.json
expect "changed, and nobody asks for a signature" 8 'changed after it was signed' "$RUNBOOK" apply forged.json
size=$(stat -c %s signed.json)
wrong=0
for at in $(seq 1 $((size / 40)) "$size") $((size - 1)); do # another byte, at many places
    { head -c "$((at - 1))" signed.json; printf 'x'; tail -c "+$((at + 1))" signed.json; } >byte.json
    cmp -s byte.json signed.json && continue
    "$RUNBOOK" apply --require-signature pub.pem byte.json >/dev/null 2>&1
    case $? in 2 | 8) ;; *) wrong=$((wrong + 1)) ;; esac
done
is "one byte changed" $wrong 0
is "none was begun" "$(count)" "$before"
expect "the right one" 0 'signed by the key in pub.pem
t is done' "$RUNBOOK" apply --require-signature pub.pem signed.json
planned signed.lua again.json --sign key.pem
expect "signed, and nobody asks" 0 "signed by the key [A-Za-z0-9+/]{43}= \\(--require-signature" "$RUNBOOK" apply again.json
openssl genpkey -algorithm ed25519 -aes256 -pass pass:x -out locked.pem 2>/dev/null
openssl genpkey -algorithm X25519 -out x25519.pem 2>/dev/null
rm -f no.json
for key in nowhere.pem pub.pem locked.pem x25519.pem signed.lua; do
    expect "no key to sign with: $key" 2 "the plan was not written: .*$key" "$RUNBOOK" plan -q signed.lua -o no.json --sign $key
done
[ -e no.json ] && not_ok "a plan that could not be signed was written" || ok "and no plan is left"

# --- files that are no plans -------------------------------------------------------------------------
echo '{"a":1}' >foreign.json
: >empty.json
jq -c '.plan.format = 9' unsigned.json >future.json
jq -c 'del(.plan.sources)' unsigned.json >partial.json
jq . unsigned.json >pretty.json
head -c 500 unsigned.json >cut.json
for case in 'foreign is no plan; one is made with' 'empty is no plan, or not the whole' 'cut is no plan, or not the whole' \
    'future was made by a newer runbook \(format 9' 'partial is no plan that can be applied' 'pretty was changed after it was made'; do
    expect "${case%% *}" 2 "${case%% *}.json ${case#* }" "$RUNBOOK" apply "${case%% *}.json"
done
expect "no such file" 2 'nowhere.json.*No such file' "$RUNBOOK" apply nowhere.json
expect "a runbook is no plan" 2 'is no plan' "$RUNBOOK" apply signed.lua
expect "a plan has its phases" 2 'apply takes no phases' "$RUNBOOK" apply unsigned.json p
expect "-o is for plan" 2 'is for plan' "$RUNBOOK" signed.lua -o x.json
book problem.lua <<'X'
  phase "p" { step "one" { function() check.fail("not today") end } },
X
expect "a plan with a problem is not written" 4 'problem.json was not written' "$RUNBOOK" plan problem.lua -o problem.json
finish
