//===- Rounding.cpp - How floats become trits and levels ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Rounding.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace ternary;

/// A scalar in each lane of a vector like `vector`.
static Value spread(KernelBuilder &b, Value scalar, Value vector) {
  return b.broadcast(scalar, cast<VectorType>(vector.getType()).getDimSize(0));
}

static Value toF32(KernelBuilder &b, Value count) {
  return b.cast(arith::IndexCastOp::create(b, b.getI64Type(), count),
                b.getF32Type());
}

//===----------------------------------------------------------------------===//
// Trits
//===----------------------------------------------------------------------===//

/// Without a division. The quotient of floats is rounded to more than 0.5
/// exactly if 2 |w| > |alpha|: between a half of alpha and the next float the
/// quotient has room for a step of its own. Zero, NaN and infinities compare
/// like their quotients.
Value ternary::roundQuotient(KernelBuilder &b, Value w, Value alpha) {
  Type i8 = withElements(w.getType(), b.getI8Type());
  Value size = spread(b, math::AbsFOp::create(b, alpha), w);
  Value bits = arith::BitcastOp::create(b, b.getI32Type(), alpha);
  Value isNegative = b.compare(arith::CmpIPredicate::slt, bits,
                               b.constant(b.getI32Type(), int64_t(0)));
  auto sign = [&](int64_t value) {
    Type byte = b.getI8Type();
    Value positive = b.constant(byte, value),
          negative = b.constant(byte, -value);
    return spread(b, b.select(isNegative, negative, positive), w);
  };
  Value twice = b.addf(w, w);
  Value above = b.compare(arith::CmpFPredicate::OGT, twice, size);
  Value below = b.compare(arith::CmpFPredicate::OLT, twice,
                          arith::NegFOp::create(b, size));
  return b.select(above, sign(1), b.select(below, sign(-1), b.zero(i8)));
}

Value ternary::ternarizeVector(KernelBuilder &b, TernarizeOp op, Value w,
                               Value alpha) {
  if (op.getMethod() != Method::Threshold) {
    if (op.getMethod() == Method::LSQ)
      alpha = arith::MaximumFOp::create(
          b, alpha, b.constant(b.getF32Type(), op.getEps().convertToDouble()));
    return roundQuotient(b, w, alpha);
  }
  Value limit = b.constant(w.getType(), op.getThreshold()->convertToDouble());
  Value isLarge =
      b.compare(arith::CmpFPredicate::OGT, math::AbsFOp::create(b, w), limit);
  Value sign = b.signOf(w);
  return b.select(isLarge, sign, b.zero(sign.getType()));
}

/// clamp(x, -1, 1); NaN stays.
static Value clampToOne(KernelBuilder &b, Value x) {
  x = arith::MaximumFOp::create(b, x, b.constant(x.getType(), -1.0));
  return arith::MinimumFOp::create(b, x, b.constant(x.getType(), 1.0));
}

Value ternary::steVector(KernelBuilder &b, STEOp op, Value w, Value alpha) {
  if (!alpha) {
    Value rounded = math::RoundEvenOp::create(b, clampToOne(b, w));
    // -0 + 0 is +0.
    return op.getVariant() == STEVariant::Legacy
               ? rounded
               : b.addf(rounded, b.zero(w.getType()));
  }
  Value q = b.cast(roundQuotient(b, w, alpha), b.getF32Type());
  Value product = b.mulf(q, spread(b, alpha, w));
  if (op.getVariant() == STEVariant::LSQ)
    return b.addf(product, arith::SubFOp::create(b, w, w));
  return b.addf(w, arith::SubFOp::create(b, product, w));
}

Value ternary::steGradientVector(KernelBuilder &b, STEBackwardOp op, Value w,
                                 Value grad, Value alpha) {
  if (op.getVariant() == STEVariant::Legacy)
    return clampToOne(b, grad);
  if (op.getVariant() != STEVariant::Clamp)
    return grad;
  if (alpha)
    w = b.divf(w, spread(b, alpha, w));
  Value inside =
      b.compare(arith::CmpFPredicate::OLE, math::AbsFOp::create(b, w),
                b.constant(w.getType(), 1.0));
  return b.select(inside, grad, b.zero(grad.getType()));
}

Value ternary::toTritBytes(KernelBuilder &b, Value x, bool takeSigns) {
  if (takeSigns)
    return b.signOf(x);
  if (isa<IntegerType>(elementOf(x)))
    return b.cast(x, b.getI8Type());
  x = b.cast(x, b.getF32Type());
  // Beyond i32, and for NaN, the result is 0.
  Value limit = b.constant(x.getType(), 2147483648.0);
  Value below = b.compare(arith::CmpFPredicate::OLT, x, limit);
  Value above = b.compare(arith::CmpFPredicate::OGT, x,
                          b.constant(x.getType(), -2147483648.0));
  Value inside = arith::AndIOp::create(b, above, below);
  x = b.select(inside, x, b.zero(x.getType()));
  return b.cast(b.cast(x, b.getI32Type()), b.getI8Type());
}

//===----------------------------------------------------------------------===//
// Levels
//===----------------------------------------------------------------------===//

