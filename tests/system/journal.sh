# What the tests of the journal share, beside lib.sh: a till as the sandbox, and what it and the journal know.
. "$HERE/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/journal_world.lua"
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")

book() { # book FILE [NAME]: a runbook around the phases on standard input; run.what tells cases apart
    { echo "return runbook { name = \"${2:-t}\", params = { what = param \"\" },"; cat; echo '}'; } |
        sed "s|TILL|$till|g" >"$1"
}
fresh() { # fresh WHAT: an empty journal, and a name for what is paid from now on
    XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX")
    export XDG_STATE_HOME RUNBOOK_WHAT=$1
}
fault() { curl -s -o /dev/null -d "{\"name\":\"$1\",\"weight\":$2}" "$CONTROL/faults"; }
count() { curl -s "$CONTROL/state" | jq --arg t "/pay?$RUNBOOK_WHAT$2" "[.$1[] | select(. == \$t)] | length"; }
paid() { # paid SUFFIX...: how often each was paid
    local suffix
    for suffix in "$@"; do count paid "$suffix"; done | paste -sd ' '
}
refunds() { curl -s "$CONTROL/state" | jq -r --arg t "/pay?$RUNBOOK_WHAT" '.refunds[] | select(startswith($t)) | ltrimstr($t)' | paste -sd ' '; }
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
id() { "$RUNBOOK" runs --output json | jq -r '.[0].id'; }
effects() { "$RUNBOOK" show --output json "$@" | jq -c '.effects[]'; }
ran() { grep -cx "$RUNBOOK_WHAT" ran; } # how often the program of this case has run
doubtful() { effects | jq 'select(.access == "write" and (.state == 0 or .in_doubt == 1)).seq'; }

# killed AT WHEN COMMAND...: by the sandbox, at that request.
killed() {
    mortal "\"at\":$1,\"when\":\"$2\"" "${@:3}" >"$WORK/killed.log" 2>&1
    local code=$?
    [ $code = 137 ] || { not_ok "killed: exit $code"; sed 's/^/        | /' "$WORK/killed.log"; }
}
