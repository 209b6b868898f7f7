//===- PackingBytes.cpp - Packing and unpacking in memory -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// The byte of a position is linear in its factors, and so is its digit: the
// place of (n, k) is the sum of a row place and a column place. Two tables
// therefore replace any arithmetic per element.
//
//===----------------------------------------------------------------------===//

#include "PackingDetail.h"

#include "mlir/IR/Threading.h"

#include <array>
#include <atomic>
#include <cstring>

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

namespace {

struct Place {
  int64_t offset = 0;
  int64_t digit = 0;
};

/// Strides, in bytes or in digits, of every factor at one logical shape.
class Placement {
public:
  Placement(PackingAttr packing, int64_t rows, int64_t columns);

  int64_t blockLength() const { return lastAxis; }
  int64_t numBytes() const { return total; }

  /// Places of the positions 0 .. extent-1 of n, k or f.
  std::vector<Place> rowPlaces(int64_t extent) const {
    return places(rowSizes, 0, extent);
  }
  std::vector<Place> columnPlaces(int64_t extent) const {
    return places(columnSizes, kColumnBase, extent);
  }

private:
  std::vector<Place> places(ArrayRef<int64_t> sizes, int64_t base,
                            int64_t extent) const;
  int64_t sizeOf(int64_t factor) const {
    return factor < kColumnBase ? rowSizes[factor]
                                : columnSizes[factor - kColumnBase];
  }

  int64_t digit;
  SmallVector<int64_t> rowSizes, columnSizes;
  std::array<int64_t, 2 * kColumnBase> strides{};
  int64_t lastAxis = 1;
  int64_t total = 1;
};

Placement::Placement(PackingAttr packing, int64_t rows, int64_t columns)
    : digit(packing.getDigit()) {
  if (packing.getFlat()) {
    rowSizes = resolveFactors(packing.getRowFactors(), rows * columns);
  } else {
    rowSizes = resolveFactors(packing.getRowFactors(), rows);
    columnSizes = resolveFactors(packing.getColumnFactors(), columns);
  }
  bool last = true;
  SmallVector<SmallVector<int64_t>> axes = splitAxes(packing);
  for (ArrayRef<int64_t> axis : llvm::reverse(axes)) {
    int64_t stride = total, length = 1;
    for (int64_t factor : llvm::reverse(axis)) {
      strides[factor] = stride;
      stride *= sizeOf(factor);
      length *= sizeOf(factor);
    }
    if (last)
      lastAxis = length += packing.getHeader() + packing.getTrailer();
    last = false;
    total *= length;
  }
}

std::vector<Place> Placement::places(ArrayRef<int64_t> sizes, int64_t base,
                                     int64_t extent) const {
  std::vector<Place> result(extent);
  for (int64_t position = 0; position < extent; ++position) {
    int64_t rest = position;
    for (int64_t i = sizes.size() - 1; i >= 0; --i) {
      int64_t value = i == 0 ? rest : rest % sizes[i];
      rest /= std::max<int64_t>(sizes[i], 1);
      if (base + i == digit)
        result[position].digit += value;
      else
        result[position].offset += value * strides[base + i];
    }
  }
  return result;
}

/// Positions side by side whose bytes are side by side and hold them in the
/// same digit.
struct Run {
  int64_t first;
  int64_t length;
};

/// The runs of all positions, or none where they are too short to gain.
std::vector<Run> findRuns(ArrayRef<Place> places) {
  constexpr size_t kMinLength = 16;
  std::vector<Run> runs;
  for (auto [i, place] : llvm::enumerate(places)) {
    bool joins = i > 0 && place.digit == places[i - 1].digit &&
                 place.offset == places[i - 1].offset + 1;
    if (joins)
      ++runs.back().length;
    else if (runs.size() * kMinLength > places.size())
      return {};
    else
      runs.push_back({int64_t(i), 1});
  }
  return runs;
}

/// Places of columns, or of a period of the flat position.
struct Line {
  explicit Line(std::vector<Place> given)
      : places(std::move(given)), runs(findRuns(places)) {}

  /// Calls `visit` for the positions begin .. end-1 as `forEachPlace` does.
  template <typename Visit>
  void forEach(int64_t begin, int64_t end, int64_t position, Place start,
               Visit visit) const {
    const Place *place = places.data();
    if (runs.empty()) {
      for (int64_t k = begin; k < end; ++k)
        visit(position + k, start.offset + place[k].offset,
              start.digit + place[k].digit, 1);
      return;
    }
    for (const Run &run : runs) {
      int64_t first = std::max(run.first, begin);
      int64_t last = std::min(run.first + run.length, end);
      if (first < last)
        visit(position + first, start.offset + place[first].offset,
              start.digit + place[first].digit, last - first);
    }
  }

