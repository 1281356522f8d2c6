#!/usr/bin/env bash
# Names of types as kubectl takes them, on a server that knows only the old form of discovery; and that what
# we remember of it is never stale for long.
. "$(dirname "$0")/lib.sh"
space names
objects

# Every way to say a type leads both to the same objects in the same version, or is unknown to both.
firsts() { # WORDS...: what we find, a line for each
    ask "local lines = {}
        for words in ('$*'):gmatch('%S+') do
            local ok, got = pcall(k8s.list, words)
            local o = ok and (got[1] or { kind = 'none', apiVersion = '', metadata = { name = '' } })
            lines[#lines + 1] = o and ('%s %s %s'):format(o.kind, o.apiVersion, o.metadata.name)
                or got.text:find('knows no resource type', 1, true) and 'unknown' or got.text
        end
        return table.concat(lines, string.char(10))"
}
first_of_kubectl() { # WORDS
    k get "$1" -o jsonpath='{.items[0].kind} {.items[0].apiVersion} {.items[0].metadata.name}' 2>"$WORK/said" && return
    grep -q "doesn't have a resource type" "$WORK/said" && echo unknown || cat "$WORK/said"
}
same_types() { # WORDS...
    local words
    firsts "$@" >"$WORK/firsts"
    for words in "$@"; do
        IFS= read -r found
        equals "list $words" "$found" "$(first_of_kubectl "$words")"
    done <"$WORK/firsts"
}
same_types pods pod Pod po POD pods.v1. cm ConfigMap configmap.v1. svc deployments deployment Deployment deploy \
    deployments.apps deployment.apps Deployment.apps deploy.apps deployments.v1.apps Deployment.v1.apps \
    ingresses ing Ingress ingresses.extensions ingress.networking.k8s.io ingresses.v1beta1.networking.k8s.io \
    cronjobs cj cronjob.v1beta1.batch hpa horizontalpodautoscalers.v2beta2.autoscaling \
    netpol sa sts ds pdb ns priorityclasses.scheduling.k8s.io pc clusterroles apiservices \
    clusterrole.v1beta1.rbac.authorization.k8s.io nothing deploy.nothing deployments.v9.apps pod.apps
# kubectl forgets the version that was asked for where the type is told by its short name; we keep to it.
is "a short name with a version" "HorizontalPodAutoscaler autoscaling/v2beta2 web" firsts hpa.v2beta2.autoscaling

# The types as `kubectl api-resources -o wide` lists them, without the order, and without those that other
# themes are adding meanwhile.
rows() {
    ask "local rows = {}
        for i, t in ipairs(k8s.api_resources()) do
            rows[i] = table.concat({ t.name, table.concat(t.short or {}, ','), t.api_version, tostring(t.namespaced),
                t.kind, table.concat(t.verbs, ',') }, ' ')
        end
        table.sort(rows)
        return table.concat(rows, string.char(10))" | sed 's/  */ /g' | still
}
still() { grep -v '\.example/\|cert-manager.io/' | sort; }
rows_of_kubectl() { k api-resources -o wide --no-headers | sed -E 's/ +/ /g; s/ *$//; s/ (all|api-extensions)$//' | still; }
equals "api_resources" "$(rows)" "$(rows_of_kubectl)"
same_json "version" 'del(.none)' 'k8s.version()' get --raw /version

# Types of our own, under names that no other theme uses.
gadgets() { sed 's/widget/gadget/g; s/Widget/Gadget/g; s/wd/gd/' "$HERE/widgets.yaml"; }

# A type that comes while we remember the others is found at once.
is "a type that is not there" unknown firsts gadgets
gadgets | k apply -f "$HERE/platforms.yaml" -f - >/dev/null
wait_for 20 k get gadgets,platforms
printf '%s\n' 'apiVersion: test.example/v1' 'kind: Gadget' 'metadata: { name: a.b-c }' 'spec: { size: 1 }' --- \
    'apiVersion: test.example/v1' 'kind: Platform' 'metadata: { name: whole }' | k apply -f - >/dev/null
same_types gadgets gadget gd Gadget gadgets.test.example gd.test.example gadgets.v1.test.example \
    Gadget.v1.test.example gadgets.v1alpha1.test.example platforms pf platform.test.example
for object in pod/front po/front "pod front" deploy.apps/web gd/a.b-c gadget.v1alpha1.test.example/a.b-c pf/whole \
    "ns/$SPACE" svc/web ing/web sts/db; do
    same_json "get $object" . "k8s.get('$object')" get $object -o json --show-managed-fields
done
# The cluster's objects stand in no namespace, whichever is the default.
same_json "get a cluster's object, with a namespace" .metadata.name \
    "k8s.get('pf/whole', { namespace = 'elsewhere' })" get pf whole -n elsewhere -o json

# A type that has gone is so for us, too, and one that came in its place is that one.
k delete crd platforms.test.example >/dev/null
gone() { ! k get platforms; }
wait_for 20 gone
is "a type that has gone" unknown firsts platforms
sed 's/test.example/other.example/; s/name: v1/name: v2/' "$HERE/platforms.yaml" | k apply -f - >/dev/null
wait_for 20 k get platforms.other.example
echo '{"apiVersion":"other.example/v2","kind":"Platform","metadata":{"name":"new"}}' | k apply -f - >/dev/null
is "a type of another group in its place" "Platform other.example/v2 new" firsts platforms
k delete crd platforms.other.example gadgets.test.example >/dev/null
finish
