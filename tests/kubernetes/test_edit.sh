#!/usr/bin/env bash
# A change never damages the rest of an object, never overwrites what came in between, and a plan of it is
# judged by the server without changing anything.
. "$(dirname "$0")/lib.sh"
space edit
objects
k apply -f "$HERE/widgets.yaml" >/dev/null && wait_for 20 k get widgets

# --- what is delicate ----------------------------------------------------------------------------------
cat >"$WORK/delicate" <<'END'
{"apiVersion":"test.example/v1","kind":"Widget","metadata":{"name":"NAME","annotations":{"text":"a \"quoted\"\n\tline \u00e9 \ud83d\ude00 </>&"}},
 "spec":{"size":9223372036854775807,"least":-9223372036854775808,"odd":9007199254740993,"float":0.1,"whole":1e2,
  "tiny":1e-300,"none":[],"empty":{},"list":[[],{},[[]],null,0,"",false],"text":"007","yes":"yes","time":"2026-03-01",
  "a.b/c":{"x~1y":1},"unknown":{"deep":[{"er":[]}]},"":"no name","é":1}}
END
delicate() { # NAME: creates it, and tells its spec as the server has it
    sed "s/NAME/$1/" "$WORK/delicate" | k create -f - >/dev/null
    spec "$1"
}
spec() { k get --raw "/apis/test.example/v1/namespaces/$SPACE/widgets/$1" | sed 's/.*"spec":/"spec":/; s/"touched":[^,}]*,\?//'; }
survives() { # NAME LUA: OBJ stands for the object that it changes; whatever else is in its spec stays
    local name before
    name=d$((passed + failed))
    before=$(delicate "$name")
    ask "${2//OBJ/widget/$name}" >"$WORK/said"
    [ "$(k get widget "$name" -o 'jsonpath={.spec.touched}')" = true ] || { not_ok "$1: $(cut -c1-300 "$WORK/said")"; return; }
    is "$1" "$before" spec "$name"
}
survives "edit" "k8s.edit('OBJ', function(o) o.spec.touched = true end)"
survives "edit: another object in its place" "k8s.edit('OBJ', function(o)
    local new = json.decode(json.encode(o)) new.spec.touched = true return new end)"
survives "edit: with what is rewritten as it was" "k8s.edit('OBJ', function(o)
    o.spec.size, o.spec.least = math.maxinteger, math.mininteger
    o.spec.none, o.spec.empty, o.spec.touched = json.array {}, {}, true end)"
survives "patch: merge" "k8s.patch('OBJ', { merge = { spec = { touched = true } } })"
survives "patch: json" "k8s.patch('OBJ', { json = { { op = 'add', path = '/spec/touched', value = true } } })"
# The server's merge patch drops the nulls within lists, from whomever it comes: hence without them.
sed -i 's/null,//' "$WORK/delicate"
survives "patch: what was read" "return k8s.patch('OBJ', { merge = { spec = (function()
    local s = k8s.get('OBJ').spec s.touched = true return s end)() } })"
survives "apply: what was read" "return k8s.apply((function() local o = k8s.get('OBJ')
    o.metadata = { name = o.metadata.name, namespace = o.metadata.namespace, annotations = o.metadata.annotations }
    o.spec.touched = true return o end)(), { force = true })"
sed 's/NAME/raw/' "$WORK/delicate" >"$WORK/raw"
delicate theirs >/dev/null
ask "k8s.create([==[$(cat "$WORK/raw")]==])" >/dev/null
is "create: as kubectl creates it" "$(spec theirs)" spec raw
is "a number with 64 bits" "9223372036854775807 -9223372036854775808 9007199254740993" \
    ask "local s = k8s.get('widget/raw').spec return ('%d %d %d'):format(s.size, s.least, s.odd)"

# Only what was changed is sent: the fields that we have become the manager of are those and no others.
fields() { # TYPE NAME: of the manager `runbook`
    k get "$1" "$2" -o json --show-managed-fields |
        jq -c '.metadata.managedFields[] | select(.manager == "runbook") | .fieldsV1 | [paths | map(tostring) | join(" ")] | map(select(endswith("image") or endswith("data f:a") or endswith("replicas") or endswith("note")))'
}
ask "k8s.edit('deploy/web', function(o) o.spec.template.spec.containers[1].image = 'registry.example/web:2'
    o.metadata.annotations.note = 'x' end)" >/dev/null
is "edit: sends no more than it changed" '["f:metadata f:annotations f:note","f:spec f:template f:spec f:containers k:{\"name\":\"main\"} f:image"]' \
    fields deploy web
version() { k get "$1" "$2" -o 'jsonpath={.metadata.resourceVersion}'; }
before=$(version cm one)
ask "k8s.edit('cm/one', function(o) o.data.a = o.data.a end) k8s.label('cm/one', { tier = 'front' }) return k8s.scale('deploy/web', 2)" >/dev/null
is "without a change nothing is sent" "$before" version cm one

