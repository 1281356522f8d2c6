#!/usr/bin/env bash
# The engine seen from outside: what loads, what fails how, what is rolled back, what signals do.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

write() { cat >"$1"; }
book() { # book FILE: a runbook around the phases on standard input
    { echo 'return runbook { name = "t", summary = "a test",'; cat; echo '}'; } >"$1"
}

# --- loading -----------------------------------------------------------------------------------------
expect "no file" 3 'could not open nosuch.lua: No such file' "$RUNBOOK" nosuch.lua
expect "no arguments" 2 'runbook help' "$RUNBOOK"
printf 'return runbook {\n  name = "x"\n  phase "p" {}\n}\n' >syntax.lua
expect "a syntax error" 3 'syntax.lua:3: .* near .phase.
phase "p"' "$RUNBOOK" check syntax.lua
mkdir templates && cp "$ROOT/lib/lua/templates/new.lua" templates/
echo 'return require "templates.new"' >copied.lua
expect "a file that reads as a template does" 0 'the parameters make sense' "$RUNBOOK" check copied.lua
echo 'return 7' >seven.lua
expect "no runbook returned" 3 'does not return a runbook' "$RUNBOOK" check seven.lua
expect "a world in place of a runbook" 3 'world.lua: this is a world and no runbook; .runbook sandbox' \
    "$RUNBOOK" check "$HERE/sandbox_world.lua"
write load.lua <<'X'
local answer = http.get("http://127.0.0.1:1/")
return runbook { name = "x" }
X
expect "a primitive while loading" 3 'load.lua:1: .*used while the file loads
local answer = http.get' "$RUNBOOK" check load.lua
book field.lua <<'X'
  phase "p" { step "s" { function() end, timout = "3s" } }
X
expect "an unknown field" 3 "field.lua:2: step \"s\" has no field 'timout' \\(did you mean 'timeout'\\?\\); it takes
phase \"p\" { step" "$RUNBOOK" check field.lua
book twice.lua <<'X'
  phase "p" { step "s" { function() end },
              step "s" { function() end } }
X
expect "a duplicate step" 3 'twice.lua:3: there are two steps "s"; the first is at twice.lua:2' \
    "$RUNBOOK" check twice.lua
book name.lua <<'X'
  phase "p" { step "s" { function() chek(true, "x") end } }
X
expect "a misspelt name" 4 "'chek' is not defined \\(did you mean 'check'\\?\\)
name.lua:2" "$RUNBOOK" name.lua
echo 'while true do end' >forever.lua
expect "a file that never ends" 130 'stopped by a signal' timeout --foreground --preserve-status -s INT 1 "$RUNBOOK" check forever.lua

# --- parameters --------------------------------------------------------------------------------------
book params.lua <<'X'
  params = { url = param { help = "where" }, n = param { default = 3 }, d = param { default = "90s", type = "duration" },
             b = param { default = false }, e = param { choices = { "a", "b" }, default = "a" },
             x = param { default = 0.5 }, k = secret { env = "T_KEY", optional = true } },
  phase "p" { step "s" { function(run)
      log.info("%s %d %s %s %s %s", run.url, run.n, run.d, run.b, run.e, run.x)
      log.info("key %s %s", run.k, run.k and crypto.base64_encode("x:" .. run.k))
  end } }
X
expect "a missing parameter" 2 "parameter 'url' \(where\) is missing; give it with --set url=" "$RUNBOOK" params.lua
expect "every wrong parameter at once" 2 "'n': 'many' from --set n is not a whole number
'd': 'soon' .*length of time
'b': 'maybe' .*true or false
'e': 'c' .*one of a, b
no parameter 'ur' \(--set\) \(did you mean 'url'\?\)" \
    "$RUNBOOK" params.lua --set n=many --set d=soon --set b=maybe --set e=c --set ur=x --set url=u
