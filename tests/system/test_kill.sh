#!/usr/bin/env bash
# The billing go-live, killed (SIGKILL) before and after its requests, then resumed: the world ends as
# after an undisturbed run, and no write was made twice unless it may be. Likewise for its rollback, and
# for a resume that is killed itself.
#
# A sandbox kills the client at the exact request: before it handles it, so between intent and effect;
# or before it answers it, so between effect and outcome. strace kills it while it writes to its journal,
# so before the intent is whole, or before the outcome is. By default around every write and a sample of
# the rest, with RUNBOOK_KILL_ALL=1 around every request.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
at_once=10 all=${RUNBOOK_KILL_ALL-}

# --- one run ---------------------------------------------------------------------------------------

serve() { # serve FAULT...: a world of its own, and a journal in its folder
    local args=() fault
    pids=()
    for fault in "$@"; do args+=(--fault "$fault"); done
    sandbox examples/billing/world.lua "${args[@]}"
    export XDG_STATE_HOME=$SANDBOX RUNBOOK_LOCK_DIR=$SANDBOX/locks
}

short() { # short COMMAND...: the go-live's own arguments behind it
    "$@" --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig" --no-input
}
golive() {
    short "$@" "$RUNBOOK" runbooks/billing_golive.lua --set bake=1s --set look_every=500ms \
        --set patience=5s --set min_requests=2 --set min_latency_requests=2 --set wait_after_cutover=0s \
        --lease none # which is renewed by the clock; test_lease.sh has its deaths
}

ambush() { # ambush KIND AT WHEN
    case $1 in
    write) echo "\"writes\":true,\"services\":[\"billing\",\"kubernetes\",\"stripe\"],\"at\":$2,\"when\":\"$3\"" ;;
    cluster) echo "\"services\":[\"kubernetes\"],\"at\":$2,\"when\":\"$3\"" ;;
    any) echo "\"at\":$2,\"when\":\"$3\"" ;;
    esac
}
# doomed AMBUSH COMMAND...: killed by the sandbox, or as "CALL N" says at its N-th call of the system.
doomed() {
    case $1 in
    \"*) mortal "$@" ;;
    *)
        ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -qq -o /dev/null -e "trace=${1% *}" \
            -e "inject=${1% *}:signal=KILL:when=${1#* }" "${@:2}"
        ;;
    esac
}

# --- what lasts ------------------------------------------------------------------------------------

# The world without what differs from run to run: names that were made up, times, versions.
lasting() {
    curl -s "$CONTROL/state" | jq -S '
        def plain: gsub("[0-9]{8}-[0-9]{6}-[0-9a-f]{6}"; "RUN") | gsub("\\b(?<k>evt|we|pi|ch|txn|led)_[0-9a-f]{8,}"; "\(.k)_ID")
            | gsub("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"; "TIME");
        (.kubernetes[] | select(.metadata.name == "billing-stripe").data["webhook-secret"]) |=
            (@base64d | split("\n") | length)
        | (.kubernetes[] | select(.type? == "kubernetes.io/tls").data) |= keys
        | .kubernetes |= sort_by(.kind, .metadata.namespace, .metadata.name)
        | walk(if type == "object" then del(.uid, .resourceVersion, .at, .created, .notBefore, .notAfter, .renewalTime)
               elif type == "string" then plain else . end)'
}
writes() { jq -c 'select(.write) | [.service, .method, .target, .key, .digest]' "$SANDBOX/requests.ndjson"; }
# Those made more than once that may not be: no PATCH, no key, no event that the service knows again.
repeated() { writes | sort | uniq -d | jq -c 'select(.[1] != "PATCH" and .[3] == null and .[2] != "/webhooks/stripe")'; }

weight() {
    curl -s "$CONTROL/state" | jq -r '.kubernetes[] | select(.kind == "Ingress" and .metadata.name == "billing-canary")
        | .metadata.annotations["nginx.ingress.kubernetes.io/canary-weight"]'
}

# judge EXIT EXPECTED KILLS: what is wrong with the end of a run that was killed so many times.
judge() {
    [ "$1" = "$2" ] || echo "exit $1 instead of $2"
    lasting >"$SANDBOX/end"
    diff "$WORK/end.$2" "$SANDBOX/end" >"$SANDBOX/diff" || { echo "the world ends otherwise"; cat "$SANDBOX/diff"; }
    repeated | sed 's/^/made twice: /'
    local distinct total
    distinct=$(writes | sort -u | wc -l) total=$(writes | wc -l)
    [ "$distinct" = "$(cat "$WORK/distinct.$2")" ] || echo "$distinct different writes instead of $(cat "$WORK/distinct.$2")"
    # A kill may cost the write under way, and the two whose answers the journal may not keep.
    [ "$total" -le $(($(cat "$WORK/total.$2") + 3 * $3)) ] || echo "$total writes instead of $(cat "$WORK/total.$2")"
    "$RUNBOOK" show | grep 'IN DOUBT' | sed 's/^/left in doubt: /'
    grep -hE 'Sanitizer|runtime error' "$SANDBOX/log" "$SANDBOX"/out.*
}

# undisturbed EXIT FAULT...: what everything else is compared with.
undisturbed() {
    local code
    serve "${@:2}"
    golive timeout 60 >"$SANDBOX/out.1" 2>&1
    code=$?
    [ $code = "$1" ] || { cat "$SANDBOX/out.1"; echo "the undisturbed run ended with $code"; exit 1; }
    lasting >"$WORK/end.$1"
    writes | sort -u | wc -l >"$WORK/distinct.$1"
    writes | wc -l >"$WORK/total.$1"
    wc -l <"$SANDBOX/requests.ndjson" >"$WORK/requests.$1"
    grep -c '"service":"kubernetes"' "$SANDBOX/requests.ndjson" >"$WORK/cluster.$1"
    sandbox_end
}

