#!/usr/bin/env bash
# The checks of the billing go-live's preflight phase, as a careful operator would script them without
# runbook. Says what it found, tries everything, and ends with 1 when a check failed.
# Takes the runbook's parameters from the environment under their own names.
set -uo pipefail

failed=0
passes() { echo "ok      $*"; }
fails() { echo "FAILED  $*"; failed=1; }

days_until() { echo $((($(date -d "$1" +%s) - $(date +%s)) / 86400)); }

# The one figure of an instant query; none, several and NaN are no figure.
figure() {
    curl --silent --show-error --fail --max-time 30 "$prometheus_url/api/v1/query" \
        --data-urlencode "query=$1" |
        jq -er 'if .status == "success" and (.data.result | length) == 1
                then .data.result[0].value[1] | select(test("^[0-9.e+-]+$")) else empty end'
}

certificate_is_ready() {
    local ready not_after days
    IFS='|' read -r ready not_after < <(kubectl -n "$namespace" get "certificate/$certificate" \
        -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}|{.status.notAfter}{"\n"}')
    if [ "${ready-}" != True ]; then
        fails "certificate/$certificate is not Ready"
        kubectl -n "$namespace" describe certificate,certificaterequest,order,challenge
        return
    fi
    days=$(days_until "$not_after")
    [ "$days" -ge "$min_days" ] && passes "certificate/$certificate is Ready, $days days left" ||
        fails "certificate/$certificate has only $days days left"
}

tls_is_served_as_issued() {
    local served end days status
    if ! served=$(openssl s_client -connect "$connect" -servername "$host" -verify_hostname "$host" \
        -verify_return_error -CAfile "$ca_file" </dev/null 2>&1); then
        fails "the chain of $host does not verify: $(grep -m 1 -i 'verif.*error' <<<"$served")"
        return
    fi
    end=$(openssl x509 -noout -enddate <<<"$served")
    days=$(days_until "${end#notAfter=}")
    [ "$days" -ge "$min_days" ] && passes "the chain of $host verifies, $days days left" ||
        fails "$host serves a certificate with only $days days left"
    status=$(curl --silent --show-error --head --location --max-redirs 3 --max-time 10 \
        --cacert "$ca_file" --connect-to "::$connect" --output /dev/null --write-out '%{http_code}' \
        "https://$host/")
    [ "$status" -ge 200 ] && [ "$status" -lt 400 ] && passes "HEAD https://$host answers $status" ||
        fails "HEAD https://$host answers $status"
}

deployment_is_rolled_out() {
    local said
    if said=$(kubectl -n "$namespace" rollout status "deployment/$1" --watch=false 2>&1) &&
        [[ $said == *"successfully rolled out"* ]]; then
        passes "deployment/$1 is rolled out"
    else
        fails "deployment/$1: $said"
    fi
}

canary_gets_no_traffic() {
    local canary weight
    IFS='|' read -r canary weight < <(kubectl -n "$namespace" get "ingress/$canary_ingress" -o \
        'jsonpath={.metadata.annotations.nginx\.ingress\.kubernetes\.io/canary}|{.metadata.annotations.nginx\.ingress\.kubernetes\.io/canary-weight}{"\n"}')
    [ "${canary-}" = true ] && [ "${weight:-0}" = 0 ] && passes "the canary's weight is 0" ||
        fails "ingress/$canary_ingress: canary is '${canary-}', its weight '${weight-}'"
}

baseline_is_taken() {
    local p95
    p95=$(figure "histogram_quantile(0.95, sum by (le)
        (rate(http_request_duration_seconds_bucket{service=\"billing\",track=\"stable\"}[$window])))") &&
        passes "p95 latency of the stable track: $p95 s" || fails "there is no p95 latency to compare with"
}

alerts_are_quiet() {
    local rules firing
    rules=$(curl --silent --show-error --fail --max-time 30 "$prometheus_url/api/v1/rules" |
        jq -e '[.data.groups[].rules[] | select(.type == "alerting")] | length') &&
        [ "$rules" -gt 0 ] && passes "$rules alerting rules are loaded" || fails "no alerting rules are loaded"
    firing=$(curl --silent --show-error --fail --max-time 30 --get "$alertmanager_url/api/v2/alerts" \
        --data-urlencode 'filter=service="billing"' |
        jq -er 'map("\(.labels.alertname) (\(.status.state))") | join(", ")') &&
        [ -z "$firing" ] && passes "no alert fires, none is silenced" || fails "alerts: $firing"
}

csp_violations_are_noted() {
    local count
    count=$(figure 'sum(billing_csp_violations_total)') && passes "$count CSP violations so far" ||
        fails "the CSP violations cannot be counted"
}

certificate_is_ready
tls_is_served_as_issued
deployment_is_rolled_out "$deployment"
deployment_is_rolled_out "$canary_deployment"
canary_gets_no_traffic
baseline_is_taken
alerts_are_quiet
csp_violations_are_noted
exit $failed
