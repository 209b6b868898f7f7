//===- Quantize.cpp - From floats to trits and scales ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Linalg.h"

using namespace mlir;
using namespace ternary;

/// The number of elements that `alpha` averages at index `at`, as f32.
static Value countAt(LinalgBuilder &b, AbsmeanOp op, ValueRange at) {
  Value rows = b.dim(op.getInput(), 0), columns = b.dim(op.getInput(), 1);
  Value count = columns;
  if (at.empty()) {
    count = arith::MulIOp::create(b, rows, columns);
  } else if (at.size() == 2) {
    Value size = b.constIndex(*op.getGroupSize());
    Value first = arith::MulIOp::create(b, at[1], size);
    Value rest = arith::SubIOp::create(b, columns, first);
    count = arith::MinUIOp::create(b, rest, size);
  }
  return b.toF32(arith::IndexCastOp::create(b, b.getI64Type(), count));
}

static SmallVector<Value> lowerAbsmean(AbsmeanOp op, LinalgBuilder &b) {
  Value out = op.getInits()[0];
  int64_t rank = rankOf(out);
  AffineMap scaleMap = b.map(
      2, getScaleExprs(rank, b.d(0), b.d(1), op.getGroupSize().value_or(1)));
  SmallVector<int64_t> reductions{1};
  if (rank == 0)
    reductions = {0, 1};
  Value sums = b.generic(
      op.getInput(), b.zeros(b.sizes(out), b.getF32Type()),
      {b.getMultiDimIdentityMap(2), scaleMap}, reductions,
      [&](ValueRange e) { return b.add(e[1], b.abs(b.toF32(e[0]))); });
  Value eps = b.constF32(op.getEps().convertToDouble());
  return {b.elementwise(sums, out, [&](ValueRange e) {
    SmallVector<Value> at;
    for (int64_t i = 0; i < rank; ++i)
      at.push_back(b.index(i));
    Value count = countAt(b, op, at);
    Value mean = arith::DivFOp::create(b, e[0], count);
    // An empty extent has the mean 0 / 0, but the value eps.
    Value isEmpty =
        b.compare(arith::CmpFPredicate::OEQ, count, b.constF32(0.0));
    return b.max(b.select(isEmpty, b.constF32(0.0), mean), eps);
  })};
}

/// clamp(round(x), -1, 1), 0 for NaN, as i8.
static Value roundToTrit(LinalgBuilder &b, Value x) {
  Value rounded = math::RoundEvenOp::create(b, x);
  return b.fromF32(b.nanToZero(b.clamp(rounded, -1.0, 1.0)), b.getI8Type());
}

static SmallVector<Value> lowerTernarize(TernarizeOp op, LinalgBuilder &b) {
  Value out = op.getInits()[0];
  if (op.getMethod() == Method::Threshold) {
    Value threshold = b.constF32(op.getThreshold()->convertToDouble());
    return {b.elementwise(op.getInput(), out, [&](ValueRange e) {
      Value w = b.toF32(e[0]);
      Value above = b.compare(arith::CmpFPredicate::OGT, b.abs(w), threshold);
      return b.select(above, b.signOf(w), b.constInt(b.getI8Type(), 0));
    })};
  }
  AffineMap identity = b.getMultiDimIdentityMap(2);
  AffineMap scaleMap =
      b.map(2, getScaleExprs(rankOf(op.getScales()), b.d(0), b.d(1),
                             op.getGroupSize().value_or(1)));
  return {b.generic({op.getInput(), op.getScales()}, out,
                    {identity, scaleMap, identity}, {}, [&](ValueRange e) {
                      Value alpha = e[1];
                      if (op.getMethod() == Method::LSQ)
                        alpha = b.max(
                            alpha, b.constF32(op.getEps().convertToDouble()));
                      Value w = b.toF32(e[0]);
                      return roundToTrit(b, arith::DivFOp::create(b, w, alpha));
                    })};
}

/// Q = 2^(bits-1) - 1.
static double largestLevel(int64_t bits) {
  return double((int64_t(1) << (bits - 1)) - 1);
}

