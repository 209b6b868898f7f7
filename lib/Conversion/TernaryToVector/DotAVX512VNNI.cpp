//===- DotAVX512VNNI.cpp - dot on AVX-512 VNNI ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// vpdpbusd adds four products of an unsigned and a signed byte to each i32
// lane without saturation: the sum that `dot` asks for. Digits are shifted
// down, as in the portable lowering, so `dot_finish` is the same.
//
//===----------------------------------------------------------------------===//

#include "Register.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace ternary;

namespace {

struct LowerDotToVNNI : OpRewritePattern<DotOp> {
  explicit LowerDotToVNNI(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(DotOp op,
                                PatternRewriter &rewriter) const override {
    auto bytes = cast<VectorType>(op.getBytes().getType());
    if (bytes.getNumElements() != 64)
      return rewriter.notifyMatchFailure(op, "not 64 bytes");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto name = b.getStringAttr("llvm.x86.avx512.vpdpbusd.512");
    SmallVector<Value> results;
    for (auto [i, x, acc] :
         llvm::enumerate(op.getActivations(), op.getAccumulators())) {
      Value digit = extractDigit(b, op.getBytes(), op.getRadix(), i);
      results.push_back(LLVM::CallIntrinsicOp::create(b, acc.getType(), name,
                                                      ValueRange{acc, digit, x})
                            .getResults());
    }
    rewriter.replaceOp(op, results);
    return success();
  }
};

} // namespace

void ternary::populateDotAVX512VNNIPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerDotToVNNI>(patterns.getContext());
}
