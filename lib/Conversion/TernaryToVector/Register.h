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

/// An integer in every lane.
mlir::Value splat(mlir::ImplicitLocOpBuilder &builder, mlir::VectorType type,
                  int64_t value);

/// A call of an LLVM intrinsic with one result.
mlir::Value callIntrinsic(mlir::ImplicitLocOpBuilder &builder,
                          llvm::StringRef name, mlir::Type type,
                          mlir::ValueRange operands);

/// Adds the products of digits and activations to i32 lanes.
using AddProducts = llvm::function_ref<mlir::Value(
    mlir::Value digits, mlir::Value activations, mlir::Value accumulator)>;
/// The same for vectors of several registers of `bytes` bytes.
mlir::Value addByRegisters(mlir::ImplicitLocOpBuilder &builder, int64_t bytes,
                           mlir::Value digits, mlir::Value activations,
                           mlir::Value accumulator, AddProducts addProducts);

/// The results of a `dot` whose digit i is multiplied as `parts[i]`.
llvm::SmallVector<mlir::Value>
addParts(DotOp op, llvm::ArrayRef<mlir::Value> parts, AddProducts addProducts);

/// bytes / 3^i, for i of 1 to 4 and bytes below 243.
using DivideByPower = llvm::function_ref<mlir::Value(
    mlir::ImplicitLocOpBuilder &builder, mlir::Value bytes, int64_t i)>;
/// bytes / 3^i is bytes * factor / 2^shift, the product being below 2^16:
/// 3^i * factor exceeds 2^shift by so little.
struct Reciprocal {
  int64_t factor, shift;
};
inline Reciprocal getReciprocal(int64_t i) {
  constexpr Reciprocal reciprocals[] = {{171, 9}, {57, 9}, {19, 9}, {203, 14}};
  return reciprocals[i - 1];
}
/// Divides the even and the odd bytes of words.
mlir::Value divideInWords(mlir::ImplicitLocOpBuilder &builder,
                          mlir::Value bytes, int64_t i);

/// The results of a `dot` of several digits of base 3, which are quotients less
/// three times the next. They have no weight: products of digits that are added
/// in the end go to the first accumulator, which leaves registers for the
/// quotients.
llvm::SmallVector<mlir::Value> addDigits3(mlir::ImplicitLocOpBuilder &builder,
                                          DotOp op, DivideByPower divide,
                                          AddProducts addProducts);

/// `decode` of one digit of base 3, as the difference of two quotients.
void populateDecode3Pattern(mlir::RewritePatternSet &patterns,
                            mlir::Value (*divide)(mlir::ImplicitLocOpBuilder &,
                                                  mlir::Value, int64_t));

/// `sum` less the offset of the codes times the sum of the activations.
mlir::Value subtractOffset(mlir::ImplicitLocOpBuilder &builder, DotFinishOp op,
                           mlir::Value sum);

/// What `dot_finish` asks for, where the sums of digit i are multiples of
/// 2^shift(i) too large.
mlir::Value combineDots(mlir::ImplicitLocOpBuilder &builder, DotFinishOp op,
                        llvm::function_ref<int64_t(int64_t i)> shift);

/// `dot` and `dot_finish` by vpdpbusd, for vectors of 64 bytes; preferred to
/// the portable ones. With VBMI, digits of base 3 are looked up.
void populateDotAVX512VNNIPatterns(mlir::RewritePatternSet &patterns,
                                   bool hasVBMI);

/// `dot` on registers of 32 bytes, by vpdpbusd or by vpmaddubsw and vpmaddwd.
void populateDotAVX2Patterns(mlir::RewritePatternSet &patterns, bool hasVNNI);

/// `dot` and `dot_finish` on registers of 16 bytes, by sdot or, with i8mm, by
/// usdot.
void populateDotNEONPatterns(mlir::RewritePatternSet &patterns, bool hasI8MM);
/// Words on NVIDIA GPUs.
void populateDotNVVMPatterns(mlir::RewritePatternSet &patterns);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_REGISTER_H
