# The systems of bench/documents and bench/documents_paper. Sourced by them, behind common.sh and their settings.
# start_system SYSTEM NUMBER sets server (its PID), port, address and address_json.

peers=bench/peers/documents
kept=
scripts/npm-ci $peers >"$folder/npm.out" 2>&1 || {
  say "SKIP: all but ours: their packages cannot be had: $(tail -1 "$folder/npm.out")"
  for system in $systems; do [[ $system != ashlar-* ]] || kept+=" $system"; done
  systems=$kept
}

peer() {  # PROGRAM ARGUMENT...: sets server and port
  local program=$1
  shift
  port=$(free_port)
  : >"$folder/peer.out"
  (cd "$peers" && exec taskset -c $server_cpu setpriv --pdeathsig TERM node "$program" "$port" "$@") >"$folder/peer.out" 2>&1 &
  server=$!
  pids+=("$server")
  for _ in $(seq 100); do
    if grep -q ready "$folder/peer.out"; then return; fi
    sleep 0.1
  done
  cat "$folder/peer.out" >&2
  die "$program does not start"
}

address=()  # of documents_load
address_json=  # of paper.mjs
start_system() {  # SYSTEM NUMBER: on the folder of that number
  local data=$folder/data-$2
  address_json='"wire":"hocuspocus"'
  case $1 in
    ashlar-*)
      mkdir -p "$data"
      start_ashlar $server_cpu "$data" --set documents.threads=1
      server=$ashlar_pid
      key=$("$bin" key create --data "$data" --tenant demo --scope documents:read --scope documents:write)
      address=(--wire y-websocket --path /v1/documents/ws/ --query "?token=$key")
      address_json='"wire":"y-websocket","path":"/v1/documents/ws/","query":"?token='$key'"'
      if [ "$1" = ashlar-h ]; then
        address=(--wire hocuspocus --path /v1/documents/hocuspocus --token "$key")
        address_json='"wire":"hocuspocus","path":"/v1/documents/hocuspocus","token":"'$key'"'
      fi
      ;;
    hocuspocus) peer hocuspocus.mjs; address=(--wire hocuspocus) ;;
    hocuspocus-shipped) peer hocuspocus.mjs "$data.sqlite"; address=(--wire hocuspocus) ;;
    hocuspocus-each) peer hocuspocus.mjs "$data.sqlite" 0; address=(--wire hocuspocus) ;;
    y-websocket) peer y_websocket.mjs; address=(--wire y-websocket); address_json='"wire":"y-websocket"' ;;
    *) die "no such system: $1" ;;
  esac
}
