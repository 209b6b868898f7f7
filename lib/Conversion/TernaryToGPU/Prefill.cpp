//===- Prefill.cpp - bitlinear of many tokens on the GPU ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Weights in `gpu_tile2k` or `gpu_tile2hk`, multiplied by the tensor cores of
// sm_90a: the left operand of wgmma is taken from registers, where a warp's
// bytes become fragments of 16 rows and 32 columns of int8 or 16 columns of
// 16-bit floats; the right one, activations of many tokens, from shared memory.
// A block of threads computes 64 rows per group of four warps, for a tile of
// tokens:
//
//   for each component
//     start copying the first slabs of columns into a ring of stages
//     for each slab, 128 bytes of a token
//       wait for it and the next one's weights, for all threads
//       four wgmma, from registers and the slab's stage; three times as many
//         for f32, which is a sum of three bf16
//       meanwhile: copy a later slab, take the next one's digits apart
//       with groups of columns: add what they give, scaled
//     add it, scaled
//   add up what groups of warps computed of the same rows, each from tiles of
//   columns of its own
//   bias, round; through shared memory, so that rows are stored together
//
// Where there are many blocks they stay, and have one tile of the output after
// the other: the first slabs of the next one come while one is finished.
// Where blocks are no whole rounds of all multiprocessors, the last ones may be
// clusters: each block has some of the columns, and finishes some of the tokens
// with the sums of all.
//
//===----------------------------------------------------------------------===//

#include "Prefill.h"

#include "../TernaryToVector/Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

class PrefillKernel : PrefillProduct {
public:
  PrefillKernel(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out)
      : PrefillProduct(b, op, input, out) {}

  void run() {
    blocksX = b.ceilDiv(b.dim(weight, 0), shape.groups * kGroupWarps);
    Value blocksY = b.ceilDiv(b.dim(out, 0), shape.tokens);
    if (isPersistent())
      return launchPersistent(b.mul(blocksX, blocksY));
    if (hasShares())
      return launchShares(b.mul(blocksX, blocksY));
    b.launch(blocksX, blocksY, shape.splits * shape.threads(),
             [&](const Place &at) { runBlock(at.block, at.blockY); },
             {ringBytes()});
  }

private:
  using Place = GPUKernelBuilder::Place;

  bool hasShares() { return shape.shares > 1 && !keepsSums(); }

  /// Tokens that are finished together where the ring is kept, and their bytes.
  int64_t stagedTokens() {
    return std::min<int64_t>(shape.tokens, 128 / outputBytes());
  }
  int64_t stagedBytes(int64_t tokens) {
    return tokens * (shape.rows() * outputBytes() + 16);
  }
  int64_t outputBytes() { return elementOf(out).getIntOrFloatBitWidth() / 8; }

  int64_t ringBytes() {
    return shape.splits * shape.ringBytes() + kSwizzleBytes;
  }

  //===--------------------------------------------------------------------===//
  // Launches
  //===--------------------------------------------------------------------===//

  /// Whether there are more blocks than places for them, as many of which are
  /// left where shared memory has outputs beside the ring.
  bool isPersistent() {
    auto type = cast<MemRefType>(out.getType());
    int64_t places = getPlacesPerProcessor(shape);
    if (keepsSums() || shape.splits > 1 || shape.shares > 1 ||
        !type.hasStaticShape() ||
        getPlacesPerProcessor(shape, stagedBytes(stagedTokens())) < places)
      return false;
    int64_t blocks = llvm::divideCeil(type.getDimSize(1), shape.rows()) *
                     llvm::divideCeil(type.getDimSize(0), shape.tokens);
    return blocks > kProcessors * places;
  }

  void launchPersistent(Value tiles) {
    Value places = b.index(kProcessors * getPlacesPerProcessor(shape));
    b.launch(places, b.index(1), shape.threads(),
             [&](const Place &at) { runPersistent(at.block, places, tiles); },
             {ringBytes() + stagedBytes(stagedTokens()), /*clusterSize=*/1,
              getPlacesPerProcessor(shape)});
  }

