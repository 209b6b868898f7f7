//===- Fields.cpp - Runs of trits as fields of two bits -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Fields.h"

#include "../TernaryToVector/Digits.h"
#include "../TernaryToVector/Register.h"

#include "ternary/IR/Planes.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"

#include <limits>
#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

constexpr int64_t kFieldsOfByte = 4, kFieldsOfWord = 16;

Value ternary::valueOf(GPUKernelBuilder &b, OpFoldResult extent) {
  return getValueOrCreateConstantIndexOp(b, b.getLoc(), extent);
}

bool ternary::isMultipleOf(OpFoldResult extent, int64_t divisor) {
  std::optional<int64_t> value = getConstantIntValue(extent);
  return value && *value % divisor == 0;
}

Value ternary::keepFields(GPUKernelBuilder &b, Value word, Value count) {
  Value most = b.index(kFieldsOfWord);
  count = arith::MaxSIOp::create(b, count, b.index(0));
  count = arith::MinSIOp::create(b, count, most);
  // All of 32 bits are too many for a shift of a word.
  Type i64 = b.getI64Type();
  Value bits = arith::IndexCastOp::create(b, i64, b.mul(count, 2));
  Value one = b.constant(i64, int64_t(1));
  Value mask = b.sub(arith::ShLIOp::create(b, one, bits), one);
  return arith::AndIOp::create(
      b, word, arith::TruncIOp::create(b, b.getI32Type(), mask));
}

RunVectors::RunVectors(GPUKernelBuilder &b, OpFoldResult rowLength, int64_t run,
                       int64_t most)
    : b(b), rowLength(rowLength), run(run),
      lanes(std::gcd(getConstantIntValue(rowLength).value_or(1), most)) {}

Value RunVectors::place(Value begin, int64_t i) const {
  Value at = b.add(begin, i * lanes);
  // Rows of whole tiles have all of them.
  constexpr int64_t kTileRuns = kGPUTileColumns / kFieldRun;
  if (isMultipleOf(rowLength, run * kTileRuns))
    return at;
  return b.min(at, b.sub(valueOf(b, rowLength), b.index(lanes)));
}

Values ternary::encodeFields(GPUKernelBuilder &b, ValueRange trits) {
  Values codes, fields;
  for (Value word : trits)
    codes.push_back(toCodes(b, word, kFieldCodes));
  for (size_t i = 0; i < codes.size(); i += kFieldsOfByte)
    fields.push_back(joinFields(b, ArrayRef(codes).slice(i, kFieldsOfByte)));
  return fields;
}

//===----------------------------------------------------------------------===//
// Digits of two bits
//===----------------------------------------------------------------------===//

namespace {

/// Runs whose bytes are four fields: those of a run are eight bytes.
class FieldsOfFields : public FieldRows {
public:
  FieldsOfFields(GPUKernelBuilder &b, Value memref, const DigitRuns &runs,
                 OpFoldResult stride)
      : b(b), memref(asVector(b, memref)), stride(stride),
        isReversed(runs.msbFirst),
        codes(codesOfCodes(runs.trits, kFieldCodes)) {
    // Reversing a word exchanges the bits of its fields, too.
    if (isReversed)
      std::swap(codes[1], codes[2]);
  }

  Finish load(Value row, Value column) override {
    constexpr int64_t kBytes = kFieldRun / kFieldsOfByte;
    RunVectors vectors(b, stride, kBytes, kBytes);
    Value begin = b.mul(row, valueOf(b, stride));
    column = b.floorDiv(column, kFieldsOfByte);
    Value bytes;
    for (int64_t i = 0; i < vectors.count(); ++i) {
      Value part = b.loadVector(
          memref, {b.add(begin, vectors.place(column, i))}, vectors.size());
      bytes = vectors.count() == 1 ? part : insert(bytes, part, i);
    }
    return [this, bytes] {
      Values words = wordsOf(b, bytes);
      for (Value &word : words)
        word = translateFields(b, isReversed ? reverse(word) : word, codes);
      return words;
    };
  }

private:
  /// Part number `i` of the eight bytes.
  Value insert(Value bytes, Value part, int64_t i) {
    if (!bytes)
      bytes = b.zero(VectorType::get(kFieldRun / kFieldsOfByte, b.getI8Type()));
    int64_t size = cast<VectorType>(part.getType()).getNumElements();
    return vector::InsertStridedSliceOp::create(b, part, bytes, i * size,
                                                /*strides=*/1);
  }

