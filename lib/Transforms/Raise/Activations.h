//===- Activations.h - Integers that were made floats -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_RAISE_ACTIVATIONS_H
#define TERNARY_LIB_TRANSFORMS_RAISE_ACTIVATIONS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace ternary {

/// `op` multiplies integers from -128 to 127, held as floats or as i8, by one
/// factor per token, or divides them by it.
struct Dequantization {
  mlir::linalg::LinalgOp op;
  mlir::OpOperand *integers, *scale;
  bool divides;
  /// Whether a NaN may stand among the integers.
  bool mayBeNaN;
};

/// Reads the op that defines an f32 tensor `[tokens..., K]` so; nothing if it
/// is something else. That the integers are such is proved from the roundings
/// and bounds in front of them.
std::optional<Dequantization> matchDequantization(mlir::Value value);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_RAISE_ACTIVATIONS_H
