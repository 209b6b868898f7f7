//===- Prefill.h - The kernel of many tokens --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_PREFILL_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_PREFILL_H

#include "GPUKernels.h"
#include "Wgmma.h"

namespace ternary {

constexpr int64_t kTileRows = kGPUTileRows;
/// Bytes of weights of a warp's tile.
constexpr int64_t kTileBytes = 512;

/// A shape, and what follows from it.
struct PrefillBlock : PrefillShape {
  /// `parts` rows of activations per token.
  PrefillBlock(PrefillShape shape, int64_t parts)
      : PrefillShape(shape), parts(parts) {}

  int64_t parts;

  /// Of a split.
  int64_t threads() const { return groups * kGroupWarps * kWarp; }
  int64_t rows() const { return groups * kGroupWarps * kTileRows; }
  int64_t inputBytes() const { return parts * tokens * kSlabBytes; }
  int64_t weightBytes() const { return groups * kGroupWarps * kTileBytes; }
  int64_t ringBytes() const { return stages * (inputBytes() + weightBytes()); }
};

/// The shape for a layer of so many rows and tokens, which may be dynamic.
/// Blocks are smaller where sums are kept `beside` those of the tensor cores.
PrefillShape choosePrefillShape(int64_t rows, int64_t tokens, bool beside);

/// The last steps of a block: times the activation scale, plus the bias,
/// rounded, and stored.
class PrefillOutput {
public:
  using Values = KernelBuilder::Values;

  /// Where a thread is in the block and in its split, and the block in the
  /// output.
  struct Place {
    mlir::Value inBlock, thread, lane, warp, firstToken, firstRow;
    /// The two rows of the lane.
    Values rows;
  };

  /// Loads what is needed at the end: it is on its way meanwhile.
  PrefillOutput(GPUKernelBuilder &builder, BitLinearOp op, mlir::Value out,
                const PrefillBlock &shape, const Place &place);

  /// Finishes the sums of the first split, behind a barrier; threads of the
  /// others wait with it.
  /// Sum 4 j + e of a thread is that of row g + 8 (e / 2) of its warp's tile,
  /// and of token 8 j + 2 t + e % 2, for lane 4 g + t.
  void finish(llvm::ArrayRef<mlir::Value> sums, mlir::Value split);

private:
  using Store = llvm::function_ref<void(mlir::Value y, mlir::Value token,
                                        mlir::Value row)>;

  bool isStaged();
  int64_t rowsPerStore();
  mlir::Value stagingBuffer();
  void stage(llvm::ArrayRef<mlir::Value> sums);
  void stageHalves(llvm::ArrayRef<mlir::Value> sums);
  void storeStaged();
  mlir::Value isBelow(mlir::Value x, mlir::Value end);
  mlir::Value tokenOf(int64_t place);
  void loadFactors();
  Values getFactors(int64_t place);
  void forEachOutput(llvm::ArrayRef<mlir::Value> sums, Store store);

  GPUKernelBuilder &b;
  BitLinearOp op;
  mlir::Value out;
  const PrefillBlock &shape;
  const Place at;
  /// The activation scales of the block's tokens, in shared memory.
  mlir::Value factors;
  /// Of the lane's two rows.
  Values bias;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_PREFILL_H
