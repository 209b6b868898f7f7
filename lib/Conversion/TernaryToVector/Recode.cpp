//===- Recode.cpp - Bytes of one packing as bytes of another --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Recode.h"

#include "Digits.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

static int64_t power3(int64_t exponent) {
  return exponent == 0 ? 1 : 3 * power3(exponent - 1);
}

/// Whether 64 bytes are looked up at once.
static bool hasByteTables(Operation *op) {
  TargetAttr target = getTarget(op);
  StringRef isa = target ? target.getIsa() : "";
  return isa == "avx512vbmi" || isa == "avx512amx";
}

static VectorType byteType(KernelBuilder &b) {
  return VectorType::get(kByteLanes, b.getI8Type());
}

/// A value for each of 64 lanes or table entries.
static Value makeBytes(KernelBuilder &b, function_ref<int64_t(int64_t)> value) {
  return b.constant(b.getI8Type(),
                    llvm::map_to_vector(llvm::seq<int64_t>(kByteLanes), value));
}

/// The entries of a table of 64 at the low six bits of each index.
static Value lookUp64(KernelBuilder &b, Value table, Value index) {
  return LookUpOp::create(b, table, index);
}

static Value bitcast(KernelBuilder &b, Value x, int64_t elementBits) {
  auto type = cast<VectorType>(x.getType());
  int64_t bits = type.getNumElements() * type.getElementTypeBitWidth();
  return vector::BitCastOp::create(
      b, VectorType::get(bits / elementBits, b.getIntegerType(elementBits)), x);
}

static Value shiftDown(KernelBuilder &b, Value x, Value bits) {
  return arith::ShRUIOp::create(b, x, bits);
}

/// The trit of a code; what is none counts as 0.
static int64_t tritOf(const DigitRuns &runs, int64_t code) {
  int64_t trit = runs.trits[code];
  return std::abs(trit) > 1 ? 0 : trit;
}

//===----------------------------------------------------------------------===//
// Fields of two bits to digits of base 3
//===----------------------------------------------------------------------===//

bool ternary::canRecodeFields(Operation *op, const DigitRuns &from,
                              const DigitRuns &to) {
  return hasByteTables(op) && from.radix == 4 && from.digits == 4 &&
         to.radix == 3 && to.digits == 5;
}

Value ternary::recodeFields(KernelBuilder &b, const DigitRuns &from,
                            const DigitRuns &to, Value bytes) {
  // The five fields of a byte of the result are ten bits in two bytes that
  // follow each other: a word of 16 bits for each.
  constexpr int64_t kWords = kByteLanes / 2, kBits = 10;
  SmallVector<int64_t> source, begins;
  for (int64_t word = 0; word < kWords; ++word) {
    int64_t first = word * kBits / 8, begin = word * kBits % 8;
    for (int64_t i = 0; i < 2; ++i)
      source.push_back(first + (from.msbFirst ? 1 - i : i));
    begins.push_back(from.msbFirst ? 16 - kBits - begin : begin);
  }
  // What fields `first ..`, `count` of them, are worth; bits behind them are
  // those of others.
  auto worth = [&](int64_t first, int64_t count, int64_t index) {
    int64_t sum = 0;
    for (int64_t field = 0; field < count; ++field, index /= 4) {
      int64_t trit = first + field;
      if (from.msbFirst)
        trit = to.digits - 1 - trit;
      int64_t place = to.msbFirst ? to.digits - 1 - trit : trit;
      sum += to.codes[tritOf(from, index % 4) + 1] * power3(place);
    }
    return sum;
  };
  auto lookUpWorth = [&](Value words, int64_t first, int64_t count) {
    Value table =
        makeBytes(b, [&](int64_t i) { return worth(first, count, i); });
    return lookUp64(b, table, bitcast(b, words, 8));
  };
  Value words = bitcast(b, b.shuffle(bytes, source), 16);
  words = shiftDown(b, words, b.constant(b.getI16Type(), begins));
  Value six = b.constant(words.getType(), int64_t(6));
  Value sums = b.add(lookUpWorth(words, 0, 3),
                     lookUpWorth(shiftDown(b, words, six), 3, 2));
  // Every other byte is one of the result.
  return b.cast(bitcast(b, sums, 16), b.getI8Type());
}

//===----------------------------------------------------------------------===//
// Digits of base 3 to words of panels
//===----------------------------------------------------------------------===//
//
// Bytes that begin at digit `phase` of a row's bytes have their digits from two
// of them. Tables of 256 entries for each phase turn the first byte into fields
// of the digits 0 to 3, and the second into fields of the digits 1 to 4, where
// only those are not 0 that the byte has.
//
// Digit d of byte j is trit 5 j + d of a word, which becomes digit
// (5 j + d) / 4 of byte (5 j + d) % 4 = (j + d) % 4: it is weighed, then moved
// d bytes up, in a circle.

static constexpr int64_t kDigits = 5;
/// Tables of one phase, by parts of 64 entries.
static constexpr int64_t kParts = 4, kTables = 2 * kParts;

bool WordRecoder::takes(Operation *op, const DigitRuns &from,
                        const PanelShape &to) {
  return hasByteTables(op) && from.radix == 3 && from.digits == kDigits &&
         from.flat && to.radix == 3 && to.words == kDigits && !to.digitsAreRows;
}

