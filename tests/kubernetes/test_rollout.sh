#!/usr/bin/env bash
# Rollouts by kubectl's rules. No controller runs here: the tests write status, ReplicaSets and
# ControllerRevisions themselves.
. "$(dirname "$0")/lib.sh"
space rollout
objects

# --- status: one row a rule ----------------------------------------------------------------------------
# row OBJECT SPEC STATUS: with a spec (a merge patch) and then that status, both say the same sentence.
row() {
    local ours theirs
    ours=$(ask "k8s.patch('$1', { merge = { spec = json.decode('$2') } })
        k8s.patch('$1', { subresource = 'status', merge = { status = json.null } })
        local o = k8s.patch('$1', { subresource = 'status', merge = { status = json.decode('$3') } })
        local state, sentence = k8s.rollout('$1')
        return state .. ': ' .. sentence")
    theirs=$(k rollout status "$1" --watch=false 2>&1)
    case $?:$theirs in
    0:*"..."*) theirs="waiting: $theirs" ;;
    0:*) theirs="done: $theirs" ;;
    *) theirs="failed: ${theirs#error: }" ;;
    esac
    equals "status of $1 $2 $3" "$ours" "$(sed 's/^waiting: \(partitioned roll out complete\|statefulset rolling update complete\)/done: \1/' <<<"$theirs")"
}
generation() { k get "$1" -o 'jsonpath={.metadata.generation}'; }
seen='"observedGeneration":99'
row deploy/web '{"replicas":3}' '{"observedGeneration":1,"replicas":3,"updatedReplicas":3,"readyReplicas":3,"availableReplicas":3}'
row deploy/web '{"replicas":2}' "{$seen}"
row deploy/web '{}' "{$seen,\"replicas\":2,\"updatedReplicas\":1,\"readyReplicas\":2,\"availableReplicas\":2}"
row deploy/web '{}' "{$seen,\"replicas\":3,\"updatedReplicas\":2,\"readyReplicas\":3,\"availableReplicas\":3}"
row deploy/web '{}' "{$seen,\"replicas\":2,\"updatedReplicas\":2,\"readyReplicas\":2,\"availableReplicas\":1}"
row deploy/web '{}' "{$seen,\"replicas\":2,\"updatedReplicas\":2,\"readyReplicas\":2,\"availableReplicas\":2}"
row deploy/web '{}' "{$seen,\"replicas\":2,\"updatedReplicas\":1,\"conditions\":[{\"type\":\"Progressing\",\"status\":\"False\",\"reason\":\"ProgressDeadlineExceeded\"}]}"
row deploy/web '{"replicas":0}' "{$seen}"
row deploy/web '{"replicas":2,"paused":true}' "{$seen,\"replicas\":2,\"updatedReplicas\":2,\"readyReplicas\":2,\"availableReplicas\":2}"
kind='"currentNumberScheduled":3,"numberMisscheduled":0,"numberReady":0'
row ds/agent '{}' "{$kind,\"desiredNumberScheduled\":3,\"observedGeneration\":0}"
row ds/agent '{}' "{$kind,$seen,\"desiredNumberScheduled\":3,\"updatedNumberScheduled\":1}"
row ds/agent '{}' "{$kind,$seen,\"desiredNumberScheduled\":3,\"updatedNumberScheduled\":3,\"numberAvailable\":2}"
row ds/agent '{}' "{$kind,$seen,\"desiredNumberScheduled\":3,\"updatedNumberScheduled\":3,\"numberAvailable\":3}"
row ds/agent '{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}' "{$kind,$seen,\"desiredNumberScheduled\":3}"
row sts/db '{}' '{"replicas":3}'
row sts/db '{}' "{\"replicas\":3,$seen,\"readyReplicas\":2}"
row sts/db '{}' "{\"replicas\":3,$seen,\"readyReplicas\":3,\"updatedReplicas\":1}"
row sts/db '{}' "{\"replicas\":3,$seen,\"readyReplicas\":3,\"updatedReplicas\":3,\"updateRevision\":\"db-2\",\"currentRevision\":\"db-2\",\"currentReplicas\":3}"
row sts/db '{"updateStrategy":{"rollingUpdate":{"partition":2}}}' "{\"replicas\":3,$seen,\"readyReplicas\":3,\"updatedReplicas\":0}"
row sts/db '{}' "{\"replicas\":3,$seen,\"readyReplicas\":3,\"updatedReplicas\":1}"
row sts/db '{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}' "{\"replicas\":3,$seen,\"readyReplicas\":3}"
has "status of what does not roll out" '^failed a ConfigMap has no rollout to wait for' "table.concat({ k8s.rollout('cm/one') }, ' ')"
is "rollout_wait: ends with the rollout" 2 ask "k8s.patch('deploy/web', { merge = { spec = { replicas = 2, paused = false } } })
    return parallel { function() return k8s.rollout_wait('deploy/web', { timeout = '20s' }).status.availableReplicas end,
        function() wait.sleep(0.5) k8s.patch('deploy/web', { subresource = 'status', merge = { status = { observedGeneration = 99,
            replicas = 2, updatedReplicas = 2, readyReplicas = 2, availableReplicas = 2 } } }) end }[1]"