expect "types" 0 'u 7 90 true b 0.25' "$RUNBOOK" params.lua --set url=u --set n=7 --set b=yes --set e=b --set x=0.25
printf 'url: from-file\nn: 8\nd: 1m 30s\n' >bad.yaml
expect "a wrong duration in a file" 2 "'d': '1m 30s' from bad.yaml" "$RUNBOOK" params.lua --values bad.yaml
printf 'url: from-file\nn: 8\nd: 2m\n' >values.yaml
expect "a values file" 0 'from-file 8 120' "$RUNBOOK" params.lua --values values.yaml
expect "the environment beats the file" 0 'from-env 8' env RUNBOOK_URL=from-env "$RUNBOOK" params.lua --values values.yaml
expect "--set beats the environment" 0 'from-set 8' env RUNBOOK_URL=from-env "$RUNBOOK" params.lua --values values.yaml --set url=from-set
printf 'url: [1\n' >broken.yaml
expect "a broken values file" 2 'broken.yaml is not valid YAML: line' "$RUNBOOK" params.lua --values broken.yaml
expect "secrets are masked, also in other forms" 0 'key \[secret k\]
!hunter2hunter2
!eDpodW50' env T_KEY=hunter2hunter2 "$RUNBOOK" params.lua --set url=u
printf 'url: 0123\nk: 12345678\nn: [1]\nd: [1]\n' >bare.yaml
expect "YAML's numbers are no text" 2 "'url': '83' from bare.yaml is not text; put it in quotes
'k': the value from bare.yaml is not text; put it in quotes
'n': the list from bare.yaml is not a single value
'd': the list" "$RUNBOOK" params.lua --values bare.yaml
expect "one values file" 2 'a second --values \(values.yaml\)' "$RUNBOOK" params.lua --values bad.yaml --values values.yaml
expect "a number is finite" 2 "'x': '1e999' from --set x is not a number" "$RUNBOOK" params.lua --set url=u --set x=1e999
expect "an empty variable gives nothing" 0 'u 3 90 .*
key nil nil' env RUNBOOK_N= T_KEY= "$RUNBOOK" params.lua --set url=u
book default.lua <<'X'
  params = { d = param { default = "soon", type = "duration" } },
  phase "p" { step "s" { function() end } }
X
expect "a default of another type" 3 "the default of a param of type duration is 'soon', not a length of time" "$RUNBOOK" check default.lua
book file.lua <<'X'
  params = { k = secret { file = "key", optional = true } },
  phase "p" { step "s" { function(run) log.info("key %s", run.k) end } }
X
expect "a secret's file that is not there" 0 'key nil' "$RUNBOOK" file.lua
mkdir key
expect "a secret's file that cannot be read" 2 "'k': its file cannot be read: key: Is a directory" "$RUNBOOK" file.lua
expect "a short secret is refused" 2 "'k': the value from T_KEY .*4 characters" env T_KEY=abc "$RUNBOOK" params.lua --set url=u

# --- selection ---------------------------------------------------------------------------------------
book select.lua <<'X'
  phase "one" { step "a" { function() log.info("ran-a") end }, step "b" { function() log.info("ran-b") end } },
  phase "two" { step "c" { function() log.info("ran-c") end } },
X
expect "one phase" 0 'ran-c
!ran-a' "$RUNBOOK" select.lua two
expect "an unknown phase" 2 "no phase 'three'; it has one, two" "$RUNBOOK" select.lua three
expect "--from" 0 'ran-b
ran-c
!ran-a' "$RUNBOOK" select.lua --from one/b
expect "--only" 0 'ran-b
!ran-a
!ran-c' "$RUNBOOK" select.lua --only b
expect "--only of an unknown step" 2 "has no step 'z'" "$RUNBOOK" select.lua --only z
expect "check looks for phases and steps, too" 2 "no phase 'three'" "$RUNBOOK" check select.lua three
expect "check --only of an unknown step" 2 "has no step 'z'" "$RUNBOOK" check select.lua --only z
expect "a misspelt verb" 2 "no verb and no file 'chek' \\(did you mean 'check'\\?\\)" "$RUNBOOK" chek select.lua
expect "no verb at all" 2 "no file 'zzzzzzzz'; .runbook help" "$RUNBOOK" zzzzzzzz
expect "a wrong flag" 2 'no option --frm=x \(did you mean --from\?\)' "$RUNBOOK" select.lua --frm=x
expect "one like no other" 2 'no option --zzzzz;' "$RUNBOOK" select.lua --zzzzz
expect "a report nobody can write" 2 'nowhere' "$RUNBOOK" select.lua --report /nowhere/x.html

