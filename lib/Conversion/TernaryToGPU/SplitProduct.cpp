//===- SplitProduct.cpp - grad_input by the tensor cores ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A gradient is the sum of three bf16, and so is a scale, hence a weight. Of
// the nine products of their parts the least three are left out.
// A block of 256 threads computes 128 x 128 sums:
//
//   for each slab of 64 rows n, of which two are in shared memory
//     wait for it, for all threads
//     wgmma of each pair of parts, both operands from shared memory
//     meanwhile copy the parts of the next gradients, decode the next weights
//     add what the slab gives by f32 that is rounded, where tensor cores cut
//
// A thread decodes four columns k of eight rows n, so that it stores 16 bytes
// of a column at once.
//
//===----------------------------------------------------------------------===//

#include "SplitProduct.h"
#include "TritRun.h"
#include "Wgmma.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Bytes of a part of an operand in a slab.
constexpr int64_t kPartBytes = SplitProduct::kTile * kSlabBytes;
/// 16 bytes of a row, and the rows n in them.
constexpr int64_t kChunks = kSlabBytes / 16;
constexpr int64_t kChunkRows = SplitProduct::kRows / kChunks;

static Value word(GPUKernelBuilder &b, Value index) {
  return arith::IndexCastOp::create(b, b.getI32Type(), index);
}

SplitProduct::SplitProduct(GPUKernelBuilder &b, ScaledWeights &weights,
                           Value grad, int64_t splits)
    : b(b), weights(weights), grad(grad), splits(splits),
      weightParts(weights.hasScales() ? kFloatParts : 1) {}

int64_t SplitProduct::stageBytes() const {
  return (kFloatParts + weightParts) * kPartBytes;
}

void SplitProduct::launch(Finish finish) {
  gradParts = splitRows(b, /*allowsNext=*/true, grad,
                        b.alignTo(weights.rowCount(), kRows));
  Value blocks = b.ceilDiv(b.dim(grad, 0), kTile);
  Value blocksY = b.ceilDiv(weights.columnCount(), kTile);
  auto body = [&](const GPUKernelBuilder::Place &at) {
    thread = at.thread;
    split = b.rem(at.block, splits);
    firstRow = b.mul(b.floorDiv(at.block, splits), kTile);
    firstColumn = b.mul(at.blockY, kTile);
    base = swizzledBase(b);
    finish(multiply());
  };
  b.overlapLaunches([&] {
    b.launch(b.mul(blocks, splits), blocksY, kThreads, body,
             {kStages * stageBytes() + kSwizzleBytes});
  });
  b.free(gradParts);
}

/// The sums of the thread's runs.
Values SplitProduct::multiply() {
  Value numSlabs = b.ceilDiv(weights.rowCount(), kRows);
  Value perSplit = b.ceilDiv(numSlabs, splits);
  Value first = b.mul(split, perSplit);
  Value end = b.min(b.add(first, perSplit), numSlabs);
  // Without a row there is nothing that could be loaded.
  auto ifAny = [&](function_ref<void()> then) {
    b.ifThen(b.compare(arith::CmpIPredicate::ult, first, end), then);
  };
  ifAny([&] { storeWeights(first, b.index(0)); });
  b.waitForLastLaunch();
  ifAny([&] { copyGradients(first, b.index(0)); });
  Values init(kNumSums, b.zero(b.getF32Type()));
  Values sums =
      b.loop(first, end, 1, init, [&](Value slab, ValueRange carried) {
        Values sums(carried);
        Value stage = b.rem(b.sub(slab, first), kStages);
        // Behind the last slab it is copied again.
        Value next = b.min(b.add(slab, 1), b.sub(end, b.index(1)));
        multiplySlab(stage, next, sums);
        return sums;
      });
  auto type = VectorType::get(kRun, b.getF32Type());
  Values runs;
  for (int64_t i = 0; i < kNumSums; i += kRun)
    runs.push_back(vector::FromElementsOp::create(
        b, type, ArrayRef<Value>(sums).slice(i, kRun)));
  return runs;
}

/// sums += the product of the slab in a stage; the other stage gets the next.
void SplitProduct::multiplySlab(Value stage, Value next, Values &sums) {
  NVVM::CpAsyncWaitGroupOp::create(b, 0);
  publishSlabs(b);
  // The slab is there for all threads, and the one before it free.
  b.barrier();
  Values products = startProducts(stage);
  Value other = b.sub(b.index(kStages - 1), stage);
  copyGradients(next, other);
  storeWeights(next, other);
  waitForProducts(b, 0, products);
  for (auto [sum, product] : llvm::zip(sums, products))
    sum = b.addf(sum, product);
}

