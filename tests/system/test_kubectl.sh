#!/usr/bin/env bash
# The pretend Kubernetes API against the real kubectl: every kubectl in PATH (or in $KUBECTLS) has to
# find in kubernetes_world.lua what it would find in a cluster.
. "$(dirname "$0")/lib.sh"

k() { timeout 60 "$kubectl" "$@"; }
says() { expect "$label $1" 0 "$2" k "${@:3}"; }      # kubectl succeeds and says that
fails() { expect "$label $1" 1 "$2" k "${@:3}"; }     # kubectl fails and says that
equals() { # kubectl says exactly that
    local got
    got=$(k "${@:3}" 2>&1)
    if [ "$got" = "$2" ]; then ok "$label $1"; else not_ok "$label $1: '$got' instead of '$2'"; fi
}
holds() { # NAME COMMAND...: the command succeeds; else $WORK/said is shown
    if "${@:2}"; then ok "$label $1"; else not_ok "$label $1"; sed 's/^/        | /' "$WORK/said"; fi
}

fault() { # NAME true|false
    curl -sf "$CONTROL/faults" -d "{\"name\":\"$1\",\"weight\":$2}" >/dev/null
}

weight='jsonpath={.metadata.annotations.nginx\.ingress\.kubernetes\.io/canary-weight}'

reading() {
    says "version" 'Server Version.*v?1\.' version
    says "api-resources" '^certificates +cert,certs +cert-manager.io/v1 +true +Certificate' api-resources
    says "api-resources of a group" 'deployments +deploy' api-resources --api-group=apps
    says "get: deployment columns" '^web +2/2 +2 +2 +[0-9]+s$' get deployments
    says "get -o wide" '^web +2/2 +2 +2 +[0-9]+s +main +registry.example/web:1 +app=web$' get deploy -o wide
    says "get: ingress columns" '^web +nginx +shop.example +80, 443 +[0-9]+s$' get ing
    says "get: certificate columns" '^good +True +good-tls +[0-9]+s$' get certificates
    says "get: pod columns" '^web-2 +0/1 +Pending +2' get pods
    says "get: events" 'Normal +Sync +ingress/web +Scheduled' get events
    says "get all" '^deployment.apps/worker ' get all
    says "get: namespaces" '^shop +Active' get ns
    says "get -A" '^many +many-7 +1' get configmaps -A
    says "get -o yaml" '^  secretName: good-tls$' get certificate good -o yaml
    says "get -o json" '"secretName": "good-tls"' get certificate good -o json
    equals "get by resource.version.group" certificate.cert-manager.io/good get certificates.v1.cert-manager.io good -o name
    equals "get: label selector" "pod/web-1
pod/web-2" get pods -l 'app in (web,other),!tier' -o name
    equals "get: unequal label" deployment.apps/worker get deploy -l 'tier=front,app!=web' -o name
    equals "get: field selector" pod/web-2 get pods --field-selector status.phase!=Running -o name
    says "get: events of an object" 'Scheduled' get events --field-selector involvedObject.name=web
    equals "get: chunks" 7 get configmaps -n many --chunk-size 2 -o 'go-template={{len .items}}'
    says "get: sorted" 'many-1' get configmaps -n many --sort-by .metadata.name
    says "describe" 'Annotations: +nginx.ingress' describe ingress web
    fails "get: not found" '^Error from server \(NotFound\): ingresses.networking.k8s.io "none" not found$' get ing none
    fails "get: unknown resource" 'the server doesn.t have a resource type "things"' get things
    fails "get: field that cannot be selected" 'field label not supported: spec.color' get pods --field-selector spec.color=red
    fails "get: label selector that does not parse" 'unable to parse requirement' get --raw '/api/v1/pods?labelSelector=a%20or%20b'
    fails "no token" 'Unauthorized|must be logged in' --token wrong get pods
    equals "auth can-i" yes auth can-i patch ingresses
}

