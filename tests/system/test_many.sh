#!/usr/bin/env bash
# A thousand hosts inspected in one `each`, against nginx on twenty ports: few sockets, little memory.
. "$(dirname "$0")/lib.sh"
export PATH=$PATH:/usr/sbin
cd "$WORK" || exit 1
command -v nginx >/dev/null || { skip "nginx is not installed"; finish; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout many.key -out many.pem -days 20 \
    -subj /CN=many.test -addext 'subjectAltName=DNS:*.many.test' >/dev/null 2>&1
ports=()
while [ ${#ports[@]} -lt 20 ]; do # none that a client might have been given: those take a while to be free again
    port=$(free_port)
    [ "$port" -lt 32768 ] && ports+=("$port")
done
{
    echo "daemon off; pid $WORK/nginx.pid; error_log $WORK/error.log; events { worker_connections 2000; }"
    echo "http { access_log off; client_body_temp_path $WORK/t1; proxy_temp_path $WORK/t2; fastcgi_temp_path $WORK/t3; uwsgi_temp_path $WORK/t4; scgi_temp_path $WORK/t5;"
    echo "server_names_hash_max_size 4096; ssl_certificate $WORK/many.pem; ssl_certificate_key $WORK/many.key;"
    for port in "${ports[@]}"; do echo "server { listen 127.0.0.1:$port ssl; return 204; }"; done
    echo "}"
} >nginx.conf
nginx -c "$WORK/nginx.conf" -e "$WORK/error.log" >/dev/null 2>&1 &
pids+=($!)
for port in "${ports[@]}"; do
    wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || { cat error.log; echo "nginx did not start"; exit 1; }
done

cat >many.lua <<'X'
return runbook { name = "many", params = { ports = param "", ca = param "", refused = param(false) },
  phase "p" { step "inspect" { function(run)
        local ports, hosts = {}, {}
        for port in run.ports:gmatch "%d+" do ports[#ports + 1] = port end
        for i = 1, 1000 do
            hosts[i] = { name = ("h%d.many.test"):format(i), at = "127.0.0.1:" .. ports[i % #ports + 1] }
        end
        local ok = 0
        each(hosts, { limit = 1000 }, function(host)
            local t = tls.inspect(host.name, { address = host.at, ca = run.ca, quiet = true,
                timeout = "60s" })
            check.equal(t.sni, host.name, "the name asked for")
            if t.ok then ok = ok + 1 end
        end)
        log.info("%d are fine", ok)
    end } } }
X
started=$(date +%s%N)
(ulimit -n 320 && exec "$RUNBOOK" many.lua --set "ports=${ports[*]}" --set "ca=$WORK/many.pem") >out 2>&1 &
pid=$!
most=0 memory=0
while kill -0 $pid 2>/dev/null; do
    open=$(ls /proc/$pid/fd 2>/dev/null | wc -l)
    [ "$open" -gt "$most" ] && most=$open
    memory=$(awk -v least="$memory" '/^VmHWM/ && $2 > least { least = $2 } END { print least }' "/proc/$pid/status" 2>/dev/null || echo "$memory")
    sleep 0.02
done
wait $pid
code=$?
took=$((($(date +%s%N) - started) / 1000000))
[ $code -eq 0 ] && grep -q '1000 are fine' out && ok "1000 hosts in one each: $took ms" || not_ok "exit $code: $(tail -5 out)"
[ "$most" -gt 100 ] && [ "$most" -le 300 ] && ok "many sockets at once, and not too many: $most" || not_ok "$most files open"
# Sanitizers make everything larger.
limit=100000
nm -D "$(command -v "$RUNBOOK")" 2>/dev/null | grep -q __asan && limit=800000
[ "$memory" -le $limit ] && ok "memory: $((memory / 1024)) MB" || not_ok "memory: $((memory / 1024)) MB"
finish
