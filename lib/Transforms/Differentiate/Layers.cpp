//===- Layers.cpp - Reverse rules of layers with ternary weights ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GradientBuilder.h"

using namespace mlir;
using namespace ternary;

static LogicalResult refuse(Operation *op, const Twine &why) {
  return op->emitOpError() << "cannot be differentiated: " << why;
}

//===----------------------------------------------------------------------===//
// bitlinear
//===----------------------------------------------------------------------===//

namespace {

class BitLinearRule {
public:
  BitLinearRule(BitLinearOp op, Cotangents &c, GradientBuilder &b)
      : op(op), c(c), b(b), grad(c.lookup(op.getResult(0))) {}

  LogicalResult run() {
    if (failed(check()))
      return failure();
    for (auto [i, weight] : llvm::enumerate(op.getWeights())) {
      Value scales = op.getScales().empty() ? Value() : op.getScales()[i];
      c.add(b, op.getInput(), [&] { return gradInput(weight, scales); });
      addWeight(weight, scales);
    }
    if (op.getBias())
      c.add(b, op.getBias(), [&] { return gradBias(); });
    return success();
  }

private:
  LogicalResult check();
  Value gradInput(Value weight, Value scales);
  Value gradBias();
  void addWeight(Value weight, Value scales);
  Value getActivations();

  bool isQuantized() { return elementOf(op.getInput()).isInteger(8); }

  BitLinearOp op;
  Cotangents &c;
  GradientBuilder &b;
  Value grad, activations;
};

} // namespace

/// The cotangent of int8 activations is that of the floats they stand for; only
/// their own scale says which these are.
LogicalResult BitLinearRule::check() {
  Value scale = op.getActivationScale();
  if (scale && c.isActive(scale))
    return refuse(op, "expected a constant 'activation_scale'");
  if (llvm::any_of(op.getScales(),
                   [](Value scale) { return rankOf(scale) == 3; }))
    return refuse(op, "expected 'scales' of rank 0, 1 or 2");
  if (!isQuantized() || !c.isActive(op.getInput()))
    return success();
  auto quantize =
      stripCasts(op.getInput()).getDefiningOp<QuantizeActivationOp>();
  if (quantize && quantize.getScaleForm() == ScaleForm::Multiplier &&
      stripCasts(scale) == quantize.getResult(1))
    return success();
  return refuse(op, "expected 'activation_scale' to be the multiplier of the "
                    "'ternary.quantize_activation' that gives 'input'");
}

Value BitLinearRule::gradInput(Value weight, Value scales) {
  Value input = op.getInput();
  Type element = isQuantized() ? b.getF32Type() : elementOf(input);
  Value out = b.emptyLike(input, element);
  // The scales of another component may be the ones by group.
  bool grouped = scales && rankOf(scales) == 2;
  return GradInputOp::create(b, out.getType(), grad, weight, scales, out,
                             op.getPackingAttr(),
                             grouped ? op.getGroupSizeAttr() : IntegerAttr(),
                             op.getRoundOperandsAttr())
      .getResult(0);
}

/// The sum over all tokens, in f32.
Value BitLinearRule::gradBias() {
  int64_t rank = rankOf(grad);
  llvm::SmallBitVector tokens(rank, true);
  tokens.reset(rank - 1);
  Type f32 = b.getF32Type();
  Value sum = b.generic(
      grad, b.filled(b.sizes(op.getBias()), f32, 0.0),
      {b.getMultiDimIdentityMap(rank),
       b.map(rank, b.getAffineDimExpr(rank - 1))},
      tokens, [&](ValueRange e) { return b.add(e[1], b.convert(e[0], f32)); });
  return b.convertTensor(sum, elementOf(op.getBias()));
}

/// The floats that the layer multiplies its weights by.
Value BitLinearRule::getActivations() {
  Value input = op.getInput();
  if (!isQuantized())
    return input;
  if (activations)
    return activations;
  Value out = b.emptyLike(input, b.getF32Type());
  if (Value scale = op.getActivationScale())
    activations =
        DequantizeActivationOp::create(b, out.getType(), input, scale, out)
            .getResult(0);
  else
    activations = b.elementwise(input, out, [&](ValueRange e) -> Value {
      return arith::SIToFPOp::create(b, b.getF32Type(), e[0]);
    });
  return activations;
}

