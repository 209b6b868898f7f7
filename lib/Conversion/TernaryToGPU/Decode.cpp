//===- Decode.cpp - The kernel of few tokens ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Decode.h"

#include "../TernaryToVector/Kernel.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

constexpr int64_t kRows = kGPUTileRows;

/// The tiles of columns that a warp gets at once are loaded before the first is
/// used; more are not kept in registers.
constexpr int64_t kMostTiles = 8;

/// Of a tile's weights.
constexpr int64_t kTileBytes = kWarp * 16;

/// Of shared memory that needs no request at the launch.
constexpr int64_t kSharedBytes = 48 << 10;

/// Few tiles of rows are shared by many warps, so that all multiprocessors are
/// busy; many by fewer warps with more loads in flight each. Measured on an
/// H200 (docs/rationale.md). `scaleBytes` are those of a group's scale, or 0;
/// each tile is of so many `components`.
static DecodeShape chooseDecodeShape(int64_t numRowTiles, int64_t numTiles,
                                     int64_t tokens, const GPUTile &order,
                                     int64_t scaleBytes, int64_t components) {
  if (ShapedType::isDynamic(numTiles))
    return {8, 1};
  int64_t rows = ShapedType::isDynamic(numRowTiles) ? 0 : numRowTiles;
  bool halves = order.halves;
  bool isDot = tokens == 1 && !halves, scalesDots = isDot && scaleBytes > 0;
  bool hasManyRows = rows >= (isDot ? 300 : 512);
  int64_t mostForOne = !isDot ? 0 : components == 1 ? 32 : 25;
  // Fewer, where all blocks with more warps are there at a time.
  int64_t mostOfMany =
      isDot && !scalesDots && rows < 1024 ? kMostTiles / 2 : kMostTiles;
  // Two, where warps that load both at once are all there at a time.
  constexpr int64_t kPlaces = 40 * kProcessors;
  if (isDot && !scalesDots && !order.isBase3() && components == 1 &&
      rows * numTiles <= 2 * kPlaces)
    mostOfMany = 2;
  int64_t most = hasManyRows ? mostOfMany : numTiles <= mostForOne ? 1 : 3;
  int64_t least = !hasManyRows ? 8 : isDot ? 5 : 4;
  // Two tiles of rows share the activations of many tokens; or of one, unless
  // their scales take many registers.
  bool sharesActivations = numTiles <= 28 ? !isDot : halves && tokens > 1;
  int64_t rowTiles = rows >= 1024 && sharesActivations ? 2 : 1;
  if (scalesDots && rows >= 512 && (numTiles <= 32 || scaleBytes == 1))
    rowTiles = 2;
  // The fewest warps that share the tiles evenly and hold their part at once.
  for (int64_t tiles = most; tiles >= 1; --tiles)
    if (numTiles % tiles == 0 && numTiles / tiles >= least &&
        numTiles / tiles <= 32)
      return {numTiles / tiles, rowTiles};
  return {std::min<int64_t>(numTiles, 16), 1};
}

DecodeKernel::DecodeKernel(GPUKernelBuilder &b, BitLinearOp op, Value input,
                           Value out, int64_t tokens)
    : b(b), op(op), input(input), out(out), perBlock(tokens),
      isGroupedLayer(op.getGroupSize().has_value()),
      order(*getGPUTile(op.getPackingAttr())),
      numRowTiles(b.dim(op.getWeights()[0], 0)),
      numTiles(b.dim(op.getWeights()[0], 1)),
      staticTiles(
          cast<MemRefType>(op.getWeights()[0].getType()).getDimSize(1)) {
  chooseShape();
}

void DecodeKernel::chooseShape() {
  auto bytes = cast<MemRefType>(op.getWeights()[0].getType());
  int64_t scaleBytes = 0;
  if (isGroupedLayer)
    scaleBytes = elementOf(op.getScales()[0]).getIntOrFloatBitWidth() / 8;
  shape = b.shapes.decode.value_or(
      chooseDecodeShape(bytes.getDimSize(0), staticTiles, perBlock, order,
                        scaleBytes, numComponents()));
  shape.staying = chooseStaying();
  // Sums of all warps meet in shared memory.
  while (shape.warps > 1 &&
         shape.buffers() * shape.warps * numSums() * perBlock * kRows * 4 >
             kSharedBytes)
    shape.warps = llvm::divideCeil(shape.warps, 2);
}

