//===- Scales.h - Runs of columns that share a scale ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_SCALES_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_SCALES_H

#include "KernelBuilder.h"

namespace ternary {

/// Calls `body` for the columns `column ..` of row `n`, `width` of them, that
/// share a scale, with their begin and end behind `column` and the scale (null
/// without scales). Scales are of rank 0, [N] or [N, G] with groups of
/// `groupSize` columns.
void forEachScale(
    KernelBuilder &b, mlir::Value scales, int64_t groupSize, mlir::Value n,
    mlir::Value column, mlir::Value width,
    llvm::function_ref<void(mlir::Value, mlir::Value, mlir::Value)> body);

/// Lanes for chunks of columns that share a scale.
int64_t scaledLanes(mlir::Value scales, int64_t groupSize);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_SCALES_H
