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

/// The tiles of `gpu_tile2` and `gpu_tile2k`.
constexpr int64_t kGPUTileRows = 16;
constexpr int64_t kGPUTileColumns = 128;

/// As many tokens are multiplied by the kernels of few tokens.
constexpr int64_t kGPUFewTokens = 16;

} // namespace ternary

#endif // TERNARY_IR_GPUTILE_H
