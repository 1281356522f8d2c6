#!/usr/bin/env bash
# Whatever a function does, and whatever secret it does it with, the list that `check --permissions` writes out of a plan of it is enough for its
# run. The functions are those of the reference: permitted.txt.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
sandbox "$HERE/permitted_world.lua"
export KUBECONFIG=$SANDBOX/kubeconfig
export TOKEN=s3cr/et:47+11 ODD="o?d%41*\"\${x}'/y z"
mkdir here
printf '#!/bin/sh\nexit 0\n' >here/tool.sh
chmod +x here/tool.sh

# Each documented function has a line there.
sed -n '/^#/d; s/^\([^ |][^|]*\)|.*/\1/p' "$HERE/permitted.txt" | tr ',' '\n' | sed 's/^ *//; s/ *$//' | sort >named
"$ROOT/script/reference" --names | sort >documented
missing=$(comm -13 named documented | tr '\n' ' ') extra=$(comm -23 named documented | tr '\n' ' ')
[ -z "$missing$extra" ] && ok "every documented function is tried" ||
    not_ok "in permitted.txt are missing: $missing; and too many: $extra"

book() { # ALLOW BODY
    cat <<END
return runbook { name = "permitted", params = { web = param {}, metrics = param {}, port = param { type = "integer" },
    tls = param { type = "integer" }, token = secret { env = "TOKEN" }, odd = secret { env = "ODD" } }, $1 phase "p" { step "s" { timeout = "30s", function(run) $2
end } } }
END
}
try() { # NAME BODY
    local code
    book '' "$2" >free.lua
    "$RUNBOOK" check --permissions free.lua --values "$SANDBOX/values.yaml" >allow 2>said || {
        not_ok "$1: its plan"
        "$RUNBOOK" plan free.lua --values "$SANDBOX/values.yaml" 2>&1 | sed 's/^/        | /'
        return
    }
    grep -q -e 47.11 -e '/y z' allow && not_ok "$1: its list shows a secret: $(cat allow)"
    book "$(cat allow)" "$2" >bound.lua
    timeout 60 "$RUNBOOK" bound.lua --yes --no-input --journal none --values "$SANDBOX/values.yaml" >said 2>&1
    code=$?
    if [ $code = 0 ]; then
        ok "$1"
    else
        not_ok "$1: exit $code with $(tr '\n' ' ' <allow)"
        sed 's/^/        | /' said
    fi
}
name=
while IFS='|' read -r names body; do
    case $names in "#"*) continue ;; esac
    names=${names% } body=${body# }
    [ -n "$names" ] && name=$names
    [ "$body" = - ] || try "$name: $body" "$body"
done <"$HERE/permitted.txt"
finish
