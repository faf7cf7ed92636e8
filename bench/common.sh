# What the benchmarks of this folder share. Sourced from the project's folder; not run by itself.
# Needs Linux with two CPUs at least; everything lives in a temporary folder and ends with the script.
set -euo pipefail

build=${ASHLAR_BUILD:-build/release}
bin=${ASHLAR_BIN:-$build/ashlar}
readonly server_cpu=0 client_cpu=1 both_cpus=0,1

die() { echo "$0: $*" >&2; exit 1; }

# settings NAME=VALUE...: changes variables that the script has set already; any other name is a mistake.
settings() {
  local given name
  for given in "$@"; do
    name=${given%%=*}
    [[ $given =~ ^[a-z_]+= ]] && [ -n "${!name+set}" ] || die "no such setting: $given (see the head of $0)"
    printf -v "$name" %s "${given#*=}"
  done
}

[ -x "$bin" ] && [ -x "$build/load" ] && [ -x "$build/seed_links" ] ||
  die "build first: make build && ninja -C build/release tools"
[ "$(nproc)" -ge 2 ] || die "needs two CPUs"

folder=$(mktemp -d "${TMPDIR:-/tmp}/ashlar-bench.XXXXXX")
chmod 755 "$folder"  # nginx's worker is another user
exec {nap}<> <(:)  # a pipe that nothing comes out of
pids=()
clean_up() {
  local pid
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

say() { printf '%s\n' "$*"; }
title() { printf '\n%s\n' "$*"; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }        # FORMAT EXPRESSION
median() { printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
micros() { echo "${EPOCHREALTIME/[.,]/}"; }

# What the figures below it were measured on; a load average far above 0 means: measured beside other work.
machine() {
  say "$(date -u +%F\ %TZ), $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) CPUs, Linux $(uname -r)," \
    "commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), load average $(cut -d' ' -f1 /proc/loadavg)"
}

free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  die "no free port"
}

# start_ashlar CPUS DATA ARGUMENT...: sets ashlar_pid, port, start_us (from its start until it serves).
start_ashlar() {
  local cpus=$1 data=$2 out=$folder/ashlar.out begin
  shift 2
  : >"$out"
  begin=$(micros)
  taskset -c "$cpus" setpriv --pdeathsig TERM "$bin" serve --data "$data" --listen 127.0.0.1:0 "$@" >"$out" 2>"$folder/ashlar.err" &
  ashlar_pid=$!
  pids+=("$ashlar_pid")
  port=
  for _ in $(seq 30000); do
    if [[ $(<"$out") =~ http://127\.0\.0\.1:([0-9]+) ]]; then port=${BASH_REMATCH[1]}; break; fi
    kill -0 "$ashlar_pid" 2>/dev/null || break
    read -rt 0.002 -u "$nap" || true  # sleeps without a process of its own
  done
  start_us=$(($(micros) - begin))
  [ -n "$port" ] || { cat "$folder/ashlar.err" >&2; die "the server does not start"; }
}

stop() {  # PID
  local pid=$1 kept=() other
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 600); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  for other in "${pids[@]}"; do [ "$other" = "$pid" ] || kept+=("$other"); done
  pids=("${kept[@]}")
}

key_of() {  # DATA ARGUMENT... -> a key of the tenant demo
  local data=$1
  shift
  "$bin" tenant create demo --data "$data" "$@" >/dev/null 2>&1 || true  # may be there
  "$bin" key create --data "$data" "$@" --tenant demo --scope links:read --scope links:write
}

# CPU time, user and system, of a process and its children, in microseconds (the kernel counts it in 10 ms).
cpu_us() {  # PID
  local pid fields ticks=0
  for pid in "$1" $(cat "/proc/$1"/task/*/children 2>/dev/null); do
    fields=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
    read -ra fields <<<"${fields##*) }"
    ticks=$((ticks + fields[11] + fields[12]))
    [ "$pid" != "$1" ] || ticks=$((ticks + fields[13] + fields[14]))  # of children that have ended
  done
  echo $((ticks * 10000))
}

postgres_pid() {  # of the server that listens on the port in the URL
  local port=${ASHLAR_TEST_POSTGRES##*:} file words
  port=${port%%/*}
  for file in /proc/[0-9]*/cmdline; do
    words=$(tr '\0' ' ' 2>/dev/null <"$file") || continue
    [[ $words != */postgres\ -D\ *\ -p\ "$port"\ * ]] || { file=${file%/cmdline}; echo "${file#/proc/}"; return; }
  done
  die "there is no PostgreSQL on port $port"
}

rss_kb() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"; }

get() { curl -fsS -m 20 "http://127.0.0.1:$port$1" "${@:2}"; }  # PATH CURL-ARGUMENT...

# metric NAME [LABELS]: the sum of NAME's samples whose labels hold the text LABELS.
metric() {
  get /metrics | awk -v name="$1" -v labels="${2:-}" '
    { own = $1; sub(/\{.*/, "", own) }
    own == name && index($0, labels) { sum += $NF }
    END { printf "%.9g", sum }'
}

# Mean of a histogram since an earlier look: before=$(sum_and_count NAME); …; mean_since NAME $before
sum_and_count() { echo "$(metric "$1_sum") $(metric "$1_count")"; }
mean_since() {  # NAME SUM COUNT
  calc %.9g "($(metric "$1_sum") - $2) / ($(metric "$1_count") - $3 + 1e-12)"
}

# run_load NAME CPUS ARGUMENT...: bench/load against $port; its lines go to $folder/NAME, for `field NAME what`.
run_load() {
  local name=$1 cpus=$2
  shift 2
  timeout 900 taskset -c "$cpus" "$build/load" --port "$port" "$@" >"$folder/$name" || die "load failed"
}
field() { awk -F= -v name="$2" '$1 == name { print $2; found = 1 } END { if (!found) print 0 }' "$folder/$1"; }
