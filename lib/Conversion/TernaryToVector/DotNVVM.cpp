//===- DotNVVM.cpp - dot and decode on NVIDIA GPUs ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A word of four bytes is a register. Digits of two's complement are shifted to
// the top of their bytes, all four at once: what other digits leave below is
// masked, and the digit is a signed byte, 64 times as large. dp4a multiplies
// four of them; `dot_finish` shifts the sums down.
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

namespace {

struct LowerDotToNVVM : OpRewritePattern<DotOp> {
  LowerDotToNVVM(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/4) {}

  LogicalResult matchAndRewrite(DotOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getIsSigned() || !isWord(op.getBytes()))
      return rewriter.notifyMatchFailure(op, "not a word of signed digits");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> results;
    for (auto [i, acc] : llvm::enumerate(op.getAccumulators())) {
      Value digits = raiseDigit(b, op.getBytes(), i);
      Value sum = NVVM::DotAccumulate4WayOp::create(
          b, b.getI32Type(), digits, NVVM::DotAccumulateType::SIGNED,
          op.getActivation(i), NVVM::DotAccumulateType::SIGNED,
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
  patterns.add<LowerDotToNVVM, LowerDotFinishToNVVM, LowerDecodeToNVVM>(
      patterns.getContext());
}
