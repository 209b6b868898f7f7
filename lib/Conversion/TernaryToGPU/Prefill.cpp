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
//===----------------------------------------------------------------------===//

#include "Prefill.h"

#include "../TernaryToVector/Kernel.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/FormatVariadic.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

class PrefillKernel {
public:
  PrefillKernel(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out)
      : b(b), op(op), input(input), out(out), weight(op.getWeights()[0]),
        element(elementOf(input)), isFloat(isa<FloatType>(element)),
        slabColumns(kSlabBytes * 8 / element.getIntOrFloatBitWidth()),
        slabsPerTile(kGPUTileColumns / slabColumns),
        isGroupedLayer(op.getGroupSize().has_value()),
        addsRuns(isGroupedLayer || getNumParts(elementOf(op.getInput())) > 1),
        shape(chooseBlock(), getNumParts(elementOf(op.getInput()))) {}

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

  PrefillShape chooseBlock() {
    if (b.shapes.prefill)
      return *b.shapes.prefill;
    auto type = cast<MemRefType>(out.getType());
    return choosePrefillShape(type.getDimSize(1), type.getDimSize(0),
                              addsRuns || op.getWeights().size() > 1);
  }

  Value word(int64_t value) { return b.constant(b.getI32Type(), value); }
  Value word(Value index) {
    return arith::IndexCastOp::create(b, b.getI32Type(), index);
  }

  void runBlock(const Place &at) {
    split = b.floorDiv(at.thread, shape.threads());
    thread = b.rem(at.thread, shape.threads());
    lane = b.rem(thread, kWarp);
    warp = b.floorDiv(thread, kWarp);
    numTiles = b.dim(weight, 1);
    rounds = b.mul(countRounds(), slabsPerTile);
    firstToken = b.mul(at.blockY, shape.tokens);
    firstRow = b.mul(at.block, shape.rows());
    rowTile = b.add(b.floorDiv(firstRow, kTileRows), warp);
    base = b.add(swizzledBase(b), b.mulWords(word(split), shape.ringBytes()));
    prepareRows();
    b.waitForLastLaunch();
    PrefillOutput output(
        b, op, out, shape,
        {at.thread, thread, lane, warp, firstToken, firstRow, rows});
    Values sums = addComponents();
    output.finish(sums, split);
  }

  /// The tiles of columns of a split.
  Value countRounds() {
    Value rest = b.sub(b.add(numTiles, shape.splits - 1), split);
    return b.floorDiv(rest, shape.splits);
  }

  /// The lane's two rows, those behind the last one being copies of it.
  void prepareRows() {
    Value tileRow = b.add(b.mul(rowTile, kTileRows), b.floorDiv(lane, 4));
    Value lastRow = b.sub(b.dim(out, 1), b.index(1));
    rows.clear();
    for (int64_t half = 0; half < 2; ++half)
      rows.push_back(b.min(b.add(tileRow, 8 * half), lastRow));
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
    return b.add(base, b.mulWords(stage, stageBytes()));
  }

  /// Weights lie behind the activations of a slab, or, where a tile is two
  /// slabs, in a ring of their own behind all stages.
  bool hasWeightRing() { return slabsPerTile > 1; }
  int64_t stageBytes() {
    return shape.inputBytes() + (hasWeightRing() ? 0 : shape.weightBytes());
  }

  Value weightAddress(Value round) {
    Value place = b.add(b.mul(warp, kTileBytes), b.mul(lane, 16));
    if (!hasWeightRing())
      return b.add(stageAddress(round), word(b.add(place, shape.inputBytes())));
    Value stage = b.rem(b.floorDiv(round, slabsPerTile), shape.stages);
    place = b.add(place, b.mul(stage, shape.weightBytes()));
    return b.add(base, word(b.add(place, shape.stages * stageBytes())));
  }

