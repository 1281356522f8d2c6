#!/usr/bin/env bash
# A probe says that a write was done, and nobody has seen its answer: what only verifies the answer passes, what reads
# of it is told why that is not known, and the probe may give the answer itself. A plan says so beforehand.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/journal_world.lua"
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
# book NAME BODY: a runbook whose one step, which is rolled back, pays; PROBE in the body looks whether it has.
book() {
    local probe="http.get(\"$till/paid?\" .. run.what):json().times > 0"
    printf 'return runbook { name = "t", params = { what = param "" }, phase "p" { on_failure = "rollback", step "pays" {\n  undo = function(run) http.delete("%s/pay?" .. run.what) end,\n  function(run)\n%s\n  end } } }\n' \
        "$till" "${2//PROBE/$probe}" | sed "s|TILL|$till|g" >"$1.lua"
}
fresh() {
    XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX")
    export XDG_STATE_HOME RUNBOOK_WHAT=$1
}
all_of() { curl -s "$CONTROL/state" | jq --arg t "/pay?$RUNBOOK_WHAT" "[.$1[] | select(. == \$t)] | length"; }
killed() { mortal '"at":1,"when":"after"' "$RUNBOOK" "$1.lua" >log 2>&1; is "killed: $1" $? 137; }
# both NAME CODE PATTERN PAID: its probe settles it in a run under way, and in one that was killed; how often it is
# paid and paid back.
both() {
    fresh "$1-hang"
    expect "$1, live" "$2" "its probe says that it was done
$3" "$RUNBOOK" "$1.lua"
    is "$1, live: paid, and paid back" "$(all_of paid) $(all_of refunds)" "$4"
    fresh "$1-killed"
    killed "$1"
    expect "$1, resumed" "$2" "its probe says that it was done
$3" "$RUNBOOK" resume
    is "$1, resumed: paid, and paid back" "$(all_of paid) $(all_of refunds)" "$4"
}

book verifies 'local a = http.post("TILL/pay?" .. run.what, { probe = function() return PROBE end }):expect(201)
    check(a.ok, "it was paid")  a:expect(204)'
both verifies 0 't is done' "1 0"
fresh verifies
expect "where it is answered it is verified" 5 'answered 201, expected 204' "$RUNBOOK" verifies.lua

book reads 'local a = http.post("TILL/pay?" .. run.what, { probe = function() return PROBE end }):expect(201)
    log.info("number %d", a:json().number)'
both reads 5 'the answer of "POST .*/pay.*" is not known: nobody has seen it; declare what it would be with `assume = ...` on the call at reads.lua:[0-9]+, or let its `probe` return it' "1 1"
for field in status headers body 'json()'; do
    book "reads" 'local a = http.post("TILL/pay?" .. run.what, { probe = function() return PROBE end }):expect(201) log.info("%s", a.'"$field)"
    fresh "reads-$field-hang"
    expect "so for $field" 5 'is not known: nobody has seen it' "$RUNBOOK" reads.lua
done

# What a step returns of such an answer is not known, and that is no reason to take back what was done.
book returns 'return http.post("TILL/pay?" .. run.what, { probe = function() return PROBE end }):expect(201)'
sed -i 's/  end } } }$/  end },\n  step "asks" { function(run)\n    local ok, why = pcall(function() return run.results.pays end)\n    log.info("has %s, %s", run.has("pays"), tostring(why))\n  end } } }/' returns.lua
both returns 0 'has false, what the step "pays" returned is not known, for it was kept without it: nobody has seen the answer' "1 0"

book gives 'local a = http.post("TILL/pay?" .. run.what, { probe = function()
        return PROBE and { status = 201, json = { number = 7 } } or false
    end }):expect(201)
    log.info("number %d, %d, %s", a:json().number, a.status, a.probed)
    http.post("TILL/pay?" .. run.what .. "-after", { repeatable = true })'
both gives 0 'number 7, 201, true' "1 0"
fresh gives-killed-twice
killed gives
mortal '"at":2,"when":"after"' "$RUNBOOK" resume >log 2>&1
is "killed once more behind it" $? 137
expect "what it gave is kept" 0 'number 7, 201, true' "$RUNBOOK" resume
book passes 'local a = http.post("TILL/pay?" .. run.what, { probe = function() return http.get("TILL/paid?" .. run.what) end }):expect(201)
    log.info("%d times, %s", a:json().times, a.ok)'
both passes 0 '1 times, true' "1 0"
n=0
for odd in '{ 1, 2 }' '{ a = print }' '{ number = 7 }'; do
    book odd 'http.post("TILL/pay?" .. run.what, { probe = function() return PROBE and '"$odd"' end })'
    fresh odd-$((n += 1))-hang
    expect "a table that is no answer: $odd" 5 'its probe could not tell: it returned a table, but' "$RUNBOOK" odd.lua
done
book declared 'local a = http.post("TILL/pay?" .. run.what, { assume = { status = 201, json = { number = 9 } }, probe = function() return PROBE end }):expect(201)
    log.info("number %d", a:json().number)'
both declared 0 'number 9' "1 0"

# A person's word is as good as a probe's.
book asked 'http.post("TILL/pay?" .. run.what):expect(201)'
fresh asked
killed asked
seq=$("$RUNBOOK" show --output json | jq '.effects[] | select(.access == "write").seq')
expect "a person says that it was done" 0 't is done' "$RUNBOOK" resume --resolve "$seq=done"
is "a person says: paid once" "$(all_of paid) $(all_of refunds)" "1 0"

cat >cluster.lua <<'X'
return runbook { name = "cluster", params = { what = param "" }, phase "p" { step "s" { function(run)
    local made = k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { generateName = run.what .. "-", labels = { of = run.what } } },
        { probe = function() return k8s.list("configmaps", { selector = "of=" .. run.what })[1] or false end })
    log.info("made %s", made.metadata.name)
end } } }
X
fresh of-a-cluster
export KUBECONFIG=$SANDBOX/kubeconfig
mortal '"at":1,"when":"after","writes":true,"services":["kubernetes"]' "$RUNBOOK" cluster.lua >log 2>&1
is "killed: cluster" $? 137
expect "the probe of an object gives it" 0 'made of-a-cluster-' "$RUNBOOK" resume
is "it was made once" "$(curl -s "$CONTROL/requests" | jq -c 'select(.service == "kubernetes" and .method == "POST")' | grep -c .)" 1
unset KUBECONFIG

cat >program.lua <<'X'
return runbook { name = "program", phase "p" { step "s" { function()
    local got = exec { "sh", "-c", "touch did; sleep 20", timeout = "500ms", probe = function()
        return exec { "test", "-e", "did", reads = true, ok = { 0, 1 } }.status == 0 and { out = "as it was" } end }
    log.info("%s, %d", got.out, got.status)
end } } }
X
expect "a program's probe gives what it said" 0 'as it was, 0' "$RUNBOOK" program.lua

# --- in a plan ------------------------------------------------------------------------------------------------
warning='a run whose probe says that it was done does not know its answer: declare `assume`, or let the probe return it'
book plain 'http.post("TILL/pay?" .. run.what, { probe = function() return true end })'
expect "a plan warns of an answer that nobody would know" 0 "write +POST
$warning" "$RUNBOOK" plan plain.lua
expect "not where it is declared" 0 "!$warning" "$RUNBOOK" plan declared.lua
sed -i 's/, { probe.*})/)/' plain.lua
expect "nor without a probe" 0 "!$warning" "$RUNBOOK" plan plain.lua
finish
