# shellcheck shell=bash
# What the measurements share. Each takes both contestants' times in turns within one run, prints rows
# of a table, and ends with 1 when one is over its limit.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$ROOT/tests/system/lib.sh"
cd "$ROOT" || exit 1
over=0

# row WHAT OURS THEIRS RATIO LIMIT: LIMIT, as in "<= 3", is for RATIO where there is one, else for OURS.
row() {
    local verdict=ok
    jq -en "${4:-$2} $5" >/dev/null || { verdict=over; over=1; }
    printf '%-52s %10s %10s %8s %8s  %s\n' "$1" "$2" "$3" "$4" "$5" "$verdict"
}
# note WHAT OURS THEIRS RATIO: a row that has no limit.
note() { printf '%-52s %10s %10s %8s\n' "${@:1:4}"; }

# times FILE RUNS COMMAND: adds the wall times of that many runs to the file, in milliseconds, and what they
# took of the processor to FILE.cpu.
times() {
    hyperfine --shell none --warmup 0 --runs "$2" --export-json "$WORK/hyperfine.json" "$3" \
        >"$WORK/hyperfine.log" 2>&1 || { cat "$WORK/hyperfine.log"; echo "cannot measure: $3"; exit 1; }
    jq '.results[].times[] * 1000' "$WORK/hyperfine.json" >>"$1"
    jq '.results[] | (.user + .system) * 1000' "$WORK/hyperfine.json" >>"$1.cpu"
}
# works FILE COMMAND: the processor time of one run, in milliseconds.
works() {
    times /dev/null 1 "$2"
    jq '.results[] | (.user + .system) * 1000' "$WORK/hyperfine.json" >>"$1"
}
median() { jq -rs 'sort | .[length / 2 | floor] * 100 | round / 100' "$1"; }
# least FILE: the shortest, where what disturbs can only add.
least() { jq -rs 'min * 100 | round / 100' "$1"; }
ratio() { jq -rn "$1 / $2 * 1000 | round / 1000"; }

# page: serves a small page by nginx at $base, and at $base/requests how many it has answered.
page() {
    local port
    port=$(free_port) base=http://127.0.0.1:$port
    mkdir -p "$WORK/nginx"
    cat >"$WORK/nginx.conf" <<END
daemon off;
pid $WORK/nginx/pid;
worker_processes 1;
error_log stderr;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path $WORK/nginx;
    proxy_temp_path $WORK/nginx;
    fastcgi_temp_path $WORK/nginx;
    uwsgi_temp_path $WORK/nginx;
    scgi_temp_path $WORK/nginx;
    server {
        listen 127.0.0.1:$port;
        location / { default_type application/json; return 200 '{"status":"ok"}'; }
        location = /requests { stub_status; }
    }
}
END
    nginx -c "$WORK/nginx.conf" -p "$WORK/nginx" 2>"$WORK/nginx.log" &
    pids+=($!)
    wait_for 10 curl -sf "$base/requests" || { cat "$WORK/nginx.log"; exit 1; }
}