writing() {
    says "patch: merge" 'patched' patch ing web --type merge -p '{"metadata":{"annotations":{"nginx.ingress.kubernetes.io/canary-weight":"5"}}}'
    equals "patch: merge is kept" 5 get ing web -o "$weight"
    says "patch: without a change" 'patched \(no change\)' patch ing web --type merge -p '{"metadata":{"annotations":{"nginx.ingress.kubernetes.io/canary-weight":"5"}}}'
    says "patch: json" 'patched' patch ing web --type json -p '[{"op":"test","path":"/spec/rules/0/host","value":"shop.example"},{"op":"replace","path":"/metadata/annotations/nginx.ingress.kubernetes.io~1canary-weight","value":"20"}]'
    equals "patch: json is kept" 20 get ing web -o "$weight"
    fails "patch: json test that does not hold" 'the server rejected our request|The request is invalid' patch ing web --type json -p '[{"op":"test","path":"/spec/rules/0/host","value":"else"}]'
    says "patch: strategic" 'patched' patch deploy web -p '{"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"EXTRA","value":"1"}]}]}}}}'
    equals "patch: strategic merges lists by name" "MODE EXTRA registry.example/web:1" get deploy web -o 'jsonpath={.spec.template.spec.containers[0].env[*].name} {.spec.template.spec.containers[0].image}'
    equals "patch: a changed spec raises the generation" 2 get deploy web -o 'jsonpath={.metadata.generation}'
    fails "patch: strategic is refused for custom resources" 'body of the request was in an unknown format|UnsupportedMediaType' patch certificate good --type strategic -p '{"spec":{"secretName":"x"}}'
    fails "patch: stale resourceVersion" 'Conflict.*the object has been modified' patch ing web --type merge -p '{"metadata":{"resourceVersion":"1","labels":{"a":"b"}}}'
    local before
    before=$(k get ing web -o 'jsonpath={.metadata.resourceVersion}')
    says "patch: dry run" 'patched \(server dry run\)|patched \(dry run\)|patched$' patch ing web --dry-run=server --type merge -p '{"metadata":{"labels":{"dry":"run"}}}'
    equals "patch: dry run changes nothing" "$before" get ing web -o 'jsonpath={.metadata.resourceVersion}'
    says "label" 'labeled' label ing web stage=canary
    fails "label: not overwritten" 'already has a value' label ing web stage=stable
    says "label: removed" '(unlabeled|labeled)' label ing web stage-
    says "annotate" 'annotated' annotate ing web note=hello
    says "scale" 'scaled' scale deploy web --replicas=4
    equals "scale is kept" 4 get deploy web -o 'jsonpath={.spec.replicas}'
    says "rollout status" 'successfully rolled out' rollout status deploy/web --timeout=20s
    says "rollout restart" 'restarted' rollout restart deploy/web
    says "set image" 'image updated' set image deploy/web main=registry.example/web:2
    says "rollout status after a new image" 'successfully rolled out' rollout status deploy/web --timeout=20s
    says "create configmap" 'created' create configmap made --from-literal=a=1
    fails "create: it exists" 'configmaps "made" already exists' create configmap made
    says "create: dry run" 'created \((server )?dry run\)' create configmap ghost --dry-run=server
    fails "create: dry run keeps nothing" 'configmaps "ghost" not found' get configmap ghost
    fails "create: in a namespace that is missing" 'namespaces "nowhere" not found' create configmap made -n nowhere
    says "create namespace" 'created' create namespace fresh
    says "replace" 'replaced' replace -f <(k get configmap made -o yaml | sed 's/a: "1"/a: "2"/')
    equals "replace is kept" 2 get configmap made -o 'jsonpath={.data.a}'
    fails "create: bad name" 'Invalid value: "Bad_Name"' create -f <(echo '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"Bad_Name"}}')
}

applying() {
    canary() { # WEIGHT
        printf '%s\n' 'apiVersion: networking.k8s.io/v1' 'kind: Ingress' 'metadata:' '  name: web' \
            '  annotations:' "    nginx.ingress.kubernetes.io/canary-weight: '$1'"
    }
    canary 50 >"$WORK/canary.yaml"
    fails "apply: conflict" 'conflict.* with "kubectl-?[a-z]*" using networking.k8s.io/v1.*: .metadata.annotations.nginx.ingress.kubernetes.io/canary-weight' apply --server-side -f "$WORK/canary.yaml"
    says "apply: forced" 'serverside-applied' apply --server-side --force-conflicts -f "$WORK/canary.yaml"
    equals "apply is kept" 50 get ing web -o "$weight"
    says "apply: again" 'serverside-applied' apply --server-side -f "$WORK/canary.yaml"
    local before
    before=$(k get ing web -o 'jsonpath={.metadata.resourceVersion}')
    k apply --server-side -f "$WORK/canary.yaml" >/dev/null
    equals "apply: the same again changes nothing" "$before" get ing web -o 'jsonpath={.metadata.resourceVersion}'
    says "apply: managedFields" '"manager":"kubectl","operation":"Apply"' get --raw "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web"
    cat >"$WORK/new.yaml" <<END
apiVersion: v1
kind: ConfigMap
metadata: { name: applied }
data: { a: "1", b: "2" }
END
    says "apply: creates" 'serverside-applied' apply --server-side -f "$WORK/new.yaml"
    sed -i 's/, b: "2"//' "$WORK/new.yaml"
    says "apply: drops" 'serverside-applied' apply --server-side -f "$WORK/new.yaml"
    equals "apply: what is dropped is gone" '{"a":"1"}' get configmap applied -o 'jsonpath={.data}'
    says "apply: another manager" 'serverside-applied' apply --server-side --field-manager other -f <(sed 's/a: "1"/c: "3"/' "$WORK/new.yaml")
    equals "apply: managers share an object" '{"a":"1","c":"3"}' get configmap applied -o 'jsonpath={.data}'
    fails "apply: another manager's field" 'Apply failed with 1 conflict|conflict with "other"' apply --server-side -f <(sed 's/a: "1"/a: "1", c: "4"/' "$WORK/new.yaml")
    says "apply: client side" '(configured|created)' apply -f <(printf '%s\n' 'apiVersion: v1' 'kind: ConfigMap' 'metadata: { name: old-way }' 'data: { a: "1" }')
}

