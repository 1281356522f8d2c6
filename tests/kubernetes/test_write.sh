#!/usr/bin/env bash
# Changes: what we do to one object, kubectl does to another, and both have to come out the same.
. "$(dirname "$0")/lib.sh"
space write
objects
k apply -f "$HERE/widgets.yaml" >/dev/null && wait_for 20 k get widgets

same_shape() { equals "$1" "$(shape "$2" ours)" "$(shape "$2" theirs)"; } # NAME TYPE
# pair TYPE < MANIFEST: creates it twice, as `ours` and as `theirs`.
pair() {
    local text
    text=$(cat)
    for name in ours theirs; do sed "1i ---
        s/NAME/$name/" <<<"$text" | k create -f - >/dev/null; done
}
# changes NAME TYPE LUA KUBECTL...: OBJ in both stands for the object; the results are compared.
changes() {
    local ours
    ours=$(ask "${3//OBJ/$2/ours}")
    k "${@:4}" >"$WORK/said" 2>&1 || cat "$WORK/said"
    case $ours in failed:*) not_ok "$1: $ours" ;; *) same_shape "$1" "$2" ;; esac
}

# --- create --------------------------------------------------------------------------------------------
manifest() { printf '%s\n' 'apiVersion: v1' 'kind: ConfigMap' "metadata: { name: $1, labels: { made: \"yes\" } }" \
    'data: { number: "1", text: "a: b", empty: "" }'; }
manifest theirs | k create -f - >/dev/null
ask "k8s.create([==[$(manifest ours)]==])" >/dev/null
same_shape "create from YAML" cm
documents() { # NAME: YAML in several documents, some of which are empty
    printf '%s\n' '# a comment' --- "$(manifest "$1-a")" --- '' --- \
        "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"$1-b\"}}]}"
}
documents theirs | k create -f - >/dev/null
ask "k8s.create([==[$(documents ours)]==])" >/dev/null
equals "create several documents" "$(k get cm -o name | grep -c '/ours-[ab]$')" "$(k get cm -o name | grep -c '/theirs-[ab]$')"
refused "create: it exists" "k8s.create([==[$(manifest ours)]==])" create -f <(manifest ours)
refused "create: a name that is none" "k8s.create([==[$(manifest Not_a_name)]==])" create -f <(manifest Not_a_name)
refused "create: in a namespace that is not there" "k8s.create([==[$(manifest x)]==], { namespace = 'none' })" \
    create -n none -f <(manifest x)
broken='{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"broken"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"c"}},"spec":{"containers":[]}}}}'
refused "create: what is not valid" "k8s.create([==[$broken]==])" create --validate=false -f <(echo "$broken")
is "create with a generated name" ok ask "local o = k8s.create { apiVersion = 'v1', kind = 'ConfigMap',
    metadata = { generateName = 'g-' } } return o.metadata.name:find('^g%-%w+\$') and 'ok' or o.metadata.name"

