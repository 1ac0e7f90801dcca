#!/usr/bin/env bash
#
# Stops the server that ceph-rgw-up.sh started and removes its files.
#
#   usage: test/servers/ceph-rgw-down.sh [PORT] [BASE]      (the same arguments as for ceph-rgw-up.sh)
#
# Stops only processes whose pid files lie in BASE and whose command line names BASE; does nothing when there is none.
set -euo pipefail

readonly PORT=${1:-7480}
readonly BASE=${2:-${TMPDIR:-/tmp}/s3-rollback-ceph-rgw-$PORT}

say() { echo "ceph-rgw: $*" >&2; }

# Is this process ours? A pid file may be old and its number may belong to somebody else by now.
ours() { [[ -r /proc/$1/cmdline ]] && tr '\0' ' ' <"/proc/$1/cmdline" | grep --quiet --fixed-strings "$BASE/"; }

stop() {
  local pid=$1 try
  kill "$pid" 2>/dev/null || return 0
  for ((try = 0; try < 50; try++)); do
    ours "$pid" || return 0
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
}

if [[ ! -e $BASE ]]; then
  say "nothing to stop, there is no $BASE"
  exit 0
fi
if [[ ! -e $BASE/ceph.conf && -n $(ls -A "$BASE") ]]; then
  say "$BASE does not come from ceph-rgw-up.sh: left alone"
  exit 1
fi

# The gateway first, so that it does not wait for a cluster that is gone.
for name in client.rgw.a osd.0 mon.a; do
  pid_file=$BASE/run/$name.pid
  [[ -s $pid_file ]] || continue
  pid=$(<"$pid_file")
  if ours "$pid"; then
    stop "$pid"
    say "stopped $name ($pid)"
  fi
done
rm -rf "$BASE"
