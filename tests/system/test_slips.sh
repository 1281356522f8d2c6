#!/usr/bin/env bash
# What people who are new to runbooks or to Lua write: each slip is named, with what to write instead.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

# slip PATTERN LINE: a step of that line; slip_in PATTERN LINE: a runbook of it.
slip() { told 4 "$1" "$2" "return runbook { name = \"t\", phase \"p\" { step \"s\" { function(run)
$2
end } } }"; }
slip_in() { told 3 "$1" "$2" "return runbook { name = \"t\",
$2 }"; }
told() {
    echo "$4" >slip.lua
    expect "$3" "$1" "$2" "$RUNBOOK" run slip.lua --journal none
}

# --- the file ------------------------------------------------------------------------------------------
step='step "a" { function() end }'
slip_in 'slip.lua:2: .*without a comma: phase "x" \{' "phase(\"x\", { $step })"
slip_in 'slip.lua:2: .*without a comma: step "x" \{' 'phase "p" { step("x", { function() end }) }'
slip_in "slip.lua:2: .*\\(a step's function stands in braces" 'phase "p" { step "a" function() end }'
slip_in 'slip.lua:2: .*\(is a comma missing before it\?\)' "phase \"p\" { $step $step }"
slip_in 'slip.lua:2: .*\(is a \} missing before it\?\)' 'phase "p" { step "s" { function() log.table { columns = { "a" end } }'
slip_in 'item 1 of the runbook is a step, not a phase: steps stand in phase' "$step"
slip_in 'item 1 of the runbook is a param, not a phase: .*params = \{' "param { default = 3 }, phase \"p\" { $step }"
slip_in 'slip.lua:2: item 1 of phase "p" is a function, not a step: write step "name"' 'phase "p" { function() end }'
slip_in 'item 2 of phase "p" is a nil, not a step' "phase \"p\" { $step, nil, $step }"
slip_in 'phases stand in their runbook as they are' "phases = { phase \"p\" { $step } }"
slip_in 'slip.lua:2: steps stand in their phase as they are: write step' "phase \"p\" { steps = { $step } }"
slip_in 'to wait is wait.until_ \{' 'phase "p" { step "s" { function() wait.until { fn = function() end } end } }'
slip_in 'each parameter has a name: params = \{ host' "params = { \"host\" }, phase \"p\" { $step }"
slip_in 'Lua writes ~= for not equal' 'phase "p" { step "s" { function() if 1 != 2 then end end } }'
slip_in 'a comparison is written ==' 'phase "p" { step "s" { function() if a = 2 then end end } }'
slip_in 'write n = n \+ 1' 'phase "p" { step "s" { function() n += 1 end } }'

# --- primitives ----------------------------------------------------------------------------------------
slip 'slip.lua:2' 'log("x")'
slip 'log is not called itself: write log.info\("text"\); it has error, info,' 'log("x")'
slip 'write wait.sleep\("30s"\)' 'wait(3)'
slip "'sleep' is not available in a runbook: wait.sleep" 'sleep(3)'
slip "metrics has no 'query'; it has alertmanager, prometheus" 'metrics.query("up")'
slip "http has no 'gett' \\(did you mean 'get'\\?\\)" 'http.gett("http://127.0.0.1:1")'
slip 'http.get wants a URL first, and options behind it' 'http.get()'
slip 'http.post wants a table of options behind the URL, not a string' 'http.post("http://127.0.0.1:1/", "body")'
slip "http.request has no option 'timout' \\(did you mean 'timeout'\\?\\)" 'http.get("http://127.0.0.1:1/", { timout = "3s" })'
slip "has no option 'a'; it takes" 'http.get("http://127.0.0.1:1/", { a = 1 })'
slip 'wants a length of time such as "30s".* not soon' 'wait.sleep("soon")'
slip 'slip.lua:2' 'wait.until_(function() return true end)'
slip 'wait.until_ wants a table \{ ... \}, not a function' 'wait.until_(function() return true end)'
slip 'check wants what holds, and a function always does' 'check(function() return false end, "it holds")'
slip 'ask.confirm wants a question first' 'ask.confirm()'
slip 'was not found in PATH; each argument is an item of its own' 'exec { "ls -l" }'
slip 'a step function has them as its argument' 'log.info(params.host)'
slip 'parallel wants a list of functions' 'parallel(function() end, function() end)'
slip 'each wants a list, options and a function' 'each(function() end, { 1 })'
slip 'without a comma: gate "g" \{' 'gate("g", { query = "up", below = 1 })'
slip 'check.equal wants a text after the two' 'check.equal(1, 2)'
slip "slip.lua:2
the text '%d' does not fit its arguments: number expected, got string" 'log.info("%d", "x")'
slip 'log.table takes columns and rows' 'log.table { { 1, 2 } }'
slip "no parameter 'host'; the runbook declares none" 'log.info(run.host)'
slip 'run.results: there is no step "nosuch"; .runbook check slip.lua. lists' 'log.info(run.results.nosuch)'
slip 'texts are joined by \.\.' 'log.info("a" + "b")'

echo 'return runbook { name = "t", phase "p" { step "s" { function() log.info({ a = "1" + 2 }) end } } }' >fine.lua
echo 'return runbook { name = "t", phase "p" { step "s" { function() log.info(run.id) end } } }' >norun.lua
expect "a step function without its argument" 4 'name it as the argument of the step function' "$RUNBOOK" run norun.lua --journal none
expect "a table in a log, and a number in a text" 0 '\{"a":3\}' "$RUNBOOK" run fine.lua --journal none
finish
