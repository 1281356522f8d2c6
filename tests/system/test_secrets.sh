#!/usr/bin/env bash
# A secret in every kind of place, in every coat: it appears in no journal, log, report or message of a
# run that fails, of one that is killed, and of one that goes on.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/journal_world.lua"
till=$(sed -n 's/^till: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")

plain='Tr0ub4dor&3canary'
awkward='a"quote\back/slash <tag> é€😀 %41+ canary=&?'
learned='whsec_learned_canary_77' # which a step is told by the server, and masks
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
{ forms "$plain"; forms "$awkward"; forms "$learned"; } | awk 'length > 5' | sort -u >needles
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
finish
