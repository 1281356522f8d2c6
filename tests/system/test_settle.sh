#!/usr/bin/env bash
# A phase that rolls back and leaves something in doubt: what a person decides counts. And what is on record
# of attempts: a resume goes on with their number and their backoff; no failure's text is taken for a wish.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/journal_world.lua"
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")

book() { # book FILE: a runbook around the phases on standard input; run.what tells cases apart
    { echo "return runbook { name = \"t\", params = { what = param \"\" },"; cat; echo '}'; } |
        sed "s|TILL|$till|g" >"$1"
}
fresh() { XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX"); export XDG_STATE_HOME RUNBOOK_WHAT=$1; }
paid() { curl -s "$CONTROL/state" | jq --arg t "/pay?$RUNBOOK_WHAT$1" '[.paid[] | select(. == $t)] | length'; }
refunds() { curl -s "$CONTROL/state" | jq -r --arg t "/pay?$RUNBOOK_WHAT" '.refunds[] | select(startswith($t)) | ltrimstr($t)' | paste -sd ' '; }
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
id() { "$RUNBOOK" runs --output json | jq -r '.[0].id'; }
doubtful() { "$RUNBOOK" show --output json | jq '.effects[] | select(.access == "write" and (.state == 0 or .in_doubt == 1)).seq'; }

# --- doubt in a phase that rolls back ------------------------------------------------------------------
# The till takes the money of a target that ends with "hang" and does not answer; asked once more, it does.
pays='http.post("TILL/pay?" .. run.what .. "hang")'
book standing.lua <<X
  phase "p" { on_failure = "rollback", step "pays" { function(run) $pays end } },
X
book lasting.lua <<X
  phase "p" { on_failure = "rollback", step "pays" { function(run) $pays end, lasting = "the guest wishes it" } },
X
book behind.lua <<X
  phase "p" { on_failure = "rollback",
    step "first" { function(run) http.post("TILL/pay?" .. run.what .. "-first") end,
        undo = function(run) http.delete("TILL/pay?" .. run.what .. "-first") end },
    step "pays" { function(run) $pays end } },
  phase "q" { step "later" { function(run) http.post("TILL/pay?" .. run.what .. "-later") end } },
X
book undone.lua <<X
  phase "p" { on_failure = "rollback",
    step "pays" { function(run) $pays end, undo = function(run) http.delete("TILL/pay?" .. run.what .. "-back") end } },
X
# settled FILE HOW EXIT PAID PATTERN: in doubt, then decided; how often the till was paid at the end
settled() {
    local seq name="$1, $2"
    fresh "${1%.lua}-$2-"
    expect "$name: in doubt" 7 'in doubt: "pays" sent "POST
next: look whether "POST .*" took effect, then one of$
^ +runbook resume [0-9a-f-]+ --resolve [0-9]+=done$
^ +runbook resume [0-9a-f-]+ --resolve [0-9]+=not-done$
^ +runbook resume [0-9a-f-]+ --resolve [0-9]+=retry$' "$RUNBOOK" "$1"
    seq=$(doubtful)
    expect "$name: another number is refused" 2 'effect 999 of run .* is not in doubt' "$RUNBOOK" resume "$(id)" --resolve 999=done
    expect "$name: undecided, it stays in doubt" 7 'a change is in doubt
next: look whether "POST' "$RUNBOOK" resume "$(id)"
    expect "$name: decided" "$3" "$5" "$RUNBOOK" resume "$(id)" --resolve "$seq=$2"
    is "$name: so often it was paid" "$(paid hang)" "$4"
    is "$name: nothing is in doubt any more" "$(doubtful)" ""
}
settled standing.lua not-done 5 1 'was rolled back'
settled standing.lua done 6 1 'NOT everything
pays: it has no undo'
settled standing.lua retry 0 2 'is done'
settled lasting.lua not-done 5 1 'was rolled back'
settled lasting.lua done 5 1 'the guest wishes it'
settled lasting.lua retry 0 2 'is done'
settled behind.lua not-done 5 1 'was rolled back'
is "what was before it was taken back once" "$(refunds)" "-first"
settled behind.lua done 6 1 'pays: it has no undo'
settled behind.lua retry 6 2 'pays: it has no undo
NOT everything'
is "sent again behind a rollback: what came before was taken back once" "$(refunds)" "-first"
is "and what comes after was not done" "$(paid -later)" 0

fresh decided-twice-
"$RUNBOOK" standing.lua >/dev/null 2>&1
seq=$(doubtful)
expect "two words about one change are refused" 2 "says two things of effect $seq: done and not-done" \
    "$RUNBOOK" rollback "$(id)" --resolve "$seq=done" --resolve "$seq=not-done"
expect "rollback does not send it again" 2 "rollback takes changes back, and does not send effect $seq again" "$RUNBOOK" rollback "$(id)" --resolve "$seq=retry"
is "nothing was sent" "$(paid hang)" 1
expect "rollback: not done" 0 'was rolled back' "$RUNBOOK" rollback "$(id)" --resolve "$seq=not-done"
expect "then there is nothing to decide" 2 'was rolled back already' "$RUNBOOK" rollback "$(id)" --resolve "$seq=done"
fresh by-rollback-
"$RUNBOOK" standing.lua >/dev/null 2>&1
seq=$(doubtful)
expect "rollback: done" 6 'pays: it has no undo' "$RUNBOOK" rollback "$(id)" --resolve "$seq=done"
expect "decided once, it cannot be decided otherwise" 2 "effect $seq of run .* is not in doubt" "$RUNBOOK" resume "$(id)" --resolve "$seq=not-done"
# As above, of a run that had stopped without a rollback: then this is the first one, and it was asked for.
book halting.lua <<X
  phase "p" { step "pays" { function(run) $pays end } },
X
for what in done=6 not-done=0; do
    fresh "halting-${what%=*}-"
    expect "a run that halts is in doubt" 7 'in doubt: "pays" sent' "$RUNBOOK" halting.lua
    expect "its first rollback: ${what%=*}" "${what#*=}" 'it was asked for
t was rolled back' "$RUNBOOK" rollback "$(id)" --resolve "$(doubtful)=${what%=*}"
    is "and so it is on record: ${what%=*}" "$("$RUNBOOK" runs --output json | jq -c '.[0] | [.outcome, .exit]')" \
        "$([ "${what%=*}" = done ] && echo '["failed",6]' || echo '["rolled back",0]')"
done
fresh its-undo-
expect "with an undo, that settles it" 5 'undone: pays' "$RUNBOOK" undone.lua
is "by taking it back" "$(refunds)" "-back"

# --- attempts ------------------------------------------------------------------------------------------
book attempts.lua <<'X'
  phase "p" { step "tries" { function(run)
      http.post("TILL/pay?" .. run.what, { idempotency_key = run.id .. "-" .. tostring(math.random(1, 1 << 40)) })
      error("not this time")
  end, retry = { attempts = 3, backoff = run_backoff or "300ms" } } },
X
sed -i 's/run_backoff or //' attempts.lua
# die_in_pause COMMAND...: kills it while it waits for its next attempt
die_in_pause() {
    "$@" >pause.log 2>&1 &
    local pid=$!
    wait_for 20 grep -q 'failed, again in' pause.log || not_ok "no pause: $(cat pause.log)"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
}
fresh three
die_in_pause "$RUNBOOK" attempts.lua
is "killed behind the first attempt" "$(paid "")" 1
die_in_pause "$RUNBOOK" resume
expect "and behind the next: the third is the last" 6 'not this time
after 3 attempts' "$RUNBOOK" resume
is "three attempts in all" "$(paid "")" 3
expect "resumed after it has failed, it has three more" 6 'after 6 attempts' "$RUNBOOK" resume
is "those" "$(paid "")" 6

sed -i 's/"300ms"/"20s"/' attempts.lua
fresh backoff
die_in_pause "$RUNBOOK" attempts.lua
due=$(sqlite3 "$XDG_STATE_HOME/runbook/journal.db" "SELECT retry_at FROM step")
[ "$due" -gt "$(date +%s)000" ] && ok "when the next attempt is due is on record" || not_ok "when the next attempt is due: $due"
sqlite3 "$XDG_STATE_HOME/runbook/journal.db" "UPDATE step SET retry_at = retry_at - 20000"
"$RUNBOOK" resume >resumed.log 2>&1 &
pid=$!
wait_for 10 sh -c "[ \$(curl -s '$CONTROL/state' | jq '[.paid[] | select(. == \"/pay?backoff\")] | length') = 2 ]" &&
    ok "what was waited before the kill is not waited again" || not_ok "the resume waits anew: $(cat resumed.log)"
wait_for 10 grep -q 'again in 40s' resumed.log && ok "and the next pause is the second one" || not_ok "the next pause: $(cat resumed.log)"
kill -9 "$pid"
wait "$pid" 2>/dev/null

# --- steps that a resumed run does not come to again ------------------------------------------------------
# With keep_going a step that failed is tried again by a resume, and what changed behind it is on record.
book behind.lua <<'X'
  phase "p" { on_failure = "rollback", keep_going = true,
    step "looks" { function(run)
        if http.get("TILL/paid?" .. run.what):json().times > 0 then ask.approve("Go on?") end
        error("not well")
    end },
    step "pays" { function(run) http.post("TILL/pay?" .. run.what) end,
        undo = function(run) http.delete("TILL/pay?" .. run.what .. "-back") end },
    step "holds" { function(run) http.get("TILL/paid?" .. run.what) end } },
X
fresh behind
mortal '"at":3,"when":"before"' "$RUNBOOK" behind.lua >/dev/null 2>&1
expect "what changed behind a step that ends the resume is taken back" 8 'undone: pays
!nothing to undo' "$RUNBOOK" resume --no-input
is "indeed" "$(curl -s "$CONTROL/state" | jq -r '.refunds[] | select(. == "/pay?behind-back")')" "/pay?behind-back"
sed -i 's/on_failure = "rollback"/on_failure = "halt"/' behind.lua
fresh behind-halt
mortal '"at":3,"when":"before"' "$RUNBOOK" behind.lua >/dev/null 2>&1
expect "or named as what stands" 8 'pays: it was not undone' "$RUNBOOK" resume --no-input

# --- effects far down, whose places have long names ------------------------------------------------------
book deep.lua <<'X'
  phase "p" { step "digs" { function(run)
      local function dig(depth)
          if depth > 0 then return parallel { function() dig(depth - 1) end } end
          for i = 1, 3 do http.post("TILL/pay?" .. run.what .. i) end
      end
      dig(24)
      http.post("TILL/pay?" .. run.what .. "-keyed", { idempotency_key = run.id })
  end } },
X
fresh deep
mortal '"at":4,"when":"after"' "$RUNBOOK" deep.lua >/dev/null 2>&1
expect "a run whose effects are 24 branches down goes on" 0 'is done' "$RUNBOOK" resume
is "and does none of them again" "$(paid 1) $(paid 2) $(paid 3)" "1 1 1"

# --- killed behind its rollback, before its last word ----------------------------------------------------
book end.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "pays" { function(run) http.post("TILL/pay?" .. run.what) end,
        undo = function(run) http.delete("TILL/pay?" .. run.what .. "-back") end },
    step "fails" { function() error("broken") end } },
