#!/usr/bin/env bash
# Probes: what is in doubt is asked for, in the run itself and by whoever goes on, and made again only when they
# say twice that it was not done.
HERE=$(dirname "$(realpath "$0")")
. "$HERE/journal.sh"

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
finish