# Files in every form that kubectl takes, and in some that it refuses: which objects come of them.
doc() { printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s","labels":{"form":"yes"}}}' "$1"; }
forms() { # NAME WANTED MORE: text on stdin; both make the objects WANTED, and fail where MORE is "fails"
    local theirs ours
    cat >"$WORK/form"
    k delete cm -l form >/dev/null 2>&1
    theirs=$(k create -f "$WORK/form" >/dev/null 2>&1 || echo fails)
    theirs="$(k get cm -l form -o 'jsonpath={.items[*].metadata.name}') $theirs"
    k delete cm -l form >/dev/null 2>&1
    jq -Rs '{ text: . }' "$WORK/form" >"$WORK/form.json"
    ours=$("$RUNBOOK" "$WORK/form.lua" --no-input --values "$WORK/form.json" >/dev/null 2>&1 || echo fails)
    ours="$(k get cm -l form -o 'jsonpath={.items[*].metadata.name}') $ours"
    if [ -n "${3-}" ]; then is "$1" "$2" echo "$ours"; else equals "$1" "$ours" "$theirs"; fi
}
echo 'return runbook { name = "form", params = { text = param {} }, phase "p" { step "s" { function(run) k8s.create(run.text) end } } }' >"$WORK/form.lua"
forms "JSON, one after the other" < <(doc a; doc b)
forms "empty documents and comments" < <(printf '\xef\xbb\xbf# first\n---\n'; doc a
    printf '\n--- # more\nnull\n---\n\n---\n'; doc b; printf '\n...\n')
forms "ends of lines as Windows has them" < <(printf -- '---\r\n'; doc a; printf '\r\n---\r\n'; doc b; printf '\r\n')
forms "a List" < <(echo '---'; echo '{ apiVersion: v1, kind: List, items: ['; doc a; echo ,; doc b; echo ']}')
forms "a label that is a boolean" < <(echo ---; doc a | sed 's/"yes"/yes/')
forms "an object without a kind" < <(echo ---; doc a; printf '\n---\n{}\n')
# Of a text that is not whole kubectl makes what comes before, we nothing; of a key that stands twice it takes
# the last. Where one of several is refused it goes on with the rest; we stop there, as a runbook does.
forms "a document that is a word" " fails" ours < <(echo ---; doc a; printf '\n---\nword\n')
forms "a key twice" " fails" ours < <(echo ---; doc a | sed 's/"kind"/"kind":"Secret","kind"/')
forms "the second of three is refused" "a fails" ours < <(echo ---; for name in a B_ c; do doc $name; printf '\n---\n'; done)

# Scalars as kubectl's YAML understands them.
cat >"$WORK/scalars" <<'END'
apiVersion: test.example/v1
kind: Widget
metadata: { name: NAME }
spec:
  anchor: &anchor { a: 1, b: [x, y] }
  alias: *anchor
  merged: { <<: *anchor, b: 2 }
  words: [yes, no, "yes", Yes, NO, on, off, True, FALSE, y, n, Y, N, ~, null, Null, "", '', none]
  numbers: [0, -1, +1, 1.5, 1.0, 1e3, 1E3, .5, 5., 0x1F, 0o17, 017, 0777, 1_000, 0b11, 9223372036854775807, -0, 1.2.3, 08, 1e400x]
  times: [2026-03-01, 2026-03-01T08:30:00Z, 12:30:45, 190:20]
  strings: [!!str 1, "1", '0x1', "\u00e9", "a\tb", 1 2, -, a#b, "#"]
  literal: |
    two
      lines
  folded: >-
    one
    line

    more
  plain: over
    two lines
  "quoted key": 1
  ? complex
  : key
  1: number as a key
  true: boolean as a key
END
sed s/NAME/theirs-scalars/ "$WORK/scalars" | k create -f - >/dev/null
ask "k8s.create([==[$(sed s/NAME/ours-scalars/ "$WORK/scalars")]==])" >"$WORK/said"
scalars() { k get widget "$1-scalars" -o json 2>&1 | jq -S .spec || cat "$WORK/said"; }
equals "create: scalars" "$(scalars ours)" "$(scalars theirs)"

# --- patch, label, annotate, scale ---------------------------------------------------------------------
pair <<'END'
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: NAME, labels: { old: "1" }, annotations: { old: "1" } },
  spec: { replicas: 1, selector: { matchLabels: { app: x } }, template: { metadata: { labels: { app: x } },
    spec: { containers: [ { name: main, image: "a:1", env: [ { name: ONE, value: "1" } ] }, { name: side, image: "b:1" } ],
      tolerations: [ { key: a, operator: Exists } ] } } } }
END
t=--type
changes "patch: merge" deploy "k8s.patch('OBJ', { merge = { spec = { replicas = 3, minReadySeconds = 5, template = { spec = { tolerations = json.null } } } } })" \
    patch deploy theirs $t merge -p '{"spec":{"replicas":3,"minReadySeconds":5,"template":{"spec":{"tolerations":null}}}}'
changes "patch: json" deploy "k8s.patch('OBJ', { json = { { op = 'test', path = '/spec/replicas', value = 3 },
    { op = 'replace', path = '/spec/replicas', value = 4 }, { op = 'add', path = '/metadata/annotations/a~1b', value = 'x' },
    { op = 'remove', path = '/metadata/labels/old' } } })" patch deploy theirs $t json -p '[{"op":"test","path":"/spec/replicas","value":3},
    {"op":"replace","path":"/spec/replicas","value":4},{"op":"add","path":"/metadata/annotations/a~1b","value":"x"},{"op":"remove","path":"/metadata/labels/old"}]'