# --- a point ---------------------------------------------------------------------------------------

rolls_back() { "$RUNBOOK" show --output json | jq -e '.rollbacks | length > 0' >/dev/null; }
resume() { short "$@" "$RUNBOOK" resume; }

# point EXIT FAULTS AMBUSH [AMBUSH]: killed by the first, and the resume by the second; then resumed.
# Prints a line: tried, missed (there was no such request), or what went wrong.
point() {
    local expected=$1 kills=1 code wrong
    serve $2
    golive doomed "$3" >"$SANDBOX/out.1" 2>&1
    code=$?
    if [ $code != 137 ] || { [ "$expected" = 5 ] && ! rolls_back; }; then
        echo "missed: exit $code"
        sandbox_end
        return
    fi
    if [ -n "${4-}" ]; then
        resume doomed "$4" >"$SANDBOX/out.2" 2>&1
        code=$?
        [ $code = 137 ] && kills=2
    fi
    if [ $kills = 2 ] || [ -z "${4-}" ]; then
        resume timeout 60 >"$SANDBOX/out.3" 2>&1
        code=$?
    fi
    # Killed while it closed its journal, it had come to its end.
    [ $code = 2 ] && "$RUNBOOK" runs --output json | jq -e '.[0].outcome == "done"' >/dev/null && code=0
    # Killed before its first word was on record, it has not begun.
    if [ $code = 2 ] && grep -q 'there is no run' "$SANDBOX/out.3" && [ "$(writes | wc -l)" = 0 ]; then
        golive timeout 60 >"$SANDBOX/out.4" 2>&1
        code=$?
    fi
    wrong=$(judge $code "$expected" $kills)
    if [ -z "$wrong" ]; then
        echo "tried"
    else
        echo "wrong: $wrong"
        tail -n 30 "$SANDBOX"/out.*
        "$RUNBOOK" show | tail -n 25
    fi
    sandbox_end
}

points=0
try() { # try NAME EXIT FAULTS AMBUSH [AMBUSH]
    points=$((points + 1))
    echo "$1" >"$WORK/name.$points"
    (trap sandbox_end EXIT; point "${@:2}") >"$WORK/point.$points" 2>&1 &
    while [ "$(jobs -rp | wc -l)" -ge $at_once ]; do wait -n; done
}

# told WHAT FIRST LAST: sums up the points between.
told() {
    local i tried=0 missed=0 wrong=0
    wait
    for i in $(seq "$2" "$3"); do
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

# --- all of them -------------------------------------------------------------------------------------

no_endpoint=stripe-endpoint-missing # so that the run makes one, and hands over its secret
(undisturbed 0 $no_endpoint) &
(undisturbed 5 $no_endpoint http-5xx@20) &
wait
[ -f "$WORK/cluster.0" ] && [ -f "$WORK/cluster.5" ] || { not_ok "the undisturbed runs"; finish; }
total=$(cat "$WORK/total.0") requests=$(cat "$WORK/requests.0")
every() { [ -n "$all" ] && echo 1 || echo "$1"; } # every N: of so many points one, by default

for i in $(seq "$total"); do
    for when in before after; do try "$when write $i" 0 $no_endpoint "$(ambush write "$i" $when)"; done
done
told "killed around every write" 1 $points

first=$((points + 1))
for i in $(seq 1 "$(every 30)" "$requests"); do
    for when in before after; do
        [ -z "$all" ] && [ $((i % 2)) = $([ $when = after ] && echo 0 || echo 1) ] && continue
        try "$when request $i" 0 $no_endpoint "$(ambush any "$i" $when)"
    done
done
told "killed around requests of every kind" $first $points

# The last requests of the run that breaches a gate are its rollback.
first=$((points + 1))
cluster=$(cat "$WORK/cluster.5")
for i in $((cluster - 2)) $((cluster - 1)) "$cluster"; do
    for when in before after; do
        try "$when the rollback's request $i" 5 "$no_endpoint http-5xx@20" "$(ambush cluster "$i" $when)"
    done
done
told "killed around every request of a rollback" $first $points

first=$((points + 1))
for i in $(seq 1 "$(every 5)" "$total"); do
    for j in 1 2 $([ -n "$all" ] && echo 3 4 5 6); do
        try "after write $i, the resume after request $j" 0 $no_endpoint "$(ambush write "$i" after)" "$(ambush any $j after)"
        [ -z "$all" ] || try "after write $i, the resume before request $j" 0 $no_endpoint "$(ambush write "$i" after)" "$(ambush any $j before)"
    done
done
try "in the rollback, and again" 5 "$no_endpoint http-5xx@20" "$(ambush cluster $((cluster - 1)) after)" "$(ambush any 1 after)"
told "killed, and killed while it resumed" $first $points

if ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e inject=fdatasync:signal=KILL:when=1 "$RUNBOOK" version >/dev/null 2>&1; then
    first=$((points + 1))
    # About 20 times it waits for the disk, and it writes to its journal 800 times.
    for i in $(seq 1 "$(every 3)" 20); do try "at its disk wait $i" 0 $no_endpoint "fdatasync $i"; done
    for i in $(seq 2 $([ -n "$all" ] && echo 3 || echo 150) 790); do try "at its journal write $i" 0 $no_endpoint "pwrite64 $i"; done
    told "killed while it wrote to its journal" $first $points
else
    skip "killed while it wrote to its journal: strace may not trace here"
fi
echo "$points points"
finish
