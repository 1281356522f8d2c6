#!/usr/bin/env bash
# Programs that outlive the run that started them: killed with SIGKILL while one is at work, a run that is
# gone on with waits for it, whoever of it that is, and starts it no second time. What cannot be waited for
# is said. A second Ctrl-C names what still runs, and has it told to end. What its timeout has stopped is
# neither taken back nor made again while any of it is at work.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
export XDG_STATE_HOME=$WORK/state

# --- tools -------------------------------------------------------------------------------------------
# A program writes a line to "starts", works until the file "go" is there, and makes "done".
begins='echo $$ >>starts; '
works='until [ -e go ]; do sleep 0.05; done; touch done'
child="trap '' TERM; $begins$works"
grandchild="(trap '' TERM; exec sh -c '$begins$works') >/dev/null 2>&1 & wait" # its parent dies of SIGTERM
dies=$begins$works
leaver="setsid --wait sh -c '$begins$works'; true" # it leaves group and session, as timeout(1) leaves the group
daemon="setsid sh -c '$begins$works' >/dev/null 2>&1 & wait" # nor is its output the program's
looks='probe = function() return exec { "test", "-e", "done", ok = { 0, 1 }, reads = true }.status == 0 end'
book() { # book SCRIPT [TIMEOUT [PROBE]]
    printf '%s\n' "$1" >work.sh
    cat >works.lua <<X
return runbook { name = "works", phase "p" { on_failure = "halt", step "works" {
  function(run)
    exec { "sh", "work.sh", timeout = "${2:-20s}", ${3-$looks} }
  end,
  undo = function() exec { "sh", "-c", "cat done >>undone 2>&1; rm -f done" } end,
} } }
X
}
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
starts() { [ -e starts ] && wc -l <starts || echo 0; }
id() { "$RUNBOOK" runs --output json | jq -r '.[0].id'; }
seq_of() { "$RUNBOOK" show --output json | jq '.effects[] | select(.access == "write").seq' | head -n 1; }
begin() { # a run in the background, whose program is at work; its pid in $run
    rm -f starts go done undone terms
    "$RUNBOOK" works.lua >run.log 2>&1 &
    run=$!
    pids+=($run)
    wait_for 20 test -s starts || not_ok "nothing was started: $(cat run.log)"
}
killed() {
    begin
    { kill -9 $run; wait $run; } 2>/dev/null
}
waiting='waiting for "sh work.sh" \(effect [0-9]+\), which the run has left at work: process [0-9]+ of group [0-9]+; Ctrl-C stops waiting'

# --- it is waited for --------------------------------------------------------------------------------
for who in child grandchild leaver daemon; do
    book "${!who}"
    killed
    (wait_for 20 grep -q waiting resume.log; sleep 0.3; [ -e done ] || echo works >at_work; touch go) &
    expect "a $who at work is waited for, at once" 0 "$waiting
its probe says that it was done
works is done" bash -c '"$0" resume -v 2>&1 | tee resume.log; exit ${PIPESTATUS[0]}' "$RUNBOOK"
    is "and started once" "$(starts)" 1
    is "it had been at work" "$(cat at_work)" works
    wait $!
    rm -f resume.log at_work
    killed
    touch go
    wait_for 20 test -e done
    expect "a $who that has ended is not" 0 '!waiting
its probe says that it was done' "$RUNBOOK" resume -v
    is "nor started again" "$(starts)" 1
    killed
    (wait_for 20 grep -q waiting resume.log; touch go) &
    expect "undoing waits for a $who, too" 0 "$waiting
undone: works|Everything was undone" bash -c '"$0" rollback "$1" 2>&1 | tee resume.log; exit ${PIPESTATUS[0]}' "$RUNBOOK" "$(id)"
    is "and then takes back what it did" "$(ls done undone 2>/dev/null)" undone
    is "which was done when it was taken back" "$(grep -c 'No such' undone)" 0
    wait $!
    rm -f resume.log
done

book "trap '' TERM; ${begins}until [ -e go ]; do sleep 0.05; done; head -c 300000 /dev/zero; echo >&2; touch done"
killed
touch go
expect "one that has more to say than a pipe holds comes to its end" 0 "$waiting
its probe says that it was done" "$RUNBOOK" resume -v
is "and was started once" "$(starts)" 1
book "trap 'echo ending; echo ending >&2; touch done; exit' TERM; $begins$works"
killed
wait_for 10 test -e done && ok "one that says something as it cleans up can clean up" || not_ok "it cannot clean up"
expect "and is asked about then" 0 'its probe says that it was done' "$RUNBOOK" resume -v

