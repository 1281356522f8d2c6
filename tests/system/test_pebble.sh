#!/usr/bin/env bash
# Certificates of pebble, a real ACME CA: got by dehydrated over HTTP-01 and DNS-01, served by nginx, and
# inspected.
. "$(dirname "$0")/lib.sh"
export PATH=$PATH:/usr/sbin
cd "$WORK" || exit 1
for tool in pebble pebble-challtestsrv dehydrated nginx; do
    command -v $tool >/dev/null || { skip "$tool is not installed"; finish; }
done
dns=$(free_port) manage=$(free_port) acme=$(free_port) roots=$(free_port) web=$(free_port)
whole=$(free_port) lone=$(free_port) other=$(free_port)
start() { "$@" >>"$1.log" 2>&1 & pids+=($!); }
as_root="" # nginx would otherwise serve as a user who may not read this test's folder
[ "$(id -u)" -ne 0 ] || as_root="user root;"

# --- the CA, and the DNS that it asks ------------------------------------------------------------------
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout api.key -out api.pem -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 >/dev/null 2>&1
cat >pebble.json <<X
{ "pebble": { "listenAddress": "127.0.0.1:$acme", "managementListenAddress": "127.0.0.1:$roots",
  "certificate": "$WORK/api.pem", "privateKey": "$WORK/api.key", "httpPort": $web, "tlsPort": 1,
  "ocspResponderURL": "http://127.0.0.1:1/ocsp" } }
X
start pebble-challtestsrv -management "127.0.0.1:$manage" -dns01 "127.0.0.1:$dns" -http01 "" -https01 "" \
    -tlsalpn01 "" -defaultIPv4 127.0.0.1 -defaultIPv6 ""
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_CHAIN_LENGTH=2 start pebble -config pebble.json \
    -dnsserver "127.0.0.1:$dns"
wait_for 10 curl -sf --cacert api.pem "https://localhost:$roots/roots/0" -o root.pem ||
    { cat pebble*.log; echo "pebble did not start"; exit 1; }

# --- the client ----------------------------------------------------------------------------------------
mkdir -p d/challenges
cat >d/config <<X
CA="https://localhost:$acme/dir"
CURL_OPTS="--cacert $WORK/api.pem"
BASEDIR=$WORK/d
WELLKNOWN=$WORK/d/challenges
HOOK=$WORK/hook
KEY_ALGO=prime256v1
X
cat >hook <<X
#!/bin/sh
txt() { curl -sf "http://127.0.0.1:$manage/\$1" -d "{ \"host\": \"_acme-challenge.\$2.\", \"value\": \"\$3\" }"; }
case \$1 in
deploy_challenge) [ -n "\${BY_DNS-}" ] && txt set-txt "\$2" "\$4" ;;
clean_challenge) [ -n "\${BY_DNS-}" ] && [ -z "\${KEEP-}" ] && txt clear-txt "\$2" ;;
esac
exit 0
X
chmod +x hook
acme() { timeout 60 dehydrated --config d/config --cron --force --accept-terms "$@" 2>&1; }

# --- the server ----------------------------------------------------------------------------------------
nginx_with() { # nginx_with SERVER...
    {
        echo "daemon off; pid $WORK/nginx.pid; error_log $WORK/error.log; events {}"
        echo "http { access_log off; client_body_temp_path $WORK/t1; proxy_temp_path $WORK/t2; fastcgi_temp_path $WORK/t3; uwsgi_temp_path $WORK/t4; scgi_temp_path $WORK/t5;"
        echo "server { listen 127.0.0.1:$web; location /.well-known/acme-challenge/ { alias $WORK/d/challenges/; } }"
        printf '%s\n' "$@" "}"
    } >nginx.conf
    start nginx -c "$WORK/nginx.conf" -e "$WORK/error.log" -g "$as_root"
    server=${pids[-1]}
    wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$web" || { cat error.log nginx.log; echo "nginx did not start"; exit 1; }
}
serves() { echo "server { listen 127.0.0.1:$1 ssl; ssl_certificate $WORK/d/certs/$2; ssl_certificate_key $WORK/d/certs/${2%/*}/privkey.pem; }"; }

expect "HTTP-01 without a web server" 1 'urn:ietf:params:acme:error:connection' acme -d shop.pebble.test
nginx_with
expect "a certificate over HTTP-01" 0 'Done!' acme -d shop.pebble.test -d www.shop.pebble.test
BY_DNS=1 KEEP=1 expect "a wildcard over DNS-01" 0 'Done!' acme --challenge dns-01 --alias wild -d '*.pebble.test'
kill "$server" && wait "$server" 2>/dev/null
nginx_with "$(serves "$whole" shop.pebble.test/fullchain.pem)" "$(serves "$lone" shop.pebble.test/cert.pem)" \
    "$(serves "$other" wild/fullchain.pem)"

cat >look.lua <<'X'
return runbook { name = "look", params = { host = param "", port = param { type = "integer" }, ca = param "" },
  phase "p" { step "inspect" { function(run)
        local t = tls.inspect(run.host, { address = "127.0.0.1:" .. run.port, ca = run.ca })
        log.info("cause '%s', served %d, verified %d, complete %s, order %s, ocsp %s, leaf %s", t.cause, #t.chain,
            #t.verified, t.chain_complete, t.chain_order_ok, t.chain[1].ocsp[1], t.chain[1].sha256)
        for _, e in ipairs(t.errors) do log.info("error %s", e.message) end
    end } } }
X
look() { expect "$1" 0 "$5" "$RUNBOOK" look.lua --set "host=$2" --set "port=$3" --set "ca=$4"; }
leaf=$(openssl x509 -in d/certs/shop.pebble.test/cert.pem -outform DER | sha256sum | cut -d' ' -f1)
look "a chain of two intermediates" shop.pebble.test "$whole" "$WORK/root.pem" \
    "cause '', served 3, verified 4, complete true, order true, ocsp http://127.0.0.1:1/ocsp, leaf $leaf"
look "its second name" www.shop.pebble.test "$whole" "$WORK/root.pem" "cause ''"
look "another name" pebble.test "$whole" "$WORK/root.pem" "cause 'wrong_host'
error the certificate names DNS:shop.pebble.test, DNS:www.shop.pebble.test, not pebble.test"
look "without its intermediates" shop.pebble.test "$lone" "$WORK/root.pem" "cause 'incomplete_chain', served 1"
look "by another root" shop.pebble.test "$whole" "$WORK/api.pem" "cause 'untrusted_root'"
look "the wildcard" a.pebble.test "$other" "$WORK/root.pem" "cause ''"
look "two labels under the wildcard" a.b.pebble.test "$other" "$WORK/root.pem" "cause 'wrong_host'"
openssl verify -CAfile root.pem -untrusted d/certs/shop.pebble.test/chain.pem d/certs/shop.pebble.test/cert.pem \
    >/dev/null && ok "openssl verify agrees" || not_ok "openssl verify does not agree"

# --- the challenge's TXT record, as a CA sees it ---------------------------------------------------------
cat >txt.lua <<'X'
return runbook { name = "txt", params = { server = param "" }, phase "p" { step "ask" { function(run)
        local answer = dns.query("_acme-challenge.pebble.test", "TXT", { server = run.server })
        log.info("found: %s %s", answer.status, answer.answers[1].data)
    end } } }
X
expect "the TXT record of the DNS-01 challenge" 0 'found: NOERROR [A-Za-z0-9_-]{43}' "$RUNBOOK" txt.lua --set "server=127.0.0.1:$dns"
finish
