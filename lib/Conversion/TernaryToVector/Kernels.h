//===- Kernels.h - The vector kernels, one per op ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNELS_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNELS_H

#include "KernelBuilder.h"

namespace ternary {

/// A pattern on the memref form of an op: `build` emits its kernel and
/// succeeds, or emits nothing and fails where it has none.
template <typename OpTy>
using KernelFn = llvm::LogicalResult (*)(KernelBuilder &, OpTy);

template <typename OpTy>
class LowerToKernel : public mlir::OpRewritePattern<OpTy> {
public:
  LowerToKernel(mlir::MLIRContext *context, KernelFn<OpTy> build)
      : mlir::OpRewritePattern<OpTy>(context), build(build) {}

  llvm::LogicalResult
  matchAndRewrite(OpTy op, mlir::PatternRewriter &rewriter) const override {
    if (!op.hasPureBufferSemantics())
      return rewriter.notifyMatchFailure(op, "not on memrefs");
    KernelBuilder builder(op, rewriter);
    if (failed(build(builder, op)))
      return rewriter.notifyMatchFailure(op, "has no kernel");
    rewriter.eraseOp(op);
    return llvm::success();
  }

private:
  KernelFn<OpTy> build;
};

// One file per family.
// Kernels that others are made of.
llvm::LogicalResult buildPack(KernelBuilder &builder, PackOp op);
llvm::LogicalResult buildRepack(KernelBuilder &builder, RepackOp op);
/// bitlinear with weights in panels.
llvm::LogicalResult buildPanels(KernelBuilder &builder, BitLinearOp op);
/// bitlinear with weights in rows, where putting them into panels in each call
/// pays.
llvm::LogicalResult buildRowBlocks(KernelBuilder &builder, BitLinearOp op);

void populateBitLinearKernels(mlir::RewritePatternSet &patterns);
void populateDequantizeKernels(mlir::RewritePatternSet &patterns);
void populateQuantizeKernels(mlir::RewritePatternSet &patterns);
void populateStateKernels(mlir::RewritePatternSet &patterns);
void populateStorageKernels(mlir::RewritePatternSet &patterns);
void populateTrainKernels(mlir::RewritePatternSet &patterns);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNELS_H
