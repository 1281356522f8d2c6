#!/usr/bin/env bash
# A dry run changes nothing: the sandbox's state is the same to the byte, and its log of requests has no
# write; also with faults, and with step functions that misbehave.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1

values() { echo --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig"; }
writes() { curl -s "$CONTROL/requests" | jq -c 'select(.write)' | grep -v '"service":"control"'; }

# unchanged NAME EXIT PATTERNS COMMAND...
unchanged() {
    local name=$1 before after
    before=$(curl -s "$CONTROL/state")
    expect "$@"
    after=$(curl -s "$CONTROL/state")
    [ -n "$before" ] && [ "$before" = "$after" ] && ok "$name: the state is the same" || not_ok "$name: the state changed"
    [ -z "$(writes)" ] && ok "$name: no write was sent" || not_ok "$name: $(writes | head -3)"
}

sandbox examples/billing/world.lua
unchanged "plan" 0 'weight 100 %
canary-weight.*"0".*"1"
canary-weight.*"50".*"100"
checked by the server
below 160 ms
!not known
!  failed$
nothing was changed' "$RUNBOOK" plan runbooks/billing_golive.lua $(values)
unchanged "--dry-run" 0 'nothing was changed' "$RUNBOOK" runbooks/billing_golive.lua --dry-run $(values)
unchanged "-n of one phase" 0 'weight 100 %' "$RUNBOOK" -n runbooks/billing_golive.lua canary $(values)
unchanged "--detailed-exitcode with changes" 2 'nothing was changed' \
    "$RUNBOOK" plan --detailed-exitcode runbooks/billing_golive.lua $(values)
unchanged "--detailed-exitcode without" 0 'nothing was changed' \
    "$RUNBOOK" plan --detailed-exitcode runbooks/billing_reconcile.lua $(values)

# A write that leaves its object as it is changes nothing; the same after one that changes it is judged by that.
same() { # WEIGHT...: a runbook that gives the canary these weights, one after the other
    echo "return runbook { name = 'same', params = { namespace = param '' }, phase 'p' {"
    local n=0
    for weight; do
        echo "step 'to $weight, $((n += 1))' { lasting = 'it is a test', function(run) k8s.patch('ingress/billing-canary', {
            namespace = run.namespace, merge = { metadata = { annotations = {
            ['nginx.ingress.kubernetes.io/canary-weight'] = '$weight' } } } }) end },"
    done
    echo '} }'
}
same 0 >"$WORK/same.lua"
same 0 7 7 >"$WORK/other.lua"
unchanged "a patch that changes nothing" 0 'unchanged, checked by the server
It would change nothing
1 write .1 unchanged.' "$RUNBOOK" plan --detailed-exitcode "$WORK/same.lua" $(values)
unchanged "and one among others" 2 'canary-weight.*"0".*"7"
1  patch ingress/billing-canary .*to 7, 2
!2  patch ingress
3 writes .2 unchanged.' "$RUNBOOK" plan --detailed-exitcode "$WORK/other.lua" $(values)

# Nobody knows what a program looks at: what it reads after a change that was not made is "before the change",
# whoever would have made it, unless the runbook says what it works on.
cat >"$WORK/dump.lua" <<X
return runbook { name = "dump", params = { namespace = param "" }, phase "p" { keep_going = true,
  step "dumps" { lasting = "it is a test", function()
      exec { "sh", "-c", "echo tables > $WORK/dump" }
      local list = exec { "cat", "$WORK/dump", reads = true, assume = { out = "3 tables" } }
      check(list.out == "3 tables", "the dump has tables")
      check(exec({ "date", reads = true, system = "clock", assume = { out = "never" } }).out ~= "never", "it is a day")
  end },
  step "loads" { lasting = "it is a test", function()
      http.get("http://127.0.0.1:1/x", { to_file = "$WORK/file", assume = { status = 200 } })
      check(exec({ "cat", "$WORK/file", reads = true, assume = { out = "a" } }).out == "a", "what was loaded")
  end },
  step "patches" { lasting = "it is a test", function(run)
      k8s.delete("ingress/billing-canary", { namespace = run.namespace })
      exec { "cat", "$WORK/none", reads = true }
  end } } }
X
unchanged "what a program reads after a change" 4 'read   cat .*/dump .*assumed: as declared
the dump has tables .*holds as assumed
read   date .*status 0 in .*  read live$
what was loaded .*holds as assumed
cat .*/none .*failed, read live, before the change
declare what it would answer with .assume = ....' "$RUNBOOK" plan "$WORK/dump.lua" $(values)

