//===- Tensors.cpp - Reverse rules of the tensor dialect ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GradientBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;
using namespace ternary;

/// The type of `source` with the elements of its cotangent, which differ where
/// integers stand for floats.
static RankedTensorType cotangentType(Value source, Value g) {
  return llvm::cast<RankedTensorType>(source.getType()).clone(elementOf(g));
}

static LogicalResult cast(tensor::CastOp op, Cotangents &c,
                          GradientBuilder &b) {
  for (WeightGradient &use : c.takeWeight(op)) {
    use.weight = op.getSource();
    c.addWeight(op.getSource(), std::move(use));
  }
  if (Value g = c.lookup(op))
    c.add(b, op.getSource(),
          [&] { return b.castTo(g, cotangentType(op.getSource(), g)); });
  return success();
}

static LogicalResult collapse(tensor::CollapseShapeOp op, Cotangents &c,
                              GradientBuilder &b) {
  Value g = c.lookup(op), source = op.getSrc();
  if (!g)
    return success();
  c.add(b, source, [&]() -> Value {
    return tensor::ExpandShapeOp::create(b, cotangentType(source, g), g,
                                         op.getReassociationIndices(),
                                         b.sizes(source));
  });
  return success();
}

static LogicalResult expand(tensor::ExpandShapeOp op, Cotangents &c,
                            GradientBuilder &b) {
  Value g = c.lookup(op), source = op.getSrc();
  if (!g)
    return success();
  c.add(b, source, [&]() -> Value {
    return tensor::CollapseShapeOp::create(b, cotangentType(source, g), g,
                                           op.getReassociationIndices());
  });
  return success();
}

static LogicalResult extractSlice(tensor::ExtractSliceOp op, Cotangents &c,
                                  GradientBuilder &b) {
  Value g = c.lookup(op), source = op.getSource();
  if (!g)
    return success();
  c.add(b, source, [&]() -> Value {
    Value zeros = b.filled(b.sizes(source), elementOf(g), 0.0);
    return tensor::InsertSliceOp::create(b, g, zeros, op.getMixedOffsets(),
                                         op.getMixedSizes(),
                                         op.getMixedStrides());
  });
  return success();
}

static LogicalResult insertSlice(tensor::InsertSliceOp op, Cotangents &c,
                                 GradientBuilder &b) {
  Value g = c.lookup(op), source = op.getSource();
  if (!g)
    return success();
  c.add(b, source, [&]() -> Value {
    return tensor::ExtractSliceOp::create(
        b, cotangentType(source, g), g, op.getMixedOffsets(),
        op.getMixedSizes(), op.getMixedStrides());
  });
  c.add(b, op.getDest(), [&]() -> Value {
    Value zeros = b.filled(b.sizes(source), elementOf(g), 0.0);
    return tensor::InsertSliceOp::create(
        b, b.castTo(zeros, cotangentType(source, g)), g, op.getMixedOffsets(),
        op.getMixedSizes(), op.getMixedStrides());
  });
  return success();
}

static LogicalResult concat(tensor::ConcatOp op, Cotangents &c,
                            GradientBuilder &b) {
  Value g = c.lookup(op);
  if (!g)
    return success();
  SmallVector<OpFoldResult> offsets(rankOf(g), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(rankOf(g), b.getIndexAttr(1));
  OpFoldResult &offset = offsets[op.getDim()];
  for (Value input : op.getInputs()) {
    SmallVector<OpFoldResult> sizes = b.sizes(input);
    c.add(b, input, [&]() -> Value {
      return tensor::ExtractSliceOp::create(b, cotangentType(input, g), g,
                                            offsets, sizes, strides);
    });
    offset = affine::makeComposedFoldedAffineApply(
        b, b.getLoc(), b.getAffineDimExpr(0) + b.getAffineDimExpr(1),
        {offset, sizes[op.getDim()]});
  }
  return success();
}

/// The sum of all elements.
static LogicalResult splat(tensor::SplatOp op, Cotangents &c,
                           GradientBuilder &b) {
  Value g = c.lookup(op);
  int64_t rank = rankOf(g);
  c.add(b, op.getInput(), [&]() -> Value {
    Value sum = b.generic(g, b.filled({}, elementOf(g), 0.0),
                          {b.getMultiDimIdentityMap(rank), b.map(rank, {})},
                          llvm::SmallBitVector(rank, true),
                          [&](ValueRange e) { return b.add(e[1], e[0]); });
    return tensor::ExtractOp::create(b, sum);
  });
  return success();
}

static LogicalResult extract(tensor::ExtractOp op, Cotangents &c,
                             GradientBuilder &b) {
  Value g = c.lookup(op), source = op.getTensor();
  if (!isa<FloatType>(elementOf(source)))
    return op.emitOpError()
           << "cannot be differentiated: expected floats, found "
           << source.getType();
  c.add(b, source, [&]() -> Value {
    return tensor::InsertOp::create(b, g, b.zerosLike(source), op.getIndices());
  });
  return success();
}

template <typename OpTy, GradientRule<OpTy> rule>
static void attach(MLIRContext *context) {
  OpTy::template attachInterface<GradientModel<OpTy, rule>>(*context);
}

void ternary::attachTensorGradients(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, tensor::TensorDialect *) {
    attach<tensor::CastOp, cast>(context);
    attach<tensor::CollapseShapeOp, collapse>(context);
    attach<tensor::ExpandShapeOp, expand>(context);
    attach<tensor::ExtractSliceOp, extractSlice>(context);
    attach<tensor::InsertSliceOp, insertSlice>(context);
    attach<tensor::ConcatOp, concat>(context);
    attach<tensor::SplatOp, splat>(context);
    attach<tensor::ExtractOp, extract>(context);
  });
}
