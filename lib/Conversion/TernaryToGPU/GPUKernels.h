//===- GPUKernels.h - The GPU kernels, one file per family ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_GPUKERNELS_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_GPUKERNELS_H

#include "GPUKernelBuilder.h"

namespace ternary {

/// A pattern on the memref form of an op: `build` emits launches of its kernels
/// and succeeds, or emits nothing and fails where it has none.
template <typename OpTy>
using GPUKernelFn = llvm::LogicalResult (*)(GPUKernelBuilder &, OpTy);

template <typename OpTy>
class LowerToGPUKernel : public mlir::OpRewritePattern<OpTy> {
public:
  LowerToGPUKernel(mlir::MLIRContext *context, GPUKernelFn<OpTy> build,
                   const GPUShapes &shapes)
      : mlir::OpRewritePattern<OpTy>(context), build(build), shapes(shapes) {}

  llvm::LogicalResult
  matchAndRewrite(OpTy op, mlir::PatternRewriter &rewriter) const override {
    if (!op.hasPureBufferSemantics())
      return rewriter.notifyMatchFailure(op, "not on memrefs");
    GPUKernelBuilder builder(op, rewriter, shapes);
    if (failed(build(builder, op)))
      return rewriter.notifyMatchFailure(op, "has no kernel");
    rewriter.eraseOp(op);
    return llvm::success();
  }

private:
  GPUKernelFn<OpTy> build;
  GPUShapes shapes;
};

/// What shapes of blocks are chosen for: the multiprocessors of an H100 or H200,
/// and the registers of one.
constexpr int64_t kProcessors = 132;
constexpr int64_t kProcessorRegisters = 64 << 10;

/// Whether an op is for a chip with wgmma and dependent launches.
bool isForHopper(mlir::Operation *op);

/// Whether `convert-ternary-to-gpu` lowers an op, on memrefs if not yet.
bool hasGPUKernel(mlir::Operation *op);
bool isForGPUKernel(BitLinearOp op);

/// Rows of 16 bits that an activation of this type becomes: one, or three of
/// bf16 for f32.
int64_t getNumParts(mlir::Type element);

/// `[3 M, width]` of bf16, to be freed: three rows per row of f32, whose sum it
/// is, and zeros behind its last column. The next kernel may overlap the one
/// that makes it.
mlir::Value splitRows(GPUKernelBuilder &builder, bool allowsNext,
                      mlir::Value input, mlir::Value width);

/// `bitlinear` of many tokens, by wgmma; `input` is `[M, K]` with whole tiles
/// of columns, or three rows per token, `out` `[M, N]`.
void buildPrefill(GPUKernelBuilder &builder, BitLinearOp op, mlir::Value input,
                  mlir::Value out);
bool isForPrefill(BitLinearOp op);

/// Whether an op gets a gradient and activations in place of signs.
bool isStreamed(AccumulateCorrelationOp op);
bool isForFloatProduct(GradInputOp op);

/// Whether an op that reduces rows has a kernel.
bool hasRowKernel(mlir::Operation *op);
/// Ops of which one reads what the other has made of a row: one kernel, nothing
/// in between.
void fuseRowKernels(mlir::Operation *root);

/// Whether an op that moves trits has a kernel.
bool hasStorageKernel(mlir::Operation *op);
/// Whether an op on elements of their own has a kernel.
bool hasElementKernel(mlir::Operation *op);
/// Whether an op on the state of weights has a kernel.
bool hasStateKernel(mlir::Operation *op);

/// The kernels of what these say.
void populateStorageGPUKernels(mlir::RewritePatternSet &patterns);
void populateElementKernels(mlir::RewritePatternSet &patterns);
void populateStateGPUKernels(mlir::RewritePatternSet &patterns);
void populateRowKernels(mlir::RewritePatternSet &patterns);
void populateBitLinearKernels(mlir::RewritePatternSet &patterns,
                              const GPUShapes &shapes);
void populateGradInputGPUKernels(mlir::RewritePatternSet &patterns,
                                 const GPUShapes &shapes);
void populateTrainGPUKernels(mlir::RewritePatternSet &patterns,
                             const GPUShapes &shapes);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_GPUKERNELS_H
