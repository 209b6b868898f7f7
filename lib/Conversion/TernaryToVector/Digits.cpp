//===- Digits.cpp - Trits and bytes in registers --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Digits.h"

#include "GroupScales.h"
#include "Register.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Rows of a panel whose bytes share a vector.
constexpr int64_t kPanelLanes = 16;

/// Whether a code is trit + offset wherever the code means something.
static bool isOffset(const DigitRuns &runs) {
  return runs.codes[1] == runs.codes[0] + 1 &&
         runs.codes[2] == runs.codes[0] + 2;
}

static int64_t power(int64_t radix, int64_t exponent) {
  return exponent == 0 ? 1 : radix * power(radix, exponent - 1);
}

static Value equals(KernelBuilder &b, Value x, Value y) {
  return b.compare(arith::CmpIPredicate::eq, x, y);
}

//===----------------------------------------------------------------------===//
// Decode
//===----------------------------------------------------------------------===//

/// What fields of two bits read as; lane l has its field at bit shifts[l], and
/// is zero elsewhere. Codes are compared where they stand.
static Value readFields(KernelBuilder &b, Value fields,
                        ArrayRef<int64_t> shifts, ArrayRef<int64_t> meanings) {
  Value trits = b.zero(fields.getType());
  for (auto [code, trit] : llvm::enumerate(meanings)) {
    if (trit == 0)
      continue;
    SmallVector<int64_t> lanes;
    for (int64_t shift : shifts)
      lanes.push_back(int64_t(code) << shift);
    Value here = equals(b, fields, b.constant(b.getI8Type(), lanes));
    trits = b.select(here, b.constant(fields.getType(), trit), trits);
  }
  return trits;
}

static Value maskFields(KernelBuilder &b, Value bytes,
                        ArrayRef<int64_t> shifts) {
  SmallVector<int64_t> masks;
  for (int64_t shift : shifts)
    masks.push_back(3 << shift);
  return arith::AndIOp::create(b, bytes, b.constant(b.getI8Type(), masks));
}

/// 64 trits of two bits, from trit `first` of the bytes on.
static Value decodeFields(KernelBuilder &b, const DigitRuns &runs, Value bytes,
                          int64_t first) {
  SmallVector<int64_t> source, shifts;
  for (int64_t i = first; i < first + kByteLanes; ++i) {
    int64_t digit = i % runs.digits;
    source.push_back(i / runs.digits);
    shifts.push_back(2 * (runs.msbFirst ? runs.digits - 1 - digit : digit));
  }
  Value fields = maskFields(b, b.shuffle(bytes, source), shifts);
  return readFields(b, fields, shifts, runs.trits);
}

Values ternary::decodeRun(KernelBuilder &b, const DigitRuns &runs,
                          Value bytes) {
  Values parts;
  if (runs.radix == 4) {
    for (int64_t part = 0; part < runs.digits; ++part)
      parts.push_back(decodeFields(b, runs, bytes, part * kByteLanes));
    return parts;
  }
  auto type = VectorType::get(kByteLanes * runs.digits, b.getI8Type());
  int64_t offset = isOffset(runs) ? runs.codes[1] : 0;
  Value digits = DecodeOp::create(b, type, bytes, runs.radix, IntegerAttr(),
                                  offset, runs.msbFirst,
                                  /*isSigned=*/false, /*shift=*/IntegerAttr());
  for (int64_t part = 0; part < runs.digits; ++part) {
    Value trits = vector::ExtractStridedSliceOp::create(
        b, digits, part * kByteLanes, kByteLanes, 1);
    if (!isOffset(runs))
      trits =
          readFields(b, trits, SmallVector<int64_t>(kByteLanes, 0), runs.trits);
    parts.push_back(trits);
  }
  return parts;
}

//===----------------------------------------------------------------------===//
// Encode
//===----------------------------------------------------------------------===//

/// The codes of elements, those of 0 for what is no trit.
static Value toCodes(KernelBuilder &b, Value trits, ArrayRef<int64_t> codes) {
  Type type = trits.getType();
  if (codes[0] == 0 && codes[1] == 1 && codes[2] == 2) {
    Value code = b.add(trits, b.constant(type, int64_t(1)));
    Value isNone = b.compare(arith::CmpIPredicate::ugt, code,
                             b.constant(type, int64_t(2)));
    return b.select(isNone, b.constant(type, int64_t(1)), code);
  }
  Value code = b.constant(type, codes[1]);
  for (int64_t trit : {-1, 1})
    code = b.select(equals(b, trits, b.constant(type, trit)),
                    b.constant(type, codes[trit + 1]), code);
  return code;
}

/// Groups of trits that share a byte, of 64 trits.
int64_t ternary::encodedBytes(const DigitRuns &runs) {
  return std::min<int64_t>(kByteLanes / 4, kByteLanes / runs.digits);
}

