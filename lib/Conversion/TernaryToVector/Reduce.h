//===- Reduce.h - Sums and maxima of rows -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_REDUCE_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_REDUCE_H

#include "KernelBuilder.h"

namespace ternary {

/// Gives the f32 elements `k ..` of a row, 0 in lanes from `count` on.
using LoadRow = llvm::function_ref<mlir::Value(mlir::Value k, int64_t lanes,
                                               mlir::Value count)>;

/// The sum of elements `begin .. end - 1`: 64 partial sums, then pairs of them.
mlir::Value sumRow(KernelBuilder &b, mlir::Value begin, mlir::Value end,
                   LoadRow load);

/// The largest magnitude of these elements, NaN if one is NaN, 0 of none.
mlir::Value largestMagnitude(KernelBuilder &b, mlir::Value begin,
                             mlir::Value end, LoadRow load);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_REDUCE_H
