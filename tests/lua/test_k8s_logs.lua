-- k8s.logs, against test_k8s.world.lua.
local function fails(words, fn)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check(tostring(why):find(words), "%q has %q", tostring(why), words)
end

local function fault(run, name, weight)
    http.post(run.control .. "/faults", { json = { name = name, weight = weight } })
end

return runbook {
    name = "test-k8s-logs",
    params = { control = param "" },
    phase "k8s" { keep_going = true,
        step "what was written" { function()
            check.equal(k8s.logs("pod/two"), "main 1\nmain 2\nmain 3\n", "of the first container")
            check.equal(k8s.logs("two", { container = "side", tail = 1 }), "side 3\n", "the last line of another")
            check.equal(k8s.logs("pod/two", { previous = true }), "first of main\n", "of the run before")
            check(k8s.logs("pod/two", { timestamps = true, tail = 1 }):find("^%d+%-%d+%-%d+T[%d:.]+Z main 3\n$"), "when")
            check.equal(k8s.logs("pod/two", { since = "1h" }), "main 1\nmain 2\nmain 3\n", "of the last hour")
            check.equal(k8s.logs("pod/two", { tail = 0 }), "", "nothing")
            check.equal(k8s.logs("deployment/web"), "hello\n", "of the pod that runs")
            k8s.annotate("pod/two", { ["kubectl.kubernetes.io/default-container"] = "side" })
            check.equal(k8s.logs("pod/two", { tail = 1 }), "side 3\n", "of the default container")
            fails("container none is not valid for pod two", function() k8s.logs("pod/two", { container = "none" }) end)
            fails("previous terminated container \"main\" in pod \"web%-2\" not found", function()
                k8s.logs("pod/web-2", { previous = true })
            end)
            fails("not found", function() k8s.logs("pod/none") end)
            fails("is a ConfigMap; logs are those of a pod", function() k8s.logs("cm/c1") end)
            fails("deployment/worker has no pods", function() k8s.logs("deployment/worker") end)
            fails("larger than max_bytes, 5 bytes: ask for less with tail or since", function()
                k8s.logs("pod/two", { max_bytes = 5 })
            end)
            fails("has no field 'tails'", function() k8s.logs("pod/two", { tails = 5 }) end)
        end },
        step "as it comes" { function()
            local lines = {}
            local found = parallel {
                function()
                    return k8s.logs("pod/web-2", { follow = true, timeout = "10s" }, function(line)
                        lines[#lines + 1] = line
                        return line:match("ready to (%a+)")
                    end)
                end,
                function()
                    wait.sleep(1)
                    k8s.annotate("pod/web-2", { please = "talk" })
                end }[1]
            check.equal(found, "serve", "what the function returned")
            check.equal(table.concat(lines, ","), "hello,more,ready to serve", "each line once")
            fails("the log of pod/web%-2 is watched for did not come about within 1s", function()
                k8s.logs("pod/web-2", { follow = true, timeout = "1s" }, function() end)
            end)
            lines = {}
            local ended = parallel {
                function()
                    return k8s.logs("pod/web-2", { follow = true, tail = 1, timeout = "10s" }, function(line)
                        lines[#lines + 1] = line
                    end) == nil
                end,
                function()
                    wait.sleep(1)
                    k8s.annotate("pod/web-2", { please = "finish" }, { overwrite = true })
                end }[1]
            check(ended, "it ends with the container")
            check.equal(table.concat(lines, ","), "after", "from the last line on")
            fails("wants a function", function() k8s.logs("pod/web-2", { follow = true }) end)
        end },
        step "while the server is in trouble" { function(run)
            local lines = {}
            parallel {
                function()
                    k8s.logs("pod/web-1", { follow = true, timeout = "20s" }, function(line)
                        lines[#lines + 1] = line
                        return line == "after"
                    end)
                end,
                function()
                    wait.sleep(1)
                    k8s.annotate("pod/web-1", { please = "talk" }, { overwrite = true })
                    wait.sleep(0.05)
                    fault(run, "breaks", true)
                    wait.sleep(1)
                    fault(run, "breaks", false)
                end }
            check.equal(table.concat(lines, ","), "more,ready to serve,after", "each line once")
        end },
    },
}
