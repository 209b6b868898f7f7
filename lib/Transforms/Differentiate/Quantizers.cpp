//===- Quantizers.cpp - Straight-through rules ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GradientBuilder.h"

using namespace mlir;
using namespace ternary;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// `ste_backward` to w; alpha is null where the rule takes none.
static STEBackwardOp steBackward(GradientBuilder &b, STEVariant variant,
                                 Value w, Value grad, Value alpha) {
  SmallVector<Value> inits{b.emptyLike(w, b.getF32Type())};
  if (variant == STEVariant::LSQ)
    inits.push_back(b.emptyLike(alpha, b.getF32Type()));
  return STEBackwardOp::create(b, TypeRange(ValueRange(inits)), w, grad, alpha,
                               inits, variant);
}

/// w / alpha for a scale per group, which `ste_backward` does not take.
static Value normalize(GradientBuilder &b, Value w, Value alpha,
                       std::optional<int64_t> groupSize) {
  AffineMap identity = b.getMultiDimIdentityMap(2);
  return b.generic({w, alpha}, b.emptyLike(w, b.getF32Type()),
                   {identity, b.scaleMap(2, groupSize), identity},
                   llvm::SmallBitVector(2),
                   [&](ValueRange e) { return b.div(e[0], e[1]); });
}

/// The scaled trits stand for w. The scales are constants here: a gradient
/// reaches them where the trits are multiplied by them.
static LogicalResult ternarize(TernarizeOp op, Cotangents &c,
                               GradientBuilder &b) {
  Cotangents::Weights uses = c.takeWeight(op.getResult(0));
  FailureOr<Value> grad = b.denseGradient(op, uses);
  if (failed(grad))
    return failure();
  Value input = op.getInput(), alpha = op.getScales();
  STEVariant variant = c.getSTE(op);
  c.add(b, input, [&] {
    Value g = *grad;
    if (variant == STEVariant::Clamp || variant == STEVariant::Legacy) {
      Value w = b.convertTensor(input, b.getF32Type());
      if (variant == STEVariant::Legacy)
        alpha = nullptr;
      if (alpha && rankOf(alpha) == 2) {
        w = normalize(b, w, alpha, op.getGroupSize());
        alpha = nullptr;
      }
      g = steBackward(b, variant, w, g, alpha).getResult(0);
    }
    return b.convertTensor(g, elementOf(input));
  });
  return success();
}

static LogicalResult ste(STEOp op, Cotangents &c, GradientBuilder &b) {
  Value grad = c.lookup(op.getResult(0));
  STEVariant variant = op.getVariant();
  Value alpha = variant == STEVariant::LSQ ? op.getScales() : Value();
  auto backward = steBackward(b, variant, op.getInput(), grad, alpha);
  c.add(b, op.getInput(), [&] { return backward.getResult(0); });
  if (alpha)
    c.add(b, alpha, [&] { return backward.getResult(1); });
  return success();
}

static LogicalResult learnableScale(LearnableScaleOp op, Cotangents &c,
                                    GradientBuilder &b) {
  Value grad = c.lookup(op.getResult(0));
  c.add(b, op.getInput(), [&] {
    Value out = b.emptyLike(op.getInput(), b.getF32Type());
    return LearnableScaleBackwardOp::create(b, out.getType(), op.getInput(),
                                            grad, out, op.getEpsAttr())
        .getResult(0);
  });
  return success();
}

/// Passes where an element stayed and is not 0.
static Value masked(GradientBuilder &b, Value kept, Value grad) {
  return b.elementwise(
      {kept, grad}, b.emptyLike(grad, elementOf(grad)), [&](ValueRange e) {
        Value zero =
            arith::ConstantOp::create(b, b.getZeroAttr(e[0].getType()));
        Value stays = isa<FloatType>(e[0].getType())
                          ? b.compare(arith::CmpFPredicate::UNE, e[0], zero)
                          : Value(arith::CmpIOp::create(
                                b, arith::CmpIPredicate::ne, e[0], zero));
        return b.select(stays, e[1], b.constant(e[1], 0.0));
      });
}

