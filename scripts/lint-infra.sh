#!/usr/bin/env bash
#
# Checks the CloudFormation templates in infra/ with cfn-lint, warnings as errors.
#
#   usage: scripts/lint-infra.sh
#
# cfn-lint goes into a virtual environment in a temporary folder, and away with it. Where Python cannot make one, Debian's
# python3-venv is installed first (root and apt).
# Exit codes: 0 nothing found; 1 cfn-lint found something, or pip did not get it; 3 this machine has no Python for it.
set -euo pipefail

readonly CFN_LINT=cfn-lint==1.58.0
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lint-infra.XXXXXX")
trap 'rm -rf "$work"' EXIT

give_up() {
  cat >&2 <<MESSAGE
##############################################################################
#  THE TEMPLATES IN infra/ WERE NOT CHECKED.
#  Reason:  $1
#  Mend:    on Debian or Ubuntu, as root:
#           apt-get install --no-install-recommends python3 python3-venv
##############################################################################
MESSAGE
  exit 3
}

# Without python3-venv the module is there, but not what puts pip into the environment.
make_environment() {
  rm -rf "$work/venv"
  python3 -m venv "$work/venv" >"$work/venv.log" 2>&1
}

if ! make_environment; then
  command -v apt-get >/dev/null || give_up 'there is no python3 with venv, and no apt-get'
  [[ $(id -u) -eq 0 ]] || give_up 'there is no python3 with venv, and installing it needs root'
  export DEBIAN_FRONTEND=noninteractive
  {
    apt-get update -q && apt-get install -y -q --no-install-recommends python3 python3-venv
  } >&2 || give_up 'apt-get failed, see above'
  make_environment || {
    cat "$work/venv.log" >&2
    give_up 'python3 -m venv failed, see above'
  }
fi

"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$CFN_LINT" >&2 || exit 1

cd "$root"
# The exit codes of cfn-lint are bits, so that it may be anything; 3 is kept for "nothing was checked".
"$work/venv/bin/cfn-lint" --non-zero-exit-code warning -- infra/*.yaml || exit 1
echo "infra/: $("$work/venv/bin/cfn-lint" --version) has nothing to say about $(find infra -name '*.yaml' | wc -l) templates"
