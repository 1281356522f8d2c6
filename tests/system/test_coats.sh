#!/usr/bin/env bash
# A secret that comes back in another coat, as a number, or cut: it is in none of the places where a run
# shows and keeps something.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
export XDG_STATE_HOME=$WORK/state
export T_WORD='pa<s>"w&o'\''rd/Canary' T_PIN=0042137 T_LONG=JqXzKvWyQpHgZdXmVbTrQcJwFzXkGvYqPhNf
cat >world.sh <<'X'
say() { printf '%s\n' "$1"; }
say 'page: pa&lt;s&gt;&quot;w&amp;o&#39;rd/Canary, pa&#60;s&#x3E;&#34;w&#38;o&#x27;rd&#47;Canary'
say 'page in JSON: pa\u0026lt;s\u0026gt;\u0026quot;w\u0026amp;o\u0026#39;rd\/Canary'
say 'JSON: pa\u003cs\u003e\"w\u0026o'\''rd\/Canary and within: pa\\u003cs\\u003e\\\"w\\u0026o'\''rd/Canary'
say 'URL: pa%3Cs%3E%22w%26o%27rd%2fCanary, pa<s>"w&o%27rd%2FCanary, pa%253Cs%253E%2522w%2526o%2527rd%252FCanary'
say "shell: 'pa<s>\"w&o'\\''rd/Canary' YAML: \"pa\\x3cs\\x3e\\\"w&o'rd/Canary\" Lua: \"pa\\060s\\062\\034w&o\\039rd/Canary\""
say 'pin: 42137 42137.0 4.2137e+04 "pin":42137'
printf '{"pin":42137,"as":4.2137e4}' >&2
X
cat >coats.lua <<'X'
return runbook { name = "coats",
  params = { word = secret { env = "T_WORD" }, pin = secret { env = "T_PIN" }, long = secret { env = "T_LONG" } },
  phase "p" { keep_going = true,
    step "a program says it" { function()
        local got = exec { "sh", "world.sh", reads = true }
        log.info("%s", got.out)
        check(false, "it said %s%s", got.out, got.err)
    end },
    step "a program fails" { function() exec { "sh", "-c", "sh world.sh >&2; exit 3" } end },
    step "a number" { function(run)
        local pin = tonumber(run.pin)
        log.info("the pin is %d, or %.1f, or %s", pin, pin, pin + 0.0)
        log.table { title = "pins", columns = { "pin" }, rows = { { pin }, { pin + 0.0 } } }
        check(false, "it is %s", json.encode { pin = pin, float = pin + 0.0 })
    end },
    step "it is cut" { function(run)
        for most = 1, #run.long + 4 do
            local got = exec { "printf", "%s", "is " .. run.long .. ".", max_bytes = most, reads = true }
            log.info("%s", got.out)
        end
    end },
    step "it is cut in a coat" { function(run)
        for _, coat in ipairs { ("%02x"), "%%%02x", "\\u00%02x", "&#x%02x;", "\\x%02X", "\\\\u00%02x" } do
            local text = run.long:gsub(".", function(c) return coat:format(c:byte()) end)
            for most = 1, #text, 7 do
                log.info("%s", exec { "printf", "%s", text, max_bytes = most, reads = true }.out)
            end
        end
    end },
    step "it is stopped" { function()
        local ok, why = pcall(exec, { "sh", "-c", 'printf "%.20s" "$T_LONG"; exec sleep 9', timeout = "300ms", reads = true })
        check(ok, "%s", why)
    end },
  } }
X

# What must not be found: four letters of the long one that follow one another, in each of the coats; what
# is left of the word beside the marks; the pin.
for ((i = 0; i + 4 <= ${#T_LONG}; i++)); do
    four=${T_LONG:i:4}
    echo "$four"
    for coat in %02x %%%02x '\\u00%02x' '&#x%02x;' '\\x%02X' '\\\\u00%02x'; do
        for ((k = 0; k < 4; k++)); do
            # shellcheck disable=SC2059 # the coat is the format
            printf "$coat" "'${four:k:1}"
        done
        echo
    done
done >needles
printf '%s\n' Canary 42137 4.2137 >>needles
grep -aqFf needles <<<"x${T_LONG:5:4}x" && ok "four letters would be found" || not_ok "four letters would not be found"

# absent NAME FILE...
absent() {
    local name=$1 found
    shift
    found=$(grep -aoFf needles "$@" | sort | uniq -c | head -n 5)
    [ -s "$1" ] && [ -z "$found" ] && ok "none in $name" || not_ok "in $name: ${found:-nothing was written}"
}

"$RUNBOOK" coats.lua -v --report r.html --report r.md --report r.xml --report r.json >out 2>&1
code=$?
[ $code = 6 ] && ok "the run goes through" || { not_ok "the run: exit $code"; cat out; }
[ "$(grep -c 'secret word' out)" -gt 10 ] && [ "$(grep -c 'secret pin' out)" -gt 4 ] && ok "their names are shown" ||
    { not_ok "their names are shown"; cat out; }
absent "what is printed" out
for report in html md xml json; do absent "the report as $report" r.$report; done
"$RUNBOOK" show >shown 2>&1
"$RUNBOOK" show --output json >shown.json 2>&1
absent "show" shown
absent "show --output json" shown.json
"$RUNBOOK" coats.lua --output ndjson >events 2>&1
absent "--output ndjson" events
cat >writes.lua <<'X'
return runbook { name = "writes",
  params = { word = secret { env = "T_WORD" }, pin = secret { env = "T_PIN" }, long = secret { env = "T_LONG" } },
  phase "p" { step "writes" { function(run)
      local page = run.word:gsub("[<>\"'&]", function(c) return ("&#%d;"):format(c:byte()) end)
      exec { "true", page, tostring(tonumber(run.pin)), json.encode { pin = run.pin + 0.0, long = run.long } }
  end } } }
X
"$RUNBOOK" plan writes.lua -o plan.json >plan 2>&1
absent "a plan" plan
absent "a plan's file" plan.json
"$RUNBOOK" plan writes.lua --output ndjson >plan 2>&1
absent "a plan as ndjson" plan
"$RUNBOOK" apply plan.json --yes >applied 2>&1
code=$?
[ $code = 0 ] && ok "it is applied" || { not_ok "apply: exit $code"; cat applied; }
absent "what apply prints" applied
cat "$XDG_STATE_HOME"/runbook/* >kept
absent "the journal" kept

finish
