#!/usr/bin/env bash
# What an undo gets: results of the steps that are finished and what was before the change, on every path
# to it; and what an undo that does nothing is called.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/journal_world.lua"
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")

book() { # book FILE: a runbook around the phases on standard input; run.what tells cases apart
    { echo "return runbook { name = \"t\", params = { what = param \"\", token = secret { env = \"TOKEN\" } },"; cat; echo '}'; } |
        sed "s|TILL|$till|g" >"$1"
}
fresh() { XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX"); export XDG_STATE_HOME RUNBOOK_WHAT=$1; }
refunds() { curl -s "$CONTROL/state" | jq -r --arg t "/pay?$RUNBOOK_WHAT" '.refunds[] | select(startswith($t)) | ltrimstr($t)' | paste -sd ' '; }
paid() { curl -s "$CONTROL/state" | jq --arg t "/pay?$RUNBOOK_WHAT" '[.paid[] | select(startswith($t))] | length'; }
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
id() { "$RUNBOOK" runs --output json | jq -r '.[0].id'; }
killed() { # killed AT WHEN COMMAND...
    mortal "\"at\":$1,\"when\":\"$2\"" "${@:3}" >"$WORK/killed.log" 2>&1
    local code=$?
    [ $code = 137 ] || { not_ok "killed: exit $code"; sed 's/^/        | /' "$WORK/killed.log"; }
}
export TOKEN=s3cret-token

# --- results -----------------------------------------------------------------------------------------
book results.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "create" { function(run)
        http.post("TILL/pay?" .. run.what)
        return { id = 7 }
    end, undo = function(run)
        local made = run.results.create
        if made then http.delete("TILL/pay?" .. run.what .. "-" .. made.id) end
    end },
    step "more" { function(run)
        http.post("TILL/pay?" .. run.what .. "-more")
        if run.what:find("fails") then error("broken") end
    end, undo = function(run) http.delete("TILL/pay?" .. run.what .. "-more-" .. run.results.create.id) end },
  },
X
fresh fails-live
expect "live" 5 'undone: create' "$RUNBOOK" results.lua
is "live: both were taken back by the result" "$(refunds)" "-more-7 -7"
fresh asked
expect "a run" 0 'is done' "$RUNBOOK" results.lua
expect "that is rolled back" 0 'undone: more' "$RUNBOOK" rollback "$(id)"
is "asked: both were taken back by the result" "$(refunds)" "-more-7 -7"
for at in 3 4; do for when in before after; do
    fresh undo-$at-$when-fails
    killed $at $when "$RUNBOOK" results.lua
    expect "killed $when request $at, in the rollback" 5 'undone: create' "$RUNBOOK" resume
    is "and the result is there" "$(refunds | tr ' ' '\n' | sort -u | paste -sd ' ')" "-7 -more-7"
done; done

book own.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "set" { function(run)
        http.post("TILL/pay?" .. run.what)
        error("it broke after the change")
        return "old"
    end, undo = function(run) http.delete("TILL/pay?" .. run.what .. "-" .. tostring(run.results.set)) end },
  },
X
fresh own
expect "an undo that reads the result of its own step, which failed" 6 'step "set" returned is not known, for it failed: it broke after the change
NOT undone: set
! after 3 attempts' "$RUNBOOK" own.lua
is "took nothing back by it" "$(refunds)" ""
expect "and asked for it once more it says so, too" 6 'step "set" returned is not known, for it failed: it broke' "$RUNBOOK" rollback "$(id)"
expect "a plan of that failure says it before" 4 'an undo fails after "set"' "$RUNBOOK" plan own.lua --assume-failure set

