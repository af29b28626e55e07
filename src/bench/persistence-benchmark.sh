#!/usr/bin/env bash
# Larder beside redis-server: how long a snapshot takes to write and to load, and what a log costs the writers.
set -euo pipefail

usage() {
  cat <<'END'
Usage: src/bench/persistence-benchmark.sh [option ...]

Starts Larder and redis-server and does the same to both, in turns. What is printed is the median of all
rounds; "ratio" is Larder's to redis-server's. Below the table are the ratios that have a goal.

  --entries n        how many there are to be saved and loaded    (1000000)
  --size n           bytes of a value, which are hardly to be compressed   (100)
  --rounds n         each row is measured so often                (3)
  --seconds s        how long about each measurement of SET takes (3)
  --pipelines a,b    requests sent at once                        (1,16)
  --clients n        connections                                  (50)
  --keys n           how many keys SET is done to                 (100000)
  --dir directory    where files are written                      (a new one in $TMPDIR or /tmp)
  --parts a,b        of files,log                                 (files,log)
  --larder command   what starts Larder                           (java -Xmx2g -jar target/larder-server.jar,
                                                                   or from target/classes if there is no jar)
  --quick            100000 entries, one round, one second

SAVE, BGSAVE and DEBUG RELOAD are measured from the command to its end, as a client sees it. "load" is the
time from the start of the program until it answers PING, less the same on an empty directory. For SET each
server has the last core for itself, and redis-benchmark the others; logs are not rewritten meanwhile.
END
}

entries=1000000 size=100 rounds=3 seconds=3 pipelines=1,16 clients=50 keys=100000 dir='' parts=files,log larder=''

while (($#)); do
  case $1 in
    --entries | --size | --rounds | --seconds | --pipelines | --clients | --keys | --dir | --parts | --larder)
      (($# > 1)) || { echo "Expected a value for $1" >&2; exit 2; }
      printf -v "${1#--}" %s "$2"
      shift 2
      ;;
    --quick)
      entries=100000 rounds=1 seconds=1
      shift
      ;;
    --help) usage; exit ;;
    *) echo "Unknown option '$1' (--help tells more)" >&2; exit 2 ;;
  esac
done

cd "$(dirname "$0")/../.."
. src/bench/servers.sh
for program in redis-server redis-benchmark redis-cli; do
  command -v $program >/dev/null || { echo "$program is not installed (apt-get install redis-server redis-tools)" >&2; exit 1; }
done

[[ -n $larder ]] || larder=$(default_larder 2g)
read -ra larder_command <<<"$larder"
redis_command=(redis-server --enable-debug-command yes)

work_in "${dir:-${TMPDIR:-/tmp}}/persistence-benchmark.XXXXXX"

micros() { echo "${EPOCHREALTIME/[.,]/}"; }

# ask NAME WORD…: the first line of the reply, without its end.
ask() {
  local name=$1 word reply call
  shift
  call="*$#\r\n"
  for word in "$@"; do
    call+="\$${#word}\r\n$word\r\n"
  done
  exec 3<>"/dev/tcp/127.0.0.1/${port[$name]}" || return 1
  # shellcheck disable=SC2059 # its words have no per cent
  printf "$call" >&3
  IFS= read -r reply <&3 || true
  exec 3<&- 3>&-
  echo "${reply%$'\r'}"
}

# start NAME DIRECTORY PREFIX… -- OPTION…: returns when all is loaded. NAME begins with the program's.
start() {
  local name=$1 directory=$2
  shift 2
  local prefix=()
  while [[ $1 != -- ]]; do
    prefix+=("$1")
    shift
  done
  shift
  local -n command=${name%%-*}_command
  mkdir -p "$directory"
  port[$name]=$(free_port)
  "${prefix[@]}" "${command[@]}" --port "${port[$name]}" --dir "$directory" --save '' "$@" >"$work/$name.out" 2>&1 &
  pid[$name]=$!
  until [[ $(ask "$name" PING 2>/dev/null) == +PONG ]]; do
    kill -0 "${pid[$name]}" 2>/dev/null || { echo "Cannot start $name: $(tail -5 "$work/$name.out")" >&2; return 1; }
    sleep 0.002
  done
}

stop() {
  ask "$1" SHUTDOWN NOSAVE >/dev/null 2>&1 || true
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}

