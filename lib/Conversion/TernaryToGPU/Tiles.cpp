//===- Tiles.cpp - Trits to and from the tiles of GPU kernels -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Tiles.h"

#include "../TernaryToVector/Digits.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

constexpr int64_t kWarps = 4, kDigits = 4, kWords = 4;
/// Bytes from one row of a tile to the next in shared memory: rows begin in
/// different banks.
constexpr int64_t kStride = kGPUTileColumns + 16;

/// The trits of a digit of the bytes of a word: codes 1 and 3 are +1 and -1.
static Value readDigit(GPUKernelBuilder &b, Value word, int64_t digit) {
  auto shift = [&](Value x, int64_t bits) -> Value {
    return bits == 0
               ? x
               : arith::ShRUIOp::create(b, x, b.constant(x.getType(), bits));
  };
  constexpr int64_t kOnes = 0x01010101;
  Value low = bitAnd(b, shift(word, 2 * digit), kOnes);
  Value high = arith::AndIOp::create(b, low, shift(word, 2 * digit + 1));
  return b.add(low, b.mulWords(high, 254));
}

bool TileMemory::isTiles(Value memref, PackingAttrInterface packing) {
  std::optional<GPUTile> tile = getGPUTile(packing);
  return tile && !tile->isBase3() && isDense(memref);
}

bool TileMemory::takes(Value memref, PackingAttrInterface packing,
                       ArrayRef<int64_t> shape) {
  return isTiles(memref, packing) && !getGPUTile(packing)->halves &&
         !ShapedType::isDynamicShape(shape) && shape[0] % kGPUTileRows == 0 &&
         shape[1] % kGPUTileColumns == 0;
}

void TileMemory::launch(int64_t parts, function_ref<void(const Warp &)> body) {
  Value perPanel = b.dim(memref, 1);
  Value count = b.mul(b.floorDiv(b.dim(memref, 0), parts), perPanel);
  b.launch(b.ceilDiv(count, kWarps), b.index(1), kWarps * kWarp,
           [&](const GPUKernelBuilder::Place &at) {
             Value warp = b.floorDiv(at.thread, kWarp);
             Value tile = b.add(b.mul(at.block, kWarps), warp);
             Value exists = b.compare(arith::CmpIPredicate::ult, tile, count);
             tile = b.min(tile, b.sub(count, b.index(1)));
             Value panel = arith::DivUIOp::create(b, tile, perPanel);
             Value block = b.sub(tile, b.mul(panel, perPanel));
             body({panel, block, warp, b.rem(at.thread, kWarp), exists});
           });
}

Value TileMemory::makeTrits() {
  return b.shared(b.getI8Type(), {kWarps, kGPUTileRows, kStride});
}

void TileMemory::forEachRun(const Warp &at, int64_t count,
                            function_ref<void(Value, Value)> body) {
  int64_t perRow = kGPUTileColumns / count, rows = kWarp / perRow;
  Value row = b.floorDiv(at.lane, perRow);
  Value column = b.mul(b.rem(at.lane, perRow), count);
  for (int64_t first = 0; first < kGPUTileRows; first += rows)
    body(b.add(row, first), column);
}

Values TileMemory::placeOf(const Warp &at, int64_t word, int64_t digit) {
  Value row = b.add(b.floorDiv(at.lane, 4), word % 2 * 8);
  Value lane = b.rem(at.lane, 4);
  int64_t half = word / 2;
  Value column = order.byColumns ? b.add(b.mul(lane, 4), 32 * digit + 16 * half)
                                 : b.add(b.mul(lane, 32), 8 * digit + 4 * half);
  return {at.warp, row, column};
}

void TileMemory::read(int64_t count,
                      function_ref<void(ValueRange, Place)> store) {
  launch(/*parts=*/1, [&](const Warp &at) {
    Value tile = makeTrits();
    Values loaded =
        b.loadWords(memref, {at.panel, at.block, at.lane, b.index(0)});
    for (int64_t w = 0; w < kWords; ++w)
      for (int64_t digit = 0; digit < kDigits; ++digit)
        b.storeVector(b.bytesOf(readDigit(b, loaded[w], digit)), tile,
                      placeOf(at, w, digit));
    b.barrier();
    b.ifThen(at.exists, [&] {
      forEachRun(at, count, [&](Value row, Value column) {
        Values words;
        int64_t size = std::min<int64_t>(count, 16);
        for (int64_t i = 0; i < count; i += size)
          llvm::append_range(
              words,
              wordsOf(b, b.loadVector(tile, {at.warp, row, b.add(column, i)},
                                      size)));
        store(words, {b.add(b.mul(at.panel, kGPUTileRows), row),
                      b.add(b.mul(at.block, kGPUTileColumns), column)});
      });
    });
  });
}

//===----------------------------------------------------------------------===//
// Fields
//===----------------------------------------------------------------------===//
//
// Bytes of four neighbouring columns, whose fields are those columns, become
// bytes of a column whose fields are digits: squares of 4 x 4 fields are
// transposed. The lanes that share a row have 8 bytes of it each.

constexpr int64_t kTileTrits[] = {0, 1, 0, -1};

Value TileMemory::rowOf(const Warp &at, int64_t half) {
  return b.add(b.mul(at.panel, kGPUTileRows),
               b.add(b.floorDiv(at.lane, 4), 8 * half));
}

Value TileMemory::runOf(const Warp &at) {
  return b.add(b.mul(at.block, kGPUTileColumns),
               b.mul(b.rem(at.lane, 4), kFieldRun));
}