book has.lua <<'X'
  phase "p" { keep_going = true,
    step "skipped" { function() return 1 end, when = function() return false end },
    step "failed" { function() error("broken") end },
    step "nothing" { function() end },
    step "something" { function() return false end },
    step "asks" { function(run)
        local all = {}
        for _, name in ipairs { "skipped", "failed", "nothing", "something", "asks", "later" } do
            all[#all + 1] = name .. " " .. tostring(run.has(name))
        end
        log.info(table.concat(all, ", "))
        log.info("nil of skipped: %s, of later: %s", tostring(run.results.skipped), tostring(run.results.later))
        local ok, e = pcall(function() return run.results.failed end)
        log.info("reading failed: %s %s", tostring(ok), tostring(e))
        local ok, e = pcall(function() return run.has("nowhere") end)
        log.info("asking: %s %s", tostring(ok), tostring(e))
    end },
    step "later" { function() end },
  },
X
fresh has
expect "run.has" 4 'skipped false, failed false, nothing false, something true, asks false, later false
nil of skipped: nil, of later: nil
reading failed: false what the step "failed" returned is not known, for it failed: broken
asking: false run.results: there is no step "nowhere"' "$RUNBOOK" has.lua

# --- before ------------------------------------------------------------------------------------------
# GET /number counts up at each look: an undo that gets another number was given another before.
book before.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "set" { function(run)
        http.post("TILL/pay?" .. run.what .. "-1")
        http.post("TILL/pay?" .. run.what .. "-2")
        if run.what:find("retried") then error("broken") end
    end, retry = { attempts = 2, backoff = "10ms" },
    before = function(run) return { number = http.get("TILL/number"):json().number, token = run.token } end,
    undo = function(run, before)
        check(before.token == run.token and #run.token == 12, "the token is the same")
        http.delete("TILL/pay?" .. run.what .. "-back-to-" .. before.number)
    end },
    step "fails" { function() error("broken") end },
  },
X
number() { curl -s "$CONTROL/state" | jq .reads; }
taken_once() { # taken_once NAME NUMBER: it was looked once, and the undo got just that
    is "$1: looked once" "$(($(number) - $2))" 1
    is "$1: the undo got it" "$(refunds | tr ' ' '\n' | sort -u | paste -sd ' ')" "-back-to-$(($2 + 1))"
}
fresh before-live
n=$(number)
expect "before, live" 5 'undone: set' "$RUNBOOK" before.lua
taken_once live "$n"
fresh retried
n=$(number)
expect "before, with two attempts" 5 'undone: set' "$RUNBOOK" before.lua
taken_once retried "$n"
for at in 2 3 4; do for when in before after; do
    fresh at-$at-$when
    n=$(number)
    killed $at $when "$RUNBOOK" before.lua
    seq=$("$RUNBOOK" show --output json | jq '.effects[] | select(.access == "write" and .part == "step" and (.state == 0 or .in_doubt == 1)).seq')
    expect "killed $when request $at" 5 'undone: set' "$RUNBOOK" resume ${seq:+--resolve "$seq=done"}
    taken_once "killed $when request $at" "$n"
done; done
grep -aq s3cret-token "$XDG_STATE_HOME"/runbook/journal.db* && not_ok "the journal holds the secret" || ok "the journal holds no secret"
expect "in a plan of its failure" 0 'DELETE .*-back-to-[0-9]+' "$RUNBOOK" plan before.lua --assume-failure set

book first.lua <<'X'
  phase "p" { on_failure = "rollback",
    (function()
      local function look() return http.get("TILL/number"):json().number end
      local function back(run, before) http.delete("TILL/pay?" .. run.what .. "-back-to-" .. tostring(before)) end
      local steps = {}
      for i = 1, 3 do
          steps[i] = step("weight " .. i) { function(run) http.post("TILL/pay?" .. run.what .. i) end, before = look, undo = back }
      end
      return steps
    end)(),
    step "fails" { function() error("broken") end },
  },
X
fresh first
n=$(number)
expect "steps that share an undo" 5 'undone: weight 3' "$RUNBOOK" first.lua
is "hand it what was before the first of them" "$(refunds)" "-back-to-$((n + 1))"
fresh killed-first
n=$(number)
killed 7 before "$RUNBOOK" first.lua
expect "also in another process" 5 'undone: weight 3' "$RUNBOOK" resume
is "what was before the first" "$(refunds)" "-back-to-$((n + 1))"

book none.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "set" { function(run) http.post("TILL/pay?" .. run.what) error("broken") end, before = function() end,
        undo = function(run, before) http.delete("TILL/pay?" .. run.what .. "-" .. tostring(before)) end } },
