# What the benchmarks of the limits share, after common.sh. Sourced; not run by itself.
# Whatever answers callers, with the Redis behind it, is pinned to CPU 0; the generator to CPU 1.

[ -x "$build/grpc_load" ] || die "build first: ninja -C $build tools"

declare -A pid_of port_of redis_of redis_pid_of
never=4294967295  # calls an hour: a limit that nobody reaches

wait_for_port() {  # PORT PID NAME
  for _ in $(seq 400); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    kill -0 "$2" 2>/dev/null || break
    sleep 0.05
  done
  cat "$folder/$3".{out,err} >&2 || true
  die "$3 does not start"
}

# start_redis NAME ARGUMENT...: sets redis_of[NAME] (its port) and redis_pid_of[NAME].
start_redis() {
  local name=$1 redis_port=${redis_of[$1]:-}
  shift
  command -v redis-server >/dev/null || die "no redis-server: scripts/setup bench"
  [ -n "$redis_port" ] || redis_port=$(free_port)
  taskset -c $server_cpu setpriv --pdeathsig TERM redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no \
    --dir "$folder" "$@" >"$folder/redis-$name.out" 2>"$folder/redis-$name.err" &
  redis_of[$name]=$redis_port redis_pid_of[$name]=$!
  pids+=($!)
  wait_for_port "$redis_port" $! "redis-$name"
}
redis() { redis-cli -p "${redis_of[$1]}" "${@:2}"; }  # NAME COMMAND...

# start_limits NAME RULES ARGUMENT...: an Ashlar of that name with the rule files of RULES; sets port_of[NAME] (gRPC), http_of[NAME],
# pid_of[NAME].
declare -A http_of
start_limits() {
  local name=$1 rules=$2 grpc=${port_of[$1]:-}
  shift 2
  [ -n "$grpc" ] || grpc=$(free_port)
  start_ashlar $server_cpu "$folder/data-$name" --limits-config "$rules" --grpc-listen "127.0.0.1:$grpc" --set http.io_threads=1 "$@"
  port_of[$name]=$grpc http_of[$name]=$port pid_of[$name]=$ashlar_pid
  cp "$folder/ashlar.out" "$folder/limits-$name.out"
  cp "$folder/ashlar.err" "$folder/limits-$name.err"
  wait_for_port "$grpc" "$ashlar_pid" "limits-$name"
}

# grpc NAME FILE ARGUMENT...: bench/grpc_load against NAME; its lines go to $folder/FILE, for `field FILE what`.
grpc() {
  local name=$1 file=$2
  shift 2
  timeout 600 taskset -c $client_cpu "$build/grpc_load" --port "${port_of[$name]}" "$@" >"$folder/$file" || die "grpc_load failed"
}

all_right() {  # FILE: every call was answered, and rightly
  local what
  for what in wrong failed broken unreachable unanswered; do
    [ "$(field "$1" $what)" = 0 ] || { grep -v ^timeline "$folder/$1" >&2; die "calls $what"; }
  done
}

# What a server's Redis has counted in all.
counted() {  # NAME
  redis "$1" --scan | sed 's/^/get /' | redis "$1" | awk '{ sum += $1 } END { print sum + 0 }'
}

# CPU of a server and of the Redis behind it.
all_cpu_us() {  # NAME
  local sum
  sum=$(cpu_us "${pid_of[$1]}")
  [ -z "${redis_pid_of[$1]:-}" ] || sum=$((sum + $(cpu_us "${redis_pid_of[$1]}")))
  echo "$sum"
}

# One descriptor (d0, any) … (d9, any), each with its own limit an hour.
write_rules() {  # FOLDER LIMIT
  local i
  mkdir -p "$1"
  {
    echo 'domain: bench'
    echo 'descriptors:'
    for i in 0 1 2 3 4 5 6 7 8 9; do
      printf '  - key: d%d\n    rate_limit: {unit: hour, requests_per_unit: %s}\n' "$i" "$2"
    done
  } >"$1/bench.yaml"
}

# envoyproxy/ratelimit, the service that Ashlar's gRPC face stands in for: built by Go from bench/peers/ratelimit, whose go.mod and go.sum have
# its version and sums. build_seconds at most.
peer=build/peers/ratelimit/service
build_seconds=600
skipped() { printf 'SKIPPED: %s\n' "$*"; }
have_ratelimit() {
  [ ! -x "$peer" ] || [ "$peer" -ot bench/peers/ratelimit/go.mod ] || return 0
  command -v go >/dev/null || { skipped "envoyproxy/ratelimit: no go"; return 1; }
  mkdir -p "${peer%/*}"
  (cd bench/peers/ratelimit && timeout "$build_seconds" go build -o "../../../$peer" github.com/envoyproxy/ratelimit/src/service_cmd) \
    >"$folder/go.out" 2>&1 || { tail -5 "$folder/go.out"; skipped "envoyproxy/ratelimit: it cannot be had or built"; return 1; }
}
ratelimit_version() { awk '$1 == "github.com/envoyproxy/ratelimit" { print $2 }' bench/peers/ratelimit/go.mod; }

start_ratelimit() {  # NAME RULES VARIABLE=VALUE...; its Redis runs already
  local name=$1 rules=$2 grpc http debug
  shift 2
  grpc=$(free_port) http=$(free_port) debug=$(free_port)
  mkdir -p "$folder/$name/ratelimit"
  cp -r "$rules" "$folder/$name/ratelimit/config"
  env -i "PATH=$PATH" HOST=127.0.0.1 PORT="$http" GRPC_HOST=127.0.0.1 GRPC_PORT="$grpc" DEBUG_HOST=127.0.0.1 DEBUG_PORT="$debug" \
    USE_STATSD=false LOG_LEVEL=warn RUNTIME_ROOT="$folder/$name" RUNTIME_SUBDIRECTORY=ratelimit RUNTIME_WATCH_ROOT=false \
    REDIS_SOCKET_TYPE=tcp REDIS_URL="127.0.0.1:${redis_of[$name]}" "$@" \
    taskset -c $server_cpu setpriv --pdeathsig TERM "$peer" >"$folder/$name.out" 2>"$folder/$name.err" &
  pid_of[$name]=$! port_of[$name]=$grpc
  pids+=($!)
  wait_for_port "$grpc" $! "$name"
}