changes "patch: strategic" deploy "k8s.patch('OBJ', { strategic = { spec = { template = { spec = { containers = {
    { name = 'main', env = { { name = 'TWO', value = '2' } } }, { name = 'side', ['\$patch'] = 'delete' } } } } } } })" \
    patch deploy theirs -p '{"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"TWO","value":"2"}]},{"name":"side","$patch":"delete"}]}}}}'
changes "label" deploy "k8s.label('OBJ', { a = 'x', n = 1, app = false })" label deploy theirs a=x n=1 app-
changes "label: overwrite" deploy "k8s.label('OBJ', { a = 'y' }, { overwrite = true })" label deploy theirs a=y --overwrite
changes "annotate" deploy "k8s.annotate('OBJ', { ['example.com/note'] = 'a text', old = false })" \
    annotate deploy theirs 'example.com/note=a text' old-
changes "scale" deploy "k8s.scale('OBJ', 7)" scale deploy theirs --replicas 7
changes "scale: from what is there" deploy "k8s.scale('OBJ', 2, { current_replicas = 7 })" \
    scale deploy theirs --current-replicas 7 --replicas 2
has "scale: not from what is there" 'failed: .*replicas.*2' "k8s.scale('deploy/ours', 9, { current_replicas = 7 })"
is "scale: nothing has changed" 2 ask "k8s.get('deploy/ours').spec.replicas"
has "label: not over another value" "failed: .*'a' already has a value \\(y\\)" "k8s.label('deploy/ours', { a = 'z' })"
refused "label: a value that is none" "k8s.label('deploy/ours', { b = 'a-valid-one-' })" \
    patch deploy theirs $t merge -p '{"metadata":{"labels":{"b":"a-valid-one-"}}}'
refused "patch: what is not valid" "k8s.patch('deploy/web', { merge = { spec = { replicas = -1 } } })" \
    patch deploy web $t merge -p '{"spec":{"replicas":-1}}'
refused "patch: what cannot change" "k8s.patch('deploy/web', { merge = { spec = { selector = { matchLabels = { app = 'y' } } } } })" \
    patch deploy web $t merge -p '{"spec":{"selector":{"matchLabels":{"app":"y"}}}}'
refused "patch: what is not there" "k8s.patch('deploy/none', { merge = {} })" patch deploy none $t merge -p '{}'
refused "patch: a test that does not hold" "k8s.patch('deploy/web', { json = { { op = 'test', path = '/spec/replicas', value = 9 } } })" \
    patch deploy web $t json -p '[{"op":"test","path":"/spec/replicas","value":9}]'

pair <<'END'
{ apiVersion: test.example/v1, kind: Widget, metadata: { name: NAME }, spec: { size: 1, list: [ { name: a }, { name: b } ] } }
END
changes "a custom resource: merge" widget "k8s.patch('OBJ', { merge = { spec = { list = { { name = 'c' } }, more = { deep = {} } } } })" \
    patch widget theirs $t merge -p '{"spec":{"list":[{"name":"c"}],"more":{"deep":{}}}}'
has "a custom resource: scale from what nobody has said" 'failed: .* and it has no number of them yet' \
    "k8s.scale('widget/ours', 5, { current_replicas = 1 })"
changes "a custom resource: scale" widget "k8s.scale('OBJ', 5)" scale widget theirs --replicas 5
changes "a custom resource: status" widget "k8s.patch('OBJ', { subresource = 'status', merge = { status = { phase = 'Up' }, spec = { size = 9 } } })" \
    patch widget theirs --subresource status $t merge -p '{"status":{"phase":"Up"},"spec":{"size":9}}'
# kubectl's answer says more, since it looks at the type before it sends anything.
has "a custom resource: strategic" 'failed: .* 415 UnsupportedMediaType: the body .* Use a merge or a JSON patch' \
    "k8s.patch('widget/ours', { strategic = { spec = { size = 2 } } })"

