//===- DotNVVM.cpp - dot and decode on NVIDIA GPUs ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A word of four bytes is a register. Digits of two's complement are shifted to
// the top of their bytes, all four at once: what other digits leave below is
// masked, and the digit is a signed byte, 64 times as large. dp4a multiplies
// four of them; `dot_finish` shifts the sums down. Other digits are taken as
// they are, those of base 3 as a quotient less three times the next one.
//
//===----------------------------------------------------------------------===//

#include "Register.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ternary;

/// The power of two that signed digits at the top of a byte are multiples of.
constexpr int64_t kShift = 6;

/// Digit `i` of each byte of a word, at the top of the byte.
static Value raiseDigit(ImplicitLocOpBuilder &b, Value bytes, int64_t i) {
  auto words = VectorType::get(1, b.getI32Type());
  Value word = vector::BitCastOp::create(b, words, bytes);
  if (i < 3)
    word = arith::ShLIOp::create(b, word, splat(b, words, 2 * (3 - i)));
  word = arith::AndIOp::create(b, word, splat(b, words, int32_t(0xC0C0C0C0)));
  return vector::BitCastOp::create(b, bytes.getType(), word);
}

static bool isWord(Value bytes) {
  return cast<VectorType>(bytes.getType()).getNumElements() == 4;
}

static Value wordOf(ImplicitLocOpBuilder &b, Value bytes) {
  auto words = VectorType::get(1, b.getI32Type());
  return vector::ExtractOp::create(
      b, vector::BitCastOp::create(b, words, bytes), 0);
}

static Value bytesOf(ImplicitLocOpBuilder &b, Value word) {
  Value words =
      vector::BroadcastOp::create(b, VectorType::get(1, b.getI32Type()), word);
  return vector::BitCastOp::create(b, VectorType::get(4, b.getI8Type()), words);
}

static Value constantWord(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(value)));
}

static Value permute(ImplicitLocOpBuilder &b, Value low, Value high,
                     int64_t selector) {
  return callIntrinsic(b, "llvm.nvvm.prmt", b.getI32Type(),
                       {low, high, constantWord(b, selector)});
}

/// The first `count` digits of base 3 of four bytes. Bytes are
/// divided by three in the halves of two words, again and again.
static SmallVector<Value> takeDigits3(ImplicitLocOpBuilder &b, Value bytes,
                                      int64_t count) {
  constexpr int64_t kMost = 5, kBoth = 0x00010001;
  Value none = constantWord(b, 0), quotient = wordOf(b, bytes);
  Value halves[] = {permute(b, quotient, none, 0x4240),
                    permute(b, quotient, none, 0x4341)};
  SmallVector<Value> digits;
  for (int64_t i = 0; i < count; ++i) {
    Value digit = quotient;
    if (i + 1 < kMost) {
      // 85 (x + 1) / 256 is exact for bytes, 86 x / 256 below 127.
      Value products[2];
      for (auto [half, product] : llvm::zip(halves, products)) {
        Value factor = constantWord(b, i == 0 ? 85 : 86);
        product = arith::MulIOp::create(b, half, factor);
        if (i == 0)
          product =
              arith::AddIOp::create(b, product, constantWord(b, 85 * kBoth));
        half = permute(b, product, none, 0x4341);
      }
      quotient = permute(b, products[0], products[1], 0x7351);
      Value thrice = arith::MulIOp::create(b, quotient, constantWord(b, 3));
      digit = arith::SubIOp::create(b, digit, thrice);
    }
    digits.push_back(bytesOf(b, digit));
  }
  return digits;
}

/// The digits of a dot as bytes.
static SmallVector<Value> takeDigits(ImplicitLocOpBuilder &b, DotOp op) {
  int64_t count = op.getAccumulators().size();
  if (op.getRadix() == 3)
    return takeDigits3(b, op.getBytes(), count);
  SmallVector<Value> digits;
  for (int64_t i = 0; i < count; ++i)
    digits.push_back(op.getIsSigned()
                         ? raiseDigit(b, op.getBytes(), i)
                         : extractDigit(b, op.getBytes(), op.getRadix(), i));
  return digits;
}

namespace {

struct LowerDotToNVVM : OpRewritePattern<DotOp> {
  LowerDotToNVVM(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/4) {}

  LogicalResult matchAndRewrite(DotOp op,
                                PatternRewriter &rewriter) const override {
    if (!isWord(op.getBytes()))
      return rewriter.notifyMatchFailure(op, "not a word of digits");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = op.getIsSigned() ? NVVM::DotAccumulateType::SIGNED
                                 : NVVM::DotAccumulateType::UNSIGNED;
    SmallVector<Value> digits = takeDigits(b, op), results;
    for (auto [i, acc] : llvm::enumerate(op.getAccumulators())) {
      Value sum = NVVM::DotAccumulate4WayOp::create(
          b, b.getI32Type(), digits[i], type, op.getActivation(i),
          NVVM::DotAccumulateType::SIGNED,
          vector::ExtractOp::create(b, acc, 0));
      results.push_back(vector::BroadcastOp::create(b, acc.getType(), sum));
    }
    rewriter.replaceOp(op, results);
    return success();
  }
};

struct LowerDotFinishToNVVM : OpRewritePattern<DotFinishOp> {
  LowerDotFinishToNVVM(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/4) {}

  LogicalResult matchAndRewrite(DotFinishOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<VectorType>(op.getOutput().getType());
    if (!op.getIsSigned() || type.getNumElements() != 1)
      return rewriter.notifyMatchFailure(op, "not a sum of signed digits");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    ValueRange accs = op.getAccumulators();
    if (op.getDigit())
      accs = accs.slice(*op.getDigit(), 1);
    Value total = accs.front();
    for (Value acc : accs.drop_front())
      total = arith::AddIOp::create(b, total, acc);
    rewriter.replaceOpWithNewOp<arith::ShRSIOp>(op, total,
                                                splat(b, type, kShift));
    return success();
  }
};

struct LowerDecode3ToNVVM : OpRewritePattern<DecodeOp> {
  LowerDecode3ToNVVM(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/4) {}

  LogicalResult matchAndRewrite(DecodeOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getRadix() != 3 || !op.getDigit() || op.getOffset() != 1 ||
        op.getShift() || !isWord(op.getBytes()))
      return rewriter.notifyMatchFailure(op, "not trits of a word of base 3");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value digit = takeDigits3(b, op.getBytes(), *op.getDigit() + 1).back();
    // No byte borrows from its neighbour.
    Value word =
        arith::AddIOp::create(b, wordOf(b, digit), constantWord(b, 0x7f7f7f7f));
    word = arith::XOrIOp::create(b, word, constantWord(b, 0x80808080));
    rewriter.replaceOp(op, bytesOf(b, word));
    return success();
  }
};

struct LowerDecodeToNVVM : OpRewritePattern<DecodeOp> {
  LowerDecodeToNVVM(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/4) {}

  LogicalResult matchAndRewrite(DecodeOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getIsSigned() || op.getShift().value_or(0) != kShift ||
        op.getOffset() != 0 || !isWord(op.getBytes()))
      return rewriter.notifyMatchFailure(op, "not raised digits of a word");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, raiseDigit(b, op.getBytes(), *op.getDigit()));
    return success();
  }
};

} // namespace

void ternary::populateDotNVVMPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerDotToNVVM, LowerDotFinishToNVVM, LowerDecode3ToNVVM,
               LowerDecodeToNVVM>(patterns.getContext());
}