# --- what comes in between -----------------------------------------------------------------------------
is "edit: begins anew where somebody was faster" "2 b c" ask "local calls = 0
    local o = k8s.edit('cm/one', function(o)
        calls = calls + 1
        if calls == 1 then k8s.patch('cm/one', { merge = { data = { between = 'b' } } }) end
        o.data.a = 'c'
    end)
    return calls .. ' ' .. o.data.between .. ' ' .. o.data.a"
has "edit: gives up where somebody always is" 'failed: .* 409 Conflict: .*the object has been modified.*read it again' \
    "local n = 0 return k8s.edit('cm/one', function(o) n = n + 1
        k8s.patch('cm/one', { merge = { data = { n = tostring(n) } } }) o.data.a = 'd' end)"
refused "patch: of an old version" "k8s.patch('cm/one', { if_resource_version = '1', merge = { data = { a = 'x' } } })" \
    patch cm one --type merge -p '{"metadata":{"resourceVersion":"1"},"data":{"a":"x"}}'
has "patch: of another object with its name" 'failed: .* 422 Invalid: .* metadata.uid: .* field is immutable' \
    "k8s.patch('cm/one', { if_uid = '00000000-0000-0000-0000-000000000000', merge = { data = { a = 'x' } } })"
is "none of them changed it" c k get cm one -o 'jsonpath={.data.a}'
(for i in 1 2 3 4 5 6; do k annotate cm two "n=$i" --overwrite >/dev/null; done) &
is "edit: ten changes beside kubectl's" 10 ask "for i = 1, 10 do
        k8s.edit('cm/two', function(o) o.data = { count = tostring((tonumber((o.data or {}).count) or 0) + 1) } end)
    end return k8s.get('cm/two').data.count"
wait $!

# --- plans ---------------------------------------------------------------------------------------------
versions() { k get cm,secret,deploy,sts,ingresses.networking.k8s.io,widget,svc,pod,sa,ns -o 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion} {.metadata.generation}{"\n"}{end}' |
    awk -v own="Namespace/$SPACE" '$1 !~ /^Namespace\// || $1 == own'; } # other themes make and drop theirs meanwhile
plans() { # NAME EXIT PATTERNS LUA: what a plan of it says
    cat >"$WORK/plan.lua" <<END
return runbook { name = "plan", phase "p" { keep_going = true, step "s" { function() $4 end } } }
END
    expect "$1" "$2" "$3" "$RUNBOOK" plan "$WORK/plan.lua" --no-input
}
before=$(versions)
plans "a plan of every change" 0 'checked by the server
data.a: "c" → "planned"
spec.replicas: 2 → 5
then it has planned, 5 replicas, RollingUpdate and ClusterIP
delete pod/back
!"x" → \(none\)' "
    k8s.edit('cm/one', function(o) o.data.a = 'planned' end)
    k8s.label('ing/web', { stage = 'canary' })
    k8s.annotate('sts/db', { note = 'x' })
    k8s.scale('deploy/web', 5)
    k8s.patch('secret/hidden', { merge = { stringData = { password = 'else' } } })
    k8s.patch('widget/raw', { json = { { op = 'remove', path = '/spec/size' } } })
    k8s.patch('sts/db', { strategic = { spec = { template = { spec = { containers = { { name = 'main', image = 'x' } } } } } } })
    local made = k8s.create { apiVersion = 'apps/v1', kind = 'Deployment', metadata = { name = 'fresh' },
        spec = { selector = { matchLabels = { a = 'b' } }, template = { metadata = { labels = { a = 'b' } },
            spec = { containers = { { name = 'main', image = 'x' } } } } } }
    k8s.apply { apiVersion = 'v1', kind = 'Service', metadata = { name = 'new' }, spec = { ports = { { port = 80, protocol = 'TCP' } } } }
    k8s.delete('pod/back')
    k8s.rollout_restart('deploy/web')
    log.info('then it has %s, %d replicas, %s and %s', k8s.get('cm/one').data.a, k8s.get('deploy/web').spec.replicas,
        made.spec.strategy.type, k8s.get('svc/new').spec.type)"
# What leaves an object as it is changes nothing, whatever the server writes beside it.
plans "a plan of what is so already" 0 'write  patch configmap/one .*unchanged, checked by the server
write  apply ConfigMap/one .*unchanged, checked by the server
write  patch deployment/web .*unchanged, checked by the server
It would change nothing
3 writes .3 unchanged.' "
    local one, web = k8s.get('cm/one'), k8s.get('deploy/web')
    k8s.patch('configmap/one', { merge = { data = one.data } })
    k8s.apply { apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'one' }, data = { a = one.data.a } }
    k8s.patch('deployment/web', { json = { { op = 'replace', path = '/spec/replicas', value = web.spec.replicas } } })"
