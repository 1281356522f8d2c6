#!/usr/bin/env bash
# One run at a time of the same runbook and target, of one user on one machine: whatever journal the runs
# keep and however they reach it, by whatever verb; and where the locks lie.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
name=lock-$$ # for some of it takes place in /tmp

# --- tools -------------------------------------------------------------------------------------------
book() { # book FILE [NAME]: holds until the file "go" is there
    cat >"$1" <<X
return runbook { name = "${2:-$name}", params = { what = param "x" }, target = "\${what}",
  phase "p" {
    step "begins" { lasting = "a file", function() exec { "touch", "begun" } end },
    step "holds" { function(run)
      if not run.planning then
        exec { "sh", "-c", "touch held; until [ -e go ]; do sleep 0.05; done", reads = true, timeout = "5m" }
      end
    end } } }
X
}
is() { [ "$2" = "$3" ] && ok "$1" || not_ok "$1: '$2' instead of '$3'"; }
id() { "$RUNBOOK" runs --output json "$@" | jq -r '.[0].id'; }
hold() { # hold COMMAND...: in the background, until `let_go`; its pid in $holder
    rm -f held go
    "$@" >holder.log 2>&1 &
    holder=$!
    pids+=($holder)
    wait_for 20 test -e held || { not_ok "nobody holds: $(cat holder.log)"; }
}
let_go() { # let_go NAME CODE: and it ends so
    touch go
    wait $holder
    is "$1" $? "$2"
}
die() { { kill -9 $holder; wait $holder; } 2>/dev/null; touch go; }
told="another run of $name is under way: [0-9a-f-]+, process [0-9]+ on $(hostname), since 20"
book locked.lua
export XDG_STATE_HOME=$WORK/state
journal=$XDG_STATE_HOME/runbook/journal.db

# --- whatever journal --------------------------------------------------------------------------------
beside() { # beside WHO: who else would begin is told
    expect "$1: another journal" 9 "$told" "$RUNBOOK" locked.lua --journal other.db
    expect "$1: none" 9 "$told" "$RUNBOOK" locked.lua --journal none
    expect "$1: another state folder" 9 "$told" env XDG_STATE_HOME="$WORK/elsewhere" "$RUNBOOK" locked.lua
    ln -sf "$journal" link.db
    expect "$1: a link to the journal" 9 "$told" "$RUNBOOK" locked.lua --journal link.db
    expect "$1: a link to its folder" 9 "$told" sh -c 'ln -sfn "$1" folder && "$0" locked.lua --journal folder/journal.db' "$RUNBOOK" "$(dirname "$journal")"
    expect "$1: another file of that name" 9 "$told" sh -c 'cp locked.lua copy.lua && "$0" copy.lua' "$RUNBOOK"
    expect "$1: from another folder" 9 "$told" sh -c 'cd / && "$0" "$1"' "$RUNBOOK" "$WORK/locked.lua"
    expect "$1: a plan takes none" 0 "$name is planned" "$RUNBOOK" plan locked.lua
    expect "$1: nor does a check" 0 "$name" "$RUNBOOK" check locked.lua
    expect "$1: nor one that walks" 0 'exec' "$RUNBOOK" check --permissions locked.lua
}
hold "$RUNBOOK" locked.lua
beside "a run"
live=$(id)
expect "it is not gone on with" 9 "$told" "$RUNBOOK" resume "$live"
expect "nor by a link" 9 "$told" "$RUNBOOK" resume "$live" --journal link.db
expect "nor undone" 9 "$told" "$RUNBOOK" rollback "$live"
cp "$journal" copy.db && cp "$journal-wal" copy.db-wal 2>/dev/null
expect "nor out of a copy" 9 "$told" "$RUNBOOK" resume "$live" --journal copy.db
let_go "it is not disturbed" 0
hold "$RUNBOOK" locked.lua --journal none
beside "a run without a journal"
let_go "that is not disturbed either" 0
touch go
expect "what was given back is there to take" 0 "$name is done
!taking over" "$RUNBOOK" locked.lua --journal other.db
is "and leaves nothing behind" "$(ls "$RUNBOOK_LOCK_DIR")" ""

