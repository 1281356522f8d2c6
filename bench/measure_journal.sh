#!/usr/bin/env bash
# The journal: what it costs to have each write on disk before it is sent, against SQLite committing the
# very same rows one by one on the same disk; how long a run of 10,000 effects takes to resume; and what
# it adds to a go-live.
. "$(dirname "$0")/lib.sh"
count=2000 many=10000
rate=$(dirname "$RUNBOOK")/bench_journal
export XDG_STATE_HOME=$WORK/state

page

# --- durable effects ---------------------------------------------------------------------------------
writes="$RUNBOOK bench/journal.lua writes --set base=$base --set count=$count"
journal=$XDG_STATE_HOME/runbook/journal.db
$writes >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
{
    echo 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;'
    sqlite3 "$journal" '.schema effect'
    sqlite3 "$journal" '.mode insert effect' "SELECT * FROM effect"
} >"$WORK/rows.sql"
[ "$(grep -c '^INSERT' "$WORK/rows.sql")" -eq $count ] || { echo "not $count rows"; exit 1; }

for _ in $(seq 7); do
    rm -rf "$XDG_STATE_HOME" "$WORK"/theirs.db* "$WORK"/alone.db*
    times "$WORK/with" 1 "$writes"
    times "$WORK/without" 1 "$writes --journal none"
    times "$WORK/alone" 1 "$rate $WORK/alone.db $count"
    times "$WORK/theirs" 1 "sqlite3 $WORK/theirs.db '.read $WORK/rows.sql'"
done
a_second() { jq -n "$count / $1 * 1000 | round"; }
theirs=$(a_second "$(least "$WORK/theirs")")
ours=$(a_second "$(least "$WORK/alone")")
row "durable effects a second (rows that SQLite commits)" "$ours" "$theirs" "$(ratio "$ours" "$theirs")" ">= 0.8"
# Between two of its commits this one also talks to a server, and the disk and the processor go to sleep.
ours=$(a_second "($(least "$WORK/with") - $(least "$WORK/without"))")
note "the same, what they add to HTTP writes" "$ours" "$theirs" "$(ratio "$ours" "$theirs")"

# --- resuming ----------------------------------------------------------------------------------------
rm -rf "$XDG_STATE_HOME"
export RUNBOOK_BASE=$base RUNBOOK_COUNT=$many
started=$(date +%s%N)
"$RUNBOOK" bench/journal.lua reads >"$WORK/log" 2>&1 &
run=$!
waits() { sqlite3 "$journal" "SELECT 1 FROM effect WHERE kind='wait'" | grep -q 1; }
wait_for 60 waits || { cat "$WORK/log"; exit 1; }
took=$((($(date +%s%N) - started) / 1000000))
kill -9 $run
wait $run 2>/dev/null
sqlite3 "$journal" "UPDATE effect SET deadline=1 WHERE kind='wait'" # its hour is over
[ "$(sqlite3 "$journal" "SELECT count(*) FROM effect WHERE state=1")" -ge $many ] || { echo "too few effects"; exit 1; }
cp -r "$XDG_STATE_HOME" "$WORK/kept"
for _ in $(seq 7); do
    rm -rf "$XDG_STATE_HOME"
    cp -r "$WORK/kept" "$XDG_STATE_HOME"
    works "$WORK/resume" "$RUNBOOK resume"
done
row "resuming a run of $many effects, ms of work (making them)" "$(median "$WORK/resume")" "$took" "" "< 1000"

# --- a go-live ---------------------------------------------------------------------------------------
# golive FILE OPTIONS: times one in a world of its own.
golive() {
    sandbox examples/billing/world.lua
    export XDG_STATE_HOME=$SANDBOX
    times "$1" 1 "$RUNBOOK runbooks/billing_golive.lua --values $SANDBOX/values.yaml \
        --kubeconfig $SANDBOX/kubeconfig --set bake=1s --set wait_after_cutover=0s $2"
    sandbox_end
}
for _ in $(seq 5); do
    golive "$WORK/golive.with" ""
    golive "$WORK/golive.without" "--journal none"
done
ours=$(median "$WORK/golive.with") theirs=$(median "$WORK/golive.without")
row "the sandbox's go-live, ms (without a journal)" "$ours" "$theirs" "$(ratio "$ours" "$theirs")" "<= 1.1"
exit $over
