#!/usr/bin/env bash
# A plan of any runbook that ships sends no write, whatever is wrong with the world.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1

writes() { curl -s "$CONTROL/requests" | jq -c 'select(.write)' | grep -v '"service":"control"'; }
fault_set() { curl -s -o /dev/null -H 'Content-Type: application/json' -d "{\"name\":\"$1\",\"weight\":$2}" "$CONTROL/faults"; }

plan() { # plan FAULT RUNBOOK [ARGS...]: it comes to its end
    timeout 100 "$RUNBOOK" plan "${@:2}" --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig" >"$WORK/out" 2>&1
    case $? in
    0 | 4) grep -q 'This was a plan: nothing was changed' "$WORK/out" || not_ok "$2 under $1: $(tail -3 "$WORK/out")" ;;
    *) not_ok "$2 under $1: $(tail -3 "$WORK/out")" ;;
    esac
}

plans() { # plans WORLD FAULT: of all runbooks that the world is for
    if [ "$1" = checkout ]; then
        plan "$2" examples/checkout/rotate_keys.lua --set retire=yes
    elif [ "$2" = k8s-429 ]; then # each of its writes is tried again for ten seconds
        plan "$2" runbooks/billing_golive.lua preflight smoke webhook postcheck
        plan "$2" runbooks/billing_golive.lua --only "weight 1 %"
    else
        plan "$2" runbooks/billing_golive.lua
        plan "$2" runbooks/billing_reconcile.lua
    fi
    [ -z "$(writes)" ] && ok "plans under $2" || not_ok "plans under $2: $(writes | head -3)"
}

faults=0
for world in billing checkout; do
    sandbox examples/$world/world.lua
    curl -s "$CONTROL/faults" | jq -r '.[] | "\(.name) \(.help)"' >"$WORK/faults"
    plans $world none
    while read -r fault help; do
        faults=$((faults + 1))
        case $help in *"only from the start"*) continue ;; esac
        fault_set "$fault" true
        plans $world "$fault"
        fault_set "$fault" false
    done <"$WORK/faults"
    sandbox_end
    for fault in $(sed -n 's/ .*only from the start.*//p' "$WORK/faults"); do
        sandbox examples/$world/world.lua --fault "$fault"
        plans $world "$fault"
        sandbox_end
    done
done
[ "$faults" -ge 28 ] && ok "that were $faults faults" || not_ok "only $faults faults"
finish
