-- The four steps of playbook.yml.
return runbook {
    name = "flag",
    params = { flags = param { help = "address of the flag's store" } },

    phase "flag" {
        step "read the flag" {
            function(run) return http.get(run.flags .. "/flag"):expect(200):json().version end,
        },
        step "raise it" {
            function(run)
                local version = run.results["read the flag"] + 1
                http.put(run.flags .. "/flag", { json = { version = version },
                    assume = { status = 204, json = { version = version, loaded = version } } }):expect(204)
                return version
            end,
        },
        step "instances have loaded it" {
            function(run)
                local loaded = wait.until_ { every = "500ms", timeout = "5s", label = "the instances",
                    fn = function()
                        local flag = http.get(run.flags .. "/flag"):expect(200):json()
                        return flag.loaded == run.results["raise it"] and flag.loaded
                    end }
                check.equal(loaded, run.results["raise it"], "the loaded version")
            end,
        },
        step "drop the old one" {
            function(run)
                http.delete(run.flags .. "/flag/" .. run.results["read the flag"],
                    { assume = { status = 204 } }):expect(204)
            end,
        },
    },
}