# A label does not hide what is done, nor does a long command line or what goes into a program.
cat >"$WORK/labels.lua" <<'X'
return runbook { name = "labels", summary = "writes under other words", params = { namespace = param "" },
  phase "p" { step "all" { function(run)
      exec { "rm", "-rf", "/nowhere", label = "look at files", assume = {} }
      exec { "sh", "-c", ("true; "):rep(30) .. "rm -rf /end", assume = {} }
      exec { "kubectl", "apply", "-f", "-", stdin = "kind: Pod", env = { LANG = "C" }, cwd = "/tmp", assume = {} }
      k8s.delete("ingress/billing-canary", { namespace = run.namespace, label = "look at the canary" })
      http.delete("http://127.0.0.1:1/all", { label = "look at all", assume = {} })
  end } } }
X
unchanged "writes under labels" 0 'write +look at files
runs: rm -rf /nowhere
rm -rf /end.$
cwd: /tmp
env: LANG=C
stdin: kind: Pod
write +look at the canary
^ +delete ingress/billing-canary in scholarlink-prod
^ +DELETE http://127.0.0.1:1/all' "$RUNBOOK" plan "$WORK/labels.lua" --set namespace=scholarlink-prod --kubeconfig "$SANDBOX/kubeconfig"

cat >"$WORK/secrets.lua" <<'X'
return runbook { name = "secrets", summary = "changes of Secrets",
  params = { host = param "", connect = param "", ca_file = param "", namespace = param "" },
  phase "p" {
    step "merge" { function(run)
        k8s.patch("secret/billing-stripe", { namespace = run.namespace, merge = {
            data = { ["webhook-secret"] = "bmV3LXZhbHVl" }, stringData = { more = "new-value" } } })
    end },
    step "edit" { function(run)
        k8s.edit("secret/billing-stripe", function(o) o.data["webhook-secret"] = "bmV3ZXItdmFsdWU=" end,
            { namespace = run.namespace })
    end },
    step "apply" { function(run)
        k8s.apply { apiVersion = "v1", kind = "Secret", metadata = { name = "other", namespace = run.namespace,
            annotations = { ["kubectl.kubernetes.io/last-applied-configuration"] = "bmV3LXZhbHVl" } },
            data = { fresh = "bmV3LXZhbHVl" } }
    end },
  } }
X
# Both the old value and the new one.
unseen='!bmV3
!new-value'"
!$(curl -s "$CONTROL/state" | jq -r '[.. | objects | select(.kind? == "Secret" and .metadata.name == "billing-stripe")][0].data["webhook-secret"]')"
unchanged "no value of a Secret in a plan" 0 "data.webhook-secret: .\\*\\*\\* \\(before\\).* .\\*\\*\\* \\(after\\)
data.fresh: \"\\*\\*\\*\"
$unseen" "$RUNBOOK" plan "$WORK/secrets.lua" $(values)

cat >"$WORK/rude.lua" <<'X'
return runbook { name = "rude", summary = "steps that try to get around the plan",
  params = { host = param "", connect = param "", ca_file = param "", account_token = param "", namespace = param "" },
  phase "p" { keep_going = true,
    step "swallows" { function(run)
        for _, method in ipairs { "post", "put", "patch", "delete" } do
            pcall(http[method], "https://" .. run.host .. "/api/usage", { resolve = run.connect, ca = run.ca_file,
                headers = { Authorization = "Bearer " .. run.account_token },
                json = { model = "nano", promptTokens = 10, completionTokens = 10 } })
        end
    end },
    step "in branches" { function(run)
        each({ 1, 2, 3 }, function() k8s.delete("secret/billing-stripe", { namespace = run.namespace }) end)
    end },
    step "runs a program" { function() exec { "touch", "made-by-a-plan" } end },
    step "looks into what is not known" { function(run)
        local answer = http.post("https://" .. run.host .. "/api/usage", { resolve = run.connect, ca = run.ca_file })
        log.info("%d", answer.status)
    end },
    step "would undo" { function() error("broken") end, undo = function() exec { "touch", "made-by-an-undo" } end },
  } }
X
cd "$WORK" || exit 1
unchanged "rude steps" 4 'not known in a plan
declare what it would be with .assume' "$RUNBOOK" plan rude.lua $(values)
[ -z "$(ls "$WORK" | grep made-by)" ] && ok "no program ran" || not_ok "a program ran"
cd "$ROOT" || exit 1
expect "no value of a Secret in a run" 0 "data.webhook-secret: .\\*\\*\\*
stringData.more: .\\*\\*\\*
data.webhook-secret: .\\*\\*\\* \\(before\\).* .\\*\\*\\* \\(after\\)
$unseen" "$RUNBOOK" -v "$WORK/secrets.lua" $(values)
sandbox_end

