#!/usr/bin/env bash
# Makes the reference pages from the .td files and the docstrings of the Python
# package, beside copies of the pages and pictures of docs.
#
#   scripts/docs.sh [build/docs]
#
# The package's extension module has to be built: its stub is a source, too.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-build/docs}
tblgen=/usr/lib/llvm-22/bin/mlir-tblgen
ir=include/ternary/IR

# page GENERATOR-ARGUMENTS… SOURCE NAME: one page; an empty one is an error.
page() {
  local name=${*: -1}
  local arguments=("${@:1:$#-1}")
  "$tblgen" -I /usr/lib/llvm-22/include -I include "${arguments[@]}" \
    -o "$work/$name"
  if [ ! -s "$work/$name" ]; then
    echo "docs: $name is empty" >&2
    exit 1
  fi
  echo "docs: $out/$name"
}

# The pages are made aside and moved into place together, when all are there.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

page -gen-dialect-doc -dialect=ternary $ir/TernaryOps.td dialect.md
page -gen-attr-interface-docs $ir/TernaryInterfaces.td interfaces.md
page -gen-op-doc include/ternary/TransformOps/TernaryTransformOps.td transform-ops.md
for passes in include/ternary/*/Passes.td; do
  if [ -e "$passes" ]; then
    room=$(basename "$(dirname "$passes")")
    page -gen-pass-doc "$passes" "${room,,}-passes.md"
  fi
done
python3 scripts/python_reference.py "$work"
for name in "$work"/python-*.md; do
  echo "docs: $out/$(basename "$name")"
done
cp docs/*.md docs/*.svg "$work"

mkdir -p "$out"
cp "$work"/* "$out"
