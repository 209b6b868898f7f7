//===- Train.cpp - The GPU kernels of gradients to weights ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Signs of sums of gradient [M, N] and activations [M, K] over the tokens m. A
// block of threads stores its tile of signs, or multiplies it with trits and
// adds what that gives for each group of columns, without a matrix [N, K].
// Groups may lie in more than one tile: they are added to by integer atomics,
// which give the same sum in any order.
//
//===----------------------------------------------------------------------===//

#include "FloatProduct.h"
#include "GPUKernels.h"
#include "TritRun.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

static LogicalResult buildGradSign(GPUKernelBuilder &b, GradSignOp op) {
  Value out = op.getInits()[0];
  CopiedSlabs grad(op.getGrad()), input(op.getInput());
  FloatProduct product(b, grad, input);
  auto finish = [&](ArrayRef<Value> sums) {
    product.forEachRun([&](int64_t i, Value row, Value column) {
      b.storeInside(
          b.signOf(sums[i]), out,
          {b.add(product.firstRow, row), b.add(product.firstColumn, column)},
          hasWholeVectors(out, 4));
    });
  };
  product.launch([] {}, finish);
  return success();
}

namespace {

class CorrelationKernel {
public:
  CorrelationKernel(GPUKernelBuilder &b, AccumulateCorrelationOp op)
      : b(b), op(op), grad(op.getSource()[0]), input(op.getSource()[1]),
        product(b, grad, input),
        // No row has more columns: a larger group is the whole row as well.
        groupSize(std::min<int64_t>(op.getGroupSize(), int64_t(1) << 40)) {
    SmallVector<OpFoldResult> extents = op.getMixedShape();
    for (OpFoldResult extent : extents)
      shape.push_back(getValueOrCreateConstantIndexOp(b, b.getLoc(), extent));
    amount = op.getAmount() ? Value(op.getAmount())
                            : b.constant(b.getI64Type(), int64_t(1));
  }

  void run() {
    auto finish = [&](ArrayRef<Value> sums) {
      storeProducts(sums);
      b.barrier();
      int64_t groups = groupsPerTile();
      b.loop(
          product.thread, b.index(groups * kTile), Slab::kThreads,
          [&](Value i) { addGroup(b.floorDiv(i, groups), b.rem(i, groups)); });
      b.ifThen(isFirstThread(), [&] { countStep(); });
    };
    product.launch([&] { keepTrits(); }, finish,
                   FloatProduct::kRuns * Slab::kThreads * kTritRun);
    // Without a weight there is no thread.
    Value numWeights = b.mul(shape[0], shape[1]);
    b.ifElse(
        b.compare(arith::CmpIPredicate::eq, numWeights, b.index(0)),
        [&] { b.launchThreads(b.index(1), [&](Value) { countStep(); }); },
        [] {});
  }

private:
  static constexpr int64_t kTile = Slab::kColumns;

  /// Of which a tile has columns.
  int64_t groupsPerTile() const {
    return kTile % groupSize == 0 ? kTile / groupSize
                                  : (kTile - 2) / groupSize + 2;
  }

  /// Neighbours of the same group whose products are one number.
  int64_t grain() const { return groupSize % kTritRun == 0 ? kTritRun : 1; }
  /// Any two bytes have a product in i16. Rows begin in different banks.
  Value products() {
    if (grain() == 1)
      return b.sharedView(b.getI16Type(), {kTile, kTile + 2});
    return b.sharedView(b.getI32Type(), {kTile, kTile / grain() + 1});
  }

  /// [run][thread][trit]: a thread reads its own.
  Value trits() {
    return b.sharedView(b.getI8Type(),
                        {FloatProduct::kRuns, Slab::kThreads, kTritRun},
                        FloatProduct::kBytes);
  }

  void keepTrits() {
    auto type = VectorType::get(kTritRun, b.getI8Type());
    product.forEachRun([&](int64_t i, Value row, Value column) {
      Value n = b.add(product.firstRow, row);
      n = b.min(n, b.sub(shape[0], b.index(1)));
      Values four = loadTrits(b, op.getWeight(), op.getPackingAttr(), shape, n,
                              b.add(product.firstColumn, column));
      vector::StoreOp::create(
          b, vector::FromElementsOp::create(b, type, four), trits(),
          ValueRange{b.index(i), product.thread, b.index(0)},
          /*nontemporal=*/false, llvm::MaybeAlign(kTritRun));
    });
  }