  /// The fields of each byte in the other order.
  Value reverse(Value word) {
    word = callIntrinsic(b, "llvm.bitreverse", b.getI32Type(), word);
    return permute(b, word, word, 0x0123);
  }

  GPUKernelBuilder &b;
  Value memref;
  OpFoldResult stride;
  bool isReversed;
  SmallVector<int64_t> codes;
};

} // namespace

//===----------------------------------------------------------------------===//
// Digits of base 3
//===----------------------------------------------------------------------===//

/// The even or the odd bytes of a word, as its halves.
static Value halvesOf(GPUKernelBuilder &b, Value word, bool isOdd) {
  Value none = b.constant(b.getI32Type(), int64_t(0));
  return permute(b, word, none, isOdd ? 0x4341 : 0x4240);
}

/// Both halves of a word times `factor`, plus `addend`, without their low eight
/// bits.
static Value mulHigh(GPUKernelBuilder &b, Value halves, int64_t factor,
                     int64_t addend = 0) {
  constexpr int64_t kBoth = 0x00010001;
  Value product = b.mulWords(halves, factor);
  if (addend != 0)
    product = b.add(product, b.constant(b.getI32Type(), addend * kBoth));
  return halvesOf(b, product, /*isOdd=*/true);
}

/// The five digits of bytes, the halves of a word, as fields. A digit is
/// q[i] - 3 q[i + 1] of the quotients q by powers of 3, so that the fields are
/// a sum of multiples of these.
static Value fieldsOfBytes3(GPUKernelBuilder &b, Value bytes, bool msbFirst) {
  constexpr int64_t kDigits = 5;
  // Those from 243 on begin anew.
  Value above = mulHigh(b, bytes, 1, 13);
  Value quotient = b.add(bytes, b.mulWords(above, -243));
  auto weight = [&](int64_t i) {
    return int64_t(1) << 2 * (msbFirst ? kDigits - 1 - i : i);
  };
  Value sum = b.mulWords(quotient, weight(0));
  for (int64_t i = 1; i < kDigits; ++i) {
    // Exact below 243, and below 127.
    quotient = i == 1 ? mulHigh(b, quotient, 85, 85) : mulHigh(b, quotient, 86);
    sum = b.add(sum, b.mulWords(quotient, weight(i) - 3 * weight(i - 1)));
  }
  return sum;
}

/// The ten digits of bytes 0 and 1 and those of bytes 2 and 3.
static std::pair<Value, Value> fieldsOfWord3(GPUKernelBuilder &b, Value word,
                                             bool msbFirst) {
  constexpr int64_t kNext = 1 << 10;
  Value even = fieldsOfBytes3(b, halvesOf(b, word, false), msbFirst);
  Value odd = fieldsOfBytes3(b, halvesOf(b, word, true), msbFirst);
  auto join = [&](Value x, Value y) { return b.add(x, b.mulWords(y, kNext)); };
  return {join(bitAnd(b, even, 0xffff), bitAnd(b, odd, 0xffff)),
          join(shiftDown(b, even, 16), shiftDown(b, odd, 16))};
}

namespace {

/// Runs of five digits in a byte that may begin inside of one: those of a run
/// are in eight bytes.
class FieldsOfDigits3 : public FieldRows {
public:
  FieldsOfDigits3(GPUKernelBuilder &b, Value memref, const DigitRuns &runs,
                  OpFoldResult columns, OpFoldResult stride)
      : b(b), memref(asVector(b, memref)), columns(columns), stride(stride),
        msbFirst(runs.msbFirst), codes(codesOfCodes(runs.trits, kFieldCodes)),
        total(cast<MemRefType>(this->memref.getType()).getDimSize(0)),
        type(b.getIndexType()) {
    // No field is 3. With this one they are simpler.
    codes.push_back(2);
    // Arithmetic on words takes half of the instructions.
    constexpr int64_t kMost = std::numeric_limits<int32_t>::max() / kDigits;
    if (!ShapedType::isDynamic(total) && total <= kMost)
      type = b.getI32Type();
  }

