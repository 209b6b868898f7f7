//===- Exponents.cpp - Scales that are powers of two ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Exponents.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

/// The bits of a normal f32 begin with e + 127, which has to be 1 or more. What
/// is less is a 1 there, shifted down by what is missing: a subnormal.
Value ternary::toScale(ImplicitLocOpBuilder &b, Value element) {
  constexpr int64_t kBias = 127, kMantissaBits = 23;
  Type type = element.getType();
  if (isa<FloatType>(getElementTypeOrSelf(type)))
    return element;
  auto withLanes = [&](Type scalar) -> Type {
    auto vector = dyn_cast<VectorType>(type);
    return vector ? Type(vector.clone(scalar)) : scalar;
  };
  Type word = withLanes(b.getI32Type());
  auto constant = [&](int64_t value) -> Value {
    TypedAttr attribute = b.getI32IntegerAttr(value);
    if (auto vector = dyn_cast<VectorType>(word))
      attribute = DenseElementsAttr::get(vector, Attribute(attribute));
    return arith::ConstantOp::create(b, attribute);
  };
  Value exponent = arith::ExtSIOp::create(b, word, element);
  Value missing = arith::MaxSIOp::create(
      b, arith::SubIOp::create(b, constant(1 - kBias), exponent), constant(0));
  Value biased = arith::AddIOp::create(
      b, arith::AddIOp::create(b, exponent, constant(kBias)), missing);
  Value bits = arith::ShRUIOp::create(
      b, arith::ShLIOp::create(b, biased, constant(kMantissaBits)), missing);
  return arith::BitcastOp::create(b, withLanes(b.getF32Type()), bits);
}
