#!/usr/bin/env bash
# Masking: its time grows as the text does, and hardly with how many secrets there are; so does that of
# getting to know them one by one; and a secret that is itself long takes no square of its length.
. "$(dirname "$0")/lib.sh"
mask=$(dirname "$RUNBOOK")/bench_mask
us() { "$mask" "$1" "$2"; }

for secrets in 1 100 1000; do
    small=$(us $secrets 160000) large=$(us $secrets 2000000)
    row "masking 2 MB of $secrets secrets, us (160 kB)" "$large" "$small" "$(ratio "$large" "$small")" "<= 16"
    [ $secrets = 1 ] && one=$large
done
row "masking 2 MB of 1,000 secrets, us (of 1)" "$large" "$one" "$(ratio "$large" "$one")" "<= 8"
few=$(us 1000 0) many=$(us 10000 0)
row "10,000 secrets one by one, us (1,000)" "$many" "$few" "$(ratio "$many" "$few")" "<= 20"

# learn KILOBYTES: a runbook that has a secret of that length masked, in lines, and says it.
learn() {
    cat >"$WORK/learn$1.lua" <<X
local lines = {}
for i = 1, $1 * 16 do lines[i] = crypto.sha256(tostring(i)):sub(1, 61) .. "\n" end
local text = table.concat(lines)
return runbook { name = "learn", phase "p" { step "s" { function() log.mask("long", text) log.info("%s", text) end } } }
X
    for _ in 1 2 3; do works "$WORK/learn$1" "$RUNBOOK $WORK/learn$1.lua --journal none"; done
}
learn 1 && learn 16 && learn 160
start=$(least "$WORK/learn1")
more() { jq -n "($(least "$WORK/learn$1") - $start) * 100 | round / 100"; }
small=$(more 16) large=$(more 160)
row "log.mask of 160 kB, ms (16 kB)" "$large" "$small" "$(ratio "$large" "$small")" "<= 25"
exit $over
