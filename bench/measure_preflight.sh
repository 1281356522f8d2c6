#!/usr/bin/env bash
# The preflight phase of the billing go-live against bench/preflight.sh, the same checks as a shell
# script: first that both judge alike, then the time they take, with and without what runbook and
# kubectl keep of the cluster's API from one time to the next.
. "$(dirname "$0")/lib.sh"

ours="$RUNBOOK runbooks/billing_golive.lua preflight"
theirs="bash bench/preflight.sh"

# Serves the world and hands both contestants the same parameters.
serve() {
    sandbox examples/billing/world.lua "$@"
    export KUBECONFIG=$SANDBOX/kubeconfig min_days=14
    while IFS=': ' read -r name value; do
        value=${value#\"}
        export "$name=${value%\"}"
    done <"$SANDBOX/values.yaml"
    ours="$RUNBOOK runbooks/billing_golive.lua preflight --values $SANDBOX/values.yaml"
}

for fault in "" cert-expired deployment-stuck metrics-down metrics-hangup alert-firing alert-silenced; do
    serve ${fault:+--fault $fault}
    $ours >"$WORK/ours.log" 2>&1
    a=$?
    $theirs >"$WORK/theirs.log" 2>&1
    b=$?
    sandbox_end
    if [ $((a != 0)) -ne $((b != 0)) ] || [ $((a == 0)) -ne $((${#fault} == 0)) ]; then
        cat "$WORK/ours.log" "$WORK/theirs.log"
        echo "the verdicts with the fault '$fault' are $a and $b"
        exit 1
    fi
done

serve
for _ in $(seq 15); do
    rm -rf "$XDG_CACHE_HOME" "$HOME/.kube"
    times "$WORK/ours.cold" 1 "$ours"
    times "$WORK/ours.warm" 1 "$ours"
    times "$WORK/theirs.cold" 1 "$theirs"
    times "$WORK/theirs.warm" 1 "$theirs"
done
for kind in cold warm; do
    a=$(median "$WORK/ours.$kind") b=$(median "$WORK/theirs.$kind")
    what="preflight, $kind cache, ms (kubectl, curl, openssl)"
    if [ $kind = warm ]; then
        row "$what" "$a" "$b" "$(ratio "$a" "$b")" "<= 0.1"
    else
        note "$what" "$a" "$b" "$(ratio "$a" "$b")"
    fi
done
exit $over
