//===- PackingTQ1.cpp - llama.cpp's TQ1_0 ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Three segments of base-3 digits, scaled so that a digit is the top of a
// product: no radix permutation, hence an implementation of its own.
//
//===----------------------------------------------------------------------===//

#include "BuildUtils.h"
#include "PackingDetail.h"

#include "llvm/Support/MathExtras.h"

#include <array>

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

namespace {

constexpr int64_t kBlock = 256;
constexpr int64_t kDataBytes = 52;
constexpr int64_t kBlockBytes = 54;

/// Bytes `firstByte ..` hold the elements `firstElement ..`: element
/// `firstElement + m + width * i` is digit i (0 = most significant) of byte
/// `firstByte + m`.
struct Segment {
  int64_t firstByte, firstElement, width, digits;
};
constexpr Segment kSegments[] = {
    {0, 0, 32, 5}, {32, 160, 16, 5}, {48, 240, 4, 4}};

int64_t power3(int64_t exponent) {
  int64_t result = 1;
  while (exponent-- > 0)
    result *= 3;
  return result;
}

/// `byte` is ceil(q * 256 / 243), q the five digits as a base-3 number.
uint8_t encodeDigits(uint16_t q) { return uint16_t(q * 256 + 242) / 243; }

/// The digit of weight 243 / (3 * power).
int8_t decodeDigit(uint8_t byte, uint8_t power) {
  return (uint8_t(byte * power) * 3 >> 8) - 1;
}

} // namespace

LogicalResult
TQ1Attr::getByteShape(ArrayRef<int64_t> logicalShape,
                      SmallVectorImpl<int64_t> &byteShape,
                      function_ref<InFlightDiagnostic()> emitError) const {
  int64_t rows = logicalShape[0], columns = logicalShape[1];
  bool dynamic = ShapedType::isDynamic(columns);
  if (!dynamic && columns % kBlock != 0) {
    if (emitError)
      emitError() << *this << ": expected K to be a multiple of " << kBlock
                  << ", found " << columns;
    return failure();
  }
  int64_t blocks = dynamic ? columns : columns / kBlock, total;
  if (!dynamic && !ShapedType::isDynamic(rows) &&
      llvm::MulOverflow(rows, blocks * kBlockBytes, total)) {
    if (emitError)
      emitError() << *this << ": the byte count overflows";
    return failure();
  }
  byteShape.append({rows, blocks, kBlockBytes});
  return success();
}

int64_t TQ1Attr::getByteRank() const { return 3; }
bool TQ1Attr::carriesScales() const { return true; }
/// Every byte decodes to trits.
std::optional<int64_t> TQ1Attr::getUnusedValue() const { return 0; }

SmallVector<OpFoldResult>
TQ1Attr::reifyByteShape(OpBuilder &builder, Location loc,
                        ArrayRef<OpFoldResult> logicalShape) const {
  ImplicitLocOpBuilder b(loc, builder);
  IndexMath math(b);
  Value columns = getValueOrCreateConstantIndexOp(b, loc, logicalShape[1]);
  Value blocks = math.div(columns, math.constant(kBlock));
  return {logicalShape[0], getAsOpFoldResult(blocks),
          b.getIndexAttr(kBlockBytes)};
}

/// (uint8)(byte * 3^digit) * 3 >> 8, minus 1, as i8.
static Value buildDigit(ImplicitLocOpBuilder &b, Value byte, Value power) {
  Value wide = arith::ExtUIOp::create(b, b.getI32Type(), byte);
  Value product = arith::MulIOp::create(b, wide, power);
  product = arith::AndIOp::create(b, product, i32Constant(b, 255));
  product = arith::MulIOp::create(b, product, i32Constant(b, 3));
  Value code = arith::ShRUIOp::create(b, product, i32Constant(b, 8));
  Value trit = arith::SubIOp::create(b, code, i32Constant(b, 1));
  return arith::TruncIOp::create(b, b.getI8Type(), trit);
}

Value TQ1Attr::buildDecode(ImplicitLocOpBuilder &b, ValueRange position,
                           ValueRange,
                           function_ref<Value(ValueRange)> loadByte) const {
  IndexMath math(b);
  Value block = math.div(position[1], math.constant(kBlock));
  Value element = math.rem(position[1], math.constant(kBlock));
  // The place in the segment that holds the element, chosen by comparison.
  Value byte, digit;
  for (const Segment &segment : kSegments) {
    Value local = math.sub(element, math.constant(segment.firstElement));
    Value width = math.constant(segment.width);
    Value here =
        math.add(math.constant(segment.firstByte), math.rem(local, width));
    Value at = math.div(local, width);
    if (!byte) {
      byte = here;
      digit = at;
      continue;
    }
    Value behind = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, element,
                                         math.constant(segment.firstElement));
    byte = arith::SelectOp::create(b, behind, here, byte);
    digit = arith::SelectOp::create(b, behind, at, digit);
  }
  Value power = i32Constant(b, 1);
  for (int64_t i = 1; i < 5; ++i) {
    Value is = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, digit,
                                     math.constant(i));
    power = arith::SelectOp::create(b, is, i32Constant(b, power3(i)), power);
  }
  return buildDigit(b, loadByte({position[0], block, byte}), power);
}

