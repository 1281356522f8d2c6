#!/usr/bin/env bash
# dns, runbook.zone and the DNS half of runbook.certmanager against nsd, a real authoritative server: two of
# them on loopback addresses, whose zones differ as those of real life do.
. "$(dirname "$0")/lib.sh"
export PATH=$PATH:/usr/sbin
command -v nsd >/dev/null || { skip "nsd is not installed"; finish; }
port=$(free_port)

# zone FOLDER NAME: what is read goes behind its SOA and NS records.
zone() {
    { printf '$ORIGIN %s.\n$TTL 60\n@ SOA ns1 root 1 60 60 60 60\n@ NS ns1\nns1 A 127.0.0.1\n' "$2"; cat; } >"$WORK/$1/$2"
}
serve() { # serve FOLDER ADDRESS ZONE...
    local folder=$1 address=$2
    printf 'server:\n ip-address: %s@%s\n username: ""\n zonesdir: %s\n pidfile: ""\n xfrdfile: ""\n zonelistfile: ""\n' \
        "$address" "$port" "$WORK/$folder" >"$WORK/$folder.conf"
    printf ' server-count: 1\n database: ""\n verbosity: 0\n rrl-ratelimit: 0\nremote-control:\n control-enable: no\n' >>"$WORK/$folder.conf"
    printf 'zone:\n name: %s\n zonefile: %s\n' $(for z in "${@:3}"; do echo "$z $z"; done) >>"$WORK/$folder.conf"
    nsd -d -c "$WORK/$folder.conf" >"$WORK/$folder.log" 2>&1 &
    pids+=($!)
    wait_for 10 grep -q 'nsd started' "$WORK/$folder.log" || { cat "$WORK/$folder.log"; echo "nsd did not start"; exit 1; }
}
mkdir "$WORK/a" "$WORK/b"
records() { # the same in both
    cat <<'END'
@ NS ns2
ns2 A 127.0.0.2
www A 127.0.0.1
www AAAA ::1
mail MX 10 www
strings TXT "one, " "two"
caa CAA 0 issue "ca.test"
_acme-challenge.all TXT tok.key
_acme-challenge.old TXT another.key
_acme-challenge.alias CNAME there.acme.test.
_acme-challenge.alias-none CNAME not-there.acme.test.
_acme-challenge.circle CNAME round
round CNAME _acme-challenge.circle
both-families A 127.0.0.1
both-families AAAA ::1
one-family A 127.0.0.1
END
    for i in $(seq 20); do echo "large TXT \"$(printf '%060d' "$i")\""; done
}
{ records; echo '_acme-challenge.one TXT tok.key'; } | zone a shop.test
records | zone b shop.test
echo 'there TXT tok.key' | zone a acme.test
printf '@ NS ns2\nns2 A 127.0.0.3\n_acme-challenge TXT tok.key\n' | zone a lame.test
printf '@ NS ns2\nns2 A 127.0.0.2\n_acme-challenge TXT tok.key\n' | zone a broken.test
serve a 127.0.0.1 shop.test acme.test lame.test broken.test
serve b 127.0.0.2 shop.test broken.test # of which the last has no file: SERVFAIL
sandbox "$ROOT/tests/lua/test_certmanager.world.lua"

