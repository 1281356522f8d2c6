#!/usr/bin/env bash
# The billing sandbox against docs/billing-service.md: the service, its webhook, its books, the pretend
# Stripe, and traffic that follows the canary's weight. Asked with curl, signed with openssl.
. "$(dirname "$0")/lib.sh"
for tool in curl jq openssl; do
    command -v $tool >/dev/null || { skip "no $tool here"; finish; }
done
sandbox "$ROOT/examples/billing/world.lua"

value() { sed -n "s/^$1: *\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$SANDBOX/values.yaml"; }
billing=https://$(value connect)
stripe=$(value stripe_api)
ca=$(value ca_file)
kubernetes=$(sed -n 's/.*server: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/kubeconfig")
secret=$(value webhook_secret)

ask() { curl -sS --max-time 20 --cacert "$ca" "$@"; }
status() { ask -o /dev/null -w '%{http_code}' "$@"; }
customer() { ask -H "Authorization: Bearer $(value account_token)" "$billing$1" "${@:2}"; }
operator() { ask -H "Authorization: Bearer $(value ops_token)" "$billing$1" "${@:2}"; }
at_stripe() { ask -H "Authorization: Bearer $(value stripe_key)" "$stripe$1" "${@:2}"; }
fault() { ask -d "{\"name\":\"$1\",\"weight\":$2}" "$CONTROL/faults" >/dev/null; }
metric() { ask -G "$(value prometheus_url)/api/v1/query" --data-urlencode "query=$1" | jq -r '.data.result[0].value[1]'; }

# sign BODY [SECRET] [AGE]: the Stripe-Signature header.
sign() {
    local t=$(($(date +%s) - ${3:-0}))
    echo "t=$t,v1=$(printf '%s' "$t.$1" | openssl dgst -sha256 -hmac "${2:-$secret}" -r | cut -d' ' -f1)"
}
deliver() { # BODY SIGNATURE
    ask -H "Stripe-Signature: $2" -H 'Content-Type: application/json' --data-binary "$1" "$billing/webhooks/stripe"
}
event() { # ID [TYPE] [CENTS] [PLAN]
    jq -cn --arg id "$1" --arg type "${2:-checkout.session.completed}" --argjson cents "${3:-0}" --arg plan "${4:-probe}" \
        '{id: $id, object: "event", type: $type, data: {object: {payment_status: "paid", amount_total: $cents,
          currency: "usd", payment_intent: null, metadata: {account: "acct_golive", plan: $plan}}}}'
}
entries() { customer /api/ledger | jq "[.entries[] | select($1)] | length"; }

expect "the service is healthy" 0 '"status":"ok"' ask "$billing/healthz"
expect "a plan has its price" 0 '^500$' bash -c "curl -sS --cacert $ca $billing/api/plans | jq '.plans[] | select(.id==\"starter\").usdCents'"
expect "no token, no account" 0 '^401$' status "$billing/api/account"
expect "a customer gets no export" 0 '"forbidden"' customer /api/ledger/export.csv

body=$(event evt_1)
expect "a signed event is applied" 0 '"applied"' deliver "$body" "$(sign "$body")"
expect "the same event again is not" 0 '"duplicate"' deliver "$body" "$(sign "$body")"
expect "so there is one entry" 0 '^1$' entries '.eventId == "evt_1"'
expect "a wrong secret is refused" 0 signature_invalid deliver "$body" "$(sign "$body" whsec_other)"
expect "another body is refused" 0 signature_invalid deliver "$body " "$(sign "$body")"
expect "an old signature is refused" 0 'more than 300 seconds' deliver "$body" "$(sign "$body" "$secret" 305)"
expect "one from the future is not" 0 '"duplicate"' deliver "$body" "$(sign "$body" "$secret" -900)"
expect "no signature is refused" 0 'no t and v1' deliver "$body" ""
body=$(event evt_2 charge.updated)
expect "another type is ignored" 0 '"ignored"' deliver "$body" "$(sign "$body")"
body=$(event evt_3 checkout.session.completed 499 starter)
expect "a wrong price is refused" 0 event_not_applicable deliver "$body" "$(sign "$body")"
fault duplicate-credit true
body=$(event evt_4)
deliver "$body" "$(sign "$body")" >/dev/null
deliver "$body" "$(sign "$body")" >/dev/null
expect "duplicate-credit credits twice" 0 '^2$' entries '.eventId == "evt_4"'
fault duplicate-credit false

