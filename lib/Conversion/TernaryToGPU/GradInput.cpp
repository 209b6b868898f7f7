//===- GradInput.cpp - grad_input on the GPU ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// The product of gradients [M, N] and weights [N, K], over the rows n of the
// weights, which are decoded and scaled on their way to shared memory, so that
// no matrix of floats [N, K] is built: by tensor cores (SplitProduct) or, on
// other chips and for other types, by FloatProduct, which gets gradients
// transposed. For a few tokens the weights stay in registers: StripProduct, or
// a warp has some rows, a lane four columns of them. Where tiles of the result
// are few, blocks share the rows n, and a second kernel adds what they have, in
// order.
//
//===----------------------------------------------------------------------===//

#include "GradInput.h"
#include "FloatProduct.h"
#include "SplitProduct.h"
#include "StripProduct.h"
#include "TritRun.h"

#include "../TernaryToVector/Kernel.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

Value isBelow(GPUKernelBuilder &b, Value x, Value end) {
  return b.compare(arith::CmpIPredicate::ult, x, end);
}

Value last(GPUKernelBuilder &b, Value count) {
  return b.sub(count, b.index(1));
}

/// Gradients [M, N], by rows n.
class GradSlabs : public SlabSource {
public:
  GradSlabs(ScaledWeights &weights, Value grad)
      : weights(weights), grad(grad) {}

  Value numRows(GPUKernelBuilder &b) override { return b.dim(grad, 1); }
  Value numColumns(GPUKernelBuilder &b) override { return b.dim(grad, 0); }

  /// A thread has eight neighbours of a token.
  Values begin(GPUKernelBuilder &b, const Slab &slab) override {
    Value token = b.add(slab.firstColumn, column(b, slab));
    token = b.min(token, last(b, numColumns(b)));
    int64_t width = hasWholeVectors(grad, 4) ? 4 : 1;
    Values result;
    for (int64_t i = 0; i < kElements; i += width) {
      Value n = b.add(slab.firstRow, b.add(row(b, slab), i));
      Value at = b.min(n, b.sub(numRows(b), b.index(width)));
      auto type = VectorType::get(width, elementOf(grad));
      int64_t bytes = width * type.getElementTypeBitWidth() / 8;
      Value g = vector::LoadOp::create(b, type, grad, ValueRange{token, at},
                                       /*nontemporal=*/false,
                                       llvm::MaybeAlign(bytes));
      g = b.cast(g, b.getF32Type());
      g = weights.round(g);
      g = b.select(isBelow(b, n, numRows(b)), g, b.zero(g.getType()));
      for (int64_t e = 0; e < width; ++e)
        result.push_back(vector::ExtractOp::create(b, g, e));
    }
    return result;
  }

  void end(GPUKernelBuilder &b, const Slab &slab, ValueRange loaded) override {
    for (auto [i, g] : llvm::enumerate(loaded))
      b.store(g, slab.memory,
              {slab.stage, slab.operand, b.add(row(b, slab), int64_t(i)),
               column(b, slab)});
  }

private:
  static constexpr int64_t kElements =
      Slab::kRows * Slab::kColumns / Slab::kThreads;
  static constexpr int64_t kPerColumn = Slab::kRows / kElements;

  Value column(GPUKernelBuilder &b, const Slab &slab) {
    return b.floorDiv(slab.thread, kPerColumn);
  }
  Value row(GPUKernelBuilder &b, const Slab &slab) {
    return b.mul(b.rem(slab.thread, kPerColumn), kElements);
  }

  ScaledWeights &weights;
  Value grad;
};

/// scale * trit, for FloatProduct.
class WeightSlabs : public SlabSource {
public:
  WeightSlabs(ScaledWeights &weights) : weights(weights) {}

  Value numRows(GPUKernelBuilder &) override { return weights.rowCount(); }
  Value numColumns(GPUKernelBuilder &) override {
    return weights.columnCount();
  }

  /// A thread has runs of four columns of a row.
  Values begin(GPUKernelBuilder &b, const Slab &slab) override {
    Value n = b.add(slab.firstRow, row(b, slab));
    Value inside = isBelow(b, n, weights.rowCount());
    Values result;
    for (int64_t run = 0; run < Slab::kColumns; run += kStep) {
      Value first = b.add(slab.firstColumn, column(b, slab, run));
      result.append(weights.load(n, first, inside));
    }
    return result;
  }

