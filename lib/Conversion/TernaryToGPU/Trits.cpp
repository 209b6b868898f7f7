//===- Trits.cpp - Trits in the registers of a GPU ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Trits.h"

#include "../TernaryToVector/Digits.h"
#include "../TernaryToVector/Register.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

static Value word(KernelBuilder &b, int64_t value) {
  return b.constant(b.getI32Type(), int64_t(int32_t(value)));
}
Value ternary::bitAnd(KernelBuilder &b, Value x, int64_t mask) {
  return arith::AndIOp::create(b, x, word(b, mask));
}
Value ternary::bitOr(KernelBuilder &b, Value x, Value y) {
  return arith::OrIOp::create(b, x, y);
}
Value ternary::bitXor(KernelBuilder &b, Value x, int64_t mask) {
  return arith::XOrIOp::create(b, x, word(b, mask));
}
Value ternary::shiftUp(KernelBuilder &b, Value x, int64_t bits) {
  return arith::ShLIOp::create(b, x, word(b, bits));
}
Value ternary::shiftDown(KernelBuilder &b, Value x, int64_t bits) {
  return bits == 0 ? x : arith::ShRUIOp::create(b, x, word(b, bits));
}

/// The same value in each byte.
static int64_t inBytes(int64_t value) { return (value & 255) * 0x01010101; }

Value ternary::permute(GPUKernelBuilder &b, Value low, Value high,
                       Value selector) {
  return callIntrinsic(b, "llvm.nvvm.prmt", b.getI32Type(),
                       {low, high, selector});
}
Value ternary::permute(GPUKernelBuilder &b, Value low, Value high,
                       int64_t selector) {
  return permute(b, low, high, word(b, selector));
}

/// Bytes of words, by their numbers in all of them.
static Value gather(GPUKernelBuilder &b, ValueRange words,
                    ArrayRef<int64_t> bytes) {
  auto pair = [&](int64_t x, int64_t y) {
    return permute(b, words[x / 4], words[y / 4], x % 4 | (4 + y % 4) << 4);
  };
  Value low = pair(bytes[0], bytes[1]), high = pair(bytes[2], bytes[3]);
  return permute(b, low, high, 0x5410);
}

Values ternary::wordsOf(GPUKernelBuilder &b, Value bytes) {
  int64_t count = cast<VectorType>(bytes.getType()).getNumElements() / 4;
  Value vector = vector::BitCastOp::create(
      b, VectorType::get(count, b.getI32Type()), bytes);
  Values words;
  for (int64_t i = 0; i < count; ++i)
    words.push_back(vector::ExtractOp::create(b, vector, i));
  return words;
}

Value ternary::findBytes(GPUKernelBuilder &b, Value x, int8_t value) {
  if (value != 0)
    x = bitXor(b, x, inBytes(value));
  // The top bit of a byte stays 0 only where all of its bits are.
  Value sum = b.add(bitAnd(b, x, inBytes(0x7f)), word(b, inBytes(0x7f)));
  Value nonzero = bitAnd(b, bitOr(b, sum, x), inBytes(0x80));
  return shiftDown(b, bitXor(b, nonzero, inBytes(0x80)), 7);
}

Value ternary::bytesFrom(GPUKernelBuilder &b, Value x, int64_t least) {
  // As unsigned, with 128 added.
  int64_t limit = least + 128;
  if (limit <= 0 || limit >= 256)
    return word(b, limit <= 0 ? -1 : 0);
  x = bitXor(b, x, inBytes(0x80));
  // What is added carries out of the bytes that reach the limit.
  int64_t addend = 256 - limit;
  Value sum =
      b.add(bitAnd(b, x, inBytes(0x7f)), word(b, inBytes(addend & 0x7f)));
  Value carries = addend & 0x80 ? bitOr(b, x, sum)
                                : Value(arith::AndIOp::create(b, x, sum));
  carries = shiftDown(b, bitAnd(b, carries, inBytes(0x80)), 7);
  return b.mulWords(carries, 255);
}

//===----------------------------------------------------------------------===//
// Decode
//===----------------------------------------------------------------------===//

SmallVector<int64_t> ternary::valuesOfCodes(ArrayRef<int64_t> trits,
                                            ArrayRef<int64_t> values) {
  if (values == ArrayRef<int64_t>({-1, 0, 1}))
    return SmallVector<int64_t>(trits);
  return codesOfCodes(trits, values);
}

