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

/// The codes of trits in the bytes of a word, at a digit.
static Value writeDigit(GPUKernelBuilder &b, Value trits, int64_t digit) {
  Value positive = findBytes(b, trits, 1), negative = findBytes(b, trits, -1);
  Value codes = b.add(positive, b.mulWords(negative, 3));
  return b.mulWords(codes, int64_t(1) << 2 * digit);
}

bool TileMemory::takes(Value memref, PackingAttrInterface packing,
                       ArrayRef<int64_t> shape) {
  std::optional<GPUTile> tile = getGPUTile(packing);
  return tile && !tile->halves && isDense(memref) &&
         !ShapedType::isDynamicShape(shape) && shape[0] % kGPUTileRows == 0 &&
         shape[1] % kGPUTileColumns == 0;
}

void TileMemory::launch(function_ref<void(const Warp &)> body) {
  Value perPanel = b.dim(memref, 1);
  Value count = b.mul(b.dim(memref, 0), perPanel);
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
  Value column = byColumns ? b.add(b.mul(lane, 4), 32 * digit + 16 * half)
                           : b.add(b.mul(lane, 32), 8 * digit + 4 * half);
  return {at.warp, row, column};
}

void TileMemory::write(int64_t count, function_ref<Values(Place)> load) {
  launch([&](const Warp &at) {
    Value tile = makeTrits();
    SmallVector<std::pair<Values, Values>> runs;
    forEachRun(at, count, [&](Value row, Value column) {
      Place place{b.add(b.mul(at.panel, kGPUTileRows), row),
                  b.add(b.mul(at.block, kGPUTileColumns), column)};
      runs.emplace_back(Values{at.warp, row, column}, load(place));
    });
    for (auto &[place, words] : runs)
      for (int64_t i = 0; i < count; i += 16) {
        Values to(place);
        to.back() = b.add(to.back(), i);
        b.storeVector(bytesOf(b, ArrayRef(words).slice(i / 4, 4)), tile, to);
      }
    b.barrier();
    Values words;
    for (int64_t w = 0; w < kWords; ++w) {
      Value word;
      for (int64_t digit = 0; digit < kDigits; ++digit) {
        Value trits = b.loadWord(tile, placeOf(at, w, digit));
        Value codes = writeDigit(b, trits, digit);
        word = word ? b.add(word, codes) : codes;
      }
      words.push_back(word);
    }
    b.ifThen(at.exists, [&] {
      b.storeVector(bytesOf(b, words), memref,
                    {at.panel, at.block, at.lane, b.index(0)});
    });
  });
}

void TileMemory::read(int64_t count,
                      function_ref<void(ValueRange, Place)> store) {
  launch([&](const Warp &at) {
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

constexpr int64_t kTileCodes[] = {3, 0, 1};
constexpr int64_t kTileTrits[] = {0, 1, 0, -1};

void TileMemory::forEachFields(const Warp &at, int64_t columns,
                               function_ref<void(int64_t, Value)> body) {
  constexpr int64_t kFields = 4, kLaneBytes = 8;
  Value column = b.add(b.mul(at.block, kGPUTileColumns / kFields),
                       b.mul(b.rem(at.lane, 4), kLaneBytes));
  for (int64_t half = 0; half < 2; ++half) {
    Value row = b.add(b.mul(at.panel, kGPUTileRows),
                      b.add(b.floorDiv(at.lane, 4), 8 * half));
    body(half, b.add(b.mul(row, columns / kFields), column));
  }
}

Value TileMemory::exchange(const Warp &at, Value word) {
  auto swap = [&](int64_t lane, int64_t low, int64_t high) {
    Value other =
        gpu::ShuffleOp::create(b, word, lane, kWarp, gpu::ShuffleMode::XOR)
            .getShuffleResult();
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

Values TileMemory::toDigits(const Warp &at, ValueRange words) {
  if (byColumns)
    return {exchange(at, words[0]), exchange(at, words[1])};
  return {permute(b, words[0], words[1], 0x6420),
          permute(b, words[0], words[1], 0x7531)};
}

Values TileMemory::fromDigits(const Warp &at, ValueRange digits) {
  if (byColumns)
    return toDigits(at, digits);
  return {permute(b, digits[0], digits[1], 0x5140),
          permute(b, digits[0], digits[1], 0x7362)};
}

/// The first field of a byte is the lowest one.
static Value reverseBytes(GPUKernelBuilder &b, const DigitRuns &runs,
                          Value word) {
  return runs.msbFirst ? permute(b, word, word, 0x0123) : word;
}

void TileMemory::writeFields(Value bytes, const DigitRuns &runs,
                             int64_t columns) {
  Value flat = asVector(b, bytes);
  SmallVector<int64_t> codes = codesOfCodes(runs.trits, kTileCodes);
  launch([&](const Warp &at) {
    Values words(kWords);
    forEachFields(at, columns, [&](int64_t row, Value place) {
      Values loaded = wordsOf(b, b.loadVector(flat, {place}, /*size=*/8));
      for (auto [half, word] : llvm::enumerate(toDigits(at, loaded))) {
        word = transposeFields(b, translateFields(b, word, codes));
        words[2 * half + row] = reverseBytes(b, runs, word);
      }
    });
    b.ifThen(at.exists, [&] {
      b.storeVector(bytesOf(b, words), memref,
                    {at.panel, at.block, at.lane, b.index(0)});
    });
  });
}

void TileMemory::readFields(Value bytes, const DigitRuns &runs,
                            int64_t columns) {
  Value flat = asVector(b, bytes);
  SmallVector<int64_t> codes = codesOfCodes(kTileTrits, runs.codes);
  launch([&](const Warp &at) {
    Values loaded =
        b.loadWords(memref, {at.panel, at.block, at.lane, b.index(0)});
    forEachFields(at, columns, [&](int64_t row, Value place) {
      Values digits;
      for (int64_t half = 0; half < 2; ++half) {
        Value word = reverseBytes(b, runs, loaded[2 * half + row]);
        digits.push_back(translateFields(b, transposeFields(b, word), codes));
      }
      Values words = fromDigits(at, digits);
      b.ifThen(at.exists,
               [&] { b.storeVector(bytesOf(b, words), flat, {place}); });
    });
  });
}
