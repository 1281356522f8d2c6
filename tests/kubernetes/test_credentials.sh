#!/usr/bin/env bash
# Who we are to the server: every way to prove it, and what those may who may little. Who somebody is, the
# server tells when it refuses them something.
. "$(dirname "$0")/lib.sh"
space credentials
objects
server=$(k config view -o 'jsonpath={.clusters[0].cluster.server}')
ca=$KUBE_SERVER/ca.crt

k create -f - >/dev/null <<END
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: readers }
rules: [{ apiGroups: [""], resources: [configmaps], verbs: [get, list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: readers }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: readers }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: readers }]
END

# user NAME FIELDS: somebody, by the lines that a kubeconfig has of a user, and that are read by both.
user() {
    cat >"$WORK/user.$1" <<END
apiVersion: v1
kind: Config
current-context: c
clusters: [{ name: c, cluster: { server: "$server", certificate-authority: $ca } }]
contexts: [{ name: c, context: { cluster: c, user: $1, namespace: $SPACE } }]
users: [{ name: $1, user: $2 }]
END
}
be() { export KUBECONFIG=$WORK/user.$1; }
# known NAME WHO: both are refused Secrets, in the same words, as WHO.
known() {
    refused "$1" "k8s.list('secrets')" get secrets
    has "$1: as $2" "User \"$2\" cannot list" "k8s.list('secrets')"
}
certificate() { # NAME SUBJECT ALGORITHM...: $WORK/NAME.crt and .key, signed by the server's authority
    openssl req -new -newkey "${@:3}" -nodes -keyout "$WORK/$1.key" -subj "$2" 2>/dev/null |
        openssl x509 -req -CA "$ca" -CAkey "$KUBE_SERVER/ca.key" -set_serial "$RANDOM" -days 2 -out "$WORK/$1.crt" 2>/dev/null
}
data() { base64 -w 0 "$1"; }

# --- every way to prove who one is ---------------------------------------------------------------------
certificate rsa "/CN=rachel/O=readers" rsa:2048
certificate ec "/CN=eve" ec -pkeyopt ec_paramgen_curve:prime256v1
certificate p384 "/CN=paul" ec -pkeyopt ec_paramgen_curve:secp384r1
user rsa "{ client-certificate: rsa.crt, client-key: rsa.key }"
user ec "{ client-certificate-data: $(data "$WORK/ec.crt"), client-key-data: $(data "$WORK/ec.key") }"
user p384 "{ client-certificate: $WORK/p384.crt, client-key: $WORK/p384.key }"
user both "{ client-certificate: none.crt, client-certificate-data: $(data "$WORK/ec.crt"), client-key-data: $(data "$WORK/ec.key") }"
user token "{ token: guest-token }"
echo " guest-token" >"$WORK/token"
user file "{ tokenFile: $WORK/token }"
user wins "{ tokenFile: $WORK/none, token: guest-token }"
be rsa && known "a client certificate, RSA, in files beside the kubeconfig" rachel
be ec && known "a client certificate, EC, as data" eve
be p384 && known "a client certificate, P-384" paul
# kubectl asks not to write both; client-go, and we, take the data.
be both && has "data wins over files" 'User "eve" cannot list' "k8s.list('secrets')"
be token && known "a token" guest
be file && known "a token in a file" guest
be wins && known "a token wins over its file" guest

plugin() { # NAME STATUS [VERSION]: a credential plugin that says STATUS
    cat >"$WORK/$1.sh" <<END
#!/bin/sh
echo called >>$WORK/$1.calls
echo '{"apiVersion":"client.authentication.k8s.io/${3-v1}","kind":"ExecCredential","status":$2}'
END
    chmod +x "$WORK/$1.sh"
    user "$1" "{ exec: { apiVersion: client.authentication.k8s.io/${3-v1}, command: ./$1.sh, interactiveMode: Never } }"
    be "$1"
}
plugin exec-v1 '{"token":"guest-token"}'
known "a credential plugin" guest
rm "$WORK/exec-v1.calls"
ask "for i = 1, 3 do pcall(k8s.get, 'cm/one') end return 'asked'" >/dev/null
is "it is asked once a run" called cat "$WORK/exec-v1.calls"
plugin exec-beta '{"token":"guest-token","expirationTimestamp":"2099-01-01T00:00:00Z"}' v1beta1
known "a credential plugin, v1beta1" guest
pem() { sed ':a;N;$!ba;s/\n/\\\\n/g' "$1"; }
plugin exec-cert "{\"clientCertificateData\":\"$(pem "$WORK/ec.crt")\\\\n\",\"clientKeyData\":\"$(pem "$WORK/ec.key")\\\\n\"}"
known "a credential plugin that gives a certificate" eve

