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

/// `function` of each byte, by two look-ups of 128 entries.
static Value lookUp(ImplicitLocOpBuilder &b, Value bytes,
                    function_ref<int64_t(int64_t)> function) {
  auto half = [&](int64_t begin) {
    SmallVector<int8_t> entries;
    for (int64_t i = 0; i < 128; ++i)
      entries.push_back(int8_t(function(begin + i)));
    Value low = constantBytes(b, ArrayRef(entries).take_front(64));
    Value high = constantBytes(b, ArrayRef(entries).take_back(64));
    return callIntrinsic(b, "llvm.x86.avx512.vpermi2var.qi.512",
                         bytes.getType(), {low, bytes, high});
  };
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(bytes.getType()));
  Value upper =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, bytes, zero);
  return arith::SelectOp::create(b, upper, half(128), half(0));
}

/// Digits `first ..` of base 3, at most four, as fields of two bits.
static Value toFields(ImplicitLocOpBuilder &b, Value bytes, int64_t first,
                      int64_t count) {
  return lookUp(b, bytes, [&](int64_t byte) {
    int64_t fields = 0;
    for (int64_t i = 0; i < first + count; ++i, byte /= 3)
      if (i >= first)
        fields |= byte % 3 << 2 * (i - first);
    return fields;
  });
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
    int64_t numDigits = op.getActivations().size();
    if (op.getRadix() == 3 && numDigits > 1 && !hasVBMI) {
      rewriter.replaceOp(op, addDigits3(b, op, divideInWords, add));
      return success();
    }
    rewriter.replaceOp(op, addParts(op, getParts(b, op), add));
    return success();
  }

private:
  /// What each digit's activations are multiplied by.
  SmallVector<Value> getParts(ImplicitLocOpBuilder &b, DotOp op) const {
    int64_t numDigits = op.getActivations().size(), radix = op.getRadix();
    Value bytes = op.getBytes();
    // The only digit of a byte is the byte.
    if (numDigits == 1)
      return {bytes};
    SmallVector<Value> parts;
    Value fields = bytes;
    if (radix == 3)
      fields = toFields(b, bytes, 0, std::min<int64_t>(numDigits, 4));
    for (int64_t i = 0; i < std::min<int64_t>(numDigits, 4); ++i) {
      Value mask = splat(b, op.getBytes().getType(), int8_t(3 << 2 * i));
      parts.push_back(arith::AndIOp::create(b, fields, mask));
    }
    if (numDigits == 5)
      parts.push_back(toFields(b, bytes, 4, 1));
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
    // The fifth digit of base 3 has fields of its own.
    rewriter.replaceOp(
        op, combineDots(b, op, [](int64_t i) { return 2 * (i % 4); }));
    return success();
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
    if (op.getRadix() != 3 || op.getShift() != 0 ||
        op.getBytes().getType().getNumElements() != 64)
      return rewriter.notifyMatchFailure(op, "not 64 bytes of base 3");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, op.getDigit() ? oneDigit(b, op) : allDigits(b, op));
    return success();
  }

private:
  static Value oneDigit(ImplicitLocOpBuilder &b, DecodeOp op) {
    int64_t digit = *op.getDigit();
    Value code = digit < 4 ? extractDigit(b, toFields(b, op.getBytes(), 0, 4),
                                          /*radix=*/4, digit)
                           : toFields(b, op.getBytes(), digit, 1);
    SmallVector<int8_t> offset(64, int8_t(op.getOffset()));
    return arith::SubIOp::create(b, code, constantBytes(b, offset));
  }

  static Value allDigits(ImplicitLocOpBuilder &b, DecodeOp op) {
    int64_t digits = digitsPerByte(op);
    Value low = toFields(b, op.getBytes(), 0, 4), high = low;
    if (digits > 4)
      high = toFields(b, op.getBytes(), 4, 4);
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

/// 16 entries are one register.
struct LowerLookUpToPermute : OpRewritePattern<LookUpOp> {
  explicit LowerLookUpToPermute(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(LookUpOp op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getOutput().getType();
    if (cast<VectorType>(type).getNumElements() != 16)
      return rewriter.notifyMatchFailure(op, "not 16 lanes");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, callIntrinsic(b, "llvm.x86.avx512.permvar.sf.512",
                                         type, {op.getTable(), op.getIndex()}));
    return success();
  }
};

} // namespace

void ternary::populateDotAVX512VNNIPatterns(RewritePatternSet &patterns,
                                            bool hasVBMI) {
  patterns.add<LowerDotToVNNI, LowerDotFinishToShifts>(patterns.getContext(),
                                                       hasVBMI);
  patterns.add<LowerLookUpToPermute>(patterns.getContext());
  if (hasVBMI)
    patterns.add<LowerDecodeToTable>(patterns.getContext());
  else
    populateDecode3Pattern(patterns, divideInWords);
}
