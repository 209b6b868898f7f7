//===- Decode.cpp - bitlinear of few tokens on the GPU --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Weights in `gpu_tile2`: tiles of 16 rows and 128 columns, of which each lane
// of a warp holds 16 bytes: those of rows g and g + 8 and columns 32 t ..
// 32 t + 31, for lane 4 g + t. A block of threads computes one or more tiles of
// rows; its warps share the columns:
//
//   for each of the warp's tiles: load the weights of all of them
//     for each component: dot, or mma
//   sum over the lanes of a row, and over warps by shared memory
//   scale, bias, round, store
//
// One token is multiplied by `ternary.dot` (dp4a). With scales of groups the
// sums of a lane's columns are scaled one by one. More tokens are multiplied
// eight at a time by tensor cores (mma.sync m16n8k32), whose operands are just
// what a lane holds.
//
//===----------------------------------------------------------------------===//

#include "GPUKernels.h"

#include "../TernaryToVector/Kernel.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

constexpr int64_t kRows = kGPUTileRows;
constexpr int64_t kColumns = kGPUTileColumns;
/// Columns of a lane.
constexpr int64_t kLaneColumns = 32;

/// The tiles of columns that a warp gets at once are loaded before the first is
/// used; more are not kept in registers.
constexpr int64_t kMostTiles = 8;

/// Few tiles of rows are shared by many warps, so that all multiprocessors are
/// busy; many by fewer warps with more loads in flight each. Measured on an
/// H200 (docs/rationale.md).
DecodeShape chooseShape(int64_t numRowTiles, int64_t numTiles, int64_t tokens) {
  if (ShapedType::isDynamic(numTiles))
    return {8, 1};
  int64_t rows = ShapedType::isDynamic(numRowTiles) ? 0 : numRowTiles;
  bool hasManyRows = rows >= (tokens > 1 ? 512 : 300);
  int64_t most = hasManyRows                     ? kMostTiles
                 : tokens == 1 && numTiles <= 25 ? 1
                                                 : 3;
  int64_t least = !hasManyRows ? 8 : tokens > 1 ? 4 : 5;
  // Two tiles of rows share the activations of many tokens.
  int64_t rowTiles = tokens > 1 && rows >= 1024 && numTiles <= 28 ? 2 : 1;
  // The fewest warps that share the tiles evenly and hold their part at once.
  for (int64_t tiles = most; tiles >= 1; --tiles)
    if (numTiles % tiles == 0 && numTiles / tiles >= least &&
        numTiles / tiles <= 32)
      return {numTiles / tiles, rowTiles};
  return {std::min<int64_t>(numTiles, 16), 1};
}

class DecodeKernel {
public:
  DecodeKernel(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out)
      : b(b), op(op), input(input), out(out),
        numRowTiles(b.dim(op.getWeights()[0], 0)),
        numTiles(b.dim(op.getWeights()[0], 1)) {
    staticTiles = cast<MemRefType>(op.getWeights()[0].getType()).getDimSize(1);
    isGroupedLayer = op.getGroupSize().has_value();
    byColumns = isGPUTileByColumns(op.getPackingAttr());
  }

  /// `tokens` at a time: 1 or 8.
  void run(int64_t tokens) {
    perBlock = tokens;
    auto bytes = cast<MemRefType>(op.getWeights()[0].getType());
    shape = b.shapes.decode.value_or(
        chooseShape(bytes.getDimSize(0), staticTiles, tokens));
    Value blocks = b.ceilDiv(numRowTiles, shape.rowTiles);
    Value blocksY = b.ceilDiv(b.dim(input, 0), tokens);
    b.launch(blocks, blocksY, shape.warps * kWarp,
             [&](const GPUKernelBuilder::Place &at) { runBlock(at); });
  }

private:
  using Place = GPUKernelBuilder::Place;

  //===--------------------------------------------------------------------===//
  // A block of threads
  //===--------------------------------------------------------------------===//

