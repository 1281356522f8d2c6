#!/usr/bin/env bash
# What rules permit of a real cluster: a type is one by all of its names, what is in no namespace is in none,
# a group is not another one; and what `check --permissions` writes is enough.
. "$(dirname "$0")/lib.sh"
space permissions
objects
# Types of our own, under names that no other theme uses: one in namespaces, one of the cluster.
sed 's/widget/permit/g; s/Widget/Permit/g; s/wd/pmt/' "$HERE/widgets.yaml" | k apply -f - >/dev/null
sed 's/platform/realm/g; s/Platform/Realm/g; s/\[pf\]/[rlm]/' "$HERE/platforms.yaml" | k apply -f - >/dev/null
wait_for 20 k get permits,realms
printf '%s\n' 'apiVersion: test.example/v1' 'kind: Permit' 'metadata: { name: p }' 'spec: { size: 1 }' --- \
    'apiVersion: test.example/v1' 'kind: Realm' 'metadata: { name: r }' | k apply -f - >/dev/null
k create namespace "$SPACE-other" >/dev/null

refuses() { # NAME LINE LUA OPTIONS...: it is not permitted, and the line is the one to add
    has "$1" "not permitted; to permit it, add this line to .allow.: \"$2\"" "${@:3}"
}
permits() { has "$1" '^[^f]' "return (function() $2 end)() or 'done'" "${@:3}"; }

# What is in no namespace.
mine=(--allow "k8s * * in $SPACE")
refuses "a namespace" "k8s delete namespaces/$SPACE-other" "k8s.delete('namespace/$SPACE-other', { namespace = '$SPACE' })" "${mine[@]}"
refuses "the nodes" "k8s list nodes" "k8s.list 'no'" "${mine[@]}"
refuses "a role of the cluster" "k8s get clusterroles/view" "k8s.get 'clusterrole.v1.rbac.authorization.k8s.io/view'" "${mine[@]}"
for words in realm/r rlm/r Realm/r realms.test.example/r Realm.v1.test.example/r; do
    refuses "$words" "k8s delete realms/r" "k8s.delete '$words'" "${mine[@]}"
    permits "$words, by its own line" "k8s.get '$words'" --allow "k8s get rlm"
done
refuses "an object that is applied" "k8s apply realms/new" \
    "k8s.apply { apiVersion = 'test.example/v1', kind = 'Realm', metadata = { name = 'new', namespace = '$SPACE' } }" "${mine[@]}"
is "all of them are there" "realm.test.example/r" k get realms -o name
permits "what is in the namespace" "k8s.get 'pmt/p' k8s.get 'cm/one' k8s.list 'po'" "${mine[@]}"

# A denied type, by all of its names.
for words in permit/p permits/p pmt/p PMT/p Permit/p pmt.test.example/p permits.v1alpha1.test.example/p; do
    has "denied as $words" 'denied by --deny "k8s delete permits"' "k8s.delete '$words'" --deny "k8s delete permits"
    has "$words, denied by its short name" 'denied by --deny "k8s delete pmt"' "k8s.delete '$words'" --deny "k8s delete pmt"
    permits "$words, where another verb is" "k8s.get '$words'" --deny "k8s delete permits"
done
is "it is there" "permit.test.example/p" k get permits -o name

# Groups: both have Ingresses, and the first of them is the one that is meant.
refuses "the other group of a name" "k8s list ingresses.extensions in $SPACE" \
    "k8s.list 'ingresses.v1beta1.networking.k8s.io' return k8s.list 'ingresses.v1beta1.extensions'" \
    --allow "k8s list ingresses.networking.k8s.io"

# Where the cluster does not answer, that is what is told, and not that it would not be permitted.
sed 's#server: .*#server: http://127.0.0.1:9#' "$KUBECONFIG" >"$WORK/away"
has "a cluster that is away" 'failed: .*127.0.0.1:9' "k8s.get 'rlm/r'" "${mine[@]}" --kubeconfig "$WORK/away"

# enough LUA: permitted by what is written of it, it runs.
enough() {
    local lines=() line
    printf 'return runbook { name = "e", phase "p" { step "s" { function() %s end } } }\n' "$1" >"$WORK/enough.lua"
    while IFS= read -r line; do lines+=(--allow "$line"); done < <(
        "$RUNBOOK" check --permissions "$WORK/enough.lua" | sed -n 's/^        "\(.*\)",$/\1/p')
    expect "enough: $1" 0 'exit 0' "$RUNBOOK" "$WORK/enough.lua" --journal none --no-input "${lines[@]}"
}
enough "k8s.delete('cm/two', { wait = '20s' })"
enough "k8s.wait('rlm/r', { create = true, timeout = '5s' })"
enough "k8s.watch('permits', { timeout = '5s' }, function() return true end)"
enough "k8s.scale('deployment/web', 3)"
enough "k8s.label('rlm/r', { a = 'b' })"
enough "k8s.rollout_history 'deployment/web'"
enough "k8s.events 'pod/front'"
enough "k8s.apply { apiVersion = 'test.example/v1', kind = 'Permit', metadata = { name = 'q' } }"
k delete crd permits.test.example realms.test.example >/dev/null
finish