  /// Starts the copies of a slab's activations and weights, if there is such a
  /// slab.
  void copySlab(Value round) {
    Value inside = b.compare(arith::CmpIPredicate::ult, round, rounds);
    b.ifThen(inside, [&] {
      Value tileRound = b.floorDiv(round, slabsPerTile);
      Value tile = b.add(b.mul(tileRound, shape.splits), split);
      Value slab = b.add(b.mul(tile, slabsPerTile), b.rem(round, slabsPerTile));
      copyActivations(round, b.mul(slab, slabColumns));
      Value begins = b.compare(arith::CmpIPredicate::eq,
                               b.rem(round, slabsPerTile), b.index(0));
      b.ifElse(begins, [&] { copyWeights(round, tile); }, [] {});
    });
    NVVM::CpAsyncCommitGroupOp::create(b);
  }

  /// Tokens behind the last one are copies of it, and so are rows.
  void copyActivations(Value round, Value firstColumn) {
    constexpr int64_t kPerRow = kSlabBytes / 16;
    Value address = stageAddress(round);
    Value lastToken = b.sub(b.dim(out, 0), b.index(1));
    int64_t chunks = shape.parts * shape.tokens * kPerRow;
    for (int64_t first = 0; first < chunks; first += shape.threads()) {
      // Threads behind the last chunk copy it, too.
      Value chunk = b.add(thread, first);
      if (first + shape.threads() > chunks)
        chunk = b.min(chunk, b.index(chunks - 1));
      Value row = b.floorDiv(chunk, kPerRow), column = b.rem(chunk, kPerRow);
      Value place = swizzledPlace(b, row, column);
      Value token = b.add(firstToken, b.rem(row, shape.tokens));
      Value inputRow = b.add(b.mul(b.min(token, lastToken), shape.parts),
                             b.floorDiv(row, shape.tokens));
      Value inputColumn =
          b.add(firstColumn, b.mul(column, slabColumns / kPerRow));
      b.copyAsync(input, {inputRow, inputColumn}, b.add(address, word(place)));
    }
  }

  void copyWeights(Value round, Value tile) {
    Value lastTile = b.sub(b.dim(weight, 0), b.index(1));
    b.copyAsync(weight, {b.min(rowTile, lastTile), tile, lane, b.index(0)},
                weightAddress(round));
  }

  void waitForSlabs(int64_t pending) {
    NVVM::CpAsyncWaitGroupOp::create(b, uint32_t(pending));
  }

  //===--------------------------------------------------------------------===//
  // Products
  //===--------------------------------------------------------------------===//

  int64_t numSums() const { return shape.tokens / 2; }
  Type sumType() {
    return isFloat ? Type(b.getF32Type()) : Type(b.getI32Type());
  }

