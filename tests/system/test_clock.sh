#!/usr/bin/env bash
# A machine whose clock is wrong: a little does no harm, and much is told as what it is. The cluster's is right.
. "$(dirname "$0")/lib.sh"
command -v faketime >/dev/null || { skip "faketime is not installed"; finish; }
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 # faketime comes before it

cat >"$WORK/clock.lua" <<'X'
return runbook { name = "clock", phase "p" {
    step "reads and writes" { function()
        check.equal(k8s.get("deployment/web").metadata.name, "web", "read")
        k8s.annotate("deployment/web", { seen = tostring(wait.now()) }, { overwrite = true })
    end },
    step "waits as long as it says" { function()
        local ok, why = pcall(k8s.wait, "certificate/x", { condition = "Ready", timeout = "500ms" })
        check(not ok and tostring(why):find("did not come about within 500ms", 1, true), "%s", tostring(why))
        k8s.rollout_wait("deployment/web", { timeout = "20s" })
    end },
} }
X
sandbox "$ROOT/tests/lua/test_k8s.world.lua"
at() { # at NAME SHIFT EXIT PATTERNS: the runbook, on a machine whose clock is that far off
    expect "$1" "$3" "$4" faketime -m -f "$2" "$RUNBOOK" "$WORK/clock.lua" --kubeconfig "$SANDBOX/kubeconfig"
}
at "the right time" +0 0 'clock is done'
at "a quarter of an hour ahead" +15m 0 'clock is done'
at "a quarter of an hour behind" -15m 0 'clock is done'
at "years ahead" +20y 4 "certificate .* has expired. Is this machine's clock right"
at "years behind" -20y 4 "certificate .* is not yet valid. Is this machine's clock right"
at "the right time again, after what was kept of the types in another" +0 0 'clock is done'
finish
