#!/usr/bin/env bash
# Hostile snippets: each is run as a step after one that has changed something. It ends with an error that
# says what is wrong, in bounded time and memory, and what was changed is undone by a process that is sound.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

# Sanitizers want terabytes of address space; without them the process gets 400 MB in all.
grep -q __asan_init "$RUNBOOK" && space=unlimited || space=400000

# Splits the list into NAME.lua, with the pattern beside it.
awk -F ' [|] ' '
    /^#/ && !n { next }
    /^== / {
        if (n) close(file)
        file = sprintf("h%03d", ++n); print substr($1, 4) > (file ".name"); print $2 > (file ".pattern")
        next
    }
    { print > (file ".body") }' "$HERE/hostile.txt"

hostile() {
    local id=$1 name pattern seconds code
    name=$(cat "$id.name") pattern=$(cat "$id.pattern")
    case $pattern in *"processor time"*) seconds=0.2 ;; *) seconds=10 ;; esac
    {
        echo 'return runbook { name = "hostile", phase "p" { on_failure = "rollback",'
        echo "  step \"changes\" { function() exec { \"true\" } end, undo = function() exec { \"touch\", \"$id.undone\" } end },"
        echo '  step "hostile" { function(run)'
        cat "$id.body"
        echo 'end } } }'
    } >"$id.lua"
    (ulimit -v $space; timeout 60 "$RUNBOOK" "$id.lua" --journal none --max-seconds $seconds --max-memory 24MB) >"$id.out" 2>&1 </dev/null
    code=$?
    if [ $code -eq 5 ] && [ -e "$id.undone" ] && grep -Eq -- "$pattern" "$id.out" && ! grep -aq $'\e' "$id.out"; then
        ok "$name"
    else
        not_ok "$name: exit $code instead of 5, or lacks '$pattern'"
        head -c 2000 "$id.out" | sed 's/^/        | /'
    fi
}
for name in h*.name; do hostile "${name%.name}"; done
ok "$(ls h*.name | wc -l) hostile snippets"

# The same while the file loads: it does not load, and says so.
cat >load.lua <<'X'
while true do pcall(function() while true do end end) end
X
expect "a loop while the file loads" 3 "longer than it may while it loads" "$RUNBOOK" check load.lua --max-seconds 0.2
cat >load.lua <<'X'
local t = {} while true do t[#t + 1] = {} end
X
expect "a memory bomb while the file loads" 3 "memory" "$RUNBOOK" check load.lua --max-memory 24MB
printf '\033Lua\x54\0' >load.lua
expect "a file of bytecode" 3 "load.lua" "$RUNBOOK" check load.lua

# An undo that spins has a budget of its own, and a wait costs nothing of it.
cat >undo.lua <<'X'
return runbook { name = "undo", phase "p" { on_failure = "rollback",
  step "a" { function() exec { "true" } end, undo = function() exec { "touch", "a.undone" } end },
  step "b" { function() exec { "true" } end, undo = function() while true do end end },
  step "c" { function() wait.sleep("0.5s") error("after its wait") end } } }
X
expect "an undo that spins" 6 "used up its processor time
after its wait" "$RUNBOOK" undo.lua --journal none --max-seconds 0.2
[ -e a.undone ] && ok "the others are undone all the same" || not_ok "the others are undone all the same"
expect "a limit that is none" 2 "max-memory wants at least 4MB" "$RUNBOOK" undo.lua --max-memory 1KB
expect "a time that is none" 2 "max-seconds wants a number" "$RUNBOOK" undo.lua --max-seconds 0
finish