Value SplitProduct::gradientAddress(Value stage) {
  return b.add(base, word(b, b.mul(stage, stageBytes())));
}

Value SplitProduct::weightAddress(Value stage) {
  return b.add(gradientAddress(stage),
               b.constant(b.getI32Type(), kFloatParts * kPartBytes));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Pairs of parts of gradient and weight, small products first: each sum is cut
/// where it is largest.
static SmallVector<std::pair<int64_t, int64_t>> getPairs(int64_t weightParts) {
  SmallVector<std::pair<int64_t, int64_t>> pairs;
  for (int64_t sum = kFloatParts - 1; sum >= 0; --sum)
    for (int64_t part = 0; part < std::min(sum + 1, weightParts); ++part)
      pairs.push_back({sum - part, part});
  return pairs;
}

/// The products of a stage, by the tensor cores, which go on until
/// `waitForProducts`.
Values SplitProduct::startProducts(Value stage) {
  std::string text = "{\n.reg .pred none, all;\n.reg .b64 left, right;\n"
                     "setp.ne.u32 none, 0, 0;\nsetp.eq.u32 all, 0, 0;\n"
                     "wgmma.fence.sync.aligned;\n";
  auto offset = [](int64_t part, int64_t step) {
    return (part * kPartBytes + step * 32) >> 4;
  };
  std::string sums = listOperands(0, kNumSums), added = "none";
  for (auto [gradPart, weightPart] : getPairs(weightParts))
    for (int64_t step = 0; step < kSteps; ++step) {
      text += llvm::formatv(
          "add.s64 left, ${0}, {1};\nadd.s64 right, ${2}, {3};\n"
          "wgmma.mma_async.sync.aligned.m64n{4}k16.f32.bf16.bf16 {5}, left, "
          "right, {6}, 1, 1, 0, 0;\n",
          kNumSums, offset(gradPart, step), kNumSums + 1,
          offset(weightPart, step), kTile, sums, added);
      added = "all";
    }
  text += "wgmma.commit_group.sync.aligned;\n}";
  std::string constraints;
  for (int64_t i = 0; i < kNumSums; ++i)
    constraints += "=f,";
  // A group of warps has half of the tokens.
  Value group = b.floorDiv(thread, kGroupWarps * kWarp);
  Value tokens = word(b, b.mul(group, kTile / 2 * kSlabBytes));
  Values operands{describeSlab(b, b.add(gradientAddress(stage), tokens)),
                  describeSlab(b, weightAddress(stage))};
  return b.assembly(text, constraints + "l,l", b.getF32Type(), kNumSums,
                    operands);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// Starts the copies of a slab. Tokens behind the last one are copies of it.
void SplitProduct::copyGradients(Value slab, Value stage) {
  Value chunk = b.rem(thread, kChunks), first = b.floorDiv(thread, kChunks);
  Value last = b.sub(b.dim(grad, 0), b.index(1));
  Value column = b.add(b.mul(slab, kRows), b.mul(chunk, kChunkRows));
  Value address =
      b.add(gradientAddress(stage), word(b, swizzledPlace(b, first, chunk)));
  constexpr int64_t kStep = kThreads / kChunks;
  for (int64_t i = 0; i < kTile; i += kStep) {
    Value token = b.add(firstRow, b.add(first, i));
    Value row = b.mul(b.min(token, last), kFloatParts);
    for (int64_t part = 0; part < kFloatParts; ++part)
      b.copyAsync(
          gradParts, {b.add(row, part), column},
          b.add(address, b.constant(b.getI32Type(),
                                    part * kPartBytes + i * kSlabBytes)));
  }
  NVVM::CpAsyncCommitGroupOp::create(b);
}

/// The scale of a row, 0 behind the last one.
Value SplitProduct::loadScaleInside(Value n, Value k) {
  Value last = b.sub(weights.rowCount(), b.index(1));
  Value scale = weights.loadScale(b.min(n, last), k);
  if (!scale)
    scale = b.constant(b.getF32Type(), 1.0);
  return b.select(b.compare(arith::CmpIPredicate::ule, n, last), scale,
                  b.zero(scale.getType()));
}

/// Those of two rows from `n` on.
Value SplitProduct::loadScales(Value n, Value k) {
  Values scales{loadScaleInside(n, k), loadScaleInside(b.add(n, 1), k)};
  return vector::FromElementsOp::create(b, VectorType::get(2, b.getF32Type()),
                                        scales);
}

/// Two halves as a word.
static Value wordOfHalves(GPUKernelBuilder &b, Value halves) {
  Value words =
      vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), halves);
  return vector::ExtractOp::create(b, words, 0);
}

