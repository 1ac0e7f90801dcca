#!/usr/bin/env bash
#
# Starts a throw-away Ceph object gateway (RGW): a real, independent S3 server to test against.
# One monitor, one in-memory OSD and one gateway, on 127.0.0.1 only; nothing outlives ceph-rgw-down.sh.
#
#   usage: test/servers/ceph-rgw-up.sh [PORT] [BASE]
#          eval "$(test/servers/ceph-rgw-up.sh)"      start it and take over endpoint and credentials
#          SHARDS=11 test/servers/ceph-rgw-up.sh      many index shards: listings come in short pages
#
#   PORT  of the gateway, default 7480. The monitor takes PORT+1, the OSD any free ports.
#   BASE  folder for everything, default ${TMPDIR:-/tmp}/s3-rollback-ceph-rgw-PORT
#
# Prints shell exports on stdout (the same as in BASE/env) and its progress on stderr.
# Run twice, it finds the server running and just prints the exports again.
# Installs nothing: see ceph-rgw-install.sh. Needs about 15 seconds and 150 MB of memory.
set -Eeuo pipefail

readonly PORT=${1:-7480}
readonly BASE=${2:-${TMPDIR:-/tmp}/s3-rollback-ceph-rgw-$PORT}
readonly SHARDS=${SHARDS:-1}
readonly CONF=$BASE/ceph.conf
readonly ENDPOINT=http://127.0.0.1:$PORT
readonly ACCESS_KEY=AKIACONFORMANCE
readonly SECRET_KEY=a-secret-for-a-throw-away-server
readonly HERE=${BASH_SOURCE[0]%/*}

say() { echo "ceph-rgw: $*" >&2; }
answers() { curl --silent --fail --max-time 5 --output /dev/null "$ENDPOINT/"; }

# Tries a command once a second, at most $1 times.
eventually() {
  local tries=$1 try
  shift
  for ((try = 0; try < tries; try++)); do
    if "$@"; then return 0; fi
    sleep 1
  done
  say "gave up after $tries tries: $*"
  return 1
}

write_configuration() {
  cat >"$CONF" <<CONFIGURATION
[global]
fsid = $FSID
mon host = [v1:127.0.0.1:$((PORT + 1))]
mon initial members = a
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind ipv6 = false
ms bind msgr2 = false

# Nobody else can reach this cluster: no keys between its daemons. (S3 requests are authenticated.)
auth cluster required = none
auth service required = none
auth client required = none

# One OSD is the whole cluster.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 2

run dir = $BASE/run
log file = $BASE/log/\$name.log
admin socket = $BASE/run/\$name.asok
pid file = $BASE/run/\$name.pid
crash dir = $BASE/crash

# Logging costs half of the speed.
debug ms = 0
debug mon = 0
debug monc = 0
debug paxos = 0
debug osd = 0
debug objecter = 0
debug objclass = 0
debug rocksdb = 0
debug rgw = 0
debug auth = 0

[mon]
mon data = $BASE/mon

[osd]
osd data = $BASE/osd
osd objectstore = memstore
# Without this every tiny object takes a page of 64 KiB.
memstore page set = false
memstore device bytes = 4294967296
osd class load list = *
osd class default list = *

[client.rgw.a]
rgw data = $BASE/rgw
rgw frontends = beast endpoint=127.0.0.1:$PORT
rgw dns name = localhost
rgw enable usage log = false
rgw enable ops log = false
rgw gc processor period = 3600
rgw override bucket index max shards = $SHARDS
CONFIGURATION
}

write_exports() {
  cat >"$BASE/env" <<EXPORTS
export S3_ENDPOINT=$ENDPOINT
export AWS_ACCESS_KEY_ID=$ACCESS_KEY
export AWS_SECRET_ACCESS_KEY=$SECRET_KEY
export AWS_REGION=us-east-1
EXPORTS
}

start_monitor() {
  monmaptool --create --fsid "$FSID" --addv a "[v1:127.0.0.1:$((PORT + 1))]" "$BASE/monmap" >/dev/null
  ceph-mon -c "$CONF" -i a --mkfs --monmap "$BASE/monmap"
  ceph-mon -c "$CONF" -i a
  ceph -c "$CONF" --connect-timeout 20 -s >/dev/null
}

osd_is_up() { ceph -c "$CONF" osd stat 2>/dev/null | grep --quiet '1 up'; }

start_osd() {
  local uuid id
  uuid=$(</proc/sys/kernel/random/uuid)
  id=$(ceph -c "$CONF" osd create "$uuid" 2>/dev/null)
  ceph-osd -c "$CONF" -i "$id" --mkfs --osd-uuid "$uuid" 2>/dev/null
  # About one first start in four dies with "wrong fsid", a race with the monitor; the next one works.
  eventually 5 ceph-osd -c "$CONF" -i "$id" 2>"$BASE/log/osd-start.log"
  eventually 30 osd_is_up
}

admin() { timeout 120 radosgw-admin -c "$CONF" -n client.rgw.a "$@" >/dev/null; }

start_gateway() {
  admin user create --uid=conformance --display-name=conformance --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY"
  # A second storage class, so that it can be seen what a copy does with it.
  admin zonegroup placement add --rgw-zonegroup default --placement-id default-placement --storage-class STANDARD_IA
  admin zone placement add --rgw-zone default --placement-id default-placement --storage-class STANDARD_IA \
    --data-pool default.rgw.buckets.data
  radosgw -c "$CONF" -n client.rgw.a
  eventually 60 answers
}

for program in radosgw radosgw-admin ceph ceph-mon ceph-osd monmaptool curl; do
  if ! command -v "$program" >/dev/null; then
    say "$program is missing: run test/servers/ceph-rgw-install.sh first"
    exit 3
  fi
done

if [[ -s $BASE/env ]] && answers; then
  if ! grep --quiet "^rgw override bucket index max shards = $SHARDS\$" "$CONF"; then
    say "a server with other SHARDS runs at $ENDPOINT: stop it with ceph-rgw-down.sh $PORT $BASE"
    exit 1
  fi
  say "already running at $ENDPOINT"
  cat "$BASE/env"
  exit 0
fi

# What is left of an earlier run that died. The other script refuses a folder that is not one of ours.
if [[ -e $BASE ]]; then "$HERE/ceph-rgw-down.sh" "$PORT" "$BASE"; fi
if curl --silent --max-time 5 --output /dev/null "$ENDPOINT/"; then
  say "something else listens at $ENDPOINT: give another port"
  exit 1
fi
trap 'say "it did not start; logs are in $BASE/log"' ERR

mkdir -p "$BASE"/{mon,osd,rgw,run,log}
FSID=$(</proc/sys/kernel/random/uuid)
readonly FSID
write_configuration
say 'starting the monitor'
start_monitor
say 'starting the OSD'
start_osd
say 'starting the gateway'
start_gateway
# Written last: it says that the server is complete.
write_exports
say "running at $ENDPOINT, files in $BASE"
cat "$BASE/env"