static SmallVector<Value> lowerQuantizeActivation(QuantizeActivationOp op,
                                                  LinalgBuilder &b) {
  Value input = op.getInput(), quantized = op.getInits()[0],
        scale = op.getInits()[1];
  int64_t rank = rankOf(input);
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap tokenMap = b.map(rank, b.dims(0, rank - 1));
  Value largest =
      b.generic(input, b.zeros(b.sizes(scale), b.getF32Type()),
                {identity, tokenMap}, {rank - 1}, [&](ValueRange e) {
                  return b.max(e[1], b.abs(b.toF32(e[0])));
                });
  Value eps = b.constF32(op.getEps().convertToDouble());
  Value absmax = b.elementwise(largest, b.empty(b.sizes(scale), b.getF32Type()),
                               [&](ValueRange e) { return b.max(e[0], eps); });
  double level = largestLevel(op.getBits());
  Value q =
      b.generic({input, absmax}, quantized, {identity, tokenMap, identity}, {},
                [&](ValueRange e) {
                  Value x = arith::DivFOp::create(b, b.toF32(e[0]), e[1]);
                  x = math::RoundEvenOp::create(b, b.mul(x, b.constF32(level)));
                  x = b.nanToZero(b.clamp(x, -level, level));
                  return b.fromF32(x, elementOf(quantized));
                });
  Value s = b.elementwise(absmax, scale, [&](ValueRange e) -> Value {
    if (op.getScaleForm() == ScaleForm::Absmax)
      return e[0];
    return arith::DivFOp::create(b, e[0], b.constF32(level));
  });
  return {q, s};
}

static SmallVector<Value> lowerDequantizeActivation(DequantizeActivationOp op,
                                                    LinalgBuilder &b) {
  int64_t rank = rankOf(op.getInput());
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap tokenMap = b.map(rank, b.dims(0, rank - 1));
  return {b.generic({op.getInput(), op.getScales()}, op.getInits()[0],
                    {identity, tokenMap, identity}, {}, [&](ValueRange e) {
                      Value q = b.toF32(e[0]);
                      if (op.getScaleForm() == ScaleForm::Absmax)
                        q = arith::DivFOp::create(
                            b, q, b.constF32(largestLevel(op.getBits())));
                      return b.mul(q, e[1]);
                    })};
}

/// Whether magnitude `x` is smaller than `y`; NaN is largest.
static Value isSmaller(LinalgBuilder &b, Value x, Value y) {
  Value less = b.compare(arith::CmpFPredicate::OLT, x, y);
  Value xIsNumber = b.compare(arith::CmpFPredicate::ORD, x, x);
  Value yIsNaN = b.compare(arith::CmpFPredicate::UNO, y, y);
  return arith::OrIOp::create(b, less,
                              arith::AndIOp::create(b, xIsNumber, yIsNaN));
}

static SmallVector<Value> lowerSparsify(SparsifyOp op, LinalgBuilder &b) {
  Value input = op.getInput();
  Value keys = op.getMagnitude() ? op.getMagnitude() : input;
  Value columns = b.dim(input, 1);
  auto keyAt = [&](Value n, Value k) {
    return b.abs(b.toF32(b.load(keys, {n, k})));
  };
  // An entry stays if at least m - n entries of its block are zeroed before it.
  return {b.elementwise(input, op.getInits()[0], [&](ValueRange e) {
    Value n = b.index(0), k = b.index(1);
    Value m = b.constIndex(op.getM());
    Value key = keyAt(n, k);
    Value start = arith::SubIOp::create(b, k, arith::RemUIOp::create(b, k, m));
    auto count = [&](OpBuilder &, Location, Value j, ValueRange before) {
      Value column = arith::AddIOp::create(b, start, j);
      Value inside = b.compare(arith::CmpIPredicate::ult, column, columns);
      Value other = b.ifElse(
          inside, [&] { return keyAt(n, column); },
          [&] { return b.constF32(0.0); });
      Value smaller = isSmaller(b, other, key),
            larger = isSmaller(b, key, other);
      Value first = b.compare(arith::CmpIPredicate::ult, column, k);
      Value tie = arith::AndIOp::create(
          b, first,
          arith::XOrIOp::create(b, arith::OrIOp::create(b, smaller, larger),
                                b.constInt(b.getI1Type(), 1)));
      Value goes = arith::OrIOp::create(b, smaller, tie);
      Value one = arith::IndexCastUIOp::create(b, b.getIndexType(), goes);
      scf::YieldOp::create(
          b, ValueRange{arith::AddIOp::create(b, before[0], one)});
    };
    Value zero = b.constIndex(0);
    auto loop = scf::ForOp::create(
        b, zero, m, b.constIndex(1), ValueRange{zero},
        [&](OpBuilder &nested, Location loc, Value j, ValueRange before) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(nested.getInsertionBlock());
          count(nested, loc, j, before);
        });
    Value stays = b.compare(arith::CmpIPredicate::uge, loop.getResult(0),
                            b.constIndex(op.getM() - op.getN()));
    Value none = arith::ConstantOp::create(b, b.getZeroAttr(elementOf(input)));
    return b.select(stays, e[0], none);
  })};
}