# --- failing -----------------------------------------------------------------------------------------
book keep.lua <<'X'
  phase "p" { keep_going = true,
    step "a" { function() check(false, "first problem") end },
    step "b" { function() check(false, "second problem") end } },
  phase "q" { step "c" { function() log.info("went-on") end } },
X
expect "keep_going shows every problem, then halts" 4 'first problem
second problem
!went-on' "$RUNBOOK" keep.lua
book nul.lua <<'X'
  phase "p" { keep_going = true,
    step "a" { function() error("one\0behind") end },
    step "b" { function() check(false, "two\0behind") end },
    step "c" { function() error { text = "three\0behind" } end } },
X
expect "a NUL hides nothing of a failure's text" 4 'one.x00behind
two.x00behind
three.x00behind' "$RUNBOOK" nul.lua
book continue.lua <<'X'
  phase "p" { on_failure = "continue", step "a" { function() check(false, "a problem") end } },
  phase "q" { step "c" { function() log.info("went-on") end } },
X
expect "continue goes on, and still ends as failed" 4 'went-on' "$RUNBOOK" continue.lua
book rollback.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "a" { function() exec { "true" } end, undo = function() exec { "true" } log.info("undo-a") end },
    step "b" { function() exec { "true" } end, undo = function() exec { "true" } log.info("undo-b") end },
    step "looks" { function() end, undo = function() log.info("undo-looks") end },
    step "c" { function() check(false, "broken") end } },
X
expect "rollback, last first, only what wrote" 5 '1 of 2|undone: b
undone: a
!undo-looks' "$RUNBOOK" rollback.lua
out=$("$RUNBOOK" rollback.lua 2>&1)
order=$(grep -Eo 'undo-[ab]' <<<"$out" | tr '\n' ' ')
[ "$order" = "undo-b undo-a " ] && ok "undo order" || not_ok "undo order: $order"
book undofails.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "a" { function() exec { "true" } end, undo = function() exec { "true" } log.info("undo-a") end },
    step "b" { function() exec { "true" } end, undo = function() error("cannot") end },
    step "c" { function() check(false, "broken") end } },
X
expect "a failing undo does not stop the others" 6 'undo-a
cannot
b: its undo failed' "$RUNBOOK" undofails.lua
book halt.lua <<'X'
  phase "p" { step "a" { function() exec { "true" } end, undo = function() end },
              step "c" { function() check(false, "broken") end } },
X
expect "halt leaves the change and says so" 6 'a: it was not undone' "$RUNBOOK" halt.lua
book lasting.lua <<'X'
  phase "p" { step "a" { function() exec { "true" } end, lasting = "it does no harm" },
              step "c" { function() check(false, "broken") end } },
X
expect "a lasting change need not be undone" 5 'it does no harm' "$RUNBOOK" lasting.lua
book shared.lua <<'X'
  phase "p" { on_failure = "rollback",
    (function() local u = function() log.info("shared-undo") end
      return { step "a" { function() exec { "true" } end, undo = u }, step "b" { function() exec { "true" } end, undo = u } } end)(),
    step "c" { function() error("broken") end } },
X
out=$("$RUNBOOK" shared.lua 2>&1)
[ "$(grep -c 'shared-undo' <<<"$out")" = 1 ] && ok "a shared undo runs once" || not_ok "a shared undo runs once: $out"
book refused.lua <<'X'
  phase "p" { step "a" { function() exec { "/nowhere/at/all", assume = { status = 77 } } end } },
X
expect "a write that never began has changed nothing, and no answer, whatever is assumed" 4 'nowhere/at/all
!77' "$RUNBOOK" refused.lua
book halfway.lua <<'X'
  phase "p" { step "a" { function() exec { "sh", "-c", "touch changed; exit 3" } end } },
