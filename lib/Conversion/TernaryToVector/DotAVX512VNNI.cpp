//===- DotAVX512VNNI.cpp - dot on AVX-512 VNNI ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// vpdpbusd adds four products of an unsigned and a signed byte to each i32
// lane without saturation: the sum that `dot` asks for. Digits of two bits are
// masked where they stand, which is an instruction less than to shift them
// down; `dot_finish` shifts the sums, which are multiples of the digit's
// weight. Digits of base 3 come from tables with VBMI, else from quotients.
//
//===----------------------------------------------------------------------===//

#include "Register.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ternary;

static Value constantBytes(ImplicitLocOpBuilder &b, ArrayRef<int8_t> values) {
  auto type = VectorType::get(values.size(), b.getI8Type());
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, values));
}

static Value addBytes(ImplicitLocOpBuilder &b, Value bytes, int64_t value) {
  auto type = cast<VectorType>(bytes.getType());
  return arith::AddIOp::create(b, bytes, splat(b, type, value));
}

/// The first four digits of base 3 of each byte, as a number: the byte modulo
/// 81. A difference that is negative wraps to a larger byte.
static Value remainder81(ImplicitLocOpBuilder &b, Value bytes) {
  for (int64_t multiple : {162, 81})
    bytes =
        arith::MinUIOp::create(b, bytes, addBytes(b, bytes, int8_t(-multiple)));
  return bytes;
}

/// The digits of such a number, as fields of two bits: a look-up of 128
/// entries.
static Value toFields(ImplicitLocOpBuilder &b, Value remainder) {
  SmallVector<int8_t> entries;
  for (int64_t i = 0; i < 128; ++i)
    entries.push_back(
        int8_t(i % 3 | i / 3 % 3 << 2 | i / 9 % 3 << 4 | i / 27 % 3 << 6));
  Value low = constantBytes(b, ArrayRef(entries).take_front(64));
  Value high = constantBytes(b, ArrayRef(entries).take_back(64));
  return callIntrinsic(b, "llvm.x86.avx512.vpermi2var.qi.512",
                       remainder.getType(), {low, remainder, high});
}

/// The fifth digit of base 3. What the remainder leaves of a byte is told by
/// six bits, which is what a look-up of 64 entries sees.
static Value toFifthDigit(ImplicitLocOpBuilder &b, Value bytes,
                          Value remainder) {
  SmallVector<int8_t> entries(64, 0);
  for (int64_t digit = 1; digit < 3; ++digit)
    entries[81 * digit % 64] = int8_t(digit);
  Value multiple = arith::SubIOp::create(b, bytes, remainder);
  return callIntrinsic(b, "llvm.x86.avx512.permvar.qi.512", bytes.getType(),
                       {constantBytes(b, entries), multiple});
}

namespace {

class LowerDotToVNNI : public OpRewritePattern<DotOp> {
public:
  LowerDotToVNNI(MLIRContext *context, bool hasVBMI)
      : OpRewritePattern(context, /*benefit=*/2), hasVBMI(hasVBMI) {}

  LogicalResult matchAndRewrite(DotOp op,
                                PatternRewriter &rewriter) const override {
    auto bytes = cast<VectorType>(op.getBytes().getType());
    if (bytes.getNumElements() != 64)
      return rewriter.notifyMatchFailure(op, "not 64 bytes");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto add = [&](Value digits, Value x, Value acc) {
      return callIntrinsic(b, "llvm.x86.avx512.vpdpbusd.512", acc.getType(),
                           {acc, digits, x});
    };
    int64_t numDigits = op.getAccumulators().size();
    if (op.getRadix() == 3 && numDigits > 1 && !hasVBMI) {
      rewriter.replaceOp(op, addDigits3(b, op, divideInWords, add));
      return success();
    }
    rewriter.replaceOp(op, addParts(op, getParts(b, op), add));
    return success();
  }

private:
  static Value maskField(ImplicitLocOpBuilder &b, Value fields, int64_t i) {
    auto type = cast<VectorType>(fields.getType());
    return arith::AndIOp::create(b, fields, splat(b, type, int8_t(3 << 2 * i)));
  }

