#!/usr/bin/env bash
# The journal seen from outside: what is in doubt and who decides, undoing a finished run, what a resumed
# run keeps and what it refuses, signals, disks that are full or read-only, locks, and copies.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/journal_world.lua"
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")

# --- tools -------------------------------------------------------------------------------------------
book() { # book FILE [NAME]: a runbook around the phases on standard input; run.what tells cases apart
    { echo "return runbook { name = \"${2:-t}\", params = { what = param \"\" },"; cat; echo '}'; } |
        sed "s|TILL|$till|g" >"$1"
}
fresh() { # fresh WHAT: an empty journal, and a name for what is paid from now on
    XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX")
    export XDG_STATE_HOME RUNBOOK_WHAT=$1
}
fault() { curl -s -o /dev/null -d "{\"name\":\"$1\",\"weight\":$2}" "$CONTROL/faults"; }
count() { curl -s "$CONTROL/state" | jq --arg t "/pay?$RUNBOOK_WHAT$2" "[.$1[] | select(. == \$t)] | length"; }
paid() { # paid SUFFIX...: how often each was paid
    local suffix
    for suffix in "$@"; do count paid "$suffix"; done | paste -sd ' '
}
refunds() { curl -s "$CONTROL/state" | jq -r --arg t "/pay?$RUNBOOK_WHAT" '.refunds[] | select(startswith($t)) | ltrimstr($t)' | paste -sd ' '; }
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
id() { "$RUNBOOK" runs --output json | jq -r '.[0].id'; }
effects() { "$RUNBOOK" show --output json "$@" | jq -c '.effects[]'; }
ran() { grep -cx "$RUNBOOK_WHAT" ran; } # how often the program of this case has run
doubtful() { effects | jq 'select(.access == "write" and (.state == 0 or .in_doubt == 1)).seq'; }

# killed AT WHEN COMMAND...: by the sandbox, at that request.
killed() {
    mortal "\"at\":$1,\"when\":\"$2\"" "${@:3}" >"$WORK/killed.log" 2>&1
    local code=$?
    [ $code = 137 ] || { not_ok "killed: exit $code"; sed 's/^/        | /' "$WORK/killed.log"; }
}

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

# --- probes ------------------------------------------------------------------------------------------
book probe.lua <<'X'
  phase "p" { step "pays" { function(run)
      local target = "?" .. run.what
      local a = http.post("TILL/pay" .. target, { assume = { status = 202 }, probe = function()
          if run.what:find("unsure") then return nil end
          if run.what:find("odd") then return 1 end
          if run.what:find("writes") then http.post("TILL/pay" .. target) end
          if run.what:find("fails") then http.get("http://127.0.0.1:1/") end
          local paid = parallel { times = function() return http.get("TILL/paid" .. target):json().times end }
          wait.sleep("10ms")
          return paid.times > 0
      end })
      log.info("paid with %d, %d times", a.status, http.get("TILL/paid" .. target):json().times)
      http.post("TILL/pay" .. target .. "-after", { idempotency_key = run.id })
  end } },
X
book slow-probe.lua <<'X'
  phase "p" { step "pays" { function(run)
      http.post("TILL/pay?" .. run.what, { assume = { status = 202 }, probe = function()
          local times = http.get("TILL/paid?" .. run.what):json().times
          wait.sleep("5s")
          return times > 0
      end })
  end } },
X
for when in after before; do
    answer=$([ $when = after ] && echo 202 || echo 201)
    fresh probe-$when
    killed 1 $when "$RUNBOOK" probe.lua
    expect "killed $when it: its probe is asked" 0 "paid with $answer
!in doubt" "$RUNBOOK" resume
    is "killed $when it: paid once" "$(paid "" -after)" "1 1"
    # The requests of a resume: the probe's question, and when it says no once more and the write; a read, the
    # write behind.
    for again in $([ $when = after ] && echo 1 2 3 || echo 2 3 5); do
        for then in before after; do
            fresh probe-$when-$again-$then
            killed 1 $when "$RUNBOOK" probe.lua
            killed $again $then "$RUNBOOK" resume
            expect "killed $when it, and $then request $again of the resume: it goes on" 0 '!(in doubt|another path)' "$RUNBOOK" resume
            is "killed $when it, and $then request $again of the resume: paid once" "$(paid "" -after)" "1 1"
        done
    done