X
expect "a write that failed may have changed something" 6 'ended with status 3
a: it has no undo' "$RUNBOOK" halfway.lua
book lua.lua <<'X'
  phase "p" { step "a" { function() local t = nil; return t.x end } },
X
expect "a Lua error has one line, no traceback" 4 "attempt to index a nil value
lua.lua:2
!stack traceback" "$RUNBOOK" lua.lua

# --- time --------------------------------------------------------------------------------------------
book timeout.lua <<'X'
  phase "p" { keep_going = true,
    step "sleeps" { timeout = "200ms", function() wait.sleep("30s") end },
    step "spins" { timeout = "200ms", function() while true do end end },
    step "swallows" { timeout = "200ms", function() while true do pcall(wait.sleep, "30s") end end },
    step "spins and swallows" { timeout = "200ms", function() while true do pcall(function() while true do end end) end end } },
X
expect "a step's timeout, whatever it does" 4 '✗ sleeps .*
✗ spins 
✗ swallows
✗ spins and swallows' "$RUNBOOK" timeout.lua
book retry.lua <<'X'
  phase "p" { step "third time" { retry = { attempts = 3, backoff = "50ms" }, function()
      exec { "sh", "-c", "echo x >> tries; test $(wc -l < tries) -ge 3", reads = true } end } },
X
expect "retry" 0 'third time' "$RUNBOOK" retry.lua
[ "$(wc -l <tries)" = 3 ] && ok "three attempts were made" || not_ok "attempts: $(wc -l <tries)"
book when.lua <<'X'
  phase "p" { step "a" { when = function() return false end, function() log.info("ran-a") end } },
X
expect "when" 0 '!ran-a
skipped' "$RUNBOOK" when.lua

book until.lua <<'X'
  phase "p" { step "a" { function()
      local looks = 0
      pcall(wait.until_, { every = "0s", timeout = "300ms", fn = function() looks = looks + 1 end })
      check(looks < 10, "looked %d times", looks)
  end } },
X
expect "a wait takes its time between two looks" 0 't is done' "$RUNBOOK" until.lua

# --- concurrency -------------------------------------------------------------------------------------
book parallel.lua <<'X'
  phase "p" { keep_going = true,
    step "together" { function()
      local started = wait.now()
      local r = parallel { a = function() wait.sleep(0.3) return 1 end, b = function() wait.sleep(0.3) return 2 end }
      check.equal(r.a + r.b, 3, "the sum")
      check(wait.now() - started < 0.6, "both at once")
    end },
    step "in order" { function()
      local r = each({ 3, 1, 2 }, { limit = 2 }, function(n, i) wait.sleep(n / 50) return n * 10 + i end)
      check.equal(table.concat(r, " "), "31 12 23", "results")
    end },
    step "one fails" { function()
      parallel { function() wait.sleep("30s") end, function() error("broken branch") end } end },
    step "sort" { function() table.sort({ 3, 1, 2 }, function(a, b) wait.sleep(0.01) return a < b end) end } },
X
expect "parallel and each" 4 'broken branch
cannot wait here' timeout 10 "$RUNBOOK" parallel.lua

# --- people ------------------------------------------------------------------------------------------
book ask.lua <<'X'
  phase "p" { step "a" { function() ask.approve("Go on?") log.info("went-on") end } },
X
expect "no terminal, no prompt" 8 '"Go on\?" needs a person.*--yes' "$RUNBOOK" ask.lua
expect "--yes" 0 'went-on' "$RUNBOOK" ask.lua --yes
book went_on.lua <<'X'
  phase "a" { on_failure = "continue", step "asks" { function() ask.approve("Go on?") end } },
  phase "b" { step "changes" { function() exec { "true" } end }, step "breaks" { function() error("broken") end } },
X
expect "what the run went on after does not say how it ended" 6 '"breaks" failed, and NOT everything was rolled back: .*broken
!not approved' "$RUNBOOK" went_on.lua

