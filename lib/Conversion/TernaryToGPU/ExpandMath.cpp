//===- ExpandMath.cpp - expand-math-for-gpu -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace ternary {
#define GEN_PASS_DEF_EXPANDMATHFORGPU
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;

namespace {

/// 2^x is 2^n 2^f with n = floor(x): the second factor by the instruction,
/// which rounds and flushes what is subnormal, the first one exactly, as a
/// product of two powers that are normal.
struct ExpandExp2 : OpRewritePattern<math::Exp2Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    if (!x.getType().isF32())
      return rewriter.notifyMatchFailure(op, "not a scalar of f32");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto constant = [&](double value) -> Value {
      return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
    };
    // Beyond these the result is infinite, or 0.
    Value whole = math::FloorOp::create(b, x);
    whole = arith::MinNumFOp::create(b, whole, constant(160));
    whole = arith::MaxNumFOp::create(b, whole, constant(-160));
    Value fraction = arith::SubFOp::create(b, x, whole);
    Value y = LLVM::CallIntrinsicOp::create(b, fraction.getType(),
                                            b.getStringAttr("llvm.exp2.f32"),
                                            ValueRange(fraction))
                  .getResults();
    Value n = arith::FPToSIOp::create(b, b.getI32Type(), whole);
    Value one = arith::ConstantOp::create(b, b.getI32IntegerAttr(1));
    Value half = arith::ShRSIOp::create(b, n, one);
    Value rest = arith::SubIOp::create(b, n, half);
    y = arith::MulFOp::create(b, y, getPower(b, half));
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, y, getPower(b, rest));
    return success();
  }

private:
  /// 2^n of -126 to 127: the exponent of a float.
  static Value getPower(ImplicitLocOpBuilder &b, Value n) {
    auto constant = [&](int32_t value) -> Value {
      return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
    };
    Value biased = arith::AddIOp::create(b, n, constant(127));
    Value bits = arith::ShLIOp::create(b, biased, constant(23));
    return arith::BitcastOp::create(b, b.getF32Type(), bits);
  }
};

/// What an instruction computes as exactly as a function of the toolkit, which
/// upstream would call.
template <typename MathOp>
class UseInstruction : public OpRewritePattern<MathOp> {
public:
  UseInstruction(MLIRContext *context, StringRef intrinsic)
      : OpRewritePattern<MathOp>(context), intrinsic(intrinsic) {}

  LogicalResult matchAndRewrite(MathOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not of f32");
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, op.getType(), rewriter.getStringAttr(intrinsic), op->getOperands());
    return success();
  }

private:
  StringRef intrinsic;
};

struct ExpandMathForGPUPass
    : ternary::impl::ExpandMathForGPUBase<ExpandMathForGPUPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    MLIRContext *context = &getContext();
    patterns.add<ExpandExp2>(context);
    patterns.add<UseInstruction<math::AbsFOp>>(context, "llvm.fabs");
    patterns.add<UseInstruction<math::FloorOp>>(context, "llvm.floor");
    patterns.add<UseInstruction<math::FmaOp>>(context, "llvm.fma");
    patterns.add<UseInstruction<math::RoundEvenOp>>(context, "llvm.roundeven");
    patterns.add<UseInstruction<math::SqrtOp>>(context, "llvm.sqrt");
    // Those that would be functions of a library of the toolkit.
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return llvm::is_contained({"math.exp", "math.expm1", "math.log",
                                 "math.log1p", "math.erf", "math.tanh",
                                 "math.sin", "math.cos"},
                                name);
    });
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
