//===- SplitProduct.h - grad_input by the tensor cores ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_SPLITPRODUCT_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_SPLITPRODUCT_H

#include "GradInput.h"

namespace ternary {

/// A kernel that computes sum_n grad[m, n] * weight[n, k] of f32, as products
/// of bf16 by wgmma. A block of threads has a tile of 128 tokens m and columns
/// k, a thread runs of two neighbouring columns of it.
class SplitProduct {
public:
  using Values = KernelBuilder::Values;

  /// Tokens and columns of a tile.
  static constexpr int64_t kTile = 128;
  /// Rows n of a slab.
  static constexpr int64_t kRows = 64;
  /// Columns of a run.
  static constexpr int64_t kRun = 2;

  /// With more than one split, blocks share the rows n of a tile: each of them
  /// has the sums of its own.
  SplitProduct(GPUKernelBuilder &b, ScaledWeights &weights, mlir::Value grad,
               int64_t splits);

  using Finish = llvm::function_ref<void(llvm::ArrayRef<mlir::Value>)>;
  /// Launches the kernel, behind one that splits the gradients. `finish` gets
  /// the runs of a thread.
  void launch(Finish finish);

  // In `finish`.
  mlir::Value split;
  /// The first token and column of the tile.
  mlir::Value firstRow, firstColumn;
  /// Calls `body` for each run with its number, and its token and first column
  /// behind those of the tile.
  using Body =
      llvm::function_ref<void(int64_t, mlir::Value row, mlir::Value column)>;
  void forEachRun(Body body);

private:
  static constexpr int64_t kThreads = 256;
  static constexpr int64_t kStages = 2;
  /// Of a thread.
  static constexpr int64_t kNumSums = 64;

  int64_t stageBytes() const;
  mlir::Value gradientAddress(mlir::Value stage);
  mlir::Value weightAddress(mlir::Value stage);
  Values multiply();
  void multiplySlab(mlir::Value stage, mlir::Value next, Values &sums);
  Values startProducts(mlir::Value stage);
  void copyGradients(mlir::Value slab, mlir::Value stage);
  void storeWeights(mlir::Value slab, mlir::Value stage);
  /// Scales of two rows in the halves of words.
  struct ScalePair {
    Values parts;
    /// 0 times the scales: NaN where they are not finite. Null without scales.
    mlir::Value zeros;
  };
  mlir::Value loadScaleInside(mlir::Value n, mlir::Value k);
  mlir::Value loadScales(mlir::Value n, mlir::Value k);
  ScalePair splitScales(mlir::Value scales);
  Values multiplyTrits(const ScalePair &scales, mlir::Value first,
                       mlir::Value second);

  GPUKernelBuilder &b;
  ScaledWeights &weights;
  mlir::Value grad;
  int64_t splits;
  /// Of a weight.
  int64_t weightParts;
  /// Three rows of bf16 per token.
  mlir::Value gradParts;
  mlir::Value thread, base;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_SPLITPRODUCT_H
