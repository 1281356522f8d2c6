#!/usr/bin/env bash
# Memory comes to its end, at every place: a run ends in order, with a code that tells the truth, and what it
# changed is taken back or can be.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1
export XDG_STATE_HOME=$WORK/state

cat >small.lua <<'X'
return runbook { name = "small", phase "p" { on_failure = "rollback",
  step "a" { function() exec { "sh", "-c", "echo a >> world" } return { x = 1 } end,
    undo = function() exec { "sh", "-c", "sed -i /a/d world" } end },
  step "b" { function() exec { "sh", "-c", "echo b >> world" }; exec { "cat", "world", reads = true } end,
    undo = function() exec { "sh", "-c", "sed -i /b/d world" } end },
} }
X

# fails WHICH: runs it with that allocation failing. What is wrong is added to `wrong`, the exit code to `codes`.
fails() {
    local code changed id
    : >world
    rm -rf "$XDG_STATE_HOME"
    RUNBOOK_FAIL_ALLOC=$1 timeout 60 "$RUNBOOK" small.lua --no-input >out 2>&1
    code=$?
    codes+=("$code")
    changed=$(paste -sd' ' world)
    case $code in
    0) [ "$changed" = "a b" ] || wrong+=("$1: done, but there is '$changed'") ;;
    1 | 2 | 3 | 4 | 5) [ -z "$changed" ] || wrong+=("$1: exit $code, but there is '$changed'") ;;
    6 | 7) ;;
    *) wrong+=("$1: exit $code: $(tail -n 2 out)") ;;
    esac
    [ $code = 0 ] || [ -z "$changed" ] && return
    id=$("$RUNBOOK" runs --output json | jq -r '.[0].id')
    "$RUNBOOK" rollback "$id" >out 2>&1
    [ -s world ] && wrong+=("$1: exit $code, and its rollback leaves $(paste -sd' ' world): $(tail -n 2 out)")
}
# walk NAME SUFFIX CODES FROM STEP TO: every STEPth allocation fails; CODES must have been among the ends.
walk() {
    local at code
    wrong=() codes=()
    for at in $(seq "$4" "$5" "$6"); do fails "$at$2"; done
    [ ${#wrong[@]} = 0 ] && ok "$1: ${#codes[@]} places" || not_ok "$1: $(printf '\n        | %s' "${wrong[@]}")"
    for code in $3; do
        [[ " ${codes[*]} " == *" $code "* ]] && ok "$1: some end with $code" || not_ok "$1: none ends with $code"
    done
}
touch world
total=$(RUNBOOK_FAIL_ALLOC=0 "$RUNBOOK" small.lua --no-input 2>&1 | sed -n 's/^allocations: //p')
if [ -n "$total" ]; then
    all=${RUNBOOK_FAIL_ALL:+1}
    walk "one allocation fails" "" "0 1 5" 1 "${all:-41}" $((total + 10))
    walk "all fail from one on, early" "+" "1" 1 "${all:-97}" $((total * 3 / 4))
    walk "all fail from one on" "+" "1 6 7" $((total * 3 / 4)) "${all:-11}" $((total + 10))
else
    skip "allocations fail only in a build with sanitizers"
fi

# In earnest: the address space is limited. A build with sanitizers wants terabytes of it.
cat >large.lua <<'X'
return runbook { name = "large", params = { how = param "" }, phase "p" { on_failure = "rollback",
  step "a" { function() exec { "sh", "-c", "echo a >> world" } end,
    undo = function() exec { "sh", "-c", "sed -i /a/d world" } end },
  step "b" { function(run)
      local kept = {}
      for i = 1, 1e6 do
          if run.how == "texts" then kept[i] = ("x"):rep(1000) .. i
          elseif run.how == "large" then kept[i] = ("x"):rep(4e6) .. i
          elseif run.how == "json" then kept[i] = json.decode(json.encode { ("x"):rep(3e6), { i } })
          else kept[i] = exec { "sh", "-c", "head -c 1000000 /dev/zero", reads = true } end
      end
  end } } }
X
limited() { (ulimit -v 200000; exec "$RUNBOOK" large.lua --no-input --set "how=$1" --max-memory 1GB); }
if [ -z "$total" ]; then
    for how in texts large json answers; do
        : >world
        expect "the address space is used up by $how: taken back" 5 'failed and the changes were rolled back: .*memory' limited $how
        is_empty=$(paste -sd' ' world)
        [ -z "$is_empty" ] && ok "used up by $how: nothing stands" || not_ok "used up by $how: $is_empty stands"
    done
else
    skip "an address space that is used up wants a build without sanitizers"
fi
finish
