#!/usr/bin/env bash
# The verbs of k8s in a plan, which changes nothing and still tells what it would; and beside kubectl, which
# has to find what we have done, and to answer what we answer.
. "$(dirname "$0")/lib.sh"

state() { curl -s "$CONTROL/state"; }
writes() { curl -s "$CONTROL/requests" | jq -c 'select(.write)' | grep -v '"service":"control"'; }
runs() { # NAME EXIT PATTERNS MODE < step functions, as "name { function() ... end }"
    {
        echo 'return runbook { name = "verbs", params = { control = param "" }, phase "p" { keep_going = true,'
        cat
        echo '} }'
    } >"$WORK/verbs.lua"
    expect "$1" "$2" "$3" "$RUNBOOK" "${@:4}" "$WORK/verbs.lua" --values "$SANDBOX/values.yaml" \
        --kubeconfig "$SANDBOX/kubeconfig" --no-input
}

sandbox "$ROOT/tests/lua/test_k8s.world.lua"
before=$(state)
runs "a plan of every write" 0 'label cm/c1 stage=canary
metadata.labels.stage: .*"canary"
scale deployment/web 2 -> 5
spec.replicas: 2 → 5
replicas 5 and stage canary
edit cm/c2
data.number: "2" → "two"
data.more: .*"1"
on top: two 1 3
create ConfigMap/fresh
the fresh one has 1, then 2, then nothing
undo deployment/worker
restart deployment/web
pause deployment/web
checked by the server
assumed
!not known' plan <<'END'
step "marks" { function()
    k8s.label("cm/c1", { stage = "canary" })
    k8s.annotate("cm/c1", { note = "x" })
    k8s.scale("deployment/web", 5)
    log.info("replicas %d and stage %s", k8s.get("deployment/web").spec.replicas, k8s.get("cm/c1").metadata.labels.stage)
end },
step "edits" { function()
    k8s.edit("cm/c2", function(o) o.data.number = "two" end)
    k8s.edit("cm/c2", function(o) o.data.more = "1" end)
    k8s.edit("cm/c2", function(o) o.data.more2 = o.data.more end)
    local data = k8s.get("cm/c2").data
    k8s.patch("cm/c2", { merge = { data = { three = "3" } } })
    log.info("on top: %s %s %s", data.number, data.more2, k8s.get("cm/c2").data.three)
end },
step "comes and goes" { function()
    k8s.create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "fresh" }, data = { a = "1" } }
    local one = k8s.get("cm/fresh").data.a
    k8s.patch("cm/fresh", { merge = { data = { a = "2" } } })
    local two = k8s.get("cm/fresh").data.a
    k8s.delete("cm/fresh")
    log.info("the fresh one has %s, then %s, then %s", one, two, k8s.find("cm/fresh") or "nothing")
    k8s.delete("cm/c5", { wait = "10s" })
    k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c5" }, data = { a = "again" } }
    check.equal(k8s.get("cm/c5").data.a, "again", "it is there again")
    k8s.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: z }")
end },
step "rollouts" { function()
    k8s.patch("deployment/worker", { json = { { op = "replace", path = "/spec/template/spec/containers/0/image", value = "b" } } })
    k8s.patch("deployment/worker", { strategic = { spec = { template = { spec = { containers = { { name = "main", image = "c" } } } } } } })
    pcall(k8s.rollout_undo, "deployment/worker")
    k8s.rollout_undo("deployment/worker", { to_revision = 1 })
    k8s.rollout_restart("deployment/web")
    k8s.rollout_pause("deployment/web")
    check.equal(k8s.get("deployment/web").spec.paused, true, "paused")
    k8s.rollout_resume("deployment/web")
end },
END
runs "a plan of a namespace, and of what is to stand in it" 0 'create Namespace/fresh .*checked by the server
create ConfigMap/in in fresh .*assumed: as planned so far
!refused' plan <<'END'
    step "makes" { function()
        k8s.create { apiVersion = "v1", kind = "Namespace", metadata = { name = "fresh" } }
        k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "in" } }, { namespace = "fresh" })
    end },
