#!/usr/bin/env bash
# What a verb does not take it refuses, and what resume and rollback take up: which run, with which values and
# which source, and what they do not know any more.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
id() { "$RUNBOOK" runs --output json "$@" | jq -r '.[0].id'; }
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
fresh() { XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX"); export XDG_STATE_HOME; rm -f traces; }
traces() { paste -sd ' ' "$WORK/traces" 2>/dev/null; }

# A step leaves a trace, and its undo another one; the next fails as long as there is no file `mended`.
book() { # book FILE [TEXT IN THE HEAD]
    cat >"$1" <<X
return runbook { name = "$1", ${2-}
  phase "p" {
    step "leaves" { function() exec { "sh", "-c", "echo $1 >>$WORK/traces" } end,
        undo = function() exec { "sh", "-c", "echo undone-$1 >>$WORK/traces" } end },
    step "needs" { function() exec { "test", "-e", "$WORK/mended", reads = true } end } } }
X
}

# --- options that a verb does not take --------------------------------------------------------------------
touch mended
book a.lua
refused() { # refused VERB OPTION IS-FOR COMMAND...
    expect "$1 takes no $2" 2 "runbook: $1 takes no --$2, so nothing was done; it is for $3" "$RUNBOOK" "${@:4}"
}
fresh
refused run permissions check a.lua --permissions
refused run detailed-exitcode plan a.lua --detailed-exitcode
refused run out plan run a.lua -o plan.json
refused run sign plan a.lua --sign key.pem
refused run require-signature apply a.lua --require-signature pub.pem
refused run source show a.lua --source
refused run offline 'plan and check' a.lua --offline
refused run resolve 'resume and rollback' a.lua --resolve 3=done
refused run upgrade 'resume and rollback' a.lua --upgrade
refused plan permissions check plan a.lua --permissions
refused plan permissions check a.lua -n --permissions
refused apply resolve 'resume and rollback' apply plan.json --resolve 3=done
refused apply upgrade 'resume and rollback' apply plan.json --upgrade
refused apply from 'run, plan and check' apply plan.json --from leaves
refused resume from 'run, plan and check' resume --from leaves
refused resume dry-run 'run, plan and apply' resume -n
refused rollback only 'run, plan and check' rollback x --only leaves
refused rollback detailed-exitcode plan rollback x --detailed-exitcode
refused check report 'run, plan, apply, resume and rollback' check a.lua --report x.html
refused check world plan check a.lua --permissions --world w.lua
refused runs set 'run, plan, apply, resume, rollback and check' runs --set a=b
refused show yes 'run, plan, apply, resume and rollback' show --yes
expect "show prints text or json" 2 'print text or json, not html' "$RUNBOOK" show --output html
expect "version takes nothing" 2 "takes nothing, and not '--x'" "$RUNBOOK" version --x
expect "nor does --version" 2 "takes nothing, and not '--x'" "$RUNBOOK" --version --x
expect "version says which" 0 '^runbook [0-9]' "$RUNBOOK" version
expect "help takes one word" 2 "not '--x' as well" "$RUNBOOK" help run --x
is "nothing was done by any of them" "$(traces)" ""
is "nor is anything on record" "$("$RUNBOOK" runs)" "no run is on record"
expect "a dry run is a plan, with what is for plans" 2 'nothing was changed' "$RUNBOOK" a.lua -n --detailed-exitcode
expect "and a plan is made with the line of the run" 0 'nothing was changed' "$RUNBOOK" plan a.lua --yes --journal x.db --lock-timeout 1s
is "which changed nothing" "$(traces)" ""
is "completion knows every option" "$(bash -c 'source <("$0" completion bash); COMP_WORDS=(runbook --); COMP_CWORD=1; _runbook; printf "%s\n" "${COMPREPLY[@]}"' \
    "$RUNBOOK" | grep -cxE -- '--(resolve|journal|lease|world|permissions)')" 5

# --- which run a bare resume goes on with -------------------------------------------------------------------
book b.lua
fresh
rm -f mended
"$RUNBOOK" b.lua >/dev/null 2>&1
older=$(id)
touch mended
expect "none but the latest: it is done" 0 'is done' "$RUNBOOK" a.lua
latest=$(id)
: >traces
for i in first second; do
    expect "the $i resume takes no other run" 2 "the latest run, $latest of a.lua, is done; $older of b.lua \([0-9]+s ago\) stopped: runbook resume $older\$" "$RUNBOOK" resume
done
expect "which names the journal" 2 "runbook resume $older --journal $XDG_STATE_HOME/runbook/journal.db\$" "$RUNBOOK" resume --journal "$XDG_STATE_HOME/runbook/journal.db"
expect "the same where the latest was rolled back" 0 'was rolled back' "$RUNBOOK" rollback "$latest"
expect "it is told so" 2 "$latest of a.lua, was rolled back; $older of b.lua" "$RUNBOOK" resume
is "the other run was left alone" "$(traces)" "undone-a.lua"
expect "by its name it goes on" 0 'is done' "$RUNBOOK" resume "$older"
expect "then there is none" 2 "there is no run in .* to go on with: the latest, $latest of a.lua, was rolled back" "$RUNBOOK" resume
fresh
expect "an empty journal has none" 2 'there is no run in .* to go on with' "$RUNBOOK" resume
rm -f mended
"$RUNBOOK" a.lua >/dev/null 2>&1
touch mended
expect "a latest run that stopped goes on" 0 'is done' "$RUNBOOK" resume
expect "once" 2 "to go on with: the latest, $(id) of a.lua, is done" "$RUNBOOK" resume

# A rollback that came to its end and left a change in doubt: nobody has looked at it yet.
cat >doubt.lua <<X
return runbook { name = "doubt", phase "p" { on_failure = "rollback",
    step "leaves" { function() exec { "sh", "-c", "echo did >>$WORK/traces" } end,
        undo = function() exec { "sh", "-c", "echo undid >>$WORK/traces" } end },
    step "hangs" { function() exec { "sleep", "9", timeout = "200ms" } end } } }
X
fresh
expect "in doubt behind its rollback" 7 'in doubt' "$RUNBOOK" doubt.lua
doubt=$(id) seq=$("$RUNBOOK" show --output json | jq '.effects[] | select(.access == "write" and .step == "hangs").seq')
expect "a bare resume finds it" 7 'a change is in doubt' "$RUNBOOK" resume
expect "a later one hides it, but tells of it" 0 'is done' "$RUNBOOK" a.lua
expect "namely so" 2 "$doubt of doubt.lua \([0-9]+s ago\) stopped: runbook resume $doubt" "$RUNBOOK" resume
expect "it is settled by its name" 5 'was rolled back' "$RUNBOOK" resume "$doubt" --resolve "$seq=not-done"
expect "and not told of again" 2 'there is no run in .* to go on with' "$RUNBOOK" resume

# --- the values file and the folder it began in ----------------------------------------------------------------
book values.lua 'params = { color = param "" },'
book token.lua 'params = { color = param "", token = secret {} },'
stopped() { # stopped FILE: with a values file in a folder of its own, which is gone then
    fresh
    rm -f mended
    mkdir -p began
    printf 'color: red\ntoken: geheimnis-7\n' >began/values.yaml
    (cd began && "$RUNBOOK" "../$1" --values values.yaml >/dev/null 2>&1)
    touch mended
}
stopped values.lua
rm began/values.yaml
expect "a values file that is gone does not keep a run from going on" 0 'is done
!has changed' "$RUNBOOK" resume
stopped values.lua
rm began/values.yaml
expect "nor from being taken back" 0 'undone: leaves' "$RUNBOOK" rollback "$(id)"
stopped token.lua
expect "it is found from another folder" 0 'is done' "$RUNBOOK" resume
expect "also for the rollback" 0 'undone: leaves' sh -c 'cd / && "$0" rollback "$1"' "$RUNBOOK" "$(id)"
stopped token.lua
rm began/values.yaml
expect "it is named where a secret is missing" 2 "parameter 'token' is missing; .*The run began with --values $WORK/began/values.yaml, which is not there" "$RUNBOOK" resume
expect "which may be given otherwise" 0 'is done' "$RUNBOOK" resume --set token=geheimnis-7
while IFS='|' read -r spoils why; do
    for file in values.lua token.lua; do
        stopped $file
        (cd began && rm values.yaml && eval "$spoils")
        [ $file = token.lua ] &&
            expect "with $spoils, a missing secret tells why, in one sentence" 2 "^runbook: parameter 'token' is missing; .*The run began with --values $WORK/began/values.yaml, which cannot be used: .*$why\$
!has changed" "$RUNBOOK" resume
        expect "with $spoils, $file goes on" 0 'is done' "$RUNBOOK" resume $([ $file = token.lua ] && echo --set token=geheimnis-7)
        rm -rf began
    done
done <<'X'
mkdir values.yaml|could not read .*/values.yaml: Is a directory
ln -s values.yaml values.yaml|could not open .*/values.yaml: Too many levels of symbolic links
echo "a: [" >values.yaml|is not valid YAML: .*
echo "- a" >values.yaml|must be one mapping of parameter names to values
X
stopped values.lua
rm began/values.yaml && mkdir began/values.yaml
expect "it is taken back without it, too" 0 'undone: leaves' "$RUNBOOK" rollback "$(id)"
rm -rf began
stopped token.lua
rm began/values.yaml
expect "one that is named now has to be there" 2 'values.yaml' "$RUNBOOK" resume --values began/values.yaml
expect "and what cannot be changed is refused" 2 "'color': --set color cannot change it" "$RUNBOOK" resume --set token=geheimnis-7 --set color=blue
expect "what says the same is not" 0 'is done' "$RUNBOOK" resume --set token=geheimnis-7 --set color=red

# --- a source that has changed -----------------------------------------------------------------------------------
cat >helper.lua <<X
return { word = "first" }
X
cat >fault.lua <<X
local helper = require "helper"
return runbook { name = "fault",
  phase "p" {
    step "leaves" { function() exec { "sh", "-c", "echo did >>$WORK/traces" } end,
        undo = function() exec { "sh", "-c", "exit 1" } end },
    step "needs" { function() exec { "test", "-e", "$WORK/mended", reads = true } end } } }
X
cp fault.lua fault.first
fresh
rm -f mended
"$RUNBOOK" fault.lua >/dev/null 2>&1
fault=$(id)
told='fault.lua has changed since this run began; it goes on with the source it began with; --upgrade takes the new one'
expect "a source that is the same is not spoken of" 6 '!has changed' "$RUNBOOK" rollback "$fault" --undo-patience 0s
sed -i "s|exit 1|echo undid >>$WORK/traces|" fault.lua
expect "rollback says that its fault has been mended in the file alone" 6 "^runbook: $told\$" "$RUNBOOK" rollback "$fault" --undo-patience 0s
is "and did not take it" "$(traces)" "did"
expect "from another folder, too" 6 "$WORK/$told" sh -c 'cd / && "$0" rollback "$1" --undo-patience 0s' "$RUNBOOK" "$fault"
expect "with --upgrade it does" 0 'undone: leaves
!has changed' "$RUNBOOK" rollback "$fault" --upgrade
is "indeed" "$(traces)" "did undid"
fresh
"$RUNBOOK" fault.lua >/dev/null 2>&1
touch mended
echo 'return { word = "second" }' >helper.lua
expect "resume says so of a module" 0 'helper.lua has changed since this run began
is done' "$RUNBOOK" resume
fresh
rm -f mended
"$RUNBOOK" fault.lua >/dev/null 2>&1
touch mended
rm helper.lua fault.lua
expect "a source that is gone is none to take" 0 'is done
!has changed' "$RUNBOOK" resume
expect "help says so" 0 '--upgrade +resume, rollback' "$RUNBOOK" help

# --- secrets that a run had learned ---------------------------------------------------------------------------------
echo zyx-3174-kot >backwards
cat >learns.lua <<X
return runbook { name = "learns", params = { known = secret {} },
  phase "p" {
    step "learns" { function(run)
        log.mask("the token", ("zyx-1174-kot"):reverse())
        log.mask("known again", run.known)
        log.mask("holds " .. run.known, ("zyx-2174-kot"):reverse())
        exec { "rev", "$WORK/backwards", secret = true, reads = true }
    end },
    step "needs" { function() exec { "test", "-e", "$WORK/mended", reads = true } end },
    step "shows" { function() log.info("it is " .. ("zyx-1174-kot"):reverse()) end } } }
X
learns() {
    fresh
    rm -f mended
    "$RUNBOOK" learns.lua --set known=bekannt-7 >/dev/null 2>&1
    touch mended
}
journal() { echo "$XDG_STATE_HOME/runbook/journal.db"; }
told='had learned to be secret is not known any more, and what holds it is not masked until it is learned again'
learns
is "their names are on record" "$(sqlite3 "$(journal)" 'SELECT name FROM learned ORDER BY rowid' | paste -sd '|')" 'the token|holds [secret known]|output of rev'
is "and not what they are" "$(strings "$(dirname "$(journal)")"/* | grep -cE 'tok-471[123]|bekannt-7')" 0
expect "resume names them" 0 "$told: the token, holds \[secret known\], output of rev\$
is done" "$RUNBOOK" resume --set known=bekannt-7
expect "and so does rollback" 0 "$told: the token" "$RUNBOOK" rollback "$(id)" --set known=bekannt-7
# A journal of before has no place for them, and gets one when it is written to.
learns
sqlite3 "$(journal)" 'DROP TABLE learned'
expect "a journal without them is read" 0 'learns' "$RUNBOOK" show
expect "its runs go on" 0 "is done
!$told" "$RUNBOOK" resume --set known=bekannt-7
rm -f mended
"$RUNBOOK" learns.lua --set known=bekannt-7 >/dev/null 2>&1
touch mended
expect "and it keeps the next ones" 0 "$told: the token" "$RUNBOOK" resume --set known=bekannt-7
is "in the same format" "$(sqlite3 "$(journal)" 'PRAGMA user_version')" 2
finish
