//===- DotAVX2.cpp - dot on 256-bit vectors -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// vpdpbusd where the CPU has AVX-VNNI; else vpmaddubsw, which saturates in i16,
// and vpmaddwd. Digits are shifted down, as in the portable lowering: at most
// 3, two products of them with bytes are far from the bound.
//
//===----------------------------------------------------------------------===//

#include "Register.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ternary;

/// Bytes of a register.
constexpr int64_t kBytes = 32;

namespace {

class LowerDotToAVX2 : public OpRewritePattern<DotOp> {
public:
  LowerDotToAVX2(MLIRContext *context, bool hasVNNI)
      : OpRewritePattern(context, /*benefit=*/2), hasVNNI(hasVNNI) {}

  LogicalResult matchAndRewrite(DotOp op,
                                PatternRewriter &rewriter) const override {
    auto bytes = cast<VectorType>(op.getBytes().getType());
    if (bytes.getNumElements() % kBytes != 0)
      return rewriter.notifyMatchFailure(op, "not a multiple of 32 bytes");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t numDigits = op.getAccumulators().size();
    auto addRegister = [&](Value digits, Value x, Value acc) {
      return addProducts(b, digits, x, acc);
    };
    auto add = [&](Value digits, Value x, Value acc) {
      return addByRegisters(b, kBytes, digits, x, acc, addRegister);
    };
    if (op.getRadix() == 3 && numDigits > 1) {
      rewriter.replaceOp(op, addDigits3(b, op, divideInWords, add));
      return success();
    }
    SmallVector<Value> results;
    for (auto [i, acc] : llvm::enumerate(op.getAccumulators())) {
      // The only digit of a byte is the byte.
      Value digit = numDigits == 1
                        ? Value(op.getBytes())
                        : extractDigit(b, op.getBytes(), op.getRadix(), i);
      results.push_back(add(digit, op.getActivation(i), acc));
    }
    rewriter.replaceOp(op, results);
    return success();
  }

private:
  Value addProducts(ImplicitLocOpBuilder &b, Value digits, Value x,
                    Value acc) const {
    if (hasVNNI)
      return callIntrinsic(b, "llvm.x86.avx512.vpdpbusd.256", acc.getType(),
                           {acc, digits, x});
    auto words = VectorType::get(kBytes / 2, b.getI16Type());
    Value pairs =
        callIntrinsic(b, "llvm.x86.avx2.pmadd.ub.sw", words, {digits, x});
    Value ones = arith::ConstantOp::create(
        b, DenseElementsAttr::get(words, b.getI16IntegerAttr(1)));
    Value sums = callIntrinsic(b, "llvm.x86.avx2.pmadd.wd", acc.getType(),
                               {pairs, ones});
    return arith::AddIOp::create(b, acc, sums);
  }

  bool hasVNNI;
};

} // namespace

void ternary::populateDotAVX2Patterns(RewritePatternSet &patterns,
                                      bool hasVNNI) {
  patterns.add<LowerDotToAVX2>(patterns.getContext(), hasVNNI);
  populateDecode3Pattern(patterns, divideInWords);
}
