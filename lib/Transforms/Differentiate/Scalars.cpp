//===- Scalars.cpp - Reverse rules of arith and math ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Each rule is on scalars. `g` is the cotangent of the result, `y` the result.
//
//===----------------------------------------------------------------------===//

#include "GradientBuilder.h"

using namespace mlir;
using namespace ternary;

namespace {

constexpr double kLn2 = 0.693147180559945309417;
constexpr double kTwoBySqrtPi = 1.128379167095512573896;

template <typename OpTy> struct Scalar {
  OpTy op;
  Cotangents &c;
  GradientBuilder &b;
  Value y = op.getResult(), g = c.lookup(y);

  void add(unsigned operand, function_ref<Value()> make) {
    c.add(b, op->getOperand(operand), make);
  }
};

/// A rule that cannot fail.
template <typename OpTy> using ScalarRule = void (*)(Scalar<OpTy>);

template <typename OpTy, ScalarRule<OpTy> rule>
LogicalResult apply(OpTy op, Cotangents &cotangents, GradientBuilder &b) {
  rule({op, cotangents, b});
  return success();
}

template <typename OpTy, ScalarRule<OpTy> rule>
void attach(MLIRContext *context) {
  OpTy::template attachInterface<GradientModel<OpTy, apply<OpTy, rule>>>(
      *context);
}

} // namespace

//===----------------------------------------------------------------------===//
// arith
//===----------------------------------------------------------------------===//

static void addF(Scalar<arith::AddFOp> s) {
  s.add(0, [&] { return s.g; });
  s.add(1, [&] { return s.g; });
}

static void subF(Scalar<arith::SubFOp> s) {
  s.add(0, [&] { return s.g; });
  s.add(1, [&] { return s.b.neg(s.g); });
}

static void mulF(Scalar<arith::MulFOp> s) {
  s.add(0, [&] { return s.b.mul(s.g, s.op.getRhs()); });
  s.add(1, [&] { return s.b.mul(s.g, s.op.getLhs()); });
}

static void divF(Scalar<arith::DivFOp> s) {
  s.add(0, [&] { return s.b.div(s.g, s.op.getRhs()); });
  s.add(1, [&] { return s.b.neg(s.b.div(s.b.mul(s.g, s.y), s.op.getRhs())); });
}

static void negF(Scalar<arith::NegFOp> s) {
  s.add(0, [&] { return s.b.neg(s.g); });
}

/// To the operand that is the result. At a tie that is the first one, or the
/// only one that is active: the bound of a clamp is inclusive.
template <typename OpTy, arith::CmpFPredicate wins>
static void extremum(Scalar<OpTy> s) {
  Value x = s.op.getLhs(), y = s.op.getRhs();
  auto zero = [&] { return s.b.constant(s.g, 0.0); };
  s.add(0, [&] { return s.b.select(s.b.compare(wins, x, y), s.g, zero()); });
  s.add(1, [&] {
    if (s.c.isActive(x))
      return s.b.select(s.b.compare(wins, x, y), zero(), s.g);
    return s.b.select(s.b.compare(wins, y, x), s.g, zero());
  });
}

static void select(Scalar<arith::SelectOp> s) {
  auto part = [&](bool isTrue) {
    Value zero = s.b.constant(s.g, 0.0), condition = s.op.getCondition();
    return isTrue ? s.b.select(condition, s.g, zero)
                  : s.b.select(condition, zero, s.g);
  };
  s.add(1, [&] { return part(true); });
  s.add(2, [&] { return part(false); });
}

template <typename OpTy> static void convert(Scalar<OpTy> s) {
  s.add(0, [&] { return s.b.convert(s.g, s.op.getIn().getType()); });
}

/// Integers that come from floats have the cotangent of the float that they
/// become, which names the op that rounded.
template <typename OpTy> static void fromInteger(Scalar<OpTy> s) {
  s.add(0, [&] { return s.g; });
}

//===----------------------------------------------------------------------===//
// math
//===----------------------------------------------------------------------===//

static void exp(Scalar<math::ExpOp> s) {
  s.add(0, [&] { return s.b.mul(s.g, s.y); });
}

static void exp2(Scalar<math::Exp2Op> s) {
  s.add(0, [&] { return s.b.mul(s.b.mul(s.g, s.y), s.b.constant(s.g, kLn2)); });
}

static void log(Scalar<math::LogOp> s) {
  s.add(0, [&] { return s.b.div(s.g, s.op.getOperand()); });
}

static void log2(Scalar<math::Log2Op> s) {
  s.add(0, [&] {
    Value x = s.b.mul(s.op.getOperand(), s.b.constant(s.g, kLn2));
    return s.b.div(s.g, x);
  });
}

static void sqrt(Scalar<math::SqrtOp> s) {
  s.add(0, [&] { return s.b.div(s.g, s.b.add(s.y, s.y)); });
}

static void rsqrt(Scalar<math::RsqrtOp> s) {
  s.add(0, [&] {
    Value slope = s.b.div(s.y, s.op.getOperand());
    return s.b.mul(s.g, s.b.mul(slope, s.b.constant(s.g, -0.5)));
  });
}

static void tanh(Scalar<math::TanhOp> s) {
  s.add(0, [&] {
    Value slope = s.b.sub(s.b.constant(s.g, 1.0), s.b.mul(s.y, s.y));
    return s.b.mul(s.g, slope);
  });
}