Value TileMemory::exchange(const Warp &at, Value word) {
  auto swap = [&](int64_t lane, int64_t low, int64_t high) {
    Value other = b.exchangeLanes(word, lane);
    Value isLow = b.compare(arith::CmpIPredicate::ult, b.rem(at.lane, 2 * lane),
                            b.index(lane));
    Type i32 = b.getI32Type();
    word =
        permute(b, word, other,
                b.select(isLow, b.constant(i32, low), b.constant(i32, high)));
  };
  swap(1, 0x6240, 0x3715);
  swap(2, 0x5410, 0x3276);
  return word;
}

/// The even and the odd ones of the bytes of two words, and back.
static Values separate(GPUKernelBuilder &b, ValueRange words) {
  return {permute(b, words[0], words[1], 0x6420),
          permute(b, words[0], words[1], 0x7531)};
}
static Values interleave(GPUKernelBuilder &b, ValueRange words) {
  return {permute(b, words[0], words[1], 0x5140),
          permute(b, words[0], words[1], 0x7362)};
}

Values TileMemory::toDigits(const Warp &at, ValueRange words) {
  if (order.byColumns)
    return {exchange(at, words[0]), exchange(at, words[1])};
  return separate(b, words);
}

Values TileMemory::fromDigits(const Warp &at, ValueRange digits) {
  return order.byColumns ? toDigits(at, digits) : interleave(b, digits);
}

/// The low halves of the bytes of two words side by side, and the high ones.
static Values separateHalves(GPUKernelBuilder &b, ValueRange words) {
  constexpr int64_t kLow = 0x0f0f0f0f;
  return {bitOr(b, bitAnd(b, words[0], kLow),
                shiftUp(b, bitAnd(b, words[1], kLow), 4)),
          bitOr(b, bitAnd(b, shiftDown(b, words[0], 4), kLow),
                bitAnd(b, words[1], ~kLow))};
}

Values TileMemory::toHalves(const Warp &at, ValueRange fields) {
  if (order.byColumns) {
    // A lane's pairs of columns are halves of bytes of all lanes.
    Values words = interleave(b, separateHalves(b, fields));
    for (Value &word : words)
      word = separateFields(b, exchange(at, word));
    return words;
  }
  // They are bytes of one lane for each digit.
  Values words = separate(b, fields);
  for (Value &word : words)
    word = transposeFields(b, exchange(at, word));
  return interleave(b, words);
}

Values TileMemory::toTile(const Warp &at, ValueRange fields) {
  if (order.halves)
    return toHalves(at, fields);
  Values words = toDigits(at, fields);
  for (Value &word : words)
    word = transposeFields(b, word);
  return words;
}

FieldRows::Finish TileMemory::loadRun(FieldRows &rows,
                                      ArrayRef<OpFoldResult> shape,
                                      const Warp &at, int64_t half) {
  Value row = rowOf(at, half), column = runOf(at);
  bool areRowsWhole = isMultipleOf(shape[0], kGPUTileRows);
  bool areColumnsWhole = isMultipleOf(shape[1], kGPUTileColumns);
  Value height = valueOf(b, shape[0]);
  FieldRows::Finish run = rows.load(
      areRowsWhole ? row : b.min(row, b.sub(height, b.index(1))), column);
  if (areRowsWhole && areColumnsWhole)
    return run;
  return [=] {
    Value left = b.sub(valueOf(b, shape[1]), column);
    if (!areRowsWhole)
      left = b.select(b.compare(arith::CmpIPredicate::ult, row, height), left,
                      b.index(0));
    Values fields = run();
    for (auto [i, word] : llvm::enumerate(fields))
      word = keepFields(b, word, i % 2 == 0 ? left : b.sub(left, b.index(16)));
    return fields;
  };
}

void TileMemory::write(FieldRows &rows, ArrayRef<OpFoldResult> shape) {
  launch(rows.parts(), [&](const Warp &at) {
    FieldRows::Finish load0 = loadRun(rows, shape, at, 0);
    FieldRows::Finish load1 = loadRun(rows, shape, at, 1);
    Values runs[] = {load0(), load1()};
    Value panels = b.floorDiv(b.dim(memref, 0), rows.parts());
    for (int64_t part = 0; part < rows.parts(); ++part) {
      Values words(kWords);
      for (int64_t half = 0; half < 2; ++half) {
        ValueRange fields = ArrayRef(runs[half]).slice(2 * part, 2);
        for (auto [i, word] : llvm::enumerate(toTile(at, fields)))
          words[2 * i + half] = word;
      }
      Value panel = b.add(at.panel, b.mul(panels, part));
      b.ifThen(at.exists, [&] {
        b.storeVector(bytesOf(b, words), memref,
                      {panel, at.block, at.lane, b.index(0)});
      });
    }
  });
}

/// The first field of a byte is the lowest one.
static Value reverseBytes(GPUKernelBuilder &b, const DigitRuns &runs,
                          Value word) {
  return runs.msbFirst ? permute(b, word, word, 0x0123) : word;
}

void TileMemory::readFields(Value bytes, const DigitRuns &runs,
                            int64_t columns) {
  Value flat = asVector(b, bytes);
  SmallVector<int64_t> codes = codesOfCodes(kTileTrits, runs.codes);
  launch(/*parts=*/1, [&](const Warp &at) {
    Values loaded =
        b.loadWords(memref, {at.panel, at.block, at.lane, b.index(0)});
    for (int64_t half = 0; half < 2; ++half) {
      Values digits;
      for (int64_t part = 0; part < 2; ++part) {
        Value word = reverseBytes(b, runs, loaded[2 * part + half]);
        digits.push_back(translateFields(b, transposeFields(b, word), codes));
      }
      Values words = fromDigits(at, digits);
      Value first = b.add(b.mul(rowOf(at, half), columns), runOf(at));
      b.ifThen(at.exists, [&] {
        b.storeVector(bytesOf(b, words), flat, {b.floorDiv(first, kDigits)});
      });
    }
  });
}
