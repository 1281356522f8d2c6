#!/usr/bin/env bash
# One run at a time across machines: two binaries that share a cluster and no journal, and one Lease. Who
# holds it, who is told, who waits, who takes over; and what becomes of a run that loses it.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/lease_world.lua"
export KUBECONFIG=$SANDBOX/kubeconfig
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
api=$(sed -n 's/^ *\(- \)\{0,1\}server: *"\{0,1\}\([^"]*\)"\{0,1\}$/\2/p' "$KUBECONFIG" | head -n 1)
[ -n "$api" ] || api=$(jq -r '.clusters[0].cluster.server' "$KUBECONFIG")

# --- tools -------------------------------------------------------------------------------------------
# A run pays, waits until the file "go" is there, and pays again; its step can be undone.
cat >shop.lua <<X
return runbook { name = "shop", params = { what = param "x", lease = param "shop/opening" },
  lease = "\${lease}",
  phase "p" { on_failure = "rollback",
    step "pays" {
      function(run)
        http.post("$till/" .. run.what .. "-first")
        if not run.planning then
            exec { "sh", "-c", 'until [ -e "go-\$0" ]; do sleep 0.05; done', run.what, reads = true }
        end
        http.post("$till/" .. run.what .. "-second", { assume = { status = 299 } })
      end,
      undo = function(run)
        exec { "sh", "-c", '[ "\$0" != bad-undo ] || until [ -e undo-now ]; do sleep 0.05; done', run.what, reads = true }
        http.delete("$till/" .. run.what .. "-first"):expect(200)
      end,
    },
    step "judges" { function(run) check(run.what:sub(1, 3) ~= "bad", "all is well") end },
  },
}
X
machine() { # machine NAME: another journal and other locks, as on another machine
    export XDG_STATE_HOME=$WORK/machine-$1 RUNBOOK_LOCK_DIR=$WORK/locks-$1
}
fault() { curl -s -o /dev/null -d "{\"name\":\"$1\",\"weight\":$2}" "$CONTROL/faults"; }
state() { curl -s "$CONTROL/state"; }
lease() { state | jq -r ".leases[] | select(.metadata.name == \"${2:-opening}\") | .$1"; }
paid() { state | jq -r --arg t "/$1-" '.paid[] | select(contains($t)) | sub(".*-"; "")' | paste -sd ' '; }
id() { "$RUNBOOK" runs --output json | jq -r '.[0].id'; }
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
write_lease() { # write_lease METHOD [PATCH]: as somebody else would
    curl -sk -o /dev/null -X "$1" -H 'Authorization: Bearer t0ken-of-the-test' \
        -H 'Content-Type: application/merge-patch+json' ${2:+-d "$2"} \
        "$api/apis/coordination.k8s.io/v1/namespaces/shop/leases/opening"
}
begin() { # begin WHAT [ARGS...]: a run in the background that has paid once; its pid in $run
    local what=$1
    shift
    "$RUNBOOK" shop.lua --set "what=$what" "$@" >"$WORK/$what.log" 2>&1 &
    run=$!
    wait_for 30 sh -c "curl -s '$CONTROL/state' | grep -q '/$what-first'" || { cat "$WORK/$what.log"; not_ok "$what began"; }
}
ended() { # ended NAME CODE PATTERNS: what became of the run in the background
    wait "$run"
    code=$?
    finished() { cat "$WORK/$what.log"; return $code; }
    expect "$@" finished
}
me="$(command id -un)@$(hostname)"

# --- held, renewed, given back -----------------------------------------------------------------------
machine a
expect "a plan takes none" 0 'shop is planned' "$RUNBOOK" plan shop.lua
is "a plan takes none: there is none" "$(state | jq '.leases | length')" 0
what=held
begin $what
is "its holder" "$(lease spec.holderIdentity)" "$me/$(id)"
is "its duration" "$(lease spec.leaseDurationSeconds)" 15
micro='^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$'
[[ $(lease spec.renewTime) =~ $micro ]] && [[ $(lease spec.acquireTime) =~ $micro ]] && ok "its times" ||
    not_ok "its times: $(lease spec)"
