//===- Infer.cpp - bitlinear, embedding, rms_norm to linalg ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Linalg.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ternary;

namespace {

/// The pieces of one bitlinear. Its iterators are the tokens, then n, then k
/// (or the group).
class BitLinearLowering {
public:
  BitLinearLowering(BitLinearOp op, LinalgBuilder &b)
      : op(op), b(b), out(op.getInits()[0]), tokens(rankOf(out) - 1),
        accumulator(elementOf(op.getInput()).isInteger(8) ? Type(b.getI32Type())
                                                          : b.getF32Type()) {
    outShape = b.sizes(out);
    weightShape = {outShape.back(), b.sizes(op.getInput()).back()};
  }

  SmallVector<Value> run() {
    Value total;
    for (auto [i, weight] : llvm::enumerate(op.getWeights())) {
      Value trits = b.trits(weight, op.getPackingAttr(), weightShape);
      Value scale = op.getScales().empty() ? Value() : op.getScales()[i];
      Value part = component(trits, byRow(scale));
      total = total ? sum(total, part) : part;
    }
    if (elementOf(out).isInteger(32))
      return {total ? total : b.zeros(outShape, b.getI32Type())};
    return {finish(total ? total : b.zeros(outShape, b.getF32Type()))};
  }

private:
  AffineMap inputMap(int64_t numDims) {
    SmallVector<AffineExpr> exprs = b.dims(0, tokens);
    exprs.push_back(b.d(tokens + 1));
    return b.map(numDims, exprs);
  }
  AffineMap outMap(int64_t numDims) {
    return b.map(numDims, b.dims(0, tokens + 1));
  }

  /// sum_k input[..., k] * weight[n, k] into `acc`, written through `accMap`.
  Value contract(Value weight, Value acc, AffineMap accMap) {
    int64_t numDims = tokens + 2;
    AffineMap weightMap = b.map(numDims, {b.d(tokens), b.d(tokens + 1)});
    return b.generic({op.getInput(), weight}, acc,
                     {inputMap(numDims), weightMap, accMap}, {tokens + 1},
                     [&](ValueRange e) {
                       return b.add(e[2], b.mul(operand(e[0]), operand(e[1])));
                     });
  }

  /// A factor of a product in the type of the accumulator.
  Value operand(Value value) {
    if (isa<IntegerType>(accumulator))
      return arith::ExtSIOp::create(b, accumulator, value);
    return round(b.toF32(value));
  }
  Value round(Value value) {
    std::optional<Type> type = op.getRoundOperands();
    return type ? b.toF32(b.fromF32(value, *type)) : value;
  }

  /// As f32; a scale in blocks of rows as `[N, G]`, others as they are.
  Value byRow(Value scale) {
    if (!scale)
      return scale;
    scale = b.floatScales(scale);
    if (rankOf(scale) != 3)
      return scale;
    int64_t block = cast<ShapedType>(scale.getType()).getShape().back();
    AffineExpr n = b.d(0), group = b.d(1);
    SmallVector<OpFoldResult> shape{outShape.back(), b.sizes(scale)[1]};
    return b.generic({scale}, b.empty(shape, b.getF32Type()),
                     {b.map(2, {n.floorDiv(block), group, n % block}),
                      b.getMultiDimIdentityMap(2)},
                     {}, [](ValueRange e) { return e[0]; });
  }

  Value component(Value trits, Value scale) {
    int64_t numDims = tokens + 2;
    if (op.getRoundOperands())
      return contract(scaledWeight(trits, scale),
                      b.zeros(outShape, accumulator), outMap(numDims));
    if (scale && rankOf(scale) == 2)
      return grouped(trits, scale);
    Value dot =
        contract(trits, b.zeros(outShape, accumulator), outMap(numDims));
    if (elementOf(out).isInteger(32))
      return dot;
    int64_t outDims = tokens + 1;
    SmallVector<Value> inputs{dot};
    SmallVector<AffineMap> maps{outMap(outDims)};
    if (scale) {
      inputs.push_back(scale);
      maps.push_back(
          b.map(outDims, getScaleExprs(rankOf(scale), b.d(tokens), b.d(0), 1)));
    }
    maps.push_back(outMap(outDims));
    return b.generic(inputs, b.empty(outShape, b.getF32Type()), maps, {},
                     [&](ValueRange e) {
                       Value y = b.toF32(e[0]);
                       return scale ? b.mul(y, e[1]) : y;
                     });
  }

  /// scale * trit in f32; `operand` rounds it.
  Value scaledWeight(Value trits, Value scale) {
    if (!scale)
      return trits;
    AffineMap identity = b.getMultiDimIdentityMap(2);
    AffineMap scaleMap = b.map(2, getScaleExprs(rankOf(scale), b.d(0), b.d(1),
                                                op.getGroupSize().value_or(1)));
    return b.generic({trits, scale}, b.empty(weightShape, b.getF32Type()),
                     {identity, scaleMap, identity}, {},
                     [&](ValueRange e) { return b.mul(b.toF32(e[0]), e[1]); });
  }

