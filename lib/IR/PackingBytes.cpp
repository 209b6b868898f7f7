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
#include "llvm/ADT/APFloat.h"

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

/// Trits that a task of a thread has about.
constexpr int64_t kTaskTrits = 1 << 17;

/// Cuts 0 .. count-1, each of `trits` trits, into ranges for tasks of threads.
void forEachTask(MLIRContext *context, int64_t count, int64_t trits,
                 function_ref<void(int64_t, int64_t)> body) {
  int64_t size = llvm::divideCeil(kTaskTrits, trits);
  parallelFor(context, 0, llvm::divideCeil(count, size), [&](size_t task) {
    int64_t begin = task * size;
    body(begin, std::min(begin + size, count));
  });
}

/// Calls `visit(position, byte offset, digit)` for each position, row-major in
/// each task and the innermost loop free of divisions. Positions that share a
/// byte are in one task.
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
    std::vector<Place> inner = placement.rowPlaces(std::min(period, total));
    int64_t step =
        total > period ? placement.rowPlaces(period + 1).back().offset : 0;
    forEachTask(context, llvm::divideCeil(total, period), period,
                [&](int64_t begin, int64_t end) {
                  // A byte that is written could be anything but a local.
                  const Place *places = inner.data();
                  Visit local = visit;
                  for (int64_t p = begin; p < end; ++p)
                    for (int64_t i = 0, start = p * period,
                                 e = std::min(period, total - start);
                         i < e; ++i)
                      local(start + i, p * step + places[i].offset,
                            places[i].digit);
                });
    return;
  }
  std::vector<Place> rowPlaces = placement.rowPlaces(rows);
  std::vector<Place> columnPlaces = placement.columnPlaces(columns);
  auto visitBlock = [&](int64_t rowBegin, int64_t rowEnd, int64_t columnBegin,
                        int64_t columnEnd) {
    const Place *places = columnPlaces.data();
    Visit local = visit;
    for (int64_t n = rowBegin; n < rowEnd; ++n) {
      Place row = rowPlaces[n];
      int64_t start = n * columns;
      for (int64_t k = columnBegin; k < columnEnd; ++k)
        local(start + k, row.offset + places[k].offset,
              row.digit + places[k].digit);
    }
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

uint16_t support::floatToHalfBits(float value) {
  llvm::APFloat number(value);
  bool losesInfo;
  number.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return number.bitcastToAPInt().getZExtValue();
}

float support::halfBitsToFloat(uint16_t bits) {
  llvm::APFloat number(llvm::APFloat::IEEEhalf(), llvm::APInt(16, bits));
  bool losesInfo;
  number.convert(llvm::APFloat::IEEEsingle(),
                 llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return number.convertToFloat();
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
  forEachPlace(*this, rows, columns, placement,
               [=](int64_t position, int64_t offset, int64_t digit) {
                 data[offset] += table[digit][values[position] + 1];
               });
}

bool PackingAttr::unpackBytes(ArrayRef<uint8_t> bytes, int64_t rows,
                              int64_t columns, MutableArrayRef<int8_t> trits,
                              MutableArrayRef<float> scales) const {
  Placement placement(*this, rows, columns);
  constexpr int8_t kForbidden = -128;
  SmallVector<std::array<int8_t, 256>> decoded;
  for (int64_t weight : getDigitWeights(*this)) {
    std::array<int8_t, 256> row;
    for (int64_t byte = 0; byte < 256; ++byte) {
      const auto *code = llvm::find(getCodes(), byte / weight % getRadix());
      row[byte] = code != getCodes().end() ? code - getCodes().begin() - 1
                                           : getUnused().value_or(kForbidden);
    }
    decoded.push_back(row);
  }
  std::atomic<bool> valid = true, *isValid = &valid;
  const uint8_t *data = bytes.data() + getHeader();
  const std::array<int8_t, 256> *tables = decoded.data();
  int8_t *values = trits.data();
  forEachPlace(*this, rows, columns, placement,
               [=](int64_t position, int64_t offset, int64_t digit) {
                 int8_t trit = tables[digit][data[offset]];
                 values[position] = trit == kForbidden ? 0 : trit;
                 if (trit == kForbidden)
                   isValid->store(false, std::memory_order_relaxed);
               });
  if (getScaleBytes() && !scales.empty()) {
    int64_t length = placement.blockLength();
    for (int64_t i = 0, e = placement.numBytes() / length; i < e; ++i)
      scales[i] = loadScale(*this, bytes.data() + i * length +
                                       scaleOffset(*this, length));
  }
  return valid;
}
