//===- Register.h - Pieces of the register-level lowerings ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_REGISTER_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_REGISTER_H

#include "ternary/IR/Ternary.h"

#include "mlir/IR/PatternMatch.h"

namespace ternary {

/// Has the operating system asked for the registers of AMX when `module` is
/// loaded, if it uses them.
void requestTiles(mlir::Operation *module);

/// Digit `i` (0 is the least significant) of each byte, as bytes.
mlir::Value extractDigit(mlir::ImplicitLocOpBuilder &builder, mlir::Value bytes,
                         int64_t radix, int64_t i);

/// `bytes * radix + code`, of bytes, for the radices 3 and 4.
mlir::Value addDigit(mlir::ImplicitLocOpBuilder &builder, mlir::Value bytes,
                     int64_t radix, mlir::Value code);

/// The digits of each byte that a `decode` without `digit` gives.
int64_t digitsPerByte(DecodeOp op);
/// The result of a `decode` without `digit`, by parts of as many lanes as it
/// has bytes.
mlir::Value decodeByParts(
    mlir::ImplicitLocOpBuilder &builder, DecodeOp op,
    llvm::function_ref<mlir::Value(int64_t first, int64_t lanes)> decodePart);

/// The sum of each `count` neighbours in a vector of integers or floats: pairs
/// first. What is left behind the last whole set is dropped.
mlir::Value sumOfNeighbours(mlir::ImplicitLocOpBuilder &builder,
                            mlir::Value value, int64_t count);

/// `dot` and `dot_finish` by vpdpbusd, for vectors of 64 bytes; preferred to
/// the portable ones. With VBMI, digits of base 3 are looked up.
void populateDotAVX512VNNIPatterns(mlir::RewritePatternSet &patterns,
                                   bool hasVBMI);

/// `dot` on registers of 32 bytes, by vpdpbusd or by vpmaddubsw and vpmaddwd.
void populateDotAVX2Patterns(mlir::RewritePatternSet &patterns, bool hasVNNI);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_REGISTER_H
