//===- TritRun.h - Four neighbouring trits of a weight -----------*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_TRITRUN_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_TRITRUN_H

#include "GPUKernelBuilder.h"

namespace ternary {

/// Trits that `loadTrits` loads.
constexpr int64_t kTritRun = 4;

/// The trits, as i8, of a weight in row `n` and four columns from `k` on, a
/// multiple of four. The row exists; for columns that do not, there are any.
/// `shape` is the logical one.
KernelBuilder::Values loadTrits(GPUKernelBuilder &b, mlir::Value weight,
                                PackingAttrInterface packing,
                                mlir::ValueRange shape, mlir::Value n,
                                mlir::Value k);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_TRITRUN_H
