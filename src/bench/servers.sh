# Larder and redis-server for a benchmark, which sources this with "set -euo pipefail" and from the root of the
# project: what starts Larder, which cores are whose, a directory, ports; at the end, all that was started ends.
# shellcheck shell=bash disable=SC2034 # used by who sources it

declare -A pid=() port=() # by the name of a server

cores=$(nproc)
on_server=() on_client=()
if ((cores > 1)) && command -v taskset >/dev/null; then
  on_server=(taskset -c $((cores - 1)))
  on_client=(taskset -c "0-$((cores - 2))")
fi

# default_larder HEAP: prints what starts Larder: the jar or, if there is none, the classes.
default_larder() {
  if [[ -f target/larder-server.jar ]]; then
    echo "java -Xmx$1 -jar target/larder-server.jar"
    return
  fi
  local cache_api
  cache_api=$(find "${HOME}/.m2/repository/javax/cache/cache-api" -name 'cache-api-*.jar' 2>/dev/null | sort | tail -1)
  [[ -d target/classes && -n $cache_api ]] || { echo "There is no server yet: mvn package -DskipTests" >&2; return 1; }
  echo "java -Xmx$1 -cp target/classes:$cache_api dev.larder.server.Main"
}

# work_in TEMPLATE…: makes the directory $work as mktemp does.
work_in() {
  work=$(mktemp -d "$@")
  trap 'kill "${pid[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
}

# Prints a port on which nothing listens.
free_port() {
  local candidate
  while :; do
    candidate=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { echo "$candidate"; return; }
  done
}
