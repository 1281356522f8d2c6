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
!does not hold
nothing was changed' "$RUNBOOK" plan runbooks/billing_golive.lua $(values)
unchanged "--dry-run" 0 'nothing was changed' "$RUNBOOK" runbooks/billing_golive.lua --dry-run $(values)
unchanged "-n of one phase" 0 'weight 100 %' "$RUNBOOK" -n runbooks/billing_golive.lua canary $(values)
unchanged "--detailed-exitcode with changes" 2 'nothing was changed' \
    "$RUNBOOK" plan --detailed-exitcode runbooks/billing_golive.lua $(values)
unchanged "--detailed-exitcode without" 0 'nothing was changed' \
    "$RUNBOOK" plan --detailed-exitcode runbooks/billing_reconcile.lua $(values)

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
\"fresh\":\"\\*\\*\\*\"
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

for fault in cert-pending-http01 http-5xx metrics-down no-traffic k8s-409 k8s-500 stripe-endpoint-missing; do
    sandbox examples/billing/world.lua --fault $fault
    before=$(curl -s "$CONTROL/state")
    "$RUNBOOK" plan runbooks/billing_golive.lua $(values) >/dev/null 2>&1
    after=$(curl -s "$CONTROL/state")
    [ "$before" = "$after" ] && [ -z "$(writes)" ] && ok "plan under $fault" || not_ok "plan under $fault: $(writes | head -3)"
    sandbox_end
done
finish