/// sign(x), 0 at 0.
static void absF(Scalar<math::AbsFOp> s) {
  s.add(0, [&] {
    Value x = s.op.getOperand(), zero = s.b.constant(s.g, 0.0);
    Value positive = s.b.compare(arith::CmpFPredicate::OGT, x, zero);
    Value negative = s.b.compare(arith::CmpFPredicate::OLT, x, zero);
    return s.b.select(positive, s.g, s.b.select(negative, s.b.neg(s.g), zero));
  });
}

static void sin(Scalar<math::SinOp> s) {
  s.add(0, [&] {
    return s.b.mul(s.g, math::CosOp::create(s.b, s.op.getOperand()));
  });
}

static void cos(Scalar<math::CosOp> s) {
  s.add(0, [&] {
    Value slope = math::SinOp::create(s.b, s.op.getOperand());
    return s.b.neg(s.b.mul(s.g, slope));
  });
}

static void erf(Scalar<math::ErfOp> s) {
  s.add(0, [&] {
    Value x = s.op.getOperand();
    Value bell = math::ExpOp::create(s.b, s.b.neg(s.b.mul(x, x)));
    return s.b.mul(s.g, s.b.mul(bell, s.b.constant(s.g, kTwoBySqrtPi)));
  });
}

static void powF(Scalar<math::PowFOp> s) {
  Value x = s.op.getLhs(), p = s.op.getRhs();
  s.add(0, [&] {
    Value less = s.b.sub(p, s.b.constant(p, 1.0));
    Value slope = s.b.mul(p, math::PowFOp::create(s.b, x, less));
    return s.b.mul(s.g, slope);
  });
  s.add(1, [&] {
    Value slope = s.b.mul(s.y, math::LogOp::create(s.b, x));
    return s.b.mul(s.g, slope);
  });
}

static void fma(Scalar<math::FmaOp> s) {
  s.add(0, [&] { return s.b.mul(s.g, s.op.getB()); });
  s.add(1, [&] { return s.b.mul(s.g, s.op.getA()); });
  s.add(2, [&] { return s.g; });
}

/// Straight through if `ternary.ste` says so. By itself the gradient is 0
/// almost everywhere, which would silently stop all training behind it.
template <typename OpTy>
static LogicalResult rounding(OpTy op, Cotangents &c, GradientBuilder &b) {
  auto stated = op->template getAttrOfType<STEVariantAttr>(kSTEAttrName);
  if (!stated)
    return op.emitOpError()
           << "cannot be differentiated: its gradient is 0 almost everywhere; "
              "expected '"
           << kSTEAttrName << "' to pass it straight through";
  Value x = op.getOperand();
  c.add(b, x, [&] {
    return b.straightThrough(stated.getValue(), x, c.lookup(op.getResult()));
  });
  return success();
}

template <typename... OpTys> static void attachRounding(MLIRContext *context) {
  (OpTys::template attachInterface<GradientModel<OpTys, rounding<OpTys>>>(
       *context),
   ...);
}

void ternary::attachScalarGradients(DialectRegistry &registry) {
  using arith::CmpFPredicate;
  registry.addExtension(+[](MLIRContext *context, arith::ArithDialect *) {
    attach<arith::AddFOp, addF>(context);
    attach<arith::SubFOp, subF>(context);
    attach<arith::MulFOp, mulF>(context);
    attach<arith::DivFOp, divF>(context);
    attach<arith::NegFOp, negF>(context);
    // A NaN wins or loses, as it does in the op.
    attach<arith::MaximumFOp, extremum<arith::MaximumFOp, CmpFPredicate::UGE>>(
        context);
    attach<arith::MinimumFOp, extremum<arith::MinimumFOp, CmpFPredicate::ULE>>(
        context);
    attach<arith::MaxNumFOp, extremum<arith::MaxNumFOp, CmpFPredicate::OGE>>(
        context);
    attach<arith::MinNumFOp, extremum<arith::MinNumFOp, CmpFPredicate::OLE>>(
        context);
    attach<arith::SelectOp, select>(context);
    attach<arith::ExtFOp, convert<arith::ExtFOp>>(context);
    attach<arith::TruncFOp, convert<arith::TruncFOp>>(context);
    attach<arith::SIToFPOp, fromInteger<arith::SIToFPOp>>(context);
    attach<arith::UIToFPOp, fromInteger<arith::UIToFPOp>>(context);
  });
  registry.addExtension(+[](MLIRContext *context, math::MathDialect *) {
    attach<math::ExpOp, exp>(context);
    attach<math::Exp2Op, exp2>(context);
    attach<math::LogOp, log>(context);
    attach<math::Log2Op, log2>(context);
    attach<math::SqrtOp, sqrt>(context);
    attach<math::RsqrtOp, rsqrt>(context);
    attach<math::TanhOp, tanh>(context);
    attach<math::AbsFOp, absF>(context);
    attach<math::SinOp, sin>(context);
    attach<math::CosOp, cos>(context);
    attach<math::ErfOp, erf>(context);
    attach<math::PowFOp, powF>(context);
    attach<math::FmaOp, fma>(context);
    attachRounding<math::RoundEvenOp, math::RoundOp, math::FloorOp,
                   math::CeilOp, math::TruncOp>(context);
  });
}
