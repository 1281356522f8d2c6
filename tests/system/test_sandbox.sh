#!/usr/bin/env bash
# `runbook sandbox`: what it serves and writes, what it says to wrong input, and how it ends.
. "$(dirname "$0")/lib.sh"
world=$HERE/sandbox_world.lua
cd "$WORK" || exit 1

# --- wrong input ---------------------------------------------------------------------------------
expect "no world" 2 'usage: runbook sandbox' "$RUNBOOK" sandbox
expect "help" 0 'usage: runbook sandbox' "$RUNBOOK" sandbox --help
expect "no such file" 3 'none.lua.*No such file' "$RUNBOOK" sandbox none.lua
expect "an unknown fault" 2 "no fault 'nope'; it has expired, slow" "$RUNBOOK" sandbox "$world" --fault nope
expect "a weight that is no number" 2 'not a number' "$RUNBOOK" sandbox "$world" --fault slow@x
expect "a length of time that is none" 2 "'soon' is no length of time" "$RUNBOOK" sandbox "$world" --for soon
expect "a folder that cannot be made" 1 'could not make the folder /dev/null/x' \
    "$RUNBOOK" sandbox "$world" --dir /dev/null/x
echo 'return { name = "x", listen = { a = {} }, handle = {} }' >half.lua
expect "a service without a handler" 3 'listen.a needs a function handle.a' "$RUNBOOK" sandbox half.lua

# --- what it says and writes ---------------------------------------------------------------------
expect "it says what is where" 0 "only a sandbox: the pretend world 'odd'
plain +http://127.0.0.1:[0-9]+
secure +https://127.0.0.1:[0-9]+
fault +slow@0.5
^ready$" "$RUNBOOK" sandbox "$world" --for 300ms --dir said --fault slow@0.5
expect "--for: it cleans up" 0 '^ca.pem
^requests.ndjson
!values.yaml
!control.url
!pid' ls said

sandbox "$world" --fault slow@20
plain=$(sed -n 's/^ *plain: *//p' "$SANDBOX/values.yaml" | grep http | tr -d '"')
secure=$(sed -n 's/^ *secure: *//p' "$SANDBOX/values.yaml" | grep http | tr -d '"')
get() { curl -sS -m 10 "$@"; }

