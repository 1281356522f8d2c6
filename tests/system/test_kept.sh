#!/usr/bin/env bash
# What a journal keeps of answers, results, parameters and names: after a kill a run goes on with just the
# same, or says that it was withheld. No text becomes a secret, and no secret another one.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/kept_world.lua"
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
export T_TOKEN='Tr0ub4dor-3'

book() { # book FILE: a runbook around the steps on standard input
    { echo 'return runbook { name = "kept", params = { token = secret { env = "T_TOKEN" }, what = param "", n = param { type = "integer", default = 1 } },
  phase "p" {'; cat; echo '} }'; } | sed "s|TILL|$till|g" >"$1"
}
fresh() {
    XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX")
    export XDG_STATE_HOME
}
told() { curl -s "$CONTROL/state" | jq -c ".told[$1:]"; }
tell_count() { curl -s "$CONTROL/state" | jq '.told | length'; }
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
# killed AT WHEN COMMAND...: by the sandbox, at that request.
killed() {
    mortal "\"at\":$1,\"when\":\"$2\"" "${@:3}" >"$WORK/killed.log" 2>&1
    local code=$?
    [ $code = 137 ] || { not_ok "killed: exit $code"; sed 's/^/        | /' "$WORK/killed.log"; }
}
# What was sent as the process was killed did not arrive.
resume() {
    local seq
    seq=$("$RUNBOOK" show --output json | jq '.effects[] | select(.access == "write" and .state == 0).seq')
    "$RUNBOOK" resume ${seq:+--resolve "$seq=not-done"}
}
# The same runbook unhindered, and killed before its Nth request and resumed, tells the world the same.
same_after_a_kill() { # NAME FILE REQUESTS
    local name=$1 file=$2 at first want
    fresh
    first=$(tell_count)
    expect "$name: unhindered" 0 "" "$RUNBOOK" "$file"
    want=$(told "$first")
    for at in $(seq 2 "$3"); do
        fresh
        first=$(tell_count)
        killed "$at" before "$RUNBOOK" "$file"
        expect "$name: killed at request $at, it goes on" 0 "" resume
        is "$name: and tells the same" "$(told "$first")" "$want"
        ! grep -aq "$T_TOKEN" "$XDG_STATE_HOME"/runbook/* && ok "$name: no secret in the journal" || not_ok "$name: a secret in the journal"
    done
}

# --- texts that look like marks ------------------------------------------------------------------------
book marks.lua <<'X'
    step "asks" { function(run)
        local read = http.get("TILL/mark"):json()
        local made = http.post("TILL/mark"):json()
        http.post("TILL/told", { body = "in the step: " .. read.text .. made.text })
        return { read = read.text, made = made.text, keys = read, mine = "Bearer " .. run.token }
    end },
    step "tells" { function(run)
        local r = run.results["asks"]
        http.post("TILL/told", { body = r.read })
        http.post("TILL/told", { body = r.made })
        http.post("TILL/told", { json = r.keys })
        http.post("TILL/told", { body = r.mine })
    end },
X
same_after_a_kill "marks of a stranger" marks.lua 7
is "the literal text, not the secret" "$(told -4 | jq -c '.[0:2]')" '["[secret token]","see [secret token], [secret:0000:token]"]'
is "and the secret, where it was one" "$(told -1)" "[\"Bearer $T_TOKEN\"]"

# Somebody who has read the journal knows how its marks look.
cp "$XDG_STATE_HOME/runbook/journal.db" seen.db
cat "$XDG_STATE_HOME"/runbook/* | grep -ao '\[secret:[0-9a-f]*:token\]' | head -n 1 | tr -d '\n' >mark
is "the journal's mark is of another kind" "$(grep -c '^.secret:[0-9a-f]\{4\}:token.$' mark)" 1
curl -s -o /dev/null --data-binary @mark "$till/learn"
book true-mark.lua <<'X'
    step "asks" { function() return http.get("TILL/true-mark"):json().text end },
    step "tells" { function(run) http.post("TILL/told", { body = run.results["asks"] }) end },
X
same_after_a_kill "a true mark" true-mark.lua 2
is "a true mark stays a text" "$(told -1)" "[\"$(cat mark)\"]"

# --- values of every kind ------------------------------------------------------------------------------
book kinds.lua <<'X'
    step "makes" { function(run)
        http.post("TILL/told", { body = "makes" })
        return { whole = 1, float = 1.0, large = math.maxinteger, least = math.mininteger, huge = 1e300, tenth = 0.1,
            minus = -0.0, list = json.array {}, object = {}, null = json.null, [run.token] = { run.token },
            nul = "a\0b", empty = "", deep = { { { { run.token .. "[secret" } } } } }
    end },
    step "tells" { function(run)
        local r = run.results["makes"]
        http.post("TILL/told", { json = r })
        http.post("TILL/told", { body = ("%s %s %s %s %s"):format(math.type(r.whole), math.type(r.float), 1 / r.minus,
            r.huge, #r.nul) })
    end },
X
same_after_a_kill "values of all kinds" kinds.lua 3

# --- what does not come back as it was -------------------------------------------------------------------
for form in base64 hex bytes; do
    case $form in
    base64) make='crypto.base64_encode("user:" .. run.token)' why="it holds a secret in another form" ;;
    hex) make='run.token:gsub(".", function(c) return ("%02x"):format(c:byte()) end)' why="it holds a secret in another form" ;;
    bytes) make='"\xff\xfe"' why="it holds bytes that are no text" ;;
    esac
    book "$form.lua" <<X
    step "makes" { function(run) http.post("TILL/told", { body = "makes" }) return { it = ($make) } end },
    step "tells" { function(run)
        http.post("TILL/told", { body = "first" })
        local made = run.results["makes"]
        http.post("TILL/told", { body = made.it })
    end },
X
    fresh
    first=$(tell_count)
    killed 2 before "$RUNBOOK" "$form.lua"
    resume >resumed 2>&1
    is "$form: it is not told in another shape" "$(told "$first")" '["makes","first"]'
    sed "s|TILL|$till|g" >"answer-$form.lua" <<X
return runbook { name = "a", params = { token = secret { env = "T_TOKEN" } }, phase "p" { step "s" { function(run)
    local answer = http.post("TILL/$([ $form = bytes ] && echo bytes || echo echo)", { body = $make })
    http.post("TILL/told", { body = answer.body })
end } } }
X
    fresh
    killed 2 before "$RUNBOOK" "answer-$form.lua"
    expect "$form: an answer that was not kept says why" 7 "was done, but its answer was not kept: $why. Say whether to go on
next: go on without the answer of \".*\", or send it again: one of\$
^ +runbook resume [0-9a-f-]+ --resolve [0-9]+=done\$
^ +runbook resume [0-9a-f-]+ --resolve [0-9]+=retry\$
!not-done" "$RUNBOOK" resume
done

# --- a secret that is another one by now -------------------------------------------------------------------
fresh
first=$(tell_count)
killed 4 before "$RUNBOOK" marks.lua
T_TOKEN=an-other-one resume >resumed 2>&1
! told "$first" | grep -q "an-other-one" && ok "a result does not change with the secret" || not_ok "the new secret was told: $(told "$first")"

cat >rotated.lua <<X
return runbook { name = "a", params = { token = secret { env = "T_TOKEN" } }, phase "p" { step "s" { function(run)
    local answer = http.post("$till/echo", { body = "mine is " .. run.token })
    http.post("$till/told", { body = answer and answer.body or "unseen" })
end } } }
X
fresh
killed 2 before "$RUNBOOK" rotated.lua
expect "an answer with a secret that is another one by now says so" 7 'effect 1\) was done, but its answer was not kept: it holds a secret that is not known any more, or is another one now' \
    env T_TOKEN=an-other-one "$RUNBOOK" resume
expect "an answer that can be given is not in doubt" 2 'effect 1 of run .* is not in doubt' "$RUNBOOK" resume --resolve 1=done
expect "one that cannot may be decided" 7 'effect 2\) was sent and its outcome is not on record' \
    env T_TOKEN=an-other-one "$RUNBOOK" resume --resolve 1=retry

# --- names of steps that have the letters of a secret ------------------------------------------------------
cat >names.lua <<X
return runbook { name = "names", params = { word = secret { env = "T_WORD" } }, phase "p" { on_failure = "halt",
    step "smoke test" { function() http.post("$till/told", { body = "smoke" }) end, undo = function() http.post("$till/told", { body = "undone" }) end },
    step "tells" { function() http.post("$till/told", { body = "tells" }) end, undo = function() end } } }
X
export T_WORD=smoke
fresh
first=$(tell_count)
killed 2 before "$RUNBOOK" names.lua
expect "a name with a secret's letters: it goes on" 0 "" resume
is "a name with a secret's letters: nothing twice" "$(told "$first")" '["smoke","tells"]'
fresh
first=$(tell_count)
killed 2 before "$RUNBOOK" names.lua
id=$("$RUNBOOK" runs --output json | jq -r '.[0].id')
"$RUNBOOK" rollback "$id" >rolled 2>&1
is "a name with a secret's letters: taken back" "$(told "$first")" '["smoke","undone"]'
fresh
first=$(tell_count)
"$RUNBOOK" plan names.lua -o names.json >/dev/null 2>&1
expect "a name with a secret's letters: its plan is applied" 0 "" "$RUNBOOK" apply names.json
is "a name with a secret's letters: as planned" "$(told "$first")" '["smoke","tells"]'

# --- parameters -----------------------------------------------------------------------------------------
book params.lua <<'X'
    step "first" { function() http.post("TILL/told", { body = "first" }) end },
    step "tells" { function(run) http.post("TILL/told", { body = run.what .. run.n }) end },
X
fresh
first=$(tell_count)
killed 2 before "$RUNBOOK" params.lua --set "what=[secret token] $T_TOKEN [secret" --set n=-7
! grep -aq "$T_TOKEN" "$XDG_STATE_HOME"/runbook/* && ok "no secret of a parameter in the journal" || not_ok "a parameter's secret is in the journal"
expect "show: as people see it" 0 '"what": *"\[secret token\] \[secret token\] \[secret
!secret:' "$RUNBOOK" show --output json
expect "parameters: another secret is not taken for it" 2 "parameter 'what': the journal does not give it.*is another one now" \
    env T_TOKEN=an-other-one "$RUNBOOK" resume
expect "parameters: the run goes on" 0 "" resume
is "parameters: with the same" "$(told "$first")" "[\"first\",\"[secret token] $T_TOKEN [secret-7\"]"
fresh
expect "a parameter that cannot be kept is refused before anything is done" 2 "parameter 'what' cannot be kept in the journal: it holds a secret in another form" \
    "$RUNBOOK" params.lua --set "what=$(printf %s "$T_TOKEN" | base64)"

fresh
first=$(tell_count)
"$RUNBOOK" plan params.lua --set "what=a $T_TOKEN" -o plan.json >/dev/null 2>&1
! grep -q "$T_TOKEN" plan.json && ok "no secret of a parameter in a plan" || not_ok "a parameter's secret is in the plan"
expect "a plan's mask is not taken for the value" 10 'parameter what' "$RUNBOOK" apply plan.json
expect "it is to be given again" 0 '' "$RUNBOOK" apply plan.json --set "what=a $T_TOKEN"
is "and is what was approved" "$(told "$first")" "[\"first\",\"a ${T_TOKEN}1\"]"

finish
