#!/usr/bin/env bash
# Installs what the build and the tests need on Debian 12, and nothing else.
#
#   scripts/bootstrap.sh [format|fuzz|mpi]
#
# Idempotent; when all is present it answers in well under a second. Runs as
# root or through sudo; without either it prints the command to run and exits 1.
# With `format`, the formatter is installed too; with `fuzz`, libFuzzer;
# with `mpi`, what runs a network on several processes.
set -euo pipefail
cd "$(dirname "$0")/.."

# What CMake needs to find MLIR, what the tests run, what Python needs. (LLVM's
# CMake files also look for zlib, zstd, libedit and curl; the shared libraries do
# without their headers, so they are left out.)
packages=(
  cmake ninja-build g++ clang-22 ccache
  llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools libomp-22-dev
  nlohmann-json3-dev libgtest-dev libbenchmark-dev
  python3 python3-dev python3-venv
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
)
if [ "${1:-}" = format ]; then
  packages+=(clang-format-22)
elif [ "${1:-}" = fuzz ]; then
  packages+=(libclang-rt-22-dev)
elif [ "${1:-}" = mpi ]; then
  # OpenMPI will not do: docs/sharding.md says why.
  packages+=(mpich libmpich-dev)
fi

# Prints the packages of the list that are not installed.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' \
    "${packages[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u) || true
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) <(echo "$installed")
}

# Runs its arguments as root, or explains what to run and gives up.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    manual_command
    exit 1
  fi
}

# The command that a person with root rights has to run once.
manual_command() {
  cat >&2 <<MESSAGE
bootstrap: packages are missing and neither root nor sudo is at hand; run

  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}
MESSAGE
}

install_packages() {
  mapfile -t missing < <(missing_packages)
  if [ "${#missing[@]}" = 0 ]; then
    return
  fi
  if ! command -v apt-get >/dev/null; then
    echo "bootstrap: apt-get not found; install by hand: ${missing[*]}" >&2
    exit 1
  fi
  echo "bootstrap: installing ${missing[*]}"
  # Another apt may be running on a fresh machine: wait for it, do not fail.
  local apt=(apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  as_root "${apt[@]}" update
  as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" || {
    echo "bootstrap: apt-get failed; Debian 12 with its security updates as" \
      "a source is needed, LLVM 22 comes from there" >&2
    exit 1
  }
}

# The copy of requirements.txt inside .venv tells what was installed there; it
# is written last, so an interrupted run is repeated. The interpreter is tried
# because a .venv stops working when the Python it was made from goes.
install_python_packages() {
  if cmp -s requirements.txt .venv/requirements.txt &&
    .venv/bin/python -c '' 2>/dev/null; then
    return
  fi
  echo "bootstrap: setting up .venv"
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    -r requirements.txt
  cp requirements.txt .venv/requirements.txt
}

install_packages
install_python_packages
