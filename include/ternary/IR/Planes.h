//===- Planes.h - Packings whose digits are planes --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_PLANES_H
#define TERNARY_IR_PLANES_H

#include "ternary/IR/Ternary.h"

namespace ternary {

/// A packing of bytes `[ceil(N/4), K]` whose four fields of two bits are as
/// many quarters of the rows (such as `hf`).
struct DigitPlanes {
  /// The bits of a byte below each quarter.
  llvm::SmallVector<int64_t, 4> shifts;
  /// The trit that each code reads as.
  llvm::SmallVector<int64_t, 4> trits;
  /// The codes of -1, 0 and +1.
  llvm::SmallVector<int64_t, 3> codes;
};

/// The planes that a packing describes, if it does.
std::optional<DigitPlanes> getDigitPlanes(PackingAttrInterface packing);

} // namespace ternary

#endif // TERNARY_IR_PLANES_H