  /// Whole tiles of the output, and behind them clusters for one each.
  void launchShares(Value tiles) {
    int64_t round = llvm::alignDown(kProcessors * getPlacesPerProcessor(shape),
                                    shape.shares);
    whole = b.mul(b.floorDiv(tiles, round), round);
    Value shared = b.mul(b.sub(tiles, whole), shape.shares);
    int64_t staged = stagedBytes(shape.tokensPerShare());
    // Rounds of large blocks are counted on so many at a time.
    int64_t least = shape.groups > 1 ? getPlacesPerProcessor(shape) : 0;
    b.launch(b.add(whole, shared), b.index(1), shape.splits * shape.threads(),
             [&](const Place &at) { runInCluster(at.block); },
             {std::max(ringBytes(), shape.receivedBytes() + staged),
              shape.shares, least});
  }

  /// Where the thread is, and the ring, which a block keeps.
  void startBlock() {
    Value inBlock = b.place().thread;
    split = b.floorDiv(inBlock, shape.threads());
    thread = b.rem(inBlock, shape.threads());
    lane = b.rem(thread, kWarp);
    warp = b.floorDiv(thread, kWarp);
    ring.emplace(b, shape, input, split, thread);
    b.waitForLastLaunch();
  }

  /// Block `number` of all, which follow each other by rows first.
  Work makeWork(Value number) {
    return makeWork(arith::RemUIOp::create(b, number, blocksX),
                    arith::DivUIOp::create(b, number, blocksX));
  }

  /// Every so many tiles of columns are those of a split, and of a share.
  Work makeWork(Value block, Value blockY) {
    Value numTiles = b.dim(weight, 1);
    Value step = b.index(shape.splits), first = split;
    Value rest = b.add(numTiles, shape.splits - 1);
    Value count = b.floorDiv(b.sub(rest, first), shape.splits);
    if (hasShares()) {
      int64_t stepOfShares = shape.splits * shape.shares;
      first = b.add(split, b.mul(share, shape.splits));
      rest = b.sub(b.add(numTiles, stepOfShares - 1), first);
      count = b.select(isShared, b.floorDiv(rest, stepOfShares), count);
      step = b.select(isShared, b.index(stepOfShares), step);
    }
    return {b.mul(block, shape.groups * kGroupWarps),
            b.mul(blockY, shape.tokens), first, step,
            b.mul(count, shape.slabsPerTile())};
  }

  PrefillOutput startOutput() {
    Value rowTile = b.add(work.rowTile, warp);
    Value tileRow = b.add(b.mul(rowTile, kTileRows), b.floorDiv(lane, 4));
    // Rows behind the last one are copies of it.
    Value lastRow = b.sub(b.dim(out, 1), b.index(1));
    rows.clear();
    for (int64_t half = 0; half < 2; ++half)
      rows.push_back(b.min(b.add(tileRow, 8 * half), lastRow));
    return PrefillOutput(b, op, out, shape,
                         {b.place().thread, thread, lane, warp, work.firstToken,
                          b.mul(work.rowTile, kTileRows), rows});
  }

  void runBlock(Value block, Value blockY) {
    startBlock();
    work = makeWork(block, blockY);
    PrefillOutput output = startOutput();
    Values sums = addComponents(output);
    output.finish(sums, split, allTokens());
  }

  PrefillOutput::Tokens allTokens() { return {b.index(0), shape.tokens}; }