/// Digits `begin .. begin + 3` of each byte, as four bytes side by side, are
/// multiplied by their weights and added.
static Value addDigits(KernelBuilder &b, const DigitRuns &runs, Value codes,
                       int64_t begin, Value sums) {
  SmallVector<int64_t> source, weights;
  for (int64_t l = 0; l < kByteLanes; ++l) {
    int64_t byte = l / 4, digit = begin + l % 4;
    bool exists = byte < encodedBytes(runs) && digit < runs.digits;
    // Any lane will do where there is none: its weight is 0, or its byte
    // unused.
    source.push_back(exists ? byte * runs.digits + digit : 0);
    int64_t place = runs.msbFirst ? runs.digits - 1 - digit : digit;
    weights.push_back(digit < runs.digits ? power(runs.radix, place) : 0);
  }
  if (runs.digits != 4)
    codes = b.shuffle(codes, source);
  Value factors = b.constant(b.getI8Type(), weights);
  // A code is the only digit of its byte.
  return b.dot(codes, factors, sums, /*radix=*/4);
}

Value ternary::encodeRun(KernelBuilder &b, const DigitRuns &runs, Value trits,
                         Value count) {
  Value codes = toCodes(b, trits, runs.codes);
  if (count)
    codes = b.select(b.mask(kByteLanes, count), codes,
                     b.constant(codes.getType(), runs.codes[runs.pad + 1]));
  Value zero = b.zero(VectorType::get(kByteLanes / 4, b.getI32Type()));
  Value sums = addDigits(b, runs, codes, 0, zero);
  if (runs.digits > 4)
    sums = addDigits(b, runs, codes, 4, sums);
  sums = DotFinishOp::create(b, sums.getType(), ValueRange(sums), zero,
                             b.getI64IntegerAttr(4), b.getI64IntegerAttr(0),
                             /*digit=*/IntegerAttr());
  return b.cast(sums, b.getI8Type());
}

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

static Value bitcast(KernelBuilder &b, Value x, Type element) {
  auto type = cast<VectorType>(x.getType());
  int64_t bits = type.getNumElements() * type.getElementTypeBitWidth();
  auto to = VectorType::get(bits / element.getIntOrFloatBitWidth(), element);
  return vector::BitCastOp::create(b, to, x);
}

int64_t ternary::panelStep(const PanelShape &panel) {
  return kPanelLanes / panel.words * panel.columns();
}

Values ternary::transposeWords(KernelBuilder &b, Values rows) {
  for (Value &row : rows)
    row = bitcast(b, row, b.getI32Type());
  Values columns = transpose(b, rows);
  for (Value &column : columns)
    column = bitcast(b, column, b.getI8Type());
  return columns;
}

Values ternary::encodePanel(KernelBuilder &b, const PanelShape &panel,
                            Values rows) {
  for (Value &row : rows)
    row = toCodes(b, row, {0, 1, 2});
  auto encode = [&](function_ref<Value(int64_t)> getCodes) {
    Value bytes = getCodes(panel.digits() - 1);
    for (int64_t digit = panel.digits() - 2; digit >= 0; --digit)
      bytes = addDigit(b, bytes, panel.radix, getCodes(digit));
    return bytes;
  };
  // What rows share is put together before it is transposed, what columns share
  // behind that: a square of words either way.
  Values vectors;
  if (panel.digitsAreRows) {
    for (int64_t l = 0; l < kPanelLanes; ++l)
      vectors.push_back(
          encode([&](int64_t block) { return rows[block * kPanelLanes + l]; }));
    vectors = transposeWords(b, vectors);
    vectors.resize(panelStep(panel) / 4);
    return vectors;
  }
  Values words = transposeWords(b, rows);
  for (int64_t w = 0; w < panelStep(panel) / 4; w += panel.words)
    vectors.push_back(encode([&](int64_t word) { return words[w + word]; }));
  return vectors;
}

/// One digit of each byte, as trits.
static Value decodeDigit(KernelBuilder &b, int64_t radix, Value bytes,
                         int64_t digit) {
  if (radix == 3)
    return DecodeOp::create(b, bytes, radix, digit, /*offset=*/1);
  SmallVector<int64_t> shifts(kByteLanes, 2 * digit);
  // Code 3 means nothing and reads as 0.
  return readFields(b, maskFields(b, bytes, shifts), shifts, {-1, 0, 1, 0});
}

