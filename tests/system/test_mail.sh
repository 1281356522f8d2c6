#!/usr/bin/env bash
# STARTTLS against real servers: SMTP and IMAP of nginx's mail module, and PostgreSQL. What they serve is
# what `openssl s_client -starttls` sees.
. "$(dirname "$0")/lib.sh"
export PATH=$PATH:/usr/sbin
cd "$WORK" || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout mail.key -out mail.pem -days 20 \
    -subj /CN=mail.test -addext subjectAltName=DNS:mail.test >/dev/null 2>&1

cat >look.lua <<'X'
return runbook { name = "look", params = { starttls = param "", port = param { type = "integer" }, ca = param "" },
  phase "p" { step "inspect" { function(run)
        local t = tls.inspect("mail.test", { address = "127.0.0.1:" .. run.port, ca = run.ca,
            starttls = run.starttls ~= "" and run.starttls or nil, timeout = "5s" })
        log.info("ok %s, %d days, leaf %s", t.ok, t.days_left, t.chain[1].sha256)
    end } } }
X
leaf() { openssl x509 -outform DER | sha256sum | cut -d' ' -f1; }
look() { # look NAME EXIT STARTTLS PORT PATTERNS
    expect "$1" "$2" "$5" "$RUNBOOK" look.lua --set "starttls=$3" --set "port=$4" --set "ca=$WORK/mail.pem"
}
agrees() { # agrees NAME STARTTLS PORT
    local theirs
    theirs=$(openssl s_client -starttls "$2" -connect "127.0.0.1:$3" </dev/null 2>/dev/null | leaf)
    [ -n "$theirs" ] || { not_ok "$1: s_client sees nothing"; return; }
    look "$1" 0 "$2" "$3" "ok true, (19|20) days, leaf $theirs"
}

if [ -f /usr/lib/nginx/modules/ngx_mail_module.so ] && command -v nginx >/dev/null; then
    smtp=$(free_port) imap=$(free_port) clear=$(free_port) tls=$(free_port)
    cat >nginx.conf <<X
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off; pid $WORK/nginx.pid; error_log $WORK/error.log; events {}
mail {
    server_name mail.test; auth_http 127.0.0.1:1; ssl_certificate $WORK/mail.pem; ssl_certificate_key $WORK/mail.key;
    server { listen 127.0.0.1:$smtp; protocol smtp; starttls on; }
    server { listen 127.0.0.1:$imap; protocol imap; starttls on; }
    server { listen 127.0.0.1:$clear; protocol smtp; }
    server { listen 127.0.0.1:$tls ssl; protocol imap; }
}
X
    nginx -c "$WORK/nginx.conf" -e "$WORK/error.log" >/dev/null 2>&1 &
    pids+=($!)
    wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$tls" || { cat error.log; echo "nginx did not start"; exit 1; }
    agrees "SMTP" smtp "$smtp"
    agrees "IMAP" imap "$imap"
    look "SMTP that does not offer it" 4 smtp "$clear" 'STARTTLS \(smtp\) with mail.test at 127.0.0.1 port .* failed: the server does not offer STARTTLS; switch TLS on there'
    look "another protocol than asked for" 4 imap "$smtp" "the server answered '220 mail.test ESMTP ready'; check that it speaks IMAP"
    look "TLS from the start, with STARTTLS" 4 smtp "$tls" "closed the connection|timed out after 5s: .* did not answer the talk before TLS; check that smtp is spoken"
    look "TLS from the start, without" 4 "" "$smtp" 'the answer is not TLS'
else
    skip "SMTP and IMAP: nginx's mail module (libnginx-mod-mail) is not installed"
fi

postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
as=() # PostgreSQL does not run as root
[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
if [ -x "$postgres/postgres" ] && "${as[@]}" true 2>/dev/null; then
    port=$(free_port) data=$(mktemp -d)
    trap 'cleanup; rm -rf "$data"' EXIT
    cp mail.pem mail.key "$data"
    chmod 600 "$data/mail.key"
    [ "$(id -u)" -ne 0 ] || chown -R postgres: "$data"
    (cd "$data" && "${as[@]}" "$postgres/initdb" -D "$data/db" -A trust --no-sync) >initdb.log 2>&1 || { cat initdb.log; exit 1; }
    serve() { # serve ARGS...
        (cd "$data" && exec "${as[@]}" "$postgres/postgres" -D "$data/db" -p "$port" -c listen_addresses=127.0.0.1 \
            -c unix_socket_directories= -c fsync=off "$@") >postgres.log 2>&1 &
        server=$!
        pids+=("$server")
        wait_for 30 "$postgres/pg_isready" -q -h 127.0.0.1 -p "$port" || { cat postgres.log; echo "PostgreSQL did not start"; exit 1; }
    }
    serve -c ssl=on -c "ssl_cert_file=$data/mail.pem" -c "ssl_key_file=$data/mail.key"
    agrees "PostgreSQL" postgres "$port"
    kill "$server" && wait "$server"
    serve
    look "PostgreSQL without TLS" 4 postgres "$port" 'the server does not do TLS; set ssl = on in postgresql.conf'
else
    skip "PostgreSQL is not installed"
fi
finish