  void runBlock(const Place &at) {
    warp = b.floorDiv(at.thread, kWarp);
    lane = b.rem(at.thread, kWarp);
    quad = b.floorDiv(lane, 4);
    part = b.rem(lane, 4);
    firstToken = b.mul(at.blockY, perBlock);
    Value lastToken = b.sub(b.dim(input, 0), b.index(1));
    // Tokens behind the last one are computed from it, and not stored.
    token = usesTensorCores() ? b.min(b.add(firstToken, quad), lastToken)
                              : firstToken;
    firstRowTile = b.mul(at.block, shape.rowTiles);
    Value lastRowTile = b.sub(numRowTiles, b.index(1));
    rowTiles.clear();
    for (int64_t r = 0; r < shape.rowTiles; ++r)
      rowTiles.push_back(b.min(b.add(firstRowTile, r), lastRowTile));
    buffer = b.shared(sumType(), {shape.warps, numSums() * perBlock * kRows});
    SmallVector<Output> outputs = prepareOutputs(at.thread);
    storeSums(addTiles());
    b.barrier();
    for (const Output &output : outputs)
      b.ifThen(output.isInside, [&] { finish(output); });
  }

  bool usesTensorCores() const { return perBlock > 1; }
  int64_t numComponents() { return op.getWeights().size(); }
  int64_t numSums() { return numComponents() * shape.rowTiles; }
  Type sumType() {
    return isGroupedLayer ? Type(b.getF32Type()) : Type(b.getI32Type());
  }

  /// The sums over the warp's tiles of columns, as `addTile` keeps them.
  Values addTiles() {
    Values sums = startSums();
    int64_t each = staticTiles / shape.warps;
    if (!ShapedType::isDynamic(staticTiles) && staticTiles % shape.warps == 0 &&
        each <= kMostTiles) {
      Values tiles;
      for (int64_t i = 0; i < each; ++i)
        tiles.push_back(b.add(warp, i * shape.warps));
      addTogether(tiles, sums);
      return sums;
    }
    Value rest = b.sub(b.add(numTiles, shape.warps - 1), warp);
    Value rounds = b.floorDiv(rest, shape.warps);
    return b.loop(b.index(0), rounds, 1, sums,
                  [&](Value i, ValueRange carried) {
                    Values next(carried);
                    addTogether({b.add(warp, b.mul(i, shape.warps))}, next);
                    return next;
                  });
  }

  /// All loads of weights come first.
  void addTogether(ArrayRef<Value> tiles, Values &sums) {
    SmallVector<Values> words;
    for (Value tile : tiles)
      for (Value weight : op.getWeights())
        for (Value rowTile : rowTiles)
          words.push_back(
              b.streamWords(weight, {rowTile, tile, lane, b.index(0)}));
    for (auto [i, tile] : llvm::enumerate(tiles)) {
      Values x = loadActivations(tile);
      for (int64_t s = 0; s < numSums(); ++s)
        addTile(words[i * numSums() + s], x, tile, s, sums);
    }
  }

  /// The lane's activations, as eight words: word 2 i + h meets digit i of the
  /// words h of a row.
  Values loadActivations(Value tile) {
    if (byColumns)
      return loadScattered(tile);
    Value column = b.add(b.mul(tile, kColumns), b.mul(part, kLaneColumns));
    Values x = b.loadWords(input, {token, column});
    x.append(b.loadWords(input, {token, b.add(column, 16)}));
    return x;
  }

  /// The same in `gpu_tile2k`: word 2 i + h is at column 32 i + 16 h + 4 t.
  Values loadScattered(Value tile) {
    Value column = b.add(b.mul(tile, kColumns), b.mul(part, 4));
    Values x;
    for (int64_t i = 0; i < 8; ++i)
      x.push_back(b.loadWord(input, {token, b.add(column, 16 * i)}));
    return x;
  }

  //===--------------------------------------------------------------------===//
  // Products
  //===--------------------------------------------------------------------===//

  /// Sums per tile of rows: a fragment of mma; an accumulator for each digit of
  /// two rows; or a float for each.
  int64_t sumsPerTile() {
    return usesTensorCores() ? 4 : isGroupedLayer ? 2 : 8;
  }

  Values startSums() {
    Type type = sumType();
    if (!usesTensorCores() && !isGroupedLayer)
      type = VectorType::get(1, type);
    return Values(numSums() * sumsPerTile(), b.zero(type));
  }

