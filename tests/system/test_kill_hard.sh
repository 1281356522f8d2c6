#!/usr/bin/env bash
# A runbook with all that is hard to go on with (hard.lua), killed with SIGKILL at a boundary and resumed, at
# once, later, and killed once more while it resumes. Each time the world is asked what really happened: nothing
# was made twice, the exit code says what stands, and what an undo was given is what was there before.
#
# Boundaries: before and after each request (the sandbox kills), each write to the journal and each wait for
# the disk (strace kills), and the beginning, the middle and the end of the program (it kills its parent). By
# default a sample of the writes to the journal, with RUNBOOK_KILL_ALL=1 all of them, each twice, and resumed
# after a minute as well.
. "$(dirname "$0")/lib.sh"
export TOKEN=the-token-of-the-test
all=${RUNBOOK_KILL_ALL-} later=${RUNBOOK_KILL_LATER-3}
at_once=10

# The program: it cannot be told from outside how far it is, but by its log. Every second one does not care for SIGTERM.
program='[ "$DEAF" = 1 ] && trap "" TERM
echo begin >>log
[ "$STRIKE" = begin ] && [ ! -e struck ] && touch struck && kill -9 $PPID
sleep 0.2
[ "$STRIKE" = middle ] && [ ! -e struck ] && touch struck && kill -9 $PPID
sleep 0.1
echo end >>log
[ "$STRIKE" = end ] && [ ! -e struck ] && touch struck && kill -9 $PPID
sleep 0.1
exit 0'

hard() { # hard COMMAND...: the runbook's own arguments behind it
    "$@" --values "$SANDBOX/values.yaml" --journal "$PWD/j.db"
}
seen() { "$RUNBOOK" "$@" --journal "$PWD/j.db"; }
# doomed AMBUSH COMMAND...: killed by the sandbox; or by strace as "CALL N" says; or by its program as "program WHEN" says.
doomed() {
    case $1 in
    \"*) mortal "$@" ;;
    program*) STRIKE=${1#* } timeout 60 "${@:2}" ;;
    *)
        ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -qq -o /dev/null -e "trace=${1% *}" \
            -e "inject=${1% *}:signal=KILL:when=${1#* }" "${@:2}"
        ;;
    esac
}
state() { curl -s "$CONTROL/state"; }
# An undo's doubt is settled by making it again.
doubts() { seen show --output json 2>/dev/null | jq -r '.effects[] | select(.access == "write" and .part == "step" and (.state == 0 or .in_doubt == 1)) | "\(.seq) \(.summary)"'; }

# What a person would find who looks: which of the writes in doubt took place.
truth() {
    local seq summary
    while read -r seq summary; do
        case $summary in
        *flaky) [ "$(state | jq '.made.flaky // 0')" -gt 0 ] && echo "$seq=done" || echo "$seq=not-done" ;;
        *hang) [ "$(state | jq '.made.hang // 0')" -gt 0 ] && echo "$seq=done" || echo "$seq=not-done" ;;
        *) echo "$seq=$(grep -qx end log && echo done || echo not-done)" ;;
        esac
    done < <(doubts)
}

# Resumes until nothing is in doubt that somebody could decide. Sets `code`.
go_on() {
    local round decisions=() line
    for round in 1 2 3 4; do
        hard timeout 60 "$RUNBOOK" resume $id "${decisions[@]}" >"out.$round" 2>&1
        code=$?
        [ $code = 7 ] || return
        decisions=()
        for line in $(truth); do decisions+=(--resolve "$line"); done
        [ ${#decisions[@]} -gt 0 ] || return
    done
}

# What every run says, from the results of its first step.
said='{"float":0.1,"huge":1.0e+300,"left_out":null,"list":[],"mark":"as it says: [secret token], [secret:0000:token]","object":{},"one":1,"text":"a\u0000b 😀","whole":9007199254740993}'

# judge HOW: what is wrong with the end.
judge() {
    local want end how=$1 hang=
    case $how in well) want=0 ;; fails) want=5 ;; doubt) want=6 ;; esac
    # Killed in its last request, which is then found done, it has failed in nothing; and what never arrived does
    # not stand behind a rollback.
    [ "$how$code" = doubt0 ] && how=well want=0 hang='"hang":1,'
    [ "$how$code" = doubt5 ] && how=fails want=5
    [ "$code" = $want ] || echo "exit $code instead of $want"
    state >end.json
    [ "$(jq -r '.said | unique[]' end.json)" = "$said" ] || echo "what was said: $(jq -c .said end.json)"
    end=$(grep -cx end log)
    [ "$end" = 1 ] || echo "the program came to its end $end times"
    case $how in
    well)
        [ "$(jq -c .made end.json)" = "{\"flaky\":1,$hang\"keyed\":1}" ] || echo "made: $(jq -c .made end.json)"
        [ "$(jq -c .set end.json)" = '{"set":"new"}' ] || echo "set: $(jq -c .set end.json)"
        grep -qx undone log && echo "the program was undone"
        ;;
    *)
        [ "$(jq -c .made end.json)" = "$([ "$how" = doubt ] && echo '{"hang":1}' || echo '{}')" ] || echo "made: $(jq -c .made end.json)"
        jq -r .set.set end.json | grep -Eqx '9007199254740993 [12]' || echo "set: $(jq -c .set end.json)"
        grep -qx undone log || echo "the program was not undone"
        ;;
    esac
    [ "$(jq .tried.flaky end.json)" -le 4 ] || echo "tried $(jq .tried.flaky end.json) times instead of 3, and once more for the kill"
    grep -aq "$TOKEN" j.db* && echo "the journal holds the secret"
    doubts | sed 's/^/left in doubt: /'
    grep -hE 'Sanitizer|runtime error' out.* "$SANDBOX/log"
}

