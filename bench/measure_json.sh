#!/usr/bin/env bash
# JSON: a list of 2,000 objects there and back, in processor time, against lua-cjson in plain Lua; and what
# json.decode takes of memory for a text that is much of little.
. "$(dirname "$0")/lib.sh"

for _ in 1 2 3 4 5; do
    times "$WORK/theirs" 1 "lua5.4 bench/json.lua 200"
    for codec in json cjson; do
        times "$WORK/$codec" 1 "$RUNBOOK bench/json.lua --journal none --set rounds=200 --set codec=$codec"
    done
done
theirs=$(least "$WORK/theirs.cpu")
for codec in json cjson; do
    ours=$(least "$WORK/$codec.cpu")
    row "JSON there and back by $codec, ms (lua-cjson)" "$ours" "$theirs" "$(ratio "$ours" "$theirs")" "<= 3"
done

cat >"$WORK/many.lua" <<'X'
return runbook { name = "many", phase "p" { step "s" { function() json.decode("[" .. ("1,"):rep(40000000) .. "1]") end } } }
X
most=$(command time -f %M "$RUNBOOK" "$WORK/many.lua" --journal none 2>&1 >/dev/null | tail -1)
row "80 MB of \"1,\" by json.decode, MB (the limit)" $((most / 1024)) 256 "$(ratio "$most" $((256 * 1024)))" "<= 1.3"
exit $over
