# What the system tests share. Each test prints a line a case, and ends with `finish`.
set -u
RUNBOOK=${RUNBOOK:-$(cd "$(dirname "$0")/../.." && pwd)/build/runbook}
ROOT=${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
HERE=$ROOT/tests/system
WORK=$(mktemp -d)
export HOME=$WORK XDG_CACHE_HOME=$WORK/cache NO_COLOR=1 LC_ALL=C.UTF-8
export RUNBOOK_LOCK_DIR=$WORK/locks # tests that run side by side do not meet
unset KUBECONFIG
passed=0 failed=0 skipped=0
pids=()

cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

ok() { passed=$((passed + 1)); echo "ok      $*"; }
not_ok() { failed=$((failed + 1)); echo "not ok  $*"; }
skip() { skipped=$((skipped + 1)); echo "skipped $*"; }
finish() { echo "$passed passed, $failed failed, $skipped skipped"; [ "$failed" -eq 0 ]; exit; }

# expect NAME EXIT PATTERN COMMAND...: the command ends with that code, and what it prints (both
# streams) has the pattern (grep -E). More patterns: joined by newlines, each must be there; one that
# starts with ! must not.
expect() {
    local name=$1 code=$2 patterns=$3 out got pattern wrong=""
    shift 3
    if [ "$(type -t "$1")" = function ]; then
        out=$("$@" 2>&1 </dev/null)
    else
        out=$(timeout 60 "$@" 2>&1 </dev/null)
    fi
    got=$?
    [ "$got" -eq "$code" ] || wrong="exit $got instead of $code"
    while IFS= read -r pattern; do
        case $pattern in
        "") ;;
        !*) grep -Eq -- "${pattern#!}" <<<"$out" && wrong="$wrong; has '${pattern#!}'" ;;
        *) grep -Eq -- "$pattern" <<<"$out" || wrong="$wrong; lacks '$pattern'" ;;
        esac
    done <<<"$patterns"
    if [ -z "$wrong" ]; then
        ok "$name"
    else
        not_ok "$name: $wrong"
        sed 's/^/        | /' <<<"$out"
    fi
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    local until=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -ge "$until" ] && return 1
        sleep 0.05
    done
}

# A free port, below those that the system hands out. Each test has twenty of its own, so that two at once
# do not take the same.
free_port() {
    local n port
    while
        n=$(cat "$WORK/ports" 2>/dev/null || echo 0)
        echo $((n + 1)) >"$WORK/ports"
        port=$((10000 + $$ % 1000 * 20 + n % 20))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
    do :; done
    echo "$port"
}

# sandbox WORLD [ARGS...]: serves a world into $WORK/sandbox until the test ends.
sandbox() {
    SANDBOX=$(mktemp -d "$WORK/sandbox.XXXX")
    "$RUNBOOK" sandbox "$1" --dir "$SANDBOX" --for 10m "${@:2}" >"$SANDBOX/log" 2>&1 &
    SANDBOX_PID=$!
    pids+=("$SANDBOX_PID")
    wait_for 20 grep -q '^ready' "$SANDBOX/log" || { cat "$SANDBOX/log"; echo "no sandbox"; exit 1; }
    CONTROL=$(cat "$SANDBOX/control.url")
}
# mortal AMBUSH COMMAND...: the sandbox kills the command as AMBUSH, the inside of what POST /kill takes,
# says: '"at":3,"when":"after"'. Its exit code is 137 then.
mortal() {
    local code ambush=$1
    shift
    { # where the shell would tell of the death
        CONTROL=$CONTROL AMBUSH=$ambush timeout 60 sh -c 'exec 2>&3 && curl -sf -o /dev/null \
            -H "Content-Type: application/json" -d "{\"pid\":$$,$AMBUSH}" "$CONTROL/kill" && exec "$@"' sh "$@" 3>&4
        code=$?
    } 4>&2 2>/dev/null
    return $code
}
sandbox_end() { kill "$SANDBOX_PID" 2>/dev/null; wait "$SANDBOX_PID" 2>/dev/null; }
