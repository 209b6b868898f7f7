//===- Exponents.h - Scales that are powers of two --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_EXPONENTS_H
#define TERNARY_IR_EXPONENTS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace ternary {

/// The f32 of an element of `scales`, or of a vector of them: what is f32 as it
/// is, an exponent e of i8 as 2^e, exact for each of them.
mlir::Value toScale(mlir::ImplicitLocOpBuilder &builder, mlir::Value element);

} // namespace ternary

#endif // TERNARY_IR_EXPONENTS_H
