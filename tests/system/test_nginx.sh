#!/usr/bin/env bash
# TLS against Debian's nginx: good, expired, wrong host, incomplete chain, self-signed; and http's own
# verification of the same.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
command -v nginx >/dev/null || { skip "nginx is not installed"; finish; }

# --- certificates: a root, an intermediate, and leaves --------------------------------------------------
quiet() { "$@" >/dev/null 2>&1 || { echo "failed: $*"; exit 1; }; }
key() { quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
ca() { # ca NAME ISSUER
    key "$1"
    quiet openssl req -new -key "$1.key" -subj "/O=test/CN=$1" -out "$1.csr"
    printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' >ext
    if [ "$1" = "$2" ]; then
        quiet openssl x509 -req -in "$1.csr" -signkey "$1.key" -days 30 -extfile ext -out "$1.crt"
    else
        quiet openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 30 -extfile ext -out "$1.crt"
    fi
}
leaf() { # leaf NAME DNS DAYS...: signed by the intermediate
    key "$1"
    quiet openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n' "$2" >ext
    quiet openssl x509 -req -in "$1.csr" -CA sub.crt -CAkey sub.key -CAcreateserial "${@:3}" -extfile ext -out "$1.crt"
    cat "$1.crt" sub.crt >"$1.pem"
}
ca root root
ca sub root
leaf good good.test -days 20
leaf wronghost other.test -days 20
# x509 cannot make one that lies in the past; ca can.
mkdir db && touch db/index.txt && echo 01 >db/serial
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=db/index.txt\nserial=db/serial\nnew_certs_dir=db\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n' >ca.cnf
key expired
quiet openssl req -new -key expired.key -subj /CN=good.test -addext subjectAltName=DNS:good.test -out expired.csr
quiet openssl ca -batch -config ca.cnf -cert sub.crt -keyfile sub.key -in expired.csr -out expired.crt \
    -startdate 20240101000000Z -enddate 20240201000000Z -notext
cat expired.crt sub.crt >expired.pem
cp good.crt incomplete.pem && cp good.key incomplete.key
key selfsigned
quiet openssl req -x509 -key selfsigned.key -subj /CN=good.test -addext subjectAltName=DNS:good.test -days 20 -out selfsigned.pem

# --- the server ---------------------------------------------------------------------------------------
names="good expired wronghost incomplete selfsigned"
{
    echo "daemon off; pid $WORK/nginx.pid; error_log $WORK/error.log; events {}"
    echo "http { access_log off; client_body_temp_path $WORK/t1; proxy_temp_path $WORK/t2; fastcgi_temp_path $WORK/t3; uwsgi_temp_path $WORK/t4; scgi_temp_path $WORK/t5;"
    for name in $names; do
        declare "port_$name=$(free_port)"
        port=port_$name
        echo "server { listen 127.0.0.1:${!port} ssl; ssl_certificate $WORK/$name.pem; ssl_certificate_key $WORK/$name.key; location / { return 200 'hello'; } }"
    done
    echo "}"
} >nginx.conf
nginx -c "$WORK/nginx.conf" -e "$WORK/error.log" >/dev/null 2>&1 &
pids+=($!)
wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port_good" || { cat error.log; echo "nginx did not start"; exit 1; }

cat >look.lua <<'X'
return runbook { name = "look", summary = "one TLS server",
  params = { host = param "good.test", address = param "", ca = param "", want_ok = param(true), cause = param "",
             verify = param(true) },
  phase "p" { keep_going = true,
    step "inspect" { function(run)
        local t = tls.inspect(run.host, { address = run.address, ca = run.ca })
        log.info("days %d, complete %s, errors %d, chain %d, host %s", t.days_left, t.chain_complete, #t.errors, #t.chain, t.host_ok)
        for _, e in ipairs(t.errors) do log.info("error %s at %d", e.name, e.depth) end
        check.equal(t.ok, run.want_ok, "ok")
        check.equal(t.cause, run.cause, "the cause")
    end },
    step "fetch" { function(run)
        local ok, answer = pcall(http.get, "https://" .. run.host .. "/", { resolve = run.address, ca = run.ca, verify = run.verify })
        log.info("fetched: %s", ok and answer.body or answer.text)
        check.equal(ok, run.want_ok or not run.verify, "the request's success")
    end } } }
X
look() { # look NAME WHICH PATTERNS SET...
    local port=port_$2 sets=()
    for set in "${@:4}"; do sets+=(--set "$set"); done
    expect "$1" 0 "$3" "$RUNBOOK" look.lua --set "address=127.0.0.1:${!port}" --set "ca=$WORK/root.crt" "${sets[@]}"
}
look "good" good 'days (19|20), complete true, errors 0, chain 2, host true
fetched: hello'
look "expired" expired 'error .*CERT_HAS_EXPIRED at 0
fetched: .*expired' want_ok=false cause=expired
look "wrong host" wronghost 'error .*HOSTNAME_MISMATCH at 0
host false
fetched: .*good.test' want_ok=false cause=wrong_host
look "incomplete chain" incomplete 'complete false
chain 1' want_ok=false cause=incomplete_chain
look "self-signed" selfsigned 'fetched: .*self-signed' want_ok=false cause=self_signed
look "verification can be turned off" selfsigned 'fetched: hello' want_ok=false cause=self_signed verify=false
port=port_good
expect "an untrusted root is another thing than an incomplete chain" 0 'the cause is|look is done' \
    "$RUNBOOK" look.lua --set "address=127.0.0.1:$port_good" --set "ca=$WORK/selfsigned.pem" --set want_ok=false --set cause=untrusted_root
expect "nobody listens" 4 'connection refused|refused' "$RUNBOOK" look.lua --set "address=127.0.0.1:1" --set "ca=$WORK/root.crt"
expect "no such host" 4 'could not resolve' "$RUNBOOK" look.lua --only inspect --set host=nosuch.invalid --set address=nosuch.invalid:443 --set "ca=$WORK/root.crt"
finish
