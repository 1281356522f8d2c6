# What the tests against a real API server share, besides what all system tests do. `run` starts the server
# and tells of it in KUBE_SERVER, the folder with its kubeconfig. Every theme works in a namespace of its own.
. "$ROOT/tests/system/lib.sh"
HERE=$ROOT/tests/kubernetes
kubectl=${KUBECTL:-kubectl}

k() { timeout 60 "$kubectl" "$@"; }

# space NAME: makes a namespace, SPACE, and a kubeconfig in which it is the default one.
space() {
    export KUBECONFIG=$WORK/kubeconfig
    cp "$KUBE_SERVER/kubeconfig" "$KUBECONFIG"
    SPACE=$1-$$
    k create namespace "$SPACE" >/dev/null
    k config set-context --current --namespace "$SPACE" >/dev/null
}

# ask LUA: what the expression (or what a chunk that holds `return`) gives, as text: tables as JSON with
# sorted keys, failures as "failed: " and their text.
ask() {
    local body=$1 file=$WORK/ask.$BASHPID
    case $body in *return*) ;; *) body="return $body" ;; esac
    cat >"$file.lua" <<END
return runbook { name = "ask-$BASHPID", phase "p" { step "s" { timeout = "1m", function()
    local ok, got = pcall(function() $body end)
    if not ok then got = "failed: " .. (type(got) == "table" and got.text or tostring(got)) end
    log.info("%s", "<" .. (type(got) == "table" and json.encode(got) or tostring(got)) .. ">")
end } } }
END
    timeout 90 "$RUNBOOK" "$file.lua" --no-input --output ndjson "${@:2}" >"$file" 2>&1
    jq -rR '. as $line | try (fromjson | select(.event == "log" and .level == "info") | .text[1:-1]) catch $line' "$file"
}
# warned LUA: what the server warns of meanwhile, as kubectl writes it.
warned() {
    ask "$1" >/dev/null
    jq -rR 'try (fromjson | select(.event == "log" and .level == "warn") | .text | sub("^Kubernetes warns"; "Warning"))' \
        "$WORK/ask.$BASHPID"
}

equals() { # NAME OURS THEIRS
    if [ "$2" = "$3" ]; then
        ok "$1"
    elif [ "$(wc -l <<<"$2$3")" = 1 ]; then
        not_ok "$1: '$2', and kubectl '$3'"
    else
        not_ok "$1: we (<) and kubectl (>)"
        diff <(echo "$2") <(echo "$3") | head -n 30 | sed 's/^/        | /'
    fi
}
# told KUBECTL...: what it prints, its errors where it fails; warnings on the side are left out.
told() { k "$@" 2>"$WORK/said" || cat "$WORK/said"; }
same() { equals "$1" "$(ask "$2")" "$(told "${@:3}")"; } # NAME LUA KUBECTL...: both say the same
is() { # NAME WANTED COMMAND...: the command says exactly that
    local got
    got=$("${@:3}" 2>&1)
    if [ "$got" = "$2" ]; then ok "$1"; else not_ok "$1: '$got' instead of '$2'"; fi
}

# shape TYPE NAME: an object without its name, and without what two of them cannot share.
shape() {
    k get "$1" "$2" -o json 2>&1 | jq -S "del(.metadata.uid, .metadata.resourceVersion, .metadata.creationTimestamp,
        .metadata.selfLink, .metadata.name)" | sed "s/\"$2\"/\"NAME\"/; s/\(restartedAt\": \).*/\1TIME/"
}

# has NAME PATTERN LUA [OPTIONS...]: what we say has the pattern (grep -E).
has() {
    local got
    got=$(ask "${@:3}")
    if grep -Eq -- "$2" <<<"$got"; then ok "$1"; else not_ok "$1: '$got' lacks '$2'"; fi
}

# same_json NAME FILTER LUA KUBECTL...: both give the same JSON, after a filter of jq's.
same_json() {
    local ours theirs
    ours=$(ask "$3" | jq -S "$2" 2>&1) theirs=$(told "${@:4}" | jq -S "$2" 2>&1)
    if [ -n "$ours" ]; then equals "$1" "$ours" "$theirs"; else not_ok "$1: we say nothing"; fi
}

# refused NAME LUA KUBECTL...: both fail, and we tell the server's reason and every message as kubectl does.
refused() {
    local ours theirs reason line wrong=""
    ours=$(ask "$2" | tr -s ' ') # on one line, we have one blank between words
    theirs=$(k "${@:3}" 2>&1 >/dev/null | grep -Ei '^(error|the |\* )' | tr -s ' ')
    reason=$(sed -nE 's/.*rror from server \(([A-Za-z]+)\):.*/\1/p' <<<"$theirs" | head -n 1)
    [[ $ours == "failed: "*$reason* ]] || wrong="we do not fail with '$reason'"
    [ -n "$theirs" ] || wrong="kubectl does not fail"
    while IFS= read -r line; do
        grep -qF -- "$line" <<<"$ours" || wrong="$wrong; we lack '$line'"
    done < <(sed -E 's/^error: //; s/^[Ee]rror from server( \([A-Za-z]+\))?: //; s/^error when [a-z]+ "[^"]*": //
        s/^The .* is invalid: //; s/^\* //; s/ in namespace "[^"]*"$//; s/\.$//' <<<"$theirs")
    if [ -z "$wrong" ]; then ok "$1"; else not_ok "$1: $wrong; we say '$ours', and kubectl '$theirs'"; fi
}

# both_tell OBJECT WORDS...: they stand in what both describe.
both_tell() {
    local words missing=""
    ask "k8s.describe('$1')" >"$WORK/ours"
    k describe "${1%/*}" "${1#*/}" >"$WORK/theirs" 2>&1
    for words in "${@:2}"; do
        grep -qF -- "$words" "$WORK/ours" || missing="$missing; we lack '$words'"
        grep -qF -- "$words" "$WORK/theirs" || missing="$missing; kubectl lacks '$words'"
    done
    if [ -z "$missing" ]; then ok "describe $1"; else not_ok "describe $1$missing"; fi
}

# objects: what objects.yaml describes, in the theme's namespace.
objects() { k apply -f "$HERE/objects.yaml" >"$WORK/said" 2>&1 || { cat "$WORK/said"; exit 1; }; }