X
fresh end
expect "a run that is rolled back" 5 'were rolled back' "$RUNBOOK" end.lua
sqlite3 "$XDG_STATE_HOME/runbook/journal.db" "UPDATE run SET ended=NULL, outcome=NULL, exit=NULL"
expect "without its end on record it tells it" 5 'was rolled back: broken' "$RUNBOOK" resume
is "and takes nothing back again" "$(refunds)" "-back"
expect "once" 2 'was rolled back' "$RUNBOOK" resume "$(id)"

# --- a failure that reads like a wish -------------------------------------------------------------------
book wish.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "pays" { function(run) http.post("TILL/pay?" .. run.what) end,
        undo = function(run) http.delete("TILL/pay?" .. run.what .. "-back") end },
    step "fails" { function() error("it was asked for", 0) end } },
X
fresh wish
mortal '"at":2,"when":"before"' "$RUNBOOK" wish.lua >/dev/null 2>&1
expect "a resumed rollback of a failure ends with 5" 5 'it was asked for' "$RUNBOOK" resume

# --- what would not do what it says -----------------------------------------------------------------------
# A killed run is not gone on with, and not taken back, by a dry run; and no new run is begun with what was
# found out about an old one.
book dry.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "pays" { function(run) http.post("TILL/pay?" .. run.what) end,
        undo = function(run) http.delete("TILL/pay?" .. run.what .. "-back") end },
    step "ends" { function(run) http.post("TILL/pay?" .. run.what .. "-more") end, lasting = "it may" } },
X
fresh dry
mortal '"at":2,"when":"before"' "$RUNBOOK" dry.lua >/dev/null 2>&1
expect "resume refuses a dry run" 2 'resume takes no --dry-run, so nothing was done' "$RUNBOOK" resume -n
expect "rollback refuses a dry run" 2 'rollback takes no --dry-run, so nothing was done' "$RUNBOOK" rollback "$(id)" --dry-run
expect "a new run refuses --resolve" 2 'it belongs to a run that stopped' "$RUNBOOK" dry.lua --resolve 3=done
expect "a new run refuses --upgrade" 2 'it belongs to a run that stopped' "$RUNBOOK" dry.lua --upgrade
is "none of them paid anything back" "$(paid -back)" 0
is "nor anything more" "$(paid -more)" 0
expect "the run goes on when it is asked to" 0 'is done' "$RUNBOOK" resume --resolve "$(doubtful)=retry"
is "and pays once" "$(paid "") $(paid -more)" "1 1"
finish