bool DecodeKernel::isDot() {
  return perBlock == 1 && !isGroupedLayer && !order.halves &&
         !order.isBase3() && numComponents() == 1;
}

/// Large layers of one token that begin before the kernel in front of them
/// ends: as many blocks as there are registers for, with activations in them.
int64_t DecodeKernel::chooseStaying() {
  std::optional<int64_t> rows = getConstantIntValue(numRowTiles);
  if (!b.areLaunchesOverlapping() || !isDot() || !rows || !heldTiles())
    return 0;
  int64_t ringBytes = staticTiles * shape.rowTiles * kTileBytes;
  int64_t sumBytes = 2 * shape.warps * shape.rowTiles * kRows * 4;
  if (ringBytes + sumBytes > kSharedBytes)
    return 0;
  constexpr int64_t kLeastTiles = 20000, kRegisters = 52, kOfTile = 8;
  int64_t registers = kRegisters + kOfTile * *heldTiles();
  int64_t places = kProcessorRegisters / (shape.warps * kWarp * registers);
  bool isLarge = *rows * staticTiles >= kLeastTiles;
  return isLarge && *rows > kProcessors * places * shape.rowTiles ? places : 0;
}

bool DecodeKernel::hasExponents() {
  return isGroupedLayer && elementOf(op.getScales()[0]).isInteger(8);
}

std::optional<int64_t> DecodeKernel::heldTiles() {
  if (ShapedType::isDynamic(staticTiles) || staticTiles % shape.warps != 0 ||
      staticTiles / shape.warps > kMostTiles)
    return std::nullopt;
  return staticTiles / shape.warps;
}

/// With few tiles per warp no load waits for another one.
bool DecodeKernel::loadsFirst() {
  constexpr int64_t kFewTiles = 2;
  return isDot() && heldTiles() && *heldTiles() * shape.rowTiles <= kFewTiles;
}

int64_t DecodeKernel::leastBlocks() {
  std::optional<int64_t> rows = getConstantIntValue(numRowTiles);
  bool isHalves = order.halves && !isGroupedLayer &&
                  getNumParts(elementOf(op.getInput())) == 1;
  // Near to what ptxas takes by itself, which depends on the order of
  // additions in addresses.
  constexpr int64_t kWarpsOfExponents = 24, kWarpsOfEight = 32;
  if (isHalves && perBlock == 8)
    return kWarpsOfEight / shape.warps;
  if (!order.halves && perBlock == 1 && hasExponents())
    return kWarpsOfExponents / shape.warps;
  isHalves = isHalves && perBlock == 1;
  if (!rows || !(isHalves || loadsFirst()))
    return 0;
  int64_t blocks = llvm::divideCeil(*rows, kProcessors * shape.rowTiles);
  // Products of halves are long enough to hide what half of all warps wait for.
  constexpr int64_t kMostWarps = 64, kWarpsOfHalves = 32;
  int64_t most = (isHalves ? kWarpsOfHalves : kMostWarps) / shape.warps;
  if (blocks > most)
    return 0;
  return isHalves ? most : blocks;
}

void DecodeKernel::run() {
  Value blocks = b.ceilDiv(numRowTiles, shape.rowTiles);
  Value blocksY = b.ceilDiv(b.dim(out, 0), perBlock);
  int64_t threads = shape.warps * kWarp;
  GPUKernelBuilder::LaunchOptions options;
  if (shape.staying == 0) {
    options.blocksPerProcessor = leastBlocks();
    return b.launch(
        blocks, blocksY, threads, [&](const Place &at) { runBlock(at); },
        options);
  }
  options.blocksPerProcessor = shape.staying;
  int64_t places = kProcessors * shape.staying;
  b.launch(
      b.index(places), blocksY, threads,
      [&](const Place &at) { runStaying(at, places); }, options);
}

Type DecodeKernel::sumType() {
  bool isFloat = isGroupedLayer || isa<FloatType>(elementOf(op.getInput()));
  return isFloat ? Type(b.getF32Type()) : Type(b.getI32Type());
}

void DecodeKernel::startBlock(const Place &at) {
  if (b.shapes.overlapLaunches)
    b.allowNextLaunch();
  warp = b.floorDiv(at.thread, kWarp);
  lane = b.rem(at.thread, kWarp);
  quad = b.floorDiv(lane, 4);
  part = b.rem(lane, 4);
  firstToken = b.mul(at.blockY, perBlock);
  lastToken = b.sub(b.dim(out, 0), b.index(1));
  buffer = b.shared(
      sumType(), {shape.buffers() * shape.warps, numSums() * perBlock * kRows});
  firstOfBuffer = b.index(0);
}