waiting() {
    says "wait: condition met" 'condition met' wait certificate/good --for=condition=Ready --timeout=5s
    fails "wait: times out" 'timed out waiting' wait certificate/late --for=condition=Ready --timeout=1s
    (sleep 1 && fault cert-late false) &
    local switch=$!
    says "wait: condition comes" 'condition met' wait certificate/late --for=condition=Ready --timeout=20s
    wait $switch
    timeout 4 "$kubectl" get ing web -w -o "$weight{'\n'}" >"$WORK/said" 2>&1 &
    local watcher=$!
    sleep 1
    k annotate ing web --overwrite nginx.ingress.kubernetes.io/canary-weight=77 >/dev/null
    wait $watcher
    seen() { [ "$(tr '\n' ' ' <"$WORK/said")" = "50 77 " ]; }
    holds "get -w" seen
    timeout 4 "$kubectl" get pods -w >"$WORK/said" 2>&1 &
    watcher=$!
    sleep 1
    k label pod web-1 watched=yes >/dev/null
    wait $watcher
    seen() { [ "$(grep -c '^web-1 ' "$WORK/said")" = 2 ] && [ "$(grep -c '^NAME' "$WORK/said")" = 1 ]; }
    holds "get -w shows a table" seen
}

deleting() {
    says "delete" 'deleted' delete pod web-1
    fails "delete: it is gone" 'NotFound' get pod web-1
    fails "delete: not found" 'pods "web-1" not found' delete pod web-1
    says "delete: dry run" 'deleted \((server )?dry run\)' delete pod web-2 --dry-run=server
    says "delete: dry run keeps it" 'web-2' get pod web-2
    says "finalizer" 'patched' patch pod web-2 --type merge -p '{"metadata":{"finalizers":["example.com/hold"]}}'
    says "delete: held by a finalizer" 'deleted' delete pod web-2 --wait=false
    says "delete: held" 'Terminating' get pod web-2
    (sleep 1 && k patch pod web-2 --type merge -p '{"metadata":{"finalizers":null}}' >/dev/null) &
    local release=$!
    says "wait: delete" 'condition met' wait pod/web-2 --for=delete --timeout=20s
    wait $release
    says "delete: a selection" 'deleted' delete deploy -l app=worker
    says "delete: a namespace" 'deleted' delete namespace many --timeout=20s
    equals "delete: a namespace takes its objects along" 0 get configmaps -n many -o 'go-template={{len .items}}'
}

# One line of the log of requests must tell a change from a dry run.
logging() {
    curl -s "$CONTROL/requests" >"$WORK/said"
    dry_is_no_write() { ! grep 'dryRun=All' "$WORK/said" | grep -q '"write":true'; }
    holds "log: a dry run is no write" dry_is_no_write
    patch_is_write() { grep '"PATCH"' "$WORK/said" | grep -v dryRun | grep -q '"write":true'; }
    holds "log: a patch is a write" patch_is_write
    review_is_no_write() { ! grep accessreviews "$WORK/said" | grep -q '"write":true'; }
    holds "log: a review is no write" review_is_no_write
    curl -s "$CONTROL/state" >"$WORK/said"
    holds "state: the snapshot" grep -q 'canary-weight":"77"' "$WORK/said"
    cp "$SANDBOX/log" "$WORK/said"
    no_failures() { ! grep -E '^sandbox:|Sanitizer|runtime error' "$WORK/said"; }
    holds "no handler failed" no_failures
}

kubectls=${KUBECTLS:-$(type -ap kubectl | sort -u)}
[ -n "$kubectls" ] || skip "no kubectl in PATH"
for kubectl in $kubectls; do
    HOME=$(mktemp -d "$WORK/home.XXXX") # kubectl keeps what it learnt of an API there
    sandbox "$HERE/kubernetes_world.lua" --fault cert-late
    export HOME KUBECONFIG=$SANDBOX/kubeconfig
    label="[$(k version --client 2>/dev/null | grep -Eo 'v1\.[0-9]+' | head -n 1)]"
    reading
    writing
    applying
    waiting
    deleting
    logging
    sandbox_end
    gone() { [ ! -e "$KUBECONFIG" ]; }
    holds "the kubeconfig is cleaned up" gone
done
finish