END
runs "a plan of what needs a namespace that nobody makes" 4 'refused by the server
namespaces "fresh" not found' plan <<'END'
    step "makes" { function()
        k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "in" } }, { namespace = "fresh" })
    end },
END
runs "a plan looks once" 0 'certificate/x to be Ready
now: Ready is False
a change of pods
deployment/web to have rolled out
web-2 says hello
it is there
would wait' plan <<'END'
step "waits" { function()
    k8s.wait("certificate/x", { condition = "Ready", timeout = "1h" })
    k8s.wait("cm/c1", { create = true })
    log.info("it is there")
    k8s.wait("certificate/x", { condition = "Ready", timeout = "1h", assume = {} })
    k8s.scale("deployment/web", 9)
    k8s.rollout_wait("deployment/web")
    k8s.watch("pods", function() end)
    log.info("would wait")
    k8s.logs("pod/web-2", { follow = true }, function(line) log.info("web-2 says %s", line) end)
end },
END
[ "$(state)" = "$before" ] && ok "the state is the same" || not_ok "the state changed"
[ -z "$(writes)" ] && ok "no write was sent" || not_ok "writes: $(writes | head -3)"

# --- somebody switches contexts in the middle -----------------------------------------------------------
cp "$SANDBOX/kubeconfig" "$WORK/switched"
export KUBECONFIG=$WORK/switched
cat >"$WORK/marks.lua" <<'END'
return runbook { name = "marks", phase "p" {
    step "marks" { function() k8s.annotate("cm/c1", { mark = "1" }) end,
        undo = function() k8s.annotate("cm/c1", { mark = false }) end },
    step "stops" { function() check(false, "it stops here") end } } }
END
expect "a run that stops" 6 'marks' "$RUNBOOK" "$WORK/marks.lua" --no-input
sed -i 's/namespace: *"\{0,1\}n"\{0,1\}/namespace: elsewhere/; s/"namespace": *"n"/"namespace":"elsewhere"/' "$WORK/switched"
expect "is taken back where it began" 6 'NOT undone: marks
it began with namespace n of https://.*leads to namespace elsewhere of https://.*by --context
!Everything was undone' "$RUNBOOK" rollback "$("$RUNBOOK" runs --output json | jq -r '.[0].id')" --no-input
cp "$SANDBOX/kubeconfig" "$WORK/switched"
expect "once that is chosen again" 0 'undone: marks' "$RUNBOOK" rollback "$("$RUNBOOK" runs --output json | jq -r '.[0].id')" --no-input
unset KUBECONFIG

# --- beside kubectl -----------------------------------------------------------------------------------
export KUBECONFIG=$SANDBOX/kubeconfig
kubectl=$(command -v kubectl) || { skip "no kubectl in PATH"; finish; }
k() { timeout 30 "$kubectl" "$@" 2>&1; }
equals() { # NAME OURS THEIRS
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: '$2', and kubectl '$3'"; fi
}
says() { # LUA: what the expression is, as text
    echo "return runbook { name = \"says\", phase \"p\" { step \"s\" { function() log.info(\"%s\", \"<\" .. tostring($1) .. \">\") end } } }" >"$WORK/says.lua"
    "$RUNBOOK" "$WORK/says.lua" --no-input --output ndjson 2>&1 | jq -rs '.[] | select(.type == "log" or .event == "log") | (.data.text // .text)' | sed 's/^<//; s/>$//'
}

