#!/usr/bin/env bash
# One run at a time across machines, by a Lease on a real API server that kubectl reads and writes, too.
. "$(dirname "$0")/lib.sh"
space lease
cd "$WORK" || exit 1

# A run makes a ConfigMap, waits until the file "go-WHAT" is there, and makes another.
cat >shop.lua <<"END"
return runbook { name = "shop", params = { what = param "x" }, lease = "opening",
    phase "p" { step "makes" { timeout = "2m", function(run)
        local function make(name)
            k8s.create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = run.what .. "-" .. name } }
        end
        make "first"
        exec { "sh", "-c", 'until [ -e "go-$0" ]; do sleep 0.05; done', run.what, reads = true }
        make "second"
    end } } }
END
lease() { k get lease opening -o "jsonpath={.$1}"; }
holder() { lease spec.holderIdentity; }
made() { k get cm -o name | sed -n "s|^configmap/$1-||p" | sort | paste -sd ' '; } # WHAT
machine() { export XDG_STATE_HOME=$WORK/machine-$1 RUNBOOK_LOCK_DIR=$WORK/locks-$1; } # as on another machine
id() { "$RUNBOOK" runs --output json | jq -r '.[0].id'; }
begin() { # WHAT [ARGS...]: a run in the background that has made its first; its pid in $run
    what=$1
    shift
    timeout 100 "$RUNBOOK" shop.lua --no-input --set "what=$what" "$@" >"$what.log" 2>&1 &
    run=$!
    wait_for 40 k get cm "$what-first" || { cat "$what.log"; not_ok "$what began"; }
}
ended() { # NAME CODE PATTERNS: what became of the run in the background
    wait "$run"
    code=$?
    finished() { cat "$what.log"; return $code; }
    expect "$@" finished
}
other='{"spec":{"holderIdentity":"ana@elsewhere/1","leaseDurationSeconds":4}}'
me="$(command id -un)@$(hostname)"

# --- taken, renewed, refused to others, given back -----------------------------------------------------
machine a
begin held
first=$run name=$(id)
is "its holder" "$me/$name" holder
is "its duration" 15 lease spec.leaseDurationSeconds
before=$(lease spec.renewTime) acquired=$(lease spec.acquireTime)
renewed() { [ "$(lease spec.renewTime)" != "$before" ]; }
if wait_for 10 renewed; then ok "it is renewed"; else not_ok "it is not renewed"; fi
is "since the same time" "$acquired" lease spec.acquireTime
k label lease opening seen=yes >/dev/null # a write in between makes one renewal come too late
machine b
expect "another machine is told" 9 "another run of shop is under way: the lease $SPACE/opening is held by $me/$name, since ${acquired%.*}Z" \
    "$RUNBOOK" shop.lua --no-input --set what=told
is "and does nothing" "" made told
machine a
touch go-held
run=$first
ended "the first is not disturbed" 0 'shop is done'
is "it has made both" "first second" made held
is "it is given back" "" holder
is "somebody's label is still there" yes lease metadata.labels.seen

# --- a holder who does not renew it any more -----------------------------------------------------------
k patch lease opening --type merge -p "$other" >/dev/null
touch go-heir
began=$(date +%s)
expect "it is taken over" 0 "taking over the lease $SPACE/opening from ana@elsewhere/1, who does not renew it any more
shop is done" "$RUNBOOK" shop.lua --no-input --set what=heir
took=$(($(date +%s) - began))
if [ $took -ge 4 ]; then ok "once it stood still for the four seconds that he gave it"; else not_ok "after $took s"; fi
is "by another holder" 1 lease spec.leaseTransitions

# --- lost in the middle --------------------------------------------------------------------------------
begin lost
k patch lease opening --type merge -p "$other" >/dev/null
ended "taken by somebody else, the run stops" 9 "ana@elsewhere/1 has taken the lease $SPACE/opening"
is "before its next change" first made lost
is "and leaves it to him" ana@elsewhere/1 holder
k patch lease opening --type merge -p '{"spec":{"holderIdentity":""}}' >/dev/null
touch go-lost
expect "resumed it goes on" 0 'shop is done' "$RUNBOOK" resume --no-input
is "and makes the other" "first second" made lost
begin deleted
k delete lease opening >/dev/null
ended "deleted by somebody else, the run stops" 9 "somebody has deleted the lease $SPACE/opening"
is "before its next change, too" first made deleted

# --- one who may not -----------------------------------------------------------------------------------
touch go-free
k config set-context guest --namespace "$SPACE" >/dev/null
expect "without the right to it" 9 "the lease $SPACE/opening cannot be taken: .* 403 Forbidden: .*User \"guest\" cannot get resource \"leases\"" \
    "$RUNBOOK" shop.lua --no-input --set what=free --context guest
k create role leaser --verb get,create,patch --resource leases.coordination.k8s.io,configmaps >/dev/null
k create rolebinding leaser --role leaser --user guest >/dev/null
expect "with get, create and patch" 0 'shop is done' "$RUNBOOK" shop.lua --no-input --set what=free --context guest
is "it was held" "0 -" echo "$(lease spec.leaseTransitions) -$(holder)"
finish