  std::vector<Place> places;
  std::vector<Run> runs;
};

/// Calls `visit(position, byte offset, digit, length)` for all positions, as
/// many as `length` at once: side by side, in bytes side by side, in the same
/// digit. Row-major in each task and the innermost loop free of divisions.
/// Positions that share a byte are in one task.
template <typename Visit>
void forEachPlace(PackingAttr packing, int64_t rows, int64_t columns,
                  const Placement &placement, Visit visit) {
  if (rows == 0 || columns == 0)
    return;
  MLIRContext *context = packing.getContext();
  if (packing.getFlat()) {
    // `*` comes first, so places repeat after the product of the others.
    int64_t total = rows * columns;
    int64_t period = fixedProduct(packing.getRowFactors());
    Line inner(placement.rowPlaces(std::min(period, total)));
    int64_t step =
        total > period ? placement.rowPlaces(period + 1).back().offset : 0;
    forEachTask(context, llvm::divideCeil(total, period), period,
                [&](int64_t begin, int64_t end) {
                  // A byte that is written could be anything but a local.
                  Visit local = visit;
                  for (int64_t p = begin; p < end; ++p)
                    inner.forEach(0, std::min(period, total - p * period),
                                  p * period, Place{p * step, 0}, local);
                });
    return;
  }
  std::vector<Place> rowPlaces = placement.rowPlaces(rows);
  Line line(placement.columnPlaces(columns));
  auto visitBlock = [&](int64_t rowBegin, int64_t rowEnd, int64_t columnBegin,
                        int64_t columnEnd) {
    Visit local = visit;
    for (int64_t n = rowBegin; n < rowEnd; ++n)
      line.forEach(columnBegin, columnEnd, n * columns, rowPlaces[n], local);
  };
  // Different rows are in different bytes, unless the digit counts rows.
  if (packing.getDigit() >= kColumnBase)
    forEachTask(context, rows, columns, [&](int64_t begin, int64_t end) {
      visitBlock(begin, end, 0, columns);
    });
  else
    forEachTask(context, columns, rows, [&](int64_t begin, int64_t end) {
      visitBlock(0, rows, begin, end);
    });
}

void storeScale(PackingAttr packing, float scale, uint8_t *bytes) {
  if (packing.getScaleBytes() == 4) {
    uint32_t bits;
    std::memcpy(&bits, &scale, sizeof(bits));
    for (int i = 0; i < 4; ++i)
      bytes[i] = bits >> (8 * i);
    return;
  }
  uint16_t bits = floatToHalfBits(scale);
  bytes[0] = bits;
  bytes[1] = bits >> 8;
}

float loadScale(PackingAttr packing, const uint8_t *bytes) {
  if (packing.getScaleBytes() == 2)
    return halfBitsToFloat(bytes[0] | (bytes[1] << 8));
  uint32_t bits = 0;
  for (int i = 0; i < 4; ++i)
    bits |= uint32_t(bytes[i]) << (8 * i);
  float scale;
  std::memcpy(&scale, &bits, sizeof(scale));
  return scale;
}

/// Where the scale lies inside a block: first in the header, or behind the
/// data if there is none.
int64_t scaleOffset(PackingAttr packing, int64_t blockLength) {
  return packing.getHeader() > 0 ? 0 : blockLength - packing.getTrailer();
}

} // namespace

void support::forEachTask(MLIRContext *context, int64_t count, int64_t trits,
                          function_ref<void(int64_t, int64_t)> body) {
  constexpr int64_t kTaskTrits = 1 << 17;
  int64_t size = llvm::divideCeil(kTaskTrits, trits);
  parallelFor(context, 0, llvm::divideCeil(count, size), [&](size_t task) {
    int64_t begin = task * size;
    body(begin, std::min(begin + size, count));
  });
}

