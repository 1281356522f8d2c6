#!/usr/bin/env bash
# A signal ends a run at once, says what to type next, and nothing is done twice.
HERE=$(dirname "$(realpath "$0")")
. "$HERE/journal.sh"

book signals.lua <<'X'
  phase "p" { step "pays" { function(run)
      http.post("TILL/pay?" .. run.what)
      exec { "touch", "began", reads = true }
      wait.sleep("1500ms")
      http.post("TILL/pay?" .. run.what .. "-after")
  end } },
X
for signal in INT TERM HUP; do
    fresh signal-$signal
    signalled() {
        rm -f began
        "$RUNBOOK" signals.lua &
        local pid=$!
        wait_for 20 test -f began
        kill -$signal $pid
        wait $pid
    }
    expect "SIG$signal says what to type next" $([ $signal = INT ] && echo 130 || echo 143) \
        'stopped by a signal
next: to go on: runbook resume [0-9a-f-]+$' signalled
    expect "SIG$signal: it goes on" 0 't is done' "$RUNBOOK" resume "$(id)"
    is "SIG$signal: nothing was done twice" "$(paid "" -after)" "1 1"
done

# timeout(1) tells its child, and then the group that it is in: one signal.
book rolled.lua <<'X'
  phase "p" { on_failure = "rollback", step "pays" { function(run)
      http.post("TILL/pay?" .. run.what)
      exec { "touch", "began", reads = true }
      wait.sleep("20s")
  end, undo = function(run) wait.sleep("700ms") http.delete("TILL/pay?" .. run.what) end } },
X
fresh echo
echoed() {
    rm -f began
    "$RUNBOOK" rolled.lua &
    local pid=$!
    wait_for 20 test -f began
    kill -INT $pid
    sleep 0.05 # lest the two are one before they arrive
    kill -INT $pid
    wait $pid
}
expect "a signal and its echo are one" 130 'stopped by a signal
!ended at once' echoed
is "a signal and its echo: it was taken back" "$(count refunds "")" 1
fresh timeout
expect "timeout(1) leaves no rollback behind" 124 'stopped by a signal
!ended at once' timeout -s INT 2 "$RUNBOOK" rolled.lua
is "timeout(1): it was taken back" "$(count refunds "")" 1

# Only what comes soon after the first is its echo: who sends on and on is heard.
book rolled-long.lua <<'X'
  phase "p" { on_failure = "rollback", step "pays" { function(run)
      http.post("TILL/pay?" .. run.what)
      exec { "touch", "began", reads = true }
      wait.sleep("20s")
  end, undo = function() wait.sleep("20s") end } },
X
fresh storm
storm() {
    rm -f began
    "$RUNBOOK" rolled-long.lua &
    local pid=$!
    wait_for 20 test -f began
    for _ in $(seq 100); do
        kill -INT $pid 2>/dev/null || break
        sleep 0.05
    done
    wait $pid
}
expect "signals that do not cease end it at once" 130 'ended at once by a second signal' storm

# A write that is tried again and again ends with the attempt that was made.
book retries.lua <<'X'
  phase "p" { step "pays" { function(run)
      http.post("TILL/pay?" .. run.what, { retries = 5, retry_wait = "30s", idempotency_key = run.id }):expect(201)
  end } },
X
interrupted() { # interrupted SIGNAL FAULT LIST: stopped while it waits to try again
    "$RUNBOOK" retries.lua &
    local pid=$!
    wait_for 20 sh -c "curl -s '$CONTROL/state' | jq -e '.$3 | index(\"/pay?$RUNBOOK_WHAT\")'"
    sleep 0.5
    kill -"$1" $pid
    wait $pid
}
# stopped NAME FAULT LIST CODE PATTERNS: stopped, it does not try again; then it goes on.
stopped() {
    local began took
    fresh "stop-$2"
    fault "$2" true
    began=$(date +%s)
    expect "$1" "$4" "$5" interrupted INT "$2" "$3"
    took=$(($(date +%s) - began))
    [ $took -lt 15 ] && ok "$1: at once" || not_ok "$1: after $took s"
    is "$1: one attempt" "$(count "$3" "")" 1
    fault "$2" false
    expect "$1: it goes on" 0 't is done' "$RUNBOOK" resume
    is "$1: paid once" "$(paid "")" 1
}
stopped "Ctrl-C ends the retries of what was refused" closed refused 130 'pay\?stop-closed  503
next: to go on: runbook resume'
stopped "Ctrl-C ends the retries of what got no answer" mute paid 7 'it was sent: whether it took effect is not known
in doubt: "pays" sent'
finish