void DecodeKernel::takeRowTiles(Value number) {
  Value firstRowTile = b.mul(number, shape.rowTiles);
  Value lastRowTile = b.sub(numRowTiles, b.index(1));
  rowTiles.clear();
  for (int64_t r = 0; r < shape.rowTiles; ++r)
    rowTiles.push_back(b.min(b.add(firstRowTile, r), lastRowTile));
}

void DecodeKernel::runBlock(const Place &at) {
  startBlock(at);
  takeRowTiles(at.block);
  prepareOutputs(at.thread);
  finishRowTiles(addTiles());
}

/// Sums of one round are in a buffer of their own: its threads may be late to
/// read them when others store those of the next one.
void DecodeKernel::runStaying(const Place &at, int64_t blocks) {
  startBlock(at);
  takeRowTiles(at.block);
  Value numRounds = b.ceilDiv(numRowTiles, shape.rowTiles);
  Values tiles = ownTiles();
  for (auto [i, tile] : llvm::enumerate(tiles))
    copyTile(i, tile, b.constant(b.getI1Type(), int64_t(1)));
  waitForActivations();
  SmallVector<Values> x;
  for (Value tile : tiles)
    x.push_back(loadActivations(tile));
  b.loop(at.block, numRounds, blocks, firstOfBuffer,
         [&](Value number, ValueRange carried) -> Values {
           firstOfBuffer = carried[0];
           takeRowTiles(number);
           prepareOutputs(at.thread);
           loadFactors();
           Value next = b.add(number, blocks);
           Value exists = b.compare(arith::CmpIPredicate::ult, next, numRounds);
           takeRowTiles(next);
           Values sums(numSums() * sumsPerTile(), b.zero(accumulatorType()));
           for (auto [i, tile] : llvm::enumerate(tiles)) {
             addWords(takeTile(i, tiles.size() - 1), x[i], tile, nullptr, sums);
             copyTile(i, tile, exists);
           }
           finishRowTiles(sums);
           return {b.sub(b.index(shape.warps), carried[0])};
         });
}

/// Begins to copy the weights in a tile of columns, the `i`-th of the warp, to
/// shared memory: what a lane is to multiply, and no other.
void DecodeKernel::copyTile(int64_t i, Value tile, Value exists) {
  if (!ring)
    ring = b.shared(b.getI8Type(),
                    {shape.warps, *heldTiles() * numSums(), kWarp, 16});
  int64_t s = i * numSums();
  for (Value weight : op.getWeights())
    for (Value rowTile : rowTiles)
      b.copyAsync(weight, {rowTile, tile, lane, b.index(0)}, ring,
                  {warp, b.index(s++), lane, b.index(0)}, 16, exists);
  NVVM::CpAsyncCommitGroupOp::create(b);
}

/// Its words, once no more than `pending` copies are behind it.
SmallVector<Values> DecodeKernel::takeTile(int64_t i, int64_t pending) {
  NVVM::CpAsyncWaitGroupOp::create(b, pending);
  SmallVector<Values> words;
  for (int64_t s = 0; s < numSums(); ++s)
    words.push_back(b.loadWords(
        ring, {warp, b.index(i * numSums() + s), lane, b.index(0)}));
  return words;
}

