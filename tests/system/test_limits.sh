#!/usr/bin/env bash
# What C does for Lua keeps to the limits of Lua: loops over functions in C come to their end by
# --max-seconds and by the first signal, and what C makes of a text counts against --max-memory.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
export XDG_STATE_HOME=$WORK/state

# Each is BODY of a step: a loop whose single turns are long, or what makes much of little.
runbook() { # NAME BODY
    printf 'return runbook { name = "%s", phase "p" { step "s" { function()\n%s\nend } } }\n' "$1" "$2" >"$1.lua"
}
loops=(
    "crypto.sha256" 'local s = ("x"):rep(1 << 20) while true do crypto.sha256(s) end'
    "crypto.hmac_sha256" 'local s = ("x"):rep(1 << 20) while true do crypto.hmac_sha256("k", s) end'
    "crypto.base64" 'local s = ("x"):rep(1 << 20) while true do crypto.base64_decode(crypto.base64_encode(s)) end'
    "crypto.hex" 'local s = ("x"):rep(1 << 20) while true do crypto.hex_decode(crypto.hex_encode(s)) end'
    "crypto.equal" 'local s = ("x"):rep(1 << 22) while true do crypto.equal(s, s) end'
    "json.decode" 'local s = "[" .. ("1,"):rep(1 << 17) .. "1]" while true do json.decode(s) end'
    "json.decode of what is none" 'local s = "[" .. ("1,"):rep(1 << 17) while true do pcall(json.decode, s) end'
    "json.encode" 'local t = { ("x\n"):rep(1 << 19) } while true do json.encode(t) end'
    "json.pretty" 'local t = {} for i = 1, 1 << 15 do t[i] = { i } end while true do json.pretty(t) end'
    "json.is_array" 'local t = {} for i = 1, 1 << 16 do t[i] = i end while true do json.is_array(t) end'
    "yaml.decode" 'local s = ("- 1\n"):rep(1 << 14) while true do yaml.decode(s) end'
    "yaml.encode" 'local t = {} for i = 1, 1 << 14 do t[i] = i end while true do yaml.encode(t) end'
    "cjson.decode" 'local c, s = require "cjson", "[" .. ("1,"):rep(1 << 17) .. "1]" while true do c.decode(s) end'
    "cjson.encode" 'local c, t = require "cjson.safe", { ("x\n"):rep(1 << 19) } while true do c.encode(t) end'
    "cjson.encode of nothing much" 'local c = require "cjson".new() c.encode_sparse_array(false, 0) while true do pcall(c.encode, { [1 << 24] = 1 }) end'
    "a search" 'local s = ("x"):rep(1 << 24) while true do s:find("yx", 1, true) end'
    "string.reverse" 'local s = ("x"):rep(1 << 24) while true do s:reverse() end'
    "string.rep" 'while true do ("x"):rep(1 << 24) end'
    "joining texts" 'local s = ("x"):rep(1 << 24) while true do local _ = s .. s end'
    "utf8.len" 'local s = ("x"):rep(1 << 24) while true do utf8.len(s) end'
    "tonumber" 'local s = ("0"):rep(1 << 24) while true do tonumber(s) end'
    "table.insert in front" 'local t = {} for i = 1, 1 << 18 do t[i] = i end while true do table.insert(t, 1, 1) table.remove(t, 1) end'
    "table.move" 'local t = {} for i = 1, 1 << 18 do t[i] = i end while true do table.move(t, 1, #t, 2) t[#t] = nil end'
    "table.sort" 'local t = {} for i = 1, 20000 do t[i] = -i * 7919 % 10007 end while true do table.sort(t) table.sort(t, function(a, b) return a > b end) end'
    "table.concat" 'local t = {} for i = 1, 1 << 16 do t[i] = "abcdef" end while true do table.concat(t) end'
    "an argument" 'local t = {} for i = 1, 1 << 16 do t[i] = i end while true do pcall(log.info, { t }) pcall(exec, { "true", env = t }) end'
)
for ((i = 0; i < ${#loops[@]}; i += 2)); do
    runbook loop "${loops[i + 1]}"
    began=${EPOCHREALTIME/./}
    out=$(timeout 60 "$RUNBOOK" loop.lua --journal none --max-seconds 0.3 2>&1)
    code=$? took=$(((${EPOCHREALTIME/./} - began) / 1000))
    if [ $code -eq 4 ] && grep -q "used up its processor time" <<<"$out" && [ $took -lt 10000 ]; then
        ok "a loop of ${loops[i]}"
    else
        not_ok "a loop of ${loops[i]}: exit $code after $took ms"
        tail -5 <<<"$out" | cut -c1-300 | sed 's/^/        | /'
    fi
done

# The first signal.
for i in 0 10 24 30; do
    runbook deaf "${loops[i + 1]}"
    "$RUNBOOK" deaf.lua --journal none --max-seconds 60 >deaf.out 2>&1 &
    pid=$!
    pids+=($pid)
    wait_for 20 grep -q '^p ' deaf.out
    sleep 0.3
    began=${EPOCHREALTIME/./}
    kill -TERM $pid
    wait $pid
    code=$? took=$(((${EPOCHREALTIME/./} - began) / 1000))
    [ $code -eq 143 ] && [ $took -lt 10000 ] && ok "the first signal within ${loops[i]}" ||
        not_ok "the first signal within ${loops[i]}: exit $code after $took ms"
done

# Memory, of the whole process.
bombs=(
    "json.decode" 'json.decode("[" .. ("1,"):rep(40000000) .. "1]")'
    "json.decode of objects" 'json.decode("[" .. ("{},"):rep(20000000) .. "1]")'
    "yaml.decode" 'yaml.decode("[" .. ("1,"):rep(10000000) .. "1]")'
    "cjson.decode" 'require "cjson".decode("[" .. ("1,"):rep(40000000) .. "1]")'
    "cjson.encode" 'local c = require "cjson" c.encode_sparse_array(false, 0) c.encode { [1 << 30] = 1 }'
    "json.encode" 'local t = { ("\1"):rep(1 << 20) } for _ = 1, 8 do t = { t, t } end json.encode(t)'
    "crypto.base64_encode" 'crypto.base64_encode(("x"):rep(130 << 20))'
    "an argument" 'local t = { ("x"):rep(1 << 20) } for _ = 1, 12 do t = { t, t } end exec { "true", env = { a = t } }'
    "what branches hold at once" 'local s, l = ("x"):rep(8 << 20), {} for i = 1, 60 do l[i] = i end
        each(l, { limit = 60 }, function() exec { "sleep", "1", stdin = s } end)'
)
for ((i = 0; i < ${#bombs[@]}; i += 2)); do
    runbook bomb "${bombs[i + 1]}"
    # What a sanitizer keeps of freed memory is not the program's.
    out=$( { ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1 timeout 60 bash -c '"$0" bomb.lua --journal none & pid=$!
        most=0
        while [ -r /proc/$pid/status ] && now=$(sed -n "s/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p" /proc/$pid/status) && [ -n "$now" ]; do most=$now; sleep 0.02; done
        wait $pid; code=$?; echo "most $most code $code"' "$RUNBOOK"; } 2>&1)
    most=$(sed -n 's/^most \([0-9]*\) .*/\1/p' <<<"$out")
    limit=420000 # 256 MB, the process itself, and what is just being copied
    if grep -q "code [46]" <<<"$out" && grep -Eq "memory|too large" <<<"$out" && [ "${most:-9999999}" -lt $limit ]; then
        ok "memory: ${bombs[i]} ($((most / 1024)) MB)"
    else
        not_ok "memory: ${bombs[i]}: $((most / 1024)) MB"
        tail -5 <<<"$out" | cut -c1-300 | sed 's/^/        | /'
    fi
done
finish