X
fresh none
expect "a before of nothing" 5 'undone: set' "$RUNBOOK" none.lua
is "is nil" "$(refunds)" "-nil"

# A source that has a before where the one that the run began with had none.
without() { # without BEFORE UNDO
    book without.lua <<X
  phase "p" { on_failure = "rollback",
    step "set" { function(run)
        http.post("TILL/pay?" .. run.what)
        http.post("TILL/pay?" .. run.what .. "-keyed", { idempotency_key = run.id })
    end, $1 undo = function(run, before) http.delete("TILL/pay?" .. run.what .. $2) end },
    step "fails" { function() error("broken") end } },
X
}
without '' '""'
fresh upgraded
killed 2 after "$RUNBOOK" without.lua
without 'before = function() return http.get("TILL/number"):json().number end,' before
n=$(number)
expect "a before that comes too late" 6 'what was before the step "set" \(.*\) is not known: the step had made a change before it was looked' \
    "$RUNBOOK" resume --upgrade
is "is not taken" "$(number) $(refunds)" "$n "

# A before that cannot be kept, or that would change something, ends the step before its change.
refuses() { # refuses NAME EXPRESSION REASON
    book refuses.lua <<X
  phase "p" { on_failure = "rollback",
    step "set" { function(run) http.post("TILL/pay?" .. run.what) end, before = function(run) $2 end,
        undo = function(run, before) http.delete("TILL/pay?" .. run.what) end } },
X
    fresh "refuses-$passed"
    expect "$1" 4 "$3" "$RUNBOOK" refuses.lua
    is "$1: nothing was changed" "$(paid)" 0
}
cannot='what the `before` of "set" returned cannot be kept for its undo'
refuses "bytes that are no text" 'return "\xff\xfe"' "$cannot: it holds bytes that are no text"
refuses "a secret in another form" 'return crypto.base64_encode(run.token)' "$cannot: it holds a secret in another form"
refuses "a function" 'return { print = tostring }' 'must be plain data'
refuses "a change" 'http.post("TILL/pay?" .. run.what)' '`before` only looks, but this one would: POST '
refuses "an error" 'error("no way to look")' 'no way to look'
book lonely.lua <<'X'
  phase "p" { step "a" { function() end, before = function() end } },
X
expect "a before without an undo" 3 'has a `before` and no undo that would get it' "$RUNBOOK" check lonely.lua

# --- nothing, and the null of JSON -------------------------------------------------------------------
# The journal tells no difference, so there is none while the run lives.
for nothing in 'nil' 'json.decode("null")'; do
    book nothing.lua <<X
  phase "p" { on_failure = "rollback",
    step "set" { before = function() return $nothing end,
        function(run) http.post("TILL/pay?" .. run.what) return $nothing end,
        undo = function(run, before)
            log.info("%s before, %s made: %s", type(before), type(run.results.set), run.has("set"))
            http.delete("TILL/pay?" .. run.what .. (before and "-some" or "-none"))
        end },
    step "may fail" { function(run)
        if run.what:find("fails") then error("broken") end
    end } },
X
    said='nil before, nil made: false'
    fresh "nothing-fails-$passed"
    expect "a before of $nothing" 5 "$said" "$RUNBOOK" nothing.lua
    is "live it is nothing" "$(refunds)" "-none"
    fresh "nothing-$passed"
    "$RUNBOOK" nothing.lua >/dev/null 2>&1
    expect "a before of $nothing that is rolled back later" 0 "$said" "$RUNBOOK" rollback "$(id)"
    is "it is the same nothing" "$(refunds)" "-none"
    fresh "nothing-killed-fails-$passed"
    killed 2 before "$RUNBOOK" nothing.lua
    expect "a before of $nothing, resumed inside the rollback" 5 "$said" "$RUNBOOK" resume
    is "and the same nothing there" "$(refunds)" "-none"
done

# A secret that is another one by now cannot be given back: the undo that looks at it says so.
fresh rotated
killed 4 before "$RUNBOOK" before.lua
TOKEN=another-token expect "a secret that was rotated meanwhile" 6 'what was before the step "set" \(.*\) is not known: it holds a secret that is not known any more' \
    "$RUNBOOK" rollback "$(id)"
