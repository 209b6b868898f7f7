#!/usr/bin/env bash
# Installs what brings the peers of the benchmark, beside what scripts/bootstrap.sh
# installs. A peer that cannot be had is no failure: run.py reports it as skipped.
set -uo pipefail
cd "$(dirname "$0")/.."

say() { echo "bench: $*" >&2; }

# Debian's oneDNN.
install_debian_packages() {
  if dpkg-query -W -f='${db:Status-Status}' libdnnl-dev 2>/dev/null |
    grep -qx installed; then
    return
  fi
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    as_root=(sudo -n)
  fi
  say "installing libdnnl-dev"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install -y \
    --no-install-recommends libdnnl-dev >/dev/null ||
    say "libdnnl-dev could not be installed; onednn_s8 will be skipped"
}

# Each package by itself, so that one that is missing does not keep the others out.
install_python_packages() {
  local stamp=.venv/requirements-bench.txt package
  if cmp -s benchmarks/requirements-bench.txt "$stamp"; then
    return
  fi
  while read -r package; do
    say "installing $package"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
      "$package" || say "$package could not be installed; its peer will be skipped"
  done < <(grep -v '^#' benchmarks/requirements-bench.txt)
  cp benchmarks/requirements-bench.txt "$stamp"
}

install_debian_packages
install_python_packages
exit 0