  /// A block of its own, or one of a cluster that shares the columns.
  void runInCluster(Value block) {
    startBlock();
    isShared = b.compare(arith::CmpIPredicate::uge, block, whole);
    Value behind = b.sub(block, whole);
    share = b.select(isShared, b.rem(behind, shape.shares), b.index(0));
    Value owner = b.add(whole, b.floorDiv(behind, shape.shares));
    work = makeWork(b.select(isShared, owner, block));
    PrefillOutput output = startOutput();
    Values rowScales = startComponent(0), sums = addColumns(output);
    auto finish = [&](Values sums, const PrefillOutput::Tokens &tokens) {
      finishComponent(sums, rowScales);
      output.finish(sums, split, tokens);
    };
    b.ifElse(
        isShared,
        [&] {
          PrefillOutput::Tokens some = getShare();
          finish(addShares(sums, some), some);
        },
        [&] { finish(sums, allTokens()); });
  }

  void runPersistent(Value block, Value places, Value tiles) {
    startBlock();
    work = makeWork(block);
    startCopies();
    Value rest = b.sub(b.add(tiles, b.sub(places, b.index(1))), block);
    Value count = arith::DivUIOp::create(b, rest, places);
    b.loop(b.index(0), count, 1, [&](Value i) {
      Value number = b.add(block, b.mul(i, places));
      work = makeWork(number);
      PrefillOutput output = startOutput();
      Values rowScales = startComponent(0);
      Values sums = multiply();
      output.publish();
      b.barrier();
      Value next = b.add(number, places);
      b.ifThen(b.compare(arith::CmpIPredicate::ult, next, tiles), [&] {
        work = makeWork(next);
        startCopies();
      });
      finishComponent(sums, rowScales);
      finishInParts(output, sums);
    });
  }

  /// A few tokens at a time, by way of what shared memory the ring leaves.
  void finishInParts(PrefillOutput &output, ArrayRef<Value> sums) {
    for (int64_t first = 0; first < shape.tokens; first += stagedTokens()) {
      if (first != 0)
        b.barrier();
      int64_t count = std::min(stagedTokens(), shape.tokens - first);
      output.finish(sums.slice(first / 2, count / 2), split,
                    {b.index(first), count, ringBytes()});
    }
  }

  //===--------------------------------------------------------------------===//
  // Sums
  //===--------------------------------------------------------------------===//

  Value addSums(Value x, Value y) {
    return isa<FloatType>(x.getType()) ? b.addf(x, y) : b.add(x, y);
  }

  /// The sums of all components: exact ones of int8, or scaled.
  Values addComponents(PrefillOutput &output) {
    Values total;
    for (size_t c = 0; c < op.getWeights().size(); ++c) {
      Values rowScales = startComponent(c), sums = addColumns(output);
      if (!isGroupedLayer)
        finishComponent(sums, rowScales);
      if (total.empty())
        total = sums;
      else
        for (auto [all, sum] : llvm::zip(total, sums))
          all = addSums(all, sum);
    }
    return total;
  }

  /// The scales of the lane's two rows in the component, which are on their way
  /// until the sums are there.
  Values startComponent(size_t c) {
    weight = op.getWeights()[c];
    scale = op.getScales().empty() ? Value() : op.getScales()[c];
    Values rowScales;
    if (scale && !isGroupedLayer)
      for (Value row : rows)
        rowScales.push_back(
            toScale(b, b.load(scale, scaleIndex(b, scale, row, Value()))));
    return rowScales;
  }

  /// The component's sums over the columns of the block; the rings are free
  /// then.
  Values addColumns(PrefillOutput &output) {
    startCopies();
    Values sums = multiply();
    output.publish();
    b.barrier();
    if (shape.splits > 1)
      addSplits(sums);
    return sums;
  }

  void finishComponent(Values &sums, ArrayRef<Value> rowScales) {
    for (auto [i, sum] : llvm::enumerate(sums)) {
      if (!addsRuns)
        sum = lowerSum(sum);
      if (!elementOf(out).isInteger(32))
        sum = b.cast(sum, b.getF32Type());
      if (!rowScales.empty())
        sum = b.mulf(sum, rowScales[i % 4 / 2]);
    }
  }