  /// The sums of all components: exact ones of int8, or scaled.
  Values addComponents() {
    Values total;
    for (auto [c, component] : llvm::enumerate(op.getWeights())) {
      weight = component;
      scale = op.getScales().empty() ? Value() : op.getScales()[c];
      // On their way until the sums are there.
      Values rowScales;
      if (scale && !isGroupedLayer)
        for (Value row : rows)
          rowScales.push_back(
              b.load(scale, scaleIndex(b, scale, row, Value())));
      Values sums = multiply();
      // The rings are free from here on.
      b.barrier();
      if (shape.splits > 1)
        addSplits(sums);
      if (!isGroupedLayer)
        finishComponent(sums, rowScales);
      if (total.empty())
        total = sums;
      else
        for (auto [all, sum] : llvm::zip(total, sums))
          all = isa<FloatType>(sum.getType()) ? b.addf(all, sum)
                                              : b.add(all, sum);
    }
    return total;
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

  /// A sum of products of trits, which were larger.
  Value lowerSum(Value sum) {
    if (isFloat)
      return b.mulf(sum, b.constant(b.getF32Type(), 0.5));
    return arith::ShRSIOp::create(b, sum, word(kRaisedBits));
  }

  /// The left operands of the four steps of a slab.
  Values loadLeft(Value round) {
    Values words = b.loadShared(weightAddress(round)), left;
    if (isFloat) {
      // The second slab of a tile is in the upper bytes of halves.
      Value shift = b.mul(b.sub(b.index(1), b.rem(round, slabsPerTile)), 8);
      for (Value &w : words)
        w = arith::ShLIOp::create(b, w, word(shift));
    }
    for (int64_t step = 0; step < kSteps; ++step)
      for (Value w : words)
        left.push_back(isFloat ? b.raiseHalves(w, kSteps + step)
                               : b.raiseDigit(w, step));
    return left;
  }

  /// Columns of a group that are multiplied together in a slab.
  int64_t runColumns() {
    return isGroupedLayer ? std::gcd(*op.getGroupSize(), slabColumns)
                          : slabColumns;
  }
  int64_t numRuns() { return slabColumns / runColumns(); }
  int64_t stepsPerRun() { return kSteps / numRuns(); }

  /// The scales of the lane's two rows in each group of a slab.
  Values loadGroupScales(Value round) {
    Values scales;
    if (!isGroupedLayer)
      return scales;
    Value tile =
        b.add(b.mul(b.floorDiv(round, slabsPerTile), shape.splits), split);
    Value column = b.add(b.mul(tile, kGPUTileColumns),
                         b.mul(b.rem(round, slabsPerTile), slabColumns));
    Value last = b.sub(b.dim(scale, 1), b.index(1));
    for (int64_t run = 0; run < numRuns(); ++run) {
      Value group =
          b.floorDiv(b.add(column, run * runColumns()), *op.getGroupSize());
      for (Value row : rows)
        scales.push_back(
            b.load(scale, scaleIndex(b, scale, row, b.min(group, last))));
    }
    return scales;
  }

  /// What a round multiplies, made in the one before.
  struct Left {
    Values digits, scales;
  };

  Left prepareLeft(Value round) {
    return {loadLeft(round), loadGroupScales(round)};
  }

  static Values join(const Values &sums, const Left &left) {
    return llvm::to_vector(
        llvm::concat<const Value>(sums, left.digits, left.scales));
  }

  void unjoin(ValueRange all, Values &sums, Left &left) {
    constexpr int64_t kDigits = 4 * kSteps;
    sums = all.take_front(numSums());
    left.digits = all.slice(numSums(), kDigits);
    left.scales = all.drop_front(numSums() + kDigits);
  }

  /// The product with the component; with groups as scaled floats.
  Values multiply() {
    for (int64_t i = 0; i < slabsAhead(); ++i)
      copySlab(b.index(i));
    waitForSlabs(slabsAhead() - 1);
    Values sums(numSums(), b.zero(addsRuns ? Type(b.getF32Type()) : sumType()));
    Left left = prepareLeft(b.index(0));
    Values result = b.loop(b.index(0), rounds, 1, join(sums, left),
                           [&](Value round, ValueRange carried) {
                             unjoin(carried, sums, left);
                             multiplySlab(round, left, sums);
                             return join(sums, left);
                           });
    unjoin(result, sums, left);
    return sums;
  }

  /// Slabs that are on their way while one is multiplied.
  int64_t slabsAhead() { return shape.stages - 1; }

  void multiplySlab(Value round, Left &left, Values &sums) {
    // This slab, and the weights of the next one.
    waitForSlabs(slabsAhead() - 2);
    publishSlabs(b);
    waitForSplit();
    Left next;
    auto meanwhile = [&] {
      next = prepareLeft(b.add(round, 1));
      copySlab(b.add(round, slabsAhead()));
    };
    if (addsRuns)
      addEachRun(round, left, sums, meanwhile);
    else
      addSlab(round, left, sums, meanwhile);
    left = next;
  }

  void addSlab(Value round, const Left &left, Values &sums,
               function_ref<void()> meanwhile) {
    startProducts(round, left.digits, 0, kSteps, sums);
    meanwhile();
    waitForProducts(b, 0, sums);
  }

  /// sums += what each run of the slab gives, scaled if it is of a group; the
  /// next one is being multiplied meanwhile.
  void addEachRun(Value round, const Left &left, Values &sums,
                  function_ref<void()> meanwhile) {
    auto start = [&](int64_t run) {
      Values products(numSums(), b.zero(sumType()));
      startProducts(round, left.digits, run * stepsPerRun(), stepsPerRun(),
                    products);
      return products;
    };
    Values products = start(0);
    for (int64_t run = 0; run < numRuns(); ++run) {
      bool isLast = run + 1 == numRuns();
      Values next;
      if (!isLast)
        next = start(run + 1);
      if (run == 0)
        meanwhile();
      waitForProducts(b, isLast ? 0 : 1, products);
      for (auto [i, product] : llvm::enumerate(products)) {
        Value sum = b.cast(lowerSum(product), b.getF32Type());
        if (isGroupedLayer)
          sum = b.mulf(sum, left.scales[2 * run + i % 4 / 2]);
        sums[i] = b.addf(sums[i], sum);
      }
      products = next;
    }
  }

  /// What follows the operands of a product: sums are added to, and floats
  /// neither negated nor transposed.
  std::string getProductText(int64_t left, int64_t right) {
    std::string sums = listOperands(0, numSums());
    std::string operand = listOperands(left, 4);
    if (!isFloat)
      return llvm::formatv("wgmma.mma_async.sync.aligned.m64n{0}k32.s32.s8.s8 "
                           "{1}, {2}, ${3}, p;\n",
                           shape.tokens, sums, operand, right);
    return llvm::formatv("wgmma.mma_async.sync.aligned.m64n{0}k16.f32.{4}.{4} "
                         "{1}, {2}, ${3}, p, 1, 1, 0;\n",
                         shape.tokens, sums, operand, right,
                         element.isF16() ? "f16" : "bf16");
  }

  /// sums += steps `first ..` of `left` * the slab's activations, by the tensor
  /// cores, which go on until `waitForProducts`.
  void startProducts(Value round, ArrayRef<Value> left, int64_t first,
                     int64_t count, Values &sums) {
    std::string text = "{\n.reg .pred p;\nsetp.eq.u32 p, 0, 0;\n"
                       "wgmma.fence.sync.aligned;\n";
    std::string inputs;
    Values operands(left.slice(4 * first, 4 * count));
    for (int64_t i = 0; i < 4 * count; ++i)
      inputs += "r,";
    Value address = stageAddress(round);
    for (int64_t part = 0; part < shape.parts; ++part)
      for (int64_t step = 0; step < count; ++step) {
        int64_t place = part * shape.tokens * kSlabBytes + (first + step) * 32;
        text += getProductText(numSums() + 4 * step,
                               numSums() + int64_t(operands.size()));
        operands.push_back(describeSlab(b, b.add(address, word(place))));
        inputs += "l,";
      }
    text += "wgmma.commit_group.sync.aligned;\n}";
    operands.append(sums);
    sums = b.assembly(text, tieResults(sumType(), numSums(), inputs), sumType(),
                      numSums(), operands);
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
        sum = isa<FloatType>(sum.getType()) ? b.addf(sum, part)
                                            : b.add(sum, part);
      }
    b.barrier();
  }

  GPUKernelBuilder &b;
  BitLinearOp op;
  Value input, out;
  /// Of the component that is being computed.
  Value weight, scale;
  const Type element;
  const bool isFloat;
  const int64_t slabColumns, slabsPerTile;
  /// Whether what the tensor cores give of a few columns is added elsewhere:
  /// scaled; or by f32 that is rounded, where tensor cores cut.
  const bool isGroupedLayer, addsRuns;
  PrefillBlock shape;
  // The block and thread that is being computed.
  Value split, thread, lane, warp, numTiles, rounds, firstToken, firstRow;
  Value rowTile, base;
  Values rows;
};

} // namespace

void ternary::buildPrefill(GPUKernelBuilder &b, BitLinearOp op, Value input,
                           Value out) {
  PrefillKernel(b, op, input, out).run();
}

bool ternary::isForPrefill(BitLinearOp op) {
  return isForHopper(op) && getGPUTile(op.getPackingAttr())->byColumns;
}