book "$dies"
killed
program=$(cat starts)
gone() { ! kill -0 -- "-$program" 2>/dev/null; } # and what it was just waiting for, too
wait_for 10 gone && ok "one that SIGTERM ends is ended by it when we are killed" || not_ok "it goes on"
touch go
expect "it is not there to be waited for" 0 '!waiting
sent again, for its probe says that it was not done' "$RUNBOOK" resume -v
is "and is started again" "$(starts)" 2

book "$child" 20s ''
killed
touch go
wait_for 20 test -e done
expect "without a probe it is in doubt" 7 'in doubt: "sh work.sh"' "$RUNBOOK" resume
is "and not started again" "$(starts)" 1

# --- as long as it was given -------------------------------------------------------------------------
book "$child" 1s ''
killed
expect "it is waited for as long as it may take" 7 "$waiting
waited 3s in vain: \"sh work.sh\" \(effect [0-9]+\) is still at work, process [0-9]+ of group $(cat starts). Nothing was done
next: wait for its end, or have it end: kill -TERM -- -$(cat starts); then: runbook resume [0-9a-f-]+$
or, where it has done its work and is to stay: runbook resume [0-9a-f-]+ --resolve $(seq_of)=done" "$RUNBOOK" resume
expect "to decide that it is sent again does not start it beside itself" 7 'is still at work' "$RUNBOOK" resume --resolve "$(seq_of)=retry"
expect "nor that it was not done" 7 'is still at work' "$RUNBOOK" resume --resolve "$(seq_of)=not-done"
expect "nor is it taken back under its feet" 7 'is still at work' "$RUNBOOK" rollback "$(id)"
expect "to decide that it is done leaves it running" 0 'works is done' "$RUNBOOK" resume --resolve "$(seq_of)=done"
is "it was started once" "$(starts)" 1
touch go

for who in leaver daemon; do
    book "${!who}" 1s ''
    killed
    expect "the hint names the group of the $who" 7 "still at work, process [0-9]+ of group $(cat starts). Nothing
kill -TERM -- -$(cat starts); then" "$RUNBOOK" resume
    kill -TERM -- "-$(cat starts)"
    expect "which ends it" 7 "!still at work
in doubt: \"sh work.sh\"" "$RUNBOOK" resume
done

book "$child"
killed
timeout --foreground --preserve-status -s INT 1 "$RUNBOOK" resume >resume.log 2>&1
is "Ctrl-C ends the waiting" $? 130
grep -q 'stopped by a signal: "sh work.sh" (effect [0-9]*) is still at work, process' resume.log &&
    ok "and says what still runs" || not_ok "and says what still runs: $(cat resume.log)"
touch go
expect "to be gone on with later" 0 'works is done' "$RUNBOOK" resume
is "it was started once after all" "$(starts)" 1

# --- where nobody can look ---------------------------------------------------------------------------
book "$child"
elsewhere() { unshare --uts sh -c 'hostname elsewhere && exec "$@"' sh "$@"; }
contained() { unshare --pid --fork --mount-proc "$@"; }
if unshare --uts --pid --fork --mount-proc true 2>/dev/null; then
    killed
    expect "on another host it says that it cannot look" 7 "cannot look whether \"sh work.sh\" \(effect [0-9]+\) is still at work: it was begun on $(hostname), as process group $(cat starts), and this is another host
in doubt: \"sh work.sh\"
its probe could not tell: it was not done, but may still be" elsewhere "$RUNBOOK" resume
    expect "in another container, too" 7 'cannot look whether .* is still at work: .* in a container' contained "$RUNBOOK" resume
    is "it is not started beside itself" "$(starts)" 1
    touch go
    wait_for 20 test -e done
    expect "what is done is seen from there" 0 'works is done' elsewhere "$RUNBOOK" resume
    is "and not started again" "$(starts)" 1
else
    skip "on another host: there is no unshare here"
fi

