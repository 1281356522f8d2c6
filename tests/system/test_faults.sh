#!/usr/bin/env bash
# The billing go-live against every fault of its sandbox: the exit code, a message that names the cause,
# and where the canary's weight ends.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1

# fault | exit | weight at the end | patterns, joined by &&
table='
none                   | 0 | 100 | billing-golive is done
stripe-endpoint-missing| 0 | 100 | the endpoint was created
cert-pending-http01    | 4 | 0   | challenge/\S+ \(HTTP-01 for \S+\) is pending && wrong status code .404. && likely cause: the path /.well-known/acme-challenge/ && Ingress
cert-pending-dns01     | 4 | 0   | challenge/\S+ \(DNS-01 for \S+\) is pending && not yet propagated && likely cause: the TXT record && credentials
cert-expired           | 4 | 0   | Ready is False \(Expired && likely cause: it ran out && the chain that .* serves verifies \(expired\)
deployment-stuck       | 4 | 0   | deployment/billing-canary: .*exceeded its progress deadline
healthz-down           | 4 | 0   | /healthz answered 503, expected 200
http-5xx@20            | 5 | 0   | gate "error rate" is breached: [0-9.]+ %, the limit is below 0.5 % && weight 20 %
p95-tripled@5          | 5 | 0   | gate "p95 latency" is breached: [12][0-9]+ ms, the limit is below 160 ms \(2 x baseline 80 ms\)
webhook-failures       | 5 | 0   | gate "webhook failures" is breached: [5-9][0-9.]* %, the limit is below 5 %
webhook-failures@5     | 5 | 0   | gate "webhook failures" is breached
duplicate-credit       | 5 | 0   | ledger entries after delivering the event twice is 2, expected 1
duplicate-credit@100   | 6 | 100 | ledger entries after delivering the event again is 2, expected 1
idempotency-unstable@1 | 5 | 0   | gate "idempotency conflicts" is breached: [0-9.]+, the limit is at most 0
ledger-write-errors@1  | 5 | 0   | gate "ledger write errors" is breached: [0-9.]+, the limit is at most 0
db-cpu@20              | 5 | 0   | gate "DB CPU" is breached: 85 %, the limit is below 80 %
db-connections@1       | 5 | 0   | gate "DB connections" is breached: 85 %, the limit is below 80 %
no-traffic             | 4 | 0   | gives no single figure: (NaN|no series matched)|enough traffic for a baseline
no-traffic@5           | 5 | 0   | gate ".*" \(limit .*\) had no verdict for .*, which is not a pass: NaN
metrics-down           | 4 | 0   | 503 && metrics
metrics-hangup         | 4 | 0   | closed the connection|without an answer|empty reply
metrics-down@5         | 5 | 0   | had no verdict for .* 503
alert-firing           | 4 | 0   | no alert fires for .*but these do: BillingHighErrorRate \(critical\)
alert-silenced         | 4 | 0   | silenced is not quiet
alert-firing@100       | 6 | 100 | BillingHighErrorRate && weight 1 %: it was not undone
csv-no-correlation     | 6 | 100 | every row has a correlation id; [0-9]+ have none, the first is record
csv-formula            | 6 | 100 | no field is taken for a formula; the first is in record
csp-violations@100     | 6 | 100 | the number of CSP violations is [0-9]+, expected 3
stripe-down            | 4 | 0   | stripe|Stripe && 503
k8s-409                | 5 | 0   | PATCH .*billing-canary && 409
k8s-429                | 5 | 0   | PATCH .*billing-canary && 429
k8s-500                | 5 | 0   | PATCH .*billing-canary && 500
k8s-away@20            | 0 | 100 | billing-golive is done
k8s-reads-500          | 0 | 100 | billing-golive is done
k8s-409@5              | 6 | 5   | its undo failed && 409
'

one() { # one FAULT EXIT WEIGHT PATTERNS: in a subshell of its own; prints the verdict
    local fault=$1 code=$2 weight=$3 patterns=$4 args=() out got at wrong=""
    [ "$fault" = none ] || args=(--fault "$fault")
    pids=()
    sandbox examples/billing/world.lua "${args[@]}"
    export XDG_STATE_HOME=$SANDBOX
    export RUNBOOK_LOCK_DIR=$SANDBOX/locks # they run side by side, and each is the only one of its target
    out=$(timeout 100 "$RUNBOOK" runbooks/billing_golive.lua --values "$SANDBOX/values.yaml" \
        --kubeconfig "$SANDBOX/kubeconfig" --set bake=1s --set look_every=250ms --set patience=3s \
        --set min_requests=2 --set min_latency_requests=2 --set wait_after_cutover=1s \
        --lease "$([[ $fault = k8s-??? ]] && echo none || echo scholarlink-prod/billing-golive)" 2>&1 </dev/null)
    got=$?
    at=$(curl -s "$CONTROL/state" | jq -r '.. | objects | select(.kind? == "Ingress" and .metadata.name == "billing-canary")
        | .metadata.annotations["nginx.ingress.kubernetes.io/canary-weight"]')
    sandbox_end
    [ "$got" = "$code" ] || wrong="exit $got instead of $code"
    [ "$at" = "$weight" ] || wrong="$wrong; the weight is '$at' instead of $weight"
    while [ -n "$patterns" ]; do
        local pattern=${patterns%% && *}
        grep -Eq -- "$pattern" <<<"$out" || wrong="$wrong; lacks '$pattern'"
        [ "$pattern" = "$patterns" ] && break
        patterns=${patterns#* && }
    done
    grep -q 'stack traceback' <<<"$out" && wrong="$wrong; a traceback"
    if [ -z "$wrong" ]; then
        echo "ok      $fault"
    else
        echo "not ok  $fault: $wrong"
        sed 's/^/        | /' <<<"$out"
    fi
}

n=0
while IFS='|' read -r fault code weight patterns; do
    [ -n "$fault" ] || continue
    [ -n "${1-}" ] && [ "$1" != "${fault// /}" ] && continue
    n=$((n + 1))
    (trap - EXIT; one "${fault// /}" "${code// /}" "${weight// /}" "${patterns# }") >"$WORK/verdict.$n" 2>&1 &
    while [ "$(jobs -rp | wc -l)" -ge 5 ]; do wait -n; done
done <<<"$table"
wait
for i in $(seq $n); do
    cat "$WORK/verdict.$i"
    grep -q '^ok ' "$WORK/verdict.$i" && passed=$((passed + 1)) || failed=$((failed + 1))
done
# A cluster that takes no write has no lease to give.
if [ -z "${1-}" ]; then
    for fault in k8s-409 k8s-500; do
        sandbox examples/billing/world.lua --fault $fault
        expect "$fault: no lease" 9 "the lease scholarlink-prod/billing-golive cannot be taken: .*${fault#k8s-}" "$RUNBOOK" \
            runbooks/billing_golive.lua canary --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig" --journal none
        sandbox_end
    done
fi
# A new endpoint whose secret cannot be handed over is deleted again: the next run would take it for good.
hand_over() {
    "$RUNBOOK" runbooks/billing_golive.lua webhook --values "$SANDBOX/values.yaml" --journal none \
        --kubeconfig "$SANDBOX/kubeconfig" "$@"
}
endpoints() { curl -s "$CONTROL/state" | jq -c '[.. | .webhook_endpoints? // empty] | map(length)'; }
if [ "${1-stripe-endpoint-missing}" = stripe-endpoint-missing ]; then
    sandbox examples/billing/world.lua --fault stripe-endpoint-missing
    before=$(endpoints)
    expect "a secret that cannot be handed over" 5 'secrets/nosuch
delete we_\S+ again
!done, step' hand_over --set webhook_holder=nosuch
    [ "$(endpoints)" = "$before" ] && ok "leaves no endpoint" || not_ok "leaves no endpoint: $(endpoints), before $before"
    expect "the next run makes one" 0 'the endpoint was created' hand_over
    sandbox_end

    # Killed between its creation and the hand-over, and not resumed: a fresh run sees that nobody has its secret.
    sandbox examples/billing/world.lua --fault stripe-endpoint-missing
    secrets() {
        curl -s "$CONTROL/state" | jq -r '.kubernetes[] | select(.metadata.name == "billing-stripe").data["webhook-secret"] | @base64d' | wc -w
    }
    mortal '"at":1,"when":"after","writes":true,"services":["stripe"]' "$RUNBOOK" runbooks/billing_golive.lua webhook \
        --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig" --journal none --lease none >/dev/null 2>&1
    [ "$? $(endpoints) $(secrets)" = "137 [1] 1" ] && ok "killed, it leaves an orphan" || not_ok "killed, it leaves an orphan: $(endpoints), $(secrets)"
    expect "the next run replaces it" 0 'delete we_\S+ of run \S+, for its secret reached nobody
the endpoint was created
note that the endpoint.s secret was handed over' hand_over --lease none
    [ "$(endpoints) $(secrets)" = "[1] 2" ] && ok "there is one, and its secret is there" || not_ok "there is one: $(endpoints), $(secrets) secrets"
    expect "and the next but one leaves it alone" 0 'the endpoint was found
!delete we_' hand_over --lease none
fi

# Killed at 5 %, and somebody else moves the weight before the run is resumed.
if [ -z "${1-}" ]; then
    sandbox examples/billing/world.lua
    export XDG_STATE_HOME=$SANDBOX
    mortal '"at":2,"when":"after","writes":true,"services":["kubernetes"]' "$RUNBOOK" runbooks/billing_golive.lua canary \
        --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig" --set bake=1s --lease none >/dev/null 2>&1
    curl -sk -o /dev/null -X PATCH -H 'Authorization: Bearer sandbox-operator-token' \
        -H 'Content-Type: application/merge-patch+json' \
        -d '{"metadata":{"annotations":{"nginx.ingress.kubernetes.io/canary-weight":"77"}}}' \
        "$(sed -n 's/.*server: *//p' "$SANDBOX/kubeconfig")/apis/networking.k8s.io/v1/namespaces/scholarlink-prod/ingresses/billing-canary"
    expect "a weight that changed meanwhile stops the resumed run" 5 'is 77 %, and should be 1 %: somebody else has changed it
canary weight 77 -> 0 %' "$RUNBOOK" resume
    sandbox_end
fi

finish