SplitProduct::ScalePair SplitProduct::splitScales(Value scales) {
  Values parts = b.splitFloat(scales);
  parts.truncate(weightParts);
  for (Value &part : parts)
    part = wordOfHalves(b, part);
  if (!weights.hasScales())
    return {parts, Value()};
  Value zeros = b.mulf(scales, b.zero(scales.getType()));
  return {parts, wordOfHalves(b, b.cast(zeros, b.getBF16Type()))};
}

/// The parts of two rows' scale times trit.
Values SplitProduct::multiplyTrits(const ScalePair &scales, Value first,
                                   Value second) {
  Values halves{b.cast(first, b.getI16Type()), b.cast(second, b.getI16Type())};
  Value trits =
      wordOfHalves(b, vector::FromElementsOp::create(
                          b, VectorType::get(2, b.getI16Type()), halves));
  auto constant = [&](uint32_t bits) {
    return b.constant(b.getI32Type(), int64_t(int32_t(bits)));
  };
  Value signs = arith::AndIOp::create(b, trits, constant(0x80008000));
  Value lowest = arith::AndIOp::create(b, trits, constant(0x00010001));
  Value isOther = b.mulWords(lowest, 0xFFFF);
  Values products;
  for (Value part : scales.parts) {
    Value size = arith::AndIOp::create(b, part, isOther);
    products.push_back(arith::XOrIOp::create(b, size, signs));
  }
  if (scales.zeros) {
    Value isZero = arith::XOrIOp::create(b, isOther, constant(0xFFFFFFFF));
    Value zeros = arith::AndIOp::create(b, scales.zeros, isZero);
    products.back() = arith::OrIOp::create(b, products.back(), zeros);
  }
  return products;
}

void SplitProduct::storeWeights(Value slab, Value stage) {
  // Lanes beside each other have other rows, and so other banks.
  Value chunk = b.rem(thread, kChunks);
  Value column = b.mul(b.floorDiv(thread, kChunks), kTritRun);
  Value n = b.add(b.mul(slab, kRows), b.mul(chunk, kChunkRows));
  Value k = b.add(firstColumn, column);
  Value last = b.sub(weights.rowCount(), b.index(1));
  // [part][column][pair of rows]
  SmallVector<std::array<Values, kTritRun>> words(weightParts);
  for (int64_t i = 0; i < kChunkRows; i += 2) {
    Value row = b.add(n, i);
    Values first = weights.loadTrits(b.min(row, last), k);
    Values second = weights.loadTrits(b.min(b.add(row, 1), last), k);
    ScalePair scales = splitScales(loadScales(row, k));
    for (int64_t c = 0; c < kTritRun; ++c) {
      Values products = multiplyTrits(scales, first[c], second[c]);
      for (auto [part, product] : llvm::enumerate(products))
        words[part][c].push_back(product);
    }
  }
  for (int64_t c = 0; c < kTritRun; ++c) {
    Value place = word(b, swizzledPlace(b, b.add(column, c), chunk));
    Value address = b.add(weightAddress(stage), place);
    for (int64_t part = 0; part < weightParts; ++part)
      b.storeShared(
          words[part][c],
          b.add(address, b.constant(b.getI32Type(), part * kPartBytes)));
  }
}

void SplitProduct::forEachRun(Body body) {
  // A warp has 16 tokens; sums as wgmma gives them.
  Value warp = b.floorDiv(thread, kWarp), lane = b.rem(thread, kWarp);
  Value token = b.add(b.mul(warp, 16), b.floorDiv(lane, 4));
  Value column = b.mul(b.rem(lane, 4), kRun);
  for (int64_t i = 0; i < kNumSums / kRun; ++i)
    body(i, b.add(token, i % 2 * 8), b.add(column, i / 2 * 8));
}