  void addTile(ArrayRef<Value> words, ArrayRef<Value> x, Value tile, int64_t s,
               Values &sums) {
    auto own = MutableArrayRef(sums).slice(s * sumsPerTile(), sumsPerTile());
    if (usesTensorCores())
      return multiply(words, x, own);
    for (int64_t half = 0; half < 2; ++half) {
      if (isGroupedLayer)
        addGroups(words, x, tile, s, half, own[half]);
      else
        for (int64_t h = 0; h < 2; ++h)
          addDot(words[2 * h + half], x, h, own.slice(4 * half, 4));
    }
  }

  /// sums[i] += digit i of a word times its activations.
  void addDot(Value word, ArrayRef<Value> x, int64_t h,
              MutableArrayRef<Value> sums) {
    Values activations;
    for (int64_t i = 0; i < 4; ++i)
      activations.push_back(b.bytesOf(x[2 * i + h]));
    auto dot = DotOp::create(b, TypeRange(ValueRange(sums)), b.bytesOf(word),
                             activations, sums, /*radix=*/4, /*isSigned=*/true);
    llvm::copy(dot.getResults(), sums.begin());
  }

  Value finishDot(ValueRange sums) {
    Value none = b.zero(sums[0].getType());
    Value sum = DotFinishOp::create(b, none.getType(), sums, none, /*radix=*/4,
                                    /*offset=*/0, /*digit=*/IntegerAttr(),
                                    /*isSigned=*/true);
    return vector::ExtractOp::create(b, sum, 0);
  }

  /// sum += each run of columns inside of a group, scaled.
  void addGroups(ArrayRef<Value> words, ArrayRef<Value> x, Value tile,
                 int64_t s, int64_t half, Value &sum) {
    int64_t size = *op.getGroupSize();
    // Words of four columns follow each other, or are 16 columns apart.
    int64_t run = byColumns ? 4 : std::gcd(size, kLaneColumns);
    int64_t stride = byColumns ? 4 : 1;
    Value scale = op.getScales()[s / shape.rowTiles];
    Value numRows = b.dim(out, 1);
    Value row = b.add(b.mul(rowTiles[s % shape.rowTiles], kRows),
                      b.add(quad, 8 * half));
    row = b.min(row, b.sub(numRows, b.index(1)));
    Value column =
        b.add(b.mul(tile, kColumns), b.mul(part, byColumns ? 4 : kLaneColumns));
    // Columns behind the last group hold zeros.
    Value last = b.sub(b.dim(scale, 1), b.index(1));
    for (int64_t first = 0; first < kLaneColumns; first += run) {
      Values products(4, b.zero(VectorType::get(1, b.getI32Type())));
      for (int64_t c = first; c < first + run; c += 4)
        addDigit(words[2 * (c / 4 % 2) + half], x[c / 4], c / 8, products);
      Value group =
          b.min(b.floorDiv(b.add(column, first * stride), size), last);
      Value factor = b.load(scale, scaleIndex(b, scale, row, group));
      Value product = b.cast(finishDot(products), b.getF32Type());
      sum = b.addf(sum, b.mulf(product, factor));
    }
  }

  /// sums[digit] += one digit of a word times its activations: the others meet
  /// zeros, and go.
  void addDigit(Value word, Value x, int64_t digit, Values &sums) {
    Value zero = b.zero(VectorType::get(4, b.getI8Type()));
    Values activations(4, zero);
    activations[digit] = b.bytesOf(x);
    auto dot = DotOp::create(b, TypeRange(ValueRange(sums)), b.bytesOf(word),
                             activations, sums, /*radix=*/4, /*isSigned=*/true);
    sums[digit] = dot.getResult(digit);
  }

  /// sums += the tile times eight tokens.
  void multiply(ArrayRef<Value> words, ArrayRef<Value> x,
                MutableArrayRef<Value> sums) {
    for (int64_t digit = 0; digit < 4; ++digit) {
      Values trits;
      for (Value word : words)
        trits.push_back(b.raiseDigit(word, digit));
      b.multiplyBytes(trits, x.slice(2 * digit, 2), sums);
    }
  }

  //===--------------------------------------------------------------------===//
  // Sums
  //===--------------------------------------------------------------------===//

