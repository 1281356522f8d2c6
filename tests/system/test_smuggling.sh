#!/usr/bin/env bash
# What an author can put into a request beside what the door judges: a second request in the body of a permitted
# one, headers that make a server see another host, path or method, and fields that name another method in
# whatever coat. None of it gets around `allow`, in a plan, a run or an applied plan.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

cat >world.lua <<'X'
return {
    name = "gates", listen = { one = {}, two = {} },
    handle = {
        one = function(_, req)
            local to = req.query.to
            if to then return { status = math.tointeger(tonumber(req.query.as or "302")), headers = { Location = to } } end
            if req.path == "/busy" then return { status = 503 } end
            return { json = { at = "one", path = req.path } }
        end,
        two = function() return { json = { at = "two" } } end,
    },
    files = function(w) return { ["values.yaml"] = { one = w.urls.one, two = w.urls.two } } end,
}
X
sandbox world.lua
one=$(sed -n 's/^one: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
two=$(sed -n 's/^two: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
requests() { grep -c . "$SANDBOX/requests.ndjson" 2>/dev/null || echo 0; }
# book NAME ALLOW BODY: a runbook of one step.
book() {
    printf 'return runbook { name = "b", params = { one = param "%s", two = param "%s" }, %s\n  phase "p" { step "s" { function(run) %s end } } }\n' \
        "$one" "$two" "$2" "$3" >"$1.lua"
}
run() { "$RUNBOOK" "$1.lua" --journal none "${@:2}"; }
plan() { "$RUNBOOK" plan "$1.lua" "${@:2}"; }
# silent NAME CODE PATTERN COMMAND...: as expect, and nothing has reached the servers.
silent() {
    local before
    before=$(requests)
    expect "$@"
    [ "$(requests)" = "$before" ] || not_ok "$1: something was sent"
}
# refused NAME PATTERN [ARGS...]: in a run and in every plan, before anything is sent.
refused() {
    silent "$1: run" 4 "$2" run book "${@:3}"
    silent "$1: plan" 4 "$2" plan book "${@:3}"
    silent "$1: offline" 4 "$2" plan book --offline "${@:3}"
}
allow='allow = { "http GET ${one}/ok/*" },'

# --- a second request in the body of a permitted one --------------------------------------------------------
smuggled='body = "DELETE /forbidden HTTP/1.1\r\nHost: x\r\n\r\n"'
book book "$allow" "http.get(run.one .. '/ok/a', { headers = { ['Content-Length'] = '0' }, $smuggled })"
refused "a request in a body" "the header 'Content-Length' cannot be given: where a request ends"
silent "a request in a body: by a world" 4 "'Content-Length' cannot be given" plan book --world world.lua
book later "$allow" "http.get(run.one .. '/ok/a', { reads = true, headers = not run.planning and { ['Content-Length'] = '0' } or nil, $smuggled })"
expect "a plan without it is approved" 0 'is planned' plan later -o plan.json
before=$(requests)
expect "and applied" 4 "'Content-Length' cannot be given" "$RUNBOOK" apply plan.json --yes
grep -q forbidden "$SANDBOX/requests.ndjson" && not_ok "the second request arrived" || ok "the second request did not arrive"
for header in content-length CONTENT_LENGTH Transfer-Encoding transfer_encoding Connection UPGRADE te Trailer Keep-Alive \
    Proxy-Connection Proxy-Authorization proxy_x Proxy Expect HTTP2-Settings; do
    book book '' "http.post(run.one .. '/ok/a', { headers = { ['$header'] = 'x' } })"
    silent "$header" 4 "the header '$header' cannot be given" run book
done
while read -r what call; do
    book book '' "$call"
    silent "$what: run" 4 "the header '(CONTENT-)?length' cannot be given" run book
    silent "$what: plan" 4 "the header '(CONTENT-)?length' cannot be given" plan book
done <<'X'
client local c = http.client { base = run.one, headers = { ["CONTENT-length"] = 0 } } c.post("/x")
merged http.request(http.merged({ url = run.one, headers = { ["CONTENT-length"] = 0 } }, { headers = { A = "b" } }))
stripe require("runbook.stripe").client({ base = run.one, key = "sk_test_1", headers = { ["CONTENT-length"] = 0 } }).post("/v1/x")
prometheus metrics.prometheus(run.one, { headers = { ["CONTENT-length"] = 0 } }):query("up")
alertmanager metrics.alertmanager(run.one, { headers = { ["CONTENT-length"] = 0 } }):alerts()
X
while IFS='|' read -r options; do
    book book '' "http.post(run.one .. '/ok/a', { $options })"
    silent "$options" 4 'must be .?one line of text' run book
    silent "$options: plan" 4 'must be .?one line of text' plan book
done <<'X'
headers = { A = "x\r\nContent-Length: 0" }
headers = { A = "x\nB: c" }
headers = { A = "x\0B: c" }
headers = { ["A "] = "x" }
headers = { [":path"] = "/forbidden" }
headers = { ["A\0B"] = "x" }
headers = { ["Ａ"] = "x" }
headers = { [""] = "x" }
idempotency_key = "x\r\nContent-Length: 0"
X
for url in '/ok/a HTTP/1.1\r\nX: y' '/ok/a\r\n\r\nDELETE /forbidden HTTP/1.1' '/ok/\0' '/ok/a b'; do
    book book '' "http.post(run.one .. \"$url\")"
    silent "the address $url" 4 'is not a URL|must be text' run book
    silent "the address $url: plan" 4 'is not a URL|must be text' plan book
done
book book '' 'http.request { url = run.one, method = "GET / HTTP/1.1\r\nX:" }'
silent "a method that is none" 4 'is not an HTTP method' run book
book book '' 'http.get("http://shop.test/x", { proxy = "socks5h://localhost/run/docker.sock" })'
silent "a socket as a proxy" 4 'its URL cannot have a path' run book

# --- a body where none is expected --------------------------------------------------------------------------
for method in get head options; do
    book book '' "http.$method(run.one .. '/ok/a', { body = 'x' })"
    silent "a body makes a write of $method" 0 "write +${method^^} $one/ok/a with a body
.reads = true. says that it only asks
What it would change" plan book
    book book '' "http.$method(run.one .. '/ok/a', { body = 'x', reads = true }):expect(200)"
    expect "unless its author says that it reads: $method" 0 "read +${method^^} .*read live
!What it would change" plan book
done
book book '' 'http.get(run.one .. "/ok/a", { json = { a = 1 } }):expect(200) error("no")'
expect "one that was sent is a change" 6 'with a body' run book
book book '' 'http.get(run.one .. "/ok/a", { body = "", form = nil }):expect(200)'
expect "an empty one is none" 0 'read +GET' plan book
book book '' 'if not run.planning then http.get(run.one .. "/ok/a", { body = "x" }) end'
expect "a plan" 0 'is planned' plan book -o plan.json
silent "an applied plan sends none that it does not have" 10 'the plan does not contain' "$RUNBOOK" apply plan.json --yes
book book '' 'log.info("%d", http.get(run.one .. "/busy", { body = "x", retries = 2, retry_wait = "10ms" }).status)'
before=$(requests)
expect "a busy server" 0 '503' run book
[ "$(requests)" = $((before + 1)) ] && ok "is not asked again with a body" || not_ok "was asked again with a body"

# --- headers that name another path, host or method -----------------------------------------------------------
while read -r wanted header value; do
    book book "$allow" "http.get(run.one .. '/ok/a', { headers = { ['$header'] = $value } })"
    wanted=${wanted//ONE/$one} # by libcurl's own idea of dots that are escaped: since 8 they count
    refused "$header = $value" "to .allow.: \"http ${wanted/\~/ }\""
done <<X
GET~ONE/admin X-Original-URL "/admin"
GET~ONE/admin x_original_url "/admin"
GET~ONE/admin X.Rewrite.URL "admin?x=1"
GET~ONE/admin X-Original-URL "/ok/../admin"
GET~ONE/(ok/%2e%2e/)?admin X-Rewrite-Url "/ok/%2e%2e/admin"
GET~ONE/admin X-Rewrite-Url "/ok#/../../admin"
GET~http://evil.test/ok/a X-Original-URL "http://evil.test/ok/b"
GET~ONE/admin X-Forwarded-Uri "/admin"
GET~ONE/admin X-Forwarded-Uri "/ok/b, /admin"
GET~ONE/admin X-Envoy-Original-Path "/admin"
GET~ONE/admin/ok/a X-Forwarded-Prefix "/admin"
GET~ONE/a Script_Name "/ok"
GET~ONE/admin Destination "/admin"
GET~ONE/private/x X-Amz-Copy-Source "private/x"
GET~http://evil.test/ok/a HOST "evil.test"
GET~http://evil.test/ok/a X-Forwarded-Host "evil.test"
GET~http://evil.test:81/ok/a x_forwarded_host "evil.test:81"
GET~http://evil.test/ok/a X-Host "evil.test"
GET~http://evil.test/ok/a X-Forwarded-Server "evil.test"
GET~http://evil.test/ok/a Forwarded "for=1.2.3.4;host=evil.test"
GET~http://evil.test/ok/a forwarded "Host=\"evil.test\""
DELETE~ONE/ok/a X-HTTP-Method-Override "delete"
DELETE~ONE/ok/a X-Original-Method "DELETE"
DELETE~ONE/ok/a X_Forwarded_Method "DELETE"
X
book both 'allow = { "http GET, POST ${one}/ok/*", "http GET ${one}/admin", "http DELETE ${one}/ok/a", "http GET http://evil.test/ok/*" },' \
    'http.get(run.one .. "/ok/a", { headers = { ["X-Original-URL"] = "/admin", ["X-HTTP-Method-Override"] = "DELETE" } })'
silent "two headers are judged together: a method and a path" 4 "\"http DELETE $one/admin\"" run both
sed 's/\["X-HTTP-Method-Override"\] = "DELETE"/Host = "evil.test"/' both.lua >book.lua
silent "a host and a path" 4 '"http GET http://evil.test/admin"' run book
book named '' 'http.get(run.one .. "/ok/a", { headers = { ["X-Original-URL"] = "/admin", ["X-Forwarded-Host"] = "evil.test" } })'
silent "denied by the path" 4 'denied by --deny' run named --deny "http * $one/admin"
silent "denied by the host" 4 'denied by --deny' run named --deny "http * http://evil.test"
book good "$allow" 'http.get(run.one .. "/ok/a", { headers = { ["X-Original-URL"] = "/ok/b?x=1", ["X-Forwarded-For"] = "1.2.3.4", ["X-Forwarded-Proto"] = "https", ["Upgrade-Insecure-Requests"] = 1, ["If-Match"] = "*", Origin = "http://evil.test", Referer = "http://evil.test/" } }):expect(200)'
expect "what is permitted goes through" 0 'exit 0' run good
for value in '"evil.test/x"' '""' '"a b"' '"a@b"' '"a,b"' '"ü.test"'; do
    book book '' "http.get(run.one .. '/ok/a', { headers = { Host = $value } })"
    silent "a host that is none: $value" 4 'in a header that names a host is none' run book
done
book book '' 'local all = {} for i, n in ipairs { "X-Original-URL", "X-Original-URI", "X-Original-Path", "X-Rewrite-URL", "X-Rewrite-URI", "X-Override-URL", "X-Forwarded-URI", "X-Forwarded-Path" } do all[n] = "/" .. i end http.get(run.one, { headers = all })'
silent "more than anybody could judge" 4 'make several of it' run book
book book 'allow = { "metrics ${one}" },' 'metrics.prometheus(run.one, { headers = { Host = "evil.test" } }):query("up")'
silent "metrics are asked of the host that a header names" 4 '"metrics http://evil.test"' run book
book book '' 'metrics.prometheus(run.one, { headers = { ["X-Original-URL"] = "/-/quit" } }):query("up")'
silent "and of nothing else" 4 'no header or field can name another method or path' run book

# --- redirects take along what goes with the request ----------------------------------------------------------
hop() { # hop NAME CODE PATTERN: the redirect is not followed
    local before
    before=$(requests)
    expect "$1" "$2" "$3" run book
    [ "$(requests)" = $((before + 1)) ] && ok "$1: it was not followed" || not_ok "$1: $(($(requests) - before)) requests"
}
book book 'allow = { "http GET ${one}/ok/*", "http GET http://evil.test/ok/a" },' \
    'http.get(run.one .. "/ok/a", { query = { to = run.one .. "/ok/b" }, redirects = 2, headers = { Host = "evil.test" } })'
hop "a host that a header names" 4 'redirected to GET http://evil.test/ok/b, which is not permitted'
book book 'allow = { "http GET, POST ${one}/ok/*", "http POST ${one}/admin" },' \
    'http.post(run.one .. "/ok/a", { query = { to = run.one .. "/ok/b", as = 303 }, redirects = 2, headers = { ["X-Original-URL"] = "/admin" } })'
hop "a path, by the method that a redirect makes of it" 7 "redirected to GET $one/admin, which is not permitted"
book book 'allow = { "http GET ${one}/ok/*", "http GET ${two}/ok/*", "http GET http://evil.test/ok/a" },' \
    'http.get(run.one .. "/ok/a", { query = { to = run.two .. "/ok/b" }, redirects = 2, headers = { Host = "evil.test" } }):expect(200)'
expect "another origin is not told" 0 'exit 0' run book

# --- a field that names another method, in whatever coat ------------------------------------------------------
while IFS='~' read -r options; do
    book book 'allow = { "http POST ${one}/*" },' "http.post(run.one .. '/x', { $options })"
    refused "$options" "to .allow.: \"http DELETE $one/x"
done <<'X'
json = { _method = "DELETE", a = 1 }
form = { _METHOD = "DELETE" }
form = { ["X-HTTP-Method-Override"] = "DELETE" }
query = { ["x-http-method-override"] = "DELETE" }
body = '{"a":{"b":[1]},"_method":"DELETE"}'
body = '{"_method":"POST","_method":"delete"}'
body = [[{"\u005fmethod" : "DELETE"}]]
body = '{"_method":"DELETE",}'
body = '/* " */ {"_method":"DELETE"}'
body = "{'_method':'DELETE'}"
body = '\239\187\191{"_method":"DELETE"}'
body = "\0&_method=DELETE"
body = "a=\0&_method=DELETE"
body = "_method%00x=DELETE"
body = "_method\0x=DELETE"
body = "--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nDELETE\r\n--b--"
body = "--b\r\nContent-Disposition: form-data; Name=_method\r\n\r\nDELETE\r\n--b--"
body = "--b\r\nContent-Disposition: form-data; name*=utf-8''%5fmethod\r\n\r\nDELETE\r\n--b--"
body = "--b\r\nContent-Disposition: form-data;\r\n name = \"_me\\thod\"\n\nDELETE\n--b--"
json = { a = "&_method=DELETE&" }, headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
json = { a = "&_method=DELETE&" }, headers = { ["Content-Type"] = "application/json", ["content-type"] = "text/plain" }
X
while IFS='~' read -r options; do
    book book 'allow = { "http POST, DELETE ${one}/*" },' "http.post(run.one .. '/x', { $options })"
    refused "$options" "to .allow.: \"http ANY $one/x"
    silent "$options: denied" 4 'denied by --deny' run book --allow '*' --deny "http DELETE *"
    book book '' "http.post(run.one .. '/x', { reads = true, $options })"
    silent "$options: never a read" 4 'it is never a read' plan book
done <<'X'
body = "x", headers = { ["Content-Encoding"] = "gzip" }
form = { a = 1 }, headers = { ["Content-Type"] = "application/x-www-form-urlencoded; charset=ibm037" }
body = "\0{", headers = { ["Content-Type"] = "application/json;charset=UTF-16" }
body = "--b\r\nContent-Disposition: form-data; name=\"=?utf-8?B?X21ldGhvZA==?=\"\r\n\r\nDELETE\r\n--b--"
X
book book 'allow = { "http ANY ${one}/*" },' 'http.post(run.one .. "/x", { body = "x", headers = { ["Content-Encoding"] = "gzip" } })'
expect "who may do anything may send it" 0 'exit 0' run book
while IFS='~' read -r options; do
    book book 'allow = { "http POST ${one}/*" },' "http.post(run.one .. '/x', { $options }):expect(200)"
    expect "no other method: $options" 0 'exit 0' run book
done <<'X'
json = { method = "DELETE", a = { _method = "DELETE" } }
json = { url = "http://x/?a=1&_method=DELETE" }
body = [[{"a":{"_method":"DELETE"},"b":"\"_method\":1"}]], headers = { ["Content-Type"] = "application/json" }
body = "a_method=DELETE&b=_method"
body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n_method\r\n--b--"
body = "x", headers = { ["Content-Encoding"] = "identity", ["Content-Type"] = "text/plain; charset=\"utf-8\"" }
X
grep -qi forbidden "$SANDBOX/requests.ndjson" && not_ok "something arrived in the body of something else" || ok "nothing arrived in the body of something else"
finish