in_fresh="k8s.create({ apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'in' }, data = { a = '1' } }, { namespace = 'fresh-$SPACE' })"
thing="k8s.apply('{\"apiVersion\":\"fresh.example/v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":\"one\"},\"spec\":{\"size\":1}}')"
plans "a plan of a namespace, and of what is to stand in it" 0 "create ConfigMap/in in fresh-$SPACE .*assumed: as planned so far
label cm/in x=y .*assumed: as planned so far
then it has 1 and 2
create Namespace/fresh-$SPACE .*checked by the server
!refused" "
    k8s.create { apiVersion = 'v1', kind = 'Namespace', metadata = { name = 'fresh-$SPACE' } }
    $in_fresh
    k8s.apply('{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\"},\"stringData\":{\"a\":\"x\"}}', { namespace = 'fresh-$SPACE' })
    k8s.apply('{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"two\",\"namespace\":\"fresh-$SPACE\"}}')
    k8s.label('cm/in', { x = 'y' }, { namespace = 'fresh-$SPACE' })
    log.info('then it has %s and %d', k8s.get('cm/in', { namespace = 'fresh-$SPACE' }).data.a, #k8s.list('cm', { namespace = 'fresh-$SPACE' }))"
plans "a plan of a type, and of an object of it" 0 'apply Thing/one in .*assumed: as planned so far
checked by the server
then it is 1
!refused' "
    k8s.apply(json.decode([==[$(sed 's/test.example/fresh.example/; s/widget/thing/g; s/Widget/Thing/g; s/wd/th/' "$HERE/widgets.yaml" | k create --dry-run=client -o json -f -)]==]))
    $thing
    log.info('then it is %d', k8s.get('thing.fresh.example/one').spec.size)"
plans "a plan of what needs a namespace that nobody makes" 4 "404 NotFound: namespaces \"fresh-$SPACE\" not found. Create the namespace first" "$in_fresh"
plans "and of a type that nobody brings" 4 "knows no resource type 'Thing.v1.fresh.example'" "$thing"
plans "a plan of what is not valid" 4 '422 Invalid: .*spec.replicas: Invalid value: -1' \
    "k8s.patch('deploy/web', { merge = { spec = { replicas = -1 } } })"
plans "a plan of what is there" 4 '409 AlreadyExists: configmaps "one" already exists' \
    "k8s.create { apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'one' } }"
plans "a plan of what is not there" 4 '404 NotFound: configmaps "none" not found' "k8s.patch('cm/none', { merge = {} })"
plans "a plan of a conflict" 4 '409 Conflict: .data.a is owned by ' \
    "k8s.apply({ apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'one' }, data = { a = 'z' } }, { manager = 'tester' })"

# A webhook that has side effects keeps the server from any dry run of what it is asked about.
{ sed "s/SPACE/$SPACE/" <<"END"; } | k apply -f - >/dev/null 2>&1
apiVersion: admissionregistration.k8s.io/v1beta1
kind: ValidatingWebhookConfiguration
metadata: { name: SPACE }
webhooks:
- { name: hook.test.example, sideEffects: Some, failurePolicy: Ignore, clientConfig: { url: "https://127.0.0.1:9/" },
    namespaceSelector: { matchLabels: { hooked: SPACE } },
    rules: [ { apiGroups: [ "" ], apiVersions: [ v1 ], operations: [ "*" ], resources: [ configmaps ], scope: Namespaced } ] }
END
k label ns "$SPACE" "hooked=$SPACE" >/dev/null
hooked() { k label cm one hooked=yes --dry-run=server 2>&1 | grep -q 'does not support dry run'; }
if wait_for 20 hooked; then ok "kubectl has no dry run behind such a webhook"; else not_ok "kubectl has a dry run"; fi
plans "a plan has one all the same, and says so" 0 'label cm/one stage=canary .*assumed: as planned so far
a webhook that has side effects keeps the server from checking it
create ConfigMap/behind .*assumed
then it is canary and 1
patch cm/two .*not known
patch cm/two: as it is .*assumed
!unchanged' "
    k8s.patch('cm/two', { merge = { data = k8s.get('cm/two').data }, label = 'patch cm/two: as it is' })
    k8s.label('cm/one', { stage = 'canary' })
    k8s.create { apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'behind' }, data = { a = '1' } }
    log.info('then it is %s and %s', k8s.get('cm/one').metadata.labels.stage, k8s.get('cm/behind').data.a)
    k8s.patch('cm/two', { json = { { op = 'add', path = '/data/z', value = 'x' } } })"
k delete validatingwebhookconfiguration "$SPACE" >/dev/null
k label ns "$SPACE" hooked- >/dev/null
before=$(sed "s|^Namespace/$SPACE .*|$(versions | grep "^Namespace/$SPACE ")|" <<<"$before")
equals "the plans have changed nothing" "$(versions)" "$before"
finish