  Finish load(Value row, Value column) override {
    if (!isMultipleOf(columns, kGPUTileColumns))
      column = b.min(column, b.sub(valueOf(b, columns), b.index(1)));
    Value first = b.add(b.mul(row, valueOf(b, stride)), column);
    if (!type.isIndex())
      first = arith::IndexCastOp::create(b, type, first);
    Value at = arith::DivUIOp::create(b, first, number(kDigits));
    Value phase = b.sub(first, b.mul(at, number(kDigits)));
    Values loaded = loadBytes(at);
    return
        [this, at, phase, loaded] { return decode(align(loaded, at), phase); };
  }

private:
  static constexpr int64_t kDigits = 5, kBytes = 8, kWord = 4;

  /// Of the type of places.
  Value number(int64_t value) { return b.constant(type, value); }
  Value toIndex(Value place) {
    return type.isIndex()
               ? place
               : arith::IndexCastUIOp::create(b, b.getIndexType(), place);
  }
  Value toWord(Value place) {
    Type i32 = b.getI32Type();
    return type.isIndex() ? arith::IndexCastOp::create(b, i32, place) : place;
  }

  /// Three words around the bytes; or the bytes, where it is not known how many
  /// words there are.
  Values loadBytes(Value at) {
    Values loaded;
    if (ShapedType::isDynamic(total) || total < kWord) {
      Value last = b.sub(b.dim(memref, 0), b.index(1));
      for (int64_t i = 0; i < kBytes; ++i)
        loaded.push_back(b.load(memref, {b.min(b.add(toIndex(at), i), last)}));
      return loaded;
    }
    Value last = number(total / kWord - 1);
    Value word = arith::DivUIOp::create(b, at, number(kWord));
    for (int64_t i = 0; i <= kBytes / kWord; ++i) {
      Value here = b.add(word, number(i));
      Value place = b.mul(toIndex(b.min(here, last)), kWord);
      Value bytes = b.loadWord(memref, {place});
      if (total % kWord != 0)
        bytes = b.select(b.compare(arith::CmpIPredicate::ugt, here, last),
                         loadTail(), bytes);
      loaded.push_back(bytes);
    }
    return loaded;
  }

  /// What is left behind the last whole word.
  Value loadTail() {
    Values bytes(kWord, b.zero(b.getI8Type()));
    for (int64_t i = total / kWord * kWord; i < total; ++i)
      bytes[i % kWord] = b.load(memref, {b.index(i)});
    return join(bytes).front();
  }

  Values join(ValueRange bytes) {
    auto type = VectorType::get(bytes.size(), b.getI8Type());
    return wordsOf(b, vector::FromElementsOp::create(b, type, bytes));
  }

  /// Two words from byte number `at` on.
  Values align(ValueRange loaded, Value at) {
    if (loaded.size() == kBytes)
      return join(loaded);
    Value offset = toWord(arith::RemUIOp::create(b, at, number(kWord)));
    Value selector = b.add(b.mulWords(offset, 0x1111),
                           b.constant(b.getI32Type(), int64_t(0x3210)));
    return {permute(b, loaded[0], loaded[1], selector),
            permute(b, loaded[1], loaded[2], selector)};
  }

  Values decode(ValueRange words, Value phase) {
    auto [part0, part1] = fieldsOfWord3(b, words[0], msbFirst);
    auto [part2, part3] = fieldsOfWord3(b, words[1], msbFirst);
    // Of 20 bits each, in a row.
    Values row{bitOr(b, part0, shiftUp(b, part1, 20)),
               bitOr(b, bitOr(b, shiftDown(b, part1, 12), shiftUp(b, part2, 8)),
                     shiftUp(b, part3, 28)),
               shiftDown(b, part3, 4)};
    Value shift = b.mulWords(toWord(phase), 2);
    Values fields;
    for (int64_t i = 0; i < 2; ++i) {
      Value word = callIntrinsic(b, "llvm.fshr", b.getI32Type(),
                                 {row[i + 1], row[i], shift});
      fields.push_back(translateFields(b, word, codes));
    }
    return fields;
  }