/// Fields of two bits become nibbles, which look values up in the bytes of a
/// word.
static Values decodeFields(GPUKernelBuilder &b, const DigitRuns &runs,
                           Value bytes, int64_t count,
                           ArrayRef<int64_t> values) {
  int64_t entries = 0;
  for (auto [code, value] : llvm::enumerate(valuesOfCodes(runs.trits, values)))
    entries |= (value & 255) << 8 * code;
  Value table = word(b, entries), none = word(b, 0);
  Values words;
  for (int64_t half = 0; 8 * half < count; ++half) {
    Value x = half == 0 ? bitAnd(b, bytes, 0xffff) : shiftDown(b, bytes, 16);
    for (auto [bits, mask] :
         {std::pair(8, 0x00ff00ff), {4, 0x0f0f0f0f}, {2, 0x33333333}})
      x = bitAnd(b, bitOr(b, x, shiftUp(b, x, bits)), mask);
    for (Value nibbles : {x, shiftDown(b, x, 16)}) {
      Value trits = permute(b, table, none, nibbles);
      if (runs.msbFirst)
        trits = permute(b, trits, none, 0x0123);
      words.push_back(trits);
    }
  }
  words.resize(count / 4);
  return words;
}

/// The bytes in the halves of a word.
constexpr int64_t kHalves = 0x00ff00ff;

/// Two bytes in the halves of a word, divided by 3^i: products fit 16 bits.
static Value divideHalves(GPUKernelBuilder &b, Value x, int64_t i) {
  constexpr int64_t kLow = 0x00010001;
  auto [factor, shift] = getReciprocal(i);
  int64_t mask = ((int64_t(1) << (16 - shift)) - 1) * kLow;
  return bitAnd(b, shiftDown(b, b.mulWords(x, factor), shift), mask);
}

/// The digits of base 3 of bytes, digit by digit. The bytes are 0 and 2 of
/// `even`, and those of `odd` (null for none) between them.
static Values extractDigits3(GPUKernelBuilder &b, Value even, Value odd) {
  auto quotient = [&](int64_t i) {
    auto divide = [&](Value x) { return i == 0 ? x : divideHalves(b, x, i); };
    return odd ? b.add(divide(even), b.mulWords(divide(odd), 256))
               : divide(even);
  };
  Values digits;
  Value next = quotient(0);
  for (int64_t i = 0; i < 4; ++i) {
    Value digit = next;
    next = quotient(i + 1);
    digits.push_back(b.add(digit, b.mulWords(next, -3)));
  }
  // Bytes from 243 on begin anew: their last digit is 3, and counts as 0.
  Value isThree = arith::AndIOp::create(b, next, shiftDown(b, next, 1));
  isThree = bitAnd(b, isThree, inBytes(1));
  digits.push_back(b.add(next, b.mulWords(isThree, -3)));
  return digits;
}

/// The trits of each of two bytes of base 3, which are the halves of a word, in
/// order: in two's complement at the top of their halves, above other bits.
///
/// A byte over 3^5, of which it is less or begins anew, is a fraction whose
/// integer part is the next digit when it is multiplied by 3. It has 14 bits; a
/// few more than it needs make up for what the upper half gets from the lower
/// one, when 1 is taken from both digits.
static Values expandDigits3(GPUKernelBuilder &b, Value halves, bool msbFirst) {
  constexpr int64_t kFraction = 0x3fff3fff, kMinusOnes = 0xc000c000;
  // 2^14 / 3^5 is a little less than 67 + 108 / 256.
  Value part = bitAnd(b, shiftDown(b, b.mulWords(halves, 108), 8), kHalves);
  Value rest = b.add(b.add(b.mulWords(halves, 67), part), word(b, 0x00140014));
  Values digits;
  for (int64_t i = 0; i < 5; ++i) {
    rest = bitAnd(b, rest, kFraction);
    rest = b.add(b.mulWords(rest, 3), word(b, kMinusOnes));
    digits.push_back(rest);
  }
  if (!msbFirst)
    std::reverse(digits.begin(), digits.end());
  return digits;
}

