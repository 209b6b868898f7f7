//===- Prefill.cpp - bitlinear of many tokens on the GPU ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Weights in `gpu_tile2k`, multiplied by the tensor cores of sm_90a: the left
// operand of wgmma is taken from registers, where a warp's 16 bytes per lane
// become four fragments of 16 rows and 32 columns; the right one, activations
// of many tokens, from shared memory. A block of threads computes 64 rows per
// group of four warps, for a tile of tokens:
//
//   start copying the first slabs of 128 columns into a ring of stages
//   for each slab
//     wait for it and the next one's weights, for all threads
//     four wgmma, from registers and the slab's stage
//     meanwhile: copy a later slab, take the next one's digits apart
//   add up what groups of warps computed of the same rows, each from slabs of
//   its own
//   scale, bias, round; through shared memory, so that rows are stored together
//
//===----------------------------------------------------------------------===//

#include "GPUKernels.h"

#include "../TernaryToVector/Kernel.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

constexpr int64_t kTileRows = kGPUTileRows;
/// Columns of a slab: as many bytes of a token as the swizzle of wgmma spans.
constexpr int64_t kSlab = kGPUTileColumns;
/// Warps that execute a wgmma together.
constexpr int64_t kGroupWarps = 4;
/// Bytes of weights of a warp's slab.
constexpr int64_t kTileBytes = 512;
constexpr int64_t kSwizzleBytes = 1024;

/// A shape, and what follows from it.
struct Block : PrefillShape {
  Block(PrefillShape shape) : PrefillShape(shape) {}

  /// Of a split.
  int64_t threads() const { return groups * kGroupWarps * kWarp; }
  int64_t rows() const { return groups * kGroupWarps * kTileRows; }
  int64_t inputBytes() const { return tokens * kSlab; }
  int64_t stageBytes() const {
    return inputBytes() + groups * kGroupWarps * kTileBytes;
  }
  int64_t ringBytes() const { return stages * stageBytes(); }
};

/// The multiprocessors of the chips that have wgmma, nearly all of them.
constexpr int64_t kProcessors = 120;

/// How full the multiprocessors of an H100 or H200 are with so many blocks,
/// `perProcessor` at a time, over all rounds.
double getLoad(int64_t blocks, int64_t perProcessor) {
  int64_t places = 132 * perProcessor;
  return double(blocks) / double(llvm::alignTo(blocks, places));
}

/// Blocks for all multiprocessors first: fewer rows or tokens per block, and
/// splits of the columns, where a layer has few. Measured on an H200
/// (docs/rationale.md).
PrefillShape chooseShape(int64_t rows, int64_t tokens) {
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(tokens))
    return {2, 1, 128, 4};
  auto blocks = [&](int64_t blockRows, int64_t blockTokens) {
    return int64_t(llvm::divideCeil(rows, blockRows) *
                   llvm::divideCeil(tokens, blockTokens));
  };
  if (tokens <= 32)
    return {1, blocks(64, 32) > kProcessors ? 2 : 4, 32, 6};
  if (tokens <= 64)
    return {1, blocks(64, 64) > kProcessors ? 1 : 2, 64, 6};
  if (tokens <= 256)
    return blocks(64, 128) >= kProcessors ? PrefillShape{1, 1, 128, 6}
                                          : PrefillShape{1, 2, 64, 6};
  // Two large blocks fit a multiprocessor, or three of half the rows.
  bool fillsLarge =
      getLoad(blocks(128, 128), 2) >= 0.8 * getLoad(blocks(64, 128), 3);
  if (blocks(128, 128) >= 2 * kProcessors && fillsLarge)
    return {2, 1, 128, 4};
  if (blocks(128, 128) < 2 * kProcessors && blocks(128, 64) >= 2 * kProcessors)
    return {2, 1, 64, 6};
  return {1, 1, 128, 4};
}

class PrefillKernel {
public:
  PrefillKernel(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out)
      : b(b), op(op), input(input), out(out), weight(op.getWeights()[0]),
        shape(b.shapes.prefill.value_or(
            chooseShape(cast<MemRefType>(out.getType()).getDimSize(1),
                        cast<MemRefType>(out.getType()).getDimSize(0)))) {}

  void run() {
    Value rowTiles = b.dim(weight, 0);
    Value blocks = b.ceilDiv(rowTiles, shape.groups * kGroupWarps);
    Value blocksY = b.ceilDiv(b.dim(out, 0), shape.tokens);
    b.launch(
        blocks, blocksY, shape.splits * shape.threads(),
        [&](const GPUKernelBuilder::Place &at) { runBlock(at); },
        shape.splits * shape.ringBytes() + kSwizzleBytes);
  }

private:
  using Place = GPUKernelBuilder::Place;

