#!/usr/bin/env bash
# What can be asked without changing anything: get, list, events, describe, can_i, logs, paths into objects.
. "$(dirname "$0")/lib.sh"
space read
objects
uid=$(k get pod front -o 'jsonpath={.metadata.uid}')
k create -f - >/dev/null <<END
apiVersion: v1
kind: Event
metadata: { name: front.1 }
involvedObject: { apiVersion: v1, kind: Pod, name: front, namespace: $SPACE, uid: $uid }
reason: Pulled
message: Container image is there
type: Normal
count: 3
source: { component: kubelet }
firstTimestamp: "2026-03-01T08:00:00Z"
lastTimestamp: "2026-03-01T08:10:00Z"
END

names_of() { # OPTIONS: the names that we list, as kubectl's -o name gives them without the type
    ask "local names = {} for i, o in ipairs(k8s.list($1)) do names[i] = o.metadata.name end
        return table.concat(names, ' ')"
}
same_names() { # NAME OPTIONS KUBECTL...
    equals "$1" "$(names_of "$2")" "$(told get "${@:3}" -o 'jsonpath={.items[*].metadata.name}')"
}

# --- which objects -------------------------------------------------------------------------------------
for selector in tier=front tier==front tier!=front 'tier in (front,back)' 'tier notin (front)' tier '!tier' \
    'app=web,tier=back' 'tier in (front,back),!app' app=none; do
    same_names "list with $selector" "'cm', { selector = '$selector' }" cm -l "$selector"
done
for field in metadata.name=one metadata.name!=one "metadata.namespace=$SPACE,metadata.name=two"; do
    same_names "list with the field $field" "'cm', { field_selector = '$field' }" cm --field-selector "$field"
done
same_names "list with a field of pods" "'pods', { field_selector = 'spec.nodeName=none,status.phase=Pending' }" \
    pods --field-selector spec.nodeName=none,status.phase=Pending
same_names "list with both" "'pods', { field_selector = 'metadata.name!=front', selector = 'app=web' }" \
    pods -l app=web --field-selector metadata.name!=front
same_names "list another namespace" "'cm', { namespace = 'kube-system' }" cm -n kube-system
same_names "list a namespace that is not there" "'cm', { namespace = 'none' }" cm -n none
same_names "list all namespaces" "'cm', { all_namespaces = true, selector = 'tier' }" cm -A -l tier
same_names "list what stands in no namespace" "'clusterroles', { namespace = 'none' }" clusterroles -n none
refused "a selector that does not parse" "k8s.list('cm', { selector = 'a b' })" \
    get --raw "/api/v1/namespaces/$SPACE/configmaps?labelSelector=a%20b"
refused "a field that cannot be selected" "k8s.list('cm', { field_selector = 'data.a=1' })" \
    get --raw "/api/v1/namespaces/$SPACE/configmaps?fieldSelector=data.a%3D1"
refused "an object that is not there" "k8s.get('deploy/none')" get deploy none
# kubectl asks once more, for the namespace, and tells of that alone; we tell of both in one answer.
has "a namespace that is not there" 'configmaps "one" not found. .* in another namespace than none$' \
    "k8s.get('cm/one', { namespace = 'none' })"
is "find what is not there" nil ask "k8s.find('deploy/none')"

# --- in full -------------------------------------------------------------------------------------------
for object in cm/one cm/two deploy/web pod/front "ns/$SPACE" ing/web hpa.v1.autoscaling/web; do
    what=${object%/*}
    same_json "get $object" . "k8s.get('$object')" get "${what/hpa/horizontalpodautoscalers}" "${object#*/}" -o json --show-managed-fields
done
# What a Secret holds is there, and is shown to nobody.
is "get secret/hidden" true ask \
    "tostring(k8s.get('secret/hidden').data.password == ('$(k get secret hidden -o 'jsonpath={.data.password}' | rev)'):reverse())"
has "a Secret is not shown" '"password":"\[secret hidden/password\]"' "k8s.get('secret/hidden')"
same_json "list in full" .items "{ items = k8s.list('cm') }" get cm -o json --show-managed-fields
same_json "get the scale" . "k8s.get('deploy/web', { subresource = 'scale' })" \
    get --raw "/apis/apps/v1/namespaces/$SPACE/deployments/web/scale"

# --- in chunks: 600 objects come in two ------------------------------------------------------------
ask "local list = {}
    for i = 1, 600 do list[i] = i end
    each(list, { limit = 20 }, function(i)
        k8s.create { apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'm' .. i, labels = { of = 'many' } } }
    end)
    return 'made'" >/dev/null
equals "600 objects, in chunks" "$(names_of "'cm', { selector = 'of=many' }" | tr ' ' '\n' | sort | md5sum)" \
    "$(k get cm -l of=many -o name | sed 's/.*\///' | sort | md5sum)"