  /// buffer[warp][s][token][row] = the warp's sums.
  void storeSums(ArrayRef<Value> sums) {
    for (int64_t s = 0; s < numSums(); ++s) {
      ArrayRef<Value> own = sums.slice(s * sumsPerTile(), sumsPerTile());
      if (usesTensorCores())
        storeFragment(own, s);
      else
        storeRows(own, s);
    }
  }

  void storeFragment(ArrayRef<Value> own, int64_t s) {
    for (int64_t i = 0; i < 4; ++i) {
      Value column = b.add(b.mul(part, 2), i % 2);
      Value place = b.add(b.mul(column, kRows), b.add(quad, i / 2 * 8));
      Value sum = arith::ShRSIOp::create(
          b, own[i], b.constant(b.getI32Type(), kRaisedBits));
      b.store(sum, buffer, {warp, b.add(place, s * perBlock * kRows)});
    }
  }

  void storeRows(ArrayRef<Value> own, int64_t s) {
    Values halves(own);
    if (!isGroupedLayer)
      halves = {finishDot(own.take_front(4)), finishDot(own.drop_front(4))};
    for (Value &half : halves)
      half = b.sumOverLanes(half, {1, 2});
    Value isFirst = b.compare(arith::CmpIPredicate::eq, part, b.index(0));
    b.ifThen(isFirst, [&] {
      for (int64_t half = 0; half < 2; ++half)
        b.store(halves[half], buffer,
                {warp, b.add(quad, s * kRows + 8 * half)});
    });
  }

  /// What a thread finishes: the sum of a row and token, and its factors.
  struct Output {
    /// In the sums of a warp.
    Value place;
    Value isInside, token, row;
    /// Of the components, null where it is multiplied already.
    Values scales;
    Value factor;
  };

  /// One thread for each row and token. Factors are loaded while the weights
  /// are on their way.
  SmallVector<Output> prepareOutputs(Value thread) {
    SmallVector<Output> outputs;
    int64_t count = shape.rowTiles * perBlock * kRows;
    for (int64_t first = 0; first < count; first += shape.warps * kWarp)
      outputs.push_back(prepareOutput(b.add(thread, first), count));
    return outputs;
  }

  Output prepareOutput(Value i, int64_t count) {
    Output output;
    output.place = i;
    Value tile = b.floorDiv(i, perBlock * kRows);
    Value place = b.rem(i, perBlock * kRows);
    output.token = b.add(firstToken, b.floorDiv(place, kRows));
    output.row =
        b.add(b.mul(b.add(firstRowTile, tile), kRows), b.rem(place, kRows));
    auto isBelow = [&](Value x, Value end) {
      return b.compare(arith::CmpIPredicate::ult, x, end);
    };
    Value inside = arith::AndIOp::create(b, isBelow(i, b.index(count)),
                                         isBelow(output.row, b.dim(out, 1)));
    output.isInside =
        arith::AndIOp::create(b, inside, isBelow(output.token, b.dim(out, 0)));
    if (elementOf(out).isInteger(32))
      return output;
    // Threads that finish nothing load what others do.
    Value row = b.min(output.row, b.sub(b.dim(out, 1), b.index(1)));
    Value t = b.min(output.token, b.sub(b.dim(out, 0), b.index(1)));
    output.factor = loadActivationScale(b, op, t, 1);
    if (!isGroupedLayer)
      for (Value scale : op.getScales())
        output.scales.push_back(
            b.load(scale, scaleIndex(b, scale, row, Value())));
    return output;
  }

  void finish(const Output &output) {
    Value total;
    for (int64_t c = 0; c < numComponents(); ++c) {
      int64_t first = c * shape.rowTiles * perBlock * kRows;
      Value y = sumOverWarps(b.add(output.place, first));
      if (!elementOf(out).isInteger(32))
        y = b.cast(y, b.getF32Type());
      if (!output.scales.empty())
        y = b.mulf(y, output.scales[c]);
      total = !total                        ? y
              : isa<FloatType>(y.getType()) ? b.addf(total, y)
                                            : b.add(total, y);
    }
    if (elementOf(out).isInteger(32))
      return b.store(total, out, {output.token, output.row});
    storeOutput(b, op, b.broadcast(total, 1), output.factor, out, output.token,
                output.row, Value());
  }

