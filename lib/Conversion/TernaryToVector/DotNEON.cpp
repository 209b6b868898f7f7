//===- DotNEON.cpp - dot on NEON ------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// sdot adds four products of signed bytes to each i32 lane. Digits of two bits
// are masked where they stand; only the highest one is shifted down, since in
// its place it would be negative. usdot (i8mm) takes unsigned bytes, so that no
// digit is shifted. `dot_finish` shifts the sums. Digits of base 3 are
// computed: a table of 243 bytes would fill half of the registers.
//
//===----------------------------------------------------------------------===//

#include "Register.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ternary;

/// Bytes of a register.
constexpr int64_t kBytes = 16;

/// Products of 16 bits of which the high byte is kept and shifted.
static Value divideByPower(ImplicitLocOpBuilder &b, Value bytes, int64_t i) {
  auto type = cast<VectorType>(bytes.getType());
  auto wide = type.clone(b.getI16Type());
  auto [factor, shift] = getReciprocal(i);
  Value product = arith::MulIOp::create(
      b, arith::ExtUIOp::create(b, wide, bytes), splat(b, wide, factor));
  Value high = arith::TruncIOp::create(
      b, type, arith::ShRUIOp::create(b, product, splat(b, wide, 8)));
  return arith::ShRUIOp::create(b, high, splat(b, type, shift - 8));
}

namespace {

class LowerDotToNEON : public OpRewritePattern<DotOp> {
public:
  LowerDotToNEON(MLIRContext *context, bool hasI8MM)
      : OpRewritePattern(context, /*benefit=*/2), hasI8MM(hasI8MM) {}

  LogicalResult matchAndRewrite(DotOp op,
                                PatternRewriter &rewriter) const override {
    auto bytes = cast<VectorType>(op.getBytes().getType());
    if (bytes.getNumElements() % kBytes != 0)
      return rewriter.notifyMatchFailure(op, "not a multiple of 16 bytes");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    StringRef name = hasI8MM ? "llvm.aarch64.neon.usdot.v4i32.v16i8"
                             : "llvm.aarch64.neon.sdot.v4i32.v16i8";
    auto addRegister = [&](Value digits, Value x, Value acc) {
      return callIntrinsic(b, name, acc.getType(), {acc, digits, x});
    };
    auto add = [&](Value digits, Value x, Value acc) {
      return addByRegisters(b, kBytes, digits, x, acc, addRegister);
    };
    int64_t numDigits = op.getAccumulators().size();
    if (op.getRadix() == 3 && numDigits > 1) {
      rewriter.replaceOp(op, addDigits3(b, op, divideByPower, add));
      return success();
    }
    rewriter.replaceOp(op, addParts(op, getParts(b, op), add));
    return success();
  }

private:
  /// What each digit's activations are multiplied by; digits of two bits.
  SmallVector<Value> getParts(ImplicitLocOpBuilder &b, DotOp op) const {
    int64_t numDigits = op.getAccumulators().size();
    Value bytes = op.getBytes();
    // The only digit of a byte is the byte.
    if (numDigits == 1)
      return {bytes};
    SmallVector<Value> parts;
    for (int64_t i = 0; i < numDigits; ++i) {
      bool shifts = i == 3 && !hasI8MM;
      Value mask = splat(b, op.getBytes().getType(), int8_t(3 << 2 * i));
      parts.push_back(shifts ? extractDigit(b, bytes, 4, i)
                             : Value(arith::AndIOp::create(b, bytes, mask)));
    }
    return parts;
  }

  bool hasI8MM;
};

/// Sums of digits that kept their weight are shifted down.
class LowerDotFinishToNEON : public OpRewritePattern<DotFinishOp> {
public:
  LowerDotFinishToNEON(MLIRContext *context, bool hasI8MM)
      : OpRewritePattern(context, /*benefit=*/2), hasI8MM(hasI8MM) {}

  LogicalResult matchAndRewrite(DotFinishOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<VectorType>(op.getOutput().getType());
    if (4 * type.getNumElements() % kBytes != 0 || op.getRadix() == 3)
      return rewriter.notifyMatchFailure(op, "digits are shifted down");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, combineDots(b, op, [&](int64_t i) {
                         return i == 3 && !hasI8MM ? 0 : 2 * i;
                       }));
    return success();
  }

private:
  bool hasI8MM;
};

} // namespace

void ternary::populateDotNEONPatterns(RewritePatternSet &patterns,
                                      bool hasI8MM) {
  patterns.add<LowerDotToNEON, LowerDotFinishToNEON>(patterns.getContext(),
                                                     hasI8MM);
  populateDecode3Pattern(patterns, divideByPower);
}