# --- before it can do anything it is on record -------------------------------------------------------
book "$child"
if ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e inject=fdatasync:signal=KILL:when=1 "$RUNBOOK" version >/dev/null 2>&1; then
    wrong="" before=0 after=0
    { for call in fdatasync,6 fdatasync,7 fdatasync,8 fdatasync,9 fdatasync,10 clone,1 pidfd_open,1 epoll_wait,1 epoll_wait,2 write,1 write,2 write,3 write,4 write,5; do
        rm -f starts done
        touch go
        rm -rf "$XDG_STATE_HOME"
        ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -qq -o /dev/null -e "trace=${call%,*}" \
            -e "inject=${call%,*}:signal=KILL:when=${call#*,}" "$RUNBOOK" works.lua >run.log 2>&1
        code=$?
        [ "$(starts)" = 0 ] && before=$((before + 1)) || after=$((after + 1))
        [ $code = 0 ] || "$RUNBOOK" resume >resume.log 2>&1 || [ "$(starts)" = 1 ] ||
            "$RUNBOOK" works.lua >resume.log 2>&1 # killed before its first word
        [ "$(starts)" = 1 ] || wrong="$wrong; at $call: exit $code, $(starts) starts"
    done; } 2>/dev/null # where the shell would tell of the deaths
    [ -z "$wrong" ] && ok "killed around its start it is started once" || not_ok "killed around its start$wrong"
    [ $before -gt 2 ] && [ $after -gt 0 ] && ok "before it began, and after" || not_ok "$before times before it began, $after after"
    wrong="" refused=0
    for call in 6 7 8 9 10 11; do
        rm -rf starts done "$XDG_STATE_HOME"
        touch go
        ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -qq -o /dev/null -e trace=fdatasync \
            -e "inject=fdatasync:error=ENOSPC:when=$call" "$RUNBOOK" works.lua >run.log 2>&1
        code=$?
        [ $code = 1 ] && refused=$((refused + 1))
        [ "$code $(starts)" = "0 1" ] || [ "$code $(starts)" = "1 0" ] || wrong="$wrong; at $call: exit $code, $(starts) starts"
    done
    [ -z "$wrong" ] && [ $refused -gt 1 ] && ok "what cannot be written down is not started" ||
        not_ok "what cannot be written down is not started: $refused times$wrong"
else
    skip "killed around its start: strace may not trace here"
fi

# --- a second Ctrl-C ---------------------------------------------------------------------------------
book "trap 'echo term >>terms' TERM
sh -c 'trap \"echo other >>terms; exit\" TERM; while :; do sleep 0.05; done' &
${begins}until [ -e go ]; do sleep 0.05; done; touch done"
begin
sleep_in() { wait_for 20 grep -q 'once more ends at once' run.log; }
kill -INT $run
sleep_in || not_ok "a first Ctrl-C: $(cat run.log)"
sleep 0.4 # it is no echo of the first
kill -INT $run
wait $run
is "a second Ctrl-C ends at once" $? 130
grep -Eq "^runbook: still at work, and told to end \(SIGTERM\): sh work.sh, process group $(cat starts)$" run.log &&
    ok "and names what still runs" || not_ok "and names what still runs: $(cat run.log)"
wait_for 10 sh -c '[ "$(wc -l <terms)" = 2 ]' && ok "which is told to end" || not_ok "which is told to end: $(cat terms)"
touch go
wait_for 20 test -e done
is "each of it once" "$(sort terms | paste -sd ' ')" "other term"
expect "and the run goes on" 0 'works is done' "$RUNBOOK" resume
is "it was started once" "$(starts)" 1

# --- a timeout ---------------------------------------------------------------------------------------
late() { # late SCRIPT [STEP OPTIONS]: its program does not end in time
    rm -f told
    printf '%s\n' "$1" >late.sh
    cat >late.lua <<X
return runbook { name = "late", phase "p" { on_failure = "rollback", step "late" {
  function(run) exec { "sh", "late.sh", timeout = "1s" } end,
  undo = function() exec { "sh", "-c", "echo undo >>told" } end, ${2-}
} } }
X
}
told() { paste -sd ' ' told; }
change="echo start >>told; sleep 4; echo end >>told"
slow='trap "" TERM; echo start >>told; for i in 1 2 3 4 5 6 7 8; do sleep 0.5; done; echo end >>told'
for way in "timeout 60 sh -c '$change'; true" "setsid --wait sh -c '$change'; true" \
    "setsid sh -c '$change' >/dev/null 2>&1 & wait" "timeout 60 setsid --wait sh -c '$slow' >/dev/null 2>&1"; do
    late "$way"
    expect "nothing of it goes on beside its undo: $way" 5 'Everything was undone' "$RUNBOOK" late.lua
    sleep 4
    is "it is stopped before" "$(told)" "start undo"