# --- answers -------------------------------------------------------------------------------------
expect "text" 0 'X-Of: sandbox
Content-Type: text/plain
^hello' get -i "$plain/text"
expect "json is canonical" 0 '201
^\{"a":\[\],"b":1\}$' get "$plain/json" -w '\n%{http_code}'
expect "a handler that fails" 0 '500
the sandbox.s handler failed: .*broken' get "$plain/raise" -w '\n%{http_code}'
expect "a connection closed without an answer" 52 'Empty reply' get "$plain/abort"
expect "a stream" 0 '^1$
^3$' get "$plain/stream"
expect "the request as a handler sees it" 0 '"query":\{"":"x","a":"2","b":"A c"\}
"queries":\[\["a","1"\],\["a","2"\],\["b","A c"\],\["","x"\]\]
"path":"/echo"
"x-a":"1, 2"
"body":"text"
"service":"plain"' get "$plain/ech%6f?a=1&a=2&b=%41+c&&=x" -H 'X-A: 1' -H 'x-a: 2' -d text
port=${secure##*:}
expect "TLS by the minted CA" 0 'over TLS' \
    get --cacert "$SANDBOX/ca.pem" --connect-to "shop.example:443:127.0.0.1:$port" https://shop.example/
expect "TLS: another name" 60 'SSL' get --cacert "$SANDBOX/ca.pem" "$secure"

# --- control -------------------------------------------------------------------------------------
get -X POST "$plain/read" >/dev/null
get -X POST "$plain/text?dryRun=All" >/dev/null
get -X DELETE "$plain/text" >/dev/null
expect "the log of requests" 0 '"n":1,"at":[0-9.]+,"service":"plain","method":"GET","target":"/text","status":200,"write":false
"target":"/abort","status":0
"POST","target":"/read","status":200,"write":false
dryRun=All","status":200,"write":false
"DELETE","target":"/text","status":200,"write":true' get "$CONTROL/requests"
expect "the same log as a file" 0 "" cmp "$SANDBOX/requests.ndjson" <(get "$CONTROL/requests")
expect "the state" 0 '\{"faults":\{"slow":20\},"seen":[0-9]+\}' get "$CONTROL/state"
expect "faults" 0 '\{"help":"the certificate has expired","name":"expired","weight":false\}' get "$CONTROL/faults"
get "$CONTROL/faults" -d '{"name":"slow","weight":false}' >/dev/null
get "$CONTROL/faults" -d '{"name":"expired"}' >/dev/null
expect "faults are switched" 0 '"faults":\{"expired":true\}' get "$CONTROL/state"
expect "faults: an unknown one" 0 "no fault 'x'.*
400" get "$CONTROL/faults" -d '{"name":"x"}' -w '\n%{http_code}'
expect "faults: no JSON" 0 'send \{' get "$CONTROL/faults" -d 'x'
expect "control: another path" 0 'control has GET /requests' get "$CONTROL/"

# ambush COUNT WHEN MORE: a client that asks for /text, again and again until it is killed.
ambush() {
    sh -c "curl -s -H Content-Type:\ application/json $CONTROL/kill \
        -d '{\"pid\":'\$\$',\"at\":$1,\"when\":\"$2\"$3}' >&2
        exec curl -s --retry 0 -w '%{http_code}' -X POST '$plain/text?[1-9]' $plain/read" 2>&1
}
before=$(grep -c '/text?' "$SANDBOX/requests.ndjson")
expect "kill: after the third request" 137 'it is laid' ambush 3 after ''
[ $(($(grep -c '/text?' "$SANDBOX/requests.ndjson") - before)) = 3 ] && ok "which was handled" || not_ok "which was handled"
before=$(grep -c '/text?' "$SANDBOX/requests.ndjson")
expect "kill: before the second write" 137 'it is laid' ambush 2 before ',"writes":true'
[ $(($(grep -c '/text?' "$SANDBOX/requests.ndjson") - before)) = 1 ] && ok "which was not" || not_ok "which was not"
expect "kill: another service" 0 '200' ambush 1 before ',"services":["none"]'
expect "kill: only one's own clients" 0 'application/json' get "$CONTROL/kill" -d '{"pid":2,"at":1,"when":"after"}'
for pid in 0 1 -1 4294967297; do
    expect "kill: never $pid" 0 'send \{' get "$CONTROL/kill" -H 'Content-Type: application/json' -d "{\"pid\":$pid,\"at\":1,\"when\":\"after\"}"
done

for book in runbooks/billing_golive.lua examples/checkout/rotate_keys.lua; do
    expect "a runbook in place of a world: $book" 3 "$book is a runbook and no world; .runbook plan " \
        "$RUNBOOK" sandbox "$ROOT/$book" --dir "$WORK/none"
done

# --- the end -------------------------------------------------------------------------------------
expect "a second one in the same folder" 1 'another sandbox serves from' \
    "$RUNBOOK" sandbox "$world" --dir "$SANDBOX"
[ -e "$SANDBOX/values.yaml" ] && ok "which leaves the first one's files" || not_ok "which leaves the first one's files"
kill "$SANDBOX_PID"
wait "$SANDBOX_PID"
code=$?
[ $code -eq 0 ] && ok "SIGTERM: exit 0" || not_ok "SIGTERM: exit $code"
[ ! -e "$SANDBOX/values.yaml" ] && ok "SIGTERM: it cleans up" || not_ok "SIGTERM: it cleans up"
grep -E 'Sanitizer|runtime error' "$SANDBOX/log"

sandbox "$world" --fault expired
secure=$(sed -n 's/^ *secure: *//p' "$SANDBOX/values.yaml" | grep http | tr -d '"')
expect "a certificate that depends on a fault" 60 'certificate has expired' \
    get --cacert "$SANDBOX/ca.pem" --connect-to "shop.example:443:127.0.0.1:${secure##*:}" https://shop.example/
finish