  void end(GPUKernelBuilder &b, const Slab &slab, ValueRange loaded) override {
    auto type = VectorType::get(kTritRun, b.getF32Type());
    for (int64_t run = 0; run < Slab::kColumns; run += kStep) {
      ValueRange own = loaded.slice(run / kStep * kTritRun, kTritRun);
      Value four = vector::FromElementsOp::create(b, type, own);
      vector::StoreOp::create(b, four, slab.memory,
                              ValueRange{slab.stage, slab.operand, row(b, slab),
                                         column(b, slab, run)},
                              /*nontemporal=*/false, llvm::MaybeAlign(16));
    }
  }

private:
  static constexpr int64_t kPerRow = Slab::kThreads / Slab::kRows;
  /// From a thread's run to its next one.
  static constexpr int64_t kStep = kPerRow * kTritRun;

  Value row(GPUKernelBuilder &b, const Slab &slab) {
    return b.floorDiv(slab.thread, kPerRow);
  }
  Value column(GPUKernelBuilder &b, const Slab &slab, int64_t run) {
    return b.add(b.mul(b.rem(slab.thread, kPerRow), kTritRun), run);
  }

  ScaledWeights &weights;
};

class GradInputKernel {
public:
  GradInputKernel(GPUKernelBuilder &b, GradInputOp op, Value grad, Value out)
      : b(b), op(op), grad(grad), out(out), numTokens(b.dim(out, 0)),
        numRows(b.dim(grad, 1)), numColumns(b.dim(out, 1)),
        weights(b, op, numRows, numColumns) {}

  void run() {
    Value few =
        b.compare(arith::CmpIPredicate::ule, numTokens, b.index(kFewTokens));
    b.ifElse(few, [&] { multiplyFew(); }, [&] { multiplyMany(); });
  }

private:
  //===--------------------------------------------------------------------===//
  // Many tokens
  //===--------------------------------------------------------------------===//

  void multiplyMany() {
    bool isSplit = isForSplitProduct();
    int64_t splits = chooseSplits(isSplit);
    Value parts = splits == 1 ? Value() : allocateParts(splits);
    if (isSplit) {
      SplitProduct product(b, weights, grad, splits);
      product.launch(
          [&](ArrayRef<Value> sums) { storeSums(product, sums, parts); });
    } else {
      GradSlabs gradients(weights, grad);
      WeightSlabs slabs(weights);
      FloatProduct product(b, gradients, slabs, splits);
      product.launch(
          [] {},
          [&](ArrayRef<Value> sums) { storeSums(product, sums, parts); });
    }
    if (parts)
      addParts(parts, splits);
  }

  bool isForSplitProduct() {
    return isForHopper(op) && elementOf(grad).isF32() &&
           !op.getRoundOperands() && weights.sharesScale();
  }

  /// So many that blocks fill the multiprocessors of an H100 or H200, of which
  /// each holds two or only one, but each has some slabs.
  int64_t chooseSplits(bool isSplit) {
    ArrayRef<int64_t> shape = cast<MemRefType>(out.getType()).getShape();
    int64_t rows = cast<MemRefType>(grad.getType()).getDimSize(1);
    if (ShapedType::isDynamicShape(shape) || ShapedType::isDynamic(rows))
      return 4;
    static_assert(Slab::kColumns == SplitProduct::kTile);
    int64_t tiles = llvm::divideCeil(shape[0], Slab::kColumns) *
                    llvm::divideCeil(shape[1], Slab::kColumns);
    constexpr int64_t kProcessors = 132, kLeastRows = 128;
    int64_t blocks = isSplit ? kProcessors : 2 * kProcessors;
    int64_t most = std::min<int64_t>(8, llvm::divideCeil(rows, kLeastRows));
    return std::clamp<int64_t>(blocks / std::max<int64_t>(tiles, 1), 1,
                               std::max<int64_t>(most, 1));
  }

  /// Stores the runs of a tile: the result, or a split's part of it.
  template <typename Product>
  void storeSums(Product &product, ArrayRef<Value> sums, Value parts) {
    product.forEachRun([&](int64_t i, Value row, Value column) {
      Value token = b.add(product.firstRow, row);
      Value at = b.add(product.firstColumn, column);
      b.ifThen(isBelow(b, token, numTokens), [&] {
        if (parts)
          storeRun(sums[i], parts,
                   {b.add(b.mul(product.split, numTokens), token), at});
        else
          storeRun(b.cast(sums[i], elementOf(out)), out, {token, at});
      });
    });
  }