# --- what the plan has changed before is what it reads ------------------------------------------------
sandbox examples/billing/world.lua
cat >"$WORK/overlay.lua" <<'END'
return runbook { name = "overlay", summary = "reads after changes that are not made",
  params = { host = param "", connect = param "", ca_file = param "", account_token = param "", namespace = param "" },
  phase "p" { keep_going = true,
    step "lists" { function(run)
        local here = { namespace = run.namespace, selector = "app=planned,tier!=old" }
        local function count() return #k8s.list("configmaps", here) end
        check.equal(count(), 0, "at first")
        k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "planned-x", labels = { app = "planned" } } },
            { namespace = run.namespace })
        check.equal(count(), 1, "after the create")
        k8s.label("configmap/planned-x", { tier = "old" }, { namespace = run.namespace })
        check.equal(count(), 0, "after the label")
        k8s.apply({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "planned-x", labels = { app = "planned",
            tier = "new" } } }, { namespace = run.namespace })
        check.equal(count(), 1, "after the apply")
        check(k8s.wait("configmap/planned-x", { create = true, namespace = run.namespace }), "wait finds it")
        check.equal(#k8s.list("cm", { selector = "app=planned", all_namespaces = true }), 1, "in all namespaces")
        local seen
        k8s.watch("configmaps", here, function(object) seen = object.metadata.name return true end)
        check.equal(seen, "planned-x", "the watch")
        k8s.delete("configmap/planned-x", { namespace = run.namespace })
        check.equal(count(), 0, "after the delete")
        check(k8s.find("configmap/planned-x", { namespace = run.namespace }) == nil, "it is not found any more")
    end },
    step "other types" { function(run)
        check.equal(#k8s.list("secrets", { selector = "app=planned", namespace = run.namespace }), 0, "other types")
    end },
    step "scales" { function(run)
        local here = { namespace = run.namespace }
        local now = k8s.get("deployment/billing", here).spec.replicas
        k8s.scale("deployment/billing", now + 1, here)
        k8s.scale("deployment/billing", now + 3, here)
        check.equal(k8s.get("deployment/billing", here).spec.replicas, now + 3, "the replicas")
        local listed
        for _, d in ipairs(k8s.list("deployments", here)) do
            if d.metadata.name == "billing" then listed = d.spec.replicas end
        end
        check.equal(listed, now + 3, "the replicas in the list")
    end },
    step "a wrong answer is not gone on with" { function(run)
        local shop = http.client { base = "https://" .. run.host, resolve = run.connect, ca = run.ca_file,
            headers = { Authorization = "Bearer " .. run.account_token } }
        shop.put("/made-by-the-plan", { assume = { status = 201 } }):expect(201)
        shop.get("/made-by-the-plan"):expect(200)
        log.info("this is passed on: %s", pcall(function() return shop.get("/made-by-the-plan"):expect(200).body end))
        shop.get("/made-by-the-plan"):expect(200):json()
        log.info("never reached")
    end },
    step "what follows from it is not failed" { function(run)
        local shop = http.client { base = "https://" .. run.host, resolve = run.connect, ca = run.ca_file,
            headers = { Authorization = "Bearer " .. run.account_token } }
        shop.post("/api/usage", { json = {} })
        return shop.get("/api/ledger"):json().entries[1000]
    end },
    step "nor what an error makes of it" { function(run)
        local shop = http.client { base = "https://" .. run.host, resolve = run.connect, ca = run.ca_file,
            headers = { Authorization = "Bearer " .. run.account_token } }
        return shop.get("/api/ledger"):json().entries[1000].credits + 1
    end },
    step "declared reads" { function(run)
        local got = http.get("https://" .. run.host .. "/api/ledger", { resolve = run.connect, ca = run.ca_file,
            assume = { json = { entries = { 7 } } } }):json()
        check.equal(got.entries[1], 7, "what is declared of a system that would have changed")
    end },
  } }
