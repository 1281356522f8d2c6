#!/usr/bin/env bash
# cert-manager's objects as real custom resources, and what certs.status makes of them.
. "$(dirname "$0")/lib.sh"
space certs
k apply -f "$HERE/cert-manager.yaml" >/dev/null && wait_for 20 k get certificates,certificaterequests,issuers,clusterissuers,orders,challenges
cp "$HERE/certs.lua" "$ROOT"/tests/lua/certmanager_{cases,objects}.lua "$WORK"

# --- case by case --------------------------------------------------------------------------------------
all_cases() { timeout 200 "$RUNBOOK" "$WORK/certs.lua" --set "space=$SPACE" --no-input; }
expect "every case has its cause" 0 '[0-9]{2} cases' all_cases

# --- one certificate, and the tools people look at it with -------------------------------------------------
k apply -f - >/dev/null <<"END"
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: shop }
spec: { secretName: shop-tls, dnsNames: [shop.example, www.shop.example], issuerRef: { name: letsencrypt, kind: ClusterIssuer } }
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: { name: letsencrypt }
spec: { acme: { server: "https://ca.example/directory" } }
END
k patch clusterissuer letsencrypt --subresource status --type merge \
    -p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}' >/dev/null
status() { k patch certificate shop --subresource status --type merge -p "{\"status\":$1}" >/dev/null; }
status '{"revision":1,"notAfter":"2126-03-01T00:00:00Z","renewalTime":"2126-02-01T00:00:00Z",
    "conditions":[{"type":"Ready","status":"True","reason":"Ready","message":"Certificate is up to date","observedGeneration":1}]}'
for words in cert certs certificate certificates.cert-manager.io certificates.v1.cert-manager.io; do
    same "get $words" "k8s.get('$words/shop').metadata.uid" get $words shop -o 'jsonpath={.metadata.uid}'
done
for words in cr crs orders.acme.cert-manager.io challenges issuers clusterissuers; do
    same "list $words" "#k8s.list('$words', { namespace = '$SPACE-1' })" get $words -n "$SPACE-1" -o 'go-template={{len .items}}'
done
both_tell cert/shop shop-tls letsencrypt shop.example www.shop.example 2126-03-01T00:00:00Z 2126-02-01T00:00:00Z \
    "Certificate is up to date"
is "kubectl finds it Ready" "certificate.cert-manager.io/shop condition met" k wait cert/shop --for=condition=Ready --timeout=5s
ready() { ask "local s = require('runbook.certmanager').status { name = 'shop', served = false } return tostring(s.ready) .. ' ' .. s.cause" "$@"; }
is "certs.status, too, and misses its Secret" "true secret/shop-tls, which is to hold the certificate, does not exist" ready
k patch cert shop --type merge -p '{"spec":{"dnsNames":["other.example"]}}' >/dev/null
if k wait cert/shop --for=condition=Ready --timeout=0 >/dev/null 2>&1; then not_ok "kubectl takes it for Ready"; else
    ok "changed, and not looked at since: kubectl finds it not Ready"; fi
is "certs.status, too" "false the Certificate was changed, and cert-manager has not looked at it since" ready

# --- one who may not read all of it ------------------------------------------------------------------------
k create role looker --verb get,list --resource certificates.cert-manager.io,certificaterequests.cert-manager.io,events >/dev/null
k create rolebinding looker --role looker --user guest >/dev/null
has "what may not be read is said" 'secret/shop-tls could not be read: .* 403 Forbidden: secrets "shop-tls" is forbidden: User "guest" cannot get' \
    "local s = require('runbook.certmanager').status { name = 'shop', namespace = '$SPACE', served = false } return table.concat(s.findings, string.char(10))" \
    --context guest
refused "a certificate that is not there" "k8s.get('cert/none')" get cert none
finish
