#!/usr/bin/env bash
# Larder beside redis-server, measured by redis-benchmark: requests a second, latency, and the server's CPU
# time for each request.
set -euo pipefail

usage() {
  cat <<'END'
Usage: src/bench/redis-benchmark.sh [option ...]

Starts Larder and, where it is installed, redis-server, and lets redis-benchmark ask both the same, in turns.
What is printed is the median of all rounds; "ratio" is Larder's CPU time to redis-server's (below 1: less).

  --tests a,b        of set,get,incr,mset                         (set,get,incr,mset)
  --pipelines a,b    requests sent at once                        (1,16,64)
  --clients a,b      connections                                  (50,500)
  --sizes a,b        bytes of a value                             (3,1024)
  --transports a,b   of tcp,unix                                  (tcp,unix)
  --rounds n         each row is measured so often                (3)
  --seconds s        how long about each measurement takes        (2)
  --keys n           how many keys there are                      (100000)
  --larder command   what starts Larder                           (java -Xmx1g -jar target/larder-server.jar,
                                                                   or from target/classes if there is no jar)
  --quick            one round of half a second, -c 50 and 3 bytes only

With two or more cores each server has the last one for itself, and redis-benchmark the others.
END
}

tests=set,get,incr,mset pipelines=1,16,64 clients=50,500 sizes=3,1024 transports=tcp,unix
rounds=3 seconds=2 keys=100000 larder=

while (($#)); do
  case $1 in
    --tests | --pipelines | --clients | --sizes | --transports | --rounds | --seconds | --keys | --larder)
      (($# > 1)) || { echo "Expected a value for $1" >&2; exit 2; }
      printf -v "${1#--}" %s "$2"
      shift 2
      ;;
    --quick)
      rounds=1 seconds=0.5 clients=50 sizes=3
      shift
      ;;
    --help) usage; exit ;;
    *) echo "Unknown option '$1' (--help tells more)" >&2; exit 2 ;;
  esac
done

cd "$(dirname "$0")/../.."
. src/bench/servers.sh
command -v redis-benchmark >/dev/null || { echo "redis-benchmark is not installed (apt-get install redis-tools)" >&2; exit 1; }

[[ -n $larder ]] || larder=$(default_larder 1g)
work_in