usage='{"model":"nano","promptTokens":1000,"completionTokens":1000}'
expect "a usage sample is rounded up" 0 '"debitedCredits":2.*"exactCredits":1.45' customer /api/usage -H 'Idempotency-Key: u' -d "$usage"
customer /api/usage -H 'Idempotency-Key: u' -d "$usage" >/dev/null
expect "its key debits once" 0 '^1$' entries '.kind == "usage"'
expect "its key with another body is a conflict" 0 idempotency_conflict customer /api/usage -H 'Idempotency-Key: u' -d "${usage/nano/mini}"

starters=$(entries '.plan == "starter" and .eventId != null')
session=$(customer /api/checkout -d '{"plan":"starter"}' | jq -r .sessionId)
paid() { [ "$(at_stripe "/v1/checkout/sessions/$session" | jq -r .payment_status)" = paid ]; }
credited() { [ "$(entries '.plan == "starter" and .eventId != null')" -eq $((starters + 1)) ]; }
expect "a checkout is paid" 0 '' wait_for 10 paid
expect "and credited by Stripe's own delivery" 0 '' wait_for 10 credited

create() { at_stripe /v1/webhook_endpoints -d url=https://hooks.example/a -d 'enabled_events[]=*' "$@"; }
expect "Stripe shows a secret at creation" 0 '"secret":"whsec_' create -H 'Idempotency-Key: k'
expect "a known key replays the answer" 0 '"secret":"whsec_' create -H 'Idempotency-Key: k'
expect "and made one endpoint" 0 '^2$' bash -c "$(declare -f ask at_stripe value); SANDBOX=$SANDBOX ca=$ca stripe=$stripe; at_stripe /v1/webhook_endpoints | jq '.data | length'"
expect "a known key with other parameters is an error" 0 idempotency_error create -H 'Idempotency-Key: k' -d description=x
expect "an unknown parameter is an error" 0 parameter_unknown create -d bogus=1
expect "a list comes in pages" 0 '"has_more":true' at_stripe '/v1/charges?limit=5'
expect "another key is refused" 0 'Invalid API Key' ask -H 'Authorization: Bearer sk_test_x' "$stripe/v1/balance"

today=$(($(date +%s) / 86400 * 86400))
yesterday="from=$((today - 86400))&to=$today"
ledger_cents() { operator "/api/reports/summary?$yesterday" | jq .purchases.usdCents; }
gross=$(at_stripe "/v1/charges?limit=100&created[gte]=$((today - 86400))&created[lt]=$today" -g | jq '[.data[].amount] | add')
expect "yesterday's books equal Stripe's gross" 0 "^$gross$" ledger_cents
fault reconcile-mismatch true
expect "unless they are made to differ" 0 "!^$gross$" ledger_cents
operator /api/ledger/export.csv >"$WORK/ledger.csv"
expect "the export is UTF-8 with CRLF" 0 '' bash -c "iconv -f UTF-8 -t UTF-8 $WORK/ledger.csv | grep -q \$'\r'"
expect "no text in it is a formula" 1 '' grep -Eq ',[=+@]' "$WORK/ledger.csv"

weigh() {
    ask -o /dev/null -X PATCH -H 'Authorization: Bearer sandbox-operator-token' -H 'Content-Type: application/merge-patch+json' \
        -d "{\"metadata\":{\"annotations\":{\"nginx.ingress.kubernetes.io/canary-weight\":\"$1\"}}}" \
        "$kubernetes/apis/networking.k8s.io/v1/namespaces/scholarlink-prod/ingresses/billing-canary"
}
canaries() { for _ in $(seq "$1"); do ask -o /dev/null -D - "$billing/healthz"; done | grep -c 'x-served-by: canary'; }
share() { # of the last second's requests that the canary answered, in whole percent
    metric '100 * sum(rate(http_requests_total{track="canary"}[1s])) / sum(rate(http_requests_total[1s]))' | cut -d. -f1
}
expect "at weight 0 nothing goes to the canary" 1 '^0$' canaries 10
weigh 20
expect "at weight 20 a fifth of the requests does" 0 '^4$' canaries 20
follows() { local now; now=$(share) && [ "$now" -ge 17 ] && [ "$now" -le 23 ]; }
expect "and of the counted traffic" 0 '' wait_for 10 follows
fault http-5xx 50
expect "a fault with a weight waits for it" 0 '^200$' status "$billing/healthz"
weigh 0

fault reconcile-mismatch false
before=$(ask "$CONTROL/state" | sha256sum)
sleep 1
expect "time and traffic leave the state as it is" 0 "^$before$" bash -c "curl -sS $CONTROL/state | sha256sum"
finish