  /// One sum per group, then the sum of those times their scales.
  Value grouped(Value trits, Value scale) {
    int64_t groupSize = *op.getGroupSize(), numDims = tokens + 2;
    SmallVector<OpFoldResult> shape(outShape);
    shape.push_back(b.ceilDiv(weightShape[1], groupSize));
    SmallVector<AffineExpr> byGroup = b.dims(0, tokens + 1);
    byGroup.push_back(b.d(tokens + 1).floorDiv(groupSize));
    Value sums =
        contract(trits, b.zeros(shape, accumulator), b.map(numDims, byGroup));
    AffineMap scaleMap = b.map(numDims, {b.d(tokens), b.d(tokens + 1)});
    return b.generic(
        {sums, scale}, b.zeros(outShape, b.getF32Type()),
        {b.getMultiDimIdentityMap(numDims), scaleMap, outMap(numDims)},
        {tokens + 1},
        [&](ValueRange e) { return b.add(e[2], b.mul(b.toF32(e[0]), e[1])); });
  }

  Value sum(Value x, Value y) {
    return b.elementwise({x, y}, b.empty(outShape, elementOf(x)),
                         [&](ValueRange e) { return b.add(e[0], e[1]); });
  }

  /// Times the activation scale, plus the bias, rounded.
  Value finish(Value total) {
    int64_t outDims = tokens + 1;
    SmallVector<Value> inputs{total};
    SmallVector<AffineMap> maps{outMap(outDims)};
    if (Value scale = op.getActivationScale()) {
      inputs.push_back(scale);
      maps.push_back(b.map(outDims, b.dims(0, tokens)));
    }
    if (Value bias = op.getBias()) {
      inputs.push_back(bias);
      maps.push_back(b.map(outDims, {b.d(tokens)}));
    }
    maps.push_back(outMap(outDims));
    return b.generic(inputs, out, maps, {}, [&](ValueRange e) {
      Value y = e[0];
      if (op.getActivationScale())
        y = b.mul(y, e[1]);
      if (op.getBias())
        y = b.add(y, b.toF32(e[inputs.size() - 1]));
      return b.fromF32(y, elementOf(out));
    });
  }

  BitLinearOp op;
  LinalgBuilder &b;
  Value out;
  int64_t tokens;
  Type accumulator;
  SmallVector<OpFoldResult> outShape, weightShape;
};

} // namespace

static SmallVector<Value> lowerBitLinear(BitLinearOp op, LinalgBuilder &b) {
  return BitLinearLowering(op, b).run();
}

static SmallVector<Value> lowerEmbedding(EmbeddingOp op, LinalgBuilder &b) {
  Value out = op.getInits()[0], ids = op.getIds();
  SmallVector<Value> shape = b.values(op.getMixedShape());
  Type type = elementOf(out);
  return {b.tabulate(out, [&](ValueRange at) {
    Value id = b.load(ids, at.drop_back());
    Value row = arith::IndexCastOp::create(b, b.getIndexType(), id);
    auto read = [&] {
      Value trit =
          b.tritAt(op.getTable(), op.getPackingAttr(), shape, row, at.back());
      Value value = b.toF32(trit);
      if (Value scales = op.getScales())
        value = b.mul(value, b.scaleAt(scales, row, at.back(),
                                       op.getGroupSize().value_or(1)));
      return b.fromF32(value, type);
    };
    auto zero = [&]() -> Value {
      return arith::ConstantOp::create(b, b.getZeroAttr(type));
    };
    // A negative index is a huge unsigned one.
    Value inside = b.compare(arith::CmpIPredicate::ult, row, shape[0]);
    return b.ifElse(inside, read, zero);
  })};
}

/// sqrt(mean(x^2) + eps) of each token.
static Value rootMeanSquare(LinalgBuilder &b, Value input, double eps) {
  int64_t rank = rankOf(input);
  SmallVector<OpFoldResult> shape = b.sizes(input);
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap tokenMap = b.map(rank, b.dims(0, rank - 1));
  Value squares =
      b.generic(input, b.zeros(ArrayRef(shape).drop_back(), b.getF32Type()),
                {identity, tokenMap}, {rank - 1}, [&](ValueRange e) {
                  Value x = b.toF32(e[0]);
                  return b.add(e[1], b.mul(x, x));
                });
  Value width = b.dim(input, rank - 1);
  Value count = b.toF32(arith::IndexCastOp::create(b, b.getI64Type(), width));
  return b.elementwise(
      squares, b.empty(ArrayRef(shape).drop_back(), b.getF32Type()),
      [&](ValueRange e) -> Value {
        Value mean = arith::DivFOp::create(b, e[0], count);
        return math::SqrtOp::create(b, b.add(mean, b.constF32(eps)));
      });
}