END
unchanged "reads see what is planned" 4 'after the create is 1 +holds as assumed
after the label is 0 +holds as assumed
after the apply is 1
other types is 0 +holds before the change
in all namespaces is 1
the watch is "planned-x"
scale deployment/billing [0-9]+ -> [0-9]+
the replicas in the list is [0-9]+ +holds
/made-by-the-plan +404 .*read live, before the change
/made-by-the-plan answered 404, expected 200.* +to be checked after the change
this is passed on: false
the answer of .*/made-by-the-plan" is not known in a plan: it depends on a change that was not made
cannot be planned further: attempt to index a nil value.*before a change that was not made
what is declared of a system that would have changed is 7 +holds
!never reached
!  failed$' "$RUNBOOK" plan "$WORK/overlay.lua" $(values)

cat >"$WORK/unknown.lua" <<'END'
-- Whatever is read out of an answer that nobody knows says so, and names the line of the write.
local function ways(a)
    return { function() return a.status end, function() return a < 1 end, function() return 1 <= a end,
        function() return a .. "" end, function() return "" .. a end, function() return #a end, function() return a + 1 end,
        function() return -a end, function() return tostring(a) end, function() return tonumber(a) end,
        function() return type(a) end, function() return math.type(a) end, function() return rawequal(a, 1) end,
        function() return ("%s"):format(a) end, function() for _ in pairs(a) do end end, function() a.x = 1 end,
        function() return a() end, function() return json.encode { a } end, function() return log.info("%s", a) end,
        function() return k8s.rollout_status(a) end, function() return http.get("http://x.invalid", { headers = { A = a } }) end,
        function() return a:expect(200) end, function() return a | 1 end, function() return wait.sleep(a.pause) end }
end
return runbook { name = "unknown", summary = "ways to look",
  phase "p" {
    step "makes one" { function() return { nested = http.post("http://x.invalid/") } end },
    step "looks" { function(run)
        local answer = run.results["makes one"].nested
        for i, look in ipairs(ways(answer)) do
            local ok, why = pcall(look)
            check(not ok and why.kind == "unknown" and why.text:find("unknown.lua:14", 1, true), "way %d: %s", i, ok or why.text or why)
        end
    end },
    step "waits" { function()
        local gone = wait.until_ { timeout = "1s", fn = function() return false end }
        check(gone, "what it waited for")
        return gone.name
    end },
    step "asks" { function() return #ask.text("Which one?") end },
    step "asks, and knows" { function() check.equal(ask.text("Which one?", { assume = "this" }), "this", "it") end },
  } }
END
(cd "$WORK" && unchanged "an unknown never passes for a value" 4 'way 24: .*is not known
what it waited for +to be checked after the change
the answer of "what wait.until_ waits for: the condition" is not known
the answer of "ask: Which one\?" is not known in a plan: nobody was asked
it is "this"
!  failed$' "$RUNBOOK" plan unknown.lua) | tee "$WORK/told"
! grep -q '^not ok' "$WORK/told" && ok "none of 24 ways" || not_ok "see above"
sandbox_end

# --- a write that is declared to be refused counts as none, as in a run, and is listed ----------------------------------------------
sandbox "$HERE/sandbox_world.lua"
plain=$(sed -n 's/^ *plain: *//p' "$SANDBOX/values.yaml" | grep http | tr -d '"')
cat >"$WORK/refused.lua" <<'END'
return runbook { name = "refused", params = { url = param {}, other = param { default = true } },
  phase "p" { on_failure = "rollback",
    step "none" { function(run)
        http.post(run.url .. "/none", { json = { a = 1 }, assume = { status = 404 } })
        check.equal(http.get(run.url .. "/text").body, "hello", "what no change has touched")
    end, undo = function() log.info("undo-none") end },
    step "one" { function(run)
        if run.other then http.post(run.url .. "/echo", { json = { a = 1 }, assume = { status = 200 } }) end
    end, undo = function() log.info("undo-one") end },
  } }
END
expect "an assumed refusal" 0 '404 +assumed: as declared
What it would change
^ +1 +POST http://[0-9.:]+/none  refused, as declared +none
^ +2 +POST http://[0-9.:]+/echo +one
what no change has touched is "hello"
2 steps, 1 check, 1 read, 1 write
!undo-none' "$RUNBOOK" plan "$WORK/refused.lua" --set "url=$plain"
expect "which a plan does not take for certain" 2 'What it would change
^ +1 +POST http://[0-9.:]+/none  refused, as declared' "$RUNBOOK" plan --detailed-exitcode "$WORK/refused.lua" --set "url=$plain" --set other=false
expect "the run counts as its plan" 0 '2 steps, 1 check, 1 read, 1 write' "$RUNBOOK" run "$WORK/refused.lua" --set "url=$plain"
sandbox_end

finish