void ternary::decodePanel(KernelBuilder &b, const PanelShape &panel,
                          ValueRange vectors,
                          function_ref<void(int64_t, Value)> put) {
  auto toSquare = [&](Values words) {
    words.resize(kPanelLanes, words.front());
    return transposeWords(b, words);
  };
  // A square for each block was faster than one of bytes that all are read
  // from.
  if (panel.digitsAreRows) {
    for (int64_t block = 0; block < panel.blocks; ++block) {
      Values words;
      for (Value bytes : vectors)
        words.push_back(decodeDigit(b, panel.radix, bytes, block));
      for (auto [l, row] : llvm::enumerate(toSquare(words)))
        put(block * kPanelLanes + int64_t(l), row);
    }
    return;
  }
  Values words;
  for (Value bytes : vectors)
    for (int64_t word = 0; word < panel.words; ++word)
      words.push_back(decodeDigit(b, panel.radix, bytes, word));
  for (auto [l, row] : llvm::enumerate(toSquare(words)))
    put(l, row);
}

//===----------------------------------------------------------------------===//
// Fields of two bits
//===----------------------------------------------------------------------===//

bool ternary::areFieldsOfPanel(const DigitRuns &runs, const PanelShape &panel) {
  return runs.radix == 4 && runs.digits == 4 && runs.codes[1] == 0 &&
         runs.pad == 0 && !runs.flat && panel.radix == 4 && panel.words == 4 &&
         !panel.digitsAreRows;
}

/// Exchanges the bits under `mask` with those `shift` above them, in words.
static Value swapBits(KernelBuilder &b, Value words, int64_t mask,
                      int64_t shift) {
  Type type = words.getType();
  Value by = b.constant(type, shift);
  Value above = arith::ShRUIOp::create(b, words, by);
  Value differ = arith::XOrIOp::create(b, words, above);
  differ = arith::AndIOp::create(b, differ, b.constant(type, mask));
  words = arith::XOrIOp::create(b, words, differ);
  return arith::XOrIOp::create(b, words, arith::ShLIOp::create(b, differ, by));
}

Value ternary::translateFields(KernelBuilder &b, Value words,
                               ArrayRef<int64_t> codes) {
  Type type = words.getType();
  constexpr int64_t kLow = 0x55555555;
  Value lowBits = b.constant(type, kLow);
  Value low = arith::AndIOp::create(b, words, lowBits);
  Value high = arith::AndIOp::create(
      b, arith::ShRUIOp::create(b, words, b.constant(type, int64_t(1))),
      lowBits);
  Value both = arith::AndIOp::create(b, low, high);
  // Each bit is an exclusive or of 1, the low bit, the high bit and both.
  auto bitOf = [&](int64_t bit) {
    auto value = [&](int64_t code) { return codes[code] >> bit & 1; };
    Value result = b.constant(type, value(0) ? kLow : int64_t(0));
    auto add = [&](bool isPart, Value part) {
      if (isPart)
        result = arith::XOrIOp::create(b, result, part);
    };
    add(value(0) ^ value(1), low);
    add(value(0) ^ value(2), high);
    add(value(0) ^ value(1) ^ value(2) ^ value(3), both);
    return result;
  };
  Value upper =
      arith::ShLIOp::create(b, bitOf(1), b.constant(type, int64_t(1)));
  return arith::OrIOp::create(b, upper, bitOf(0));
}

Value ternary::transposeFields(KernelBuilder &b, Value words) {
  words = swapBits(b, words, 0x00cc00cc, 6);
  return swapBits(b, words, 0x0000f0f0, 12);
}

Value ternary::separateFields(KernelBuilder &b, Value words) {
  words = swapBits(b, words, 0x0c0c0c0c, 2);
  words = swapBits(b, words, 0x00f000f0, 4);
  return swapBits(b, words, 0x0000ff00, 8);
}

SmallVector<int64_t> ternary::codesOfCodes(ArrayRef<int64_t> meanings,
                                           ArrayRef<int64_t> codes) {
  return llvm::map_to_vector(meanings, [&](int64_t trit) {
    return codes[std::abs(trit) > 1 ? 1 : trit + 1];
  });
}

Values ternary::exchangeFields(KernelBuilder &b, const DigitRuns &runs,
                               Values rows) {
  // A word has the 16 columns of a block: field j of byte i is column 4 i + j,
  // and becomes field i of byte j.
  Values blocks = transposeWords(b, rows);
  for (Value &block : blocks) {
    Value words = bitcast(b, block, b.getI32Type());
    words = translateFields(b, words, codesOfCodes(runs.trits, {0, 1, 2}));
    block = bitcast(b, transposeFields(b, words), b.getI8Type());
    if (!runs.msbFirst)
      continue;
    SmallVector<int64_t> reversed;
    for (int64_t l = 0; l < kByteLanes; ++l)
      reversed.push_back(l - l % 4 + 3 - l % 4);
    block = b.shuffle(block, reversed);
  }
  return blocks;
}
