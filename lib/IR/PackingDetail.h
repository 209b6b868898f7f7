//===- PackingDetail.h - Factors of a radix permutation ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_IR_PACKINGDETAIL_H
#define TERNARY_LIB_IR_PACKINGDETAIL_H

#include "ternary/IR/Constants.h"
#include "ternary/IR/Ternary.h"

namespace ternary::support {

/// A factor is numbered by its place in the split of n (or of f); factors of k
/// are numbered from kColumnBase. The axes of the byte shape are one list of
/// factors in which kAxisEnd closes each axis.
constexpr int64_t kColumnBase = 64;
constexpr int64_t kAxisEnd = -1;
/// The factor written `*`.
constexpr int64_t kStar = mlir::ShapedType::kDynamic;

/// The axes as a list of lists.
llvm::SmallVector<llvm::SmallVector<int64_t>> splitAxes(PackingAttr packing);

/// Product of the factors but `*`.
int64_t fixedProduct(llvm::ArrayRef<int64_t> factors);

/// The factors with `*` resolved at `extent` (rounded up), kDynamic if the
/// extent is.
llvm::SmallVector<int64_t> resolveFactors(llvm::ArrayRef<int64_t> factors,
                                          int64_t extent);

/// The number of digits in a byte.
int64_t getNumDigits(PackingAttr packing);

/// radix^exponent for each digit, in the order of the digit factor.
llvm::SmallVector<int64_t> getDigitWeights(PackingAttr packing);

/// The code of a trit.
inline int64_t getCode(PackingAttr packing, int64_t trit) {
  return packing.getCodes()[trit + 1];
}

/// The byte whose digits are all the code of the padding trit.
int64_t getPaddingByte(PackingAttr packing);

/// Cuts 0 .. count-1, each of `trits` trits, into ranges for tasks of threads.
void forEachTask(mlir::MLIRContext *context, int64_t count, int64_t trits,
                 llvm::function_ref<void(int64_t, int64_t)> body);

} // namespace ternary::support

#endif // TERNARY_LIB_IR_PACKINGDETAIL_H