  /// Fields 0 to `i`: sums of products with the same activations are told apart
  /// by subtraction, and all four fields are the byte, without a mask.
  static Value maskUpTo(ImplicitLocOpBuilder &b, Value fields, int64_t i) {
    if (i == 3)
      return fields;
    auto type = cast<VectorType>(fields.getType());
    return arith::AndIOp::create(b, fields, splat(b, type, (4 << 2 * i) - 1));
  }

  /// What each digit's activations are multiplied by.
  SmallVector<Value> getParts(ImplicitLocOpBuilder &b, DotOp op) const {
    int64_t numDigits = op.getAccumulators().size();
    Value bytes = op.getBytes(), fields = bytes, remainder = bytes;
    // The only digit of a byte is the byte.
    if (numDigits == 1)
      return {bytes};
    if (op.getRadix() == 3) {
      remainder = remainder81(b, bytes);
      fields = toFields(b, remainder);
    }
    SmallVector<Value> parts;
    for (int64_t i = 0; i < std::min<int64_t>(numDigits, 4); ++i)
      parts.push_back(op.sharesActivations() ? maskUpTo(b, fields, i)
                                             : maskField(b, fields, i));
    if (numDigits == 5)
      parts.push_back(
          op.sharesActivations() ? bytes : toFifthDigit(b, bytes, remainder));
    return parts;
  }

  bool hasVBMI;
};

/// Sums of digits that kept their weight are shifted down.
struct LowerDotFinishToShifts : OpRewritePattern<DotFinishOp> {
  LowerDotFinishToShifts(MLIRContext *context, bool hasVBMI)
      : OpRewritePattern(context, /*benefit=*/2), hasVBMI(hasVBMI) {}

  LogicalResult matchAndRewrite(DotFinishOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<VectorType>(op.getOutput().getType());
    if (type.getNumElements() != 16 || (op.getRadix() == 3 && !hasVBMI))
      return rewriter.notifyMatchFailure(op, "digits are shifted down");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    if (op.getDigit()) {
      Value sum = sumOfDigit(b, op, *op.getDigit());
      rewriter.replaceOp(op, subtractOffset(b, op, sum));
      return success();
    }
    // The fifth digit of base 3 is no field.
    rewriter.replaceOp(
        op, combineDots(b, op, [](int64_t i) { return 2 * (i % 4); }));
    return success();
  }

private:
  /// The sum of a digit from those of all fields up to it, or of whole bytes.
  static Value sumOfDigit(ImplicitLocOpBuilder &b, DotFinishOp op, int64_t i) {
    auto type = cast<VectorType>(op.getOutput().getType());
    auto constant = [&](int64_t value) { return splat(b, type, value); };
    Value sum = op.getAccumulators()[i];
    if (i == 0)
      return sum;
    if (i < 4) {
      sum = arith::SubIOp::create(b, sum, op.getAccumulators()[i - 1]);
      return arith::ShRSIOp::create(b, sum, constant(2 * i));
    }
    // Whole bytes, less what the other digits say.
    constexpr int64_t weights[] = {1, 3, 9, 27};
    for (auto [j, weight] : llvm::enumerate(weights)) {
      Value below =
          arith::MulIOp::create(b, sumOfDigit(b, op, j), constant(weight));
      sum = arith::SubIOp::create(b, sum, below);
    }
    // What is left is a multiple of 81: the inverse modulo 2^32 divides it.
    constexpr uint32_t kInverse = 0x781948B1;
    return arith::MulIOp::create(b, sum, constant(int32_t(kInverse)));
  }