# Median of the numbers on standard input.
median() {
  sort -n | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# note NAME ROW NUMBER: one sample.
note() { echo "$3" >>"$work/$1.$2.samples"; }

# The median of a row's samples; nothing if there are none.
result() { [[ ! -f $work/$1.$2.samples ]] || median <"$work/$1.$2.samples"; }

ratio() { awk -v a="${1:-0}" -v b="${2:-0}" 'BEGIN { if (a > 0 && b > 0) printf "%.2f", a / b; else printf "-" }'; }

row() {
  printf '%-34s %12s %12s %8s\n' "$@"
}

# A row of both servers' results, in this format.
both() {
  local shown=$1 key=$2 format=$3 l r
  l=$(result larder "$key") r=$(result redis "$key")
  # shellcheck disable=SC2059
  row "$shown" "$([[ -z $l ]] && echo - || printf "$format" "$l")" "$([[ -z $r ]] && echo - || printf "$format" "$r")" "$(ratio "$l" "$r")"
}

# timed NAME ROW WORD…: how long a command takes that must reply +OK.
timed() {
  local name=$1 key=$2 before reply
  shift 2
  before=$(micros)
  reply=$(ask "$name" "$@")
  [[ $reply == +OK ]] || { echo "$name replied '$reply' to $*" >&2; return 0; }
  note "$name" "$key" $(($(micros) - before))
}

# How long a snapshot in the background takes.
timed_bgsave() {
  local name=$1 before
  before=$(micros)
  [[ $(ask "$name" BGSAVE) == "+Background saving started" ]] || { echo "$name did not begin BGSAVE" >&2; return 1; }
  until redis-cli -p "${port[$name]}" INFO persistence | grep -q '^rdb_bgsave_in_progress:0'; do
    sleep 0.005
  done
  note "$name" bgsave $(($(micros) - before))
}

# The commands that write all entries. Digits and letters at random: as little to compress as in most texts.
entries_as_commands() {
  awk -v n="$entries" -v size="$size" 'BEGIN {
    srand(1)
    for (i = 0; i < 64; i++) letter[i] = substr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_", i + 1, 1)
    for (i = 0; i < 4096; i++) four[i] = letter[int(rand() * 64)] letter[int(rand() * 64)] letter[int(rand() * 64)] letter[int(rand() * 64)]
    for (i = 0; i < n; i++) {
      value = ""
      while (length(value) < size) value = value four[int(rand() * 4096)]
      key = sprintf("key:%012d", i)
      printf "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", length(key), key, size, substr(value, 1, size)
    }
  }'
}

measure_files() {
  local server directory round before name
  entries_as_commands >"$work/entries"
  for server in larder redis; do
    directory=$work/$server.files
    for ((round = 0; round < rounds; round++)); do
      before=$(micros)
      start "$server-empty" "$work/$server.empty" -- --appendonly no
      note "$server" empty $(($(micros) - before))
      stop "$server-empty"
    done
    start "$server" "$directory" -- --appendonly no
    redis-cli -p "${port[$server]}" --pipe <"$work/entries" >"$work/pipe.out" 2>&1 \
      || { echo "Cannot fill $server: $(tail -3 "$work/pipe.out")" >&2; return 1; }
    [[ $(ask "$server" DBSIZE) == ":$entries" ]] || { echo "$server has $(ask "$server" DBSIZE) entries" >&2; return 1; }
    timed "$server" unused SAVE # a JVM compiles what it will use
  done
  for ((round = 0; round < rounds; round++)); do
    for server in larder redis; do
      timed "$server" save SAVE
      timed_bgsave "$server"
      timed "$server" reload DEBUG RELOAD
    done
  done
  for server in larder redis; do
    note "$server" bytes "$(stat -c %s "$work/$server.files/dump.rdb")"
    stop "$server"
  done
  for ((round = 0; round < rounds; round++)); do
    for server in larder redis; do
      before=$(micros)
      start "$server" "$work/$server.files" -- --appendonly no
      note "$server" start $(($(micros) - before))
      [[ $(ask "$server" DBSIZE) == ":$entries" ]] || { echo "$server loaded $(ask "$server" DBSIZE) entries" >&2; return 1; }
      stop "$server"
    done
  done
  for server in larder redis; do
    note "$server" load $(($(result "$server" start) - $(result "$server" empty)))
  done
  rm "$work/entries"
}

