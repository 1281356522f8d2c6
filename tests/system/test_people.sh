#!/usr/bin/env bash
# Questions at a real terminal: what a person types, a closed terminal, a question that expires.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
command -v script >/dev/null || { skip "script (bsdutils) is not installed"; finish; }

cat >ask.lua <<'X'
return runbook { name = "ask", summary = "questions",
  params = { timeout = param { default = "20s", type = "duration" } },
  phase "p" {
    step "approve" { function(run) ask.approve("Go on with it?", { timeout = run.timeout }) log.info("went-on") end },
    step "confirm" { function() log.info("confirmed %s", tostring(ask.confirm("Really?"))) end },
    step "text" { function() log.info("typed <%s>", ask.text("Which one?", { default = "the usual" })) end },
  } }
X
# typed ANSWERS ARGS...: runs it in a pseudo terminal and types the answers, a line each, a moment apart.
typed() {
    local answers=$1
    shift
    { sleep 1; while IFS= read -r line; do printf '%s\n' "$line"; sleep 0.4; done <<<"$answers"; sleep 1; } |
        script -qec "$RUNBOOK ask.lua $*" /dev/null
}
expect "yes, no and a line" 0 'Go on with it\?
went-on
confirmed false
typed <the red one>' typed $'yes\nno\nthe red one'
expect "an empty line takes the default" 0 'confirmed true
typed <the usual>' typed $'y\nyes\n'
expect "a refusal is not approved" 8 'answered with no
!went-on' typed 'no'
expect "a yes is a yes in capitals, and what is neither is asked again" 0 'neither yes nor no
went-on
confirmed true' typed $'maybe\nYES\nYes\n'
early() { { printf 'yes\n'; sleep 3; printf 'no\n'; sleep 1; } | script -qec "sh -c 'sleep 1; exec $RUNBOOK ask.lua'" /dev/null; }
expect "what was typed before the question is no answer" 8 'answered with no
!went-on' early
expect "with events for a program the question is there, too" 0 '^Go on with it\?' typed $'yes\nyes\n\n' --output ndjson
cat >both.lua <<'X'
return runbook { name = "both", summary = "two at once", phase "p" {
  step "s" { function()
      local r = parallel { a = function() return ask.text("First one?") end, b = function() return ask.text("Second one?") end }
      log.info("a <%s> b <%s>", r.a, r.b) end } } }
X
both() { { sleep 1; printf 'red\n'; sleep 0.5; printf 'blue\n'; sleep 1; } | script -qec "$RUNBOOK both.lua" /dev/null; }
expect "two questions are asked one after the other" 0 'a <red> b <blue>' both
cat >gone.lua <<'X'
return runbook { name = "gone", summary = "one question is given up", phase "p" {
  step "s" { function()
      local r = parallel { a = function() return (pcall(ask.approve, "First one?", { timeout = "300ms" })) end,
                           b = function() return ask.text("Second one?") end }
      log.info("a <%s> b <%s>", tostring(r.a), r.b) end } } }
X
gone() { { sleep 2; printf 'blue\n'; sleep 1; } | script -qec "$RUNBOOK gone.lua" /dev/null; }
expect "a question that expires gives way to the next" 0 'Second one.*
a <false> b <blue>' gone
expect "a question that nobody answers expires" 8 'not answered in time' typed '' --set timeout=300ms --only approve
expect "--no-input does not ask" 8 'needs a person' typed '' --no-input
expect "--yes answers approvals, text wants a default" 0 'confirmed true
typed <the usual>' "$RUNBOOK" ask.lua --yes
cat >denied.lua <<'X'
return runbook { name = "denied", phase "p" { keep_going = true,
  step "fails" { function() check(false, "what failed before") end },
  step "asks" { function() ask.approve("Go?") end },
} }
X
expect "what was not approved is named, also after another failure" 8 'not approved in "asks": "Go[?]" needs a person' \
    "$RUNBOOK" denied.lua --no-input
expect "a closed terminal is no answer" 8 'needs a person|closed' "$RUNBOOK" ask.lua
finish
