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
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ternary;

/// Bytes of a register.
constexpr int64_t kBytes = 32;

static Value callIntrinsic(ImplicitLocOpBuilder &b, StringRef name, Type type,
                           ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), operands)
      .getResults();
}

/// Lanes `begin .. begin + count - 1`.
static Value slice(ImplicitLocOpBuilder &b, Value vector, int64_t begin,
                   int64_t count) {
  return vector::ExtractStridedSliceOp::create(
      b, vector, ArrayRef(begin), ArrayRef(count), ArrayRef<int64_t>(1));
}

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
    int64_t numDigits = op.getActivations().size();
    SmallVector<Value> results;
    for (auto [i, x, acc] :
         llvm::enumerate(op.getActivations(), op.getAccumulators())) {
      // The only digit of a byte is the byte.
      Value digit = numDigits == 1
                        ? Value(op.getBytes())
                        : extractDigit(b, op.getBytes(), op.getRadix(), i);
      results.push_back(accumulate(b, digit, x, acc));
    }
    rewriter.replaceOp(op, results);
    return success();
  }

private:
  /// Register by register.
  Value accumulate(ImplicitLocOpBuilder &b, Value digits, Value x,
                   Value acc) const {
    int64_t numBytes = cast<VectorType>(digits.getType()).getNumElements();
    if (numBytes == kBytes)
      return addProducts(b, digits, x, acc);
    Value result = acc;
    for (int64_t begin = 0; begin < numBytes; begin += kBytes) {
      Value part = addProducts(b, slice(b, digits, begin, kBytes),
                               slice(b, x, begin, kBytes),
                               slice(b, acc, begin / 4, kBytes / 4));
      result = vector::InsertStridedSliceOp::create(
          b, part, result, ArrayRef(begin / 4), ArrayRef<int64_t>(1));
    }
    return result;
  }

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
}
