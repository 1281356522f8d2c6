#!/usr/bin/env bash
# A secret in every kind of place, in every coat: it appears in no journal, log, report or message of a
# run that fails, of one that is killed, and of one that goes on.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/journal_world.lua"
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")

plain='Tr0ub4dor&3canary'
learned='whsec_learned_canary_77' # which a step is told by the server, and masks
filed='from-a-file-canary-88'
printed='from-a-command-canary-99'
held='from-a-kubernetes-secret-canary-11'
told='from-a-program-canary-22'
awkward='a"quote\back/slash <tag> é€😀 %41+ canary=&?'
cat >secrets.lua <<X
return runbook { name = "secrets",
  params = { plain = secret { env = "T_PLAIN" }, awkward = secret { env = "T_AWKWARD" }, what = param "" },
  phase "p" { keep_going = true,
    step "http" { function(run)
      for i, s in ipairs { run.plain, run.awkward } do
        http.post("$till/echo", { headers = { Authorization = "Bearer " .. s }, body = "x=" .. s })
        http.post("$till/echo", { headers = { Authorization = "Basic " .. crypto.base64_encode("user:" .. s) },
            json = { deep = { { key = s, [s] = 1 } } } })
        http.post("$till/echo", { form = { password = s }, label = "the label has " .. s })
        http.post("$till/echo", { query = { token = s }, reads = true })
        for shift = 0, 2 do
            http.post("$till/echo", { json = { inner = json.encode { a = s }, coded = crypto.base64_encode(("x"):rep(shift) .. s .. "yz") },
                idempotency_key = s .. shift })
        end
        local echoed = http.post("$till/echo", { body = json.encode { s = s }, reads = true }):json()
        check(json.decode(echoed.body).s == s, "the server gives it back")
      end
    end },
    step "exec" { function(run)
      for _, s in ipairs { run.plain, run.awkward } do
        exec { "sh", "-c", 'printf "%s" "\$1"; printf "%s" "\$S" >&2', "sh", s, env = { S = s }, stdin = s }
        pcall(exec, { "sh", "-c", 'printf "%s\\n" "\$1" >&2; exit 3', "sh", s })
        for _, most in ipairs { 120, 600 } do -- where the summary and the last words are cut
            pcall(exec, { "sh", "-c", 'printf "%s\\n" "\$0" >&2; exit 3', ("x"):rep(most - #s + 2) .. s })
        end
      end
    end },
    step "words" { function(run)
      for _, s in ipairs { run.plain, run.awkward } do
        log.info("the secret is %s", s)
        log.table { title = s, columns = { "s", s }, rows = { { s, crypto.base64_encode(s) } } }
        log.link("see " .. s, "https://x.example/?t=" .. s)
        check(true, "a check about " .. s)
      end
      return { answer = run.plain, list = { run.awkward } }
    end },
    step "learns" { function(run)
      local told = http.post("$till/echo", { body = "$learned", sensitive = true, reads = true }):json().body
      log.mask("what it learned", told)
      http.post("$till/echo", { body = told, idempotency_key = "learned" .. run.id })
      log.info("learned %s", told)
    end },
    step "a check fails" { function(run) check(false, "it is %s, and %s", run.plain, run.awkward) end },
    step "an error" { function(run) error { run.awkward } end },
    step "another" { function(run) error("raised with " .. run.awkward .. crypto.base64_encode(run.plain)) end },
    step "no answer" { function(run) http.get("http://127.0.0.1:1/" .. run.plain .. "?q=" .. run.plain) end },
    step "waits" { function(run) if run.what == "wait" then wait.sleep("2s", { label = "for " .. run.plain }) end end },
  },
}
X
sed -i "s/\"$learned\"/\"whsec_learned\" .. \"_canary_77\"/" secrets.lua # the source is on record, and has it in two

# What must not be found: the secrets in their forms, and the parts that stand for them in base64.
forms() {
    jq -rn --arg s "$1" '$s, ($s | @uri, (@uri | gsub("%20"; "+")), @html, (@json | .[1:-1]), (@json | .[1:-1] | gsub("/"; "\\/")))'
    printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' && echo
    local before
    for before in "" x xx; do # without the ends, which depend on what stands beside
        printf '%s' "$before$1" | base64 -w0 | sed 's/^....//; s/.\{4\}$//' && echo
    done
}
{ for secret in "$plain" "$awkward" "$learned" "$filed" "$printed" "$held" "$told"; do forms "$secret"; done; echo "${plain%???}"; } | awk 'length > 5' | sort -u >needles
[ "$(wc -l <needles)" -gt 20 ] && ok "$(wc -l <needles) forms to look for" || not_ok "too few forms"
grep -q . needles && grep -aqFf needles <(printf 'x%sx' "$plain") && ok "which would be found" || not_ok "which would not be found"

# absent NAME FILE...
absent() {
    local name=$1 found
    shift
    found=$(grep -aoFf needles "$@" | sort | uniq -c | head -n 5)
    [ -s "$1" ] && [ -z "$found" ] && ok "none in $name" || not_ok "in $name: ${found:-nothing was written}"
}
run() { T_PLAIN=$plain T_AWKWARD=$awkward "$RUNBOOK" "$@"; }
places() { # places NAME: what was printed, and everything in the journal's folder
    absent "$1: what it prints" out
    (cat err; echo .) >beside
    absent "$1: what it says beside" beside
    cat "$XDG_STATE_HOME"/runbook/* >kept
    absent "$1: the journal" kept
}

export XDG_STATE_HOME=$WORK/one
run secrets.lua -v --report r.html --report r.xml --report r.md --report r.json >out 2>err
is_six=$?
[ $is_six = 6 ] && ok "the run goes through" || { not_ok "the run: exit $is_six"; cat out err; }
grep -q 'secret plain' out && grep -q 'secret awkward' out && grep -q 'secret what it learned' out &&
    ok "their names are shown" || not_ok "their names are shown"
places "text"
for report in html xml md json; do absent "the report as $report" r.$report; done
run show >shown 2>&1
run show --output json >shown.json 2>&1
run show --source >shown.source 2>&1
absent "show" shown
absent "show --output json" shown.json
absent "show --source" shown.source

export XDG_STATE_HOME=$WORK/two
run secrets.lua --output ndjson >out 2>err
places "ndjson"
export XDG_STATE_HOME=$WORK/three
run secrets.lua --debug --color always >out 2>err
places "--debug"
export XDG_STATE_HOME=$WORK/four
run plan secrets.lua >out 2>err
absent "a plan" out

export XDG_STATE_HOME=$WORK/five # killed while its WAL is there, and gone on with
T_PLAIN=$plain T_AWKWARD=$awkward "$RUNBOOK" secrets.lua --set what=wait --output ndjson >out 2>err &
pid=$!
wait_for 30 grep -q 'effect.started.*"kind":"wait"' out
{ kill -9 $pid; wait $pid; } 2>/dev/null
[ -s "$XDG_STATE_HOME/runbook/journal.db-wal" ] && ok "there is a WAL" || not_ok "there is no WAL"
places "killed"
run resume -v >out 2>err
[ $? = 6 ] && ok "it goes on" || { not_ok "it does not go on"; cat out err; }
places "resumed"
# The other places that secrets come from: a file, a command, a program that a step runs, a Kubernetes Secret.
sandbox "$HERE/kubernetes_world.lua"
export KUBECONFIG=$SANDBOX/kubeconfig
echo "$filed" >token
printf '#!/bin/sh\nprintf "%%s" from-a- && echo "$1"\n' >print.sh
chmod +x print.sh
cat >sources.lua <<'X'
return runbook { name = "sources",
  params = { filed = secret { file = "token" }, printed = secret { command = { "./print.sh", "command-canary-99" } } },
  phase "p" { keep_going = true,
    step "learns" { function(run)
      k8s.apply { apiVersion = "v1", kind = "Secret", metadata = { name = "held", namespace = "shop" },
        data = { key = crypto.base64_encode("from-a-kubernetes" .. "-secret-canary-11") } }
      local held = k8s.secret("held", "key", { namespace = "shop" })
      local told = exec { "./print.sh", "program-canary" .. "-22", secret = true, reads = true,
        assume = { out = "none" } }.out
      check(#run.filed > 4 and #run.printed > 4, "they are there: %s %s", run.filed, run.printed)
      for _, s in ipairs { run.filed, run.printed, held, told } do
        log.info("it is %s, or %s", s, crypto.base64_encode("user:" .. s))
        log.table { columns = { "a" }, rows = { { json.encode { s } } } }
        pcall(exec, { "sh", "-c", 'printf "%s" "$1" >&2; exit 3', "sh", s, reads = true })
        pcall(http.get, "http://127.0.0.1:1/?q=" .. s)
      end
      log.info("the Secret is %s", json.encode(k8s.get("secret/held", { namespace = "shop" })))
      log.info("all are %s", json.encode(k8s.list("secrets", { namespace = "shop" })))
      check(false, "it was %s and %s", held, told)
    end },
    step "fails" { function(run) exec { "./print.sh", "program-canary" .. "-22", secret = true, ok = { 7 } } end },
  },
}
X
export XDG_STATE_HOME=$WORK/six
run sources.lua -v --report s.html --report s.xml --report s.md --report s.json >out 2>err
grep -q 'secret held/key' out && grep -q 'secret printed' out && grep -q 'secret filed' out && grep -q 'secret output of' out &&
    ok "secrets of a file, a command, a program and a Kubernetes Secret are named" || { not_ok "their names are shown"; cat out err; }
places "other sources"
for report in html xml md json; do absent "its report as $report" s.$report; done
run show --output json >shown.json 2>&1
absent "its show" shown.json
for form in text markdown html json; do
    run plan sources.lua --output $form >plan.$form 2>err
    absent "its plan as $form" plan.$form
done
run plan sources.lua -o plan.json >out 2>&1
absent "the plan that is handed on" plan.json
echo 'return runbook { name = "c", params = { s = secret { command = { "false" } } }, phase "p" { step "s" { function() end } } }' >none.lua
expect "a command that fails gives nothing" 2 "parameter .s.: its command gives nothing: false ended with status 1" "$RUNBOOK" none.lua
echo 'return runbook { name = "c", allow = {}, params = { s = secret { command = { "pass", "show" } } }, phase "p" { step "s" { function() end } } }' >none.lua
expect "a command has to be permitted" 3 'add this line to .allow.: "exec pass show"' "$RUNBOOK" check none.lua
# A long text is masked before it is cut: the beginning of a secret would not be known again.
sandbox_end
cat >cut.world.lua <<'X'
local kubernetes = require "runbook.world.kubernetes"
local SECRET = "cut-canary-that-goes-on"
local function long(n) return ("B"):rep(n) .. SECRET end
return {
    name = "cut", listen = { kubernetes = { tls = true } },
    start = function(w) w.api = kubernetes.new { token = "t", now = w.now } end,
    handle = { kubernetes = function(w, req)
        if req.method == "GET" then
            local answer = w.api:handle(w, req)
            answer.headers = answer.headers or {}
            answer.headers.Warning = '299 - "' .. long(990) .. '"'
            return answer
        elseif req.query.fieldManager == "page" then
            return { status = 500, headers = { ["Content-Type"] = "text/html" }, body = long(150) }
        end
        local message = long(req.query.fieldManager == "short" and 990 or 5000)
        return { status = 422, json = { kind = "Status", status = "Failure", reason = "Invalid", message = message } }
    end },
    files = function(w) return { kubeconfig = kubernetes.kubeconfig(w.urls.kubernetes, w.ca, "t", "shop") } end,
}
X
sandbox "$WORK/cut.world.lua"
cat >cut.lua <<'X'
return runbook { name = "cut", params = { held = secret { env = "HELD" } },
  phase "p" { keep_going = true,
    step "is warned" { function() k8s.get("configmap/x", { optional = true }) end },
    step "short" { function() k8s.patch("configmap/x", { merge = { a = 1 }, manager = "short" }) end },
    step "long" { function() k8s.patch("configmap/x", { merge = { a = 1 }, manager = "long" }) end },
    step "page" { function() k8s.patch("configmap/x", { merge = { a = 1 }, manager = "page" }) end },
    step "a condition" { function(run)
        local _, why = k8s.condition({ status = { conditions = { { type = "Ready", status = "False",
            message = ("B"):rep(590) .. run.held } } } }, "Ready")
        check(false, "%s", why)
    end },
  },
}
X
export KUBECONFIG=$SANDBOX/kubeconfig
expect "what a cluster says is masked before it is cut" 4 'Kubernetes warns: B{990}\[secret 
422 Invalid: B{990}\[secret held\]. Correct the fields it names
422 Invalid: B+ \.\.\. B+\[secret held\]. Correct the fields it names
500: B{150}\[secret held\]. Look at the API server
Ready is False \(B{590}\[sec
!cut-can' env HELD=cut-canary-that-goes-on "$RUNBOOK" run cut.lua --yes -v --journal cut.db
! grep -aq cut-can cut.db* && ok "in the journal, too" || not_ok "the journal has its beginning"

finish
