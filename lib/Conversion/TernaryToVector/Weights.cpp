//===- Weights.cpp - Weights read and written by rows ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Rows of a flattened packing do not begin at bytes, so a buffer holds what its
// bytes hold, from the byte of the first trit on.
//
//===----------------------------------------------------------------------===//

#include "Weights.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

Rows Rows::from(KernelBuilder &b, Value row) const {
  if (!memref)
    return {};
  if (!begin)
    return {memref, b.add(first, row), {}};
  std::function<Value(Value)> begin = this->begin;
  return {
      memref, {}, [&b, begin, row](Value r) { return begin(b.add(row, r)); }};
}

Values Rows::at(KernelBuilder &b, Value row, Value column) const {
  if (begin)
    return {b.add(begin(row), column)};
  return {b.add(first, row), column};
}

bool Weight::isReadable(Value memref, PackingAttrInterface packing) {
  return (!packing || getDigitRuns(packing)) &&
         cast<MemRefType>(memref.getType()).isLastDimUnitStride();
}

std::optional<int64_t> Weight::digitOffset() const {
  if (!isPacked())
    return std::nullopt;
  auto [least, most] =
      std::minmax_element(runs->trits.begin(), runs->trits.end());
  if (*most - *least > 3)
    return std::nullopt;
  return -*least;
}

Value Weight::stride(Value width) {
  // A tile may begin inside of a byte, and the last chunk is stored whole.
  return b.add(b.alignTo(width, chunk()), chunk());
}

Value Weight::scratch(Value rows, Value width) {
  if (!isPacked())
    return {};
  return b.scratch(b.getI8Type(), {b.add(b.mul(rows, stride(width)), chunk())});
}

//===----------------------------------------------------------------------===//
// Decode
//===----------------------------------------------------------------------===//

Rows Weight::decode(Value first, Value rows, Value buffer) {
  if (!isPacked())
    return {memref, first, {}};
  if (!runs->flat)
    return decodeTile(first, rows, b.index(0), columns, buffer);
  Value element = b.mul(first, columns);
  decodeRange({}, element, b.mul(rows, columns), buffer, b.index(0));
  Value phase = b.rem(element, runs->digits);
  KernelBuilder &b = this->b;
  Value columns = this->columns;
  return {buffer, {}, [&b, phase, columns](Value row) {
            return b.add(phase, b.mul(row, columns));
          }};
}

Rows Weight::decodeRow(Value n, Value row, Value buffer) {
  if (!isPacked())
    return {memref, b.sub(n, row), {}};
  Rows rows = decode(n, b.index(1), buffer);
  Value begin = rows.begin(b.index(0));
  return {buffer, {}, [begin](Value) { return begin; }};
}

Rows Weight::decodeTile(Value first, Value rows, Value column, Value width,
                        Value buffer) {
  KernelBuilder &b = this->b;
  if (!isPacked()) {
    SmallVector<OpFoldResult> offsets{first, column}, sizes{rows, width},
        strides(2, b.getIndexAttr(1));
    Value tile = memref::SubViewOp::create(b, memref, offsets, sizes, strides);
    return {tile, b.index(0), {}};
  }
  // The element at which a row of the tile begins, in its bytes.
  auto begin = [this, first, column](Value row) {
    if (!runs->flat)
      return column;
    return this->b.add(this->b.mul(this->b.add(first, row), columns), column);
  };
  Value stride = this->stride(width);
  b.loop(b.index(0), rows, 1, [&](Value row) {
    Values prefix;
    if (!runs->flat)
      prefix.push_back(b.add(first, row));
    decodeRange(prefix, begin(row), width, buffer, b.mul(row, stride));
  });
  int64_t digits = runs->digits;
  return {buffer, {}, [&b, begin, stride, digits](Value row) {
            return b.add(b.mul(row, stride), b.rem(begin(row), digits));
          }};
}

void Weight::decodeRange(ValueRange prefix, Value first, Value count,
                         Value buffer, Value to) {
  Value firstByte = b.floorDiv(first, runs->digits);
  Value bytes =
      b.ceilDiv(b.add(b.rem(first, runs->digits), count), runs->digits);
  b.chunks(b.index(0), bytes, kByteLanes, [&](Value byte, Value count) {
    Values at(prefix);
    at.push_back(b.add(firstByte, byte));
    Value begin = b.add(to, b.mul(byte, runs->digits));
    if (!count)
      b.prefetchBehind(memref, at, kByteLanes);
    Values parts = decodeRun(b, *runs, b.load(memref, at, kByteLanes, count));
    for (auto [part, trits] : llvm::enumerate(parts))
      b.store(trits, buffer, {b.add(begin, part * kByteLanes)});
  });
}

//===----------------------------------------------------------------------===//
// Encode
//===----------------------------------------------------------------------===//

void Weight::encode(Value first, Value rows, Value buffer) {
  // What lies behind the last trit of a byte is padding.
  Value pad =
      b.constant(VectorType::get(runs->digits, b.getI8Type()), runs->pad);
  if (runs->flat) {
    Value count = b.mul(rows, columns);
    b.store(pad, buffer, {count});
    Value firstByte = b.floorDiv(b.mul(first, columns), runs->digits);
    return encodeRange(buffer, b.index(0), count, {}, firstByte);
  }
  Value stride = this->stride(columns);
  b.loop(b.index(0), rows, 1, [&](Value row) {
    Value from = b.mul(row, stride);
    b.store(pad, buffer, {b.add(from, columns)});
    encodeRange(buffer, from, columns, {b.add(first, row)}, b.index(0));
  });
}

void Weight::encodeRange(Value buffer, Value from, Value count,
                         ValueRange prefix, Value firstByte) {
  // What follows the last trit is padding already.
  Value bytes = b.ceilDiv(count, runs->digits);
  int64_t step = encodedBytes(*runs);
  b.chunks(b.index(0), bytes, step, [&](Value byte, Value length) {
    Values at(prefix);
    at.push_back(b.add(firstByte, byte));
    Value trits =
        b.load(buffer, {b.add(from, b.mul(byte, runs->digits))}, kByteLanes);
    // A vector may have more bytes than are made.
    if (!length && step < kByteLanes / 4)
      length = b.index(step);
    b.store(encodeRun(b, *runs, trits, Value()), memref, at, length);
  });
}
