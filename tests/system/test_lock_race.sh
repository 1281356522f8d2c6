#!/usr/bin/env bash
# Of two runs at the same instant one runs, and the other is told which; what waits, and what a dead one leaves.
HERE=$(dirname "$(realpath "$0")")
. "$HERE/journal.sh"

book locked.lua locked <<'X'
  target = "${what}",
  phase "p" { step "holds" { function()
      exec { "sh", "-c", "while ! [ -e go ]; do sleep 0.02; done", reads = true }
  end } },
X
fresh lock
one=0 told=0 odd=""
for i in $(seq 100); do
    rm -f go
    "$RUNBOOK" locked.lua >first.log 2>&1 &
    a=$!
    "$RUNBOOK" locked.lua >second.log 2>&1 &
    b=$!
    wait -n -p ended $a $b
    code=$?
    touch go
    if [ "$ended" = $a ]; then loser=first.log winner=second.log other=$b; else loser=second.log winner=first.log other=$a; fi
    wait "$other"
    [ $? = 0 ] && one=$((one + 1))
    name=$(grep -Eo '[0-9]{8}-[0-9]{6}-[0-9a-f]{6}' $winner | head -n 1)
    if [ $code = 9 ] && grep -q "another run of locked is under way: $name, process $other on $(hostname), since 20" $loser; then
        told=$((told + 1))
    else
        odd="$odd $i: $code $(cat $loser)"
    fi
done
is "of two at the same instant one runs, a hundred times" $one 100
is "and the other is told who runs" $told 100
[ -z "$odd" ] || echo "        | $odd"

rm -f go
"$RUNBOOK" locked.lua >/dev/null 2>&1 &
holder=$!
wait_for 20 sh -c '[ -s "$(ls "$RUNBOOK_LOCK_DIR"/run-*.lock)" ]'
expect "--lock-timeout ends" 9 'waiting, for another run of locked
another run of locked is under way: .*\(--lock-timeout 10m\)' "$RUNBOOK" locked.lua --lock-timeout 300ms
expect "the run itself may not be resumed meanwhile" 9 'another run of locked is under way' "$RUNBOOK" resume
expect "another target is another lock" 143 'stopped by a signal' \
    timeout --foreground --preserve-status 1 "$RUNBOOK" locked.lua --set what=other
(sleep 1 && touch go) &
expect "--lock-timeout waits" 0 'waiting, for another run of locked
locked is done' "$RUNBOOK" locked.lua --lock-timeout 20s
wait $holder

fresh lock-resume
rm -f go
"$RUNBOOK" locked.lua >/dev/null 2>&1 &
holder=$!
wait_for 20 sh -c '[ -s "$(ls "$RUNBOOK_LOCK_DIR"/run-*.lock)" ]'
(sleep 1 && touch go) &
expect "a resume that waited for the run itself has nothing to do" 2 'came to its end' \
    "$RUNBOOK" resume "$(id)" --lock-timeout 20s
wait $holder

fresh lock-dead
rm -f go
"$RUNBOOK" locked.lua >/dev/null 2>&1 &
holder=$!
wait_for 20 sh -c '[ -s "$(ls "$RUNBOOK_LOCK_DIR"/run-*.lock)" ] && "$RUNBOOK" show | grep -q holds'
{ kill -9 $holder; wait $holder; } 2>/dev/null
dead=$(id)
touch go
expect "a dead holder's lock is taken over, with a word" 0 "taking over the lock of run $dead, whose process is gone.*runbook show $dead
locked is done" "$RUNBOOK" locked.lua
expect "and then there is no more to say" 0 '!taking over' "$RUNBOOK" locked.lua
finish