void BitLinearRule::addWeight(Value weight, Value scales) {
  bool scaled = scales && c.isActive(scales);
  if (!scaled && !c.isActive(weight))
    return;
  WeightGradient use;
  use.user = op;
  use.grad = grad;
  use.activations = getActivations();
  use.weight = weight;
  use.packing = op.getPackingAttr();
  use.shape = {b.sizes(op.getInits()[0]).back(), b.sizes(op.getInput()).back()};
  if (scaled) {
    use.dense = b.denseGradient(use);
    c.add(b, scales, [&] {
      return b.scaleGradient(use.dense, weight, use.packing, scales,
                             op.getGroupSize());
    });
  }
  c.addWeight(weight, std::move(use));
}

static LogicalResult bitLinear(BitLinearOp op, Cotangents &c,
                               GradientBuilder &b) {
  return BitLinearRule(op, c, b).run();
}

//===----------------------------------------------------------------------===//
// The others
//===----------------------------------------------------------------------===//

static LogicalResult dequantize(DequantizeOp op, Cotangents &c,
                                GradientBuilder &b) {
  WeightGradient use;
  use.user = op;
  use.dense = b.convertTensor(c.lookup(op.getResult(0)), b.getF32Type());
  use.weight = op.getWeight();
  use.packing = op.getPackingAttr();
  use.shape = b.sizes(op.getInits()[0]);
  if (Value scales = op.getScales())
    c.add(b, scales, [&] {
      return b.scaleGradient(use.dense, op.getWeight(), op.getPackingAttr(),
                             scales, op.getGroupSize());
    });
  c.addWeight(op.getWeight(), std::move(use));
  return success();
}

/// Only the sign of the gradient to the table is known.
static LogicalResult embedding(EmbeddingOp op, Cotangents &c,
                               GradientBuilder &b) {
  if (op.getScales() && c.isActive(op.getScales()))
    return refuse(op, "expected constant 'scales'");
  WeightGradient use;
  use.user = op;
  use.weight = op.getTable();
  use.packing = op.getPackingAttr();
  use.shape = op.getMixedShape();
  Value grad =
      b.toMatrix(b.convertTensor(c.lookup(op.getResult(0)), b.getF32Type()));
  Value out = b.empty(use.shape, b.getI8Type());
  use.sign = EmbeddingGradSignOp::create(b, out.getType(),
                                         b.toVector(op.getIds()), grad, out)
                 .getResult(0);
  c.addWeight(op.getTable(), std::move(use));
  return success();
}

static LogicalResult rmsNorm(RMSNormOp op, Cotangents &c, GradientBuilder &b) {
  Type f32 = b.getF32Type();
  Value input = op.getInput(), weight = op.getWeight();
  if (op.getScales() && c.isActive(op.getScales()))
    return refuse(op, "expected constant 'scales'");
  bool ternary = weight && elementOf(weight).isInteger(8);
  if (ternary && c.isActive(weight))
    return refuse(op, "expected a constant ternary weight");
  Value grad = b.convertTensor(c.lookup(op.getResult(0)), f32);
  SmallVector<Value> inits{b.emptyLike(input, f32)};
  Value factor = weight;
  if (!weight)
    factor = b.filled(b.sizes(input).back(), f32, 1.0);
  if (!ternary)
    inits.push_back(b.emptyLike(factor, f32));
  auto backward = RMSNormBackwardOp::create(
      b, TypeRange(ValueRange(inits)), b.convertTensor(input, f32), grad,
      factor, op.getScales(), inits, op.getEpsAttr(), op.getPackingAttr(),
      op.getGroupSizeAttr());
  c.add(b, input, [&] {
    return b.convertTensor(backward.getResult(0), elementOf(input));
  });
  if (weight && !ternary)
    c.add(b, weight, [&] { return backward.getResult(1); });
  return success();
}

template <typename OpTy, GradientRule<OpTy> rule>
static void attach(MLIRContext *context) {
  OpTy::template attachInterface<GradientModel<OpTy, rule>>(*context);
}

void ternary::attachLayerGradients(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, TernaryDialect *) {
    attach<BitLinearOp, bitLinear>(context);
    attach<DequantizeOp, dequantize>(context);
    attach<EmbeddingOp, embedding>(context);
    attach<RMSNormOp, rmsNorm>(context);
  });
}