cat >"$WORK/ask.lua" <<'X'
local zone = require "runbook.zone"
return runbook { name = "ask", params = { port = param { type = "integer" } }, phase "p" { keep_going = true,
    step "records" { function(run)
        local server = "127.0.0.1:" .. run.port
        local function of(name, kind, options)
            local answer, data = dns.query(name, kind, options or { server = server }), {}
            for i, record in ipairs(answer.answers) do data[i] = record.data end
            return table.concat(data, "|"), answer
        end
        check.equal(of("www.shop.test", "A"), "127.0.0.1", "A")
        check.equal(of("WWW.shop.test.", "aaaa"), "::1", "AAAA")
        check.equal(of("mail.shop.test", "MX"), "10 www.shop.test", "MX")
        check.equal(of("strings.shop.test", "TXT"), "one, two", "TXT")
        check.equal(of("caa.shop.test", "CAA"), '0 issue "ca.test"', "CAA")
        check.equal(of("round.shop.test", "CNAME"), "_acme-challenge.circle.shop.test", "CNAME")
        check.equal(of("shop.test", "SOA"), "ns1.shop.test root.shop.test 1", "SOA")
        local _, answer = of("large.shop.test", "TXT")
        check.equal(#answer.answers, 20, "records of a large answer")
        check.equal(answer.over, "tcp", "which came over")
        check.equal(answer.authoritative, true, "authoritative")
        _, answer = of("www.shop.test", "A", { server = server, tcp = true })
        check.equal(answer.over, "tcp", "asked over TCP, it came over")
        _, answer = of("none.shop.test", "A")
        check.equal(answer.status, "NXDOMAIN", "no such name")
        check.equal(answer.authority[1].type, "SOA", "its authority")
        _, answer = of("www.other.test", "A")
        check.equal(answer.status, "REFUSED", "another zone")
        local both = ("127.0.0.3:%d %s"):format(run.port, server)
        check.equal(of("www.shop.test", "A", { server = both }), "127.0.0.1", "the next server")
    end },
    step "zones" { function(run)
        local options = { dns_server = "127.0.0.1:" .. run.port }
        local found = zone.servers("a.b.www.shop.test", options)
        check.equal(found.zone, "shop.test", "zone")
        check.equal(json.encode(found.servers), '[{"addresses":["127.0.0.1"],"name":"ns1.shop.test"},'
            .. '{"addresses":["127.0.0.2"],"name":"ns2.shop.test"}]', "servers")
        check.equal(zone.servers("shop.test.", options).zone, "shop.test", "zone of the apex")
        check.equal(zone.target("_acme-challenge.alias.shop.test", options), "there.acme.test", "target")
        options.dns_port = run.port
        local apex, places = zone.ask("_acme-challenge.one.shop.test", "TXT", options)
        check.equal(#places[1].answers .. #places[2].answers .. apex, "10shop.test", "asked of both")
        local ok, why = pcall(zone.servers, "www.other.test", options)
        check(not ok and why.text:find "answers REFUSED", "what is in no zone: %s", tostring(why))
    end },
    step "this machine's own names" { function()
        local found = {}
        for _, ip in ipairs(dns.addresses "localhost") do found[ip] = true end
        check(found["127.0.0.1"] or found["::1"], "localhost")
        check.equal(dns.addresses("192.0.2.7")[1], "192.0.2.7", "an address")
        local ok, why = pcall(dns.query, "a..b", "A", { server = "127.0.0.1" })
        check(not ok and why.text:find "not a domain name", "no name: %s", tostring(why))
    end } } }
X
expect "records, zones and servers" 0 '!✗' "$RUNBOOK" "$WORK/ask.lua" --set "port=$port"

cat >"$WORK/status.lua" <<'X'
local certs = require "runbook.certmanager"
return runbook { name = "status",
    params = { case = param "", port = param { type = "integer" }, web = param { type = "integer" },
        site = param { type = "integer" } },
    phase "p" { step "status" { function(run)
        local s = certs.status { name = "shop", namespace = run.case, dns_server = "127.0.0.1:" .. run.port,
            dns_port = run.port, http_port = run.web }
        for _, line in ipairs(s.findings) do log.info("found: %s", line) end
        log.info("cause: %s", s.cause)
        log.info("remedy: %s", s.remedy)
        log.info("waits: %s", s.waits)
    end } } }
X
status() { # status CASE PATTERNS
    expect "certs.status of $1" 0 "$2" "$RUNBOOK" "$WORK/status.lua" --kubeconfig "$SANDBOX/kubeconfig" \
        --values "$SANDBOX/values.yaml" --set "case=$1" --set "port=$port"
}
status all 'found: asked every authoritative server of shop.test for _acme-challenge.all.shop.test: ns1.shop.test \(127.0.0.1\) has the TXT record; ns2.shop.test \(127.0.0.2\) has the TXT record
cause: asked from here, the challenge is answered as a CA wants it, but cert-manager does not see'
status one 'cause: the TXT record _acme-challenge.one.shop.test is on ns1.shop.test \(127.0.0.1\) and not yet on ns2.shop.test \(127.0.0.2\)
waits: true'
status none 'found: .*ns1.shop.test \(127.0.0.1\) has no such name
cause: the TXT record _acme-challenge.none.shop.test is on none of its authoritative servers
remedy: .*credentials'
status old 'cause: .* holds another value than the challenge.s on ns1.shop.test \(127.0.0.1\) and ns2
remedy: remove old TXT records'
status alias 'found: .*for there.acme.test, which _acme-challenge.alias.shop.test is a CNAME for: ns1.acme.test \(127.0.0.1\) has'
status alias-none 'cause: the TXT record not-there.acme.test is on none of its authoritative servers, where it has to be: _acme-challenge.alias-none.shop.test is a CNAME'
status circle 'found: the CNAME records of _acme-challenge.circle.shop.test do not come to an end
cause: the TXT record _acme-challenge.circle.shop.test is not there yet'
status lame 'found: .*ns2.lame.test \(127.0.0.3\) .*(Connection refused|no answer)
cause: .* is there, but not every authoritative server answers: ns2.lame.test \(127.0.0.3\)'
status broken 'found: .*ns2.broken.test \(127.0.0.2\) answers SERVFAIL
cause: .* not every authoritative server answers: ns2.broken.test'
status nowhere 'found: could not find the zone of _acme-challenge.nowhere.example: the DNS answers REFUSED
cause: the TXT record _acme-challenge.nowhere.example is not there yet'
status one-family 'found: asked as a CA would, 127.0.0.1: .* answers as it should
cause: asked from here, the challenge is answered'
status both-families 'found: asked as a CA would, ::1: .*refused.*; 127.0.0.1: .* answers as it should
cause: of the addresses of both-families.shop.test, 127.0.0.1 answers the challenge and ::1 does not, .*IPv6 first
remedy: open port 80 of every address'
status no-address 'cause: no-address.shop.test has neither an A nor an AAAA record
remedy: create the DNS record'
finish