double ternary::largestLevel(int64_t bits) {
  return double((int64_t(1) << (bits - 1)) - 1);
}

/// x / s, each quotient correctly rounded.
///
/// A quotient by the reciprocal is off by less than two units of the last
/// place. Its remainder, which fused multiply-add gives exactly, corrects it
/// once to a neighbour of the true quotient and a second time to the nearest
/// one. That takes a reciprocal which is a normal number, and quotients that
/// are large enough for their remainders to be numbers; smaller ones are
/// rounded to level 0 whatever their last bit.
static Value divideByReciprocal(KernelBuilder &b, Value x, Value s,
                                Value reciprocal) {
  Value negative = arith::NegFOp::create(b, s);
  Value quotient = b.mulf(x, reciprocal);
  for (int64_t i = 0; i < 2; ++i) {
    Value rest = math::FmaOp::create(b, negative, quotient, x);
    quotient = math::FmaOp::create(b, rest, reciprocal, quotient);
  }
  return quotient;
}

/// A number of less than 2^22 in size as an integer: added to 1.5 * 2^23 it
/// is rounded to one, nearest even, which is then the low part of the sum.
static Value roundSmall(KernelBuilder &b, Value x, int64_t offset) {
  double shift = 12582912.0 + offset;
  int64_t bits = 0x4b400000 + offset;
  Type type = withElements(x.getType(), b.getI32Type());
  Value sum = b.addf(x, b.constant(x.getType(), shift));
  return b.sub(arith::BitcastOp::create(b, type, sum), b.constant(type, bits));
}

void ternary::quantizeBy(KernelBuilder &b, Value s, double level, bool hasFMA,
                         function_ref<void(QuantizeVector)> write,
                         int64_t offset) {
  auto timesLevel = [&](Value quotient) {
    return b.mulf(quotient, b.constant(quotient.getType(), level));
  };
  auto divide = [&] {
    write([&](Value x) {
      Value q =
          math::RoundEvenOp::create(b, timesLevel(b.divf(x, spread(b, s, x))));
      // No quotient is larger than 1; one of infinity or NaN is NaN, or 0.
      Value isNumber = b.compare(arith::CmpFPredicate::ORD, q, q);
      return b.cast(b.select(isNumber, q, b.zero(q.getType())), b.getI32Type());
    });
  };
  if (!hasFMA)
    return divide();
  Type f32 = b.getF32Type();
  Value isLarge =
      b.compare(arith::CmpFPredicate::OGT, s, b.constant(f32, 0x1p-60));
  Value isSmall =
      b.compare(arith::CmpFPredicate::OLT, s, b.constant(f32, 0x1p+60));
  auto multiply = [&] {
    Value reciprocal = b.divf(b.constant(f32, 1.0), s);
    write([&](Value x) {
      Value quotient =
          divideByReciprocal(b, x, spread(b, s, x), spread(b, reciprocal, x));
      return roundSmall(b, timesLevel(quotient), offset);
    });
  };
  b.ifElse(arith::AndIOp::create(b, isLarge, isSmall), multiply, divide);
}

Value ternary::scaleOf(KernelBuilder &b, QuantizeActivationOp op, Value s) {
  if (op.getScaleForm() == ScaleForm::Absmax)
    return s;
  return b.divf(s, b.constant(b.getF32Type(), largestLevel(op.getBits())));
}

Value ternary::dequantizeVector(KernelBuilder &b, DequantizeActivationOp op,
                                Value q, Value scale) {
  if (op.getScaleForm() == ScaleForm::Absmax)
    q = b.divf(q, b.constant(q.getType(), largestLevel(op.getBits())));
  return b.cast(b.mulf(q, spread(b, scale, q)), elementOf(op.getInits()[0]));
}

//===----------------------------------------------------------------------===//
// Means
//===----------------------------------------------------------------------===//

Value ternary::finishMean(KernelBuilder &b, AbsmeanOp op, Value sum,
                          Value count) {
  Value number = toF32(b, count);
  Value zero = b.constant(b.getF32Type(), 0.0);
  Value isEmpty = b.compare(arith::CmpFPredicate::OEQ, number, zero);
  Value mean = b.select(isEmpty, zero, b.divf(sum, number));
  Value eps = b.constant(b.getF32Type(), op.getEps().convertToDouble());
  return arith::MaximumFOp::create(b, mean, eps);
}

Value ternary::normFactor(KernelBuilder &b, RMSNormOp op, Value sum,
                          Value count) {
  Type f32 = b.getF32Type();
  Value mean = b.addf(b.divf(sum, toF32(b, count)),
                      b.constant(f32, op.getEps().convertToDouble()));
  // The root of a float is far from the ends of the range, and so is its
  // reciprocal.
  return b.divf(b.constant(f32, 1.0), math::SqrtOp::create(b, mean));
}

Value ternary::normalizeVector(KernelBuilder &b, RMSNormOp op, Value x,
                               Value factor, Value weight) {
  Value y = b.mulf(x, spread(b, factor, x));
  y = b.cast(b.cast(y, elementOf(op.getInput())), b.getF32Type());
  if (weight)
    y = b.mulf(y, weight);
  return b.cast(y, elementOf(op.getInits()[0]));
}
