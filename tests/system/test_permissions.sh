#!/usr/bin/env bash
# What a runbook does not declare is refused, in every mode and before anything is sent, with the line to
# add; redirects, names that stand for other addresses, and pooled connections do not get around it.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

cat >world.lua <<'X'
return {
    name = "gates", listen = { one = {}, two = {} },
    handle = {
        one = function(_, req)
            local to = req.query.to
            if req.path == "/busy" then return { status = 503 } end
            if to then return { status = 302, headers = { Location = to } } end
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
port=${one##*:}
requests() { grep -c . "$SANDBOX/requests.ndjson" 2>/dev/null || echo 0; }

# book NAME ALLOW BODY: a runbook of one step.
book() {
    printf 'return runbook { name = "b", params = { one = param "%s", two = param "%s", none = param { optional = true, type = "string" } },\n  %s\n  phase "p" { step "s" { function(run) %s end } } }\n' \
        "$one" "$two" "$2" "$3" >"$1.lua"
}
run() { "$RUNBOOK" "$1.lua" --journal none "${@:2}"; }
# silent NAME CODE PATTERN COMMAND...: as expect, and nothing has reached the servers.
silent() {
    local before
    before=$(requests)
    expect "$@"
    [ "$(requests)" = "$before" ] || not_ok "$1: something was sent"
}

allow='allow = { "http GET ${one}/ok/*" },'
book good "$allow" 'http.get(run.one .. "/ok/a"):expect(200)'
expect "what is declared goes through" 0 'exit 0' run good
book bad "$allow" 'http.get(run.two .. "/x")'
silent "what is not is refused, with the line to add" 4 "not permitted; to permit it, add this line to .allow.: \"http GET $two/x\"" run bad
silent "in a plan, too" 4 'not permitted' "$RUNBOOK" plan bad.lua
expect "--allow widens for one run" 0 'exit 0' run bad --allow "http GET $two"
silent "--deny narrows" 4 "it is denied by --deny" run good --deny "http * $one"
silent "--deny wins over --allow" 4 "it is denied by --deny" run bad --allow "*" --deny "http * http://127.0.0.1:*"
book free '' 'http.get(run.two .. "/x"):expect(200)'
expect "without a declaration everything is allowed" 0 'exit 0' run free
silent "--allow is one, then" 4 'not permitted' run free --allow "env X"
silent "--deny narrows it" 4 'denied by' run free --deny "http * *"
book pcall "$allow" 'local ok, e = pcall(http.get, run.two) check(e.kind == "forbidden", "%s", e.kind) error(e)'
silent "a caught refusal changes nothing" 4 'not permitted' run pcall
book retried "$allow" 'http.get(run.two)'
sed -i 's/function(run) http.get(run.two) end/retry = 5, &/' retried.lua
silent "a refusal is not tried again" 4 '!retry' run retried
cat >undo.lua <<X
return runbook { name = "u", allow = { "exec true" }, phase "p" { on_failure = "rollback",
    step "x" { function() exec { "true" } end, undo = function() http.post("$two/x") end },
    step "y" { function() error "go" end } } }
X
silent "an undo is judged as well" 6 "\"http POST $two/x\"" run undo

# --- redirects -------------------------------------------------------------------------------------------
book hop "$allow" 'http.get(run.one .. "/ok/a", { query = { to = run.two .. "/x" }, redirects = 5 })'
before=$(requests)
expect "a redirect elsewhere is not followed" 4 "redirected to GET $two/x, which is not permitted; to permit it" run hop
[ "$(requests)" = $((before + 1)) ] && ok "the second server heard nothing" || not_ok "the second server heard something"
book hop2 "$allow" 'http.get(run.one .. "/ok/a", { query = { to = run.one .. "/other" }, redirects = 5 })'
expect "nor to another path" 4 "redirected to GET $one/other, which is not permitted" run hop2
book hop3 "$allow" 'http.get(run.one .. "/ok/a", { query = { to = run.one .. "/ok/b" }, redirects = 5 }):expect(200)'
expect "one that is permitted is" 0 'exit 0' run hop3

# --- a header that names another method -----------------------------------------------------------------
book over 'allow = { "http POST ${one}/*" },' 'http.post(run.one .. "/x", { headers = { ["X-HTTP-Method-Override"] = "delete" } })'
silent "a header that names another method is judged by it" 4 "to .allow.: \"http DELETE $one/x\"" run over
silent "in a plan, too" 4 "\"http DELETE $one/x\"" "$RUNBOOK" plan over.lua
book over2 '' 'http.get(run.one .. "/x", { headers = { x_method_override = "PATCH", ["X-Http-Method"] = "PUT" } })'
silent "and denied by it" 4 'denied by --deny "http PUT' run over2 --deny "http PUT *"
silent "each of them" 4 'denied by --deny "http PATCH' run over2 --deny "http PATCH *"
silent "to a plan it is a write" 0 "write +GET $one/x as P(ATCH|UT)" "$RUNBOOK" plan over2.lua
book over3 '' 'http.post(run.one .. "/x", { reads = true, headers = { ["X-HTTP-Method-Override"] = "PUT" } })'
silent "which no word of the author makes a read" 4 'a PUT is never a read' run over3
book over4 '' 'http.post(run.one .. "/x", { reads = true, headers = { ["X-HTTP-Method-Override"] = "GET" } })'
silent "save what only asks" 0 '!write +POST' "$RUNBOOK" plan over4.lua --offline
book over5 'allow = { "http GET, DELETE ${one}/ok/a", "http GET ${one}/ok/b" },' \
    'http.get(run.one .. "/ok/a", { query = { to = run.one .. "/ok/b" }, redirects = 5, headers = { ["X-HTTP-Method"] = "DELETE" } })'
before=$(requests)
expect "a redirect keeps it" 7 "redirected to DELETE $one/ok/b, which is not permitted" run over5
[ "$(requests)" = $((before + 1)) ] && ok "and is not followed" || not_ok "the redirect was followed"
for header in '["X-HTTP-Method"] = "DELETE"' 'Accept = "text/plain"'; do
    book busy "" "log.info(\"%d\", http.get(run.one .. '/busy', { retries = 2, retry_wait = '10ms', headers = { $header } }).status)"
    before=$(requests)
    expect "a busy server, $header" 0 '503' run busy
    echo $(($(requests) - before)) >>times
done
[ "$(tr '\n' ' ' <times)" = "1 3 " ] && ok "what may be a change is not asked again" || not_ok "asked $(tr '\n' ' ' <times)times"

book smuggled "$allow" 'http.get(run.one .. "/ok/a", { headers = { ["Host:internal.example"] = 80 } })'
silent "nor has the name of a header room for two, whatever its value is" 4 "'Host:internal.example' must be .* without blanks" run smuggled

# --- a field that names another method, as Rails, Laravel and Symfony take it -----------------------------
while read -r path options; do
    book field 'allow = { "http POST ${one}/*" },' "http.post(run.one .. '$path', { $options })"
    silent "$path $options is judged by it" 4 "to .allow.: \"http DELETE $one/x" run field
    silent "in a plan, too" 4 "\"http DELETE $one/x" "$RUNBOOK" plan field.lua
done <<'X'
/x form = { _method = "delete" }
/x form = { [" _method"] = "DELETE", a = 1 }
/x query = { _method = "DELETE" }
/x query = { a = 1, [".method"] = "DELETE" }
/x json = { _method = "DELETE" }
/x body = "a=1&_meth%6fd=DEL%45TE"
/x?_method=DELETE#end
/x?a=1;%5Fmethod=DELETE query = { b = 2 }
X
book fielded '' 'http.post(run.one .. "/x", { reads = true, form = { _method = "DELETE" } })'
silent "nor does a word of the author make a read of it" 4 'a DELETE is never a read' run fielded
book fielded2 'allow = { "http POST ${one}/x" },' 'http.post(run.one .. "/x?a=_method", { form = { method = "DELETE", a_method = "PUT", nested = { _method = "PUT" } } }):expect(200)'
expect "what only looks like one is none" 0 'exit 0' run fielded2

# --- addresses -------------------------------------------------------------------------------------------
book public 'allow = { "http GET http://localhost:* public" },' "http.get('http://localhost:$port/x')"
silent "a name that stands for a private address is not public" 4 'is not a public address' run public
book pooled 'allow = { "http GET http://localhost:*/free", "http GET http://localhost:*/strict public" },' \
    "http.get('http://localhost:$port/free'):expect(200) http.get('http://localhost:$port/strict')"
before=$(requests)
expect "nor over a connection that stands already" 4 'is not a public address' run pooled
[ "$(requests)" = $((before + 1)) ] && ok "which carried the permitted request alone" || not_ok "which carried more"
book named '' "http.get('http://localhost:$port/x')"
silent "a name does not hide a denied address" 4 '(127.0.0.1|::1) is denied by' run named --deny "http * http://127.0.0.1" --deny "http * http://[::1]"
book tls 'allow = { "tls localhost public" },' "tls.inspect('localhost:$port')"
silent "a handshake is judged as a request is" 4 'is not a public address' run tls
book moved "$allow" 'http.get(run.one .. "/ok/a", { resolve = "127.0.0.2" })'
silent "to be sent elsewhere needs leave, of the port where that is" 4 "\"connect 127.0.0.2:$port\"" run moved
silent "to no other port" 4 "\"connect 127.0.0.2:$port\"" run moved --allow "connect 127.0.0.2:9999"
book proxied "$allow" 'http.get(run.one .. "/ok/a", { proxy = "http://127.0.0.2:3128" })'
silent "so does a proxy" 4 '"connect 127.0.0.2:3128"' run proxied
book proxied2 "$allow" 'http.get(run.one .. "/ok/a", { proxy = "http://user:p4ssw0rd@127.0.0.2:3128/a@b" })'
silent "whose password is not told" 4 '"connect 127.0.0.2:3128"
!p4ssw0rd' run proxied2
book unset 'allow = { "http GET http://127.0.0.1:*", "connect ${none}" },' 'http.get(run.one, { resolve = "127.0.0.2" })'
silent "a parameter without a value permits nothing" 4 'not permitted' run unset
book learned 'allow = { "dns localhost", "http GET http://localhost:*" },' \
    "local ip for _, a in ipairs(dns.addresses 'localhost') do if a == '127.0.0.1' then ip = a end end http.get('http://localhost:$port/x', { resolve = ip }):expect(200)"
expect "what the DNS said of a permitted name may be connected to" 0 'exit 0' run learned
book hosted "$allow" 'http.get(run.one .. "/ok/a", { headers = { HOST = "evil.example" } })'
silent "a Host header asks for that host" 4 '"http GET http://evil.example/ok/a"' run hosted
i=0
for url in "http://2130706433:$port/x" "http://0x7f.1:$port/x" "http://0177.0.0.1:$port/x" "http://[::ffff:127.0.0.1]:$port/x" \
    "http://user:pw@127.0.0.1:$port/x" "HTTP://127.0.0.1.:$port/x" "$one/ok/../x" "$one/ok/%2e%2e/x" "$one/ok/%252e%252e/x" "$one//x"; do
    book "form$i" "$allow" "http.get('$url')"
    silent "refused as $url" 4 'not permitted' run "form$i"
    book "deny$i" '' "http.get('$url')"
    silent "denied as $url" 4 'denied by' run "deny$i" --deny "http * http://127.0.0.1:*"
    i=$((i + 1))
done

# --- the rest of the outside -----------------------------------------------------------------------------
book program "$allow" 'exec { "sh", "-c", "echo hi" }'
silent "a program" 4 "\"exec sh -c 'echo hi'\"" run program
book given 'allow = { "exec env" },' 'exec { "env", env = { LD_PRELOAD = "x" } }'
silent "a name for a program's environment" 4 '"env LD_PRELOAD"' run given
book file "$allow" 'http.get(run.one .. "/ok/a", { to_file = "out/../secret.txt" })'
mkdir -p out
silent "a file to write" 4 '"write out/../secret.txt"' run file
touch ca.pem
book ca "$allow" 'http.get(run.one .. "/ok/a", { ca = "ca.pem" })'
silent "a file to read" 4 '"read ca.pem"' run ca
cat >env.lua <<'X'
return runbook { name = "e", params = { key = secret { env = "API_KEY" } }, allow = { "env OTHER_KEY" },
    phase "p" { step "s" { function() end } } }
X
expect "an environment name" 3 '.key. comes from API_KEY, which is not permitted; .*"env API_KEY"' "$RUNBOOK" check env.lua
cat >wrong.lua <<'X'
return runbook { name = "w", allow = { "http https://x" }, phase "p" { step "s" { function() end } } }
X
expect "a line that is no rule names its place" 3 'wrong.lua.*is no rule' "$RUNBOOK" check wrong.lua
sed 's/"http https:..x"/"http GET ${hots}"/; s/name = "w",/name = "w", params = { host = param "x" },/' wrong.lua >typo.lua
expect "a parameter that is none" 2 "'.\{hots\}' names no parameter" "$RUNBOOK" plan typo.lua
expect "a rule on the command line that is none" 2 'is no rule' run good --allow "https://x"

# --- check, show, resume ---------------------------------------------------------------------------------
expect "check shows what it may touch" 0 'may touch
http GET \$\{one\}/ok/\*' "$RUNBOOK" check good.lua
expect "and recommends a declaration" 0 'may touch anything.*check --permissions' "$RUNBOOK" check free.lua
book many '' 'http.get(run.one .. "/ok/a") http.head(run.one .. "/ok/a") http.get(run.one .. "/ok/b") http.post(run.two .. "/p", { assume = { status = 200 } }) exec { "true", reads = true }'
expect "check --permissions writes the smallest" 0 '^    allow = \{
"http GET \$\{one\}/ok/\*"
"http HEAD \$\{one\}/ok/a"
"http POST \$\{two\}/p"
"exec true"
^    \},' "$RUNBOOK" check --permissions many.lua
"$RUNBOOK" check --permissions many.lua >declared
sed -i "/params/r declared" many.lua
expect "which is enough for the run" 0 'exit 0' run many
expect "and no more than that" 6 'denied' run many --deny "exec true"
# --- secrets, and parameters that are equal ---------------------------------------------------------------
cat >equal.lua <<X
return runbook { name = "e", params = { tok = secret { env = "TOK" }, a = param "prod", b = param "prod", c = param { optional = true, type = "string" }, d = param "prod" },
    phase "p" { step "s" { function(run)
        http.get("$one/" .. run.b .. "/x") http.get("$two/bot" .. run.tok .. "/x")
        if run.c == "d" then log.info(run.d) end end } } }
X
export TOK=open-sesame-4711
expect "the parameter that was used is named, and no secret shown" 0 'GET http[^ ]*/\$\{b\}/x",$
/bot\$\{tok\}/x",$
!4711|equal' "$RUNBOOK" check --permissions equal.lua
expect "in doubt there is the value itself" 0 'GET http[^ ]*/prod/x", -- b or d: they are equal in this plan
/bot\$\{tok\}/x",$' "$RUNBOOK" check --permissions equal.lua --set c=d
expect "save that of a secret: a parameter that is none is named" 0 '/bot\$\{c\}/x", -- c or tok: they are equal in this plan
!4711' "$RUNBOOK" check --permissions equal.lua --set c=$TOK
expect "\${name} of a secret in a rule stands for it" 0 'exit 0' "$RUNBOOK" plan equal.lua --allow "env TOK" --allow "http GET $one" --allow "http GET $two/bot\${tok}/*"
expect "and for nothing else" 4 'not permitted; .*"http GET http[^ ]*/bot\$\{tok\}/x"
!4711' run equal --allow "env TOK" --allow "http GET $one/*" --allow "http GET $two/\${tok}/*"
expect "a widened run" 0 'exit 0' "$RUNBOOK" bad.lua --allow "http GET $two" --journal wide.db
expect "is shown as such" 0 "allowed beside its own rules: \"http GET $two\"" "$RUNBOOK" show --journal wide.db
book resumed "$allow" 'http.get(run.two .. "/first") exec { "sh", "-c", "test -e go || kill -9 $PPID", reads = true } http.get(run.two .. "/second")'
{ "$RUNBOOK" resumed.lua --journal resumed.db --allow "http GET $two" --allow "exec sh *"; } >/dev/null 2>&1
touch go
expect "a resumed run has the same rules" 0 'exit 0' "$RUNBOOK" resume --journal resumed.db
expect "also those against it" 4 'denied by' "$RUNBOOK" bad.lua --allow "*" --deny "http * $two" --journal denied.db
expect "and still has them" 4 'denied by' "$RUNBOOK" resume --journal denied.db
finish