for path in '{.spec.replicas}' '{.spec.template.spec.containers[0].image}' '{.spec.template.spec.containers[*].name}' \
    '{.metadata.labels.app}' '{..image}' '{.status.conditions[?(@.type=="Available")].status}' \
    '{.spec.template.spec.containers[0].ports[0].containerPort}' '{.metadata.none}' \
    '{.spec.template.spec.containers[-1:].image}' '{.metadata.annotations.deployment\.kubernetes\.io/revision}'; do
    equals "jsonpath $path" "$(says "table.concat(k8s.jsonpath(k8s.get(\"deploy/web\"), [==[$path]==]), \" \")")" \
        "$(k get deploy web -o jsonpath="$path")"
done
equals "api-resources" \
    "$(says '(function() local t = {} for i, r in ipairs(k8s.api_resources()) do t[i] = r.name .. "." .. r.group end table.sort(t) return table.concat(t, " "):gsub("%. ", " ") end)()' | tr ' ' '\n' | sed 's/\.$//' | sort | tr '\n' ' ')" \
    "$(k api-resources -o name | sort | tr '\n' ' ')"
for question in "get pods" "delete secrets" "patch deployments" "list certificates"; do
    set -- $question
    equals "can-i $question" "$(says "k8s.can_i(\"$1\", \"$2\") and \"yes\" or \"no\"")" "$(k auth can-i "$1" "$2" | grep -E '^(yes|no)' | cut -c1-3 | tr -d ' ')"
done
equals "logs" "$(says 'k8s.logs("pod/two", { container = "side" })')" "$(k logs two -c side)"
equals "logs of a deployment" "$(says 'k8s.logs("deploy/web"):gsub("\n", "")')" "$(k logs deploy/web | grep -v '^Found')"
equals "logs --previous --tail" "$(says 'k8s.logs("pod/two", { previous = true, tail = 1, container = "main" })')" \
    "$(k logs two -c main --previous --tail 1)"
equals "version" "$(says 'k8s.version().gitVersion')" "$(k version -o json | jq -r .serverVersion.gitVersion)"

[ "$(says 'k8s.can_i("get", "pods")')" = true ] && ok "we said something" || not_ok "we said nothing"

# What kubectl would have done, done by us to one object and by kubectl to another.
runs "writes" 0 '!✗' run <<'END'
step "s" { function()
    k8s.label("cm/c1", { a = "1", odd = false })
    k8s.annotate("cm/c1", { b = "2" })
    k8s.scale("deployment/web", 4)
    for i = 2, 3 do
        k8s.patch("deployment/web", { strategic = { spec = { template = { spec = { containers = { {
            name = "main", image = "i:" .. i } } } } } } })
        k8s.rollout_wait("deployment/web")
    end
    k8s.rollout_undo("deployment/web", { to_revision = 2 })
    k8s.rollout_wait("deployment/web")
    k8s.rollout_pause("deployment/web")
end },
END
k label cm c3 a=1 odd- >/dev/null
k annotate cm c3 b=2 >/dev/null
k scale deployment worker --replicas 4 >/dev/null
for i in 2 3; do
    k patch deployment worker -p "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"i:$i\"}]}}}}" >/dev/null
    k rollout status deployment worker --timeout 10s >/dev/null
done
k rollout undo deployment worker --to-revision 2 >/dev/null
k rollout status deployment worker --timeout 10s >/dev/null
k rollout pause deployment worker >/dev/null
shape() { # of an object, without its name, what time does to it, and empty fields that kubectl writes
    k get "$1" "$2" -o json | jq -S "del(.metadata.managedFields, .metadata.uid, .metadata.resourceVersion,
        .metadata.creationTimestamp, .status, .spec.template.spec.containers[]?.resources)" | sed "s/$2/NAME/g; s/c[13]\"/NAME\"/"
}
equals "labels and annotations" "$(shape cm c1 | jq 'del(.data)')" "$(shape cm c3 | jq 'del(.data)')"
equals "scaled, patched, undone, paused" "$(shape deployment web)" "$(shape deployment worker)"
equals "history" "$(says '(function() local t = {} for i, r in ipairs(k8s.rollout_history("deployment/web")) do t[i] = r.revision end return table.concat(t, " ") end)()')" \
    "$(k rollout history deployment web | grep -Eo '^[0-9]+' | tr '\n' ' ' | sed 's/ $//')"
equals "rollout status" "$(says '(select(2, k8s.rollout("deployment/worker")))')" "$(k rollout status deployment worker --watch=false | tail -1)"
finish