  /// sums of the first split += those of the others, by shared memory.
  void addSplits(Values &sums) {
    Value buffer = b.sharedView(sums[0].getType(),
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
      for (auto [i, sum] : llvm::enumerate(sums)) {
        Value part = b.load(buffer, {b.index(from), b.index(i), thread});
        sum = addSums(sum, part);
      }
    b.barrier();
  }

  //===--------------------------------------------------------------------===//
  // Clusters
  //===--------------------------------------------------------------------===//

  /// The tokens that this block of the cluster finishes: the last ones twice,
  /// where they are no whole shares.
  PrefillOutput::Tokens getShare() {
    int64_t count = shape.tokensPerShare();
    Value first = b.min(b.mul(share, count), b.index(shape.tokens - count));
    return {first, count, shape.receivedBytes()};
  }

  /// What all blocks of the cluster have of these tokens: each sends the
  /// others' tokens into their rings, which are free when all have arrived.
  Values addShares(ArrayRef<Value> sums, const PrefillOutput::Tokens &tokens) {
    int64_t fragmentBytes = shape.threads() * 16;
    int64_t shareBytes = tokens.count / 8 * fragmentBytes;
    Value place = b.add(b.sharedBase(), b.mulWords(word(thread), 16));
    auto at = [&](int64_t sender, int64_t fragment) {
      return b.add(place, word(sender * shareBytes + fragment * fragmentBytes));
    };
    Value isFirst = b.compare(arith::CmpIPredicate::eq, split, b.index(0));
    b.arriveInCluster();
    b.waitForCluster();
    b.ifThen(isFirst, [&] {
      for (int64_t i = 1; i < shape.shares; ++i) {
        Value to = b.rem(b.add(share, i), shape.shares);
        Values part = asWords(takeShare(sums, to));
        for (int64_t j = 0; j < tokens.count / 8; ++j)
          b.storeShared(ArrayRef(part).slice(4 * j, 4), at(i - 1, j), word(to));
      }
    });
    b.arriveInCluster();
    b.waitForCluster();
    Values result = takeShare(sums, share);
    for (int64_t i = 1; i < shape.shares; ++i)
      for (int64_t j = 0; j < tokens.count / 8; ++j)
        for (auto [e, part] : llvm::enumerate(b.loadShared(at(i - 1, j)))) {
          Value &sum = result[4 * j + e];
          sum = addSums(
              sum, isFloat ? arith::BitcastOp::create(b, sum.getType(), part)
                           : part);
        }
    return result;
  }

  /// The sums of the tokens that a block finishes.
  Values takeShare(ArrayRef<Value> sums, Value block) {
    int64_t count = shape.tokensPerShare();
    Values part(sums.take_front(count / 2));
    for (int64_t i = 1; i < shape.shares; ++i) {
      int64_t first = std::min(i * count, shape.tokens - count);
      Value isHere = b.compare(arith::CmpIPredicate::eq, block, b.index(i));
      for (auto [value, sum] : llvm::zip(part, sums.drop_front(first / 2)))
        value = b.select(isHere, sum, value);
    }
    return part;
  }

  Values asWords(ArrayRef<Value> sums) {
    return llvm::map_to_vector(sums, [&](Value sum) -> Value {
      return isFloat ? arith::BitcastOp::create(b, b.getI32Type(), sum) : sum;
    });
  }

  /// Blocks of rows; and blocks that are no clusters.
  Value blocksX, whole;
  /// Of the thread.
  Value lane, warp;
  /// Of a cluster: whether it is one, and the part of the columns.
  Value isShared, share;
};

} // namespace

void ternary::buildPrefill(GPUKernelBuilder &b, BitLinearOp op, Value input,
                           Value out) {
  PrefillKernel(b, op, input, out).run();
}

bool ternary::isForPrefill(BitLinearOp op) {
  return isForHopper(op) && getGPUTile(op.getPackingAttr())->byColumns;
}