  void storeRun(Value run, Value to, ValueRange at) {
    int64_t count = cast<VectorType>(run.getType()).getNumElements();
    b.storeInside(run, to, at, hasWholeVectors(to, count));
  }

  //===--------------------------------------------------------------------===//
  // A few
  //===--------------------------------------------------------------------===//

  static constexpr int64_t kFewTokens = 8;
  static constexpr int64_t kWarps = 8;
  static constexpr int64_t kFewSplits = 16;
  static constexpr int64_t kFewColumns = kWarp * kTritRun;
  /// That a warp loads before it multiplies the first.
  static constexpr int64_t kRowsAtOnce = 4;

  /// Of which there are sums.
  int64_t fewTokens() {
    int64_t tokens = cast<MemRefType>(out.getType()).getDimSize(0);
    return ShapedType::isDynamic(tokens) ? kFewTokens
                                         : std::max<int64_t>(tokens, 1);
  }

  void multiplyFew() {
    if (StripProduct::takes(op))
      return multiplyStrips();
    Value parts = allocateParts(kFewSplits);
    Value blocks = b.ceilDiv(numColumns, kFewColumns);
    Value any = b.min(numTokens, b.index(1));
    b.launch(blocks, b.mul(any, kFewSplits), kWarps * kWarp,
             [&](const GPUKernelBuilder::Place &at) {
               multiplyRows(at, b.mul(at.block, kFewColumns), parts);
             });
    addParts(parts, kFewSplits);
  }

  void multiplyStrips() {
    StripProduct product(b, weights, grad);
    int64_t splits = product.numSplits();
    Value parts = splits == 1 ? Value() : allocateParts(splits);
    product.launch(
        numTokens, [&](Value sum, Value split, Value token, Value column) {
          if (!parts)
            return b.store(b.cast(sum, elementOf(out)), out, {token, column});
          Value row = b.add(b.mul(split, numTokens), token);
          b.store(sum, parts, {row, column});
        });
    if (!parts)
      return;
    if (isForHopper(op))
      b.overlapLaunches([&] { addParts(parts, splits); });
    else
      addParts(parts, splits);
  }

  void multiplyRows(const GPUKernelBuilder::Place &at, Value firstColumn,
                    Value parts) {
    Value warp = b.floorDiv(at.thread, kWarp), lane = b.rem(at.thread, kWarp);
    Value column = b.add(firstColumn, b.mul(lane, kTritRun));
    Value perWarp = b.ceilDiv(numRows, kFewSplits * kWarps);
    Value first = b.mul(b.add(b.mul(at.blockY, kWarps), warp), perWarp);
    Value end = b.min(b.add(first, perWarp), numRows);
    auto type = VectorType::get(kTritRun, b.getF32Type());
    Values init(fewTokens(), b.zero(type));
    Values sums = b.loop(first, end, kRowsAtOnce, init,
                         [&](Value row, ValueRange carried) {
                           Values next(carried);
                           for (int64_t i = 0; i < kRowsAtOnce; ++i)
                             addRow(b.add(row, i), end, column, next);
                           return next;
                         });
    Value buffer = b.shared(b.getF32Type(), {kWarps, fewTokens(), kFewColumns});
    for (auto [token, sum] : llvm::enumerate(sums))
      b.store(sum, buffer, {warp, b.index(token), b.mul(lane, kTritRun)});
    b.barrier();
    b.loop(at.thread, b.index(fewTokens() * kFewColumns), kWarps * kWarp,
           [&](Value i) {
             addWarps(buffer, b.floorDiv(i, kFewColumns), b.rem(i, kFewColumns),
                      firstColumn, at.blockY, parts);
           });
  }

  /// sums[token] += gradient * weight of a row below `end`.
  void addRow(Value n, Value end, Value column, Values &sums) {
    Value inside = isBelow(b, n, end);
    auto type = VectorType::get(kTritRun, b.getF32Type());
    Value four = vector::FromElementsOp::create(
        b, type, weights.load(n, column, inside));
    for (auto [token, sum] : llvm::enumerate(sums)) {
      Values at{b.min(b.index(token), last(b, numTokens)),
                b.min(n, last(b, numRows))};
      Value g = b.cast(b.load(grad, at), b.getF32Type());
      // Behind the last row another warp's gradient may be infinite.
      g = b.select(inside, weights.round(g), b.zero(g.getType()));
      sum = LLVM::FMAOp::create(b, b.broadcast(g, kTritRun), four, sum);
    }
  }

