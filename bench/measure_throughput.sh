#!/usr/bin/env bash
# Throughput: 10,000 GETs of a small page, 50 at once, against `curl --parallel` doing the same.
. "$(dirname "$0")/lib.sh"
count=10000

page

for i in $(seq $count); do
    printf 'url = "%s/%d"\noutput = "/dev/null"\n' "$base" "$i"
done >"$WORK/urls"

# requests: how many nginx has answered, this one among them.
requests() { curl -s "$base/requests" | awk 'NR == 3 { print $3 }'; }

# asked FILE COMMAND: times one run, which must have asked for every page.
asked() {
    local before asked
    before=$(requests)
    times "$1" 1 "$2"
    asked=$(($(requests) - before - 1))
    [ "$asked" -eq $count ] || { echo "$asked requests instead of $count: $2"; exit 1; }
}

for _ in $(seq 7); do
    asked "$WORK/ours" "$RUNBOOK bench/throughput.lua --set base=$base"
    asked "$WORK/theirs" "curl --silent --fail --parallel --parallel-max 50 --config $WORK/urls"
done
ours=$(jq -n "$count / $(median "$WORK/ours") * 1000 | round")
theirs=$(jq -n "$count / $(median "$WORK/theirs") * 1000 | round")
row "GETs a second (curl --parallel)" "$ours" "$theirs" "$(ratio "$ours" "$theirs")" ">= 0.7"
exit $over
