#!/usr/bin/env bash
# The journal as a file: disks that are full or read-only, what is no journal, and copies that are taken while it
# is written.
HERE=$(dirname "$(realpath "$0")")
. "$HERE/journal.sh"

# --- disks -------------------------------------------------------------------------------------------
book full.lua <<'X'
  phase "p" { step "pays" { function(run)
      for i = 1, 60 do
          http.post("TILL/pay?" .. run.what .. i, { idempotency_key = run.id .. i, body = ("x"):rep(5000) })
      end
  end } },
X
# sent: how many payments the server has seen, and how many intents stand in the journal.
sent() { echo "$(curl -s "$CONTROL/state" | jq --arg t "/pay?$RUNBOOK_WHAT" '[.paid[] | select(startswith($t))] | unique | length') $(effects | jq -s '[.[] | select(.access == "write")] | length')"; }
full() { # full NAME COMMAND...: the command comes to the end of its disk, and goes on once it has room
    local name=$1 counts
    shift
    expect "$name: it stops, and says what stands and what to do" 6 'was not sent: the journal .* cannot be used: (database or disk is full|disk I/O error)
make room for the journal or mend it, then to go on: runbook resume [0-9a-f-]+$
^ +to take back what stands: runbook rollback [0-9a-f-]+$' "$@"
    counts=$(sent)
    [ "${counts% *}" = "${counts#* }" ] && [ "${counts% *}" -gt 3 ] && [ "${counts% *}" -lt 60 ] &&
        ok "$name: nothing was sent that is not on record" || not_ok "$name: sent and on record: $counts"
}
limited() { (ulimit -f 300; "$RUNBOOK" "${1:-full.lua}"); }
fresh full-file-
full "the file may not grow" limited
expect "the file may not grow: it goes on" 0 't is done' "$RUNBOOK" resume
is "the file may not grow: each was paid once" "$(sent)" "60 60"
mkdir disk
if [ "$(id -u 2>/dev/null)" ] && mount -t tmpfs -o size=600k tmpfs disk 2>/dev/null; then
    fresh full-disk-
    export XDG_STATE_HOME=$WORK/disk
    full "the disk is full" "$RUNBOOK" full.lua
    mount -o remount,size=10m disk
    expect "the disk is full: it goes on" 0 't is done' "$RUNBOOK" resume
    is "the disk is full: each was paid once" "$(sent)" "60 60"
    umount disk
else
    skip "a full disk needs a mount"
fi

# Where the phase says so the changes are taken back: on record where there is room for that, which was set
# aside; and where there is not a note says so, lest a resume goes on as if they stood.
book full-back.lua <<'X'
  phase "p" { on_failure = "rollback",
    step "one" { function(run) http.post("TILL/pay?" .. run.what .. "-one", { idempotency_key = run.id }) end,
      undo = function(run) http.delete("TILL/pay?" .. run.what .. "-one") end },
    step "pays" { function(run)
        for i = 1, 60 do
            http.post("TILL/pay?" .. run.what .. i, { idempotency_key = run.id .. i, body = ("x"):rep(5000),
                assume = { status = 299 } })
        end
    end, undo = function(run) http.delete("TILL/pay?" .. run.what .. "-all") end } },
X
if mount -t tmpfs -o size=600k tmpfs disk 2>/dev/null; then
    fresh full-disk-back
    export XDG_STATE_HOME=$WORK/disk
    expect "the disk is full: taken back" 5 'failed and the changes were rolled back: .*the journal .* cannot be used: database or disk is full
make room for the journal or mend it, then: runbook full-back.lua
!299' "$RUNBOOK" full-back.lua
    is "the disk is full: last first" "$(refunds)" "-all -one"
    mount -o remount,size=10m disk
    expect "the disk is full: its rollback is on record" 2 'was rolled back; start anew' "$RUNBOOK" resume "$(id)"
    is "the disk is full: nothing is left beside the journal" "$(ls disk/runbook | grep -c rollback)" 0
    umount disk
fi
fresh full-file-back
expect "the file may not grow: taken back" 5 'failed and the changes were rolled back: .*the journal .* cannot be used: disk I/O error' limited full-back.lua
is "the file may not grow: last first" "$(refunds)" "-all -one"
counts=$(sent)
expect "the file may not grow: a resume does not go on with what was taken back" 5 'was rolled back: (its journal could not be written|the journal .* cannot be used)' \
    "$RUNBOOK" resume "$(id)"
is "the file may not grow: it pays nothing more" "$(sent | cut -d' ' -f1)" "${counts% *}"
expect "the file may not grow: its rollback is on record then" 2 'was rolled back' "$RUNBOOK" resume "$(id)"

book small.lua <<'X'
  phase "p" { step "pays" { function(run) http.post("TILL/pay?" .. run.what) end } },
X
fresh read-only
"$RUNBOOK" small.lua >/dev/null 2>&1
run=$(id)
# powerless COMMAND...: by somebody for whom file modes count.
powerless() {
    if [ "$(command id -u)" = 0 ]; then setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; else "$@"; fi
}
chmod 755 "$WORK" "$XDG_STATE_HOME" "$XDG_STATE_HOME/runbook"
chmod 444 "$XDG_STATE_HOME"/runbook/* small.lua
[ "$(command id -u)" = 0 ] || chmod 555 "$XDG_STATE_HOME/runbook"
if powerless test -x "$RUNBOOK"; then
    expect "a read-only journal: nothing is done" 1 'the journal .*journal.db cannot be used: .*readonly
make it and its folder writable, or name another with --journal FILE' powerless "$RUNBOOK" small.lua
    is "a read-only journal: nothing was sent" "$(paid "")" 1
    expect "a read-only journal: it can be read" 0 'write done .*/pay\?read-only' powerless "$RUNBOOK" show "$run"
    expect "a folder one may not write to" 1 'could not make the folder /proc/x' "$RUNBOOK" small.lua --journal /proc/x/journal.db
