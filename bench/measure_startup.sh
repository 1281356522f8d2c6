#!/usr/bin/env bash
# Start-up: runbook, which names its version and ends, against a Lua interpreter that does nothing.
. "$(dirname "$0")/lib.sh"

for _ in $(seq 15); do
    times "$WORK/ours" 20 "$RUNBOOK version"
    times "$WORK/theirs" 20 "lua5.4 -e ''"
done
ours=$(median "$WORK/ours") theirs=$(median "$WORK/theirs")
row "start-up, ms (theirs: lua5.4 -e '')" "$ours" "$theirs" "$(ratio "$ours" "$theirs")" "<= 3"
exit $over
