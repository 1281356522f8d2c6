#!/usr/bin/env bash
# A file of this machine is a change as any other: planned, held to an approved plan, counted, journaled and taken
# back. What fails leaves the file that was there, and what was fetched is not fetched twice.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }

cat >world.lua <<'X'
local function half() -- a body that never comes to its end
    local told = false
    return function()
        local first = not told
        told = true
        return first and "half" or ""
    end
end
return {
    name = "files", listen = { one = {} }, state = function() return { made = false } end,
    handle = { one = function(w, req)
        if req.path == "/half" then return { stream = half() } end
        if req.path == "/drop" then return { abort = true } end
        if req.path == "/made" and not w.made or req.path == "/missing" then return { status = 404, body = "nothing here" } end
        if req.method == "POST" then w.made = true return { status = 201 } end
        return { body = "new content" }
    end },
    files = function(w) return { ["values.yaml"] = { one = w.urls.one } } end,
}
X
sandbox world.lua
one=$(sed -n 's/^one: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SANDBOX/values.yaml")
asked() { grep -c '"target":"/report"' "$SANDBOX/requests.ndjson"; }
# book NAME FIELDS BODY: a runbook of one phase; FIELDS stand in the step before its function.
book() {
    printf 'return runbook { name = "b", params = { one = param "%s" },\n  phase "p" { on_failure = "rollback", step "s" { %s function(run) %s end } } }\n' \
        "$one" "$2" "$3" >"$1.lua"
}
fresh() {
    XDG_STATE_HOME=$(mktemp -d "$WORK/state.XXXX")
    export XDG_STATE_HOME
    rm -rf ./*.txt* && printf 'old' >old.txt
}
run() { "$RUNBOOK" "$1.lua" "${@:2}"; }
plan() { "$RUNBOOK" plan "$1.lua" "${@:2}"; }
unchanged() { is "$1: the old file is as it was, alone" "$(cat old.txt) $(ls ./*.txt*)" "old ./old.txt"; }

# --- planned --------------------------------------------------------------------------------------------------
fresh
book old '' 'http.get(run.one .. "/report", { to_file = "old.txt" }):expect(200)'
expect "what would be overwritten" 0 "write +GET $one/report into old.txt +200 .*checked by the server
old.txt is there \(3 bytes\) and would be overwritten
What it would change
1 +GET $one/report into old.txt" plan old
expect "counts as a change" 2 '1 write' plan old --detailed-exitcode
book new '' 'http.get(run.one .. "/report", { to_file = "new.txt", label = "fetch the report" }):expect(200)'
expect "what would be made" 0 "write +fetch the report
into new.txt
new.txt is not there and would be made" plan new
book nowhere '' 'http.get(run.one .. "/report", { to_file = "no/new.txt" })'
expect "what could not" 0 'no/new.txt could not be made now: its folder is not there' plan nowhere
expect "offline it is not known" 0 'write +GET .*not known
old.txt is there
What it would change' plan old --offline
book missing '' 'http.get(run.one .. "/missing", { to_file = "old.txt" })'
expect "what would not be given changes nothing" 0 'write +GET .*404
It would change nothing' plan missing
book later '' 'http.post(run.one .. "/made", { assume = { status = 201 } }) http.get(run.one .. "/made", { to_file = "old.txt" }):expect(200)'
expect "unless the plan is to make it first" 0 "write +GET $one/made into old.txt  404 .*before the change
to be checked after the change
2 +GET $one/made into old.txt" plan later
unchanged "plans"

# --- done, counted and taken back -----------------------------------------------------------------------------
fresh
expect "a run" 0 '1 write' run old
is "writes it" "$(cat old.txt)" "new content"
book fails '' 'http.get(run.one .. "/report", { to_file = "old.txt" }):expect(200) error("no")'
expect "it is no longer said that nothing had been changed" 6 '!nothing had been changed' run fails
book undone 'undo = function(run) exec { "rm", "old.txt" } end,' 'http.get(run.one .. "/report", { to_file = "old.txt" }):expect(200) error("no")'
expect "its undo is called" 5 'was undone|rolled back' run undone
[ -e old.txt ] && not_ok "the undo did nothing" || ok "and takes it back"
book lasting 'lasting = "the report stays",' 'http.get(run.one .. "/report", { to_file = "old.txt" }):expect(200) error("no")'
expect "a lasting one is said to stay" 5 'the report stays' run lasting
fresh
book behind '' 'if not run.planning then http.get(run.one .. "/report", { to_file = "old.txt" }) end'
expect "a plan without it" 0 'is planned' plan behind -o plan.json
expect "holds the run to that" 10 'the plan does not contain' "$RUNBOOK" apply plan.json --yes
unchanged "apply"
expect "a plan with it" 0 'is planned' plan old -o plan.json
expect "is applied" 0 'is done' "$RUNBOOK" apply plan.json --yes
is "applied" "$(cat old.txt)" "new content"
book asks 'when = function(run) http.get(run.one .. "/report", { to_file = "old.txt" }) return true end,' ''
expect "when only looks" 4 '.when. only looks' run asks

# --- failing --------------------------------------------------------------------------------------------------
fresh
while read -r path code says; do
    book broken '' "http.get(run.one .. '$path', { to_file = 'old.txt', timeout = '300ms' }):expect(200)"
    expect "$path" "$code" "$says
nothing had been changed" run broken
    unchanged "$path"
done <<'X'
/missing 4 answered 404, expected 200: nothing here
/half 4 timed out
/drop 4 closed
X
book slow 'timeout = "400ms",' 'http.get(run.one .. "/half", { to_file = "old.txt" })'
expect "out of time" 4 'nothing had been changed
!whether it took effect' run slow
unchanged "out of time"
book endless '' 'http.get(run.one .. "/half", { to_file = "old.txt" })'
"$RUNBOOK" endless.lua >log 2>&1 &
pid=$!
wait_for 10 sh -c "ls old.txt.part-* && [ -s old.txt.part-* ]"
kill -INT $pid
wait $pid
is "a signal ends it at once" $? 130
grep -q 'whether' log && not_ok "a signal leaves it in doubt" || ok "and leaves nothing in doubt"
unchanged "a signal"

# --- going on -------------------------------------------------------------------------------------------------
book two '' 'http.get(run.one .. "/report", { to_file = "old.txt" }):expect(200) http.post(run.one .. "/done", { repeatable = true }):expect(201)'
for state in there gone; do
    fresh
    before=$(asked)
    mortal '"at":2,"when":"before"' "$RUNBOOK" two.lua
    is "$state: it was fetched before the kill" "$(cat old.txt)" "new content"
    [ $state = there ] && echo edited >old.txt || rm old.txt
    expect "$state: it goes on" 0 'is done' "$RUNBOOK" resume
    is "$state: how often it was fetched, and what is there" "$(($(asked) - before)) $(cat old.txt)" \
        "$([ $state = there ] && echo 1 edited || echo 2 new content)"
done
fresh
mortal '"at":1,"when":"after"' "$RUNBOOK" two.lua
expect "killed on the way: it is fetched again, without a word of doubt" 0 '!in doubt' "$RUNBOOK" resume
is "killed on the way" "$(cat old.txt)" "new content"

# --- what is no file ------------------------------------------------------------------------------------------
fresh
mkdir -p folder && mkfifo fifo
for file in folder folder/ fifo ''; do
    book book '' "http.get(run.one .. '/report', { to_file = '$file' })"
    before=$(asked)
    expect "'$file' is no file" 4 'to_file must name a file' run book
    expect "'$file' is no file: plan" 4 'to_file must name a file' plan book
    is "'$file': nothing was asked for" "$(asked)" "$before"
done
[ -p fifo ] && ok "a pipe is what it was" || not_ok "a pipe was replaced"
chmod 640 old.txt && mv old.txt folder/real && ln -s folder/real link.txt
book book '' 'http.get(run.one .. "/report", { to_file = "link.txt" }):expect(200)'
expect "through a link" 0 'is done' run book
is "through a link: the file behind it, with its mode" "$(readlink link.txt) $(cat folder/real) $(stat -c %a folder/real)" "folder/real new content 640"
finish
