#!/usr/bin/env bash
# What is given up under way lets go of its connection at once: seen in the kernel's table of sockets, while the
# same process goes on.
. "$(dirname "$0")/lib.sh"

cat >"$WORK/cancel.lua" <<'X'
-- The connections that we hold to that port, those kept for later among them. The kernel may list one twice.
local function open(run)
    return tonumber(exec({ "awk", "-v", ("to=:%04X"):format(run.port),
        '$3 ~ to "$" && $4 == "01" && !seen[$2]++ { n++ } END { print n + 0 }', "/proc/net/tcp", reads = true }).out)
end
local deeds = {
    { "wait", function() k8s.wait("certificate/x", { condition = "Never", timeout = "1m" }) end },
    { "watch", function() k8s.watch("pods", { timeout = "1m" }, function() end) end },
    { "logs", function() k8s.logs("pod/web-2", { follow = true, timeout = "1m" }, function() end) end },
}
local during = {}
local function let_go(run, name, what)
    wait.sleep("50ms") -- for the kernel to do its part
    local now = open(run)
    check(now < during[name], "%s, %s: %d connections, %d while it was under way", name, what, now, during[name])
end
local steps = { keep_going = true }
for _, deed in ipairs(deeds) do
    local name, act = deed[1], deed[2]
    local function look(run)
        wait.sleep("400ms") -- logs are asked for anew, 200 ms after their first lines
        during[name] = open(run)
    end
    steps[#steps + 1] = step(name) { function(run)
        local ok, why = pcall(parallel, { act, function()
            look(run)
            error("enough")
        end })
        check(not ok and tostring(why):find "enough", "%s: %s", name, tostring(why))
        let_go(run, name, "given up by its sibling")
    end }
    steps[#steps + 1] = step(name .. " again") { timeout = "1s", function(run)
        parallel { act, function() look(run) end }
    end }
    steps[#steps + 1] = step(name .. " is over") { function(run) let_go(run, name, "given up by its step") end }
end
return runbook { name = "cancel", params = { port = param { type = "integer" } }, phase "p" (steps) }
X
sandbox "$ROOT/tests/lua/test_k8s.world.lua"
port=$(grep -o 'https://[^ "]*' "$SANDBOX/kubeconfig" | grep -o '[0-9]*$')
expect "each lets go" 4 '✓ wait, given up by its sibling
✓ wait, given up by its step
✓ watch, given up by its sibling
✓ watch, given up by its step
✓ logs, given up by its sibling
✓ logs, given up by its step
the step took longer than its timeout allows
!✗ .* connections,' "$RUNBOOK" "$WORK/cancel.lua" -v --set "port=$port" --kubeconfig "$SANDBOX/kubeconfig" --no-input
finish