  GPUKernelBuilder &b;
  Value memref;
  OpFoldResult columns, stride;
  bool msbFirst;
  SmallVector<int64_t> codes;
  /// Bytes, and the type of places among them.
  int64_t total;
  Type type;
};

//===----------------------------------------------------------------------===//
// Quarters of the rows
//===----------------------------------------------------------------------===//

/// Bytes whose fields are the same column of four quarters of the rows.
class FieldsOfPlanes : public FieldRows {
public:
  FieldsOfPlanes(GPUKernelBuilder &b, Value memref, const DigitPlanes &planes,
                 OpFoldResult columns)
      : b(b), memref(memref), columns(columns), shifts(planes.shifts),
        codes(codesOfCodes(planes.trits, kFieldCodes)) {}

  int64_t parts() const override { return shifts.size(); }

  Finish load(Value row, Value column) override {
    TritMemory bytes(b, memref, {});
    RunVectors vectors(b, columns, kFieldRun, /*most=*/16);
    Value begin = b.mul(row, valueOf(b, columns));
    Values words;
    for (int64_t i = 0; i < vectors.count(); ++i)
      llvm::append_range(
          words,
          bytes.load(b.add(begin, vectors.place(column, i)), vectors.size()));
    return [this, words] {
      Values fields;
      for (int64_t shift : shifts)
        llvm::append_range(fields, takePlane(words, shift));
      return fields;
    };
  }

private:
  Values takePlane(ValueRange words, int64_t shift) {
    Values digits, fields;
    for (Value word : words)
      digits.push_back(bitAnd(b, shiftDown(b, word, shift), 0x03030303));
    for (size_t i = 0; i < digits.size(); i += kFieldsOfByte) {
      Value word = joinFields(b, ArrayRef(digits).slice(i, kFieldsOfByte));
      fields.push_back(translateFields(b, word, codes));
    }
    return fields;
  }

  GPUKernelBuilder &b;
  Value memref;
  OpFoldResult columns;
  SmallVector<int64_t, 4> shifts;
  SmallVector<int64_t> codes;
};

} // namespace

//===----------------------------------------------------------------------===//
// Quarters of blocks
//===----------------------------------------------------------------------===//

namespace {

/// Packings of blocks whose trits are `parts` times 128: a run is a field of 32
/// bytes. Formats of files; scales are behind them.
struct FieldBlocks {
  int64_t parts, bytes;
  bool msbFirst;

  static constexpr int64_t kPartTrits = 4 * kFieldRun;
  int64_t trits() const { return parts * kPartTrits; }

  static std::optional<FieldBlocks> get(PackingAttrInterface packing) {
    static constexpr std::pair<llvm::StringLiteral, FieldBlocks> kBlocks[] = {
        {"i2_s", {/*parts=*/1, /*bytes=*/32, /*msbFirst=*/true}},
        {"tq2_0", {/*parts=*/2, /*bytes=*/66, /*msbFirst=*/false}},
    };
    for (const auto &[name, blocks] : kBlocks)
      if (packing &&
          packing == PackingAttr::getPreset(packing.getContext(), name))
        return blocks;
    return std::nullopt;
  }
};

class FieldsOfBlocks : public FieldRows {
public:
  FieldsOfBlocks(GPUKernelBuilder &b, Value memref, const FieldBlocks &blocks,
                 OpFoldResult columns)
      : b(b), memref(asVector(b, memref)), blocks(blocks), columns(columns) {}