Values ternary::raiseDigits3(GPUKernelBuilder &b, Value halves, bool msbFirst) {
  Values digits = expandDigits3(b, halves, msbFirst);
  for (Value &digit : digits)
    digit = bitAnd(b, digit, 0xc000c000);
  return digits;
}

/// `values` of the digits 0, 1 and 2 in the bytes of a word.
static Value mapDigits(GPUKernelBuilder &b, Value digits,
                       ArrayRef<int64_t> values) {
  if (values == ArrayRef<int64_t>({0, 1, 2}))
    return digits;
  // No byte borrows from its neighbour.
  if (values == ArrayRef<int64_t>({-1, 0, 1}))
    return bitXor(b, b.add(digits, word(b, inBytes(0x7f))), inBytes(0x80));
  Value isOne = bitAnd(b, digits, inBytes(1));
  Value isTwo = bitAnd(b, shiftDown(b, digits, 1), inBytes(1));
  Value result =
      arith::XOrIOp::create(b, b.mulWords(isOne, (values[0] ^ values[1]) & 255),
                            b.mulWords(isTwo, (values[0] ^ values[2]) & 255));
  return bitXor(b, result, inBytes(values[0]));
}

/// The first `count` trits of four bytes, or of two if there is no `odd`.
static Values decodeDigits3(GPUKernelBuilder &b, const DigitRuns &runs,
                            Value even, Value odd, int64_t count,
                            ArrayRef<int64_t> values) {
  Values digits = extractDigits3(b, even, odd);
  for (Value &digit : digits)
    digit = mapDigits(b, digit, values);
  if (runs.msbFirst)
    std::reverse(digits.begin(), digits.end());
  int64_t step = odd ? 1 : 2, last = odd ? 3 : 1;
  Values words;
  for (int64_t first = 0; first < count; first += 4) {
    SmallVector<int64_t> places;
    for (int64_t i = first; i < first + 4; ++i)
      places.push_back(4 * (i % 5) + step * std::min(i / 5, last));
    words.push_back(gather(b, digits, places));
  }
  return words;
}

static Values decodeDigits3(GPUKernelBuilder &b, const DigitRuns &runs,
                            Value bytes, ArrayRef<int64_t> values) {
  return decodeDigits3(b, runs, bitAnd(b, bytes, kHalves),
                       bitAnd(b, shiftDown(b, bytes, 8), kHalves),
                       /*count=*/20, values);
}

/// The digits of base 3 of two bytes as ten bits in their halves of a word: the
/// sum of digit i times 4^i, or 4^(4-i) if it is reversed. Digit i is quotient
/// i less three times the next.
static Value joinDigits3(GPUKernelBuilder &b, Value halves, bool isReversed) {
  Value sum = b.mulWords(halves, isReversed ? 256 : 1);
  for (int64_t i = 1; i < 5; ++i) {
    int64_t weight =
        isReversed ? (1 - 3 * 4) << 2 * (4 - i) : (4 - 3) << 2 * (i - 1);
    sum = b.add(sum, b.mulWords(divideHalves(b, halves, i), weight));
  }
  return sum;
}

/// Words of bytes of five digits of base 3 as words of bytes of four fields of
/// two bits: four words become five.
static Values digitsToFields(GPUKernelBuilder &b, const DigitRuns &from,
                             const DigitRuns &to, ValueRange words) {
  constexpr int64_t kBits = 20, kWordBits = 32;
  // Of two bytes each, in order from the least or the most significant bit.
  Values pairs;
  for (Value word : words) {
    auto join = [&](Value x) {
      return joinDigits3(b, bitAnd(b, x, kHalves),
                         from.msbFirst != to.msbFirst);
    };
    Value even = join(word), odd = join(shiftDown(b, word, 8));
    Value low = to.msbFirst ? odd : even, high = to.msbFirst ? even : odd;
    auto pair = [&](Value x, Value y) {
      return b.add(x, b.mulWords(y, 1 << kBits / 2));
    };
    pairs.push_back(pair(bitAnd(b, low, 0xffff), bitAnd(b, high, 0xffff)));
    pairs.push_back(pair(shiftDown(b, low, 16), shiftDown(b, high, 16)));
  }
  // A last digit of 3 stands for 0.
  SmallVector<int64_t> codes = codesOfCodes(from.trits, to.codes);
  codes.resize(4, codes[0]);
  Values fields;
  for (int64_t w = 0, e = pairs.size() * kBits / kWordBits; w < e; ++w) {
    Value sum = word(b, 0);
    for (auto [i, pair] : llvm::enumerate(pairs)) {
      int64_t place = int64_t(i) * kBits - w * kWordBits;
      if (place <= -kBits || place >= kWordBits)
        continue;
      int64_t up = to.msbFirst ? kWordBits - kBits - place : place;
      sum = b.add(sum, up >= 0 ? b.mulWords(pair, int64_t(1) << up)
                               : shiftDown(b, pair, -up));
    }
    sum = translateFields(b, sum, codes);
    if (to.msbFirst)
      sum = permute(b, sum, sum, 0x0123);
    fields.push_back(sum);
  }
  return fields;
}