before=$(lease spec.renewTime) acquired=$(lease spec.acquireTime)
wait_for 10 sh -c "! curl -s '$CONTROL/state' | grep -q '\"renewTime\":\"$before\"'" && ok "it is renewed" || not_ok "it is renewed"
is "since the same time" "$(lease spec.acquireTime)" "$acquired"

# Somebody else is told who holds it, or waits for it.
first=$run name=$(id)
machine b
expect "a second run is told" 9 "another run of shop is under way: the lease shop/opening is held by $me/$name, since ${acquired%.*}Z" \
    "$RUNBOOK" shop.lua --set what=told
is "and does nothing" "$(paid told)" ""
(wait_for 20 grep -q waiting "$WORK/waits.log" && touch go-held) &
touch go-waits
expect "--lock-timeout waits" 0 "waiting, for another run of shop is under way: the lease shop/opening is held by
shop is done" bash -c '"$0" shop.lua --set what=waits --lock-timeout 30s 2>&1 | tee waits.log; exit ${PIPESTATUS[0]}' "$RUNBOOK"
run=$first what=held
ended "the first is not disturbed" 0 'shop is done'
is "both paid" "$(paid held) $(paid waits)" "first second first second"
is "it is given back" "$(lease spec.holderIdentity)" ""
is "after two holders" "$(lease spec.leaseTransitions)" 1

# --- two at the same instant -------------------------------------------------------------------------
one=0 told=0
for i in 1 2 3; do
    (machine a; exec "$RUNBOOK" shop.lua --set what=race$i >race-a.log 2>&1) & a=$!
    (machine b; exec "$RUNBOOK" shop.lua --set what=race$i >race-b.log 2>&1) & b=$!
    wait -n -p loser $a $b
    [ $? = 9 ] && grep -q 'is held by' race-a.log race-b.log && told=$((told + 1))
    touch go-race$i
    [ "$loser" = $a ] && wait $b || wait $a
    [ $? = 0 ] && one=$((one + 1))
done
is "of two at the same instant one runs and one is told" "$one $told" "3 3"

# --- a dead holder -----------------------------------------------------------------------------------
machine a
what=dead
begin $what
dead=$(id)
{ kill -9 $run; wait $run; } 2>/dev/null
touch go-dead go-other go-heir go-early
began=$(date +%s)
machine b
expect "on another machine a dead holder is waited out, and taken over with a word" 0 \
    "taking over the lease shop/opening from $me/$dead, who does not renew it any more
shop is done" "$RUNBOOK" shop.lua --set what=heir
took=$(($(date +%s) - began))
[ $took -ge 14 ] && [ $took -le 40 ] && ok "after its 15 seconds" || not_ok "after $took s"
machine a
expect "the dead run goes on" 0 'shop is done' "$RUNBOOK" resume "$dead"
is "and pays once" "$(paid dead)" "first second"
rm go-dead
begin dead2
dead=$(id)
{ kill -9 $run; wait $run; } 2>/dev/null
began=$(date +%s)
expect "on the same machine it is known to be dead, and taken over at once" 0 "taking over the lock of run $dead
taking over the lease shop/opening from $me/$dead
shop is done" "$RUNBOOK" shop.lua --set what=early
took=$(($(date +%s) - began))
[ $took -le 8 ] && ok "at once" || not_ok "at once: after $took s"
touch go-dead2
"$RUNBOOK" resume "$dead" >/dev/null 2>&1

# --- lost in the middle ------------------------------------------------------------------------------
other='{"spec":{"holderIdentity":"ana@elsewhere/20990101-000000-abcdef","leaseDurationSeconds":3600}}'
what=lost
begin $what
write_lease PATCH "$other"
ended "taken by somebody else, the run stops" 9 'shop was halted in "pays": ana@elsewhere/20990101-000000-abcdef has taken the lease shop/opening
next: when no other run is under way, go on: runbook resume [0-9a-f-]+$
!ROLLING BACK'
is "before its next change" "$(paid lost)" "first"
is "and leaves the lease alone" "$(lease spec.holderIdentity)" "ana@elsewhere/20990101-000000-abcdef"
touch go-lost
(sleep 4; write_lease PATCH '{"spec":{"renewTime":"2099-01-01T00:00:00.000000Z"}}') & # she is alive
expect "resume is told, too" 9 'the lease shop/opening is held by ana@elsewhere/20990101-000000-abcdef' "$RUNBOOK" resume
write_lease PATCH '{"spec":{"holderIdentity":""}}'
expect "resume takes it again" 0 'shop is done' "$RUNBOOK" resume
is "nothing was done twice" "$(paid lost)" "first second"

