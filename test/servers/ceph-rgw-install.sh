#!/usr/bin/env bash
#
# Makes sure that the programs which ceph-rgw-up.sh starts are on this machine (Debian bookworm, Ubuntu).
#
#   usage: test/servers/ceph-rgw-install.sh        (as root, or: sudo test/servers/ceph-rgw-install.sh)
#
# Installs nothing when everything is there already.
# Exit codes: 0 everything is there; 3 the programs are missing and cannot be installed here.
set -euo pipefail

readonly PROGRAMS=(radosgw radosgw-admin ceph ceph-mon ceph-osd monmaptool curl)
readonly PACKAGES=(radosgw ceph-mon ceph-osd ceph-common ceph-base curl)

missing() {
  local program
  for program in "${PROGRAMS[@]}"; do
    command -v "$program" >/dev/null || printf '%s ' "$program"
  done
}

give_up() {
  cat >&2 <<MESSAGE
##############################################################################
#  THE CEPH RGW PART CANNOT RUN HERE.
#  Missing: $(missing)
#  Reason:  $1
#  Mend:    on Debian or Ubuntu, as root:
#           apt-get install --no-install-recommends ${PACKAGES[*]}
#  Nothing has been tested against an independent S3 server.
##############################################################################
MESSAGE
  exit 3
}

if [[ -z $(missing) ]]; then
  echo "ceph-rgw: $(radosgw --version), nothing to install" >&2
  exit 0
fi

command -v apt-get >/dev/null || give_up 'there is no apt-get on this machine'
[[ $(id -u) -eq 0 ]] || give_up 'installing needs root'

export DEBIAN_FRONTEND=noninteractive
{
  apt-get update -q && apt-get install -y -q --no-install-recommends "${PACKAGES[@]}"
} >&2 || give_up 'apt-get failed, see above'

[[ -z $(missing) ]] || give_up 'apt-get succeeded, but not everything is there'
echo "ceph-rgw: installed $(radosgw --version)" >&2
