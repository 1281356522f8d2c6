#!/usr/bin/env bash
# A plan without a network: nobody is asked anything. What is declared counts, what the plan has changed counts,
# a world file answers inside the process, and what nobody answers is said to be missing.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
mkdir "$WORK/tmp"
export TMPDIR=$WORK/tmp

# --- nobody is asked ----------------------------------------------------------------------------------
sandbox examples/billing/world.lua
asked() { curl -s "$CONTROL/requests" | jq -c 'select(.service != "control")' | head -3; }
expect "--offline" 0 'No network: what nobody declares is not known
get ingress/billing-canary .*not known
the answer of "GET .*/healthz" is not known in a plan: nobody was asked; declare what it would be with `assume = ...` on the call at runbooks/billing_golive.lua:[0-9]+
deliver evt_.*assumed: as declared
planned as far as the answers go that are declared: [0-9]+ of 27 steps want more
canary +The changes are rolled back, as far as their steps have an undo
!nothing that could be rolled back
!there is no count to compare with
!✗' "$RUNBOOK" plan runbooks/billing_golive.lua --offline --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig"
[ -z "$(asked)" ] && ok "the sandbox was not asked" || not_ok "the sandbox was asked: $(asked)"
cat >"$WORK/kubeconfig" <<END
{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
 clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}],
 users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never,
   command: touch, args: ["$WORK/plugin-ran"]}}}]}
END
expect "nor a credential plugin" 0 'want more' "$RUNBOOK" plan runbooks/billing_golive.lua canary --offline \
    --values "$SANDBOX/values.yaml" --kubeconfig "$WORK/kubeconfig"
[ -e "$WORK/plugin-ran" ] && not_ok "the credential plugin ran" || ok "no credential plugin ran"
sandbox_end
cat >"$WORK/secret.lua" <<END
return runbook { name = "secret", params = { key = secret { command = { "sh", "-c", "touch $WORK/secret-ran; echo sesame" } } },
  phase "p" { step "s" { function(run)
      http.post("https://a.invalid/x", { headers = { Authorization = "Bearer " .. run.key }, assume = { status = 200 } })
  end } } }
END
expect "nor a secret's command" 0 'The secret key is assumed: its command is not run
POST https://a.invalid/x .*assumed: as declared' "$RUNBOOK" plan "$WORK/secret.lua" --offline
expect "which a report says" 0 '"key": *"\[secret key\], assumed: its command is not run"
"assumed": *\[ *("key")? *' "$RUNBOOK" plan "$WORK/secret.lua" --offline --output json
[ -e "$WORK/secret-ran" ] && not_ok "the secret's command ran" || ok "no secret's command ran"
expect "save for a plan that asks" 0 '!is assumed: its' "$RUNBOOK" plan "$WORK/secret.lua"
[ -e "$WORK/secret-ran" ] && ok "which runs it" || not_ok "the secret's command did not run"

# --- where there is no network at all -----------------------------------------------------------------
alone=
for how in "unshare --net" "unshare --map-root-user --net"; do
    [ -n "$alone" ] || { $how true 2>/dev/null && alone=$how; }
done
[ -n "$alone" ] && ok "cut off by: $alone" || skip "this machine gives no namespace without a network"
whole='No network: reads are answered by examples/billing/world.lua
get ingress/billing-canary .*assumed: by the world file
canary weight 50 -> 100 %.*assumed: by the world file
get ingress/billing-canary .*assumed: as planned so far
gate +DB CPU  below 80 % +assumed: by the world file: 31 %
a run is expected to take 12.5s
billing-golive is planned; nothing was changed
!read live
!to be checked by
!the same .* read live
!✗|  ! '
expect "--world" 0 "$whole" $alone "$RUNBOOK" plan runbooks/billing_golive.lua --world examples/billing/world.lua
expect "--world, another runbook" 0 'billing-reconcile is planned; nothing was changed
next: to do it: runbook runbooks/billing_reconcile.lua$' $alone "$RUNBOOK" plan \
    runbooks/billing_reconcile.lua --world examples/billing/world.lua
expect "--world, another world" 0 'share of key-.*: 5 -> 25 %
checkout-rotate-keys is planned; nothing was changed' $alone "$RUNBOOK" plan examples/checkout/rotate_keys.lua --world examples/checkout/world.lua
[ -z "$(ls "$WORK/tmp")" ] && ok "leaves no file behind" || not_ok "left behind: $(ls -R "$WORK/tmp")"
expect "no such world" 3 'nosuch.lua' "$RUNBOOK" plan runbooks/billing_golive.lua --world nosuch.lua
expect "a service that is not there" 4 "the world 'checkout' has no service at http://prometheus.monitoring:9090" \
    "$RUNBOOK" plan examples/checkout/rotate_keys.lua --world examples/checkout/world.lua --set prometheus_url=http://prometheus.monitoring:9090

# --- what a runbook declares, and what it changes --------------------------------------------------------
cat >"$WORK/declares.lua" <<'END'
return runbook { name = "declares", summary = "every read declares what it would answer",
  phase "p" {
    step "reads" { function()
        check.equal(http.get("https://a.invalid/x", { assume = { json = { n = 1 } } }):expect(200):json().n, 1, "n")
        check.equal(k8s.get("configmap/x", { assume = { data = { a = "b" } } }).data.a, "b", "a")
        check.equal(#k8s.list("pods", { assume = { { metadata = { name = "p" } } } }), 1, "pods")
        check.equal(metrics.prometheus("http://p.invalid"):value("up", { assume = 3 }), 3, "up")
        check.equal(tls.inspect("a.invalid", { assume = { days_left = 20 } }).days_left, 20, "days")
        check.equal(exec({ "date", reads = true, assume = { out = "now" } }).out, "now", "date")
    end },
    step "writes" { function()
        k8s.create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "m", labels = { app = "x" } }, data = { a = "1" } }
        k8s.patch("configmap/m", { merge = { data = { b = "2" } } })
        check.equal(json.encode(k8s.get("configmap/m").data), '{"a":"1","b":"2"}', "what is created and patched")
        k8s.label("configmap/m", { tier = "y" })
        check.equal(k8s.get("configmap/m").metadata.labels.tier, "y", "the label")
        k8s.delete("configmap/m")
        check(k8s.find("configmap/m") == nil, "it is gone again")
    end },
    step "lacks one" { function() check.equal(http.get("https://b.invalid/y").status, 200, "y") end },
    step "looks into it" { function(run) log.info("%s", run.results["lacks one"].status) end },
  } }
END
cd "$WORK" || exit 1
expect "declared reads, planned objects" 0 'holds as assumed
GET https://a.invalid/x .*assumed: as declared
get configmap/m .*assumed: as planned so far
it is gone again +holds as assumed
the answer of "GET https://b.invalid/y".*declares.lua:20
the answer of "the step lacks one" is not known in a plan: it is planned only in part.*declares.lua:20
data.a: "1"
2 of 4 steps want more
!✗' $alone env -u KUBECONFIG "$RUNBOOK" plan declares.lua --offline
finish
