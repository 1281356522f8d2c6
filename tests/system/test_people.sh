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
expect "a question that nobody answers expires" 8 'not answered in time' typed '' --set timeout=300ms --only approve
expect "--no-input does not ask" 8 'needs a person' typed '' --no-input
expect "--yes answers approvals, text wants a default" 0 'confirmed true
typed <the usual>' "$RUNBOOK" ask.lua --yes
expect "a closed terminal is no answer" 8 'needs a person|closed' "$RUNBOOK" ask.lua
finish
