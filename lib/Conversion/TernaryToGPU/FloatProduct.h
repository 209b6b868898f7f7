//===- FloatProduct.h - Products of f32 matrices on the GPU -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_FLOATPRODUCT_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_FLOATPRODUCT_H

#include "GPUKernelBuilder.h"

namespace ternary {

/// 16 rows of one operand of a block of threads, and where its threads put
/// them.
struct Slab {
  /// Rows of a slab, and columns of a tile.
  static constexpr int64_t kRows = 16;
  static constexpr int64_t kColumns = 128;
  static constexpr int64_t kThreads = 256;

  mlir::Value thread;
  mlir::Value firstRow, firstColumn;
  /// [stage, operand, row, column] of f32, and the first two of these.
  mlir::Value memory, stage, operand;
};

/// Where the rows of an operand come from.
class SlabSource {
public:
  virtual ~SlabSource() = default;

  virtual mlir::Value numRows(GPUKernelBuilder &b) = 0;
  virtual mlir::Value numColumns(GPUKernelBuilder &b) = 0;
  /// Starts copies of what a thread fills, or loads that. Elements of rows
  /// behind the last one are 0, those of columns behind it any.
  virtual KernelBuilder::Values begin(GPUKernelBuilder &b,
                                      const Slab &slab) = 0;
  /// Stores what `begin` has loaded.
  virtual void end(GPUKernelBuilder &, const Slab &, mlir::ValueRange) {}
};

/// The rows of an f32 memref of rank 2, by asynchronous copies, and zeros
/// behind the last column.
class CopiedSlabs : public SlabSource {
public:
  CopiedSlabs(mlir::Value memref) : memref(memref) {}

  mlir::Value numRows(GPUKernelBuilder &b) override { return b.dim(memref, 0); }
  mlir::Value numColumns(GPUKernelBuilder &b) override {
    return b.dim(memref, 1);
  }
  KernelBuilder::Values begin(GPUKernelBuilder &b, const Slab &slab) override;

private:
  mlir::Value memref;
};

/// A kernel that computes sum_m left[m, i] * right[m, j] in f32, by fused
/// multiply-add in ascending order of m. A block of threads has a tile of 128
/// rows i and columns j, a thread runs of four neighbouring columns of it.
class FloatProduct {
public:
  /// Of a thread.
  static constexpr int64_t kRuns = 16;
  /// Slabs in shared memory: one is multiplied while the others are on their
  /// way.
  static constexpr int64_t kStages = 3;
  /// Shared bytes of the slabs.
  static constexpr int64_t kBytes =
      kStages * 2 * Slab::kRows * Slab::kColumns * 4;

  /// With more than one split, blocks share the rows m of a tile: each of them
  /// has the sums of its own.
  FloatProduct(GPUKernelBuilder &b, SlabSource &left, SlabSource &right,
               int64_t splits = 1)
      : b(b), sources{&left, &right}, splits(splits) {}

  /// Launches the kernel. `prepare` is done while the first slabs are on their
  /// way; `finish` gets the runs of a thread, and has all shared bytes below
  /// kBytes. The launch has `extraBytes` more of them.
  void launch(llvm::function_ref<void()> prepare,
              llvm::function_ref<void(llvm::ArrayRef<mlir::Value>)> finish,
              int64_t extraBytes = 0);

  // In these.
  mlir::Value thread, split;
  /// The first row and column of the tile.
  mlir::Value firstRow, firstColumn;
  /// Calls `body` for each run with its number, and its row and first column
  /// behind those of the tile.
  using Body =
      llvm::function_ref<void(int64_t, mlir::Value row, mlir::Value column)>;
  void forEachRun(Body body);

private:
  static constexpr int64_t kRun = 4;
  // Lanes of a warp are 4 rows of 8: it has 32 rows and 64 columns of the tile,
  // a lane two runs in each direction.
  static constexpr int64_t kRowStep = 4 * kRun;
  static constexpr int64_t kColumnStep = 8 * kRun;

  void placeThread();
  KernelBuilder::Values multiply(llvm::function_ref<void()> prepare);
  /// Of both operands, and what has been loaded for them.
  using Slabs = std::array<Slab, 2>;
  using Loaded = std::array<KernelBuilder::Values, 2>;
  Slabs getSlabs(mlir::Value number, mlir::Value stage);
  Loaded beginSlabs(const Slabs &slabs);
  void endSlabs(const Slabs &slabs, const Loaded &loaded);
  void multiplySlab(mlir::Value number, mlir::Value stage,
                    KernelBuilder::Values &sums);
  void multiplyRow(mlir::Value stage, int64_t m, KernelBuilder::Values &sums);
  mlir::Value stepStage(mlir::Value stage, int64_t count);

  GPUKernelBuilder &b;
  std::array<SlabSource *, 2> sources;
  int64_t splits;
  /// Of the slabs.
  mlir::Value memory;
  /// The first runs of the thread, behind the first row and column.
  mlir::Value row, column;
};

/// Whether `count` elements at each multiple of `count` of the last axis are
/// neighbours, at a multiple of their size: memrefs begin at multiples of 16
/// bytes.
bool hasWholeVectors(mlir::Value memref, int64_t count);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_FLOATPRODUCT_H