/// The weight of rms_norm (or its backward) at column `k`.
template <typename OpTy>
static Value normWeightAt(OpTy op, LinalgBuilder &b, ValueRange shape,
                          Value k) {
  Value weight = op.getWeight();
  if (elementOf(weight).isF32())
    return b.load(weight, k);
  Value zero = b.constIndex(0);
  Value w = b.toF32(b.tritAt(weight, op.getPackingAttr(), shape, zero, k));
  if (!op.getScales())
    return w;
  return b.mul(
      w, b.scaleAt(op.getScales(), zero, k, op.getGroupSize().value_or(1)));
}

static SmallVector<Value> lowerRMSNorm(RMSNormOp op, LinalgBuilder &b) {
  Value input = op.getInput(), out = op.getInits()[0];
  int64_t rank = rankOf(input);
  Value rms = rootMeanSquare(b, input, op.getEps().convertToDouble());
  SmallVector<Value> weightShape{b.constIndex(1), b.dim(input, rank - 1)};
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap tokenMap = b.map(rank, b.dims(0, rank - 1));
  return {b.generic(
      {input, rms}, out, {identity, tokenMap, identity}, {}, [&](ValueRange e) {
        Value y = arith::DivFOp::create(b, b.toF32(e[0]), e[1]);
        y = b.toF32(b.fromF32(y, elementOf(input)));
        if (op.getWeight())
          y = b.mul(y, normWeightAt(op, b, weightShape, b.index(rank - 1)));
        return b.fromF32(y, elementOf(out));
      })};
}

static SmallVector<Value> lowerRMSNormBackward(RMSNormBackwardOp op,
                                               LinalgBuilder &b) {
  Value input = op.getInput(), grad = op.getGrad();
  int64_t rank = rankOf(input);
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap tokenMap = b.map(rank, b.dims(0, rank - 1));
  AffineMap widthMap = b.map(rank, {b.d(rank - 1)});
  SmallVector<Value> weightShape{b.constIndex(1), b.dim(input, rank - 1)};
  auto weighted = [&](Value g) {
    return b.mul(g, normWeightAt(op, b, weightShape, b.index(rank - 1)));
  };
  Value rms = rootMeanSquare(b, input, op.getEps().convertToDouble());
  Value width = b.dim(input, rank - 1);
  Value count = b.toF32(arith::IndexCastOp::create(b, b.getI64Type(), width));
  auto normalized = [&](Value x, Value r) -> Value {
    return arith::DivFOp::create(b, x, r);
  };
  Value dots = b.generic(
      {input, grad, rms}, b.zeros(b.sizes(rms), b.getF32Type()),
      {identity, identity, tokenMap, tokenMap}, {rank - 1}, [&](ValueRange e) {
        return b.add(e[3], b.mul(weighted(e[1]), normalized(e[0], e[2])));
      });
  Value gradInput =
      b.generic({input, grad, rms, dots}, op.getInits()[0],
                {identity, identity, tokenMap, tokenMap, identity}, {},
                [&](ValueRange e) -> Value {
                  Value mean = arith::DivFOp::create(b, e[3], count);
                  Value along = b.mul(normalized(e[0], e[2]), mean);
                  return arith::DivFOp::create(
                      b, arith::SubFOp::create(b, weighted(e[1]), along), e[2]);
                });
  if (op.getInits().size() == 1)
    return {gradInput};
  SmallVector<int64_t> tokens =
      llvm::to_vector(llvm::seq<int64_t>(0, rank - 1));
  Value zeroWeight =
      linalg::FillOp::create(b, b.constF32(0.0), op.getInits()[1]).getResult(0);
  Value gradWeight = b.generic(
      {input, grad, rms}, zeroWeight, {identity, identity, tokenMap, widthMap},
      tokens, [&](ValueRange e) {
        return b.add(e[3], b.mul(e[1], normalized(e[0], e[2])));
      });
  return {gradInput, gradWeight};
}

void ternary::populateInferToLinalg(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerTensorOp<BitLinearOp>>(context, lowerBitLinear);
  patterns.add<LowerTensorOp<EmbeddingOp>>(context, lowerEmbedding);
  patterns.add<LowerTensorOp<RMSNormOp>>(context, lowerRMSNorm);
  patterns.add<LowerTensorOp<RMSNormBackwardOp>>(context, lowerRMSNormBackward);
}

void ternary::attachInferDecompositions(MLIRContext *context) {
  RMSNormOp::attachInterface<DecomposeModel<RMSNormOp, lowerRMSNorm>>(*context);
  RMSNormBackwardOp::attachInterface<
      DecomposeModel<RMSNormBackwardOp, lowerRMSNormBackward>>(*context);
}
