//===- BuildUtils.cpp - Small pieces of emitted IR ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "BuildUtils.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ternary;

Value support::i32Constant(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIntOp::create(b, b.getI32Type(), value);
}

Value support::ifElse(ImplicitLocOpBuilder &b, Value condition,
                      function_ref<Value()> then,
                      function_ref<Value()> otherwise) {
  auto build = [&b](function_ref<Value()> value) {
    return [&b, value](OpBuilder &nested, Location loc) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(nested.getInsertionBlock(),
                          nested.getInsertionPoint());
      Value result = value();
      scf::YieldOp::create(b, loc, result);
    };
  };
  return scf::IfOp::create(b, condition, build(then), build(otherwise))
      .getResult(0);
}

Value support::buildScaleByte(ImplicitLocOpBuilder &b, Value scale,
                              int64_t numBytes, Value i) {
  bool half = numBytes == 2;
  if (half)
    scale = arith::TruncFOp::create(b, b.getF16Type(), scale);
  Value bits = arith::BitcastOp::create(
      b, half ? Type(b.getIntegerType(16)) : Type(b.getI32Type()), scale);
  if (half)
    bits = arith::ExtUIOp::create(b, b.getI32Type(), bits);
  Value shift = arith::IndexCastOp::create(b, b.getI32Type(), i);
  shift = arith::MulIOp::create(b, shift, i32Constant(b, 8));
  // A shift by 32 or more would be poison: behind the scale all is zero.
  Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, shift,
                                       i32Constant(b, numBytes * 8));
  Value zero = i32Constant(b, 0);
  Value safe = arith::SelectOp::create(b, inside, shift, zero);
  Value byte = arith::ShRUIOp::create(b, bits, safe);
  byte = arith::SelectOp::create(b, inside, byte, zero);
  return arith::TruncIOp::create(b, b.getI8Type(), byte);
}

Value support::buildScaleFromBytes(ImplicitLocOpBuilder &b,
                                   ArrayRef<Value> bytes) {
  Value bits = i32Constant(b, 0);
  for (auto [i, byte] : llvm::enumerate(bytes)) {
    Value wide = arith::ExtUIOp::create(b, b.getI32Type(), byte);
    wide = arith::ShLIOp::create(b, wide, i32Constant(b, 8 * i));
    bits = arith::OrIOp::create(b, bits, wide);
  }
  if (bytes.size() == 4)
    return arith::BitcastOp::create(b, b.getF32Type(), bits);
  bits = arith::TruncIOp::create(b, b.getIntegerType(16), bits);
  Value half = arith::BitcastOp::create(b, b.getF16Type(), bits);
  return arith::ExtFOp::create(b, b.getF32Type(), half);
}
