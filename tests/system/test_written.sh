#!/usr/bin/env bash
# The files that a plan and a run write: through links, and into what is no file instead of replacing it.
. "$(dirname "$(realpath "$0")")/lib.sh"
cd "$WORK"
cat >x.lua <<'L'
return runbook { name = "x", phase "p" { step "a" { function() exec { "true" } end } } }
L
mkdir there
plan() { "$RUNBOOK" plan -q x.lua -o "$1"; }
run() { "$RUNBOOK" -q x.lua --journal j.db --report "$1"; }
is_plan() { jq -e '.plan.name == "x"' "$1" >/dev/null && ok "$2" || not_ok "$2: $(head -c 200 "$1")"; }
kind() { is "$1: stays a $3" "$(stat -c %F "$2")" "$3"; }
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: $2 instead of $3"; }

# --- links -------------------------------------------------------------------------------------------
ln -s there/plan.json plan.json
for time in "is not there yet" "is there"; do
    expect "a plan through a link to what $time" 0 '' plan plan.json
    kind "a plan" plan.json "symbolic link"
    is_plan there/plan.json "it $time: the plan is where the link leads"
done
expect "it is applied" 0 'x is done' "$RUNBOOK" apply plan.json
ln -s there/report.md report.md
expect "a report through a link" 0 '' run report.md
kind "a report" report.md "symbolic link"
grep -q 'x is done' there/report.md && ok "it is where the link leads" || not_ok "no report there"
ln -s nowhere/report.md lost.md
expect "a link into no folder is found out before anything is done" 2 \
    'the report cannot be written to lost.md: No such file or directory; choose another place
!x is done' run lost.md
is "nothing is left beside" "$(find . -name '*.part' -o -name '*.probe')" ""

# --- pipes, and the output ---------------------------------------------------------------------------
mkfifo pipe pipe.md
piped() { # piped FIFO COMMAND...: what comes out of the fifo is in the file `got`
    timeout 20 cat "$1" >got &
    "${@:2}"
    local code=$?
    wait $!
    return $code
}
expect "a plan into a pipe" 0 '' piped pipe plan pipe
kind "a plan" pipe fifo
is_plan got "the plan came through the pipe"
expect "a report into a pipe" 0 '' piped pipe.md run pipe.md
kind "a report" pipe.md fifo
grep -q 'x is done' got && ok "the report came through the pipe" || not_ok "no report came through"
expect "a plan to the output, into a pipe" 0 '"plan":.*"name":"x"
^PLAN +x
^  next: to do it: runbook apply PLAN.json$' "$RUNBOOK" plan x.lua -o /dev/stdout
"$RUNBOOK" plan x.lua -o /dev/stdout >out
expect "a plan to the output, into a file" 0 '^PLAN +x
"plan":.*"name":"x"
next: to do it' cat out

# --- devices: nodes of our own, never the system's ---------------------------------------------------
if mknod full c 1 7 2>/dev/null && mknod full.md c 1 7 && (: >full) 2>/dev/null; then
    expect "a plan into a full device" 2 'the plan was not written: could not write full: No space left on device' \
        plan full
    kind "a plan" full "character special file"
    expect "a report into a full device" 0 'could not write full.md: No space left on device' run full.md
    kind "a report" full.md "character special file"
    rm full && mknod full c 1 3
    expect "a plan into a device that takes all" 0 '' plan full
    kind "a plan" full "character special file"
else
    skip "only root makes devices"
fi
finish
