#!/usr/bin/env bash
# Journals of older runbooks: they are read as they are, and runs in them go on. tests/data/journal_1.sql
# holds one of format 1 with three runs of one runbook: one that is done, one whose rollback failed (its step
# had failed with the words that a wished rollback was told by), and one that was killed in the middle.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
old() { # old: a fresh copy of the old journal
    rm -f j.db* log
    sqlite3 j.db <"$ROOT/tests/data/journal_1.sql"
}
show() { "$RUNBOOK" show "$1" --journal j.db --output json; }
format() { sqlite3 j.db 'PRAGMA user_version'; }
done_run=20261130-203150-fd5786 failed_run=20261130-203150-793ada killed_run=20261130-203153-59a355

old
expect "runs are listed" 0 "$done_run .* done .*paid
$failed_run .* failed +6
$killed_run .* open" "$RUNBOOK" runs --journal j.db
expect "and shown" 0 'first / order +ok
first / left out +skipped
second / pay +failed
undo of pay +failed
undo of order +ok
write +done .*undo-order-7' "$RUNBOOK" show $failed_run --journal j.db
is "looking changes nothing in it" "$(format)" 1
is "scopes" "$(show $failed_run | jq -c '[.effects[].scope] | unique')" \
    '["step:order#1","step:pay#1","undo:order#1 of rollback 1","undo:pay#1 of rollback 1","undo:pay#2 of rollback 1","undo:pay#3 of rollback 1"]'
is "states" "$(show $failed_run | jq -c '[.steps[].state]')" '["ok","skipped","failed"]'
is "that rollback was nobody's wish" "$(show $failed_run | jq -c '[.rollbacks[] | .wished, .outcome]')" '[0,"failed"]'
chmod 400 j.db
if [ "$(id -u)" -ne 0 ]; then
    expect "also where it may not be written" 0 "$done_run" "$RUNBOOK" runs --journal j.db
else
    skip "a journal that may not be written: root may write any"
fi
chmod 600 j.db

touch mended
expect "a rollback that failed goes on, and is no wish" 5 'undone: pay' "$RUNBOOK" resume $failed_run --journal j.db
is "what was undone then is not undone again" "$(cat log)" "undo-pay"
is "now it is of today's format" "$(format)" 2
expect "the others are there" 0 "$done_run .* done
$failed_run .* rolled back" "$RUNBOOK" runs --journal j.db

old
expect "a finished run is rolled back, with its results" 0 'undone: order' "$RUNBOOK" rollback $done_run --journal j.db
is "by the result that it had kept" "$(paste -sd ' ' log)" "undo-pay undo-order-7"

old
expect "one that was killed stops where it is in doubt" 7 'in doubt: "sh -c .*" \(effect 14\)' "$RUNBOOK" resume $killed_run --journal j.db
expect "and goes on by a decision" 0 'is done' "$RUNBOOK" resume $killed_run --journal j.db --resolve 14=done
is "nothing was done again" "$(cat log 2>/dev/null)" ""
is "the copy of the runbook is the old one" "$("$RUNBOOK" show $killed_run --journal j.db --source | grep -c 'name = "paid"')" 1

# An older runbook that is under way must not lose its tables.
old
cp /bin/sleep runbook 2>/dev/null && { ./runbook 60 & } && alive=$! && pids+=("$alive")
sqlite3 j.db "UPDATE run SET host='$(uname -n)', pid=$alive WHERE id='$killed_run'"
printf 'return runbook { name = "n", phase "p" { step "s" { function() exec { "true" } end } } }\n' >new.lua
expect "nor does one that is under way" 1 "of an older runbook, of which a run is under way \(process $alive\)" "$RUNBOOK" new.lua --journal j.db
is "it is as it was" "$(format)" 1
kill "$alive"
wait "$alive" 2>/dev/null
expect "when it is gone, it is brought up to date" 0 'is done' "$RUNBOOK" new.lua --journal j.db
is "with all that it holds" "$(sqlite3 j.db 'SELECT count(*) FROM effect') $(format)" "15 2"
sqlite3 j.db 'PRAGMA user_version=3'
expect "one of a newer runbook is left alone" 1 'made by a newer runbook \(format 3\)' "$RUNBOOK" new.lua --journal j.db
finish
