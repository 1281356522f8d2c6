#!/usr/bin/env bash
# libcurl in its two forms (cmake/curl.cmake): slim, with nothing left to jump into; or shared, opened when wanted.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

cat >get.lua <<'X'
return runbook { name = "get", phase "p" { step "s" { function() http.get("http://127.0.0.1:1/x") end } } }
X
cat >post.lua <<'X'
return runbook { name = "post", phase "p" { step "s" { function() http.post("http://127.0.0.1:1/x", { json = {} }) end } } }
X
loads() { LD_DEBUG=files "$RUNBOOK" "$@" 2>&1 | grep -q 'file=libcurl\.so'; }

expect "a request is made" 4 "connection refused by 127.0.0.1:1" "$RUNBOOK" get.lua
expect "what no request is needed for" 0 "get" "$RUNBOOK" check get.lua
for verb in version "check get.lua" help; do
    # shellcheck disable=SC2086
    loads $verb && not_ok "$verb loads libcurl" || ok "$verb does not load libcurl"
done

if grep -q 'libcurl\.so\.4' "$RUNBOOK"; then
    loads get.lua && ok "a request loads libcurl" || not_ok "a request does not load libcurl"
    mkdir none && : >none/libcurl.so.4
    export LD_LIBRARY_PATH=$WORK/none
    for verb in get post; do
        expect "without the library: $verb" 4 "nothing was sent: libcurl.so.4 cannot be opened: .*; install Debian's package libcurl4
nothing had been changed" "$RUNBOOK" "$verb.lua"
    done
    expect "without the library, check" 0 "get" "$RUNBOOK" check get.lua
    expect "without the library, a plan" 4 "libcurl.so.4 cannot be opened" "$RUNBOOK" plan post.lua
    sed 's/http.get(\(.*\)) end }/local _, e = pcall(http.get, \1) check(false, "its code is %s", e.code) end }/' get.lua >code.lua
    expect "caught, it has a code" 4 "its code is failed" "$RUNBOOK" code.lua
    unset LD_LIBRARY_PATH # cmake wants it, too
elif ! nm "$RUNBOOK" 2>/dev/null | grep -q .; then
    skip "the program has no symbols to look at"
else
    loads get.lua && not_ok "a request loads libcurl" || ok "a request does not load libcurl"
    # What libcurl may call is there: neither missing, nor weak, which is a call of address 0.
    left_out=$(dirname "$RUNBOOK")/curl/curl_left_out.h
    sed -n 's/^ *\(FUNCTION\|VALUE\)(\(.*\)).*/\2/p' "$left_out" | sort >names
    nm "$RUNBOOK" | awk 'NF == 3 && $2 ~ /[TRD]/ { print $3 }' | sort >defined
    if [ "$(wc -l <names)" -gt 100 ] && [ -z "$(comm -23 names defined)" ]; then
        ok "each function that is left out has a stand-in"
    else
        not_ok "no stand-in for: $(comm -23 names defined)"
    fi
    weak=$(nm "$RUNBOOK" | awk '$1 ~ /^[wv]$/ { print $2 }' |
        grep -vE '^(__gmon_start__|_ITM_|__cxa_finalize|__asan_|__lsan_|__ubsan_|__sanitizer_|__real_)')
    [ -z "$weak" ] && ok "nothing is weak" || not_ok "weak, and perhaps not there: $weak"
fi

# Configuring: what is asked for, or what links.
printf 'int nothing_of_curl;\n' | cc -x c -c -o other.o - && ar rc other.a other.o
form() { cmake -S "$ROOT" -B conf -G Ninja -DBUILD_TESTING=OFF "$@" 2>&1 | grep -E 'libcurl: |RUNBOOK_CURL'; }
has() { grep -qF -- "$2" <<<"$3" && ok "$1" || not_ok "$1: '$3' lacks '$2'"; }
has "an archive that does not link" "libcurl: shared" "$(form -DCURL_ARCHIVE="$WORK/other.a")"
has "and why" "(slim: undefined reference to" "$(form)"
has "it is asked for" "-DRUNBOOK_CURL=shared takes the system's" "$(form -DRUNBOOK_CURL=slim)"
has "the other is" "libcurl: shared" "$(form -DRUNBOOK_CURL=shared)"
has "what there is not" "not 'other'" "$(form -DRUNBOOK_CURL=other)"
finish