# --- signals -----------------------------------------------------------------------------------------
# signalled SIGNAL FILE: runs it, sends the signal once the file `began` is there.
signalled() {
    rm -f began
    "$RUNBOOK" "$2" &
    local pid=$!
    wait_for 30 test -f began
    kill "-$1" $pid
    wait $pid
}
book signal.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "a" { function() exec { "true" } end, undo = function() wait.sleep(0.1) exec { "true" } log.info("undo-a") end },
    step "b" { function() exec { "touch", "began", reads = true } wait.sleep("30s") end } },
X
expect "SIGINT rolls back where the phase says so" 130 'undo-a
rolled back' signalled INT signal.lua
expect "SIGTERM too" 143 'undo-a' signalled TERM signal.lua
expect "and a closed terminal" 143 'undo-a' signalled HUP signal.lua
book inflight.lua <<'X'
  phase "p" { step "a" { function()
      exec { "sh", "-c", "touch began; sleep 1; echo done > finished" }
      log.info("next-effect") wait.sleep(1) log.info("never-here")
  end } },
X
expect "a write on its way is waited for" 130 'stopped
!never-here' signalled INT inflight.lua
[ -f finished ] && ok "it was finished" || not_ok "it was finished"
book bomb.lua <<'X'
  phase "p" { step "a" { function() string.find(string.rep("a", 4000), ".-.-.-.-b") end } },
X
bomb() { "$RUNBOOK" "$@" & local pid=$!; sleep 0.7; kill -INT $pid; sleep 0.5; kill -INT $pid 2>/dev/null; wait $pid; }
expect "Ctrl-C ends it, also while a pattern is matched" 130 "stopped by a signal" bomb bomb.lua
book slow.lua <<'X'
  phase "p" { step "a" { function() exec { "sleep", "7" } end } },
X
expect "a second Ctrl-C ends at once, also while a write is on its way" 130 "second signal" bomb slow.lua

# --- writes over HTTP --------------------------------------------------------------------------------
write http_world.lua <<'X'
return {
    name = "http", listen = { plain = {} },
    handle = { plain = function(_, req)
        if req.path == "/made" then return { json = { id = "we_1", secret = "whsec_made_just_now" } } end
        return { status = tonumber(req.query.code or "200"), body = "as asked" }
    end },
    files = function(w) return { ["values.yaml"] = { plain = w.urls.plain } } end,
}
X
sandbox http_world.lua
book status.lua <<'X'
  params = { plain = param {}, code = param { default = 200 } },
  phase "p" { step "a" { function(run)
      http.post(run.plain .. "/status", { query = { code = run.code }, form = { a = 1 } }):expect(200) end } },
X
status() { "$RUNBOOK" status.lua --values "$SANDBOX/values.yaml" --set code="$1"; }
expect "a write that was refused has changed nothing" 4 'answered 422' status 422
expect "a write that a server failed at may have changed something" 6 'answered 500' status 500
expect "a write that a gateway gave up is in doubt" 7 'answered 504' status 504
expect "and with a bad gateway" 7 'answered 502' status 502
book made.lua <<'X'
  params = { plain = param {} },
  phase "p" { step "a" { function(run)
      local made = http.post(run.plain .. "/made", { secret = { "secret" } }):expect(200):json()
      check.equal(#made.secret, 19, "its length")
      log.info("made %s with %s", made.id, made.secret) end } },
X
made() { "$RUNBOOK" made.lua --values "$SANDBOX/values.yaml" --journal made.db; grep -c whsec_made made.db*; true; }
expect "a secret in an answer is masked from its arrival on" 0 'made we_1 with \[secret secret\]
!whsec_made_just
!made.db.*:[1-9]|^[1-9]' made
book download.lua <<'X'
  params = { plain = param {} },
  phase "p" { step "a" { function(run) http.get(run.plain .. "/status", { to_file = "fetched" }):expect(200) end } },
X
expect "a plan writes no file" 0 'fetched is not there and would be made' "$RUNBOOK" plan download.lua --values "$SANDBOX/values.yaml" --verbose
[ ! -e fetched ] && ok "and there is none" || not_ok "and there is none"
expect "a run does" 0 'is done' "$RUNBOOK" download.lua --values "$SANDBOX/values.yaml"
[ "$(cat fetched)" = "as asked" ] && ok "and there it is" || not_ok "and there it is"

finish
