#!/usr/bin/env bash
# A run is undone by `rollback` afterwards: last first, each once, also around a kill.
HERE=$(dirname "$(realpath "$0")")
. "$HERE/journal.sh"

book undo.lua <<'X'
  phase "p" {
    step "a" { function(run) http.post("TILL/pay?" .. run.what .. "-a") end,
               undo = function(run) http.delete("TILL/pay?" .. run.what .. "-a"):expect(204) end },
    step "b" { function(run) http.post("TILL/pay?" .. run.what .. "-b") end,
               undo = function(run) http.delete("TILL/pay?" .. run.what .. "-stays"):expect(204) end },
    step "c" { function(run) http.post("TILL/pay?" .. run.what .. "-c") end,
               undo = function(run) http.delete("TILL/pay?" .. run.what .. "-c"):expect(204) end } },
X
fresh undo-all
"$RUNBOOK" undo.lua >/dev/null 2>&1
run=$(id)
expect "a finished run is undone, last first" 0 'undone: c
undone: b
undone: a
t was rolled back: it was asked for' "$RUNBOOK" rollback "$run"
is "all of it" "$(refunds)" "-c -stays -a"
expect "once" 2 'was rolled back already' "$RUNBOOK" rollback "$run"
expect "and it does not go on" 2 'was rolled back; start anew' "$RUNBOOK" resume "$run"
book failing.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "a" { function(run) http.post("TILL/pay?" .. run.what .. "-a"); check(false, "that it is paid") end,
               undo = function(run) http.delete("TILL/pay?" .. run.what .. "-a"):expect(204) end } },
X
expect "one that rolled itself back" 5 'the changes were rolled back' "$RUNBOOK" failing.lua
expect "is none to go on with" 2 'no run .* to go on with' "$RUNBOOK" resume
expect "it is on record" 0 'undo of c  ok
DELETE .*-stays' "$RUNBOOK" show "$run"
expect "an unknown run" 2 "there is no run 'x'" "$RUNBOOK" rollback x
expect "no run at all" 2 'wants the run to undo' "$RUNBOOK" rollback

fresh refused
book refused.lua <<'X'
  phase "p" {
    step "is refused" { function() http.post("TILL/nothing-here"):expect(404) end },
    step "fails" { function() check(false, "that it is there") end } },
X
expect "what was refused changed nothing" 4 'failed, nothing had been changed' "$RUNBOOK" refused.lua
expect "nor has it for who goes on" 4 'failed, nothing had been changed' "$RUNBOOK" resume
expect "and it is on record as that" 0 'write refused .*nothing-here' "$RUNBOOK" show
book partly.lua <<'X'
  phase "p" { step "is refused, and goes on" { function(run)
    http.post("TILL/nothing-here")
    http.get("TILL/nothing-there")
    check(false, "that it is there")
  end } },
X
killed 2 before "$RUNBOOK" partly.lua
expect "nor within a step that was cut off" 4 'failed, nothing had been changed' "$RUNBOOK" resume

fresh undo-fails
"$RUNBOOK" undo.lua >/dev/null 2>&1
run=$(id)
fault no-refunds true
expect "an undo that fails is listed, the others still run" 6 'undone: c
NOT undone: b
undone: a
b: its undo failed
runbook rollback '"$run" "$RUNBOOK" rollback "$run" --undo-patience 0s
is "it was tried three times" "$(effects | grep -c 'DELETE.*-stays')" 3
fault no-refunds false
expect "tried again, only that one is left" 0 'undone: b
!undone: [ac]' "$RUNBOOK" rollback "$run"
is "all is undone, once" "$(refunds)" "-c -a -stays"

fresh undo-stopped
killed 3 before "$RUNBOOK" undo.lua
expect "a run that was killed is undone" 0 'undone: c
undone: b
undone: a' "$RUNBOOK" rollback "$(id)"

# Killed around each request of a rollback: it goes on with the rollback, and with nothing else.
for at in 1 2 3; do
    for when in before after; do
        fresh undo-killed-$at-$when
        "$RUNBOOK" undo.lua >/dev/null 2>&1
        killed $at $when "$RUNBOOK" rollback "$(id)"
        code=$("$RUNBOOK" resume >/dev/null 2>&1; echo $?)
        is "a rollback killed $when request $at goes on" "$code $(refunds | tr ' ' '\n' | uniq | paste -sd ' ')" "0 -c -stays -a"
    done
done
finish