# point HOW AMBUSH PAUSE [AMBUSH]: killed by the first, resumed after so many seconds, and killed there by the
# second. Prints: tried, missed (there was no such boundary), or what went wrong.
point() {
    local how=$1 code id wrong
    pids=()
    mkdir "$WORK/at.$points" && cd "$WORK/at.$points" || exit 1
    sandbox "$HERE/hard_world.lua"
    export XDG_STATE_HOME=$PWD RUNBOOK_LOCK_DIR=$PWD/locks DEAF=$((RANDOM % 2))
    echo "$program" >work.sh
    hard doomed "$2" "$RUNBOOK" "$HERE/hard.lua" --set "how=$how" >out.0 2>&1
    code=$?
    if [ $code != 137 ]; then
        echo "missed: exit $code"
        sandbox_end
        return
    fi
    [ -z "${4-}" ] || { hard doomed "$4" "$RUNBOOK" resume >out.again 2>&1; }
    sleep "$3"
    id=$(seen runs --output json 2>/dev/null | jq -r '.[0].id // empty')
    if [ -n "$id" ]; then
        # Killed while it closed its journal, it had come to its end.
        code=$(seen runs --output json | jq -r '.[0].exit // empty')
        [ "$code" = 0 ] || [ "$code" = 5 ] || go_on
    elif [ "$(jq -s length "$SANDBOX/requests.ndjson")" = 0 ]; then # killed before its first word was on record
        hard timeout 60 "$RUNBOOK" "$HERE/hard.lua" --set "how=$how" >out.1 2>&1
        code=$?
        id=
        [ $code = 7 ] && go_on
    fi
    wrong=$(judge "$how")
    if [ -z "$wrong" ]; then
        echo "tried"
    else
        echo "wrong: $wrong"
        tail -n 25 out.*
        cat log
        seen show | tail -n 40
    fi
    sandbox_end
}

points=0
try() { # try NAME HOW AMBUSH PAUSE [AMBUSH]
    points=$((points + 1))
    echo "$1" >"$WORK/name.$points"
    (trap sandbox_end EXIT; point "${@:2}") >"$WORK/point.$points" 2>&1 &
    while [ "$(jobs -rp | wc -l)" -ge $at_once ]; do wait -n; done
}
told() { # told WHAT FIRST: sums up the points from there on.
    local i tried=0 missed=0 wrong=0
    wait
    for i in $(seq "$2" "$points"); do
        case $(head -n 1 "$WORK/point.$i") in
        tried) tried=$((tried + 1)) ;;
        missed*) missed=$((missed + 1)) ;;
        *)
            wrong=$((wrong + 1))
            echo "        | $(cat "$WORK/name.$i")"
            sed 's/^/        | /' "$WORK/point.$i"
            ;;
        esac
    done
    [ $wrong = 0 ] && [ $tried -gt 0 ] && ok "$1: $tried points tried, $missed not reached" ||
        not_ok "$1: $wrong of $((tried + wrong)) points went wrong"
}
request() { echo "\"at\":$1,\"when\":\"$2\""; }
every() { [ -n "$all" ] && echo 1 || echo "$1"; }

for how in well fails doubt; do
    first=$((points + 1))
    last=$(case $how in well) echo 8 ;; fails) echo 11 ;; doubt) echo 12 ;; esac)
    for i in $(seq "$last"); do
        for when in before after; do try "$how: $when request $i" $how "$(request "$i" $when)" 0; done
    done
    told "$how: killed around every request" $first
done

first=$((points + 1))
for how in well fails; do
    for when in begin middle end; do
        try "$how: at the program's $when" $how "program $when" 0
        try "$how: at the program's $when, resumed later" $how "program $when" "$later"
        try "$how: at the program's $when, and again" $how "program $when" 0 "$(request 1 before)"
    done
done
told "killed while the program runs" $first

first=$((points + 1))
for how in well fails doubt; do
    for i in $(seq 2 "$(every 3)" 11); do
        for j in 1 2 3; do
            try "$how: after request $i, the resume before request $j" $how "$(request "$i" after)" 0 "$(request $j before)"
            [ -z "$all" ] || try "$how: before request $i, the resume after request $j" $how "$(request "$i" before)" 0 "$(request $j after)"
        done
        try "$how: after request $i, resumed later" $how "$(request "$i" after)" "$later"
        [ -z "$all" ] || try "$how: after request $i, resumed after a minute" $how "$(request "$i" after)" 60
    done
done
told "killed, and killed while it resumes, and resumed later" $first

if ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e inject=fdatasync:signal=KILL:when=1 "$RUNBOOK" version >/dev/null 2>&1; then
    first=$((points + 1))
    for how in well fails doubt; do
        for i in $(seq 1 "$(every 4)" 20); do try "$how: at disk wait $i" $how "fdatasync $i" 0; done
        for i in $(seq 2 "$(every 29)" 240); do
            try "$how: at journal write $i" $how "pwrite64 $i" 0
            [ -z "$all" ] || try "$how: at journal write $i, and again" $how "pwrite64 $i" 0 "pwrite64 $((i % 17 + 1))"
        done
    done
    told "killed while it writes to its journal" $first
else
    skip "killed while it writes to its journal: strace may not trace here"
fi
echo "$points points"
finish
