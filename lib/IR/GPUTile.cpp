//===- GPUTile.cpp - Execution packings that GPU kernels read -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/GPUTile.h"

using namespace mlir;
using namespace ternary;

std::optional<GPUTile> ternary::getGPUTile(PackingAttrInterface packing) {
  static constexpr std::pair<llvm::StringLiteral, GPUTile> kTiles[] = {
      {"gpu_tile2", {/*halves=*/false, /*byColumns=*/false}},
      {"gpu_tile2k", {/*halves=*/false, /*byColumns=*/true}},
      {"gpu_tile2h", {/*halves=*/true, /*byColumns=*/false}},
      {"gpu_tile2hk", {/*halves=*/true, /*byColumns=*/true}},
      {"gpu_tile3", {/*halves=*/false, /*byColumns=*/false, /*digits=*/5}},
  };
  if (!packing)
    return std::nullopt;
  for (const auto &[name, tile] : kTiles)
    if (packing == PackingAttr::getPreset(packing.getContext(), name))
      return tile;
  return std::nullopt;
}
