#!/usr/bin/env bash
# What a resumed run keeps: answers, results, random numbers, deadlines, its path and its source.
HERE=$(dirname "$(realpath "$0")")
. "$HERE/journal.sh"

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
    "$(jq -cn '[[null, "keeps.lua", false], ["helper", "helper.lua", true]]')"

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
upgrade "a finished step fails" 10 'fails with the source as it is now: does not hold: no more' -e 's/return 1/check(false, "no more")/'
upgrade "a finished step is gone" 10 'been through the step "first", which upgrade.lua has no more' -e 's/"first"/"1st"/'
upgrade "it does not load" 3 'upgrade.lua:12: .* expected' -e 's/phase "p" {/phase "p" (/'

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
finish