else
    skip "a read-only journal: the binary is out of reach for others"
fi
chmod -R u+w "$XDG_STATE_HOME"

odd="$WORK/a #1?b%41/journal.db"
"$RUNBOOK" small.lua --journal "$odd" >/dev/null 2>&1
chmod 755 "${odd%/*}"
chmod 444 "$odd"
[ "$(command id -u)" = 0 ] || chmod 555 "${odd%/*}"
if powerless test -x "$RUNBOOK"; then
    expect "a read-only journal under an odd name" 0 ' done .* t$' powerless "$RUNBOOK" runs --journal "$odd"
fi
chmod -R u+w "${odd%/*}"

# What a run has read stays in the WAL, for which nobody waits; what it has changed is moved into the journal.
book reads.lua reads <<'X'
  phase "p" { step "looks" { function(run) http.get("TILL/paid?" .. run.what) end } },
X
for _ in 1 2 3; do "$RUNBOOK" reads.lua >/dev/null 2>&1; done
[ -s "$XDG_STATE_HOME/runbook/journal.db-wal" ] && ok "what was read is left in the WAL" || not_ok "there is no WAL"
mkdir -m 755 apart && cp "$XDG_STATE_HOME/runbook/journal.db" "$XDG_STATE_HOME/runbook/journal.db-wal" apart
chmod 444 apart/*
[ "$(command id -u)" = 0 ] || chmod 555 apart
if powerless test -x "$RUNBOOK"; then
    expect "a read-only copy without the -shm" 1 'journal.db cannot be used: .*lacks the -shm.* copy it and its -wal to' \
        powerless "$RUNBOOK" runs --journal apart/journal.db
fi
chmod -R u+w apart
names() { "$RUNBOOK" runs --output json | jq -r '[.[].name] | join(" ")'; }
is "what was read is on record" "$(names)" "reads reads reads t"
"$RUNBOOK" small.lua >/dev/null 2>&1
[ ! -e "$XDG_STATE_HOME/runbook/journal.db-wal" ] && ok "what was changed is in the journal" || not_ok "a WAL is left"
is "so is all before it" "$(names)" "t reads reads reads t"
echo "this is no database, and long enough to be looked at" >garbage.db
expect "something else than a journal" 1 'garbage.db cannot be used: file is not a database; it is no journal' \
    "$RUNBOOK" small.lua --journal garbage.db
expect "--journal none" 0 't is done' "$RUNBOOK" small.lua --journal none
for words in runs show 'show x' resume 'resume x' 'rollback x'; do
    # shellcheck disable=SC2086
    expect "$words --journal none" 2 'runs are found in the journal, and .--journal none. names none: leave it out' "$RUNBOOK" $words --journal none
done
printed() { bash -c '"$@" >/dev/full' printed "$@"; } # where nothing can be written to
expect "a list that cannot be written" 1 'what was printed could not be written to the end' printed "$RUNBOOK" runs
expect "a plan that cannot be" 1 'what was printed could not be written' printed "$RUNBOOK" plan small.lua
expect "a run is done all the same" 0 'what was printed could not be written' printed "$RUNBOOK" small.lua --journal none --output ndjson
expect "who closes the pipe has seen enough" 0 '^0 $' bash -c '{ "$1" plan small.lua 2>said; echo "$? $(cat said)" >&2; } | true' - "$RUNBOOK"
expect "runs takes no run" 2 'one of them is seen by: runbook show x' "$RUNBOOK" runs x
expect "an empty journal" 2 'no run is on record' "$RUNBOOK" show --journal none.db

# --- copies ------------------------------------------------------------------------------------------
book slow.lua <<'X'
  phase "p" { step "pays" { function(run)
      for i = 1, 40 do
          http.post("TILL/pay?" .. run.what .. i, { idempotency_key = run.id .. i, body = ("x"):rep(5000) })
          wait.sleep("20ms")
      end
  end } },
X
fresh copies
"$RUNBOOK" slow.lua >/dev/null 2>&1 &
running=$!
copies=0
while kill -0 $running 2>/dev/null; do
    mkdir "copy$copies"
    cp "$XDG_STATE_HOME"/runbook/journal.db* "copy$copies" 2>/dev/null && copies=$((copies + 1)) || rm -rf "copy$copies"
    sleep 0.01
done
wait $running
all=$(effects "$(id)" | jq -c '[.seq, .summary]')
good=0 partial=0
for i in $(seq 0 $((copies - 1))); do
    rm -f "copy$i"/*-shm
    part=$("$RUNBOOK" show --output json --journal "copy$i/journal.db" 2>"copy$i/log" | jq -c '.effects[] | [.seq, .summary]')
    n=$(grep -c . <<<"$part")
    [ "$part" = "$(head -n "$n" <<<"$all")" ] || grep -q 'there is no run' "copy$i/log" && good=$((good + 1))
    [ "$n" -lt 80 ] && [ "$n" -gt 0 ] && partial=$((partial + 1))
done
[ $copies -gt 4 ] && [ $partial -gt 1 ] && [ $good = $copies ] &&
    ok "$copies copies taken while it ran show what was done by then" || not_ok "$good of $copies copies are good, $partial are of a part"
finish