//===----------------------------------------------------------------------===//
// Encode
//===----------------------------------------------------------------------===//

Value ternary::toCodes(GPUKernelBuilder &b, Value trits,
                       ArrayRef<int64_t> codes) {
  auto part = [&](int8_t trit) {
    return b.mulWords(findBytes(b, trits, trit), codes[trit + 1] ^ codes[1]);
  };
  Value changes = bitOr(b, part(-1), part(1));
  return codes[1] == 0 ? changes : bitXor(b, changes, inBytes(codes[1]));
}

/// sum += the products of the bytes of a word with four weights.
static Value weigh(GPUKernelBuilder &b, Value codes, ArrayRef<int64_t> weights,
                   Value sum) {
  return NVVM::DotAccumulate4WayOp::create(
      b, b.getI32Type(), b.bytesOf(codes), NVVM::DotAccumulateType::UNSIGNED,
      b.constant(b.getI8Type(), weights), NVVM::DotAccumulateType::UNSIGNED,
      sum);
}

/// Four bytes of as many words of codes as have their digits.
static Value encodeCodes(GPUKernelBuilder &b, int64_t radix, bool msbFirst,
                         ValueRange codes) {
  int64_t digits = codes.size();
  SmallVector<int64_t> weights(digits, 1);
  for (int64_t i = 1; i < digits; ++i)
    weights[i] = weights[i - 1] * radix;
  if (msbFirst)
    std::reverse(weights.begin(), weights.end());
  Values bytes;
  for (int64_t byte = 0; byte < 4; ++byte) {
    Value sum = word(b, 0);
    int64_t first = byte * digits, end = first + digits;
    for (int64_t w = first / 4; w <= (end - 1) / 4; ++w) {
      SmallVector<int64_t> part(4, 0);
      for (int64_t i = 0; i < 4; ++i)
        if (int64_t place = 4 * w + i; place >= first && place < end)
          part[i] = weights[place - first];
      sum = weigh(b, codes[w], part, sum);
    }
    bytes.push_back(sum);
  }
  Value low = b.add(bytes[0], b.mulWords(bytes[1], 256));
  Value high = b.add(bytes[2], b.mulWords(bytes[3], 256));
  return b.add(low, shiftUp(b, high, 16));
}