touch go
"$RUNBOOK" plan locked.lua -o plan.json >/dev/null
hold "$RUNBOOK" locked.lua
expect "a plan is not applied beside it" 9 "$told" "$RUNBOOK" apply plan.json --journal other.db
die
touch go
expect "a dead one is taken over, with a word" 0 "taking over the lock of run $(id), whose process is gone; .runbook show $(id). says
$name is done" "$RUNBOOK" locked.lua
hold "$RUNBOOK" locked.lua
die
expect "which names the journal where it is another" 0 "runbook show $(id) --journal $journal. says" "$RUNBOOK" locked.lua --journal other.db
hold "$RUNBOOK" locked.lua --journal none
die
expect "and says where there is none" 0 'whose process is gone; it kept no journal' "$RUNBOOK" locked.lua

# --- one goes on -------------------------------------------------------------------------------------
hold "$RUNBOOK" locked.lua
die
run=$(id)
ln -sf "$journal" link.db
hold "$RUNBOOK" resume "$run"
expect "of two that go on, by whatever path" 9 "$told" "$RUNBOOK" resume "$run" --journal link.db
expect "none undoes it meanwhile" 9 "$told" "$RUNBOOK" rollback "$run" --journal link.db
expect "nor does anybody begin" 9 "$told" "$RUNBOOK" locked.lua --journal none
die
book locked.lua "$name-renamed"
hold "$RUNBOOK" resume "$run" --upgrade
book locked.lua
expect "the same run under another name is the same run" 9 "another run of $name is under way: $run" "$RUNBOOK" resume "$run"
let_go "and comes to its end" 0

# --- where they lie ----------------------------------------------------------------------------------
touch go
here() { # here NAME VALUE: RUNBOOK_LOCK_DIR; no other run is there
    expect "$1" 2 "$3" env RUNBOOK_LOCK_DIR="$2" "$RUNBOOK" locked.lua
}
here "a folder that is relative" locks 'RUNBOOK_LOCK_DIR must be a full path, not .locks.'
mkdir -m 700 real && ln -s real pointing
here "one that is a link" "$WORK/pointing" 'it is a link or no folder.*RUNBOOK_LOCK_DIR'
here "also with a slash behind it" "$WORK/pointing//" 'it is a link or no folder'
here "one that is a file" "$WORK/locked.lua" 'it is a link or no folder'
mkdir -m 770 shared
here "one that others may enter" "$WORK/shared" "can be entered by others \(mode 770\): .*chmod 700 $WORK/shared"
here "one that cannot be made" /proc/nowhere 'could not make the folder for locks, /proc/nowhere: .*; name a folder'
mkdir -m 700 full && ln -s /nowhere "full/$name-$(printf x | sha256sum | cut -c 1-16).lock"
here "a lock that is a link" "$WORK/full" 'could not make the lock .*: Too many levels of symbolic links'
is "where it leads is not touched" "$(ls -d /nowhere 2>&1 | grep -c 'No such')" 1
if [ "$(command id -u)" = 0 ]; then
    mkdir -m 700 theirs && chown 12345 theirs
    here "somebody else's" "$WORK/theirs" 'belongs to somebody else \(user 12345\)'
fi
unset RUNBOOK_LOCK_DIR
export XDG_RUNTIME_DIR=$WORK/runtime
mkdir -m 700 "$XDG_RUNTIME_DIR"
hold "$RUNBOOK" locked.lua
is "they lie in the runtime folder" "$(ls "$XDG_RUNTIME_DIR/runbook" | grep -c lock)" 2
is "which nobody else looks into" "$(stat -c %a "$XDG_RUNTIME_DIR/runbook")" 700
let_go "and it ends" 0

own=/tmp/runbook-$(command id -u)
for unsafe in "" relative "$WORK/missing" "$WORK/shared" "$WORK/theirs"; do
    mkdir -p -m 700 relative
    XDG_RUNTIME_DIR=$unsafe
    hold "$RUNBOOK" locked.lua
    is "in place of '${unsafe##*/}' is a folder of one's own" "$(ls "$own" | grep -c "^$name\|$(id)")" 2
    expect "where they meet" 9 "$told" env -u XDG_RUNTIME_DIR "$RUNBOOK" locked.lua --journal none
    let_go "and it ends" 0
done
finish