  Value word(int64_t value) { return b.constant(b.getI32Type(), value); }
  Value word(Value index) {
    return arith::IndexCastOp::create(b, b.getI32Type(), index);
  }

  void runBlock(const Place &at) {
    split = b.floorDiv(at.thread, shape.threads());
    thread = b.rem(at.thread, shape.threads());
    lane = b.rem(thread, kWarp);
    warp = b.floorDiv(thread, kWarp);
    numSlabs = b.dim(weight, 1);
    firstToken = b.mul(at.blockY, shape.tokens);
    firstRow = b.mul(at.block, shape.rows());
    rowTile = b.add(b.floorDiv(firstRow, kTileRows), warp);
    // Stages begin where the swizzle does.
    Value unaligned = b.add(b.sharedBase(), word(kSwizzleBytes - 1));
    base = arith::AndIOp::create(b, unaligned, word(-kSwizzleBytes));
    base = b.add(base, b.mulWords(word(split), shape.ringBytes()));
    Values sums = multiply();
    // The rings are free from here on.
    b.barrier();
    if (shape.splits == 1)
      return finish(sums);
    addSplits(sums);
    finishFirst(sums);
  }

  /// Waits for the threads of the split.
  void waitForSplit() {
    if (shape.splits == 1)
      return b.barrier();
    // 0 is the barrier of the block.
    NVVM::BarrierOp::create(b, Type(), b.add(word(split), word(int64_t(1))),
                            word(shape.threads()), NVVM::BarrierReductionAttr(),
                            Value());
  }

  //===--------------------------------------------------------------------===//
  // Copies
  //===--------------------------------------------------------------------===//

  Value stageAddress(Value round) {
    Value stage = word(b.rem(round, shape.stages));
    return b.add(base, b.mulWords(stage, shape.stageBytes()));
  }

  Value weightAddress(Value round) {
    Value place = b.add(b.mul(warp, kTileBytes), b.mul(lane, 16));
    return b.add(stageAddress(round), word(b.add(place, shape.inputBytes())));
  }

  /// Starts the copies of a slab's activations and weights, if there is such a
  /// slab. Rows and tokens behind the last one are copies of it.
  void copySlab(Value round) {
    Value slab = b.add(b.mul(round, shape.splits), split);
    Value inside = b.compare(arith::CmpIPredicate::ult, slab, numSlabs);
    b.ifThen(inside, [&] {
      Value address = stageAddress(round);
      Value lastToken = b.sub(b.dim(out, 0), b.index(1));
      int64_t chunks = shape.tokens * (kSlab / 16);
      for (int64_t first = 0; first < chunks; first += shape.threads()) {
        Value chunk = b.add(thread, first);
        Value row = b.floorDiv(chunk, kSlab / 16);
        Value column = b.rem(chunk, kSlab / 16);
        Value swizzled = arith::XOrIOp::create(b, column, b.rem(row, 8));
        Value place = b.add(b.mul(row, kSlab), b.mul(swizzled, 16));
        Value token = b.min(b.add(firstToken, row), lastToken);
        b.copyAsync(input,
                    {token, b.add(b.mul(slab, kSlab), b.mul(column, 16))},
                    b.add(address, word(place)));
      }
      Value lastTile = b.sub(b.dim(weight, 0), b.index(1));
      b.copyAsync(weight, {b.min(rowTile, lastTile), slab, lane, b.index(0)},
                  weightAddress(round));
    });
    NVVM::CpAsyncCommitGroupOp::create(b);
  }

  void waitForSlabs(int64_t pending) {
    NVVM::CpAsyncWaitGroupOp::create(b, uint32_t(pending));
  }

  //===--------------------------------------------------------------------===//
  // Products
  //===--------------------------------------------------------------------===//

  int64_t numSums() const { return shape.tokens / 2; }

  /// The left operands of the four steps of a slab.
  Values loadLeft(Value round) {
    Values words = b.loadShared(weightAddress(round)), left;
    for (int64_t digit = 0; digit < 4; ++digit)
      for (Value w : words)
        left.push_back(b.raiseDigit(w, digit));
    return left;
  }