is "they are 600" 600 ask "#k8s.list('cm', { selector = 'of=many' })"

# --- a path into an object -----------------------------------------------------------------------------
for path in '{.spec.replicas}' '{.spec.template.spec.containers[0].image}' '{.spec.template.spec.containers[*].name}' \
    '{.metadata.labels.app}' '{..image}' '{.metadata.none}' '{.spec.template.spec.containers[-1:].image}' \
    '{.spec.template.spec.containers[?(@.name=="main")].env[0].value}' '{.metadata.annotations.kubernetes\.io/change-cause}' \
    "{['metadata']['name']}" '{.spec.template.spec.containers[0].ports[?(@.containerPort>79)].containerPort}'; do
    same "jsonpath $path" "table.concat(k8s.jsonpath(k8s.get('deploy/web'), [==[$path]==]), ' ')" \
        get deploy web -o jsonpath="$path"
done

# --- for people ----------------------------------------------------------------------------------------
EVENT='{range .items[*]}{.type} {.reason} {.count} {.firstTimestamp} {.lastTimestamp} {.source.component} {.message}{end}'
same "events of an object" "local e = k8s.events('pod/front')
    return #e == 1 and table.concat({ e[1].type, e[1].reason, e[1].count, e[1].first, e[1].last, e[1].from,
        e[1].message }, ' ')" get events --field-selector involvedObject.name=front -o jsonpath="$EVENT"
same "events of an object without any" "#k8s.events('pod/back')" \
    get events --field-selector involvedObject.name=back -o 'go-template={{len .items}}'
same "events of a type" "#k8s.events { type = 'Warning' }" \
    get events --field-selector type=Warning -o 'go-template={{len .items}}'

k patch deploy web --subresource status --type merge -p '{"status":{"observedGeneration":1,"replicas":2,
    "updatedReplicas":1,"unavailableReplicas":2,"conditions":[{"type":"Available","status":"False",
    "reason":"MinimumReplicasUnavailable"}]}}' >/dev/null
k patch pod front --subresource status --type merge -p '{"status":{"phase":"Pending","podIP":"10.1.2.3",
    "conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"main","image":"x","imageID":"",
    "ready":false,"restartCount":4,"state":{"waiting":{"reason":"ImagePullBackOff"}},
    "lastState":{"terminated":{"reason":"Error","exitCode":3}}}]}}' >/dev/null
both_tell deploy/web app=web "2 desired" "1 updated" "2 unavailable" RollingUpdate registry.example/web:1 80/TCP \
    Available MinimumReplicasUnavailable "first image"
both_tell pod/front tier=front Pending 10.1.2.3 main side registry.example/side:1 ImagePullBackOff Error 3 4 64Mi \
    100m Pulled "x3 over" kubelet "Container image is there"
both_tell ing/web shop.example shop-tls web:80 nginx nginx.ingress.kubernetes.io/canary-weight
both_tell cm/one tier=front app=web

same "logs of a pod on no node" "k8s.logs('back')" logs back
refused "logs of a pod on a node that is not there" "k8s.logs('front')" logs front
refused "logs of a container that is not there" "k8s.logs('front', { container = 'none' })" logs front -c none
refused "logs of a pod that is not there" "k8s.logs('none')" logs none
refused "logs of a deployment that is not there" "k8s.logs('deploy/none')" logs deploy/none
refused "logs before the last restart" "k8s.logs('front', { previous = true, container = 'side' })" logs front -p -c side

# --- what the server warns of --------------------------------------------------------------------------
old=ingresses.v1beta1.extensions
warning_of_kubectl=$(k get $old 2>&1 >/dev/null | grep '^Warning: .*deprecated')
equals "a version on its way out, once a run" "$(warned "k8s.list('$old') k8s.get('$old/web') return k8s.list('$old')")" "$warning_of_kubectl"
equals "each warning" "$(warned "k8s.list('$old') return k8s.list('clusterroles.v1beta1.rbac.authorization.k8s.io')")" \
    "$warning_of_kubectl
$(k get clusterroles.v1beta1.rbac.authorization.k8s.io 2>&1 >/dev/null)"
is "none without a reason" "" warned "k8s.list('ingresses.v1.networking.k8s.io')"

# --- may we? -------------------------------------------------------------------------------------------
for question in "get pods" "delete secrets" "create tokenreviews.authentication.k8s.io" "get pods/front" "get /healthz" "'*' '*'"; do
    eval "set -- $question"
    same "can_i $question" "k8s.can_i('$1', '$2') and 'yes' or 'no'" auth can-i "$1" "$2"
    equals "can_i $question, as a guest" "$(ask "k8s.can_i('$1', '$2') and 'yes' or 'no'" --context guest)" \
        "$(k --context guest auth can-i "$1" "$2" 2>/dev/null | cut -d' ' -f1)"
done
finish
