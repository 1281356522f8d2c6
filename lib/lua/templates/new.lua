-- NAME: say here in one line what it does, and when to run it.
--
--   runbook plan NAME.lua      what it would do; changes nothing
--   runbook NAME.lua           do it

return runbook {
    name    = "NAME",
    summary = "one line for people",

    -- Give them with --set url=..., RUNBOOK_URL in the environment, or --values FILE.yaml.
    params = {
        url      = param { default = "https://example.com", help = "address of the service" },
        patience = param { default = "5s", type = "duration", help = "how long one answer may take" },
        offline  = param { default = true, help = "false: really ask the service" },
    },

    -- What it may touch; everything else is refused. `runbook check --permissions NAME.lua` writes this.
    allow = {
        "http GET ${url}",
    },

    -- Look first. With keep_going every problem is shown in one pass.
    phase "preflight" { keep_going = true,
        step "the parameters make sense" {
            function(run)
                check(run.url:find("^https://"), "%s is an https address", run.url)
            end,
        },

        step "the service answers" {
            when = function(run) return not run.offline end,
            function(run)
                local answer = http.get(run.url, { timeout = run.patience }):expect(200)
                log.info("answered in %.0f ms", answer.timings.total * 1000)
            end,
        },
    },

    -- Then change things, one careful step at a time; each step says how its change is taken back.
    phase "change" { on_failure = "rollback",
        step "a change" {
            before = function()
                log.info("look how things are: what this returns is handed to the undo")
            end,
            function()
                log.info("make the change here: http.post, k8s.patch, exec ...")
            end,
            undo = function(run, before)
                log.info("put back %s here", before)
            end,
        },
    },
}
