-- journal.lua: many small writes, or many reads in one step that then waits to be killed.
return runbook {
    name = "journal",
    params = {
        base = param { type = "string", help = "address of the server" },
        count = param { default = 2000 },
    },

    phase "writes" {
        step "every write is made" {
            function(run)
                for i = 1, run.count do http.post(run.base .. "/" .. i, { quiet = true }):expect(200) end
            end,
        },
    },

    phase "reads" {
        step "every page answers" {
            function(run)
                for i = 1, run.count do http.get(run.base .. "/" .. i):expect(200) end
                wait.sleep("1h")
            end,
        },
    },
}
