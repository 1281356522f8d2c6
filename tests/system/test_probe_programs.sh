#!/usr/bin/env bash
# Probes of programs and of Kubernetes objects, and what is none.
HERE=$(dirname "$(realpath "$0")")
. "$HERE/journal.sh"

book wrong.lua <<'X'
  phase "p" { step "pays" { function(run) http.post("TILL/pay?" .. run.what, { probe = true }) end } },
X
expect "what is no function is no probe" 4 'probe is a function' "$RUNBOOK" wrong.lua

book probe-exec.lua <<'X'
  phase "p" { step "runs it" { function(run)
      exec { "sh", "-c", '[ -e go ] || sleep 6; echo "$0" >>ran; touch "did-$0"', run.what, probe = function()
          return exec { "test", "-e", "did-" .. run.what, reads = true, ok = { 0, 1 } }.status == 0
      end }
  end } },
X
for did in yes no; do
    rm -f ran go
    fresh probe-exec-$did
    "$RUNBOOK" probe-exec.lua >/dev/null 2>&1 &
    pid=$!
    wait_for 20 sh -c "'$RUNBOOK' show | grep 'write IN DOUBT'"
    { kill -9 $pid; wait $pid; } 2>/dev/null
    touch go
    [ $did = no ] || { touch did-$RUNBOOK_WHAT; echo "$RUNBOOK_WHAT" >ran; }
    expect "the probe of a program that did it: $did" 0 't is done' "$RUNBOOK" resume
    is "it ran once: $did" "$(ran)" 1
done

book probe-late.lua <<'X'
  phase "p" { step "s" { function(run)
      exec { "sh", "-c", '[ "$0" = first ] && echo x >>"did-$1"; sleep 20; echo x >>"did-$1"', run.how, run.what, timeout = "300ms",
          probe = function() return exec { "test", "-e", "did-" .. run.what, reads = true, ok = { 0, 1 } }.status == 0 end }
  end } },
X
sed -i 's/params = {/& how = param "first",/' probe-late.lua
fresh exec-late
expect "a program that is out of time: its probe is asked" 0 'its probe says that it was done' "$RUNBOOK" probe-late.lua
is "a program that is out of time: it ran once" "$(grep -c x did-exec-late)" 1
fresh exec-never
expect "one that did nothing: once more, and no more than that" 7 'did not end within' "$RUNBOOK" probe-late.lua --set how=last
book probe-k8s.lua <<'X'
  phase "p" { step "creates it" { function(run)
      k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { generateName = run.what .. "-", labels = { of = run.what } } },
          { probe = function() return #k8s.list("configmaps", { selector = "of=" .. run.what }) > 0 end })
  end } },
X
for when in before after; do
    fresh probe-k8s-$when
    KUBECONFIG=$SANDBOX/kubeconfig mortal "\"at\":1,\"when\":\"$when\",\"writes\":true,\"services\":[\"kubernetes\"]" \
        "$RUNBOOK" probe-k8s.lua >/dev/null 2>&1
    is "killed $when an object is created" $? 137
    expect "killed $when an object is created: its probe is asked" 0 't is done' \
        env KUBECONFIG="$SANDBOX/kubeconfig" "$RUNBOOK" resume
    is "killed $when an object is created: there is one" \
        "$(curl -s "$CONTROL/state" | jq --arg w "$RUNBOOK_WHAT" '[.maps[] | select(.metadata.labels.of == $w)] | length')" 1
done
finish
