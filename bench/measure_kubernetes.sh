#!/usr/bin/env bash
# Reading from Kubernetes, against kubectl: one object, 5,000 of them, and twenty one after the other; the time
# and the most memory. From a real API server where there is one (script/kube-apiserver), else from a sandbox,
# which takes most of the time of a list itself, so that the list has no limit then.
# KUBECTL names another kubectl than the one in PATH.
assets=${KUBEBUILDER_ASSETS:-${XDG_CACHE_HOME:-$HOME/.cache}/runbook/kube-apiserver}
. "$(dirname "$0")/lib.sh"
kubectl=$(command -v "${KUBECTL:-kubectl}") || { echo "kubectl is not installed"; exit 1; }

if [ -x "$assets/kube-apiserver" ] && [ -x "$assets/etcd" ]; then
    server="a real API server" count=5000 judge=row
    KUBEBUILDER_ASSETS=$assets bash script/kube-apiserver run "$WORK/api" >"$WORK/api.log" 2>&1 &
    pids+=($!)
    wait_for 60 grep -q ^ready "$WORK/api.log" || { cat "$WORK/api.log"; exit 1; }
    export KUBECONFIG=$WORK/api/kubeconfig
else
    server="a sandbox" count=500 judge=note
    sandbox "$ROOT/tests/system/kubernetes_world.lua"
    export KUBECONFIG=$SANDBOX/kubeconfig
fi
ours() { echo "$RUNBOOK bench/kubernetes.lua $1 --set count=$count"; }
one="$kubectl get configmap many-0007 -n bench -o json"
all="$kubectl get configmaps -n bench -o json"
table="$kubectl get configmaps -n bench"
for i in $(seq -f %04g 20); do echo "$kubectl get configmap many-$i -n bench -o json"; done >"$WORK/twenty"

$(ours prepare) >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
found=$($all | jq '.items | length')
[ "$found" -eq $count ] || { echo "kubectl finds $found objects instead of $count"; exit 1; }

# memory FILE COMMAND: adds the most memory that a run takes, in MB.
memory() {
    local words
    read -ra words <<<"$2"
    /usr/bin/time -f %M -o "$WORK/memory" "${words[@]}" >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
    jq '. / 1024' "$WORK/memory" >>"$1"
}
# contest NAME RUNS OURS THEIRS: both in turns.
contest() {
    for _ in $(seq "$2"); do
        times "$WORK/$1.ours" 1 "$3"
        times "$WORK/$1.theirs" 1 "$4"
        memory "$WORK/$1.ours.memory" "$3"
        memory "$WORK/$1.theirs.memory" "$4"
    done
}
# verdict JUDGE FILE WHAT LIMIT: a row of the table, of the medians.
verdict() {
    local a b
    a=$(median "$WORK/${2/NAME/ours}") b=$(median "$WORK/${2/NAME/theirs}")
    "$1" "$3" "$a" "$b" "$(ratio "$a" "$b")" "${4-}"
}

contest get 15 "$(ours get)" "$one"
contest list 5 "$(ours list)" "$all"
contest table 5 "$(ours list)" "$table"
contest twenty 3 "$(ours twenty)" "bash $WORK/twenty"
echo "from $server, against $($kubectl version --client -o json | jq -r .clientVersion.gitVersion) of kubectl:"
verdict row get.NAME "k8s.get, ms (kubectl get -o json)" "<= 0.25"
verdict note get.NAME.cpu "k8s.get, ms of the processor"
verdict row get.NAME.memory "k8s.get, MB of memory" "<= 0.25"
verdict $judge list.NAME "k8s.list of $count, ms (kubectl get -o json)" "<= 0.5"
verdict $judge list.NAME.memory "k8s.list of $count, MB of memory" "<= 0.5"
verdict note table.NAME "k8s.list of $count, ms (the table that kubectl prints)"
verdict note table.NAME.memory "k8s.list of $count, MB of memory (the same)"
verdict row twenty.NAME "twenty different gets, ms (twenty kubectl get)" "<= 0.1"
exit $over