void PackingAttr::packBytes(ArrayRef<int8_t> trits, int64_t rows,
                            int64_t columns, ArrayRef<float> scales,
                            MutableArrayRef<uint8_t> bytes) const {
  Placement placement(*this, rows, columns);
  int64_t header = getHeader(), trailer = getTrailer();
  std::fill(bytes.begin(), bytes.end(), getPaddingByte(*this));
  if (header + trailer > 0) {
    int64_t length = placement.blockLength();
    int64_t blocks = placement.numBytes() / length;
    for (int64_t block = 0; block < blocks; ++block) {
      uint8_t *start = bytes.data() + block * length;
      std::fill(start, start + header, 0);
      std::fill(start + length - trailer, start + length, 0);
      if (getScaleBytes())
        storeScale(*this, scales[block], start + scaleOffset(*this, length));
    }
  }
  // A digit is added to the padding that lies there already; bytes wrap.
  SmallVector<std::array<uint8_t, 3>> increments;
  for (int64_t weight : getDigitWeights(*this)) {
    std::array<uint8_t, 3> row;
    for (int64_t trit = -1; trit <= 1; ++trit)
      row[trit + 1] =
          (getCode(*this, trit) - getCode(*this, getPad())) * weight;
    increments.push_back(row);
  }
  const std::array<uint8_t, 3> *table = increments.data();
  uint8_t *data = bytes.data() + header;
  const int8_t *values = trits.data();
  forEachPlace(
      *this, rows, columns, placement,
      [=](int64_t position, int64_t offset, int64_t digit, int64_t length) {
        std::array<uint8_t, 3> row = table[digit];
        if (length == 1) {
          data[offset] += row[values[position] + 1];
          return;
        }
        // A loop of vectors: selects in place of a table.
        uint8_t *out = data + offset;
        const int8_t *in = values + position;
        for (int64_t i = 0; i < length; ++i)
          out[i] += in[i] < 0 ? row[0] : in[i] > 0 ? row[2] : row[1];
      });
}

/// The trits in `data`, which starts behind the header of the first block.
static bool decodeTrits(PackingAttr packing, const Placement &placement,
                        const uint8_t *data, int64_t rows, int64_t columns,
                        int8_t *values) {
  constexpr int8_t kForbidden = -128;
  SmallVector<std::array<int8_t, 256>> decoded;
  for (int64_t weight : getDigitWeights(packing)) {
    std::array<int8_t, 256> row;
    for (int64_t byte = 0; byte < 256; ++byte) {
      const auto *code =
          llvm::find(packing.getCodes(), byte / weight % packing.getRadix());
      row[byte] = code != packing.getCodes().end()
                      ? code - packing.getCodes().begin() - 1
                      : packing.getUnused().value_or(kForbidden);
    }
    decoded.push_back(row);
  }
  std::atomic<bool> valid = true, *isValid = &valid;
  const std::array<int8_t, 256> *tables = decoded.data();
  // Digits of two bits are compared where they stand.
  bool inPlace = packing.getRadix() == 4 && packing.getUnused();
  std::array<uint8_t, 3> codes;
  for (int64_t trit = -1; trit <= 1; ++trit)
    codes[trit + 1] = getCode(packing, trit);
  int8_t unused = packing.getUnused().value_or(0);
  SmallVector<int64_t> weights = getDigitWeights(packing);
  const int64_t *weight = weights.data();
  auto decode = [=](uint8_t byte, int64_t digit) -> int8_t {
    int8_t trit = tables[digit][byte];
    if (trit != kForbidden)
      return trit;
    isValid->store(false, std::memory_order_relaxed);
    return 0;
  };
  forEachPlace(
      packing, rows, columns, placement,
      [=](int64_t position, int64_t offset, int64_t digit, int64_t length) {
        if (length == 1) {
          values[position] = decode(data[offset], digit);
          return;
        }
        const uint8_t *in = data + offset;
        int8_t *out = values + position;
        if (!inPlace) {
          for (int64_t i = 0; i < length; ++i)
            out[i] = decode(in[i], digit);
          return;
        }
        uint8_t mask = 3 * weight[digit], minus = codes[0] * weight[digit],
                zero = codes[1] * weight[digit],
                plus = codes[2] * weight[digit];
        for (int64_t i = 0; i < length; ++i) {
          uint8_t code = in[i] & mask;
          int8_t other = code == plus ? 1 : unused;
          int8_t rest = code == zero ? 0 : other;
          out[i] = code == minus ? -1 : rest;
        }
      });
  return valid;
}

bool PackingAttr::unpackBytes(ArrayRef<uint8_t> bytes, int64_t rows,
                              int64_t columns, MutableArrayRef<int8_t> trits,
                              MutableArrayRef<float> scales) const {
  Placement placement(*this, rows, columns);
  bool valid = true;
  if (!trits.empty())
    valid = decodeTrits(*this, placement, bytes.data() + getHeader(), rows,
                        columns, trits.data());
  if (getScaleBytes() && !scales.empty()) {
    int64_t length = placement.blockLength();
    for (int64_t i = 0, e = placement.numBytes() / length; i < e; ++i)
      scales[i] = loadScale(*this, bytes.data() + i * length +
                                       scaleOffset(*this, length));
  }
  return valid;
}
