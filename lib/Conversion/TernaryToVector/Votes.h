//===- Votes.h - Votes on trits and exponents -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_VOTES_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_VOTES_H

#include "KernelBuilder.h"

namespace ternary {

/// sat8(accumulator - sign * amount) of bytes, in i16.
mlir::Value vote(KernelBuilder &b, mlir::Value accumulator, mlir::Value sign,
                 int64_t amount);

/// Bytes of `update_exponent`.
struct ExponentVote {
  mlir::Value votes;
  /// Null where the op has no exponent.
  mlir::Value exponent;
};
/// What the bytes become with scores of i64, or of i32 if the threshold is well
/// below 2^31.
ExponentVote voteOnExponent(KernelBuilder &b, UpdateExponentOp op,
                            mlir::Value scores, const ExponentVote &old);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_VOTES_H