/// The byte `index` of a segment, its digits loaded in order.
static Value buildSegmentByte(ImplicitLocOpBuilder &b, const Segment &segment,
                              ValueRange byteIndex,
                              function_ref<Value(ValueRange)> loadTrit) {
  IndexMath math(b);
  Value first = math.mul(byteIndex[1], math.constant(kBlock));
  Value m = math.sub(byteIndex[2], math.constant(segment.firstByte));
  first = math.add(first, math.constant(segment.firstElement));
  first = math.add(first, m);
  Value q = i32Constant(b, 0), three = i32Constant(b, 3);
  for (int64_t i = 0; i < 5; ++i) {
    q = arith::MulIOp::create(b, q, three);
    if (i >= segment.digits)
      continue;
    Value column = math.add(first, math.constant(i * segment.width));
    Value trit = loadTrit({byteIndex[0], column});
    Value wide = arith::ExtSIOp::create(b, b.getI32Type(), trit);
    q = arith::AddIOp::create(
        b, q, arith::AddIOp::create(b, wide, i32Constant(b, 1)));
  }
  q = arith::MulIOp::create(b, q, i32Constant(b, 256));
  q = arith::AddIOp::create(b, q, i32Constant(b, 242));
  q = arith::DivUIOp::create(b, q, i32Constant(b, 243));
  return arith::TruncIOp::create(b, b.getI8Type(), q);
}

Value TQ1Attr::buildEncode(ImplicitLocOpBuilder &b, ValueRange byteIndex,
                           ValueRange, function_ref<Value(ValueRange)> loadTrit,
                           function_ref<Value(ValueRange)> loadScale) const {
  IndexMath math(b);
  auto below = [&](int64_t end) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, byteIndex[2],
                                 math.constant(end));
  };
  auto segment = [&](int64_t i) {
    return buildSegmentByte(b, kSegments[i], byteIndex, loadTrit);
  };
  auto scale = [&] {
    Value at = math.sub(byteIndex[2], math.constant(kDataBytes));
    return buildScaleByte(b, loadScale(byteIndex.drop_back()), 2, at);
  };
  auto last = [&] {
    return ifElse(b, below(kDataBytes), [&] { return segment(2); }, scale);
  };
  auto rest = [&] {
    return ifElse(b, below(48), [&] { return segment(1); }, last);
  };
  return ifElse(b, below(32), [&] { return segment(0); }, rest);
}

Value TQ1Attr::buildScale(ImplicitLocOpBuilder &b, ValueRange scaleIndex,
                          ValueRange,
                          function_ref<Value(ValueRange)> loadByte) const {
  IndexMath math(b);
  SmallVector<Value> bytes;
  for (int64_t i = kDataBytes; i < kBlockBytes; ++i) {
    SmallVector<Value> index(scaleIndex);
    index.push_back(math.constant(i));
    bytes.push_back(loadByte(index));
  }
  return buildScaleFromBytes(b, bytes);
}

/// One segment with its numbers known, as loops of vectors.
template <size_t kIndex>
static void packSegment(const int8_t *elements, uint8_t *out) {
  constexpr Segment kSegment = kSegments[kIndex];
  std::array<uint16_t, kSegment.width> q{};
  for (int64_t i = 0; i < 5; ++i)
    for (int64_t m = 0; m < kSegment.width; ++m) {
      uint16_t code = 0;
      if (i < kSegment.digits)
        code = 1 + elements[kSegment.firstElement + m + kSegment.width * i];
      q[m] = q[m] * 3 + code;
    }
  for (int64_t m = 0; m < kSegment.width; ++m)
    out[kSegment.firstByte + m] = encodeDigits(q[m]);
}

static void packBlock(const int8_t *elements, float scale, uint8_t *out) {
  packSegment<0>(elements, out);
  packSegment<1>(elements, out);
  packSegment<2>(elements, out);
  uint16_t bits = floatToHalfBits(scale);
  out[kDataBytes] = bits;
  out[kDataBytes + 1] = bits >> 8;
}

static void unpackBlock(const uint8_t *in, int8_t *elements) {
  for (const Segment &segment : kSegments)
    for (int64_t i = 0; i < segment.digits; ++i) {
      uint8_t power = power3(i);
      for (int64_t m = 0; m < segment.width; ++m)
        elements[segment.firstElement + m + segment.width * i] =
            decodeDigit(in[segment.firstByte + m], power);
    }
}

void TQ1Attr::packBytes(ArrayRef<int8_t> trits, int64_t rows, int64_t columns,
                        ArrayRef<float> scales,
                        MutableArrayRef<uint8_t> bytes) const {
  int64_t blocks = rows * columns / kBlock;
  forEachTask(getContext(), blocks, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block)
      packBlock(trits.data() + block * kBlock, scales[block],
                bytes.data() + block * kBlockBytes);
  });
}

bool TQ1Attr::unpackBytes(ArrayRef<uint8_t> bytes, int64_t rows,
                          int64_t columns, MutableArrayRef<int8_t> trits,
                          MutableArrayRef<float> scales) const {
  int64_t blocks = rows * columns / kBlock;
  forEachTask(getContext(), blocks, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const uint8_t *in = bytes.data() + block * kBlockBytes;
      if (!trits.empty())
        unpackBlock(in, trits.data() + block * kBlock);
      if (!scales.empty())
        scales[block] =
            halfBitsToFloat(in[kDataBytes] | (in[kDataBytes + 1] << 8));
    }
  });
  return true;
}