done
late "setsid sh -c 'trap \"sleep 1; echo end >>told; exit\" TERM; echo start >>told; while :; do sleep 0.1; done' >/dev/null 2>&1 & wait"
expect "what cleans up is waited for" 5 'Everything was undone' "$RUNBOOK" late.lua
is "until it has" "$(told)" "start end undo"
late "setsid sh -c '$change' >/dev/null 2>&1 & wait" 'retry = { attempts = 2, backoff = "1ms" },'
expect "nor beside another attempt" 5 'undone' "$RUNBOOK" late.lua
sleep 4
is "none of which comes to its end" "$(grep -c end told)" 0
late "setsid sh -c 'sleep 0.7; echo end >>told' >/dev/null 2>&1 & sleep 0.2; kill -KILL \$\$"
expect "what one that was killed has begun has the rest of the time" 5 'Everything was undone' "$RUNBOOK" late.lua
is "and is waited for" "$(told)" "end undo"
if ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null "$RUNBOOK" version >/dev/null 2>&1; then
    cannot_kill() { ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e trace=pidfd_send_signal -e inject=pidfd_send_signal:error=EPERM "$@"; }
    stuck="setsid sh -c 'echo \$\$ >pid; echo start >>told; until [ -e go ]; do sleep 0.1; done; echo end >>told' >/dev/null 2>&1 & wait"
    rm -f go
    late "$stuck"
    expect "where it cannot be stopped nothing is undone, and it is named" 7 'waiting for the end of what it has started: process [0-9]+
in doubt: process [0-9]+ of "sh late.sh" is still at work.*kill -KILL [0-9]+; then: runbook resume
^ +next: have that process end, then: runbook resume [0-9a-f-]+$
!ROLLING BACK' cannot_kill "$RUNBOOK" late.lua
    is "it is at work alone" "$(told)" start
    expect "nor is anything later" 7 "still at work, process [0-9]+ of group $(cat pid)" "$RUNBOOK" rollback "$(id)"
    touch go
    expect "until it has ended" 0 'Everything was undone' "$RUNBOOK" rollback "$(id)"
    is "it is undone after its end" "$(told)" "start end undo"
    rm -f go told
    cat >late.lua <<X
return runbook { name = "late", phase "p" { on_failure = "rollback", step "late" {
  function(run) exec { "true" } error("no") end,
  undo = function() pcall(exec.run, { "sh", "late.sh", timeout = "1s" }) exec { "sh", "-c", "echo more >>told" } end,
} } }
X
    expect "an undo is not tried beside itself" 6 'process [0-9]+ of "sh late.sh" is still at work' cannot_kill "$RUNBOOK" late.lua
    is "it was made once" "$(told)" start
    (wait_for 20 grep -q waiting resume.log; touch go) &
    expect "and waited for by whoever goes on" 0 'waiting for "sh late.sh"' \
        bash -c '"$0" rollback "$1" 2>&1 | tee resume.log; exit ${PIPESTATUS[0]}' "$RUNBOOK" "$(id)"
    is "before it is made again" "$(told)" "start end start end more"
    wait $!
else
    skip "where it cannot be stopped: strace may not trace here"
fi

# --- several -----------------------------------------------------------------------------------------
cat >many.lua <<'X'
return runbook { name = "many", phase "p" { step "works" { lasting = "files", function(run)
  each({ 1, 2, 3 }, function(i)
    exec { "sh", "-c", "trap '' TERM; echo $0 >>starts; until [ -e go ]; do sleep 0.05; done; touch done.$0", i,
        probe = function() return exec { "test", "-e", "done." .. i, ok = { 0, 1 }, reads = true }.status == 0 end }
  end)
end } } }
X
rm -f starts go
"$RUNBOOK" many.lua >run.log 2>&1 &
run=$!
wait_for 20 sh -c '[ "$(wc -l <starts)" = 3 ]'
{ kill -9 $run; wait $run; } 2>/dev/null
(sleep 0.5; touch go) &
expect "several are waited for" 0 'many is done' "$RUNBOOK" resume
is "and started once each" "$(sort starts | paste -sd ' ')" "1 2 3"
finish