  Value sumOverWarps(Value place) {
    Value sum;
    for (int64_t w = 0; w < shape.warps; ++w) {
      Value y = b.load(buffer, {b.index(w), place});
      sum = !sum ? y : isGroupedLayer ? b.addf(sum, y) : b.add(sum, y);
    }
    return sum;
  }

  GPUKernelBuilder &b;
  BitLinearOp op;
  Value input, out;
  Value numRowTiles, numTiles;
  int64_t staticTiles;
  DecodeShape shape;
  bool isGroupedLayer, byColumns;
  int64_t perBlock = 1;
  // The block and thread that is being computed.
  Value warp, lane, quad, part, token, firstToken, firstRowTile, buffer;
  Values rowTiles;
};

/// Activations `[M, K]` with zeros up to whole tiles of columns, so that words
/// can be loaded; as they are where that is known of them.
Value padColumns(GPUKernelBuilder &b, Value input, Value numTiles) {
  int64_t columns = cast<MemRefType>(input.getType()).getDimSize(1);
  if (!ShapedType::isDynamic(columns) && columns % kColumns == 0)
    return input;
  Value numColumns = b.dim(input, 1), width = b.mul(numTiles, kColumns);
  Value numRows = b.dim(input, 0);
  Value padded = b.scratch(b.getI8Type(), {numRows, width});
  Value lastColumn = b.sub(numColumns, b.index(1));
  b.launchThreads(b.mul(numRows, width), [&](Value i) {
    Value row = arith::DivUIOp::create(b, i, width);
    Value column = b.sub(i, b.mul(row, width));
    Value inside = b.compare(arith::CmpIPredicate::ult, column, numColumns);
    Value x = b.load(input, {row, b.min(column, lastColumn)});
    b.store(b.select(inside, x, b.zero(b.getI8Type())), padded, {row, column});
  });
  return padded;
}

/// Whether each lane's columns are runs of whole words inside of a group.
bool hasWholeWords(BitLinearOp op) {
  return !op.getGroupSize() || *op.getGroupSize() % 4 == 0;
}

/// Whether no sum, 64 times as large, leaves an i32.
bool fitsWords(BitLinearOp op) {
  int64_t columns = cast<ShapedType>(op.getInput().getType()).getShape().back();
  return ShapedType::isDynamic(columns) || columns < (1 << 18);
}

LogicalResult buildDecode(GPUKernelBuilder &b, BitLinearOp op) {
  if (!isForDecode(op))
    return failure();
  Value input = op.getInput(), out = op.getInits()[0];
  Value matrix = asMatrix(b, input), result = asMatrix(b, out);
  Value padded = padColumns(b, matrix, b.dim(op.getWeights()[0], 1));
  DecodeKernel kernel(b, op, padded, result);
  Value tokens = b.dim(matrix, 0);
  Value one = b.compare(arith::CmpIPredicate::eq, tokens, b.index(1));
  Value few =
      b.compare(arith::CmpIPredicate::ule, tokens, b.index(kGPUFewTokens));
  auto forMany = [&] {
    if (!isForPrefill(op))
      return kernel.run(8);
    b.ifElse(
        few, [&] { kernel.run(8); },
        [&] { buildPrefill(b, op, padded, result); });
  };
  if (op.getGroupSize())
    kernel.run(1);
  else
    b.ifElse(one, [&] { kernel.run(1); }, forMany);
  if (padded != matrix)
    b.free(padded);
  return success();
}

} // namespace

bool ternary::isForDecode(BitLinearOp op) {
  return (isGPUTile(op.getPackingAttr()) ||
          isGPUTileByColumns(op.getPackingAttr())) &&
         !op.getWeights().empty() && !op.getRoundOperands() &&
         elementOf(op.getInput()).isInteger(8) && isMatrix(op.getInput()) &&
         isMatrix(op.getInits()[0]) && hasWholeWords(op) && fitsWords(op) &&
         llvm::all_of(op->getOperands(), isContiguousInRows);
}

void ternary::populateDecodeKernels(RewritePatternSet &patterns,
                                    const GPUShapes &shapes) {
  patterns.add<LowerToGPUKernel<BitLinearOp>>(patterns.getContext(),
                                              buildDecode, shapes);
}
