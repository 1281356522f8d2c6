#!/usr/bin/env bash
# Waiting and watching: what counts as met, by kubectl's rules, and that changes are told as they come.
. "$(dirname "$0")/lib.sh"
space wait
objects
k apply -f "$HERE/widgets.yaml" >/dev/null && wait_for 20 k get widgets
echo '{"apiVersion":"test.example/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":1}}' | k create -f - >/dev/null

# --- what counts as met: one row a rule ----------------------------------------------------------------
verdict() { # what kubectl wait has said, with its exit code first
    case $1 in
    0:*) echo met ;;
    *"condition not met"* | *"timed out waiting"*) echo "not met" ;;
    *) echo error ;;
    esac
}
# rows STATUS FOR...: with that status, both find the same met; FOR as kubectl writes it.
rows() {
    local status=$1 for key options theirs
    shift
    ask "k8s.patch('widget/w', { subresource = 'status', merge = { status = json.null } })
        return k8s.patch('widget/w', { subresource = 'status', merge = { status = json.decode([==[$status]==]) } })" >/dev/null
    for for in "$@"; do
        key=${for%%=*}
        options="$key = [==[${for#*=}]==]"
        [ "$key" = "$for" ] && options="$key = true"
        theirs=$(k wait widget/w "--for=$for" --timeout=0 2>&1)
        theirs=$(verdict "$?:$theirs")
        equals "$status: $for" "$(ask "local ok, e = pcall(k8s.wait, 'widget/w', { $options, timeout = 0 })
            return ok and 'met' or e.kind == 'check' and 'not met' or 'error'")" "$theirs"
    done
}
rows '{}' condition=Ready delete create 'jsonpath={.status.phase}=Up' 'jsonpath={.spec.size}=1' 'jsonpath={.spec.size}=2'
rows '{"conditions":[{"type":"Ready","status":"True"}]}' condition=Ready condition=ready condition=Ready=true \
    condition=Ready=False condition=READY=TRUE condition=Other
rows '{"conditions":[{"type":"Ready","status":"False"},{"type":"Done","status":"Unknown"}]}' condition=Ready \
    condition=Ready=False condition=Done=unknown condition=Done
rows '{"observedGeneration":0,"conditions":[{"type":"Ready","status":"True"}]}' condition=Ready
rows '{"observedGeneration":0,"conditions":[{"type":"Ready","status":"True","observedGeneration":1}]}' condition=Ready
rows '{"observedGeneration":1,"conditions":[{"type":"Ready","status":"True","observedGeneration":0}]}' condition=Ready
rows '{"observedGeneration":7,"conditions":[{"type":"Ready","status":"True"}]}' condition=Ready
rows '{"conditions":[{"type":"Ready"}]}' condition=Ready condition=Ready=False
rows '{"phase":"Up","count":3,"ready":true,"big":9007199254740993,"float":1.5,"list":[{"n":"a"},{"n":"b"}],"map":{"k":"v"},"empty":""}' \
    'jsonpath={.status.phase}=Up' 'jsonpath={.status.phase}=up' 'jsonpath=.status.phase=Up' 'jsonpath={.status.count}=3' \
    'jsonpath={.status.ready}=true' 'jsonpath={.status.big}=9007199254740993' 'jsonpath={.status.float}=1.5' \
    'jsonpath={.status.list[0].n}=a' 'jsonpath={.status.list[*].n}=a' 'jsonpath={.status.list[?(@.n=="b")].n}=b' \
    'jsonpath={.status.map}=v' 'jsonpath={.status.map.k}="v"' 'jsonpath={.status.list}' 'jsonpath={.status.phase}' \
    'jsonpath={.status.none}' 'jsonpath={.status.empty}' 'jsonpath={.metadata.name}=w'
has "wait for what is not there" 'failed: widget/none is not there' "k8s.wait('widget/none', { condition = 'Ready', timeout = 5 })"
is "neither does kubectl" 'Error from server (NotFound): widgets.test.example "none" not found' \
    k wait widget/none --for=condition=Ready --timeout=5s
is "wait for what is not there to be gone" true ask "k8s.wait('widget/none', { delete = true, timeout = 5 })"
has "it tells the last state" 'failed: widget/w to be Ready did not come about within 300ms; last seen: there is no condition Ready yet' \
    "k8s.wait('widget/w', { condition = 'Ready', timeout = '300ms' })"

# --- what comes while we wait --------------------------------------------------------------------------
# during LUA: what it gives, while kubectl does what the function `meanwhile` says, once we have begun.
during() {
    local body=$1 mark=begun-$((passed + failed))
    case $body in *return*) ;; *) body="return $body" ;; esac
    (wait_for 30 k get cm "$mark" && sleep 0.5 && meanwhile >/dev/null 2>&1) &
    local pid=$!
    ask "k8s.create { apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = '$mark' } } $body"
    wait $pid
}
meanwhile() { k patch widget w --subresource status --type merge -p '{"status":{"conditions":[{"type":"Ready","status":"True","reason":"Come"}]}}'; }
is "a condition comes" Come during "k8s.wait('widget/w', { condition = 'Ready', timeout = '30s' }).status.conditions[1].reason"
meanwhile() { echo '{"apiVersion":"test.example/v1","kind":"Widget","metadata":{"name":"late"}}' | k create -f -; }
is "an object comes" late during "k8s.wait('widget/late', { create = true, timeout = '30s' }).metadata.name"
meanwhile() { k delete widget late; }
is "an object goes" true during "k8s.wait('widget/late', { delete = true, timeout = '30s' })"
meanwhile() { k delete widget again && echo '{"apiVersion":"test.example/v1","kind":"Widget","metadata":{"name":"again"}}' | k create -f -; }
echo '{"apiVersion":"test.example/v1","kind":"Widget","metadata":{"name":"again"}}' | k create -f - >/dev/null
is "an object goes, and another comes" true during "k8s.wait('widget/again', { delete = true, timeout = '30s' })"
has "an object goes whose condition is waited for" 'failed: widget/w is not there' \
    "parallel { function() wait.sleep(0.7) k8s.delete('widget/w') end,
        function() k8s.wait('widget/w', { condition = 'Never', timeout = '30s' }) end } return 'met'"
meanwhile() { k scale deploy web --replicas 3; }
is "a value comes" 3 during "k8s.wait('deploy/web', { jsonpath = '{.spec.replicas}=3', timeout = '30s' }).spec.replicas"

# --- watch: the same changes as kubectl's -----------------------------------------------------------------
timeout 30 "$kubectl" get cm -l watched -w --output-watch-events -o 'jsonpath={.type} {.object.metadata.name}{"\n"}' >"$WORK/theirs" 2>&1 &
watcher=$!
pids+=($watcher)
make() { echo "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"$1\",\"labels\":{\"watched\":\"yes\"}}}" | k create -f -; }
make before >/dev/null
wait_for 20 grep -q before "$WORK/theirs"
meanwhile() { make first; make second; k annotate cm first a=b; k label cm before watched-; k delete cm second; k label cm before watched=again; make last; }
during "local seen = {}
    k8s.watch('cm', { selector = 'watched', timeout = '30s' }, function(o, change)
        seen[#seen + 1] = change .. ' ' .. o.metadata.name
        return o.metadata.name == 'last'
    end)
    return table.concat(seen, string.char(10))" >"$WORK/ours"
wait_for 20 grep -q last "$WORK/theirs"
equals "watch" "$(cat "$WORK/ours")" "$(cat "$WORK/theirs")"
finish