  Finish load(Value row, Value column) override {
    Value first = b.add(b.mul(row, valueOf(b, columns)), column);
    Value block = b.floorDiv(first, blocks.trits());
    Value place = b.rem(first, blocks.trits());
    Value begin = b.mul(b.floorDiv(place, FieldBlocks::kPartTrits), kFieldRun);
    begin = b.add(begin, b.mul(block, blocks.bytes));
    Value field = b.rem(b.floorDiv(place, kFieldRun), kFieldsOfByte);
    int64_t size = std::gcd<int64_t>(blocks.bytes, 16);
    Value bytes = b.zero(VectorType::get(kFieldRun, b.getI8Type()));
    for (int64_t i = 0; i < kFieldRun; i += size)
      bytes = vector::InsertStridedSliceOp::create(
          b, b.loadVector(memref, {b.add(begin, i)}, size), bytes, i,
          /*strides=*/1);
    return [this, bytes, field] { return takeField(bytes, field); };
  }

private:
  Values takeField(Value bytes, Value field) {
    Type i32 = b.getI32Type();
    Value shift = b.mulWords(arith::IndexCastOp::create(b, i32, field), 2);
    if (blocks.msbFirst)
      shift = b.sub(b.constant(i32, int64_t(6)), shift);
    Values codes, fields;
    for (Value word : wordsOf(b, bytes))
      codes.push_back(
          bitAnd(b, arith::ShRUIOp::create(b, word, shift), 0x03030303));
    // Codes are trit + 1; what is none counts as 0.
    for (size_t i = 0; i < codes.size(); i += kFieldsOfByte)
      fields.push_back(translateFields(
          b, joinFields(b, ArrayRef(codes).slice(i, kFieldsOfByte)),
          {3, 0, 1, 0}));
    return fields;
  }

  GPUKernelBuilder &b;
  Value memref;
  FieldBlocks blocks;
  OpFoldResult columns;
};

} // namespace

//===----------------------------------------------------------------------===//
// By packing
//===----------------------------------------------------------------------===//

bool FieldRows::takes(Value memref, PackingAttrInterface packing,
                      ArrayRef<int64_t> shape) {
  // Tiles of the quarters are whole, and their columns words.
  if (getDigitPlanes(packing))
    return isDense(memref) && !ShapedType::isDynamicShape(shape) &&
           shape[0] % (4 * kGPUTileRows) == 0 && shape[1] % 4 == 0;
  // Blocks do not go over the end of a row.
  if (std::optional<FieldBlocks> blocks = FieldBlocks::get(packing))
    return isDense(memref) && !ShapedType::isDynamic(shape[1]) &&
           shape[1] % blocks->trits() == 0;
  if (!TritMemory::takes(memref, packing))
    return false;
  // Rows of fields begin at whole bytes.
  std::optional<DigitRuns> runs = getDigitRuns(packing);
  return !runs || runs->radix == 3 || !runs->flat ||
         (!ShapedType::isDynamic(shape[1]) && shape[1] % kFieldsOfByte == 0);
}

std::unique_ptr<FieldRows> FieldRows::get(GPUKernelBuilder &b, Value memref,
                                          PackingAttrInterface packing,
                                          OpFoldResult columns) {
  if (std::optional<DigitPlanes> planes = getDigitPlanes(packing))
    return std::make_unique<FieldsOfPlanes>(b, memref, *planes, columns);
  if (std::optional<FieldBlocks> blocks = FieldBlocks::get(packing))
    return std::make_unique<FieldsOfBlocks>(b, memref, *blocks, columns);
  std::optional<DigitRuns> runs = getDigitRuns(packing);
  if (!runs)
    return std::make_unique<TritFields<TritMemory>>(
        b, TritMemory(b, memref, packing), columns);
  OpFoldResult bytes;
  if (!runs->flat)
    bytes = memref::getMixedSize(b, b.getLoc(), memref, 1);
  if (runs->radix == 4) {
    if (runs->flat)
      bytes = b.getIndexAttr(*getConstantIntValue(columns) / kFieldsOfByte);
    return std::make_unique<FieldsOfFields>(b, memref, *runs, bytes);
  }
  OpFoldResult stride = columns;
  if (!runs->flat)
    stride = b.mul(valueOf(b, bytes), runs->digits);
  return std::make_unique<FieldsOfDigits3>(b, memref, *runs, columns, stride);
}