  Values multiply() {
    for (int64_t i = 0; i + 1 < shape.stages; ++i)
      copySlab(b.index(i));
    waitForSlabs(shape.stages - 2);
    Values init(numSums(), word(int64_t(0)));
    init.append(loadLeft(b.index(0)));
    Value rest = b.sub(b.add(numSlabs, shape.splits - 1), split);
    Value rounds = b.floorDiv(rest, shape.splits);
    Values result = b.loop(
        b.index(0), rounds, 1, init, [&](Value round, ValueRange carried) {
          waitForSlabs(shape.stages - 3);
          NVVM::FenceProxyOp::create(
              b, NVVM::ProxyKind::async_shared,
              NVVM::SharedSpaceAttr::get(b.getContext(),
                                         NVVM::SharedSpace::shared_cta));
          waitForSplit();
          Values sums(carried.take_front(numSums()));
          startProducts(round, carried.drop_front(numSums()), sums);
          Values left = loadLeft(b.add(round, 1));
          copySlab(b.add(round, shape.stages - 1));
          waitForProducts(sums);
          sums.append(left);
          return sums;
        });
    result.truncate(numSums());
    return result;
  }

  /// What wgmma reads of shared memory: rows of 128 bytes, swizzled, in blocks
  /// of eight.
  Value describe(Value address) {
    Value words = arith::ShRUIOp::create(b, address, word(4));
    Value low = arith::ExtUIOp::create(
        b, b.getI64Type(), arith::AndIOp::create(b, words, word(0x3FFF)));
    constexpr uint64_t kStride = kSwizzleBytes >> 4;
    constexpr uint64_t kSwizzle128 = uint64_t(1) << 62;
    Value rest =
        b.constant(b.getI64Type(), int64_t(kSwizzle128 | (kStride << 32)));
    return arith::OrIOp::create(b, low, rest);
  }

  static std::string list(int64_t first, int64_t count) {
    std::string text;
    for (int64_t i = 0; i < count; ++i)
      text += llvm::formatv("{0}${1}", i ? ", " : "", first + i);
    return "{" + text + "}";
  }

  /// "=r" for each sum, and the same registers again behind `inputs`.
  std::string tie(StringRef inputs) {
    std::string outputs, ties;
    for (int64_t i = 0; i < numSums(); ++i) {
      outputs += "=r,";
      ties += llvm::formatv("{0}{1}", i ? "," : "", i);
    }
    return outputs + inputs.str() + ties;
  }

  /// sums += left * the slab's activations, by the tensor cores, which go on
  /// until `waitForProducts`.
  void startProducts(Value round, ValueRange left, Values &sums) {
    int64_t count = numSums();
    std::string text = "{\n.reg .pred p;\nsetp.eq.u32 p, 0, 0;\n"
                       "wgmma.fence.sync.aligned;\n";
    std::string inputs;
    Values operands(left);
    for (int64_t i = 0; i < 16; ++i)
      inputs += "r,";
    Value address = stageAddress(round);
    for (int64_t step = 0; step < 4; ++step) {
      operands.push_back(describe(b.add(address, word(step * 32))));
      inputs += "l,";
      text += llvm::formatv(
          "wgmma.mma_async.sync.aligned.m64n{0}k32.s32.s8.s8 {1}, {2}, ${3}, "
          "p;\n",
          shape.tokens, list(0, count), list(count + 4 * step, 4),
          count + 16 + step);
    }
    text += "wgmma.commit_group.sync.aligned;\n}";
    operands.append(sums);
    sums = b.assembly(text, tie(inputs), count, operands);
  }

  void waitForProducts(Values &sums) {
    sums = b.assembly("wgmma.wait_group.sync.aligned 0;", tie(""), numSums(),
                      sums);
  }

  //===--------------------------------------------------------------------===//
  // Output
  //===--------------------------------------------------------------------===//

  /// sums of the first split += those of the others, by shared memory.
  void addSplits(Values &sums) {
    Value buffer = b.sharedView(b.getI32Type(),
                                {shape.splits - 1, numSums(), shape.threads()});
    Value isOther = b.compare(arith::CmpIPredicate::ne, split, b.index(0));
    Value other = b.sub(split, b.index(1));
    b.ifThen(isOther, [&] {
      for (auto [i, sum] : llvm::enumerate(sums))
        b.store(sum, buffer, {other, b.index(i), thread});
    });
    b.barrier();
    // The others read what is not used.
    for (int64_t from = 0; from + 1 < shape.splits; ++from)
      for (auto [i, sum] : llvm::enumerate(sums))
        sum = b.add(sum, b.load(buffer, {b.index(from), b.index(i), thread}));
    b.barrier();
  }

  /// Threads of the other splits store nothing, but wait with the first.
  void finishFirst(ArrayRef<Value> sums) {
    Value isFirst = b.compare(arith::CmpIPredicate::eq, split, b.index(0));
    if (!isStaged())
      return b.ifThen(isFirst, [&] { finish(sums); });
    b.ifThen(isFirst, [&] { stage(sums); });
    b.barrier();
    b.ifThen(isFirst, [&] { storeStaged(); });
  }