what=deleted
begin $what
write_lease DELETE
ended "deleted, the run stops" 9 'somebody has deleted the lease shop/opening'
touch go-deleted
expect "and goes on" 0 'shop is done' "$RUNBOOK" resume

what=noticed
begin $what
write_lease PATCH '{"metadata":{"labels":{"somebody":"was-here"}}}'
sleep 3
touch go-noticed
ended "one that was only labelled is still held" 0 'shop is done'

what=bad-lost
begin $what
write_lease PATCH "$other"
wait_for 10 grep -q 'pays  stopped' bad-lost.log
touch go-bad-lost
ended "a run that lost it does not roll back" 9 '!ROLLING BACK'
write_lease PATCH '{"spec":{"holderIdentity":""}}'
expect "resumed it fails, and rolls back" 5 'undone: pays' "$RUNBOOK" resume

what=bad-undo # also not while it rolls back
begin $what
touch go-bad-undo
wait_for 10 grep -q 'ROLLING BACK' bad-undo.log
write_lease PATCH "$other"
sleep 3
touch undo-now
ended "lost while it rolls back, it takes nothing back any more" 6 'DELETE .* was not sent: ana@elsewhere/20990101-000000-abcdef has taken the lease
NOT undone: pays
next: mend what is in the way, then: runbook rollback'
is "nothing was taken back" "$(paid bad-undo)" "first second"
write_lease PATCH '{"spec":{"holderIdentity":""}}'
expect "and can be rolled back later" 0 'undone: pays' "$RUNBOOK" rollback "$(id)"

# --- the API is away ---------------------------------------------------------------------------------
what=away
begin $what
fault no-cluster true
sleep 12
touch go-away
ended "not renewed in time, nothing more is changed" 9 'was not sent: the lease shop/opening was last renewed 1[0-9](\.[0-9])?s ago, so somebody else may take it
runbook resume
!299'
is "before its next change, too" "$(paid away)" "first"
expect "without a cluster a resume says so" 9 'the lease shop/opening cannot be taken: .*
--lease none goes on without one' "$RUNBOOK" resume
fault no-cluster false
expect "with it the run goes on" 0 'shop is done' "$RUNBOOK" resume
is "and pays once" "$(paid away)" "first second"
what=brief
begin $what
fault no-cluster true
sleep 4
fault no-cluster false
sleep 3
touch go-brief
ended "a server that is away for a moment does no harm" 0 'shop is done'

# --- the API warns -----------------------------------------------------------------------------------
what=warned
fault warns true
begin $what
wait_for 10 grep -q 'Kubernetes warns: PATCH' warned.log && ok "what the API says to a renewal is told" || not_ok "it is not told"
touch go-warned
ended "what it says to the release, when nobody listens any more, is not" 0 'shop is done
!Kubernetes warns: (GET|POST)'
is "and the lease is given back" "$(lease spec.holderIdentity)" ""
fault warns false

# --- whether at all ----------------------------------------------------------------------------------
touch go-free go-own go-here
fault no-rights true
expect "without the right to it" 9 'the lease shop/opening cannot be taken: .*403|forbidden' "$RUNBOOK" shop.lua --set what=free
expect "--lease none" 0 'shop is done' "$RUNBOOK" shop.lua --set what=free --lease none
expect "a runbook that names none" 0 'shop is done' "$RUNBOOK" shop.lua --set what=free --set lease=
fault no-rights false
expect "--lease names another" 0 'shop is done' "$RUNBOOK" shop.lua --set what=own --lease kube-system/mine
is "which was held" "$(lease metadata.namespace mine) $(lease spec.leaseTransitions mine)" "kube-system 0"
expect "without a namespace it is the kubeconfig's" 0 'shop is done' "$RUNBOOK" shop.lua --set what=here --lease here
is "which was held, too" "$(lease metadata.namespace here)" "shop"
expect "in a namespace that is not there" 9 'the lease nowhere/x cannot be taken: .*nowhere' "$RUNBOOK" shop.lua --lease nowhere/x
finish
