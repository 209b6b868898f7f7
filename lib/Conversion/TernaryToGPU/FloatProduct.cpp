//===- FloatProduct.cpp - Products of f32 matrices on the GPU -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A block of 256 threads computes 128 x 128 sums, 8 x 8 of them per thread:
//
//   begin the first slabs of 16 rows m in a ring of stages
//   for each slab
//     wait for it, for all threads
//     for each m of it: 64 fused multiply-adds of 8 and 8 floats
//     meanwhile begin a later slab, and end it
//
// Slabs are copied asynchronously, or loaded into registers by `begin` and
// stored by `end`, so that either is on its way while others are multiplied.
//
//===----------------------------------------------------------------------===//

#include "FloatProduct.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

bool ternary::hasWholeVectors(Value memref, int64_t count) {
  auto type = cast<MemRefType>(memref.getType());
  int64_t last = type.getShape().back();
  return type.getLayout().isIdentity() && !ShapedType::isDynamic(last) &&
         last % count == 0;
}

Values CopiedSlabs::begin(GPUKernelBuilder &b, const Slab &slab) {
  int64_t width = hasWholeVectors(memref, 4) ? 4 : 1;
  for (int64_t i = 0; i < Slab::kRows * Slab::kColumns;
       i += Slab::kThreads * width) {
    Value place = b.add(b.mul(slab.thread, width), i);
    Value row = b.floorDiv(place, Slab::kColumns);
    Value column = b.rem(place, Slab::kColumns);
    Value m = b.add(slab.firstRow, row), n = b.add(slab.firstColumn, column);
    Value inside = arith::AndIOp::create(
        b, b.compare(arith::CmpIPredicate::ult, m, numRows(b)),
        b.compare(arith::CmpIPredicate::ult, n, numColumns(b)));
    b.copyAsync(memref, {m, n}, slab.memory,
                {slab.stage, slab.operand, row, column}, 4 * width, inside);
  }
  return {};
}

void FloatProduct::launch(function_ref<void()> prepare,
                          function_ref<void(ArrayRef<Value>)> finish,
                          int64_t extraBytes) {
  Value blocks = b.ceilDiv(sources[0]->numColumns(b), Slab::kColumns);
  Value blocksY = b.ceilDiv(sources[1]->numColumns(b), Slab::kColumns);
  auto body = [&](const GPUKernelBuilder::Place &at) {
    thread = at.thread;
    split = b.rem(at.block, splits);
    firstRow = b.mul(b.floorDiv(at.block, splits), Slab::kColumns);
    firstColumn = b.mul(at.blockY, Slab::kColumns);
    memory =
        b.sharedView(b.getF32Type(), {kStages, 2, Slab::kRows, Slab::kColumns});
    placeThread();
    Values sums = multiply(prepare);
    NVVM::CpAsyncWaitGroupOp::create(b, 0);
    b.barrier();
    finish(sums);
  };
  b.launch(b.mul(blocks, splits), blocksY, Slab::kThreads, body,
           {kBytes + extraBytes});
}

void FloatProduct::placeThread() {
  Value warp = b.floorDiv(thread, kWarp), lane = b.rem(thread, kWarp);
  // Neighbours have the same columns, pairs of them the same rows: an access to
  // the banks serves half a warp.
  Value laneRow = b.add(b.rem(lane, 2), b.mul(b.floorDiv(lane, 16), 2));
  Value laneColumn = b.rem(b.floorDiv(lane, 2), 8);
  row = b.add(b.mul(b.rem(warp, 4), 2 * kRowStep), b.mul(laneRow, kRun));
  column = b.add(b.mul(b.floorDiv(warp, 4), 2 * kColumnStep),
                 b.mul(laneColumn, kRun));
}