Value ternary::joinFields(GPUKernelBuilder &b, ValueRange codes) {
  return encodeCodes(b, /*radix=*/4, /*msbFirst=*/false, codes);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

bool TritMemory::takes(Value memref, PackingAttrInterface packing) {
  if (!isDense(memref))
    return false;
  if (!packing)
    return elementOf(memref).isInteger(8) && rankOf(memref) == 2;
  std::optional<DigitRuns> runs = getDigitRuns(packing);
  if (!runs)
    return false;
  // Other codes of base 3 would have to be looked up.
  return runs->radix == 4
             ? runs->digits == 4
             : runs->digits == 5 && runs->codes[0] == 0 && runs->codes[1] == 1;
}

bool TritMemory::isFlat(PackingAttrInterface packing, int64_t columns) {
  std::optional<DigitRuns> runs = getDigitRuns(packing);
  if (!runs || runs->flat)
    return true;
  return !ShapedType::isDynamic(columns) && columns % runs->digits == 0;
}

int64_t TritMemory::chunk() const { return runs ? 4 * runs->digits : 4; }

/// The widest vector of bytes that runs of `count` of them are made of.
static int64_t vectorOf(int64_t count) {
  return std::min<int64_t>(count & -count, 16);
}

static void storeWords(GPUKernelBuilder &b, ValueRange words, Value memref,
                       Value at) {
  int64_t count = 4 * words.size(), size = vectorOf(count);
  for (int64_t i = 0; i < count; i += size)
    b.storeVector(bytesOf(b, words.slice(i / 4, size / 4)), memref,
                  {b.add(at, i)});
}

Values TritMemory::load(Value first, int64_t count) {
  Value at = first;
  if (runs) {
    at = b.floorDiv(first, runs->digits);
    count /= runs->digits;
  }
  int64_t size = vectorOf(count);
  Values words;
  for (int64_t i = 0; i < count; i += size) {
    Value bytes = b.loadVector(memref, {b.add(at, i)}, size);
    if (size >= 4) {
      llvm::append_range(words, wordsOf(b, bytes));
      continue;
    }
    auto type = VectorType::get(1, b.getIntegerType(8 * size));
    Value part = vector::ExtractOp::create(
        b, vector::BitCastOp::create(b, type, bytes), 0);
    words.push_back(arith::ExtUIOp::create(b, b.getI32Type(), part));
  }
  return words;
}

Values TritMemory::decode(ValueRange loaded, int64_t count,
                          ArrayRef<int64_t> values) const {
  if (!runs)
    return Values(loaded);
  Values words;
  for (Value bytes : loaded) {
    int64_t left = std::min(count - 4 * int64_t(words.size()), chunk());
    llvm::append_range(words, runs->radix == 4
                                  ? decodeFields(b, *runs, bytes, left, values)
                                  : decodeDigits3(b, *runs, bytes, values));
  }
  return words;
}

Values TritMemory::recode(ValueRange loaded, int64_t count,
                          const TritMemory &target) const {
  assert(isPacked() && target.isPacked() && "expected bytes on both sides");
  constexpr int64_t kWords = 4;
  if (runs->radix == 4 || target.runs->radix != 4 ||
      loaded.size() % kWords != 0)
    return target.encode(decode(loaded, count, target.codes()),
                         /*areCodes=*/true);
  Values fields;
  for (size_t w = 0; w < loaded.size(); w += kWords)
    llvm::append_range(fields, digitsToFields(b, *runs, *target.runs,
                                              loaded.slice(w, kWords)));
  return fields;
}

Values TritMemory::encode(ValueRange words, bool areCodes) const {
  if (!runs)
    return Values(words);
  Values codes, bytes;
  for (Value word : words)
    codes.push_back(areCodes ? word : toCodes(b, word, runs->codes));
  int64_t digits = runs->digits;
  for (int64_t w = 0, e = codes.size(); w < e; w += digits)
    bytes.push_back(encodeCodes(b, runs->radix, runs->msbFirst,
                                ArrayRef(codes).slice(w, digits)));
  return bytes;
}

void TritMemory::store(ValueRange words, Value first) const {
  storeBytes(encode(words, /*areCodes=*/false), first);
}

void TritMemory::storeCodes(ValueRange codes, Value first) const {
  storeBytes(encode(codes, /*areCodes=*/true), first);
}

void TritMemory::storeBytes(ValueRange bytes, Value first) const {
  storeWords(b, bytes, memref, b.floorDiv(first, digits()));
}

void TritMemory::storeBlock(ValueRange bytes, int64_t count,
                            Value chunks) const {
  int64_t size = count / digits();
  Value begin = b.mul(b.firstOfRead(), size);
  b.storeBlock(bytes, memref, begin, b.mul(chunks, size));
}

TritMemory::Unaligned TritMemory::loadAnywhere(Value first, int64_t count) {
  int64_t digits = runs->digits;
  // Division of 32 bits is a quarter of that of 64.
  int64_t size = cast<MemRefType>(memref.getType()).getDimSize(0);
  bool isSmall = !ShapedType::isDynamic(size) &&
                 size <= std::numeric_limits<int32_t>::max() / digits;
  Type i32 = b.getI32Type(), type = isSmall ? i32 : Type(b.getI64Type());
  Value number = arith::IndexCastUIOp::create(b, type, first);
  Value divisor = b.constant(type, digits);
  Value byte = arith::DivUIOp::create(b, number, divisor);
  Value at = arith::IndexCastUIOp::create(b, b.getIndexType(), byte);
  Value last = b.sub(b.dim(memref, 0), b.index(1));
  Unaligned result;
  result.phase = b.cast(b.sub(number, b.mul(byte, divisor)), i32);
  int64_t bytes = llvm::divideCeil(count + digits - 1, digits);
  for (int64_t i = 0; i < bytes; ++i) {
    // Those up to the last trit exist, wherever it begins.
    Value place = b.add(at, i);
    if (i * digits >= count)
      place = b.min(place, last);
    Value byte = b.load(memref, {place});
    result.bytes.push_back(arith::ExtUIOp::create(b, b.getI32Type(), byte));
  }
  return result;
}

/// Up to four bytes: 0 and 2 in the halves of a word, 1 and 3 in those of
/// another, null for two bytes, which are both in the first.
static std::pair<Value, Value> pairBytes(GPUKernelBuilder &b,
                                         ValueRange bytes) {
  auto pair = [&](size_t low, size_t high) {
    if (high >= bytes.size())
      return bytes[low];
    return bitOr(b, bytes[low], shiftUp(b, bytes[high], 16));
  };
  if (bytes.size() == 2)
    return {pair(0, 1), Value()};
  return {pair(0, 2), pair(1, 3)};
}

/// Words from trit number `phase` on. A phase of 4 is the second of two words.
Values TritMemory::shiftTrits(ValueRange words, Value phase) const {
  Value selector = b.add(b.mulWords(phase, 0x1111), word(b, 0x3210));
  Values result;
  for (size_t w = 0; w + 1 < words.size(); ++w)
    result.push_back(permute(b, words[w], words[w + 1], selector));
  return result;
}

Values TritMemory::decode(const Unaligned &loaded, int64_t count) const {
  auto [even, odd] = pairBytes(b, loaded.bytes);
  return shiftTrits(decodeDigits3(b, *runs, even, odd, count + 4, {-1, 0, 1}),
                    loaded.phase);
}

Values TritMemory::decodeRaised(const Unaligned &loaded, int64_t count) const {
  auto [even, odd] = pairBytes(b, loaded.bytes);
  Values digits = expandDigits3(b, even, runs->msbFirst);
  if (odd)
    llvm::append_range(digits, expandDigits3(b, odd, runs->msbFirst));
  // Digits are in bytes 1 and 3 of their words.
  auto placeOf = [&](int64_t trit) {
    int64_t byte = std::min<int64_t>(trit / 5, loaded.bytes.size() - 1);
    bool isOdd = odd && byte % 2;
    int64_t half = odd ? byte / 2 : byte;
    return 4 * (trit % 5 + (isOdd ? 5 : 0)) + 1 + 2 * half;
  };
  Values words;
  for (int64_t first = 0; first < count + 4; first += 4)
    words.push_back(gather(b, digits,
                           {placeOf(first), placeOf(first + 1),
                            placeOf(first + 2), placeOf(first + 3)}));
  words = shiftTrits(words, loaded.phase);
  for (Value &word : words)
    word = bitAnd(b, word, 0xc0c0c0c0);
  return words;
}

Value TritMemory::loadTrit(Value number, Value total) {
  auto loadByte = [&](ValueRange at) { return b.load(memref, {at.back()}); };
  if (!packing)
    return loadByte(number);
  return packing.buildDecode(b, {b.index(0), number}, {b.index(1), total},
                             loadByte);
}

Value TritMemory::elementsFrom(Value begin, Value total) {
  Value count = b.sub(total, begin);
  return runs ? b.ceilDiv(count, runs->digits) : count;
}

void TritMemory::storeElement(Value i, Value begin, Value total,
                              function_ref<Value(Value)> get) {
  if (!runs) {
    Value number = b.add(begin, i);
    return b.store(get(number), memref, {number});
  }
  Value at = b.add(b.floorDiv(begin, runs->digits), i);
  Values index{at};
  if (!runs->flat)
    index.insert(index.begin(), b.index(0));
  Value byte = packing.buildEncode(
      b, index, {b.index(1), total},
      [&](ValueRange position) { return get(position.back()); },
      [](ValueRange) { return Value(); });
  b.store(byte, memref, {at});
}