expect "with the one that it was" 0 'undone: set' "$RUNBOOK" rollback "$(id)"

# --- undos that do nothing ---------------------------------------------------------------------------
undoes() { # undoes NAME EXIT BODY PATTERN
    book undoes.lua <<X
  phase "p" { on_failure = "rollback",
    step "set" { function(run) http.post("TILL/pay?" .. run.what) end, undo = function(run) $3 end },
    step "fails" { function() error("broken") end } },
X
    fresh "undoes-$passed"
    expect "$1" "$2" "$4" "$RUNBOOK" undoes.lua --undo-patience 1s
}
nothing='NOT undone: set
its undo did nothing: it neither sent anything nor looked
these changes stand|These changes stand'
undoes "an undo that is empty" 6 '' "$nothing"
undoes "one that only logs" 6 'log.info("call somebody")' "$nothing"
undoes "one that only waits" 6 'wait.sleep("1ms")' "$nothing"
undoes "one that looks, and finds it gone" 5 'if http.get("TILL/paid?nobody"):json().times > 0 then http.delete("TILL/pay") end' \
    'undone: set
it sent nothing: it looked, and nothing was left to take back'
undoes "one that is refused, as it wishes" 5 'http.delete("TILL/nothing-here"):expect(204, 404)' 'undone: set'
undoes "one whose refused write is passed over" 6 'pcall(http.delete, "http://127.0.0.1:9/")' 'NOT undone: set
its undo did nothing: nobody answered anything that it sent or asked'
undoes "one whose program is not there" 6 'pcall(exec, { "/nowhere/at-all" })' 'its undo did nothing: nobody answered'
undoes "one that could not look" 6 'pcall(http.get, "http://127.0.0.1:9/")' 'its undo did nothing: nobody answered'
fault() { curl -s -o /dev/null -d "{\"name\":\"$1\",\"weight\":$2}" "$CONTROL/faults"; }
fault closed 100 # POST /pay is answered 503
refused='NOT undone: set
its undo was refused: POST .* was answered 503'
in_vain='http.post("TILL/pay?back", { repeatable = true })'
undo_in_vain() { # NAME EXIT BODY PATTERN: an undo while the till is closed
    book undoes.lua <<X
  phase "p" { on_failure = "rollback",
    step "set" { function() exec { "true" } end, undo = function(run) $3 end },
    step "fails" { function() error("broken") end } },
X
    fresh "vain-$passed"
    expect "$1" "$2" "$4" "$RUNBOOK" undoes.lua --undo-patience 1s
}
undo_in_vain "one that is answered 503, and does not look" 6 "$in_vain" "$refused"
undo_in_vain "one that has looked before" 6 "http.get('TILL/number') $in_vain" "$refused"
undo_in_vain "one that says that it is as good as done" 5 "$in_vain:expect(201, 503)" 'undone: set'
undo_in_vain "one that looks behind it" 5 "$in_vain http.get('TILL/number')" 'undone: set'
undo_in_vain "one that checks by hand waits, too" 6 "local a = $in_vain check(a.ok, 'it was paid back')" 'the undo waits: does not hold: it was paid back'
undo_in_vain "one that finds it gone" 5 'http.delete("TILL/nothing-here")' 'undone: set
it sent nothing: it looked'
undo_in_vain "a look that is answered 503" 6 'http.post("TILL/pay?back", { reads = true })' 'its undo did nothing: nobody answered'
fault closed null
book asks.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "set" { function() exec { "true" } end, undo = function() ask.confirm("Is it taken back?") end },
    step "fails" { function() error("broken") end } },
X
fresh asks
expect "--yes looks at nothing" 6 'its undo did nothing' "$RUNBOOK" asks.lua --yes
book planned.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "set" { function(run) http.post("TILL/pay?" .. run.what) end, undo = function() log.info("call somebody") end } },
X
expect "a plan says so" 0 'its undo did nothing' "$RUNBOOK" plan planned.lua
expect "and has a problem when the step is taken to fail" 4 'its undo did nothing' "$RUNBOOK" plan planned.lua --assume-failure set
finish
