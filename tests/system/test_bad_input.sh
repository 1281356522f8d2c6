#!/usr/bin/env bash
# What is broken, bottomless or a bomb: each ends soon, in one sentence, and in bounded memory. The servers are
# nginx over sparse files of 10 GB. What breaks on the wire itself is in tests/c/test_kube_robust.c.
. "$(dirname "$0")/lib.sh"
export PATH=$PATH:/usr/sbin
cd "$WORK" || exit 1
LIMIT_MB=400 # with sanitizers, which keep what is freed

# bounded NAME EXIT PATTERNS COMMAND...: as expect; and the most memory of the command stays below the limit.
bounded() {
    expect "${@:1:3}" peak "${@:4}"
    [ "$(cat peak)" -lt $((LIMIT_MB * 1024)) ] || not_ok "$1: it took $(($(cat peak) / 1024)) MB"
}
peak() { # looks again and again; what lasts no longer than a look has not taken much
    local pid most=0 now
    timeout 60 "$@" &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        now=$(awk -v up=$pid '/^PPid/ { child = $2 == up } /^VmHWM/ && child { print $2 }' /proc/[0-9]*/status 2>/dev/null)
        [ "${now:-0}" -gt "$most" ] && most=$now
        sleep 0.01
    done
    echo "$most" >peak
    wait $pid
}

book() { # book NAME: a runbook of one step, whose lines are read
    { echo "return runbook { name = \"bad\", phase \"p\" { step \"s\" { function()"; cat; echo "end } } }"; } >"$1.lua"
}
book pods <<<'k8s.get("pod/x")'

# --- kubeconfigs ---------------------------------------------------------------------------------------
kubeconfig() { # kubeconfig CLUSTER USER: more fields of the two
    cat >kubeconfig <<END
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://127.0.0.1:${tls-1}"$1}}]
users: [{name: u, user: {${2-token: t}}}]
END
}
told() { bounded "$1" 4 "$2" "$RUNBOOK" pods.lua --kubeconfig "${3-kubeconfig}"; }
bomb() { # a billion laughs: nine levels of nine aliases
    echo "a0: &a0 [x, x, x, x, x, x, x, x, x]"
    for i in $(seq 9); do
        printf 'a%d: &a%d [%s]\n' "$i" "$i" "$(for _ in $(seq 9); do printf '*a%d, ' $((i - 1)); done)"
    done
}
repeat() { head -c "$2" /dev/zero | tr '\0' "$1"; }
printf '{' >cut && told "a kubeconfig that breaks off" 'cut does not parse' cut
head -c 3000 /dev/urandom >noise && told "noise as a kubeconfig" 'noise (does not parse|is not a kubeconfig)' noise
echo hello >text && told "text as a kubeconfig" 'text is not a kubeconfig: it holds text' text
bomb >bomb && told "a YAML bomb as a kubeconfig" 'aliases unfold into more than' bomb
repeat '[' 1000000 >deep && told "a kubeconfig nested a million deep" 'nested deeper than' deep
told "a kubeconfig without an end" 'is larger than 1048576 bytes' /dev/zero
told "a folder as a kubeconfig" 'could not read' .
kubeconfig ', certificate-authority-data: "aGVsbG8="' && told "a CA that is no PEM" 'certificate-authority-data holds no PEM certificate'
kubeconfig ", certificate-authority: /dev/zero" && told "a CA without an end" 'is larger than 1048576 bytes'

# --- files of the author's -------------------------------------------------------------------------------
echo 'return runbook { name = "v", params = { a = param "" }, phase "p" { step "s" { function() end } } }' >values.lua
bounded "a YAML bomb as values" 2 'aliases unfold into more than' "$RUNBOOK" values.lua --values bomb
bounded "values without an end" 2 'larger than' "$RUNBOOK" values.lua --values /dev/zero
bounded "a runbook without an end" 3 'larger than' "$RUNBOOK" /dev/zero
book manifest <<<'k8s.apply("a: &a [x, x]\nb: &b [*a, *a]\n" .. ("c: &c [*b, *b]\nb: &b [*c, *c]\n"):rep(30))'
kubeconfig "" && bounded "a YAML bomb as a manifest" 4 'aliases unfold|two members|duplicate|twice|already' "$RUNBOOK" manifest.lua --kubeconfig kubeconfig
book parse <<'END'
local function fails(what, words, fn, ...)
    local ok, why = pcall(fn, ...)
    check(not ok and tostring(why):find(words), "%s: %s", what, tostring(why))
end
fails("JSON nested a million deep", "at most 512 levels", json.decode, ("["):rep(1000000))
fails("YAML nested a million deep", "deep", yaml.decode, ("["):rep(1000000))
fails("objects nested a million deep", "at most 512 levels", json.decode, ('{"a":'):rep(1000000))
local pem = "-----BEGIN CERTIFICATE-----\n" .. crypto.base64_encode(("\0"):rep(300)) .. "\n-----END CERTIFICATE-----\n"
fails("a certificate of zeros", "certificate 1 of the leaf", tls.verify, { leaf = pem, at = wait.now(), host = "a" })
fails("no certificate", "no certificate in the leaf", tls.verify,
    { leaf = ("x"):rep(1000000), at = wait.now(), host = "a" })
