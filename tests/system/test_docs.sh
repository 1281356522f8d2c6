#!/usr/bin/env bash
# The documentation is true: its files load, its commands do what it shows, the example works, and the
# reference has an entry for every name that an author can reach.
. "$(dirname "$0")/lib.sh"
export LANG=C.UTF-8 PATH=$(dirname "$RUNBOOK"):$PATH

page() { # page FILE.md: in a folder that looks like the repository
    mkdir "$WORK/page" && cd "$WORK/page" || exit 1
    ln -s "$ROOT/examples" "$ROOT/runbooks" .
    ln -s "$(dirname "$RUNBOOK")" build
    lua5.4 "$HERE/docs.lua" "$ROOT/$1"
    local code=$? pid
    for pid in $(cat pids 2>/dev/null); do kill "$pid"; done
    cd "$ROOT" && rm -rf "$WORK/page"
    return $code
}
expect "docs/authoring.md" 0 ', 0 not as shown' page docs/authoring.md
expect "README.md" 0 ', 0 not as shown' page README.md

# --- the example; the sandbox says what became of it --------------------------------------------------
cd "$ROOT" || exit 1
rotate() { "$RUNBOOK" "$@" examples/checkout/rotate_keys.lua --values "$SANDBOX/values.yaml"; }
state() { curl -s "$CONTROL/state"; }

sandbox examples/checkout/world.lua
before=$(state)
expect "rotate_keys, planned" 0 'the share of key-.* -> 100 %
, 4 writes,' rotate plan
[ "$(state)" = "$before" ] && ok "a plan changes nothing" || not_ok "the plan changed: $(state)"
expect "rotate_keys, unattended" 0 '✓ share 100 %
the old key is deleted  skipped' rotate run --no-input
expect "while another rotation is under way" 4 'the next key is "key-' rotate run
sandbox_end
sandbox examples/checkout/world.lua
expect "the old key is deleted, too" 0 'DELETE .*/keys/key-1  204' rotate run --set retire=yes --yes
expect "the new key is the only one" 0 '"current":"key-2.*"share":0
!"key-1"' state
sandbox_end
sandbox examples/checkout/world.lua
expect "not approved" 8 'not approved in "the old key is deleted"' rotate run --set retire=yes --no-input
sandbox_end
while read -r fault message; do
    sandbox examples/checkout/world.lua --fault "$fault"
    expect "rotate_keys under $fault" 5 "$message
Everything was undone" rotate run --set load_timeout=3s
    [ "$(state)" = "$before" ] && ok "all is as before" || not_ok "left behind: $(state)"
    sandbox_end
done <<'END'
instance-behind loading the key did not come about within 3s; last seen: 2 of 3
bad-signatures@25 gate "invalid receipts" is breached
END

# --- the exit codes ------------------------------------------------------------------------------------
# As the program says them, two lines each, so they stand in the README and in the reference.
"$RUNBOOK" help exit | awk '/^  [0-9]/ { code = substr($0, 3, 8); name = substr($0, 13, 15); meaning = substr($0, 30)
    sub(/ +$/, "", code); sub(/ +$/, "", name) }
    / next: / { sub(/^ *next: /, ""); print "| " code " | " name " | " meaning " | " $0 " |" }' >"$WORK/exits"
[ "$(wc -l <"$WORK/exits")" = 12 ] && ok "there are twelve exit codes" || not_ok "the exit codes: $(cat "$WORK/exits")"
for page in README.md docs/reference.md docs/authoring.md; do
    sed -n '/^| exit | name /,/^$/p' "$ROOT/$page" | grep '^| [0-9]' | diff "$WORK/exits" - >"$WORK/diff" &&
        ok "$page has them" || not_ok "$page has other exit codes: $(cat "$WORK/diff")"
done

# --- the reference ------------------------------------------------------------------------------------
if "$ROOT/script/reference" | diff "$ROOT/docs/reference.md" - >"$WORK/diff"; then
    ok "docs/reference.md is what script/reference writes"
else
    not_ok "docs/reference.md is out of date; script/reference > docs/reference.md: $(head -20 "$WORK/diff")"
fi

# What authors can reach, as told by a prelude that prints the environment that it makes for them, and by
# a runbook that looks into every library.
cp -r "$ROOT/lib/lua" "$WORK/lua"
sed -i '$d' "$WORK/lua/prelude/sandbox.lua" # return sandbox
cat >>"$WORK/lua/prelude/sandbox.lua" <<'END'
local function show(prefix, t)
    for name, v in pairs(t) do
        local callable = (getmetatable(primitives[name] or {}) or {}).__call
        if prefix == "" and type(v) == "table" then show(name .. ".", v) end
        if prefix ~= "" or type(v) ~= "table" or callable then io.write(prefix, tostring(name), "\n") end
    end
end
show("", env)
for prefix, client in pairs { ["prom:"] = "prometheus", ["am:"] = "alertmanager" } do
    show(prefix, debug.getmetatable(primitives.metrics[client] "http://127.0.0.1:1").__index)
end
for name in pairs(modules.cjson()) do
    if name:find("^%a") then io.write("cjson.", name, "\n") end
end
return sandbox
END
{
    echo 'local function show(module) for name in pairs(require(module)) do print(module .. " " .. name) end end'
    "$RUNBOOK" help libraries | sed 's/^require \(.*\)$/show \1/'
    echo 'return runbook { name = "walk", phase "p" { step "s" { function() end } } }'
} >"$WORK/walk.lua"
RUNBOOK_LUA_PATH=$WORK/lua "$RUNBOOK" check "$WORK/walk.lua" >"$WORK/walked" 2>&1 || cat "$WORK/walked"
sed 's/^ *· //; /^walk: /,$d' "$WORK/walked" | sort -u >"$WORK/reached"
{
    "$ROOT/script/reference" --names
    # Of Lua's own names the reference has lists.
    sed -n '/^## What of Lua/,/^| /p' "$ROOT/docs/reference.md" | grep -o '`[A-Za-z_]*`,' | tr -d '`,'
    sed -n 's/^| `\(string\|table\|math\|utf8\)` | \(.*\) |$/\1 \2/p' "$ROOT/docs/reference.md" |
        while read -r noun names; do printf "$noun.%s\n" $names; done
} | sort -u >"$WORK/documented"
missing=$(comm -13 "$WORK/documented" "$WORK/reached" | tr '\n' ' ')
[ -z "$missing" ] && ok "every name has an entry ($(wc -l <"$WORK/reached"))" || not_ok "without an entry: $missing"
stale=$(comm -23 "$WORK/documented" "$WORK/reached" | grep -v '^answer:\|^runbook.stripe all$' | tr '\n' ' ')
[ -z "$stale" ] && ok "every entry has a name" || not_ok "entries of what is not there: $stale"
finish