  void addWarps(Value buffer, Value token, Value place, Value firstColumn,
                Value split, Value parts) {
    Value column = b.add(firstColumn, place);
    Value inside = arith::AndIOp::create(b, isBelow(b, token, numTokens),
                                         isBelow(b, column, numColumns));
    b.ifThen(inside, [&] {
      Value sum = b.load(buffer, {b.index(0), token, place});
      for (int64_t warp = 1; warp < kWarps; ++warp)
        sum = b.addf(sum, b.load(buffer, {b.index(warp), token, place}));
      b.store(sum, parts, {b.add(b.mul(split, numTokens), token), column});
    });
  }

  //===--------------------------------------------------------------------===//
  // Splits
  //===--------------------------------------------------------------------===//

  /// A matrix of the result for each split, one behind the other.
  Value allocateParts(int64_t splits) {
    int64_t columns = cast<MemRefType>(out.getType()).getDimSize(1);
    auto type =
        MemRefType::get({ShapedType::kDynamic, columns}, b.getF32Type());
    Values sizes{b.mul(numTokens, splits)};
    if (ShapedType::isDynamic(columns))
      sizes.push_back(numColumns);
    return memref::AllocOp::create(b, type, sizes);
  }

  /// Stores the sums of the parts, and frees them.
  void addParts(Value parts, int64_t splits) {
    b.launchThreads(b.mul(numTokens, numColumns), [&](Value i) {
      b.waitForLastLaunch();
      Value token = arith::DivUIOp::create(b, i, numColumns);
      Value column = b.sub(i, b.mul(token, numColumns));
      Value sum = b.load(parts, {token, column});
      for (int64_t split = 1; split < splits; ++split) {
        Value row = b.add(b.mul(numTokens, split), token);
        sum = b.addf(sum, b.load(parts, {row, column}));
      }
      b.store(b.cast(sum, elementOf(out)), out, {token, column});
    });
    b.free(parts);
  }

  GPUKernelBuilder &b;
  GradInputOp op;
  Value grad, out, numTokens, numRows, numColumns;
  ScaledWeights weights;
};

LogicalResult buildGradInput(GPUKernelBuilder &b, GradInputOp op) {
  if (!isForFloatProduct(op))
    return failure();
  Value grad = asMatrix(b, op.getGrad()), out = asMatrix(b, op.getInits()[0]);
  GradInputKernel(b, op, grad, out).run();
  return success();
}

} // namespace

Values ScaledWeights::loadTrits(Value n, Value first) {
  return ternary::loadTrits(b, op.getWeight(), op.getPackingAttr(),
                            {rows, columns}, n, first);
}

Values ScaledWeights::load(Value n, Value first, Value inside) {
  n = b.min(n, last(b, rows));
  Values trits = loadTrits(n, first);
  Value scale;
  for (auto [i, trit] : llvm::enumerate(trits)) {
    if (i == 0 || !sharesScale())
      scale = loadScale(n, b.add(first, int64_t(i)));
    Value w = b.cast(trit, b.getF32Type());
    if (scale)
      w = b.mulf(w, scale);
    w = round(w);
    trit = b.select(inside, w, b.zero(w.getType()));
  }
  return trits;
}

Value ScaledWeights::round(Value value) {
  std::optional<Type> type = op.getRoundOperands();
  return type ? b.cast(b.cast(value, *type), b.getF32Type()) : value;
}

bool ScaledWeights::sharesScale() {
  return !op.getGroupSize() || *op.getGroupSize() % kTritRun == 0;
}

Value ScaledWeights::loadScale(Value n, Value k) {
  Value scales = op.getScales();
  if (!scales)
    return Value();
  Value group;
  if (isGrouped(scales))
    group = b.floorDiv(b.min(k, last(b, columns)), *op.getGroupSize());
  return toScale(b, b.load(scales, scaleIndex(b, scales, n, group)));
}

bool ternary::isForFloatProduct(GradInputOp op) {
  return isMatrix(op.getGrad()) && isMatrix(op.getInits()[0]);
}

void ternary::populateGradInputGPUKernels(RewritePatternSet &patterns,
                                          const GPUShapes &shapes) {
  patterns.add<LowerToGPUKernel<GradInputOp>>(patterns.getContext(),
                                              buildGradInput, shapes);
}
