#!/usr/bin/env bash
# The last words of a run: what to type next can be pasted as it stands, the exit table is true, and nothing
# is said that is not so.
. "$(dirname "$0")/lib.sh"
mkdir -p "$WORK/bin" "$WORK/room" && ln -s "$RUNBOOK" "$WORK/bin/runbook" && cd "$WORK/room" || exit 1
export PATH=$WORK/bin:$PATH
sandbox "$HERE/journal_world.lua"
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")

# --- tools -------------------------------------------------------------------------------------------
book() { # book FILE: a runbook around the phases on standard input; run.what tells cases apart
    { echo 'return runbook { name = "t", params = { what = param "", size = param { default = 1 },'
      echo '  token = secret { env = "T_TOKEN", optional = true } },'; cat; echo '}'; } | sed "s|TILL|$till|g" >"$1"
}
fresh() { XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX"); export XDG_STATE_HOME RUNBOOK_WHAT=$1; }
paid() { curl -s "$CONTROL/state" | jq --arg t "/pay?$RUNBOOK_WHAT$1" '[.paid[] | select(. == $t)] | length'; }
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
id() { runbook runs --output json | jq -r '.[0].id'; }
# ends COMMAND...: runs it; its last words are in $next, in one text as they are shown
ends() { "$@" >last.log 2>&1 </dev/null; code=$?; next=$(sed -n 's/^ *next: //p' last.log | tail -1); }
pasted() { # pasted NAME EXIT PATTERNS: what $next says to type, typed
    expect "$1: pasted" "$2" "$3" bash -c "runbook ${next#*runbook }"
}

# --- the command line is kept -------------------------------------------------------------------------
book limit.lua <<'X'
  phase "first" { step "never" { function() error("the wrong phase") end } },
  phase "it's $the second" { step "pays" { lasting = "paid", function(run)
      check(run.size == 7, "the size is 7")
      http.post("TILL/pay?limit-" .. #run.what)
  end } },
X
echo 'size: 7' >"values of mine.yaml"
fresh "kept"
given=(limit.lua "it's \$the second" --values "values of mine.yaml" --set "what=it's \$5; a"
    --journal "j o.db" --only pays --lock-timeout 90s --undo-patience 1500ms --max-memory 64MB --max-seconds 2.5
    --allow "http * $till/**" --allow "env T_TOKEN" --deny 'exec *' --lease none)
for how in "plan" "run -n" "run --dry-run"; do
    ends runbook $how "${given[@]}" --offline
    is "$how: it is planned" "$code" 0
    is "$how: what to type" "$next" "to do it: runbook limit.lua --values 'values of mine.yaml' --set 'what=it'\\''s \$5; a' --only pays --allow 'http * $till/**' --allow 'env T_TOKEN' --deny 'exec *' --journal 'j o.db' --lease none --lock-timeout 90s --undo-patience 1500ms --max-memory 64MB --max-seconds 2.5 'it'\\''s \$the second'"
done
ends runbook plan "${given[@]}"
pasted "a plan" 0 'is done'
is "with those parameters" "$(curl -s "$CONTROL/state" | jq '[.paid[] | select(. == "/pay?limit-10")] | length')" 1
is "in that journal" "$(runbook runs --journal 'j o.db' --output json | jq length)" 1
ends runbook plan limit.lua "it's \$the second" --values 'values of mine.yaml' -o 'the plan.json'
is "a plan in a file" "$next" "to do it: runbook apply 'the plan.json'"
pasted "a plan in a file" 0 'is done'
cp limit.lua runs
ends runbook plan ./runs "it's \$the second" --set size=7
is "a file that has no ending" "$next" "to do it: runbook ./runs --set size=7 'it'\\''s \$the second'"
ends runbook plan limit.lua "it's \$the second" --set size=7 --set token=very-secret
is "no secret stands in it" "$(grep -c very-secret last.log)" 0
is "but that it is wanted" "$next" "to do it: runbook limit.lua --set size=7 --set token=\"\${token:?}\" 'it'\\''s \$the second'"
pasted "without the secret nothing is begun" 127 'token: parameter (null or )?not set'
export token=very-secret
pasted "with it" 0 'is done'
unset token

# --- anew --------------------------------------------------------------------------------------------
book back.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "pays" { function(run) http.post("TILL/pay?" .. run.what) end,
        undo = function(run) http.delete("TILL/pay?" .. run.what) end },
    step "checks" { function(run)
        if run.size == 3 then exec { "touch", "began", reads = true } wait.sleep("30s") end
        check(run.size == 2, "the size is 2")
    end } },
X
fresh back
ends runbook back.lua --set size=1 --journal none
is "rolled back: exit" "$code" 5
is "rolled back: anew, as it was given" "$next" "mend the cause, then: runbook back.lua --set size=1 --journal none"
stopped() {
    rm -f began
    runbook back.lua --set size=3 >last.log 2>&1 &
    local pid=$!
    wait_for 20 test -f began
    kill -INT $pid
    wait $pid
    code=$?
    next=$(sed -n 's/^ *next: //p' last.log)
}
stopped
is "Ctrl-C with a rollback: exit" "$code" 130
is "Ctrl-C with a rollback begins anew" "$next" "to do it anew: runbook back.lua --set size=3"
expect "and that is what the table says" 0 '^  130, 143 .*130 by SIGINT, 143 by SIGTERM or SIGHUP
next: .runbook resume. goes on; after a rollback run it anew' runbook help exit
expect "for resume refuses" 2 'was rolled back; start anew with: runbook back.lua --set size=3$' runbook resume "$(id)"
expect "and so does rollback" 2 'was rolled back already: nothing of it is left to take back' runbook rollback "$(id)"
fresh back-resumed
mortal '"at":1,"when":"after"' runbook back.lua --set size=1 >/dev/null 2>&1
ends runbook resume --resolve "$(runbook show --output json | jq '.effects[] | select(.access == "write").seq')=done"
is "a run that was gone on with: exit" "$code" 5
is "begins anew as it was begun" "$next" "mend the cause, then: runbook back.lua --set size=1"
fresh open
mortal '"at":1,"when":"after"' runbook back.lua >/dev/null 2>&1
expect "a run that has no end has no exit code" 0 ' open +-  t$' runbook runs

# --- a plan that cannot be written ---------------------------------------------------------------------
expect "a plan that cannot be written says so at its end" 2 '^✗ the plan was not written: .*/nonexist/p.json
exit 2$
!exit 0
!next:' runbook plan limit.lua "it's \$the second" --set size=7 -o /nonexist/p.json
fresh planned
runbook plan limit.lua "it's \$the second" --set size=7 -o whole.json >/dev/null
is "one that is written tells its own end" "$(jq -r '[.end.outcome, .end.exit, (.run.ended | length > 0)] | @csv' whole.json)" '"planned",0,true'

# --- doubt -------------------------------------------------------------------------------------------
book doubt.lua <<'X'
  phase "p" { step "pays" { function(run) http.post("TILL/pay?" .. run.what) end } },
X
for answer in done not-done retry; do
    fresh "doubt-$answer"
    mortal '"at":1,"when":"after"' runbook doubt.lua --journal "a journal.db" >/dev/null 2>&1
    ends runbook resume --journal "a journal.db"
    is "$answer: exit" "$code" 7
    line=$(grep -- "--resolve [0-9]*=$answer\$" last.log | sed 's/^ *//')
    expect "$answer: its line can be pasted" 0 'is done' bash -c "$line"
done

# --- the second Ctrl-C ---------------------------------------------------------------------------------
fresh hung
twice() { # the till hears nothing meanwhile
    kill -STOP "$SANDBOX_PID"
    runbook doubt.lua >out.log 2>err.log &
    local pid=$!
    wait_for 20 bash -c "runbook show --output json | jq -e '.effects[0].state == 0'"
    sleep 0.3
    kill -INT $pid
    sleep 0.5
    kill -INT $pid
    wait $pid
    code=$?
    kill -CONT "$SANDBOX_PID"
    cat err.log
    return $code
}
expect "a second Ctrl-C says what is on its way, and how to go on" 130 "ended at once by a second signal
^runbook: POST $till/pay\?hung was on its way: whether it took effect is not known\$
to go on: runbook resume [0-9-]+-[0-9a-f]+; to take it back: runbook rollback [0-9-]+-[0-9a-f]+\$" twice
run=$(id)
expect "a new run says what it passes over" 0 "taking over the lock of run $run, whose process is gone and which has 1 write in doubt: .runbook resume $run. settles it; this run begins anew all the same" \
    runbook doubt.lua
fresh hung-elsewhere
mortal '"at":1,"when":"after"' runbook doubt.lua --journal "a b.db" >/dev/null 2>&1
expect "also where the journal is another" 0 "1 write in doubt: .runbook resume [0-9a-f-]+ --journal '$PWD/a b.db'. settles it" runbook doubt.lua

# --- not more than is so ---------------------------------------------------------------------------------
book blind.lua <<'X'
  phase "p" { on_failure = "rollback", step "pays" { function(run)
      http.get("TILL/nothing"):expect(200)
      http.post("TILL/pay?" .. run.what)
  end } },
X
fresh blind
for form in text markdown html; do
    expect "a plan that did not come to its change ($form)" 4 'No change is known, for the plan did not come to its end
!change nothing' runbook plan blind.lua --output $form
done
expect "nothing changed, nothing rolled back" 4 'nothing had been changed, so there is nothing to roll back
next: mend the cause, then: runbook blind.lua$
!ROLLING BACK
!Everything was undone' runbook blind.lua
expect "as the table says" 0 'next: mend the cause, then .runbook resume., or after a rollback run it anew' runbook help exit
for form in markdown html; do
    expect "nor in $form" 4 '!Rollback
!Everything was undone' runbook blind.lua --output $form
done
book may.lua <<'X'
  phase "p" { step "pays" { function(run) http.post("TILL/pay?" .. run.what .. "hang") end } },
X
book both.lua <<'X'
  phase "p" { step "first" { function(run) http.post("TILL/pay?" .. run.what .. "-first") end },
    step "pays" { function(run) http.post("TILL/pay?" .. run.what .. "hang") end } },
X
for form in text markdown html; do
    fresh may-$form
    expect "what is in doubt may stand ($form)" 7 'These changes may stand
it has no undo; whether it took effect is not known' runbook may.lua --output $form
    fresh both-$form
    expect "beside what does ($form)" 7 'These changes stand, or may stand' runbook both.lua --output $form
done
finish
