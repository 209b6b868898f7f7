//===- Rounding.h - How floats become trits and levels ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// What the kernels of CPUs and GPUs compute of vectors of f32, bit for bit as
// the reference lowering does.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_ROUNDING_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_ROUNDING_H

#include "KernelBuilder.h"

namespace ternary {

/// The trits of weights of a method of `ternarize`; `alpha` is a scalar, null
/// without scales.
mlir::Value ternarizeVector(KernelBuilder &b, TernarizeOp op, mlir::Value w,
                            mlir::Value alpha);

/// clamp(round(w / alpha), -1, 1) of a vector, 0 for NaN; `alpha` is a scalar.
mlir::Value roundQuotient(KernelBuilder &b, mlir::Value w, mlir::Value alpha);

/// The element of `ste`; `alpha` is a scalar, null without scales.
mlir::Value steVector(KernelBuilder &b, STEOp op, mlir::Value w,
                      mlir::Value alpha);
/// The gradient to w that `ste_backward` gives, likewise.
mlir::Value steGradientVector(KernelBuilder &b, STEBackwardOp op, mlir::Value w,
                              mlir::Value grad, mlir::Value alpha);

/// Bytes that `pack` encodes for elements: signs, or integers that wrap.
mlir::Value toTritBytes(KernelBuilder &b, mlir::Value x, bool takeSigns);

/// Q = 2^(bits-1) - 1.
double largestLevel(int64_t bits);

/// A row of numbers of which the largest magnitude is `s`, or `eps`, as levels
/// in i32. `write` is called with what quantizes a vector, in branches where
/// there are several ways. With `hasFMA`, `offset` is added to the levels on
/// the way and taken off again; the last byte of the sum is the level without
/// one.
using QuantizeVector = llvm::function_ref<mlir::Value(mlir::Value)>;
void quantizeBy(KernelBuilder &b, mlir::Value s, double level, bool hasFMA,
                llvm::function_ref<void(QuantizeVector)> write,
                int64_t offset = 0);

/// The scale that `quantize_activation` gives for that magnitude.
mlir::Value scaleOf(KernelBuilder &b, QuantizeActivationOp op, mlir::Value s);

/// The element of `dequantize_activation` for levels and their scale.
mlir::Value dequantizeVector(KernelBuilder &b, DequantizeActivationOp op,
                             mlir::Value q, mlir::Value scale);

/// max(sum / count, eps) of `absmean`, where nothing has the mean 0.
mlir::Value finishMean(KernelBuilder &b, AbsmeanOp op, mlir::Value sum,
                       mlir::Value count);

/// 1 / sqrt(sum / count + eps) of `rms_norm`, for the squares of a row.
mlir::Value normFactor(KernelBuilder &b, RMSNormOp op, mlir::Value sum,
                       mlir::Value count);
/// A vector of a row times that factor and the weight (null for none), rounded
/// to the type of the result.
mlir::Value normalizeVector(KernelBuilder &b, RMSNormOp op, mlir::Value x,
                            mlir::Value factor, mlir::Value weight);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_ROUNDING_H