/// The code in a panel of a digit of a byte, in the order of trits.
int64_t WordRecoder::codeOf(int64_t byte, int64_t digit) const {
  int64_t place = runs.msbFirst ? kDigits - 1 - digit : digit;
  return tritOf(runs, byte / power3(place) % 3) + 1;
}

void WordRecoder::storeTable(int64_t place,
                             function_ref<int64_t(int64_t)> entry) {
  for (int64_t part = 0; part < kParts; ++part) {
    Value entries =
        makeBytes(b, [&](int64_t i) { return entry(part * kByteLanes + i); });
    b.store(entries, tables, {b.index((place + part) * kByteLanes)});
  }
}

void WordRecoder::setUp() {
  tables = b.scratch(b.getI8Type(), {b.index(kDigits * kTables * kByteLanes)});
  for (int64_t phase = 0; phase < kDigits; ++phase) {
    storeTable(phase * kTables, [&](int64_t byte) {
      int64_t fields = 0;
      for (int64_t d = 0; d < std::min<int64_t>(4, kDigits - phase); ++d)
        fields |= codeOf(byte, phase + d) << 2 * d;
      return fields;
    });
    storeTable(phase * kTables + kParts, [&](int64_t byte) {
      // Without a phase both bytes are the same one.
      if (phase == 0)
        return codeOf(byte, 4) << 6;
      int64_t fields = 0;
      for (int64_t d = kDigits - phase; d < kDigits; ++d)
        fields |= codeOf(byte, d + phase - kDigits) << 2 * (d - 1);
      return fields;
    });
  }
}

/// The entries of all bytes: the upper two bits choose among four tables.
Value WordRecoder::lookUp(ArrayRef<Value> tables, Value bytes) {
  auto isNegative = [&](Value x) {
    return b.compare(arith::CmpIPredicate::slt, x, b.zero(x.getType()));
  };
  Value upper = isNegative(bytes), odd = isNegative(b.add(bytes, bytes));
  auto half = [&](Value even, Value uneven) {
    return b.select(odd, lookUp64(b, uneven, bytes), lookUp64(b, even, bytes));
  };
  return b.select(upper, half(tables[2], tables[3]),
                  half(tables[0], tables[1]));
}

/// Codes in the low bits of bytes times their weights in a panel's digits;
/// digits 0 and 4, which have the same place, together.
Value WordRecoder::weigh(Value codes, int64_t digit) {
  int64_t bits = digit == 0 ? 4 : 2;
  int64_t mask = (1 << bits) - 1;
  Value index =
      arith::AndIOp::create(b, codes, b.constant(codes.getType(), mask));
  index = arith::OrIOp::create(
      b, index, makeBytes(b, [&](int64_t l) { return l % 4 << bits; }));
  Value table = makeBytes(b, [&](int64_t i) {
    int64_t byte = (i >> bits) % 4;
    int64_t weight = power3((kDigits * byte + digit) / 4);
    return weight * ((i & 3) + (digit == 0 ? 3 * (i >> 2 & 3) : 0));
  });
  return lookUp64(b, table, index);
}

/// The words of a panel for fields of the digits 0 to 3 and 1 to 4.
Value WordRecoder::toWords(Value front, Value back) {
  auto shift = [&](Value bytes, int64_t bits) {
    Value words = bitcast(b, bytes, 32);
    return bitcast(b, shiftDown(b, words, b.constant(words.getType(), bits)),
                   8);
  };
  auto mask = [&](Value bytes, int64_t bits) -> Value {
    return arith::AndIOp::create(b, bytes, b.constant(byteType(b), bits));
  };
  // Digits 1 to 4 of both, then 0 and 4.
  Value upper = arith::OrIOp::create(b, mask(shift(front, 2), 63), back);
  Value ends =
      arith::OrIOp::create(b, mask(front, 3), mask(shift(upper, 4), 12));
  Value sum = weigh(ends, 0);
  for (int64_t digit = 1; digit < 4; ++digit) {
    Value codes = digit == 1 ? upper : shift(upper, 2 * (digit - 1));
    SmallVector<int64_t> moved;
    for (int64_t l = 0; l < kByteLanes; ++l)
      moved.push_back(l - l % 4 + (l + 4 - digit) % 4);
    sum = b.add(sum, b.shuffle(weigh(codes, digit), moved));
  }
  return sum;
}

void WordRecoder::recodeRow(Value memref, Value first, Value phase, Value count,
                            int64_t ahead, Value buffer, Value to) {
  Values front, back;
  for (int64_t part = 0; part < kTables; ++part) {
    Value place = b.mul(b.add(b.mul(phase, kTables), part), kByteLanes);
    (part < kParts ? front : back)
        .push_back(b.load(tables, {place}, kByteLanes));
  }
  Value second = b.add(first, b.min(phase, b.index(1)));
  b.chunks(b.index(0), count, kByteLanes, [&](Value k, Value rest) {
    Value at = b.add(first, k);
    b.prefetch(memref, {b.add(at, ahead)}, kByteLanes, /*cache=*/2);
    auto read = [&](ArrayRef<Value> tables, Value at) {
      return lookUp(tables, b.load(memref, {at}, kByteLanes, rest));
    };
    Value words = toWords(read(front, at), read(back, b.add(second, k)));
    b.store(words, buffer, {b.add(to, k)});
  });
}