# in_seconds KEY…: turns microseconds into seconds.
in_seconds() {
  local file
  for file in "$work"/*.samples; do
    awk '{ printf "%.3f\n", $1 / 1e6 }' "$file" >"$file.seconds"
    mv "$file.seconds" "$file"
  done
}

logs=(none everysec always)

# How many SETs a second; nothing else is on standard output.
sets() {
  local name=$1 pipeline=$2 requests=$3 line
  line=$("${on_client[@]}" redis-benchmark -p "${port[$name]}" -t set -P "$pipeline" -c "$clients" -d "$size" \
    -n "$requests" -r "$keys" --csv 2>"$work/benchmark.err" | tail -1)
  # "test","rps",…
  awk -F'","' 'NF < 8 { exit 1 } { printf "%d\n", $2 }' <<<"$line" \
    || { echo "redis-benchmark failed with $name: $(cat "$work/benchmark.err") $line" >&2; return 1; }
}

measure_log() {
  local server log pipeline round rate options
  for log in "${logs[@]}"; do
    options=(--appendonly no)
    [[ $log == none ]] || options=(--appendonly yes --appendfsync "$log" --auto-aof-rewrite-percentage 0)
    for server in larder redis; do
      start "$server-$log" "$work/$server.$log" "${on_server[@]}" -- "${options[@]}"
      sets "$server-$log" 16 1500000 >/dev/null # a JVM compiles what it will use
      sets "$server-$log" 1 150000 >/dev/null
    done
  done
  for pipeline in ${pipelines//,/ }; do
    for log in "${logs[@]}"; do
      for server in larder redis; do
        rate=$(sets "$server-$log" "$pipeline" 10000)
        requests[$server]=$(awk -v rate="$rate" -v s="$seconds" 'BEGIN { n = int(rate * s); print n < 5000 ? 5000 : n }')
      done
      for ((round = 0; round < rounds; round++)); do
        for server in larder redis; do
          note "$server" "$log.$pipeline" "$(sets "$server-$log" "$pipeline" "${requests[$server]}")"
        done
      done
    done
  done
  for log in "${logs[@]}"; do
    for server in larder redis; do
      stop "$server-$log"
    done
  done
}

# goal WHAT NUMBER RELATION LIMIT
goal() {
  local verdict
  verdict=$(awk -v a="$2" -v b="$4" -v r="$3" 'BEGIN { if (a == "-") print "not measured"; else print (r == "<=" ? a <= b : a >= b) ? "reached" : "missed" }')
  printf '%-58s %6s  %s %s  %s\n' "$1" "$2" "$3" "$4" "$verdict"
}

echo "$(uname -sm), $cores cores; $(java -version 2>&1 | head -1); $larder; $(redis-server --version)"
echo "$rounds rounds; files on $(df --output=fstype "$work" | tail -1)"
echo
row '' larder redis ratio
if [[ ,$parts, == *,files,* ]]; then
  echo "$entries entries of $size bytes"
  measure_files
  both 'dump.rdb, bytes' bytes %d
  rm "$work"/*.bytes.samples
  in_seconds
  both 'SAVE, s' save %.3f
  both 'BGSAVE, s' bgsave %.3f
  both 'DEBUG RELOAD, s' reload %.3f
  both 'start with nothing to load, s' empty %.3f
  both 'load, s' load %.3f
fi
declare -A requests
if [[ ,$parts, == *,log,* ]]; then
  echo "SET of $size bytes a second, $clients clients"
  measure_log
  for pipeline in ${pipelines//,/ }; do
    for log in "${logs[@]}"; do
      both "  -P $pipeline, log: $log" "$log.$pipeline" %d
    done
  done
fi
echo
if [[ ,$parts, == *,files,* ]]; then
  goal "Larder's SAVE to redis-server's BGSAVE" "$(ratio "$(result larder save)" "$(result redis bgsave)")" '<=' 1.5
  goal "Larder's load to redis-server's" "$(ratio "$(result larder load)" "$(result redis load)")" '<=' 1.0
fi
if [[ ,$parts, == *,log,* ]]; then
  for pipeline in ${pipelines//,/ }; do
    goal "Larder's SET with a log, everysec, to without, -P $pipeline" \
      "$(ratio "$(result larder "everysec.$pipeline")" "$(result larder "none.$pipeline")")" '>=' 0.75
    goal "Larder's SET with a log, always, to redis-server's, -P $pipeline" \
      "$(ratio "$(result larder "always.$pipeline")" "$(result redis "always.$pipeline")")" '>=' 1.0
  done
fi