admin() { # NAME FIELDS: the admin, who acts as somebody else
    user "$1" "{ client-certificate: $KUBE_SERVER/admin.crt, client-key: $KUBE_SERVER/admin.key, $2 }"
    be "$1"
}
admin as "as: jane"
known "impersonation" jane
refused "impersonation, as kubectl --as" "k8s.get('cm/one')" --kubeconfig "$WORK/kubeconfig" --as jane get cm one
admin as-groups "as: jane, as-groups: [readers, others], as-user-extra: { scopes: [a, b] }"
same "impersonation of groups" "k8s.get('cm/one').data.a" get cm one -o 'jsonpath={.data.a}'
same "impersonation of groups, as kubectl --as-group" "k8s.get('cm/one').data.a" \
    --kubeconfig "$WORK/kubeconfig" --as jane --as-group readers get cm one -o 'jsonpath={.data.a}'
user not-allowed "{ token: guest-token, as: jane }"
be not-allowed
refused "impersonation by one who may not" "k8s.get('cm/one')" get cm one

# --- the server's own name -----------------------------------------------------------------------------
cluster() { # NAME FIELDS: the guest, at a cluster described so
    user "$1" "{ token: guest-token }"
    sed -i "s|^clusters: .*|clusters: [{ name: c, cluster: { server: \"$server\", $2 } }]|" "$WORK/user.$1"
    be "$1"
}
cluster insecure "insecure-skip-tls-verify: true"
known "insecure" guest
cluster named "certificate-authority: $ca, tls-server-name: kubernetes.default.svc"
known "tls-server-name" guest
cluster ca-data "certificate-authority-data: $(data "$ca")"
known "the authority as data" guest
cluster no-ca "namespace: x"
has "an authority that nobody trusts" 'failed: .*not trusted' "k8s.get('cm/one')"
if k get cm one 2>&1 | grep -q 'unknown authority'; then ok "neither does kubectl"; else not_ok "kubectl trusts it"; fi
cluster misnamed "certificate-authority: $ca, tls-server-name: else.example"
has "another name than the certificate's" 'failed: .*is not for' "k8s.get('cm/one')"
if k get cm one 2>&1 | grep -q 'certificate is valid for'; then ok "neither for kubectl"; else not_ok "kubectl takes it"; fi

# --- by way of a proxy ---------------------------------------------------------------------------------
if command -v tinyproxy >/dev/null && command -v microsocks >/dev/null; then
    http=$(free_port) login=$(free_port) socks=$(free_port) socks_login=$(free_port)
    serve_proxy() { # PORT LOG [OPTION]
        printf '%s\n' "Port $1" "Listen 127.0.0.1" "LogFile \"$WORK/$2\"" "LogLevel Connect" "${3-}" >"$WORK/$2.conf"
        tinyproxy -d -c "$WORK/$2.conf" >/dev/null 2>&1 &
        pids+=($!)
    }
    serve_proxy $http http.log
    serve_proxy $login login.log "BasicAuth joe word"
    microsocks -i 127.0.0.1 -p $socks >"$WORK/socks.log" 2>&1 &
    pids+=($!)
    microsocks -i 127.0.0.1 -p $socks_login -u joe -P word >/dev/null 2>&1 &
    pids+=($!)
    listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
    for port in $http $login $socks $socks_login; do wait_for 10 listens $port; done
    proxied() { cluster "proxied$1" "certificate-authority: $ca, proxy-url: \"$2\"${3-}"; } # NAME URL [FIELDS]
    through() { cat "$WORK"/http.log "$WORK"/socks.log | grep -Ec "CONNECT ${server#https://} |connected to ${server#https://}"; }
    passes() { # NAME URL [FIELDS]: both come through, and it is the proxy that lets them
        local before ours theirs
        proxied "$1" "$2" "${3-}"
        before=$(through); ask "k8s.list('secrets')" >/dev/null; ours=$(through)
        k get secrets >/dev/null 2>&1; theirs=$(through)
        known "proxy-url: $1" guest
        if [ "$before" -lt "$ours" ] && [ "$ours" -lt "$theirs" ]; then ok "proxy-url: $1, indeed"; else
            not_ok "proxy-url: $1: $before, then we $ours and kubectl $theirs connections"; fi
    }
    passes http "http://127.0.0.1:$http"
    passes socks5 "socks5://127.0.0.1:$socks"
    passes "with tls-server-name" "http://127.0.0.1:$http/" ", tls-server-name: kubernetes.default.svc"
    export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
    passes "whatever NO_PROXY says" "http://127.0.0.1:$http"
    unset no_proxy NO_PROXY
    proxied login "http://joe:word@127.0.0.1:$login" && known "proxy-url with a login" guest
    proxied socks-login "socks5://joe:word@127.0.0.1:$socks_login" && known "proxy-url socks5 with a login" guest
    fails() { # NAME URL OURS KUBECTL: neither comes through, and says so
        proxied "$1" "$2"
        has "proxy-url: $1" "failed: .*$3.*Mend the cluster's proxy-url" "k8s.get('cm/one')"
        if k get cm one 2>&1 | grep -q "$4"; then ok "proxy-url: $1, kubectl"; else not_ok "proxy-url: $1: kubectl comes through"; fi
    }
    fails "without its login" "http://127.0.0.1:$login" "the proxy would not connect to .*status 407" "Proxy Authentication Required"
    fails "socks5 without its login" "socks5://127.0.0.1:$socks_login" "the proxy failed on the way" "no acceptable authentication"
    fails "that is not there" "http://127.0.0.1:1" "could not connect to the proxy 127.0.0.1:1 on the way to ${server#https://}" refused
