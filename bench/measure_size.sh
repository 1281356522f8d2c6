#!/usr/bin/env bash
# Size: of the release binary without symbols, and of the memory that a whole go-live takes.
. "$(dirname "$0")/lib.sh"

strip -o "$WORK/runbook" "$RUNBOOK"
row "binary, MB" "$(jq -n "$(stat -c %s "$WORK/runbook") / 10000 | round / 100")" "" "" "< 5"

sandbox examples/billing/world.lua
if ! /usr/bin/time -f %M -o "$WORK/memory" "$RUNBOOK" runbooks/billing_golive.lua \
    --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig" --report "$WORK/report.html" \
    >"$WORK/log" 2>&1; then
    cat "$WORK/log"
    exit 1
fi
row "peak memory of a go-live, MB" "$(jq '. / 10.24 | round / 100' "$WORK/memory")" "" "" "< 25"
exit $over