END
bounded "bombs handed to a parser" 0 '' "$RUNBOOK" parse.lua

# --- servers ---------------------------------------------------------------------------------------------
command -v nginx >/dev/null || { skip "nginx is not installed"; finish; }
web=$(free_port) tls=$(free_port)
mkdir -p files
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.pem -days 2 \
    -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1
truncate -s 10G files/huge
repeat '[' 1000000 >files/deep
{ printf '{"a":'; repeat ' ' 3000; } >files/cut
echo '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"small"},"spec":{"containers":[{"name":"a"}]}}' >files/small
echo '{"kind":"APIVersions","versions":["v1"]}' >files/api
echo '{"kind":"APIGroupList","groups":[]}' >files/apis
echo '{"kind":"APIResourceList","resources":[{"name":"pods","kind":"Pod","namespaced":true}]}' >files/v1
pods=/api/v1/namespaces/default/pods
cat >nginx.conf <<END
$([ "$(id -u)" -eq 0 ] && echo "user root;")
daemon off; pid $WORK/pid; error_log $WORK/error.log; events {}
http {
    access_log off; sendfile on; default_type application/json;
    client_body_temp_path $WORK/t1; proxy_temp_path $WORK/t2; fastcgi_temp_path $WORK/t3;
    uwsgi_temp_path $WORK/t4; scgi_temp_path $WORK/t5;
    server {
        listen 127.0.0.1:$web;
        location = /api { alias $WORK/files/api; }
        location = /apis { alias $WORK/files/apis; }
        location = /api/v1 { alias $WORK/files/v1; }
        location = $pods { alias $WORK/files/huge; }
        location = $pods/small/log { alias $WORK/files/huge; }
        location ~ ^$pods/(.*)\$ { alias $WORK/files/\$1; }
        location = /endless/api/v1/query { alias $WORK/files/huge; error_page 405 =200 \$uri; }
        location / { root $WORK/files; }
    }
    server {
        listen 127.0.0.1:$tls ssl; ssl_certificate $WORK/server.pem; ssl_certificate_key $WORK/server.key;
        location / { root $WORK/files; }
    }
}
END
nginx -c "$WORK/nginx.conf" -e "$WORK/error.log" >nginx.log 2>&1 &
pids+=($!)
wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$web" || { cat error.log; echo "nginx did not start"; exit 1; }
cat >api <<END
current-context: c
contexts: [{name: c, context: {cluster: k}}]
clusters: [{name: k, cluster: {server: "http://127.0.0.1:$web"}}]
END
asks() { # asks NAME EXIT PATTERNS < lines of a step
    book asks
    bounded "$1" "$2" "$3" "$RUNBOOK" asks.lua --kubeconfig api
}
asks "an object of 10 GB" 4 'GET pods/huge in default: the answer is larger than 64.0 MB' <<<'k8s.get("pod/huge")'
asks "a list of 10 GB" 4 'LIST pods in default: the answer is larger than 64.0 MB' <<<'k8s.list("pods")'
asks "a watch of 10 GB without a line" 4 'is larger than|64' <<<'k8s.wait("pod/huge", { condition = "Ready", timeout = "20s" })'
asks "a log of 10 GB" 4 'the log is larger than max_bytes, 16777216 bytes' <<<'k8s.logs("pod/small", { container = "a" })'
asks "an object nested a million deep" 4 'is not JSON \(line 1' <<<'k8s.get("pod/deep")'
asks "an object that breaks off" 4 'is not JSON' <<<'k8s.get("pod/cut")'
asks "a page of 10 GB" 4 'larger than 16.0 MB' <<<"http.get('http://127.0.0.1:$web/huge')"
asks "JSON nested a million deep" 4 'at most 512 levels of nesting' <<<"http.get('http://127.0.0.1:$web/deep'):json()"
asks "metrics of 10 GB" 4 'larger than' <<<"metrics.prometheus('http://127.0.0.1:$web/endless'):query('up')"
asks "no TLS server, but 10 GB" 4 'TLS|handshake|not speak' <<<"tls.inspect('127.0.0.1:$web')"

# A PEM block of zeros is only found out by whoever uses it.
pem() { printf -- '-----BEGIN %s-----\n%s\n-----END %s-----\n' "$1" "$(head -c 300 /dev/zero | base64 -w 64)" "$1" | base64 -w 0; }
kubeconfig ", certificate-authority-data: $(pem CERTIFICATE)" && told "a CA that is no certificate" \
    'no CA certificates could be read from the given PEM text. Mend the cluster.s certificate-authority-data \(context'
kubeconfig ", certificate-authority: server.pem" "client-certificate-data: $(pem CERTIFICATE), client-key-data: $(pem 'PRIVATE KEY')" &&
    told "a client certificate that is none" 'cannot use the client certificate .* Check client-certificate and client-key of user .u.'
kubeconfig ", certificate-authority: server.pem" "client-certificate: server.pem, client-key-data: $(pem 'PRIVATE KEY')" &&
    told "a client key that is none" 'cannot use the client certificate .* Check client-certificate and client-key of user .u.'
finish