Values FloatProduct::multiply(function_ref<void()> prepare) {
  Value numSlabs = b.ceilDiv(sources[0]->numRows(b), Slab::kRows);
  Value perSplit = b.ceilDiv(numSlabs, splits);
  Value first = b.mul(split, perSplit);
  Value end = b.min(b.add(first, perSplit), numSlabs);
  // Without a row there is nothing that could be loaded.
  b.ifThen(b.compare(arith::CmpIPredicate::ult, first, end), [&] {
    for (int64_t i = 0; i + 1 < kStages; ++i) {
      Slabs slabs = getSlabs(b.add(first, i), b.index(i));
      endSlabs(slabs, beginSlabs(slabs));
    }
  });
  prepare();
  Values init(kRuns, b.zero(VectorType::get(kRun, b.getF32Type())));
  init.push_back(b.index(0));
  Values result =
      b.loop(first, end, 1, init, [&](Value number, ValueRange carried) {
        Values sums(carried.drop_back());
        Value stage = carried.back();
        multiplySlab(number, stage, sums);
        sums.push_back(stepStage(stage, 1));
        return sums;
      });
  result.pop_back();
  return result;
}

/// `count` stages on in the ring.
Value FloatProduct::stepStage(Value stage, int64_t count) {
  Value isBehind =
      b.compare(arith::CmpIPredicate::uge, stage, b.index(kStages - count));
  return b.select(isBehind, b.sub(stage, b.index(kStages - count)),
                  b.add(stage, count));
}

FloatProduct::Slabs FloatProduct::getSlabs(Value number, Value stage) {
  Value row = b.mul(number, Slab::kRows);
  return {Slab{thread, row, firstRow, memory, stage, b.index(0)},
          Slab{thread, row, firstColumn, memory, stage, b.index(1)}};
}

FloatProduct::Loaded FloatProduct::beginSlabs(const Slabs &slabs) {
  Loaded loaded;
  for (int64_t operand : {0, 1})
    loaded[operand] = sources[operand]->begin(b, slabs[operand]);
  NVVM::CpAsyncCommitGroupOp::create(b);
  return loaded;
}

void FloatProduct::endSlabs(const Slabs &slabs, const Loaded &loaded) {
  for (int64_t operand : {0, 1})
    sources[operand]->end(b, slabs[operand], loaded[operand]);
}

void FloatProduct::multiplySlab(Value number, Value stage, Values &sums) {
  NVVM::CpAsyncWaitGroupOp::create(b, kStages - 2);
  // All threads have left the stage that is filled next.
  b.barrier();
  Slabs later =
      getSlabs(b.add(number, kStages - 1), stepStage(stage, kStages - 1));
  Loaded loaded;
  for (int64_t m = 0; m < Slab::kRows; ++m) {
    // Not at once, so that all warps can multiply behind the barrier.
    if (m == Slab::kRows / 4)
      loaded = beginSlabs(later);
    multiplyRow(stage, m, sums);
  }
  endSlabs(later, loaded);
}

void FloatProduct::multiplyRow(Value stage, int64_t m, Values &sums) {
  auto type = VectorType::get(kRun, b.getF32Type());
  auto load = [&](int64_t operand, Value at) -> Value {
    return vector::LoadOp::create(
        b, type, memory, ValueRange{stage, b.index(operand), b.index(m), at},
        /*nontemporal=*/false, llvm::MaybeAlign(16));
  };
  Values left{load(0, row), load(0, b.add(row, kRowStep))};
  Values right{load(1, column), load(1, b.add(column, kColumnStep))};
  for (int64_t i = 0; i < kRuns; ++i) {
    int64_t element = i / 2;
    Value x =
        vector::ExtractOp::create(b, left[element / kRun], element % kRun);
    sums[i] =
        LLVM::FMAOp::create(b, b.broadcast(x, kRun), right[i % 2], sums[i]);
  }
}

void FloatProduct::forEachRun(Body body) {
  for (int64_t i = 0; i < kRuns; ++i) {
    int64_t element = i / 2;
    Value y = b.add(row, element / kRun * kRowStep + element % kRun);
    body(i, y, b.add(column, i % 2 * kColumnStep));
  }
}
