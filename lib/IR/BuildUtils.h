//===- BuildUtils.h - Small pieces of emitted IR -----------------*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_IR_BUILDUTILS_H
#define TERNARY_LIB_IR_BUILDUTILS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace ternary::support {

/// Arithmetic on index values that are not negative. Operations on constants
/// and with neutral elements create nothing.
class IndexMath {
public:
  explicit IndexMath(mlir::ImplicitLocOpBuilder &builder) : b(builder) {}

  mlir::Value constant(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(b, value);
  }
  mlir::Value add(mlir::Value x, mlir::Value y) {
    return b.createOrFold<mlir::arith::AddIOp>(x, y);
  }
  mlir::Value sub(mlir::Value x, mlir::Value y) {
    return b.createOrFold<mlir::arith::SubIOp>(x, y);
  }
  mlir::Value mul(mlir::Value x, mlir::Value y) {
    return b.createOrFold<mlir::arith::MulIOp>(x, y);
  }
  mlir::Value div(mlir::Value x, mlir::Value y) {
    return b.createOrFold<mlir::arith::DivUIOp>(x, y);
  }
  mlir::Value rem(mlir::Value x, mlir::Value y) {
    if (mlir::getConstantIntValue(y) == 1)
      return constant(0);
    return b.createOrFold<mlir::arith::RemUIOp>(x, y);
  }
  mlir::Value ceilDiv(mlir::Value x, int64_t divisor) {
    return div(add(x, constant(divisor - 1)), constant(divisor));
  }

private:
  mlir::ImplicitLocOpBuilder &b;
};

/// An i32 constant.
mlir::Value i32Constant(mlir::ImplicitLocOpBuilder &builder, int64_t value);

/// The i8 value of `then` where `condition` holds, else of `otherwise`; only
/// the chosen one is evaluated.
mlir::Value ifElse(mlir::ImplicitLocOpBuilder &builder, mlir::Value condition,
                   llvm::function_ref<mlir::Value()> then,
                   llvm::function_ref<mlir::Value()> otherwise);

/// Byte `i` (an index) of the f32 `scale` stored little-endian in `numBytes`
/// bytes (2: rounded to f16); 0 behind it.
mlir::Value buildScaleByte(mlir::ImplicitLocOpBuilder &builder,
                           mlir::Value scale, int64_t numBytes, mlir::Value i);

/// The f32 scale in two (f16) or four little-endian bytes.
mlir::Value buildScaleFromBytes(mlir::ImplicitLocOpBuilder &builder,
                                llvm::ArrayRef<mlir::Value> bytes);

} // namespace ternary::support

#endif // TERNARY_LIB_IR_BUILDUTILS_H