static LogicalResult sparsify(SparsifyOp op, Cotangents &c,
                              GradientBuilder &b) {
  Value result = op.getResult(0), input = op.getInput();
  if (Value grad = c.lookup(result))
    c.add(b, input, [&] { return masked(b, result, grad); });
  Cotangents::Weights uses = c.takeWeight(result);
  if (uses.empty())
    return success();
  FailureOr<Value> grad = b.denseGradient(op, uses);
  if (failed(grad))
    return failure();
  WeightGradient use;
  use.user = op;
  use.dense = masked(b, result, *grad);
  use.weight = input;
  use.shape = b.sizes(input);
  c.addWeight(input, std::move(use));
  return success();
}

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

/// The trits are the same before and behind `op`.
static LogicalResult passWeight(Operation *op, Value source,
                                PackingAttrInterface packing, Cotangents &c) {
  if (!elementOf(source).isInteger(8))
    return op->emitOpError() << "cannot be differentiated: expected trits as "
                                "'input', found "
                             << source.getType();
  for (WeightGradient &use : c.takeWeight(op->getResult(0))) {
    use.weight = source;
    use.packing = packing;
    c.addWeight(source, std::move(use));
  }
  return success();
}

static LogicalResult pack(PackOp op, Cotangents &c, GradientBuilder &) {
  return passWeight(op, op.getInput(), nullptr, c);
}
static LogicalResult unpack(UnpackOp op, Cotangents &c, GradientBuilder &) {
  return passWeight(op, op.getBytes(), op.getPacking(), c);
}
static LogicalResult repack(RepackOp op, Cotangents &c, GradientBuilder &) {
  return passWeight(op, op.getBytes(), op.getSource(), c);
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

static LogicalResult quantizeActivation(QuantizeActivationOp op, Cotangents &c,
                                        GradientBuilder &b) {
  Value input = op.getInput();
  c.add(b, input, [&] {
    return b.convertTensor(c.lookup(op.getResult(0)), elementOf(input));
  });
  return success();
}

static LogicalResult dequantizeActivation(DequantizeActivationOp op,
                                          Cotangents &c, GradientBuilder &b) {
  auto quantize =
      stripCasts(op.getInput()).getDefiningOp<QuantizeActivationOp>();
  if (!quantize || stripCasts(op.getScales()) != quantize.getResult(1) ||
      op.getBits() != quantize.getBits() ||
      op.getScaleForm() != quantize.getScaleForm())
    return op.emitOpError()
           << "cannot be differentiated: expected the integers and scales of "
              "one 'ternary.quantize_activation' with the same attributes";
  c.add(b, op.getInput(), [&] { return c.lookup(op.getResult(0)); });
  return success();
}

template <typename OpTy, GradientRule<OpTy> rule, unsigned numResults = ~0u>
static void attach(MLIRContext *context) {
  OpTy::template attachInterface<GradientModel<OpTy, rule, numResults>>(
      *context);
}

void ternary::attachQuantizerGradients(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, TernaryDialect *) {
    attach<TernarizeOp, ternarize>(context);
    attach<STEOp, ste>(context);
    attach<LearnableScaleOp, learnableScale>(context);
    attach<SparsifyOp, sparsify>(context);
    attach<PackOp, pack>(context);
    attach<UnpackOp, unpack, 1>(context);
    attach<RepackOp, repack>(context);
    attach<QuantizeActivationOp, quantizeActivation, 1>(context);
    attach<DequantizeActivationOp, dequantizeActivation>(context);
    AbsmeanOp::attachInterface<ConstantModel<AbsmeanOp>>(*context);
    ExponentInitMeanOp::attachInterface<ConstantModel<ExponentInitMeanOp>>(
        *context);
    EffectiveExponentOp::attachInterface<ConstantModel<EffectiveExponentOp>>(
        *context);
    RegroupScaleOp::attachInterface<ConstantModel<RegroupScaleOp>>(*context);
  });
}