void DecodeKernel::finishRowTiles(ArrayRef<Value> sums) {
  for (int64_t s = 0; s < numSums(); ++s)
    storeSums(sums.slice(s * sumsPerTile(), sumsPerTile()), s);
  b.barrier();
  for (const Output &output : outputs)
    b.ifThen(output.isInside, [&] { finish(output); });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Those of the warp, which holds them at once.
Values DecodeKernel::ownTiles() {
  Values tiles;
  for (int64_t i = 0; i < *heldTiles(); ++i)
    tiles.push_back(b.add(warp, i * shape.warps));
  return tiles;
}

/// The sums over the warp's tiles of columns.
Values DecodeKernel::addTiles() {
  Values sums(numSums() * sumsPerTile(), b.zero(accumulatorType()));
  if (heldTiles()) {
    addTogether(ownTiles(), [&] { waitForActivations(); }, sums);
    return sums;
  }
  waitForActivations();
  Value rest = b.sub(b.add(numTiles, shape.warps - 1), warp);
  Value rounds = b.floorDiv(rest, shape.warps);
  return b.loop(b.index(0), rounds, 1, sums, [&](Value i, ValueRange carried) {
    Values next(carried);
    addTogether({b.add(warp, b.mul(i, shape.warps))}, [] {}, next);
    return next;
  });
}

void DecodeKernel::waitForActivations() {
  b.waitForLastLaunch();
  loadFactors();
  prepareActivations();
}

/// The words of each component and tile of rows in a tile of columns.
SmallVector<Values> DecodeKernel::loadTile(Value tile) {
  SmallVector<Values> words;
  for (Value weight : op.getWeights())
    for (Value rowTile : rowTiles)
      words.push_back(b.streamWords(weight, {rowTile, tile, lane, b.index(0)}));
  return words;
}

/// All loads of weights and their scales come first, then `meanwhile`.
void DecodeKernel::addTogether(ArrayRef<Value> tiles,
                               function_ref<void()> meanwhile, Values &sums) {
  SmallVector<Values> words;
  for (Value tile : tiles)
    llvm::append_range(words, loadTile(tile));
  SmallVector<GroupScales> scales;
  if (isGroupedLayer)
    for (Value tile : tiles)
      for (int64_t s = 0; s < numSums(); ++s)
        scales.push_back(loadGroupScales(s, tile));
  meanwhile();
  SmallVector<Values> x;
  if (loadsFirst()) {
    for (Value tile : tiles)
      x.push_back(loadActivations(tile));
    // Without it ptxas moves some behind the first products.
    NVVM::SyncWarpOp::create(b, b.constant(b.getI32Type(), int64_t(-1)));
  }
  for (auto [i, tile] : llvm::enumerate(tiles)) {
    size_t first = i * numSums();
    addWords(ArrayRef(words).slice(first, numSums()),
             x.empty() ? loadActivations(tile) : x[i], tile,
             scales.empty() ? nullptr : &scales[first], sums);
  }
}

/// sums += what `loadTile` and `loadActivations` gave, with scales of groups if
/// there are some.
void DecodeKernel::addWords(ArrayRef<Values> words, ArrayRef<Value> x,
                            Value tile, const GroupScales *scales,
                            Values &sums) {
  for (int64_t s = 0; s < numSums(); ++s) {
    if (scales)
      groupScales = scales[s];
    addTile(words[s], x, tile, s,
            MutableArrayRef(sums).slice(s * sumsPerTile(), sumsPerTile()));
  }
}

Value DecodeKernel::tokenOf(int64_t tokenTile) {
  Value token = b.add(firstToken, b.add(quad, 8 * tokenTile));
  return b.min(token, lastToken);
}

int64_t DecodeKernel::runColumns() {
  return isGroupedLayer ? std::gcd(*op.getGroupSize(), kGPUTileColumns)
                        : kGPUTileColumns;
}

void DecodeKernel::addRuns(
    Type type,
    function_ref<void(int64_t, int64_t, MutableArrayRef<Value>)> multiply,
    MutableArrayRef<Value> sums) {
  int64_t run = runColumns();
  for (int64_t first = 0; first < kGPUTileColumns; first += run) {
    Values products(sums.size(), b.zero(type));
    multiply(first, first + run, products);
    for (auto [i, product] : llvm::enumerate(products)) {
      Value sum = product;
      if (!isa<FloatType>(type))
        sum = b.cast(lowerSum(sum), b.getF32Type());
      if (isGroupedLayer)
        sum = b.mulf(sum, groupScales.rows[i % 4 / 2][first / run]);
      sums[i] = b.addf(sums[i], sum);
    }
  }
}

DecodeKernel::GroupScales DecodeKernel::loadGroupScales(int64_t s, Value tile) {
  return {{loadRowScales(s, tile, 0), loadRowScales(s, tile, 1)}};
}

/// Where the scale of the lane's row 0 or 1 is. One in blocks of a tile's rows
/// has rows that do not exist, too.
Values DecodeKernel::scaleIndexOf(int64_t s, int64_t half, Value group) {
  Value scale = op.getScales()[s / shape.rowTiles];
  Value rowTile = rowTiles[s % shape.rowTiles], row = b.add(quad, 8 * half);
  auto type = cast<MemRefType>(scale.getType());
  if (type.getRank() == 3 && type.getShape().back() == kRows)
    return {rowTile, group, row};
  row = b.min(b.add(b.mul(rowTile, kRows), row),
              b.sub(b.dim(out, 1), b.index(1)));
  return scaleIndex(b, scale, row, group);
}

Value DecodeKernel::loadGroupScale(int64_t s, int64_t half, Value column) {
  Value scale = op.getScales()[s / shape.rowTiles];
  // Columns behind the last group hold zeros.
  Value last = b.sub(b.dim(scale, 1), b.index(1));
  Value group = b.min(b.floorDiv(column, *op.getGroupSize()), last);
  return toScale(b, b.load(scale, scaleIndexOf(s, half, group)));
}

Values DecodeKernel::loadRowScales(int64_t s, Value tile, int64_t half) {
  int64_t run = runColumns(), count = kGPUTileColumns / run;
  Value scale = op.getScales()[s / shape.rowTiles];
  auto type = cast<MemRefType>(scale.getType());
  int64_t numGroups = type.getRank() == 2 ? type.getDimSize(1) : 0;
  Values scales;
  // Neighbours in a row are loaded at once.
  if (int64_t size = *op.getGroupSize();
      count == 4 && size == run && numGroups > 0 && numGroups % 4 == 0) {
    Values at = scaleIndexOf(s, half, b.mul(tile, count));
    Value all = toScale(b, b.loadVector(scale, at, count));
    for (int64_t i = 0; i < count; ++i)
      scales.push_back(vector::ExtractOp::create(b, all, i));
    return scales;
  }
  for (int64_t i = 0; i < count; ++i) {
    Value column = b.add(b.mul(tile, kGPUTileColumns), i * run);
    scales.push_back(loadGroupScale(s, half, column));
  }
  return scales;
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

void DecodeKernel::storeFragments(ArrayRef<Value> sums, int64_t s,
                                  bool isLowered) {
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Value column = b.add(b.mul(part, 2), i / 4 * 8 + i % 2);
    Value row = b.add(quad, i % 4 / 2 * 8);
    Value place = b.add(b.mul(column, kRows), row);
    b.store(isLowered ? sum : lowerSum(sum), buffer,
            {b.add(firstOfBuffer, warp), b.add(place, s * perBlock * kRows)});
  }
}

void DecodeKernel::storeRows(ArrayRef<Value> rows, int64_t s) {
  Value isFirst = b.compare(arith::CmpIPredicate::eq, part, b.index(0));
  b.ifThen(isFirst, [&] {
    for (auto [half, sum] : llvm::enumerate(rows))
      b.store(sum, buffer,
              {b.add(firstOfBuffer, warp), b.add(quad, s * kRows + 8 * half)});
  });
}

/// One thread for each row and token. Scales are loaded while the weights are
/// on their way.
void DecodeKernel::prepareOutputs(Value thread) {
  outputs.clear();
  int64_t count = shape.rowTiles * perBlock * kRows;
  for (int64_t first = 0; first < count; first += shape.warps * kWarp)
    outputs.push_back(prepareOutput(b.add(thread, first), count));
}

/// Of activations, which may come from the kernel before.
void DecodeKernel::loadFactors() {
  if (elementOf(out).isInteger(32))
    return;
  for (Output &output : outputs)
    if (!output.factor)
      output.factor =
          loadActivationScale(b, op, b.min(output.token, lastToken), 1);
}

DecodeKernel::Output DecodeKernel::prepareOutput(Value i, int64_t count) {
  Output output;
  output.place = i;
  Value tile = b.floorDiv(i, perBlock * kRows);
  Value place = b.rem(i, perBlock * kRows);
  output.token = b.add(firstToken, b.floorDiv(place, kRows));
  output.row =
      b.add(b.mul(b.add(rowTiles[0], tile), kRows), b.rem(place, kRows));
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
  if (isGroupedLayer && !b.areLaunchesOverlapping())
    output.factor =
        loadActivationScale(b, op, b.min(output.token, lastToken), 1);
  if (!isGroupedLayer)
    for (Value scale : op.getScales())
      output.scales.push_back(
          toScale(b, b.load(scale, scaleIndex(b, scale, row, Value()))));
  return output;
}

void DecodeKernel::finish(const Output &output) {
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

Value DecodeKernel::sumOverWarps(Value place) {
  Value sum;
  for (int64_t w = 0; w < shape.warps; ++w) {
    Value y = b.load(buffer, {b.add(firstOfBuffer, w), place});
    sum = !sum                          ? y
          : isa<FloatType>(y.getType()) ? b.addf(sum, y)
                                        : b.add(sum, y);
  }
  return sum;
}
