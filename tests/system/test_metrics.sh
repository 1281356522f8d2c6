#!/usr/bin/env bash
# The metrics noun against the real Prometheus, scraping the sandbox's billing service while traffic flows,
# and the real Alertmanager with a firing and a silenced alert; then the go-live's canary judged by them.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
command -v prometheus >/dev/null && command -v prometheus-alertmanager >/dev/null ||
    { skip "prometheus and prometheus-alertmanager are not installed"; finish; }

sandbox examples/billing/world.lua
billing=$(sed -n 's/^connect: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
prom=$(free_port) am=$(free_port)

# --- the servers --------------------------------------------------------------------------------------
cat >"$WORK/rules.yml" <<X
groups:
- name: t
  rules:
  - alert: Quiet
    expr: vector(1) > 2
  - alert: Loud
    expr: vector(1)
    labels: { severity: page, service: billing }
  - alert: Hushed
    expr: vector(1)
    labels: { severity: page, service: billing }
X
cat >"$WORK/prometheus.yml" <<X
global: { scrape_interval: 250ms, evaluation_interval: 250ms }
rule_files: [ $WORK/rules.yml ]
alerting: { alertmanagers: [ { static_configs: [ { targets: [ "127.0.0.1:$am" ] } ] } ] }
scrape_configs:
- job_name: billing
  scheme: https
  tls_config: { ca_file: $SANDBOX/ca.pem }
  static_configs: [ { targets: [ "$billing" ] } ]
X
cat >"$WORK/alertmanager.yml" <<X
route: { receiver: none, group_wait: 0s }
receivers: [ { name: none } ]
X
prometheus-alertmanager --config.file="$WORK/alertmanager.yml" --storage.path="$WORK/am" \
    --web.listen-address="127.0.0.1:$am" --cluster.listen-address= >"$WORK/am.log" 2>&1 &
pids+=($!)
prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" \
    --rules.alert.resend-delay=1s --web.listen-address="127.0.0.1:$prom" >"$WORK/prom.log" 2>&1 &
pids+=($!)
wait_for 30 curl -sf "http://127.0.0.1:$am/-/ready" || { cat "$WORK/am.log"; exit 1; }
wait_for 30 curl -sf "http://127.0.0.1:$prom/-/ready" || { cat "$WORK/prom.log"; exit 1; }
now=$(date -u +%Y-%m-%dT%H:%M:%SZ) later=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
curl -sf -X POST -H 'Content-Type: application/json' "http://127.0.0.1:$am/api/v2/silences" -d \
    '{"matchers":[{"name":"alertname","value":"Hushed","isRegex":false}],"startsAt":"'"$now"'","endsAt":"'"$later"'","createdBy":"t","comment":"t"}' >/dev/null
wait_for 30 bash -c "[ \$(curl -s 'http://127.0.0.1:$am/api/v2/alerts' | jq length) = 2 ]" || { echo "no alerts"; curl -s "http://127.0.0.1:$am/api/v2/alerts"; tail -n 15 "$WORK/prom.log"; tail -n 5 "$WORK/am.log"; exit 1; }
wait_for 30 bash -c "curl -s 'http://127.0.0.1:$prom/api/v1/query?query=sum(rate(http_requests_total%5B5s%5D))' | jq -e '.data.result[0].value[1] | tonumber > 300'" || { echo "no samples"; exit 1; }

# --- the noun -----------------------------------------------------------------------------------------
cat >"$WORK/metrics.lua" <<'X'
return runbook { name = "metrics", summary = "questions to the real servers",
  params = { prom = param "", am = param "" },
  phase "p" { keep_going = true,
    step "value" { function(run)
        local rate = metrics.prometheus(run.prom):value("sum(rate(http_requests_total[5s]))")
        check(rate > 200 and rate < 600, "the sandbox's 400 requests a second are seen (%d)", math.floor(rate))
    end },
    step "vector" { function(run)
        local list = metrics.prometheus(run.prom):query("sum by (code) (http_requests_total)")
        check(#list >= 3, "%d codes", #list)
        for _, s in ipairs(list) do check(s.labels.code and s.value >= 0, "code %s: %d", s.labels.code, math.floor(s.value)) end
    end },
    step "range" { function(run)
        local now = wait.now()
        local list = metrics.prometheus(run.prom):range("up", { start = now - 5, stop = now, step = "1s" })
        check(#list == 1 and #list[1].points >= 2, "one series with points")
    end },
    step "never a pass" { function(run)
        local prom = metrics.prometheus(run.prom)
        for query, reason in pairs { ["vector(0) / vector(0)"] = "NaN", ["vector(1) / vector(0)"] = "infinite",
            ["nosuch_metric"] = "no data", ["http_requests_total"] = "several series" } do
            local sample = prom:sample(query)
            check.equal(sample.value, nil, query .. " has no value,")
            check.equal(sample.reason, reason, "the reason of " .. query)
            check(not pcall(prom.value, prom, query), "%s is a failure as a value", query)
        end
    end },
    step "a mistyped query" { function(run)
        local ok, why = pcall(function() return metrics.prometheus(run.prom):query("sum(rate(x[5m])") end)
        check(not ok and why.text:find("bad_data") and why.text:find("parse error"), "%s", why.text)
    end },
    step "rules" { function(run)
        local states = {}
        for _, rule in ipairs(metrics.prometheus(run.prom):rules()) do states[rule.name] = rule.state end
        check.equal(states.Loud, "firing", "Loud")
        check.equal(states.Quiet, "inactive", "Quiet")
    end },
    step "alerts" { function(run)
        local firing, silenced = metrics.alertmanager(run.am):firing { "severity=page" }
        check.equal(#firing, 1, "firing alerts")
        check.equal(firing[1].name, "Loud", "its name")
        check.equal(#silenced, 1, "silenced alerts")
        check.equal(silenced[1].name, "Hushed", "its name")
        check(#silenced[1].silenced_by == 1, "by one silence")
        check.equal(#metrics.alertmanager(run.am):alerts { filter = { "severity=none" } }, 0, "with another filter")
    end } } }
X
expect "metrics against the real servers" 0 'metrics is done' \
    "$RUNBOOK" "$WORK/metrics.lua" --set "prom=http://127.0.0.1:$prom" --set "am=http://127.0.0.1:$am"

# --- the go-live, judged by the real Prometheus -----------------------------------------------------------
golive() {
    "$RUNBOOK" runbooks/billing_golive.lua "$@" --values "$SANDBOX/values.yaml" --kubeconfig "$SANDBOX/kubeconfig" \
        --set "prometheus_url=http://127.0.0.1:$prom" --set window=3s --set bake=4s --set look_every=500ms \
        --set patience=15s --set min_requests=5 --set min_latency_requests=5 --set wait_after_cutover=0s
}
expect "a firing and a silenced alert stop the preflight" 4 'these do: Loud \(page\)
Hushed fires and is silenced' "$RUNBOOK" runbooks/billing_golive.lua preflight --values "$SANDBOX/values.yaml" \
    --kubeconfig "$SANDBOX/kubeconfig" --set "prometheus_url=http://127.0.0.1:$prom" --set "alertmanager_url=http://127.0.0.1:$am" --set window=3s
expect "canary and gates" 0 'weight 100 %
p95 latency +[0-9.]+ ms' golive canary
curl -s -X POST "$CONTROL/faults" -d '{"name":"http-5xx","weight":20}' >/dev/null
curl -s -X POST "$CONTROL/faults" -d '{"name":"nothing","weight":false}' >/dev/null
kubectl --kubeconfig "$SANDBOX/kubeconfig" annotate ingress billing-canary --overwrite \
    nginx.ingress.kubernetes.io/canary-weight=0 >/dev/null
sleep 4
expect "a breach that only Prometheus sees" 5 'gate "error rate" is breached
canary weight of ingress/billing-canary is 0|Everything was undone' golive canary
finish
