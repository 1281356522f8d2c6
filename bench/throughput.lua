-- throughput.lua: asks for the same page many times, as a reconciliation asks for many records.
return runbook {
    name = "throughput",
    params = {
        base = param { type = "string", help = "address of the server" },
        count = param { default = 10000 },
    },

    phase "load" {
        step "every page answers" {
            function(run)
                local urls = {}
                for i = 1, run.count do urls[i] = run.base .. "/" .. i end
                each(urls, { limit = 50 }, function(url) http.get(url):expect(200) end)
            end,
        },
    },
}