  /// products[row, column / grain] = the sum of sign * trit, of which there is
  /// none behind the last column: activations are 0 there, and so are signs.
  void storeProducts(ArrayRef<Value> sums) {
    Value buffer = products();
    Type element = elementOf(buffer);
    auto type = VectorType::get(kTritRun, b.getI8Type());
    product.forEachRun([&](int64_t i, Value row, Value column) {
      Value four = vector::LoadOp::create(
          b, type, trits(), ValueRange{b.index(i), product.thread, b.index(0)},
          /*nontemporal=*/false, llvm::MaybeAlign(kTritRun));
      Value sum = b.zero(element);
      for (int64_t e = 0; e < kTritRun; ++e) {
        Value x = vector::ExtractOp::create(b, sums[i], e);
        Value trit = vector::ExtractOp::create(b, four, e);
        sum = addSigned(sum, x, b.cast(trit, element));
        if (grain() != 1)
          continue;
        b.store(sum, buffer, {row, b.add(column, e)});
        sum = b.zero(element);
      }
      if (grain() != 1)
        b.store(sum, buffer, {row, b.floorDiv(column, grain())});
    });
  }

  /// sum + sign(x) * trit.
  Value addSigned(Value sum, Value x, Value trit) {
    Value zero = b.zero(x.getType());
    Value above = b.compare(arith::CmpFPredicate::OGT, x, zero);
    Value below = b.compare(arith::CmpFPredicate::OLT, x, zero);
    Value less = b.select(below, b.sub(sum, trit), sum);
    return b.select(above, b.add(sum, trit), less);
  }

  /// Adds what the tile has of a row's group, the `part`-th in it.
  void addGroup(Value row, Value part) {
    Value n = b.add(product.firstRow, row), first = product.firstColumn;
    Value group = b.add(b.floorDiv(first, groupSize), part);
    Value start = b.mul(group, groupSize);
    Value begin = arith::MaxUIOp::create(b, start, first);
    Value end = b.min(b.add(start, groupSize), b.add(first, kTile));
    end = b.min(end, shape[1]);
    auto isBelow = [&](Value x, Value limit) {
      return b.compare(arith::CmpIPredicate::ult, x, limit);
    };
    Value inside =
        arith::AndIOp::create(b, isBelow(n, shape[0]), isBelow(begin, end));
    b.ifThen(inside, [&] {
      Value buffer = products(), zero = b.zero(b.getI32Type());
      auto add = [&](Value i, ValueRange sum) -> Values {
        Value x = b.load(buffer, {row, i});
        return {b.add(sum[0], b.cast(x, b.getI32Type()))};
      };
      auto place = [&](Value column) {
        return b.ceilDiv(b.sub(column, first), grain());
      };
      Value score = b.loop(place(begin), place(end), 1, zero, add)[0];
      // Of any order the sum is the same, and nothing waits for it.
      Value change = b.mul(b.cast(score, b.getI64Type()), amount);
      b.atomicAdd(b.sub(b.zero(change.getType()), change), op.getInits()[0],
                  {n, group});
    });
  }

  Value isFirstThread() {
    Value place =
        b.add(b.add(product.firstRow, product.firstColumn), product.thread);
    return b.compare(arith::CmpIPredicate::eq, place, b.index(0));
  }

  void countStep() {
    Value step = op.getInits()[1];
    Values at(rankOf(step), b.index(0));
    Value count = math::AbsIOp::create(b, amount);
    b.store(b.add(b.load(step, at), count), step, at);
  }

  GPUKernelBuilder &b;
  AccumulateCorrelationOp op;
  CopiedSlabs grad, input;
  FloatProduct product;
  int64_t groupSize;
  Values shape;
  Value amount;
};

} // namespace

static LogicalResult buildAccumulateCorrelation(GPUKernelBuilder &b,
                                                AccumulateCorrelationOp op) {
  if (!isStreamed(op))
    return failure();
  CorrelationKernel(b, op).run();
  return success();
}

bool ternary::isStreamed(AccumulateCorrelationOp op) {
  return op.getSource().size() == 2;
}

void ternary::populateTrainGPUKernels(RewritePatternSet &patterns,
                                      const GPUShapes &shapes) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerToGPUKernel<GradSignOp>>(context, buildGradSign, shapes);
  patterns.add<LowerToGPUKernel<AccumulateCorrelationOp>>(
      context, buildAccumulateCorrelation, shapes);
}
