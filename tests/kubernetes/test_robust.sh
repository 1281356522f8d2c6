#!/usr/bin/env bash
# What goes wrong on the way: places that the server has forgotten, a server that restarts in the middle of a
# wait, and one that listens on IPv6 alone. On a server of its own.
. "$(dirname "$0")/lib.sh"

start() {
    : >"$WORK/server.log"
    env -u KUBECONFIG ADDRESS="$address" PORT="${port-}" "$ROOT/script/kube-apiserver" run "$WORK/server" >"$WORK/server.log" 2>&1 &
    server=$!
    pids+=("$server")
    until grep -q '^ready' "$WORK/server.log"; do
        kill -0 "$server" 2>/dev/null || { cat "$WORK/server.log"; not_ok "no server"; finish; }
        sleep 0.1
    done
}
# At once, as a crash would: on its way out it waits for its watches.
stop() {
    kill -KILL "$(cat "$WORK/server/kube-apiserver.pid")"
    kill "$server"
    wait "$server" 2>/dev/null
}

address=127.0.0.1
grep -q '^00000000000000000000000000000001 .* lo$' /proc/net/if_inet6 2>/dev/null && address=::
start
KUBE_SERVER=$WORK/server
space robust
port=$(k config view -o 'jsonpath={.clusters[0].cluster.server}')
port=${port##*:}

# --- IPv6 ----------------------------------------------------------------------------------------------
if [ $address = :: ]; then
    sed "s/127.0.0.1/[::1]/" "$KUBECONFIG" >"$WORK/ipv6"
    equals "IPv6" "$(ask "k8s.get('ns/$SPACE').metadata.uid" --kubeconfig "$WORK/ipv6")" \
        "$(k --kubeconfig "$WORK/ipv6" get ns "$SPACE" -o 'jsonpath={.metadata.uid}')"
else
    skip "no IPv6 on this machine's loopback"
fi

# --- a server that restarts in the middle ------------------------------------------------------------------
config() { echo "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"$1\"}}" | k create -f - >/dev/null; }
config waited
old=$(k get ns "$SPACE" -o 'jsonpath={.metadata.resourceVersion}')
begin="k8s.create { apiVersion = 'v1', kind = 'ConfigMap', metadata = { generateName = 'begun-' } }"
(ask "$begin return k8s.wait('cm/waited', { jsonpath = '{.data.come}=yes', timeout = '80s' }).data.come" >"$WORK/waited" 2>&1) &
waiting=$!
(ask "$begin local names = {}
    k8s.watch('cm', { timeout = '80s' }, function(o, change)
        if change == 'ADDED' and o.metadata.name:find('^w') then names[#names + 1] = o.metadata.name end
        return o.metadata.name == 'welcome'
    end)
    return table.concat(names, ' ')" >"$WORK/watched" 2>&1) &
watching=$!
both_begun() { [ "$(k get cm -o name | grep -c /begun-)" = 2 ]; }
wait_for 30 both_begun
sleep 1
stop
has "while it is away" 'failed: .*refused.* is the API server up' "k8s.get('cm/waited', { timeout = '5s' })"
start
config welcome
k patch cm waited --type merge -p '{"data":{"come":"yes"}}' >/dev/null
wait $waiting $watching
is "a wait outlives a restart" yes cat "$WORK/waited"
is "a watch outlives a restart, and tells nothing twice" "waited welcome" cat "$WORK/watched"

# --- places that the server has forgotten ------------------------------------------------------------------
etcd() { curl -sf "$(cat "$WORK/server/etcd.url")/v3/kv/$1" -d "$2"; }
compact() { # forgets all but the present
    config "then$RANDOM$RANDOM"
    etcd compaction "{\"revision\":$(etcd range '{"key":"AA=="}' | jq -r .header.revision),\"physical\":true}" >/dev/null
}
compact
is "a watch from a forgotten place looks anew" "waited welcome" ask "local got = k8s.call { verb = 'watch', what = 'cm',
        from = '$old', timeout = '20s' }
    local names = {}
    for _, o in ipairs(got.items or {}) do
        if o.metadata.name:find('^w') then names[#names + 1] = o.metadata.name end
    end
    return table.concat(names, ' ')"
refusal=$(k get --raw "/api/v1/namespaces/$SPACE/configmaps?watch=1&resourceVersion=$old&timeoutSeconds=2" 2>&1)
if grep -q 'too old resource version' <<<"$refusal"; then ok "the server has forgotten it"; else not_ok "it is not forgotten: $refusal"; fi

# A list of two chunks, the first of which comes so slowly that its place is forgotten before the second.
if command -v nginx >/dev/null; then
    ask "local list = {}
        for i = 1, 600 do list[i] = i end
        each(list, { limit = 20 }, function(i)
            k8s.create { apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'm' .. i, labels = { of = 'many' } } }
        end)
        return 'made'" >/dev/null
    proxy=$(free_port)
    cat >"$WORK/nginx.conf" <<END
daemon off; pid $WORK/nginx.pid; events {}
http {
    access_log $WORK/access.log; client_body_temp_path $WORK/t1; proxy_temp_path $WORK/t2;
    fastcgi_temp_path $WORK/t3; uwsgi_temp_path $WORK/t4; scgi_temp_path $WORK/t5;
    server {
        listen 127.0.0.1:$proxy;
        proxy_ssl_certificate $WORK/server/admin.crt; proxy_ssl_certificate_key $WORK/server/admin.key;
        location / { proxy_pass https://127.0.0.1:$port; }
        location ~ /configmaps { proxy_pass https://127.0.0.1:$port; limit_rate 6k; mirror /seen; }
        location = /seen { internal; log_subrequest on; access_log $WORK/seen; return 204; }
    }
}
END
    nginx -c "$WORK/nginx.conf" -e "$WORK/error.log" >/dev/null 2>&1 &
    pids+=($!)
    wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$proxy"
    k config view --flatten | sed "s|https://127.0.0.1:$port|http://127.0.0.1:$proxy|; /certificate-authority-data/d" >"$WORK/slow"
    (wait_for 30 test -s "$WORK/seen"; sleep 0.8; compact) &
    is "a list whose place is forgotten begins anew" 600 ask "#k8s.list('cm', { selector = 'of=many', timeout = '60s' })" \
        --kubeconfig "$WORK/slow"
    wait $!
    if grep -q 'continue=.*" 410 ' "$WORK/access.log"; then ok "it was forgotten"; else
        not_ok "it was not forgotten: $(cut -d'"' -f2-3 "$WORK/access.log" | cut -c1-120)"; fi
else
    skip "nginx is not installed"
fi
stop
finish
