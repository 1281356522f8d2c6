-- exec: programs by their argument list.
local function fails(fn, kind, ...)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", (...))
    check.equal(why.kind, kind, "the kind of failure")
    for _, words in ipairs { ... } do
        check(tostring(why):find(words, 1, true), "%q says %q", tostring(why), words)
    end
end

-- Plans a runbook with this one step; the program that runs us is the parent of the shell.
local plan = [[
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder" && cat >planned.lua
    /proc/$PPID/exe plan --no-input planned.lua 2>&1
    code=$?
    [ ! -e made ] || echo "the change was made"
    exit $code
]]
local function planned(step)
    return exec { "sh", "-c", plan, ok = { 0, 4 }, reads = true,
        stdin = 'return runbook { name = "planned", phase "p" { step "s" { function()\n'
            .. step .. "\nend } } }" }
end

return runbook {
    name = "test-exec",

    phase "exec" { keep_going = true,
        step "arguments arrive as they stand" { function()
            local r = exec { "printf", "[%s]", "a b", "$HOME", "*", "'", "", 7, reads = true }
            check.equal(r.out, "[a b][$HOME][*]['][][7]", "what it got")
            check.equal(r.status, 0, "status")
            check.equal(r.err, "", "stderr")
            check.equal(r.truncated, false, "truncated")
            check(r.seconds >= 0, "it took %f s", r.seconds)
            check.equal(exec.run { "echo", "same", reads = true }.out, "same\n", "by its other name")
        end },

        step "stdin, environment, folder" { function()
            check.equal(exec { "cat", stdin = "a\0b\n", reads = true }.out, "a\0b\n", "stdin")
            check.equal(exec { "cat", reads = true }.out, "", "no stdin")
            local env = { GREETING = "good day", COUNT = 3 }
            local r = exec { "sh", "-c", 'echo "$GREETING $COUNT"', env = env, reads = true }
            check.equal(r.out, "good day 3\n", "environment")
            check.equal(exec { "pwd", cwd = "/", reads = true }.out, "/\n", "folder")
        end },

        step "a status that was not expected is a failure" { function()
            fails(function()
                exec { "sh", "-c", "for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 3" }
            end, "effect", "ended with status 3; it said last", "\n  line 3\n", "\n  line 7")
            fails(function() exec { "sh", "-c", "echo only here; exit 1" } end, "effect", "only here")
            fails(function() exec { "false" } end, "effect", "false ended with status 1 and said nothing")
            check.equal(exec { "sh", "-c", "exit 3", ok = { 0, 3 } }.status, 3, "an expected status")
            fails(function() exec { "true", ok = { 1 } } end, "effect", "ended with status 0")
        end },

        step "more output than wanted is dropped, and said to be" { function()
            local r = exec { "sh", "-c", "head -c 100000 /dev/zero", max_bytes = "1KB", reads = true }
            check.equal(#r.out, 1024, "bytes kept")
            check.equal(r.truncated, true, "truncated")
        end },

        step "what does not run, or not end, is a failure" { function()
            fails(function() exec { "no-such-program-here", reads = true } end, "effect",
                "no-such-program-here: the program 'no-such-program-here' was not found in PATH")
            fails(function()
                exec { "sh", "-c", "echo so far >&2; sleep 30", timeout = "200ms", reads = true }
            end, "effect", "did not end within 200ms", "so far")
            fails(function() exec { "true", cwd = "/no/such/folder", reads = true } end, "effect",
                "/no/such/folder")
        end },

        step "several at once" { function()
            local started = wait.now()
            parallel {
                a = function() exec { "sleep", "0.4", reads = true } end,
                b = function() exec { "sleep", "0.4", reads = true } end,
                c = function() exec { "sleep", "0.4", reads = true } end,
            }
            local took = wait.now() - started
            check(took < 1.1, "three sleeps of 0.4 s side by side took %f s", took)
        end },

        step "a program is ended with the branch that waits for it" { function()
            local started = wait.now()
            check(not pcall(parallel, {
                looks = function() exec { "sleep", "30", reads = true } end,
                fails = function() wait.sleep(0.1); error("enough") end,
            }), "one branch fails")
            check(wait.now() - started < 5, "the other does not go on")
        end },

        step "a plan reads, and does not write" { function()
            local r = planned [[
                local r = exec { "touch", "made", assume = { out = "done" } }
                check(r.status == 0 and r.out == "done" and r.err == "" and r.truncated == false, "as assumed")
                check.equal(exec { "echo", "read", reads = true }.out, "read\n", "a read")
            ]]
            check.equal(r.status, 0, "status of the plan")
            check(not r.out:find "the change was made", "nothing is changed")
            check(r.out:find "touch made%s+status 0%s+assumed", "the write is shown as assumed")
        end },

        step "a plan says when an answer is not known" { function()
            local r = planned [[check(exec { "touch", "made" }.status == 0, "it is made")]]
            check.equal(r.status, 4, "status of the plan")
            check(not r.out:find "the change was made", "nothing is changed")
            check(r.out:find 'the answer of "touch made" is not known in a plan', "it is said")
            check(planned [[exec { "echo", (exec { "touch", "made" }) }]].out:find "is not known in a plan",
                "of an argument, too")
            check(planned [[json.decode((exec { "touch", "made" }))]].out:find "is not known in a plan",
                "of text, too")
        end },

        step "what makes no sense is said" { function()
            fails(function() exec("ls -l") end, "usage", "exec takes a list and no command line")
            fails(function() exec(nil) end, "usage", "exec wants a table, not a nil")
            fails(function() exec({ "true" }, { timeout = "1s" }) end, "usage", "would ignore what stands behind it")
            fails(function() exec {} end, "usage", "exec wants a program and its arguments")
            fails(function() exec { "" } end, "usage", "exec wants a program and its arguments")
            fails(function() exec { "echo", true } end, "usage", "argument 2 is a boolean, not text")
            fails(function() exec { "echo", nil, "x" } end, "usage", "argument 2 is a nil, not text")
            fails(function() exec { "echo", "a\0b" } end, "usage", "argument 2 holds a NUL byte")
            fails(function() exec { "true", read = true } end, "usage", "exec has no option 'read'")
            fails(function() exec { "true", reads = "yes" } end, "usage", "'reads' must be true or false")
            fails(function() exec { "true", env = { "A=b" } } end, "usage", "'env' must be a table")
            fails(function() exec { "true", env = { A = true } } end, "usage", "'A' of env must be text")
            fails(function() exec { "true", env = { ["A=B"] = "c" } } end, "usage", "'A=B' of env")
            fails(function() exec { "true", ok = 0 } end, "usage", "'ok' must be a list")
            fails(function() exec { "true", stdin = 5 } end, "usage", "'stdin' must be text")
            fails(function() exec { "true", timeout = 0 } end, "usage", "longer than 0")
            fails(function() exec { "true", assume = "yes" } end, "usage", "assume must describe")
        end },
    },
}
