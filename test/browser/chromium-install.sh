#!/usr/bin/env bash
#
# Makes sure that there is a Chromium for the tests of the page, and prints its path.
#
#   usage: CHROMIUM=$(test/browser/chromium-install.sh)
#
# One that is there is taken. Else Debian's package is installed (root and apt), if it can be had in a few minutes: a test of
# CI is not worth more. Ubuntu's package is a stub for a snap, which does not run in a container.
# Exit codes: 0 it is there; 3 it is not, and cannot be installed here.
set -euo pipefail

readonly NAMES=(chromium chromium-browser google-chrome-stable google-chrome)
readonly PACKAGES=(chromium fonts-dejavu-core)

# One that starts: a stub does not.
found() {
  local name
  for name in ${CHROMIUM:+"$CHROMIUM"} "${NAMES[@]}"; do
    if command -v "$name" >/dev/null && timeout 30 "$name" --version >&2; then
      command -v "$name"
      return
    fi
  done
  return 1
}

give_up() {
  cat >&2 <<MESSAGE
##############################################################################
#  THE TESTS OF THE PAGE IN A REAL BROWSER CANNOT RUN HERE.
#  Reason:  $1
#  Mend:    install Chromium, and name it in CHROMIUM where it is not in its
#           usual place; on Debian, as root:
#           apt-get install --no-install-recommends ${PACKAGES[*]}
##############################################################################
MESSAGE
  exit 3
}

found && exit

command -v apt-get >/dev/null || give_up 'there is no Chromium, and no apt-get'
grep -qs '^ID=debian$' /etc/os-release || give_up 'there is no Chromium, and this is not Debian'
[[ $(id -u) -eq 0 ]] || give_up 'there is no Chromium, and installing it needs root'

export DEBIAN_FRONTEND=noninteractive
readonly INSTALL=(apt-get install -y -qq --no-install-recommends)
{
  timeout 60 apt-get update -qq &&
    # Only this part is cut off: what is cut off while it unpacks, nothing can be installed after.
    timeout 150 "${INSTALL[@]}" --download-only "${PACKAGES[@]}" &&
    "${INSTALL[@]}" "${PACKAGES[@]}"
} >&2 || give_up 'apt-get failed, or took too long'
found || give_up 'apt-get succeeded, and it does not start'