static SmallVector<Value> lowerNonzeroMask(NonzeroMaskOp op, LinalgBuilder &b) {
  Value out = op.getInits()[0];
  Value trits = b.trits(op.getWeight(), op.getPackingAttr(), b.sizes(out));
  return {b.elementwise(trits, out, [&](ValueRange e) {
    return b.compare(arith::CmpIPredicate::ne, e[0],
                     b.constInt(b.getI8Type(), 0));
  })};
}

static SmallVector<Value> lowerDecompose(DecomposeOp op, LinalgBuilder &b) {
  Value residual = op.getInput(), trits = op.getInits()[0],
        scales = op.getInits()[1];
  SmallVector<OpFoldResult> shape = b.sizes(residual);
  bool perRow = rankOf(scales) == 2;
  SmallVector<OpFoldResult> scaleShape;
  if (perRow)
    scaleShape.push_back(shape[0]);
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  AffineMap identity = b.getMultiDimIdentityMap(2);
  AffineMap scaleMap = b.map(2, getScaleExprs(perRow, b.d(0), b.d(1), 1));
  int64_t components = cast<ShapedType>(trits.getType()).getDimSize(0);
  for (int64_t c = 0; c < components; ++c) {
    Value scaleInit = b.empty(scaleShape, b.getF32Type());
    Value gamma = AbsmeanOp::create(b, scaleInit.getType(), residual, scaleInit,
                                    op.getEpsAttr(), IntegerAttr())
                      .getResult(0);
    Value tritInit = b.empty(shape, b.getI8Type());
    Value component =
        TernarizeOp::create(b, TypeRange(tritInit.getType()), residual, gamma,
                            ValueRange(tritInit),
                            MethodAttr::get(b.getContext(), Method::Round),
                            FloatAttr(), op.getEpsAttr(), IntegerAttr())
            .getResult(0);
    residual =
        b.generic({residual, component, gamma}, b.empty(shape, b.getF32Type()),
                  {identity, identity, scaleMap, identity}, {},
                  [&](ValueRange e) -> Value {
                    Value part = b.mul(e[2], b.toF32(e[1]));
                    return arith::SubFOp::create(b, e[0], part);
                  });
    OpFoldResult at = b.getIndexAttr(c);
    trits = tensor::InsertSliceOp::create(
        b, component, trits, ArrayRef<OpFoldResult>{at, zero, zero},
        ArrayRef<OpFoldResult>{one, shape[0], shape[1]},
        ArrayRef<OpFoldResult>{one, one, one});
    SmallVector<OpFoldResult> offsets{at}, extents{one}, strides{one};
    if (perRow) {
      offsets.push_back(zero);
      extents.push_back(shape[0]);
      strides.push_back(one);
    }
    scales = tensor::InsertSliceOp::create(b, gamma, scales, offsets, extents,
                                           strides);
  }
  return {trits, scales};
}