  bool hasVBMI;
};

/// Lanes that hold a digit at bit shifts[l], and nothing else, become
/// digit - offset: compared where they stand.
Value readFields(ImplicitLocOpBuilder &b, Value fields,
                 ArrayRef<int64_t> shifts, int64_t offset) {
  SmallVector<int8_t> mask, two;
  for (int64_t shift : shifts) {
    mask.push_back(int8_t(3 << shift));
    two.push_back(int8_t(2 << shift));
  }
  auto isEqual = [&](Value x, Value y) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, y);
  };
  auto all = [&](int64_t value) {
    return constantBytes(b, SmallVector<int8_t>(shifts.size(), int8_t(value)));
  };
  fields = arith::AndIOp::create(b, fields, constantBytes(b, mask));
  Value result = arith::SelectOp::create(b, isEqual(fields, all(0)),
                                         all(-offset), all(1 - offset));
  return arith::SelectOp::create(b, isEqual(fields, constantBytes(b, two)),
                                 all(2 - offset), result);
}

/// Digits of base 3 by tables, which all digits of a byte share.
struct LowerDecodeToTable : OpRewritePattern<DecodeOp> {
  explicit LowerDecodeToTable(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(DecodeOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getRadix() != 3 || op.getShift() ||
        op.getBytes().getType().getNumElements() != 64)
      return rewriter.notifyMatchFailure(op, "not 64 bytes of base 3");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, op.getDigit() ? oneDigit(b, op) : allDigits(b, op));
    return success();
  }

private:
  static Value oneDigit(ImplicitLocOpBuilder &b, DecodeOp op) {
    int64_t digit = *op.getDigit();
    Value remainder = remainder81(b, op.getBytes());
    Value code = digit < 4 ? extractDigit(b, toFields(b, remainder), 4, digit)
                           : toFifthDigit(b, op.getBytes(), remainder);
    SmallVector<int8_t> offset(64, int8_t(op.getOffset()));
    return arith::SubIOp::create(b, code, constantBytes(b, offset));
  }

  static Value allDigits(ImplicitLocOpBuilder &b, DecodeOp op) {
    int64_t digits = digitsPerByte(op);
    Value remainder = remainder81(b, op.getBytes());
    Value low = toFields(b, remainder), high = low;
    if (digits > 4)
      high = toFifthDigit(b, op.getBytes(), remainder);
    return decodeByParts(b, op, [&](int64_t first, int64_t lanes) {
      SmallVector<int64_t> source, shifts;
      for (int64_t l = first; l < first + lanes; ++l) {
        int64_t digit = l % digits;
        if (op.getMsbFirst())
          digit = digits - 1 - digit;
        source.push_back(l / digits + digit / 4 * lanes);
        shifts.push_back(2 * (digit % 4));
      }
      Value fields = vector::ShuffleOp::create(b, low, high, source);
      return readFields(b, fields, shifts, op.getOffset());
    });
  }
};

/// 16 floats, or with VBMI 64 bytes, are one register.
class LowerLookUpToPermute : public OpRewritePattern<LookUpOp> {
public:
  LowerLookUpToPermute(MLIRContext *context, bool hasVBMI)
      : OpRewritePattern(context, /*benefit=*/2), hasVBMI(hasVBMI) {}

  LogicalResult matchAndRewrite(LookUpOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<VectorType>(op.getOutput().getType());
    int64_t lanes = type.getNumElements();
    bool areBytes = type.getElementType().isInteger(8);
    Type index = elementOf(op.getIndex());
    bool fits = areBytes ? hasVBMI && lanes == 64 && index.isInteger(8)
                         : lanes == 16 && index.isInteger(32);
    if (!fits)
      return rewriter.notifyMatchFailure(op, "not a register");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    StringRef name = areBytes ? "llvm.x86.avx512.permvar.qi.512"
                              : "llvm.x86.avx512.permvar.sf.512";
    rewriter.replaceOp(
        op, callIntrinsic(b, name, type, {op.getTable(), op.getIndex()}));
    return success();
  }

private:
  bool hasVBMI;
};

} // namespace

void ternary::populateDotAVX512VNNIPatterns(RewritePatternSet &patterns,
                                            bool hasVBMI) {
  patterns.add<LowerDotToVNNI, LowerDotFinishToShifts, LowerLookUpToPermute>(
      patterns.getContext(), hasVBMI);
  if (hasVBMI)
    patterns.add<LowerDecodeToTable>(patterns.getContext());
  else
    populateDecode3Pattern(patterns, divideInWords);
}