  void finish(ArrayRef<Value> sums) {
    if (!isStaged())
      return forEachOutput(sums, [&](Value y, Value token, Value row) {
        b.store(y, out, {token, row});
      });
    stage(sums);
    b.barrier();
    storeStaged();
  }

  /// Whether 16 bytes of rows are stored together.
  bool isStaged() {
    int64_t rows = cast<MemRefType>(out.getType()).getDimSize(1);
    return !ShapedType::isDynamic(rows) && rows % rowsPerStore() == 0;
  }
  int64_t rowsPerStore() {
    return 16 / (elementOf(out).getIntOrFloatBitWidth() / 8);
  }

  /// The block's part of the output, `[token][row]`; rows are apart, so that
  /// threads do not meet in a bank.
  Value stagingBuffer() {
    return b.sharedView(elementOf(out),
                        {shape.tokens, shape.rows() + rowsPerStore()});
  }

  void stage(ArrayRef<Value> sums) {
    Value buffer = stagingBuffer();
    forEachOutput(sums, [&](Value y, Value token, Value row) {
      b.store(y, buffer, {b.sub(token, firstToken), b.sub(row, firstRow)});
    });
  }

  void storeStaged() {
    Value buffer = stagingBuffer();
    int64_t width = rowsPerStore(), perToken = shape.rows() / width;
    for (int64_t first = 0; first < shape.tokens * perToken;
         first += shape.threads()) {
      Value i = b.add(thread, first);
      Value token = b.floorDiv(i, perToken);
      Value row = b.mul(b.rem(i, perToken), width);
      Value globalToken = b.add(firstToken, token);
      Value globalRow = b.add(firstRow, row);
      b.ifThen(isInside(globalToken, globalRow), [&] {
        b.copyVector(buffer, {token, row}, out, {globalToken, globalRow},
                     width);
      });
    }
  }

  Value isInside(Value token, Value row) {
    return arith::AndIOp::create(
        b, b.compare(arith::CmpIPredicate::ult, token, b.dim(out, 0)),
        b.compare(arith::CmpIPredicate::ult, row, b.dim(out, 1)));
  }

  using Store = function_ref<void(Value y, Value token, Value row)>;

  /// Sum 4 j + e of a thread is that of row g + 8 (e / 2) of its warp's tile,
  /// and of token 8 j + 2 t + e % 2, for lane 4 g + t.
  void forEachOutput(ArrayRef<Value> sums, Store store) {
    Value tileRow = b.add(b.mul(rowTile, kTileRows), b.floorDiv(lane, 4));
    for (int64_t half = 0; half < 2; ++half) {
      Value row = b.add(tileRow, 8 * half);
      Value inside = b.compare(arith::CmpIPredicate::ult, row, b.dim(out, 1));
      b.ifThen(inside, [&] {
        Value scale = loadScale(row);
        for (int64_t j = 0; j < shape.tokens / 8; ++j)
          for (int64_t e = 0; e < 2; ++e)
            finishSum(sums[4 * j + 2 * half + e], scale, row, 8 * j + e, store);
      });
    }
  }

  Value loadScale(Value row) {
    if (op.getScales().empty())
      return Value();
    Value scale = op.getScales()[0];
    return b.load(scale, scaleIndex(b, scale, row, Value()));
  }

  void finishSum(Value sum, Value scale, Value row, int64_t place,
                 Store store) {
    Value token = b.add(firstToken, b.add(b.mul(b.rem(lane, 4), 2), place));
    Value inside = b.compare(arith::CmpIPredicate::ult, token, b.dim(out, 0));
    b.ifThen(inside, [&] {
      Value y = arith::ShRSIOp::create(b, sum, word(kRaisedBits));
      if (elementOf(out).isInteger(32))
        return store(y, token, row);
      y = b.cast(y, b.getF32Type());
      if (scale)
        y = b.mulf(y, scale);
      Value factor = loadActivationScale(b, op, token, 1);
      y = finishOutput(b, op, b.broadcast(y, 1), factor, row, Value());
      store(vector::ExtractOp::create(b, y, 0), token, row);
    });
  }

  GPUKernelBuilder &b;
  BitLinearOp op;
  Value input, out, weight;
  Block shape;
  // The block and thread that is being computed.
  Value split, thread, lane, warp, numSlabs, firstToken, firstRow, rowTile;
  Value base;
};

} // namespace

void ternary::buildPrefill(GPUKernelBuilder &b, BitLinearOp op, Value input,
                           Value out) {
  PrefillKernel(b, op, input, out).run();
}

bool ternary::isForPrefill(BitLinearOp op) {
  TargetAttr target = getTarget(op);
  return target && target.getIsa() == "sm90" && !op.getGroupSize() &&
         op.getWeights().size() == 1 && isGPUTileByColumns(op.getPackingAttr());
}
