#!/usr/bin/env bash
# The password of a URL: sent to the host that it is for and to no other, and seen nowhere: not in a plan, a
# plan file, a report, a journal, an error, or a list of permissions. The user's name is.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

cat >world.lua <<'X'
local function show(_, request)
    local back = request.query.back -- written backwards, lest it be a URL
    local to = request.query.to or back and back:reverse()
    if to then return { status = 302, headers = { Location = to } } end
    return { json = { seen = request.headers.authorization or "none", status = "success",
        data = { resultType = "vector", result = json.array {} } } }
end
return {
    name = "credentials", listen = { one = {}, two = {} },
    handle = { one = show, two = show },
    files = function(w) return { ["values.yaml"] = { one = w.urls.one, two = w.urls.two } } end,
}
X
sandbox world.lua
one=$(sed -n 's/^one: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
two=$(sed -n 's/^two: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
one_at=${one#http://} two_at=${two#http://}
url="http://ops:hunter%2D4711@$one_at"
secrets=(hunter-4711 hunter%2D4711 aHVudGVyLTQ3MTE hunter-08 d2hhdDpo)

# unseen NAME: no secret is in any file of here.
unseen() {
    local found
    for secret in "${secrets[@]}"; do
        found=$(grep -rlaF -e "$secret" --exclude=*.lua --exclude=*.sh --exclude-dir=sandbox.* . 2>/dev/null | tr '\n' ' ')
        [ -z "$found" ] || { not_ok "$1: $secret is in $found"; return; }
    done
    ok "$1: no password is seen"
}
# told NAME CODE PATTERN COMMAND...: as expect, and what is printed has no secret.
told() {
    expect "$1" "$2" "$3
$(printf '!%s\n' "${secrets[@]}")" "${@:4}"
}
grep -q 4711 "$SANDBOX"/* 2>/dev/null && not_ok "the sandbox has it before"

cat >book.lua <<'X'
return runbook { name = "credentials", target = "${url}", params = { url = param { type = "string" }, other = param { type = "string" }, one = param {}, two = param {} },
    phase "p" { on_failure = "halt",
        step "reads" { function(run)
            local seen = http.get(run.url .. "/a"):expect(200):json().seen
            local user, word = crypto.base64_decode(seen:sub(7)):match("(.*):(.*)")
            check.equal(crypto.sha256(word):sub(1, 8), "DIGEST", "the password")
            log.info("it saw " .. seen .. ", of " .. user .. ", " .. word .. ", at " .. run.url)
            return { url = run.url, said = word }
        end },
        step "writes" { undo = function(run) http.delete(run.url .. "/w") end, function(run)
            http.post(run.url .. "/w", { json = { at = run.url }, assume = { status = 200 } })
            log.table { columns = { "at", "by" }, rows = { { run.url, run.results.reads.said } } }
        end },
        step "calls" { function(run) exec { "true", "--remote=" .. run.url, run.other, env = { DB = run.url } } end },
        step "others" { function(run)
            metrics.prometheus(run.url):query "up"
            check(not http.get(run.two, { proxy = run.url }):json().seen:find("ops"), "of the proxy")
            for _, to in ipairs { run.two .. "/x", run.other } do
                check.equal(http.get(run.url .. "/r", { query = { to = to }, redirects = 3 }):json().seen, "none", "what the other host sees")
                log.info("%s", http.get(run.url .. "/r", { query = { to = to } }).headers.location)
            end
            check.equal(http.get(run.url .. "/r", { query = { to = run.one .. "/x" }, redirects = 3 }):json().seen:sub(1, 5), "Basic", "of one host")
        end },
        step "ends" { function(run) if wait.now() > 0 then exec { "sh", "-c", "test -e go || kill -9 $PPID", reads = true } end end } } }
X
sed -i "s/DIGEST/$(printf hunter-4711 | sha256sum | cut -c1-8)/" book.lua
export RUNBOOK_OTHER="http://what:hunter-08@$two_at/x"
touch go
values=(--values "$SANDBOX/values.yaml")
told "a plan" 0 'GET http://ops:\*\*\*@127' "$RUNBOOK" plan book.lua "${values[@]}" --set url="$url" -o plan.json --report plan.html
for form in markdown html json; do
    told "a plan as $form" 0 "ops:" "$RUNBOOK" plan book.lua "${values[@]}" --set url="$url" --output $form
done
told "permissions" 0 'http GET \$\{one\}/' "$RUNBOOK" check --permissions book.lua "${values[@]}" --set url="$url"
unseen "a plan"
told "an apply asks for it again" 2 "parameter 'url' is missing" "$RUNBOOK" apply plan.json --yes --journal apply.db
told "an apply" 0 'ops:\*\*\*@' "$RUNBOOK" apply plan.json --yes --journal apply.db --set url="$url"
told "another password makes no other plan, but fails" 4 'the password is' "$RUNBOOK" apply plan.json --yes --journal apply2.db --set url="${url/4711/4712}"
told "another user does" 10 'http://eve:\*\*\*@' "$RUNBOOK" apply plan.json --yes --journal apply3.db --set url="${url/ops/eve}"
rm go
RUNBOOK_URL=$url told "a run that is killed" 137 'ops:\*\*\*@' bash -c '"$@"; exit $?' - "$RUNBOOK" book.lua "${values[@]}" --journal run.db --yes
unseen "a killed run"
told "show" 0 'ops:\*\*\*@127' "$RUNBOOK" show --journal run.db
told "show as JSON" 0 '"url": ?"http://ops:\*\*\*@127' "$RUNBOOK" show --journal run.db --output json
touch go
told "a resume asks for it again" 2 "its password is not kept; give it with --set url=" "$RUNBOOK" resume --journal run.db
told "and takes no other host" 2 'began with http://ops:\*\*\*@127' "$RUNBOOK" resume --journal run.db --set url="http://ops:hunter%2D4711@other.test"
RUNBOOK_URL=$url told "a resume" 0 'is done' "$RUNBOOK" resume --journal run.db --report run.html
RUNBOOK_URL=$url told "a rollback" 6 'DELETE http://ops:\*\*\*@127' "$RUNBOOK" rollback --journal run.db --yes "$("$RUNBOOK" runs --journal run.db --output json | jq -r '.[0].id')"
unseen "the whole"
for form in ndjson json markdown html; do
    RUNBOOK_URL=$url told "a run as $form" 0 'ops:[\*]+@' "$RUNBOOK" book.lua "${values[@]}" --journal none --yes --output $form
done

# One that the runbook spells out stands in its source: who goes on knows it from there.
cat >literal.lua <<X
return runbook { name = "literal", phase "p" {
    step "returns" { before = function() exec { "true", "https://lit:spelt-out-15@h", reads = true } return { from = "https://lit:spelt-out-15@h" } end,
        undo = function(_, before) exec { "true" } log.info("back to %s", crypto.sha256(before.from)) end,
        function() exec { "true" } return "https://lit:spelt-out-15@h" end },
    step "uses" { function(run) if run.has "returns" then exec { "sh", "-c", "test -e go || kill -9 \$PPID", reads = true } end
        log.info("it is %s", crypto.sha256(run.results["returns"])) end } } }
X
rm go
told "a literal, killed" 137 '' bash -c '"$@"; exit $?' - "$RUNBOOK" literal.lua --journal literal.db
touch go
sum=$(printf 'https://lit:spelt-out-15@h' | sha256sum | cut -c1-64)
told "a literal: its resume has what was kept" 0 "it is $sum" "$RUNBOOK" resume --journal literal.db
expect "a literal: so has its rollback, and shows none" 0 "back to $sum
!spelt-out" "$RUNBOOK" rollback --journal literal.db --yes "$("$RUNBOOK" runs --journal literal.db --output json | jq -r '.[0].id')"

# --- errors ----------------------------------------------------------------------------------------------
n=0
while IFS='|' read -r pattern body; do
    n=$((n + 1))
    printf 'return runbook { name = "e", phase "p" { step "s" { function() local url = "://ops:hunter-47" .. 11 .. "@" %s end } } }\n' "$body" >error.lua
    told "an error, $body" $([[ $body = http.put* ]] && echo 7 || echo 4) "$pattern" "$RUNBOOK" error.lua --journal "error$n.db" --report "error$n.html"
done <<X
ops:\*\*\*@127|http.get("http" .. url .. "127.0.0.1:1/")
ops:\*\*\*@|http.get("http" .. url .. "bad host/")
ops:\*\*\*@|http.get("ftp" .. url .. "host/")
ops:\*\*\*@|http.get("http" .. url:gsub("@", " x@") .. "host/")
ops:\*\*\*@|metrics.prometheus("ftp" .. url .. "127.0.0.1:1"):query "up"
127.0.0.1|metrics.prometheus("http" .. url .. "127.0.0.1:1"):query "up"
proxy|http.get("$one", { proxy = "http" .. url .. "127.0.0.1:1" })
proxy|http.get("$one", { proxy = ("http" .. url):sub(8) .. "127.0.0.1:1" })
proxy|http.get("$one", { proxy = "socks5" .. url .. "127.0.0.1:1/x" })
ops:\*\*\*@|tls.inspect("https" .. url .. "127.0.0.1:1")
ops:\*\*\*@|http.get("$one", { resolve = "http" .. url .. "127.0.0.1:1" })
ops:\*\*\*@|http.get("$one/r", { query = { back = ("ftp" .. url .. "host/"):reverse() }, redirects = 1 })
127.0.0.2|http.put("$one/r", { body = "x", query = { back = ("http" .. url .. "127.0.0.2:1/"):reverse() }, redirects = 1 })
127.0.0.2|http.get("$one/r", { query = { back = ("http" .. url .. "127.0.0.2:1/"):reverse() }, redirects = 1 })
ops:\*\*\*@|error("at http" .. url .. "host/")
ops:\*\*\*@|error("at http://ops:pw" .. "@host/")
X
printf 'apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\nusers: [{name: a, user: {}}]\nclusters: [{name: a, cluster: {server: "http://127.0.0.1:1", proxy-url: "http://ops:hunter-4711@127.0.0.1:1"}}]\n' >kubeconfig.sh
printf 'return runbook { name = "k", phase "p" { step "s" { function() k8s.get "pods/x" end } } }\n' >kube.lua
told "a proxy of a kubeconfig" 4 'proxy|127.0.0.1' "$RUNBOOK" kube.lua --kubeconfig kubeconfig.sh --journal kube.db
printf 'return runbook { name = "d", params = { at = param "http://ops:hunter-4711@host" }, phase "p" { step "s" { function() end } } }\n' >default.lua
told "a default" 0 'ops:\*\*\*@host' "$RUNBOOK" check default.lua
told "a default, in a plan" 0 'd' "$RUNBOOK" plan default.lua -o default.json
unseen "errors" # nor in default.json, which has the source
finish