# start NAME COMMAND…: on a port of its own, with a Unix socket if it can.
start() {
  local name=$1
  shift
  port[$name]=$(free_port)
  "${on_server[@]}" "$@" --port "${port[$name]}" >"$work/$name.out" 2>"$work/$name.err" &
  pid[$name]=$!
  local i
  for ((i = 0; i < 300; i++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/${port[$name]}") 2>/dev/null && return
    kill -0 "${pid[$name]}" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# shellcheck disable=SC2086 # the words of a command
if [[ ",$transports," == *,unix,* ]] && ! start larder $larder --unixsocket "$work/larder.sock"; then
  echo "Larder has no --unixsocket, so those rows are left out: $(head -1 "$work/larder.err")"
  transports=$(sed 's/,*unix,*//' <<<"$transports")
fi
# shellcheck disable=SC2086
if [[ -z ${pid[larder]:-} ]] || ! kill -0 "${pid[larder]}" 2>/dev/null; then
  start larder $larder || { echo "Cannot start Larder: $(head -3 "$work/larder.err")" >&2; exit 1; }
fi

servers=(larder)
if command -v redis-server >/dev/null; then
  start redis redis-server --save '' --appendonly no --unixsocket "$work/redis.sock" \
    || { echo "Cannot start redis-server: $(head -3 "$work/redis.out")" >&2; exit 1; }
  servers+=(redis)
else
  echo "redis-server is not installed: Larder alone"
fi

ticks_per_second=$(getconf CLK_TCK)

# CPU time of a process so far, in microseconds. Fields are counted behind the name, which may hold blanks.
cpu_micros() {
  local stat
  stat=$(<"/proc/${pid[$1]}/stat")
  read -ra stat <<<"${stat##*) }"
  echo $(((stat[11] + stat[12]) * 1000000 / ticks_per_second))
}

# measure SERVER REQUESTS TRANSPORT TEST PIPELINE CLIENTS SIZE: prints "requests/s p50 p99 CPU-µs".
measure() {
  local server=$1 requests=$2 transport=$3 test=$4 pipeline=$5 connections=$6 size=$7 where before after row
  where=(-p "${port[$server]}")
  [[ $transport == tcp ]] || where=(-s "$work/$server.sock")
  before=$(cpu_micros "$server")
  row=$("${on_client[@]}" redis-benchmark "${where[@]}" -t "$test" -P "$pipeline" -c "$connections" -d "$size" \
    -n "$requests" -r "$keys" --csv 2>"$work/benchmark.err" | tail -1)
  after=$(cpu_micros "$server")
  # "test","rps","avg","min","p50","p95","p99","max"
  awk -F'","' -v cpu=$((after - before)) -v n="$requests" \
    'NF < 8 { exit 1 } { printf "%d %s %s %.2f\n", $2, $5, $7, cpu / n }' <<<"$row" \
    || { echo "redis-benchmark failed with $server: $(cat "$work/benchmark.err") $row" >&2; return 1; }
}

# Medians of the columns of some lines.
medians() {
  awk '{ for (i = 1; i <= NF; i++) v[i, NR] = $i }
    END {
      for (i = 1; i <= NF; i++) {
        for (j = 1; j <= NR; j++) s[j] = v[i, j] + 0
        for (j = 2; j <= NR; j++) for (k = j; k > 1 && s[k - 1] > s[k]; k--) { t = s[k]; s[k] = s[k - 1]; s[k - 1] = t }
        printf "%.3f ", NR % 2 ? s[(NR + 1) / 2] : (s[NR / 2] + s[NR / 2 + 1]) / 2
      }
    }'
}

# How many requests take about the time asked for, by a short try.
requests_for() {
  local tried rate
  tried=$(measure "$1" 20000 "${@:2}") || return 1
  rate=${tried%% *}
  awk -v rate="$rate" -v s="$seconds" 'BEGIN { n = int(rate * s); print n < 10000 ? 10000 : n }'
}

# Lets a JVM compile what the rows will use.
warm_up() {
  local server
  for server in "${servers[@]}"; do
    "${on_client[@]}" redis-benchmark -p "${port[$server]}" -t "$tests" -n 300000 -P 16 -r "$keys" -q >/dev/null 2>&1 \
      || { echo "redis-benchmark failed with $server: $(cat "$work/$server.err")" >&2; return 1; }
  done
}

each() { tr ',' ' ' <<<"$1"; }

echo "$(uname -sm), $cores cores; $(java -version 2>&1 | head -1); $larder; $(redis-server --version 2>/dev/null || true)"
echo "$rounds rounds of about $seconds s, $keys keys; p50 and p99 in ms, CPU of the server in µs per request"
echo
format='%-4s %-4s %3s %4s %5s |%10s %8s %8s %7s'
header=(on test P c bytes larder/s p50 p99 CPU)
if ((${#servers[@]} > 1)); then
  format+=' |%10s %8s %8s %7s |%6s'
  header+=(redis/s p50 p99 CPU ratio)
fi
# shellcheck disable=SC2059 # one format for all rows
printf "$format\n" "${header[@]}"

warm_up
for transport in $(each "$transports"); do
  for size in $(each "$sizes"); do
    for connections in $(each "$clients"); do
      for pipeline in $(each "$pipelines"); do
        for test in $(each "$tests"); do
          row=("$transport" "$test" "$pipeline" "$connections" "$size")
          rm -f "$work"/*.samples
          # Each server gets as many requests as it does in the time; the try also warms it up.
          declare -A requests
          for server in "${servers[@]}"; do
            requests[$server]=$(requests_for "$server" "${row[@]:0:5}")
          done
          for ((round = 0; round < rounds; round++)); do
            for server in "${servers[@]}"; do
              measure "$server" "${requests[$server]}" "${row[@]}" >>"$work/$server.samples"
            done
          done
          for server in "${servers[@]}"; do
            read -ra columns < <(medians <"$work/$server.samples"; echo)
            printf -v columns[0] %.0f "${columns[0]}"
            printf -v columns[3] %.2f "${columns[3]}"
            row+=("${columns[@]}")
          done
          if ((${#servers[@]} > 1)); then
            row+=("$(awk -v a="${row[8]}" -v b="${row[12]}" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }')")
          fi
          # shellcheck disable=SC2059
          printf "$format\n" "${row[@]}"
        done
      done
    done
  done
done
