-- The runbook of test_kill_hard.sh: results of every kind, undos that use them and what was before, a program,
-- retries, and at its end nothing (how=well), a failure (fails), or an effect in doubt (doubt).
local function undo_of(target)
    return function(run) http.delete(run.url .. target):expect(204) end
end

return runbook {
    name   = "hard",
    params = { url = param {}, how = param { default = "well" }, token = secret { env = "TOKEN" } },

    phase "look" {
        step "results" { function(run)
            return {
                mark = http.get(run.url .. "/mark"):expect(200).body, secret = "Bearer " .. run.token,
                whole = 9007199254740993, float = 0.1, one = 1.0, huge = 1e300, list = json.array {}, object = {},
                text = "a\0b \u{1F600}",
            }
        end },
        step "bytes" { function() return "\xff\xfe" end },
        step "in another form" { function(run) return crypto.base64_encode(run.token) end },
        step "left out" { function() return 1 end, when = function() return false end },
    },

    phase "change" { on_failure = "rollback",
        step "says them" { function(run)
            local r = run.results.results
            check(r.secret == "Bearer " .. run.token, "the secret is the secret")
            check(math.type(r.whole) == "integer" and math.type(r.one) == "float", "numbers keep their types")
            http.post(run.url .. "/said", { idempotency_key = run.id, json = {
                mark = r.mark, whole = r.whole, float = r.float, one = r.one, huge = r.huge, list = r.list,
                object = r.object, text = r.text, left_out = run.results["left out"] or json.null } }):expect(201)
        end, lasting = "what was said was said" },

        step "set" {
            before = function(run) return { number = http.get(run.url .. "/number"):json().number, with = run.token } end,
            function(run)
                http.put(run.url .. "/change?set", { body = "new" }):expect(204)
                return { was = "old" }
            end,
            undo = function(run, before)
                check(before.with == run.token, "what was before holds the secret")
                http.put(run.url .. "/change?set", { body = ("%s %d"):format(run.results.results.whole, before.number) })
                    :expect(204)
            end,
        },

        step "program" {
            function() exec { "sh", "work.sh", probe = function()
                return exec { "grep", "-qx", "end", "log", reads = true, ok = { 0, 1, 2 } }.status == 0
            end } end,
            undo = function() exec { "sh", "-c", "echo undone >>log" } end,
        },

        step "made once" {
            function(run) http.post(run.url .. "/change?keyed", { idempotency_key = run.id .. "-keyed" }):expect(201) end,
            undo = undo_of "/change?keyed",
        },

        step "tried" { retry = { attempts = 4, backoff = "50ms" },
            function(run) http.post(run.url .. "/flaky?flaky"):expect(201) end,
            undo = undo_of "/change?flaky",
        },

        step "end" { function(run)
            if run.how == "fails" then error("it was asked for") end
            if run.how == "doubt" then http.post(run.url .. "/hang?hang") end
        end },
    },
}