# --- apply ---------------------------------------------------------------------------------------------
config() { # NAME A [MORE]
    printf '%s\n' 'apiVersion: v1' 'kind: ConfigMap' "metadata: { name: $1 }" "data: { a: \"$2\"${3-} }"
}
applies() { # NAME A [MORE]: both apply it, under the same manager's name
    local ours
    ours=$(ask "k8s.apply([==[$(config applied-ours "${@:2}")]==], { manager = 'tester' })")
    config applied-theirs "${@:2}" | k apply --server-side --field-manager tester -f - >/dev/null
    equals "$1" "$(shape cm applied-ours | sed 's/"time".*//')" "$(shape cm applied-theirs | sed 's/"time".*//')"
}
applies "apply: creates" 1 ', b: "2"'
applies "apply: changes" 2 ', b: "2"'
applies "apply: drops" 2
equals "apply: managedFields" "$(k get cm applied-ours -o json --show-managed-fields | jq -S '.metadata.managedFields[] | del(.time)')" \
    "$(k get cm applied-theirs -o json --show-managed-fields | jq -S '.metadata.managedFields[] | del(.time)')"
version() { k get "$1" "$2" -o 'jsonpath={.metadata.resourceVersion}'; }
before=$(version cm applied-ours)
ask "k8s.apply([==[$(config applied-ours 2)]==], { manager = 'tester' })" >/dev/null
is "apply: the same again changes nothing" "$before" version cm applied-ours
conflicts_of_kubectl() {
    config applied-ours 5 ', c: "5"' | k apply --server-side --field-manager tester -f - 2>&1 |
        sed -n 's/.*conflicts with/conflicts with/p; /^- /p'
}
config applied-ours 3 ', c: "4"' | k apply --server-side --field-manager 'other one' --force-conflicts -f - >/dev/null
has "apply: conflicts by field and owner" 'failed: .* 409 Conflict: \.data\.a is owned by "other one", \.data\.c is owned by "other one"' \
    "k8s.apply([==[$(config applied-ours 5 ', c: "5"')]==], { manager = 'tester' })"
is "apply: kubectl sees the same conflicts" "conflicts with \"other one\":
- .data.a
- .data.c" conflicts_of_kubectl
is "apply: by force" 5 ask "k8s.apply([==[$(config applied-ours 5)]==], { manager = 'tester', force = true })[1].data.a"
has "apply: a type that is not there" "failed: .*knows no resource type 'None.v1.none.example'" \
    "k8s.apply('{\"apiVersion\":\"none.example/v1\",\"kind\":\"None\",\"metadata\":{\"name\":\"x\"}}')"

# --- delete --------------------------------------------------------------------------------------------
refused "delete: it is not there" "k8s.delete('cm/none')" delete cm none
has "delete: another uid" 'failed: .* 409 Conflict: .*the UID in the precondition .* does not match' "k8s.delete('cm/one', { if_uid = 'not-this-one' })"
has "delete: another version" 'failed: .* 409 Conflict: .*the ResourceVersion in the precondition \(1\) does not match' \
    "k8s.delete('cm/one', { if_resource_version = '1' })"
is "delete: as it was read" gone ask "local o = k8s.get('cm/one')
    k8s.delete('cm/one', { if_uid = o.metadata.uid, if_resource_version = o.metadata.resourceVersion, wait = '5s' })
    return k8s.find('cm/one') and 'there' or 'gone'"
for how in Foreground Orphan Background; do
    low=${how,,}
    pair <<<"{ apiVersion: v1, kind: ConfigMap, metadata: { name: NAME-$low, finalizers: [ example.com/hold ] } }"
    ask "k8s.delete('cm/ours-$low', { propagation = '$how' })" >/dev/null
    k delete cm "theirs-$low" "--cascade=$low" --wait=false >/dev/null
    equals "delete: $how" "$(k get cm "ours-$low" -o 'jsonpath={.metadata.finalizers}')" \
        "$(k get cm "theirs-$low" -o 'jsonpath={.metadata.finalizers}')"
done
has "delete: waits no longer than it is told" 'failed: cm/ours-orphan to be gone did not come about within 1s' \
    "k8s.delete('cm/ours-orphan', { wait = '1s' })"
finish