/// The five indicators of deadzone_stats for a weight, in the op's order.
static SmallVector<Value> classify(LinalgBuilder &b, DeadzoneStatsOp op,
                                   Value w, Value alpha) {
  Value ratio = arith::DivFOp::create(b, w, alpha);
  Value trit = roundToTrit(b, ratio);
  auto isTrit = [&](int64_t value) {
    return b.compare(arith::CmpIPredicate::eq, trit,
                     b.constInt(b.getI8Type(), value));
  };
  double band = op.getBand().convertToFloat();
  Value r = b.abs(ratio);
  Value distance = b.abs(arith::SubFOp::create(b, r, b.constF32(0.5)));
  Value boundary =
      b.compare(arith::CmpFPredicate::OLT, distance, b.constF32(band));
  Value inner =
      b.compare(arith::CmpFPredicate::OLT, r,
                arith::SubFOp::create(b, b.constF32(0.5), b.constF32(band)));
  Value nonzero = b.compare(arith::CmpFPredicate::UNE, w, b.constF32(0.0));
  return {isTrit(-1), isTrit(0), isTrit(1), boundary,
          arith::AndIOp::create(b, nonzero, inner)};
}

static SmallVector<Value> lowerDeadzoneStats(DeadzoneStatsOp op,
                                             LinalgBuilder &b) {
  Value input = op.getInput();
  Value scalar = b.empty({}, b.getF32Type());
  Value alpha = AbsmeanOp::create(b, scalar.getType(), input, scalar,
                                  op.getEpsAttr(), IntegerAttr())
                    .getResult(0);
  // Exact counts; f32 would lose ones above 2^24.
  SmallVector<Value> counters(5, b.zeros({}, b.getI64Type()));
  SmallVector<AffineMap> maps(7, b.map(2, {}));
  maps[0] = b.getMultiDimIdentityMap(2);
  SmallVector<utils::IteratorType> iterators(2, utils::IteratorType::reduction);
  auto count = linalg::GenericOp::create(
      b, TypeRange(ValueRange(counters)), ValueRange{input, alpha}, counters,
      maps, iterators, [&](OpBuilder &nested, Location, ValueRange e) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(nested.getInsertionBlock());
        SmallVector<Value> next;
        for (auto [is, before] :
             llvm::zip(classify(b, op, e[0], e[1]), e.drop_front(2)))
          next.push_back(
              b.add(before, arith::ExtUIOp::create(b, b.getI64Type(), is)));
        linalg::YieldOp::create(b, next);
      });
  Value total = arith::MulIOp::create(b, b.dim(input, 0), b.dim(input, 1));
  // An empty matrix has no share of anything: 0 / 1.
  total = arith::MaxUIOp::create(b, total, b.constIndex(1));
  Value whole = b.toF32(arith::IndexCastOp::create(b, b.getI64Type(), total));
  SmallVector<Value> stats{b.load(alpha, {})};
  for (Value counter : count.getResults())
    stats.push_back(
        arith::DivFOp::create(b, b.toF32(b.load(counter, {})), whole));
  Value result = op.getInits()[0];
  for (auto [i, stat] : llvm::enumerate(stats))
    result = tensor::InsertOp::create(b, stat, result, b.constIndex(i));
  return {result};
}

void ternary::populateQuantizeToLinalg(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerTensorOp<AbsmeanOp>>(context, lowerAbsmean);
  patterns.add<LowerTensorOp<TernarizeOp>>(context, lowerTernarize);
  patterns.add<LowerTensorOp<QuantizeActivationOp>>(context,
                                                    lowerQuantizeActivation);
  patterns.add<LowerTensorOp<DequantizeActivationOp>>(
      context, lowerDequantizeActivation);
  patterns.add<LowerTensorOp<SparsifyOp>>(context, lowerSparsify);
  patterns.add<LowerTensorOp<NonzeroMaskOp>>(context, lowerNonzeroMask);
  patterns.add<LowerTensorOp<DecomposeOp>>(context, lowerDecompose);
  patterns.add<LowerTensorOp<DeadzoneStatsOp>>(context, lowerDeadzoneStats);
}

void ternary::attachQuantizeDecompositions(MLIRContext *context) {
  DecomposeOp::attachInterface<DecomposeModel<DecomposeOp, lowerDecompose>>(
      *context);
  DeadzoneStatsOp::attachInterface<
      DecomposeModel<DeadzoneStatsOp, lowerDeadzoneStats>>(*context);
}