# --- restart, pause, resume, undo, history -------------------------------------------------------------
same_shape() { # NAME TYPE
    equals "$1" "$(cut -c1-300 <"$WORK/said" | grep '^failed')$(shape "$2" ours)" "$(shape "$2" theirs)"
}
workload() { # KIND NAME MORE
    echo "--- { apiVersion: apps/v1, kind: $1, metadata: { name: $2, annotations: { deployment.kubernetes.io/revision: \"3\",
        kubernetes.io/change-cause: third, own: kept } }, spec: { selector: { matchLabels: { app: $2 } }, ${3-}
        template: { metadata: { labels: { app: $2 } }, spec: { containers: [ { name: main, image: \"i:3\" } ] } } } }" |
        sed 's/^--- /---\n/'
}
# revision OWNER UID NUMBER: a ReplicaSet as the controller would have made it.
revision() {
    echo "---
{ apiVersion: apps/v1, kind: ReplicaSet, metadata: { name: $1-$3, labels: { app: $1, pod-template-hash: h$3 },
  annotations: { deployment.kubernetes.io/revision: \"$3\", deployment.kubernetes.io/desired-replicas: \"1\",
    kubernetes.io/change-cause: \"cause $3\" },
  ownerReferences: [ { apiVersion: apps/v1, kind: Deployment, name: $1, uid: $2, controller: true } ] },
  spec: { replicas: 0, selector: { matchLabels: { app: $1, pod-template-hash: h$3 } },
    template: { metadata: { labels: { app: $1, pod-template-hash: h$3 } },
      spec: { containers: [ { name: main, image: \"i:$3\", env: [ { name: NUMBER, value: \"$3\" } ] } ] } } } }"
}
# controller_revision OWNER KIND UID NUMBER
controller_revision() {
    echo "---
{ apiVersion: apps/v1, kind: ControllerRevision, metadata: { name: $1-$2-$4, labels: { app: $1 },
  ownerReferences: [ { apiVersion: apps/v1, kind: $2, name: $1, uid: $3, controller: true } ] }, revision: $4,
  data: { spec: { template: { \$patch: replace, metadata: { labels: { app: $1 } },
    spec: { containers: [ { name: main, image: \"i:$4\" } ] } } } } }" | sed 's/\(ControllerRevision, metadata: { name: [^,]*\)/\L\1/; s/controllerrevision/ControllerRevision/'
}
uid() { k get "$1" -o 'jsonpath={.metadata.uid}'; }
for name in ours theirs; do
    { workload Deployment $name; workload StatefulSet $name 'serviceName: x,'; workload DaemonSet $name; } | k create -f - >/dev/null
    { for n in 1 2 3; do
        revision $name "$(uid deploy/$name)" $n
        controller_revision $name StatefulSet "$(uid sts/$name)" $n
        controller_revision $name DaemonSet "$(uid ds/$name)" $n
    done; } | k create -f - >/dev/null
done

history() { # TYPE: what we know of its revisions, as kubectl lists them
    ask "local lines = {}
        for i, r in ipairs(k8s.rollout_history('$1/ours')) do
            lines[i] = r.revision .. ' ' .. (r.change_cause or '<none>') .. ' ' .. r.template.spec.containers[1].image
        end
        return table.concat(lines, string.char(10))"
}
history_of_kubectl() { # TYPE
    k rollout history "$1/ours" | sed -nE 's/^([0-9]+) +(.*)/\1 \2/p' | while read -r number cause; do
        echo "$number $cause $(k rollout history "$1/ours" --revision "$number" | sed -n 's/ *Image:[^i]*//p')"
    done
}
for type in deploy sts ds; do
    equals "history of a $type" "$(history $type)" "$(history_of_kubectl $type)"
    ask "k8s.rollout_undo('$type/ours')" >"$WORK/said"
    k rollout undo $type/theirs >/dev/null
    same_shape "undo a $type" $type
    ask "k8s.rollout_undo('$type/ours', { to_revision = 1 })" >"$WORK/said"
    k rollout undo $type/theirs --to-revision 1 >/dev/null
    same_shape "undo a $type to a revision" $type
    is "it is that revision" i:1 k get $type ours -o 'jsonpath={.spec.template.spec.containers[0].image}'
    has "undo a $type to a revision that is not there" 'failed: .* has no revision 9; it has 1, 2, 3' "k8s.rollout_undo('$type/ours', { to_revision = 9 })"
    is "neither does kubectl" "error: unable to find specified revision 9 in history" k rollout undo $type/theirs --to-revision 9
    ask "k8s.rollout_restart('$type/ours')" >"$WORK/said"
    k rollout restart $type/theirs >/dev/null
    same_shape "restart a $type" $type
done
ask "k8s.rollout_pause('deploy/ours')" >"$WORK/said"
k rollout pause deploy/theirs >/dev/null
same_shape "pause" deploy
has "pause: it is paused" 'failed: deploy/ours is already paused' "k8s.rollout_pause('deploy/ours')"
has "undo: it is paused" 'failed: deploy/ours is paused and cannot be rolled back' "k8s.rollout_undo('deploy/ours')"
has "restart: it is paused" 'failed: deploy/ours is paused and cannot be restarted' "k8s.rollout_restart('deploy/ours')"
is "kubectl pauses nothing twice" 'error: deployments.apps "theirs" is already paused' k rollout pause deploy/theirs
ask "k8s.rollout_resume('deploy/ours')" >"$WORK/said"
k rollout resume deploy/theirs >/dev/null
same_shape "resume" deploy
has "resume: it is not paused" 'failed: deploy/ours is not paused' "k8s.rollout_resume('deploy/ours')"
has "pause: what cannot be" 'failed: .*only a Deployment can do that' "k8s.rollout_pause('sts/ours')"
is "a rollout of what is not there" 'failed: GET deployments/none in '"$SPACE"': the server answered 404 NotFound: deployments.apps "none" not found. Check the name, and whether it stands in another namespace than '"$SPACE" \
    ask "k8s.rollout('deploy/none')"
finish