else
    skip "tinyproxy and microsocks are not installed"
fi

# --- several files: the first that knows an entry wins ----------------------------------------------------
printf '%s\n' 'apiVersion: v1' 'kind: Config' 'current-context: mine' \
    "contexts: [{ name: mine, context: { cluster: c, user: token, namespace: $SPACE } }]" >"$WORK/first"
export KUBECONFIG=$WORK/first:$WORK/none:$WORK/user.token:$WORK/kubeconfig
known "several files" guest

# --- those who may not -----------------------------------------------------------------------------------
user stranger "{ token: not-a-token }"
be stranger
has "a token that the server does not know" 'failed: .* 401 Unauthorized' "k8s.get('cm/one')"
if k get cm one 2>&1 | grep -q Unauthorized; then ok "neither does kubectl"; else not_ok "kubectl is known"; fi
user rsa-other "{ client-certificate: rsa.crt, client-key: ec.key }"
be rsa-other
has "a key of another certificate" 'failed: .*(key|certificate)' "k8s.get('cm/one')"

be token
config='{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"new"},"data":{"a":"1"}}'
echo "$config" >"$WORK/new.json"
refused "forbidden: get" "k8s.get('deploy/web')" get deploy web
refused "forbidden: get what is not there" "k8s.get('deploy/none')" get deploy none
refused "forbidden: list in all namespaces" "k8s.list('pods', { all_namespaces = true })" get pods -A
refused "forbidden: the cluster's" "k8s.list('nodes')" get nodes
refused "forbidden: create" "k8s.create(json.decode([==[$config]==]))" create -f "$WORK/new.json"
# kubectl looks before it patches, and may not even do that.
has "forbidden: patch" 'User "guest" cannot patch resource "configmaps" in API group "" in the namespace' \
    "k8s.patch('cm/one', { merge = { data = { a = '2' } } })"
refused "forbidden: apply" "k8s.apply(json.decode([==[$config]==]))" apply --server-side -f "$WORK/new.json"
refused "forbidden: delete" "k8s.delete('cm/one')" delete cm one
refused "forbidden: label" "k8s.label('cm/one', { a = 'b' })" label cm one a=b
refused "forbidden: logs" "k8s.logs('front')" logs front
refused "forbidden: rollout" "k8s.rollout('deploy/web')" rollout status deploy/web
refused "forbidden: wait" "k8s.wait('cm/one', { jsonpath = '{.data.a}=1', timeout = '5s' })" get cm one
has "forbidden: what to do" "Grant the verb 'patch' on 'deployments.apps' in namespace $SPACE to user 'token'" \
    "k8s.patch('deploy/web', { merge = {} })"
echo "return runbook { name = 'plan', phase 'p' { step 's' { function() k8s.patch('cm/one', { merge = { data = { a = '2' } } }) end } } }" >"$WORK/plan.lua"
expect "forbidden: a plan says so" 4 'refused by the server
403 Forbidden: .* cannot (get|patch) resource "configmaps"' "$RUNBOOK" plan "$WORK/plan.lua" --no-input

# Who may read, but neither list nor watch, can wait all the same.
export KUBECONFIG=$WORK/kubeconfig
k create role getter --verb get --resource deployments >/dev/null
k create rolebinding getter --role getter --user guest >/dev/null
be token
is "wait without the right to list" 2 ask "k8s.wait('deploy/web', { jsonpath = '{.spec.replicas}=2', timeout = '10s' }).spec.replicas"
be rsa
same "a group's rights" "#k8s.list('cm') .. ' ' .. tostring(k8s.can_i('list', 'cm')) .. ' ' .. tostring(k8s.can_i('patch', 'cm'))" \
    get cm -o 'go-template={{len .items}} true false'
finish