done
for case in "unsure it returned nil" "odd it returned a number, not true, false or nil" \
    "writes a probe only looks, but this one would: POST" "fails connection refused"; do
    fresh "probe-${case%% *}"
    killed 1 after "$RUNBOOK" probe.lua
    expect "a probe that is ${case%% *}" 7 "in doubt: \"POST .*
its probe could not tell: .*${case#* }" "$RUNBOOK" resume
    expect "a probe that is ${case%% *}, asked again" 7 "its probe could not tell" "$RUNBOOK" resume
    is "a probe that is ${case%% *}: nothing was sent" "$(paid "" -after)" "1 0"
    expect "a probe that is ${case%% *}: a person decides" 0 'paid with 202' "$RUNBOOK" resume --resolve "$(doubtful)=done"
done
# A write that comes to be in doubt in a run under way: its probe is asked at once, and once more before
# anything is sent again.
fresh probe-live-hang
expect "live, and it was done: the run goes on" 0 'its probe says that it was done
paid with 202, 1 times
!exit 7' "$RUNBOOK" probe.lua
is "live, and it was done: paid once" "$(paid "" -after)" "1 1"
fresh probe-live-drop
expect "live, and it was not done: sent again" 0 'sent again, for its probe says that it was not done
paid with 201, 1 times' "$RUNBOOK" probe.lua
is "live, and it was not done: paid once" "$(paid "" -after)" "1 1"
fresh probe-live-late
expect "live, and it was done a little later" 0 'its probe says that it was done
paid with 202, 1 times' "$RUNBOOK" probe.lua
is "live, and it was done a little later: paid once" "$(paid "" -after)" "1 1"
for case in "unsure it returned nil" "odd it returned a number" "writes a probe only looks" "fails connection refused"; do
    fresh "probe-${case%% *}-live-hang"
    expect "live, a probe that is ${case%% *}" 7 "whether it took effect is not known
its probe could not tell: .*${case#* }" "$RUNBOOK" probe.lua
    is "live, a probe that is ${case%% *}: nothing was sent again" "$(paid "" -after)" "1 0"
    expect "live, a probe that is ${case%% *}: a person decides" 0 'paid with 202' "$RUNBOOK" resume --resolve "$(doubtful)=done"
done
# The requests: the write, the probe's question (twice when it says no), the write again.
for how in hang drop; do
    for again in 2 3 4; do
        for then in before after; do
            [ $how = hang ] && [ $again = 4 ] && continue
            fresh probe-live-$again-$then-$how
            killed $again $then "$RUNBOOK" probe.lua
            expect "live, killed $then request $again ($how): it goes on" 0 '!(in doubt|another path)' "$RUNBOOK" resume
            is "live, killed $then request $again ($how): paid once" "$(paid "" -after)" "1 1"
        done
    done
done
fresh probe-live-stop-hang
expect "live, and a signal comes while its probe is asked" 7 'it was sent: whether it took effect is not known' \
    timeout --foreground --preserve-status -s INT 1 "$RUNBOOK" slow-probe.lua
is "live, and a signal: paid once" "$(paid "")" 1
expect "live, and a signal: it goes on" 0 'its probe says that it was done' "$RUNBOOK" resume
is "live, and a signal: paid once in all" "$(paid "")" 1

# A resume asks twice, too: what was sent just before the kill may still be on its way.
fresh probe-resume-late
killed 1 after "$RUNBOOK" probe.lua
expect "killed, and it was done a little later" 0 'its probe says that it was done
paid with 202, 1 times' "$RUNBOOK" resume
is "killed, and it was done a little later: paid once" "$(paid "" -after)" "1 1"
fresh probe-resume-stop-hang
killed 1 after "$RUNBOOK" slow-probe.lua
expect "a signal while a resume asks the probe" 7 'given up while its probe was asked' \
    timeout --foreground --preserve-status -s INT 1 "$RUNBOOK" resume
is "a signal while a resume asks the probe: paid once" "$(paid "")" 1
# An answer that says nothing of the write leaves it in doubt, and its probe is asked.
fresh probe-gateway
expect "answered 502" 0 'its probe says that it was done
paid with 202, 1 times' "$RUNBOOK" probe.lua
sed 's/http.post("TILL/&/; s/assume = { status = 202 }, //' slow-probe.lua >gateway-probe.lua
fresh probe-killed-gateway
killed 2 before "$RUNBOOK" gateway-probe.lua
expect "answered 502, killed before its probe: the resume asks it" 0 'its probe says that it was done' "$RUNBOOK" resume
is "answered 502: paid once" "$(paid "")" 1
book gateway.lua <<'X'
  phase "p" { step "pays" { function(run) http.post("TILL/pay?" .. run.what):expect(201) end } },
X
fresh no-probe-gateway
"$RUNBOOK" gateway.lua >/dev/null 2>&1
expect "answered 502, without a probe: a resume does not call it done" 7 'in doubt: "POST .*outcome is not on record
!was not kept' "$RUNBOOK" resume
book settled.lua <<'X'
  phase "p" { step "pays" { function(run) http.post("TILL/pay?" .. run.what, { assume = { status = 202 } }) end },
              step "after" { function(run) http.post("TILL/pay?" .. run.what .. "-after") end } },
X
fresh accepted-gateway
expect "a 502 that the step takes" 7 'in doubt: "pays" sent "POST ' "$RUNBOOK" settled.lua
expect "a 502 that the step takes: its resume tells how to settle it" 7 'resume [0-9a-f-]+ --resolve [0-9]+=done' "$RUNBOOK" resume
expect "a 502 that the step takes: settled" 0 't is done' "$RUNBOOK" resume --resolve "$(doubtful)=done"
is "a 502 that the step takes: paid once" "$(paid "" -after)" "1 1"

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

# --- when ------------------------------------------------------------------------------------------------
book when.lua <<'X'
  phase "p" { keep_going = true, on_failure = "continue",
      step "fails" { function() error("no") end },
      step "asks" { when = function() exec { "sh", "-c", "touch asked; while [ ! -e go ]; do sleep 0.1; done", reads = true } end,
          function() end } },
X
book other.lua other <<'X'
  phase "p" { step "pays" { function(run) http.post("TILL/pay?" .. run.what) end } },
X
fresh when
rm -f asked go
"$RUNBOOK" when.lua >/dev/null 2>&1 &
when=$!
wait_for 10 test -e asked
expect "while a step behind a failed one asks whether it is wanted, others can write" 0 'other is done' "$RUNBOOK" other.lua
kill -0 $when && ok "it still asks" || not_ok "it has ended"
touch go
wait $when
book when-writes.lua <<'X'
  phase "p" { step "pays" { when = function(run) return http.post("TILL/pay?" .. run.what).ok end, function() end } },
X
fresh when-writes
expect "when only looks" 4 '`when` only looks, but this one would: POST' "$RUNBOOK" when-writes.lua
is "when only looks: nothing was sent" "$(paid "")" 0

book wrong.lua <<'X'
  phase "p" { step "pays" { function(run) http.post("TILL/pay?" .. run.what, { probe = true }) end } },
X
expect "what is no function is no probe" 4 'probe is a function' "$RUNBOOK" wrong.lua

book probe-exec.lua <<'X'
  phase "p" { step "runs it" { function(run)
      exec { "sh", "-c", '[ -e go ] || sleep 6; echo "$0" >>ran; touch "did-$0"', run.what, probe = function()
          return exec { "test", "-e", "did-" .. run.what, reads = true, ok = { 0, 1 } }.status == 0
      end }
  end } },
X
for did in yes no; do
    rm -f ran go
    fresh probe-exec-$did
    "$RUNBOOK" probe-exec.lua >/dev/null 2>&1 &
    pid=$!
    wait_for 20 sh -c "'$RUNBOOK' show | grep 'write IN DOUBT'"
    { kill -9 $pid; wait $pid; } 2>/dev/null
    touch go
    [ $did = no ] || { touch did-$RUNBOOK_WHAT; echo "$RUNBOOK_WHAT" >ran; }
    expect "the probe of a program that did it: $did" 0 't is done' "$RUNBOOK" resume
    is "it ran once: $did" "$(ran)" 1
done

book probe-late.lua <<'X'
  phase "p" { step "s" { function(run)
      exec { "sh", "-c", '[ "$0" = first ] && echo x >>"did-$1"; sleep 20; echo x >>"did-$1"', run.how, run.what, timeout = "300ms",
          probe = function() return exec { "test", "-e", "did-" .. run.what, reads = true, ok = { 0, 1 } }.status == 0 end }
  end } },
X
sed -i 's/params = {/& how = param "first",/' probe-late.lua
fresh exec-late
expect "a program that is out of time: its probe is asked" 0 'its probe says that it was done' "$RUNBOOK" probe-late.lua
is "a program that is out of time: it ran once" "$(grep -c x did-exec-late)" 1
fresh exec-never
expect "one that did nothing: once more, and no more than that" 7 'did not end within' "$RUNBOOK" probe-late.lua --set how=last
book probe-k8s.lua <<'X'
  phase "p" { step "creates it" { function(run)
      k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { generateName = run.what .. "-", labels = { of = run.what } } },
          { probe = function() return #k8s.list("configmaps", { selector = "of=" .. run.what }) > 0 end })
  end } },
X
for when in before after; do
    fresh probe-k8s-$when
    KUBECONFIG=$SANDBOX/kubeconfig mortal "\"at\":1,\"when\":\"$when\",\"writes\":true,\"services\":[\"kubernetes\"]" \
        "$RUNBOOK" probe-k8s.lua >/dev/null 2>&1
    is "killed $when an object is created" $? 137
    expect "killed $when an object is created: its probe is asked" 0 't is done' \
        env KUBECONFIG="$SANDBOX/kubeconfig" "$RUNBOOK" resume
    is "killed $when an object is created: there is one" \
        "$(curl -s "$CONTROL/state" | jq --arg w "$RUNBOOK_WHAT" '[.maps[] | select(.metadata.labels.of == $w)] | length')" 1
done

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

# --- undoing -----------------------------------------------------------------------------------------
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

# --- what a resumed run keeps ------------------------------------------------------------------------
cat >helper.lua <<'X'
return { greet = function() log.info("the helper that it began with") end }
X
book keeps.lua <<'X'
  phase "p" {
    step "finds out" { function()
        return { number = http.get("TILL/number"):json().number, whole = 2.0, text = "ü\n\"", none = json.null }
    end },
    step "draws" { function()
        require("helper").greet()
        local bytes = http.get("TILL/bytes").body
        log.info("drawn %d %d %.6f %s", math.random(1000000), http.get("TILL/number"):json().number, wait.now(),
            wait.now() == wait.now())
        http.post("TILL/echo")
        http.post("TILL/echo?second")
        log.info("bytes %d", #bytes)
    end },
    step "shows" { function(run)
        local r = run.results["finds out"]
        log.info("found %s", json.encode(r))
        log.info("types %s %s", math.type(r.whole), r.none == json.null)
    end } },
X
fresh keeps
killed 5 before "$RUNBOOK" keeps.lua --output ndjson # before the second write; what led to the first is kept
before=$(grep -Eo 'drawn [^"]*' "$WORK/killed.log")
echo 'error("the helper was changed")' >helper.lua
sed -i 's/drawn/changed/' keeps.lua
seq=$(doubtful)
after=$("$RUNBOOK" resume --resolve "$seq=retry" 2>&1)
code=$?
is "a changed source, or one that it requires, does not matter" $code 0
[ -n "$before" ] && grep -qF "$before" <<<"$after" && ok "random numbers, answers and the time are the same" ||
    not_ok "random numbers, answers and the time are the same: $before / $(grep drawn <<<"$after")"
grep -q 'found {"none":null,"number":1,"text":"ü\\n\\"","whole":2.0}' <<<"$after" && ok "a finished step's result is there" ||
    not_ok "a finished step's result is there: $(grep found <<<"$after")"
grep -q 'types float true' <<<"$after" && ok "and is of the same types" || not_ok "and is of the same types"
grep -q 'bytes [0-9]' <<<"$after" && ok "an answer that is no text is asked for again" || not_ok "bytes: $after"
expect "--source shows what it ran" 0 'the helper that it began with
drawn
!changed' "$RUNBOOK" show --source
is "as JSON, too, file by file" "$("$RUNBOOK" show --source --output json | jq -c '[.[] | [.module, .file, (.text | contains("the helper that it began with"))]]')" \
    "$(jq -cn '[[null, "sources.lua", false], ["helper", "./helper.lua", true]]')"

book waits.lua <<'X'
  phase "p" { step "waits" { function(run)
      local began = wait.now()
      http.post("TILL/pay?" .. run.what)
      wait.sleep("4s")
      log.info("waited %.1f", wait.now() - began)
  end } },
X
fresh waits
{ timeout -s KILL 1 "$RUNBOOK" waits.lua; } >/dev/null 2>&1
sleep 1
expect "a wait keeps its deadline" 0 'waited 4\.[0-4]' "$RUNBOOK" resume
is "and nothing was done twice" "$(paid "")" 1
fresh waits-past
{ timeout -s KILL 1 "$RUNBOOK" waits.lua; } >/dev/null 2>&1
sleep 3.5
took=$( { time -p "$RUNBOOK" resume >/dev/null 2>&1; } 2>&1 | sed -n 's/^real \([0-9]*\).*/\1/p')
[ "$took" -lt 1 ] && ok "one that has passed is not waited for" || not_ok "one that has passed: $took s"

# --- several at once ---------------------------------------------------------------------------------
book fibers.lua <<'X'
  phase "p" { step "pays" { function(run)
      local function pay(name)
          wait.sleep(math.random(40) / 1000)
          local n = http.get("TILL/number"):json().number
          http.post("TILL/pay?" .. run.what .. name, { idempotency_key = run.id .. name, json = { n = n } })
          wait.sleep(math.random(40) / 1000)
          return name
      end
      local all = parallel {
          left = function() return each({ "-1", "-2", "-3", "-4", "-5", "-6" }, { limit = 3 }, pay) end,
          right = function() return each({ "-7", "-8" }, pay) end,
      }
      log.info("paid %s %s", table.concat(all.left), table.concat(all.right))
  end } },
X
for at in 3 6 9 11 14; do
    fresh fibers-$at
    killed $at $([ $((at % 2)) = 0 ] && echo before || echo after) "$RUNBOOK" fibers.lua
    expect "branches, killed at request $at, take the same path" 0 'paid -1-2-3-4-5-6 -7-8
!another path' "$RUNBOOK" resume
    is "each was paid once" "$(paid -1 -2 -3 -4 -5 -6 -7 -8)" "1 1 1 1 1 1 1 1"
done

# --- another source ----------------------------------------------------------------------------------
book upgrade.lua <<'X'
  phase "p" {
    step "first" { function(run)
        http.post("TILL/pay?" .. run.what .. "-1")
        http.get("TILL/number")
        return 1
    end },
    step "second" { function(run)
        http.post("TILL/pay?" .. run.what .. "-2", { idempotency_key = "2" .. run.id })
        http.post("TILL/pay?" .. run.what .. "-3", { idempotency_key = "3" .. run.id })
    end },
    step "third" { function(run) http.post("TILL/pay?" .. run.what .. "-4") end } },
X
cp upgrade.lua began.lua
# upgrade NAME EXIT PATTERNS SED...: killed in the second step, the source changed, and resumed with it.
upgrade() {
    local name=$1 code=$2 patterns=$3 before
    shift 3
    cp began.lua upgrade.lua
    fresh "upgrade-$(tr -c 'a-z\n' - <<<"$name")"
    killed 4 before "$RUNBOOK" upgrade.lua
    sed -i "$@" upgrade.lua
    before=$(paid -1 -2 -3 -4)
    expect "--upgrade: $name" "$code" "$patterns" "$RUNBOOK" resume --upgrade
    [ "$code" = 0 ] && return
    is "--upgrade: $name: nothing was done" "$(paid -1 -2 -3 -4)" "$before"
    expect "--upgrade: $name: the first source still goes on" 0 't is done' "$RUNBOOK" resume
    is "--upgrade: $name: to its end" "$(paid -1 -2 -3 -4)" "1 1 1 1"
}
upgrade "a later step is another" 0 'the new third' -e 's/-4")/-5") log.info("the new third")/'
is "--upgrade: it was run" "$(paid -1 -2 -3 -4 -5)" "1 1 1 0 1"
expect "--upgrade: it is the source now" 0 'the new third' "$RUNBOOK" show --source
upgrade "more words" 0 't is done' -e '1i -- a comment' -e 's/http.get/log.info("looking") http.get/'
upgrade "another target in the interrupted step" 10 'takes another path than it took before
before:  POST .*-2  \(upgrade.lua:9\)
now:     POST .*-9  \(upgrade.lua:9\)
http.post\(.*-2"
http.post\(.*-9"
runbook resume [0-9a-f-]+$' -e 's/-2"/-9"/'
upgrade "another body" 10 'before:  POST .*-2
now:     POST .*-2' -e 's/-2", {/-2", { body = "x",/'
upgrade "a finished step asks for something else" 10 'takes another path
before:  GET .*number  \(upgrade.lua:5\)
now:     GET .*bytes  \(upgrade.lua:5\)' -e 's/number/bytes/'
upgrade "a finished step asks for more" 10 'before:  it ended here
now:     GET .*bytes  \(upgrade.lua:6\)' -e 's|return 1|http.get("'"$till"'/bytes") return 1|'
upgrade "a finished step leaves something out" 10 'before:  GET .*number  \(upgrade.lua:5\)
now:     it ended without' -e 's/http.get.*number")//'
upgrade "a finished step returns something else" 10 'returns something else' -e 's/return 1/return 2/'
upgrade "a finished step fails" 10 'fails with the source as it is now: no more' -e 's/return 1/check(false, "no more")/'
upgrade "a finished step is gone" 10 'been through the step "first", which upgrade.lua has no more' -e 's/"first"/"1st"/'
upgrade "it does not load" 3 'upgrade.lua:12: .* expected' -e 's/phase "p" {/phase "p" (/'

# --- signals -----------------------------------------------------------------------------------------
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

# --- disks -------------------------------------------------------------------------------------------
book full.lua <<'X'
  phase "p" { step "pays" { function(run)
      for i = 1, 60 do
          http.post("TILL/pay?" .. run.what .. i, { idempotency_key = run.id .. i, body = ("x"):rep(5000) })
      end
  end } },
X
# sent: how many payments the server has seen, and how many intents stand in the journal.
sent() { echo "$(curl -s "$CONTROL/state" | jq --arg t "/pay?$RUNBOOK_WHAT" '[.paid[] | select(startswith($t))] | unique | length') $(effects | jq -s '[.[] | select(.access == "write")] | length')"; }
full() { # full NAME COMMAND...: the command comes to the end of its disk, and goes on once it has room
    local name=$1 counts
    shift
    expect "$name: it stops, and says what stands and what to do" 6 'was not sent: the journal .* cannot be used: (database or disk is full|disk I/O error)
make room for the journal or mend it, then to go on: runbook resume [0-9a-f-]+$
^ +to take back what stands: runbook rollback [0-9a-f-]+$' "$@"
    counts=$(sent)
    [ "${counts% *}" = "${counts#* }" ] && [ "${counts% *}" -gt 3 ] && [ "${counts% *}" -lt 60 ] &&
        ok "$name: nothing was sent that is not on record" || not_ok "$name: sent and on record: $counts"
}
limited() { (ulimit -f 300; "$RUNBOOK" "${1:-full.lua}"); }
fresh full-file-
full "the file may not grow" limited
expect "the file may not grow: it goes on" 0 't is done' "$RUNBOOK" resume
is "the file may not grow: each was paid once" "$(sent)" "60 60"
mkdir disk
if [ "$(id -u 2>/dev/null)" ] && mount -t tmpfs -o size=600k tmpfs disk 2>/dev/null; then
    fresh full-disk-
    export XDG_STATE_HOME=$WORK/disk
    full "the disk is full" "$RUNBOOK" full.lua
    mount -o remount,size=10m disk
    expect "the disk is full: it goes on" 0 't is done' "$RUNBOOK" resume
    is "the disk is full: each was paid once" "$(sent)" "60 60"
    umount disk
else
    skip "a full disk needs a mount"
fi

# Where the phase says so the changes are taken back: on record where there is room for that, which was set
# aside; and where there is not a note says so, lest a resume goes on as if they stood.
book full-back.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "one" { function(run) http.post("TILL/pay?" .. run.what .. "-one", { idempotency_key = run.id }) end,
      undo = function(run) http.delete("TILL/pay?" .. run.what .. "-one") end },
    step "pays" { function(run)
        for i = 1, 60 do
            http.post("TILL/pay?" .. run.what .. i, { idempotency_key = run.id .. i, body = ("x"):rep(5000) })
        end
    end, undo = function(run) http.delete("TILL/pay?" .. run.what .. "-all") end } },
X
if mount -t tmpfs -o size=600k tmpfs disk 2>/dev/null; then
    fresh full-disk-back
    export XDG_STATE_HOME=$WORK/disk
    expect "the disk is full: taken back" 5 'failed and the changes were rolled back: .*the journal .* cannot be used: database or disk is full
make room for the journal or mend it, then: runbook full-back.lua' "$RUNBOOK" full-back.lua
    is "the disk is full: last first" "$(refunds)" "-all -one"
    mount -o remount,size=10m disk
    expect "the disk is full: its rollback is on record" 2 'was rolled back; start anew' "$RUNBOOK" resume "$(id)"
    is "the disk is full: nothing is left beside the journal" "$(ls disk/runbook | grep -c rollback)" 0
    umount disk
fi
fresh full-file-back
expect "the file may not grow: taken back" 5 'failed and the changes were rolled back: .*the journal .* cannot be used: disk I/O error' limited full-back.lua
is "the file may not grow: last first" "$(refunds)" "-all -one"
counts=$(sent)
expect "the file may not grow: a resume does not go on with what was taken back" 5 'was rolled back: (its journal could not be written|the journal .* cannot be used)' \
    "$RUNBOOK" resume "$(id)"
is "the file may not grow: it pays nothing more" "$(sent | cut -d' ' -f1)" "${counts% *}"
expect "the file may not grow: its rollback is on record then" 2 'was rolled back' "$RUNBOOK" resume "$(id)"

book small.lua <<'X'
  phase "p" { step "pays" { function(run) http.post("TILL/pay?" .. run.what) end } },
X
fresh read-only
"$RUNBOOK" small.lua >/dev/null 2>&1
run=$(id)
# powerless COMMAND...: by somebody for whom file modes count.
powerless() {
    if [ "$(command id -u)" = 0 ]; then setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; else "$@"; fi
}
chmod 755 "$WORK" "$XDG_STATE_HOME" "$XDG_STATE_HOME/runbook"
chmod 444 "$XDG_STATE_HOME"/runbook/* small.lua
[ "$(command id -u)" = 0 ] || chmod 555 "$XDG_STATE_HOME/runbook"
if powerless test -x "$RUNBOOK"; then
    expect "a read-only journal: nothing is done" 1 'the journal .*journal.db cannot be used: .*readonly
make it and its folder writable, or name another with --journal FILE' powerless "$RUNBOOK" small.lua
    is "a read-only journal: nothing was sent" "$(paid "")" 1
    expect "a read-only journal: it can be read" 0 'write done .*/pay\?read-only' powerless "$RUNBOOK" show "$run"
    expect "a folder one may not write to" 1 'could not make the folder /proc/x' "$RUNBOOK" small.lua --journal /proc/x/journal.db
else
    skip "a read-only journal: the binary is out of reach for others"
fi
chmod -R u+w "$XDG_STATE_HOME"

odd="$WORK/a #1?b%41/journal.db"
"$RUNBOOK" small.lua --journal "$odd" >/dev/null 2>&1
chmod 755 "${odd%/*}"
chmod 444 "$odd"
[ "$(command id -u)" = 0 ] || chmod 555 "${odd%/*}"
if powerless test -x "$RUNBOOK"; then
    expect "a read-only journal under an odd name" 0 ' done .* t$' powerless "$RUNBOOK" runs --journal "$odd"
fi
chmod -R u+w "${odd%/*}"

# What a run has read stays in the WAL, for which nobody waits; what it has changed is moved into the journal.
book reads.lua reads <<'X'
  phase "p" { step "looks" { function(run) http.get("TILL/paid?" .. run.what) end } },
X
for _ in 1 2 3; do "$RUNBOOK" reads.lua >/dev/null 2>&1; done
[ -s "$XDG_STATE_HOME/runbook/journal.db-wal" ] && ok "what was read is left in the WAL" || not_ok "there is no WAL"
mkdir -m 755 apart && cp "$XDG_STATE_HOME/runbook/journal.db" "$XDG_STATE_HOME/runbook/journal.db-wal" apart
chmod 444 apart/*
[ "$(command id -u)" = 0 ] || chmod 555 apart
if powerless test -x "$RUNBOOK"; then
    expect "a read-only copy without the -shm" 1 'journal.db cannot be used: .*lacks the -shm.* copy it and its -wal to' \
        powerless "$RUNBOOK" runs --journal apart/journal.db
fi
chmod -R u+w apart
names() { "$RUNBOOK" runs --output json | jq -r '[.[].name] | join(" ")'; }
is "what was read is on record" "$(names)" "reads reads reads t"
"$RUNBOOK" small.lua >/dev/null 2>&1
[ ! -e "$XDG_STATE_HOME/runbook/journal.db-wal" ] && ok "what was changed is in the journal" || not_ok "a WAL is left"
is "so is all before it" "$(names)" "t reads reads reads t"
echo "this is no database, and long enough to be looked at" >garbage.db
expect "something else than a journal" 1 'garbage.db cannot be used: file is not a database; it is no journal' \
    "$RUNBOOK" small.lua --journal garbage.db
expect "--journal none" 0 't is done' "$RUNBOOK" small.lua --journal none
for words in runs show 'show x' resume 'resume x' 'rollback x'; do
    # shellcheck disable=SC2086
    expect "$words --journal none" 2 'runs are found in the journal, and .--journal none. names none: leave it out' "$RUNBOOK" $words --journal none
done
printed() { bash -c '"$@" >/dev/full' printed "$@"; } # where nothing can be written to
expect "a list that cannot be written" 1 'what was printed could not be written to the end' printed "$RUNBOOK" runs
expect "a plan that cannot be" 1 'what was printed could not be written' printed "$RUNBOOK" plan small.lua
expect "a run is done all the same" 0 'what was printed could not be written' printed "$RUNBOOK" small.lua --journal none --output ndjson
expect "who closes the pipe has seen enough" 0 '^0 $' bash -c '{ "$1" plan small.lua 2>said; echo "$? $(cat said)" >&2; } | true' - "$RUNBOOK"
expect "runs takes no run" 2 'one of them is seen by: runbook show x' "$RUNBOOK" runs x
expect "an empty journal" 2 'no run is on record' "$RUNBOOK" show --journal none.db

# --- locks -------------------------------------------------------------------------------------------
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

# --- copies ------------------------------------------------------------------------------------------
book slow.lua <<'X'
  phase "p" { step "pays" { function(run)
      for i = 1, 40 do
          http.post("TILL/pay?" .. run.what .. i, { idempotency_key = run.id .. i, body = ("x"):rep(5000) })
          wait.sleep("20ms")
      end
  end } },
X
fresh copies
"$RUNBOOK" slow.lua >/dev/null 2>&1 &
running=$!
copies=0
while kill -0 $running 2>/dev/null; do
    mkdir "copy$copies"
    cp "$XDG_STATE_HOME"/runbook/journal.db* "copy$copies" 2>/dev/null && copies=$((copies + 1)) || rm -rf "copy$copies"
    sleep 0.01
done
wait $running
all=$(effects "$(id)" | jq -c '[.seq, .summary]')
good=0 partial=0
for i in $(seq 0 $((copies - 1))); do
    rm -f "copy$i"/*-shm
    part=$("$RUNBOOK" show --output json --journal "copy$i/journal.db" 2>"copy$i/log" | jq -c '.effects[] | [.seq, .summary]')
    n=$(grep -c . <<<"$part")
    [ "$part" = "$(head -n "$n" <<<"$all")" ] || grep -q 'there is no run' "copy$i/log" && good=$((good + 1))
    [ "$n" -lt 80 ] && [ "$n" -gt 0 ] && partial=$((partial + 1))
done
[ $copies -gt 4 ] && [ $partial -gt 1 ] && [ $good = $copies ] &&
    ok "$copies copies taken while it ran show what was done by then" || not_ok "$good of $copies copies are good, $partial are of a part"
finish
