#!/usr/bin/env bash
# What a plan says comes true: for each runbook that ships it lists the writes that the run then makes, in
# their order, knows every answer that it needs, and says what is undone when a step fails.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
export XDG_STATE_HOME=$WORK

# What differs from run to run: names of runs, and of what Stripe and the checkout make.
plain() { sed -E 's/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}/ID/g; s/(evt|pi)_[a-zA-Z0-9_]+/\1_X/g'; }
planned_writes() { # planned_writes PLAN [CONDITION]
    jq -r ".phases[].steps[].effects[]? | select(.access == \"write\" ${2-}) | .kind + \" \" + .summary" "$1" | plain
}
made_writes() { # made_writes RUN [CONDITION]
    jq -r "select(.event == \"effect.ended\" and .access == \"write\" and .outcome == \"done\" ${2-}) | .kind + \" \" + .summary" "$1" | plain
}

# same_writes NAME COUNT RUNBOOK [ARGS...]: the plan, then the run.
same_writes() {
    local name=$1 count=$2
    shift 2
    "$RUNBOOK" plan "$@" --output json >"$WORK/plan.json" || { not_ok "$name: the plan failed"; return; }
    [ "$(jq '[.phases[].steps[].effects[]? | select(.sure == "not known")] | length' "$WORK/plan.json")" = 0 ] &&
        ok "$name: nothing is unknown" || not_ok "$name: $(jq -c '.phases[].steps[].effects[]? | select(.sure == "not known") | .summary' "$WORK/plan.json")"
    "$RUNBOOK" run "$@" --yes --output ndjson >"$WORK/run.ndjson" 2>"$WORK/err" || { not_ok "$name: the run failed: $(tail -3 "$WORK/err" "$WORK/run.ndjson")"; return; }
    planned_writes "$WORK/plan.json" >"$WORK/planned"
    made_writes "$WORK/run.ndjson" >"$WORK/made"
    [ "$(wc -l <"$WORK/made")" -eq "$count" ] || not_ok "$name: $(wc -l <"$WORK/made") writes, expected $count"
    diff "$WORK/planned" "$WORK/made" >"$WORK/diff" && ok "$name: $count writes as planned" || not_ok "$name: planned and made differ: $(cat "$WORK/diff")"
    planned_writes "$WORK/plan.json" "and (.refused | not)" |
        diff - <(made_writes "$WORK/run.ndjson" "and (.refused | not)") >/dev/null || not_ok "$name: others are refused"
    jq -r '.outlook.changes[].summary' "$WORK/plan.json" | plain | diff - <(sed 's/^[^ ]* //' "$WORK/planned") >/dev/null &&
        ok "$name: the outlook lists them" || not_ok "$name: the outlook lists others"
}

sandbox examples/checkout/world.lua
same_writes "rotate_keys" 5 examples/checkout/rotate_keys.lua --values "$SANDBOX/values.yaml" --set retire=yes
sandbox_end

quick="--set bake=1s --set look_every=250ms --set min_requests=2 --set min_latency_requests=2 --set wait_after_cutover=1s"
golive() { echo runbooks/billing_golive.lua --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig" $quick; }
sandbox examples/billing/world.lua --fault stripe-endpoint-missing
same_writes "billing_golive" 14 $(golive)
same_writes "billing_reconcile" 0 runbooks/billing_reconcile.lua --values "$SANDBOX/values.yaml"
sandbox_end

# --- what follows a failure, as said and as it comes about ----------------------------------------------
sandbox examples/billing/world.lua
"$RUNBOOK" plan $(golive) --output json >"$WORK/plan.json"
expect "the outlook says what is undone" 0 '^weight 100 %, the same undo as of weight 1 %, weight 5 %, weight 20 % and weight 50 %: patch ingress/billing-canary: canary weight 100 -> 0 %$' \
    jq -r '.outlook.if_it_fails[] | select(.phase == "canary") | .undo[]' "$WORK/plan.json"
expect "and what stays, and why" 0 "^the probe's single credit stays on the go-live account true$" \
    jq -r '.outlook.if_it_fails[] | select(.phase == "webhook") | .stays[] | "\(.text) \(.lasting)"' "$WORK/plan.json"
expect "a phase that changes nothing" 0 'then the run stops. Nothing has been changed' \
    jq -r '.outlook.if_it_fails[] | select(.phase == "preflight") | .then' "$WORK/plan.json"
before=$(curl -s "$CONTROL/state")
expect "--assume-failure" 0 'assumed to fail at its end
undo of weight 20 %
canary weight 20 -> 0 %.*checked by the server
the canary weight of ingress/billing-canary is 0 +holds as assumed
planned as if "weight 20 %" failed; nothing was changed
!weight 50 %
!until the post-checks' "$RUNBOOK" plan $(golive) --assume-failure "weight 20 %"
[ "$before" = "$(curl -s "$CONTROL/state")" ] && ok "changes nothing" || not_ok "changed something"
expect "--assume-failure of no step" 2 "has no step 'weight 30 %'" "$RUNBOOK" plan $(golive) --assume-failure "weight 30 %"
expect "--assume-failure of a run" 2 'it belongs to a plan' "$RUNBOOK" run $(golive) --assume-failure "weight 20 %"
"$RUNBOOK" plan $(golive) --assume-failure "weight 20 %" --output json | jq -r '.rollback.undos[].name' >"$WORK/planned"
curl -s -o /dev/null -H 'Content-Type: application/json' -d '{"name":"db-cpu","weight":20}' "$CONTROL/faults"
"$RUNBOOK" run $(golive) --output ndjson >"$WORK/run.ndjson" 2>/dev/null
jq -r 'select(.event == "undo.ended") | .step' "$WORK/run.ndjson" | diff "$WORK/planned" - >/dev/null &&
    ok "a run that fails there undoes the same" || not_ok "a run that fails there undoes something else"
made_writes "$WORK/run.ndjson" "and (.refused | not)" >"$WORK/made"
"$RUNBOOK" plan $(golive) --assume-failure "weight 20 %" --output json | jq -r '.outlook.changes[] | select(.refused | not) | .summary' | plain |
    diff - <(sed 's/^[^ ]* //' "$WORK/made") >"$WORK/diff" && ok "and makes the same changes" || not_ok "and makes others: $(cat "$WORK/diff")"
sandbox_end

# A plan that a step has cut short does not say that nothing can be rolled back: it has not seen it.
cat >"$WORK/short.lua" <<'L'
return runbook { name = "short",
  phase "looks" { step "looks" { function() check(false, "all is well") exec { "true" } end } },
  phase "makes" { step "makes" { function() made = exec { "true" } end } },
  phase "reads" { on_failure = "rollback",
      step "reads" { function() check(made.out == "x", "made") exec { "true" } end, undo = function() exec { "true" } end } },
  phase "more" { on_failure = "rollback",
      step "more" { function() exec { "true" } end, undo = function() exec { "true" } end } },
}
L
expect "a plan that was cut short" 4 '^  looks +The run stops. The plan did not come far enough to tell what has been changed by then
^  reads +The changes are rolled back, as far as their steps have an undo; the plan did not come far enough
^  more +The changes are rolled back, last first; of these the plan knows:
!nothing that could' "$RUNBOOK" plan "$WORK/short.lua"

finish
