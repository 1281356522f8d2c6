#!/usr/bin/env bash
# Logs as kubectl tells them. No kubelet runs here: the API server asks a stand-in for one, whose address and
# port the Node names. All that lies between us and the kubelet is real.
. "$(dirname "$0")/lib.sh"
space logs
sandbox "$HERE/kubelet_world.lua"
k create -f - >/dev/null <<END
---
{ apiVersion: v1, kind: Node, metadata: { name: $SPACE } }
END
k patch node "$SPACE" --subresource status --type merge -p "{\"status\":{
    \"addresses\":[{\"type\":\"InternalIP\",\"address\":\"127.0.0.1\"}],
    \"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":$(cat "$SANDBOX/port")}}}}" >/dev/null
write() { curl -s -X POST --data-binary "$2" "$(cat "$SANDBOX/desk.url")/$SPACE/$1${3-}"; } # POD/CONTAINER TEXT [?over=1]

# pod NAME CREATED-AFTER READY LABELS [MORE]: one that runs on the node, with two containers.
pod() {
    k create -f - >/dev/null <<END
---
{ apiVersion: v1, kind: Pod, metadata: { name: $1, labels: { $3 }, ${4-} }, spec: { automountServiceAccountToken: false,
  nodeName: $SPACE, containers: [ { name: main, image: x }, { name: side, image: x } ],
  initContainers: [ { name: first, image: x } ] } }
END
    k patch pod "$1" --subresource status --type merge -p "{\"status\":{\"phase\":\"Running\",
        \"conditions\":[{\"type\":\"Ready\",\"status\":\"$2\",\"lastTransitionTime\":\"2026-03-01T08:00:00Z\"}]}}" >/dev/null
}
pod one True "app: web, tier: front"
pod two False "app: web, tier: back"
pod marked True "app: other" 'annotations: { kubectl.kubernetes.io/default-container: side }'
k create -f - >/dev/null <<"END"
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { selector: { matchLabels: { app: web } },
  template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: main, image: x } ] } } } }
---
{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: back }, spec: { serviceName: x, selector: { matchExpressions: [
    { key: app, operator: In, values: [ web, api ] }, { key: tier, operator: NotIn, values: [ front ] } ] },
  template: { metadata: { labels: { app: web, tier: back } }, spec: { containers: [ { name: main, image: x } ] } } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: others }, spec: { selector: { app: other }, ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: bare }, spec: { ports: [ { port: 80 } ] } }
END
same_log() { same "$1" "(k8s.logs($2):gsub('\n\$', ''))" logs "${@:3}"; } # NAME ARGUMENTS KUBECTL...

# --- what is there -------------------------------------------------------------------------------------
same_log "a pod's" "'one'" one
same_log "pod/one" "'pod/one'" pod/one
same_log "of a container" "'one', { container = 'side' }" one -c side
same_log "of an init container" "'one', { container = 'first' }" one -c first
same_log "of the default container" "'marked'" marked
same_log "the run before" "'one', { previous = true }" one -p
same_log "the run before, of a container" "'one', { previous = true, container = 'side' }" one -p -c side
same_log "the last two lines" "'one', { tail = 2 }" one --tail 2
same_log "since half an hour" "'one', { since = '30m' }" one --since 30m
same_log "since two minutes, as a number" "'one', { since = 120 }" one --since 120s
same_log "since half an hour, the last line" "'one', { since = '30m', tail = 1 }" one --since 30m --tail 1
same_log "with its times" "'one', { timestamps = true }" one --timestamps
same_log "of another namespace" "'one', { namespace = '$SPACE' }" one -n "$SPACE"
is "it is a stand-in's" "a stand-in for a kubelet, not one" ask "k8s.logs('one'):match('^[^\n]*')"

# --- of which pod --------------------------------------------------------------------------------------
for what in deploy/web sts/back svc/others; do same_log "of $what" "'$what'" $what; done
k patch pod two --subresource status --type merge -p '{"status":{"conditions":[{"type":"Ready","status":"True",
    "lastTransitionTime":"2026-02-01T08:00:00Z"}]}}' >/dev/null
same_log "of the one that is ready for longer" "'deploy/web'" deploy/web
refused "of a pod that is not there" "k8s.logs('none')" logs none
refused "of a container that is not there" "k8s.logs('one', { container = 'none' })" logs one -c none
has "of a Service without a selector" 'failed: .*Service bare has no selector' "k8s.logs('svc/bare')"
if k logs svc/bare 2>&1 | grep -q 'without a selector'; then ok "neither has kubectl any"; else not_ok "kubectl has a log"; fi

# --- as it grows ---------------------------------------------------------------------------------------
timeout 60 "$kubectl" logs -f two --tail 1 >"$WORK/theirs" 2>/dev/null &
theirs=$!
pids+=($theirs)
(ask "local lines = {}
    k8s.logs('two', { follow = true, tail = 1, timeout = '50s' }, function(line)
        lines[#lines + 1] = line
        if #lines == 1 then k8s.create { apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'follows' } } end
    end)
    return table.concat(lines, string.char(10))" >"$WORK/ours") &
ours=$!
wait_for 30 k get cm follows
wait_for 30 grep -q . "$WORK/theirs"
for line in first second; do write two/main "$line" && sleep 0.4; done
write two/main "third
fourth"
sleep 0.4
write two/main "the last" "?over=1"
wait $ours $theirs
equals "followed to its end" "$(cat "$WORK/ours")" "$(cat "$WORK/theirs")"
is "all of it came" "first second third fourth the last" sh -c "tail -n +2 '$WORK/ours' | paste -sd ' '"
is "until a line is found" "one/side just now" ask "return k8s.logs('pod/one', { follow = true,
    container = 'side' }, function(line) return line:match('.*just now') end)"
has "no longer than it is told" 'failed: .*the log of one is watched for did not come about within 1s' \
    "k8s.logs('one', { follow = true, timeout = '1s' }, function() end)"
finish
