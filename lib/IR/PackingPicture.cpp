//===- PackingPicture.cpp - What each byte of a packing holds -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/PackingPicture.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace ternary;

namespace {

/// A digit of a byte: how much more the byte is with +1 than with 0, and whose.
struct Digit {
  int64_t weight;
  int64_t row, column;
};

/// The bytes of one matrix, taken apart.
class Picture {
public:
  Picture(PackingAttrInterface packing, ArrayRef<int64_t> byteShape,
          int64_t rows, int64_t columns)
      : packing(packing), byteShape(byteShape), rows(rows), columns(columns),
        numBytes(product(byteShape)), trits(rows * columns, 0),
        digits(numBytes), isScale(numBytes) {
    std::vector<uint8_t> zeros = pack(1.0f);
    if (packing.carriesScales())
      forEachChange(zeros, pack(-3.1f),
                    [&](size_t i, int64_t) { isScale[i] = true; });
    for (int64_t i = 0; i < rows * columns; ++i) {
      trits[i] = 1;
      forEachChange(zeros, pack(1.0f), [&](size_t byte, int64_t weight) {
        digits[byte].push_back({weight, i / columns, i % columns});
      });
      trits[i] = 0;
    }
    for (SmallVector<Digit> &byte : digits)
      llvm::sort(byte, [](const Digit &a, const Digit &b) {
        return std::abs(a.weight) > std::abs(b.weight);
      });
  }

  void print(raw_ostream &os) const {
    os << llvm::formatv("{0}: {1} x {2} trits in {3} bytes, {4:F2} bits per "
                        "trit\n",
                        Attribute(packing), rows, columns, numBytes,
                        8.0 * numBytes / (rows * columns));
    SmallVector<int64_t> index(byteShape.size(), 0);
    for (int64_t byte = 0; byte < numBytes; ++byte) {
      os << "[";
      llvm::interleaveComma(index, os);
      os << "]";
      printByte(os, byte);
      os << "\n";
      advance(index);
    }
  }

private:
  std::vector<uint8_t> pack(float scale) const {
    std::vector<float> scales(
        packing.carriesScales() ? product(byteShape.drop_back()) : 0, scale);
    std::vector<uint8_t> bytes(numBytes);
    packing.packBytes(trits, rows, columns, scales, bytes);
    return bytes;
  }

  static void forEachChange(ArrayRef<uint8_t> before, ArrayRef<uint8_t> after,
                            function_ref<void(size_t, int64_t)> body) {
    for (size_t i = 0; i < before.size(); ++i)
      if (before[i] != after[i])
        body(i, int64_t(after[i]) - int64_t(before[i]));
  }

  void printByte(raw_ostream &os, int64_t byte) const {
    if (digits[byte].empty())
      os << (isScale[byte] ? " scale" : " 0");
    std::optional<int64_t> next = mostSignificant();
    for (const Digit &digit : digits[byte]) {
      for (; next && *next > positionOf(digit); --*next)
        os << " -";
      os << llvm::formatv(" W[{0},{1}]", digit.row, digit.column);
      if (next)
        --*next;
    }
    for (; next && !digits[byte].empty() && *next >= 0; --*next)
      os << " -";
  }

  /// The position of the most significant digit, where digits have positions.
  std::optional<int64_t> mostSignificant() const {
    auto attr = dyn_cast<PackingAttr>(packing);
    if (!attr)
      return std::nullopt;
    int64_t count = 0;
    for (int64_t states = attr.getRadix(); states <= 256;
         states *= attr.getRadix())
      ++count;
    return count - 1;
  }

  int64_t positionOf(const Digit &digit) const {
    auto attr = cast<PackingAttr>(packing);
    ArrayRef<int64_t> codes = attr.getCodes();
    double weight = double(digit.weight) / double(codes[2] - codes[1]);
    return std::lround(std::log(weight) / std::log(double(attr.getRadix())));
  }

  void advance(SmallVectorImpl<int64_t> &index) const {
    for (size_t axis = index.size(); axis-- > 0;) {
      if (++index[axis] < byteShape[axis])
        return;
      index[axis] = 0;
    }
  }

  static int64_t product(ArrayRef<int64_t> extents) {
    return llvm::product_of(extents);
  }

  PackingAttrInterface packing;
  ArrayRef<int64_t> byteShape;
  int64_t rows, columns, numBytes;
  std::vector<int8_t> trits;
  std::vector<SmallVector<Digit>> digits;
  std::vector<bool> isScale;
};

} // namespace

LogicalResult ternary::printPackingPicture(raw_ostream &os, Location loc,
                                           PackingAttrInterface packing,
                                           int64_t rows, int64_t columns) {
  int64_t trits;
  if (rows < 1 || columns < 1 || llvm::MulOverflow(rows, columns, trits) ||
      trits > kMaxPictureTrits)
    return emitError(loc) << "shape: expected 1 to " << kMaxPictureTrits
                          << " trits, found " << rows << "x" << columns;
  SmallVector<int64_t> byteShape;
  if (failed(packing.getByteShape({rows, columns}, byteShape,
                                  [&] { return emitError(loc); })))
    return failure();
  Picture(packing, byteShape, rows, columns).print(os);
  return success();
}
