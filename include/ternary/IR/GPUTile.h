//===- GPUTile.h - Execution packings that GPU kernels read -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_GPUTILE_H
#define TERNARY_IR_GPUTILE_H

#include "ternary/IR/Ternary.h"

namespace ternary {

/// Whether a target (may be null) is an NVIDIA GPU.
inline bool isForGPU(TargetAttr target) {
  return target && target.getIsa().starts_with("sm");
}

/// The tiles of `gpu_tile2` and its like; those of base 3 have more columns.
constexpr int64_t kGPUTileRows = 16;
constexpr int64_t kGPUTileColumns = 128;

/// How the digits of a tile are ordered.
struct GPUTile {
  /// Pairs of columns are in the two halves of a word, as operands of 16 bits
  /// are, or else four columns in its bytes.
  bool halves;
  /// Columns lie as a tile of tokens does in memory, or else so that a lane
  /// loads 16 bytes of a token at once.
  bool byColumns;
  /// Of a byte: four of two bits, or five of base 3.
  int64_t digits = 4;

  bool isBase3() const { return digits == 5; }
  int64_t columns() const { return kGPUTileColumns / 4 * digits; }
};

/// The order of a packing (may be null) of tiles.
std::optional<GPUTile> getGPUTile(PackingAttrInterface packing);

/// As many tokens are multiplied by the kernels of few tokens.
constexpr int64_t kGPUFewTokens = 16;

} // namespace ternary

#endif // TERNARY_IR_GPUTILE_H
