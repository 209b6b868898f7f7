//===- StripProduct.h - grad_input of a few tokens --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_STRIPPRODUCT_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_STRIPPRODUCT_H

#include "GradInput.h"

namespace ternary {

/// A kernel that computes sum_n grad[m, n] * weight[n, k] for one token after
/// the other, of weights in flat base 3. A block of threads has strips of
/// columns k and a part of the rows n:
///
///   for each row: gradient * scale, of each half of the strip, as three bf16
///   for each 16 rows of a class: trits of their bytes times these (mma.sync)
///   sum over classes of rows
///
/// Rows whose numbers differ by a multiple of five begin at the same digit of a
/// byte: they are a class, which a warp has, of one strip.
class StripProduct {
public:
  using Values = KernelBuilder::Values;

  static bool takes(GradInputOp op);

  StripProduct(GPUKernelBuilder &b, ScaledWeights &weights, mlir::Value grad);

  /// Blocks that share the rows of a strip.
  int64_t numSplits() const { return splits; }

  /// `store` gets the sum of a split for a token and column.
  using Store = llvm::function_ref<void(mlir::Value sum, mlir::Value split,
                                        mlir::Value token, mlir::Value column)>;
  void launch(mlir::Value numTokens, Store store);

private:
  mlir::Value word(int64_t value);
  void chooseStrip(const GPUKernelBuilder::Place &at);
  mlir::Value loadPair(mlir::Value at);
  Values loadBytes();
  void storeFactors();
  mlir::Value loadFactor(mlir::Value n, mlir::Value column);
  Values multiply(mlir::ValueRange bytes);
  void multiplyStep(int64_t step, mlir::ValueRange bytes, Values &sums);
  void storeSums(llvm::ArrayRef<mlir::Value> sums);
  mlir::Value addClasses(mlir::Value column);

  GPUKernelBuilder &b;
  ScaledWeights &weights;
  mlir::Value grad;
  int64_t steps, splits;
  // What the thread has.
  mlir::Value warp, lane, quad, part;
  mlir::Value split, token;
  /// Of the warp: its class, the first column of its strip, and that behind
  /// the first one of the block.
  mlir::Value rowClass, firstColumn, place;
  /// The first byte of the window of its class, in i32, and the column of its
  /// first digit behind the first of the strip, which is not positive.
  mlir::Value window, offset;
  /// The number of the split's first row in each class.
  mlir::Value firstRow;
  /// [warp][step][column of the right operand][row], and [class][column].
  mlir::Value factors, classSums;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_STRIPPRODUCT_H
