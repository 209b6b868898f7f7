//===- PackingPicture.h - What each byte of a packing holds -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_PACKINGPICTURE_H
#define TERNARY_IR_PACKINGPICTURE_H

#include "ternary/IR/Ternary.h"

namespace ternary {

/// Matrices with more trits are no picture.
constexpr int64_t kMaxPictureTrits = 1 << 14;

/// Prints a line per byte of a `[rows, columns]` matrix: its index, and the
/// elements `W[n,k]` whose trits it holds, the one of the most significant
/// digit first; `-` is a digit outside the matrix, `scale` a byte of a scale
/// and `0` one that nothing changes. Works for any implementation of the
/// interface: the matrix is packed with one trit set at a time. Fails, with an
/// error at `loc`, at a shape that the packing does not define or that is too
/// large.
mlir::LogicalResult printPackingPicture(llvm::raw_ostream &os,
                                        mlir::Location loc,
                                        PackingAttrInterface packing,
                                        int64_t rows, int64_t columns);

} // namespace ternary

#endif // TERNARY_IR_PACKINGPICTURE_H
