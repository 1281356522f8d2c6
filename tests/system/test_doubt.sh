#!/usr/bin/env bash
# A change whose end is not on record: it is not made again until a person has decided, whatever sent it.
HERE=$(dirname "$(realpath "$0")")
. "$HERE/journal.sh"

# --- in doubt ----------------------------------------------------------------------------------------
book doubt.lua <<'X'
  phase "p" {
    step "before" { function(run) http.post("TILL/pay?" .. run.what .. "-before") end },
    step "pays" { function(run)
        local a = http.post("TILL/pay?" .. run.what, { json = { amount = 12 }, assume = { status = 202 } })
        log.info("paid with %d", a.status)
    end },
    step "after" { function(run) http.post("TILL/pay?" .. run.what .. "-after") end } },
X
# in_doubt NAME HOW PAID FINALLY: from doubt to its end by the decision HOW; how often it was paid, then
# and finally.
in_doubt() {
    local name="in doubt, $1, $2" seq answer=201
    [ "$2" = done ] && answer=202
    expect "$name: resume stops, and shows what was sent" 7 'in doubt: "POST .*" \(effect [0-9]+\)
sent: \{"body":"\{\\"amount\\":12\}".*"method":"POST"
next: look whether "POST .*" took effect, then one of$
^ +runbook resume [0-9a-f-]+ --resolve [0-9]+=done$
^ +runbook resume [0-9a-f-]+ --resolve [0-9]+=not-done$
^ +runbook resume [0-9a-f-]+ --resolve [0-9]+=retry$' "$RUNBOOK" resume
    expect "$name: and does so again" 7 'in doubt: "POST ' "$RUNBOOK" resume
    expect "$name: show, too" 0 'write +IN DOUBT .*/pay
sent: \{"body":"\{\\"amount\\":12\}".*"method":"POST"' "$RUNBOOK" show
    is "$name: nothing was sent meanwhile" "$(paid "" -before -after)" "$3 1 0"
    seq=$(doubtful)
    expect "$name: another number" 2 'effect 999 of run .* is not in doubt' "$RUNBOOK" resume --resolve 999=done
    expect "$name: no decision" 2 'SEQ=done, SEQ=not-done or SEQ=retry' "$RUNBOOK" resume --resolve "$seq=maybe"
    expect "$name: decided" 0 "paid with $answer" "$RUNBOOK" resume --resolve "$seq=$2"
    is "$name: so often it was paid" "$(paid "" -before -after)" "$4 1 1"
    expect "$name: that was all" 2 'no run .* to go on with' "$RUNBOOK" resume
}
for how in done not-done retry; do
    again=$([ $how = done ] && echo 0 || echo 1)
    fresh after-$how
    killed 2 after "$RUNBOOK" doubt.lua
    in_doubt "killed after it" $how 1 $((1 + again))
    fresh before-$how
    killed 2 before "$RUNBOOK" doubt.lua
    in_doubt "killed before it" $how 0 $again
    fresh $how-hang
    expect "in doubt, live" 7 'it was sent: whether it took effect is not known
next: look at the other side .*; how to tell it says: runbook resume [0-9a-f-]+$' "$RUNBOOK" doubt.lua
    in_doubt "live" $how 1 $((1 + again))
done

book repeatable.lua <<'X'
  phase "p" { step "pays" { function(run)
      http.post("TILL/pay?" .. run.what .. "-key", { idempotency_key = run.id })
      http.put("TILL/pay?" .. run.what .. "-put", { body = "x" })
      http.post("TILL/pay?" .. run.what .. "-said", { repeatable = true })
  end } },
X
fresh repeatable
for at in 1 2 3; do killed $([ $at = 1 ] && echo 1 || echo 2) after "$RUNBOOK" $([ $at = 1 ] && echo repeatable.lua || echo resume); done
expect "what may be repeated is, without a word" 0 '!doubt' "$RUNBOOK" resume
is "with its key it was paid once" "$(paid -key -put -said)" "1 2 2"

book caught.lua <<'X'
  phase "p" { step "catches" { function(run)
      local ok = pcall(http.post, "TILL/pay?" .. run.what)
      log.info("went on: %s", ok)
  end } },
X
fresh caught
killed 1 after "$RUNBOOK" caught.lua
expect "a pcall does not get around doubt" 7 'in doubt: "POST ' "$RUNBOOK" resume
expect "not the second time either" 7 'in doubt: "POST ' "$RUNBOOK" resume

# --- an attempt that goes on, and fails before it comes to what is in doubt ------------------------------
book before-doubt.lua <<'X'
  phase "p" { step "pays" { retry = { attempts = 2, backoff = "10ms" }, function(run)
      exec { "sh", "-c", "echo a-token; if [ -e broken ]; then rm broken; exit 1; fi", reads = true, secret = true }
      http.post("TILL/pay?" .. run.what)
  end } },
X
fresh before-doubt
killed 1 after "$RUNBOOK" before-doubt.lua
touch broken
expect "it fails before what is in doubt: that is not sent again" 7 'a change.s outcome is not known|in doubt|look at the other side' "$RUNBOOK" resume
is "it fails before what is in doubt: paid once" "$(paid "")" 1
expect "it fails before what is in doubt: the next resume says what" 7 'in doubt: "POST ' "$RUNBOOK" resume
expect "it fails before what is in doubt: a person decides" 0 't is done' "$RUNBOOK" resume --resolve "$(doubtful)=done"
is "it fails before what is in doubt: paid once in all" "$(paid "")" 1
book late-doubt.lua <<'X'
  phase "p" { step "pays" { timeout = "600ms", retry = { attempts = 2, backoff = "10ms" }, function(run)
      http.post("TILL/pay?" .. run.what, { probe = function() wait.sleep("5s") return true end })
  end } },
X
fresh late-doubt
killed 1 after "$RUNBOOK" late-doubt.lua
expect "out of time while the probe is asked: not sent again" 7 'given up while its probe was asked' "$RUNBOOK" resume
is "out of time while the probe is asked: paid once" "$(paid "")" 1

# --- an undo that nobody knows the end of ----------------------------------------------------------------
book undo-doubt.lua <<'X'
  phase "p" { on_failure = "rollback", step "pays" {
      undo = function(run) http.delete("TILL/pay?" .. run.what) end,
      function(run) http.post("TILL/pay?" .. run.what .. "-x") error("fails") end } },
X
fresh undo-gateway
expect "an undo answered 502 is made again" 5 'was undone' "$RUNBOOK" undo-doubt.lua
fresh undo-deaf
expect "an undo answered 502 each time has not undone" 6 'whether it took effect is not known: DELETE' "$RUNBOOK" undo-doubt.lua --undo-patience 2s

# --- programs ------------------------------------------------------------------------------------------
# A program that is killed with the run, or by its own timeout, and what a second resume makes of it.
book program.lua <<'X'
  phase "p" { step "runs it" { function(run)
      local options = run.what == "exec-late" and "1s" or "1m"
      exec { "sh", "-c", 'echo "$0" >>ran; [ -e go ] || sleep 3', run.what, timeout = options }
      http.post("TILL/pay?" .. run.what .. "-after")
  end } },
X
for how in killed late; do
    rm -f ran go
    fresh exec-$how
    if [ $how = killed ]; then
        "$RUNBOOK" program.lua >/dev/null 2>&1 &
        pid=$!
        wait_for 20 ran
        { kill -9 $pid; wait $pid; } 2>/dev/null
    else
        expect "exec, late" 7 'in doubt: "runs it" sent "sh -c' "$RUNBOOK" program.lua
    fi
    expect "exec, $how: resume stops, and shows what was run" 7 'in doubt: "sh -c .*
sent: \{"argv":\["sh","-c",' "$RUNBOOK" resume
    expect "exec, $how: a second resume does so again" 7 'in doubt: "sh -c ' "$RUNBOOK" resume
    expect "exec, $how: and a third" 7 'in doubt: "sh -c ' "$RUNBOOK" resume
    is "exec, $how: it ran once" "$(ran) $(paid -after)" "1 0"
    "$RUNBOOK" resume --resolve "$(doubtful)=not-done" >/dev/null 2>&1 &
    pid=$!
    wait_for 20 sh -c '[ "$(wc -l <ran)" = 2 ]'
    { kill -9 $pid; wait $pid; } 2>/dev/null
    expect "exec, $how: repeated on request and killed, it is in doubt anew" 7 'in doubt: "sh -c ' "$RUNBOOK" resume
    is "exec, $how: it ran twice" "$(ran) $(paid -after)" "2 0"
    touch go
    expect "exec, $how: done" 0 't is done' "$RUNBOOK" resume --resolve "$(doubtful)=done"
    is "exec, $how: and no more" "$(ran) $(paid -after)" "2 1"
done
finish
