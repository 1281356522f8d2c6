#!/usr/bin/env bash
# A secret in what strangers say, at every place where that is cut: it begins a byte before the limit, stands
# across it, ends a byte behind it. Nothing of four of its letters is on the screen, in a report or in the
# journal. One row a place where foreign text comes in.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
secret=JqXzKvWyQpHgZdXmVbTrQcJwFzXkGvYqPhNf
export T_SECRET=$secret
sed "s/@SECRET@/$secret/" "$HERE/quote_world.lua" >world.lua
sandbox "$WORK/world.lua"
export KUBECONFIG=$SANDBOX/kubeconfig
web=$(sed -n 's/^web: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
prometheus=$(sed -n 's/^prometheus: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
port=$(free_port) # of a TLS server whose certificate tells it, too
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 20 \
    -subj "/CN=$secret/O=xxxxxxxxxxxxxxxxxxxx$secret" \
    -addext "subjectAltName=$(for pre in 20 199 255 300; do printf 'DNS:%0*d%s,' $pre 0 "$secret"; done)DNS:$secret" >/dev/null 2>&1
openssl s_server -accept "127.0.0.1:$port" -cert tls.pem -key tls.key -quiet >/dev/null 2>&1 </dev/null &
pids+=($!)
wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || { echo "no TLS server"; exit 1; }
for ((i = 0; i + 4 <= ${#secret}; i++)); do echo "${secret:i:4}"; done >needles
grep -aqFf needles <<<"x${secret:5:4}x" && ok "four letters would be found" || not_ok "four letters would not be found"

# The rows: the name, the limits that were ever there (bytes), what to do with a text that has the secret. Each
# limit is tried with the secret at six places before it, since the sentence around the text counts, too; and
# with as much behind the secret, since some limits count from the end.
cat >quote.lua <<X
local secret_of, web, prometheus = nil, "$web", "$prometheus"
local function get(path, options)
    return function(_, pre, post) return http.get(("%s/%s?pre=%d&post=%d"):format(web, path, pre, post), options) end
end
local function text_of(run, pre, post) return ("x"):rep(pre) .. run.secret .. ("y"):rep(post) end
local function with(fn) return function(run, pre, post) return fn(text_of(run, pre, post), run) end end
local function cluster(kind, fn)
    return function(_, pre, post) return (fn or k8s.get)(("configmap/%s-%d-%d"):format(kind, pre, post)) end
end
local function metric(kind)
    return function(_, pre, post)
        local _, warnings = metrics.prometheus(prometheus):query(("%s_%d_%d"):format(kind, pre, post))
        error "no failure"
    end
end
local function says(where, options) -- a program that says the text
    return with(function(text) exec { "sh", "-c", 'printf "%s\\\\n" "\$T" >&' .. where .. "; exit 3", env = { T = text },
        max_bytes = options and options.max_bytes } end)
end
local rows = {
    { "a redirect too many", { 256, 512, 1024, 4096, 8192, 16384 }, get("moves", { redirects = 1 }) },
    { "a redirect of a body to another host", { 256, 1024 }, function(_, pre, post)
        http.post(("%s/away?pre=%d&post=%d"):format(web, pre, post), { body = "x", redirects = 1, reads = true })
    end },
    { "a redirect to what is not spoken", { 256, 1024 }, get("ftp", { redirects = 1 }) },
    { "a redirect to what is no URL", { 256, 1024 }, get("port", { redirects = 1 }) },
    { "the body of an answer", { 80, 200, 1024 }, function(run, pre, post) get("body")(run, pre, post):expect(200) end },
    { "a body that is no JSON", { 80, 200, 1024 }, function(run, pre, post) get("json")(run, pre, post):json() end },
    { "a header in a check", { 200, 1024, 16384 }, function(run, pre, post)
        check(false, "the server says %s", get("body")(run, pre, post).headers["x-text"])
    end },
    { "curl: a proxy of no known kind", { 200, 256, 1024 }, with(function(text)
        http.get(web, { proxy = "ftp://127.0.0.1/" .. text })
    end) },
    { "curl: a host", { 200, 256, 300 }, with(function(text) http.get("http://" .. text .. ".invalid/", { timeout = "2s" }) end) },
    { "curl: a certificate's file", { 200, 256, 1024 }, with(function(text)
        http.get(web:gsub("^http", "https"), { ca = "/nonexistent/" .. text, cert = "/nonexistent/" .. text, key = "/nonexistent/" .. text })
    end) },
    { "a header that is none", { 60, 200, 1024 }, with(function(text) http.get(web, { headers = { ["a b" .. text] = "x" } }) end) },
    { "a method that is none", { 60, 1024 }, with(function(text) http.request { url = web, method = "GET " .. text } end) },
    { "a URL that is none", { 256, 1024 }, with(function(text) http.get("http://[" .. text) end) },
    { "a file to write", { 200, 1024, 4096 }, function(run, pre, post)
        http.get(web .. "/json", { to_file = "/nonexistent/" .. text_of(run, pre, post) })
    end },
    { "Kubernetes: a Status", { 600, 1024, 1200, 1800, 16384 }, cluster "status" },
    { "Kubernetes: a body", { 600, 1024, 1200, 1800, 32768 }, cluster "body" },
    { "Kubernetes: a body that breaks off", { 600, 1024, 1200, 1800 }, cluster "broken" },
    { "Kubernetes: a warning", { 200, 256, 512, 600, 1024, 1800, 2000, 4096 }, cluster "warns" },
    { "Kubernetes: a condition", { 40, 100, 600, 1024 }, function(_, pre, post)
        local _, why = k8s.condition(k8s.get(("configmap/there-%d-%d"):format(pre, post)), "Ready")
        check(false, "not ready: %s", why)
    end },
    { "Kubernetes: a described object", { 120 }, cluster("there", function(what) log.info("%s", k8s.describe(what)) end) },
    { "Kubernetes: a name", { 100, 1024 }, with(function(text) k8s.get("configmap/ " .. text) end) },
    { "Kubernetes: a type", { 100, 1024 }, with(function(text) k8s.get(text .. "/x") end) },
    { "metrics: a refusal", { 600, 1024, 1200 }, metric "refuses" },
    { "metrics: a body", { 160, 200, 300, 1024 }, metric "body" },
    { "metrics: a redirect", { 200, 300, 512, 1024 }, metric "moved" },
    { "metrics: a warning", { 600, 1024 }, metric "warns" },
    { "metrics: a query", { 100, 160, 200, 300 }, with(function(text) metrics.prometheus(prometheus):query("refuses_1_1 " .. text) end) },
    { "a program's last words", { 600, 1024, 16384 }, says(2) },
    { "a program's output", { 600, 1024, 16384 }, says(1) },
    { "a program's output that is cut", { 100, 600, 1024 }, function(run, pre, post)
        local text = text_of(run, pre, post)
        local got = exec { "printf", "%s", text, max_bytes = pre + #run.secret // 2, reads = true }
        check(false, "%s", got.out)
    end },
    { "a command line", { 160, 200, 256, 1024 }, with(function(text) exec { "false", text } end) },
    { "a program that is not there", { 160, 200, 1024 }, with(function(text) exec { text } end) },
    { "a folder that is not there", { 200, 1024 }, with(function(text) exec { "true", cwd = "/nonexistent/" .. text } end) },
    { "JSON that is none", { 1, 40, 1024 }, with(function(text) json.decode(text) end) },
    { "a value of JSON that is none", { 1, 40, 1024 }, with(function(text, run) json.decode('{"a": ' .. run.secret .. text) end) },
    { "a key that stands twice", { 40, 200, 1024 }, with(function(text) yaml.decode(text .. ": 1\n" .. text .. ": 2") end) },
    { "YAML that is none", { 1, 40, 1024 }, with(function(text, run) yaml.decode("[ a\n" .. run.secret .. "}" .. text .. "]") end) },
    { "a document that is no object", { 60, 200, 1024 }, with(function(text) k8s.documents(text) end) },
    { "a name of DNS", { 200, 256, 300, 1024 }, with(function(text) dns.query(text, "A", { server = "127.0.0.1:1", timeout = "1s" }) end) },
    { "a server of DNS", { 200, 1024 }, with(function(text) dns.query("a.test", "A", { server = text }) end) },
    { "a type of DNS", { 200, 1024 }, with(function(text) dns.query("a.test", text, { server = "127.0.0.1:1" }) end) },
    { "TLS: a host", { 200, 300, 1024 }, with(function(text) tls.inspect(text .. ".invalid", { timeout = "2s" }) end) },
    { "TLS: a certificate", { 1 }, function()
        local t = tls.inspect("shop.test", { address = "127.0.0.1:$port", timeout = "5s" })
        for _, flaw in ipairs(t.errors) do log.info("%s", flaw.message) end
        check(t.ok, "%s: %s, %s", t.cause, t.chain[1].subject, table.concat(t.chain[1].sans, ", "))
    end },
    { "TLS: a file", { 256, 1024 }, with(function(text) tls.inspect("127.0.0.1", { ca = "/nonexistent/" .. text }) end) },
    { "a question", { 200, 1024, 4096, 16384 }, with(function(text)
        local _, why = pcall(ask.approve, text) -- which nobody answers; uncaught, it would end the run
        check(false, "%s", why.text)
    end) },
    { "an error of the runbook's", { 200, 1024, 16384 }, with(function(text) error(text) end) },
    { "an error that is a table", { 200, 1024, 16384 }, with(function(text) error { text = text, detail = text } end) },
    { "a check", { 200, 1024, 16384 }, with(function(text) check(false, "%s", text) end) },
    { "a module", { 200, 1024, 4096 }, with(function(text) require(text) end) },
    { "a result that is no data", { 200, 1024 }, with(function(text) return { [text] = print } end) },
    { "an option", { 64, 200, 1024 }, with(function(text) http.get(web, { [text] = 1 }) end) },
    { "what a write changes", { 40, 200, 1024 }, with(function(text)
        http.post(web .. "/x", { json = { a = text, b = { c = text } }, headers = { ["X-Text"] = text } }):expect(200)
    end) },
    { "what a write of text changes", { 40, 200, 1024 }, with(function(text) http.post(web .. "/x", { body = text }):expect(200) end) },
    { "what a patch changes", { 40, 200, 1024 }, cluster("there", function(what)
        k8s.patch(what, { merge = { data = { key = "new" } } })
        error "no failure"
    end) },
}
local steps = { keep_going = true }
for _, row in ipairs(rows) do
    for _, limit in ipairs(row[2]) do
        for _, before in ipairs { 1, 18, 35, 70, 105, 140 } do
            local pre = math.max(limit - before, 0)
            for side, place in ipairs { { pre, 50 }, { 3000, pre } } do
                if side == 1 or limit >= 200 and limit <= 1800 and not row[1]:find "^a method" then
                    steps[#steps + 1] = step(("%s, %d-%d%s"):format(row[1], limit, before, side == 2 and " from the end" or "")) {
                        function(run) return row[3](run, place[1], place[2]) end }
                end
            end
        end
    end
end
return runbook { name = "quote", params = { secret = secret { env = "T_SECRET" } }, phase "p" (steps) }
X

# absent NAME FILE...
absent() {
    local name=$1 found
    shift
    found=$(grep -aoiFf needles "$@" | sort | uniq -c | sort -rn | head -n 3)
    [ -s "$1" ] && [ -z "$found" ] && ok "none in $name" || not_ok "in $name: ${found:-nothing was written}"
}
run() { timeout 250 "$RUNBOOK" "$@" >out 2>err </dev/null; }
places() { # places NAME: what was printed, and everything in the journal's folder with its WAL
    absent "$1: what it prints" out
    (cat err; echo .) >beside
    absent "$1: what it says beside" beside
    cat "$XDG_STATE_HOME"/runbook/* >kept
    absent "$1: the journal" kept
}

export XDG_STATE_HOME=$WORK/one
run quote.lua -v --report r.html --report r.xml --report r.md --report r.json
code=$?
failed_steps=$(jq '[.phases[].steps[] | select(.outcome == "failed")] | length' r.json)
[ $code = 6 ] && [ "$failed_steps" -gt 1500 ] && ok "$failed_steps steps fail as they should" ||
    { not_ok "exit $code, $failed_steps steps failed"; tail -n 20 out err; }
jq -r '.phases[].steps[] | select(.outcome == "failed" | not) | .name' r.json | sed 's/, [0-9].*//' | sort -u >good
diff - good >odd <<'X' && ok "and no other" || not_ok "other steps: $(cat odd)"
Kubernetes: a described object
Kubernetes: a warning
X
places text
jq -r '[.phases[].steps[] | {name, seen: (tostring | ascii_downcase)}] | .[] | [.name, .seen] | @tsv' r.json |
    grep -aiFf needles | cut -f1 | sed 's/, [0-9].*//' | uniq -c # the rows to blame
for report in html xml md json; do absent "the report as $report" r.$report; done
"$RUNBOOK" show >shown 2>&1
absent "show" shown
grep -q 'secret secret' out && ok "its name is shown" || not_ok "its name is not shown"

export XDG_STATE_HOME=$WORK/two
run quote.lua --output ndjson
places ndjson
export XDG_STATE_HOME=$WORK/three
run plan quote.lua --report r.html --report r.json
absent "a plan" out
(cat err; echo .) >beside
absent "a plan: what it says beside" beside
for report in html json; do absent "the plan's report as $report" r.$report; done

# What steers a terminal does not reach one, and what is endless is shown in part.
cat >steers.lua <<X
return runbook { name = "steers", params = { secret = secret { env = "T_SECRET" } }, phase "p" { keep_going = true,
  step "an answer" { function() http.get("$web/x?esc=1"):expect(200) end },
  step "an answer, whole" { function() check(false, "%s", http.get("$web/x?esc=1").body) end },
  step "a program" { function() exec { "printf", "\\\\033[2J\\\\033]0;title\\\\007", ok = { 1 } } end },
  step "a program that is not there" { function() exec { "\27[2Jnobody" } end },
  step "an error" { function() error("\27[2J\7\0\u{9b}2J\u{202e}") end },
  step "a question" { function() ask.approve("\27[2J?") end },
} }
X
cat >endless.lua <<'X'
return runbook { name = "endless", params = { secret = secret { env = "T_SECRET" } }, phase "p" { keep_going = true,
  step "an error" { function(run) error(("x"):rep(16380) .. run.secret .. ("y"):rep(800000)) end },
  step "a program that is not there" { function(run) exec { ("x"):rep(10910) .. run.secret .. ("y"):rep(100000) } end },
} }
X
export XDG_STATE_HOME=$WORK/four
run steers.lua -v --report r.md --report r.html
grep -q 'title' out && ! grep -aq $'\e\|\a\|\xc2\x9b' out err r.md r.html && ok "nothing steers the terminal" ||
    not_ok "the terminal is steered: $(cat -v out err | grep -F '^' | head -n 5)"
printf '\33[2J: 1\n\33[2J: 2\n' >values.yaml
run steers.lua --values values.yaml
grep -q 'not valid YAML' err && ! grep -aq $'\e' err && ok "nor what a verb says itself" || not_ok "a verb: $(cat -v err)"
export XDG_STATE_HOME=$WORK/five
run endless.lua --output ndjson --report r.html
places endless
"$RUNBOOK" show --output json >shown 2>&1
for file in out err shown r.html; do
    [ "$(wc -c <$file)" -lt 500000 ] && ok "$file has $(wc -c <$file) bytes" || not_ok "$file has $(wc -c <$file) bytes"
done

# Who holds a lease says who he is.
cat >lease.lua <<'X'
return runbook { name = "lease", params = { secret = secret { env = "T_SECRET" } },
  phase "p" { step "s" { function() log.info "not reached" end } } }
X
for pre in 150 280; do
    run lease.lua --lease "default/held-$pre-600"
    [ $? = 9 ] && grep -q 'is held by x*\[secret secret\]yyy' err && ok "a holder of a lease, $pre" ||
        not_ok "a holder of a lease, $pre: $(cat err)"
    absent "what is said of him" err
done
finish
