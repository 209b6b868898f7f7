//===- Tiles.h - Trits to and from the tiles of GPU kernels -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_TILES_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_TILES_H

#include "GPUKernels.h"
#include "Trits.h"

namespace ternary {

/// Whole tiles of `gpu_tile2` or `gpu_tile2k` in memory. A warp has a tile. Its
/// trits go through shared memory, where those of a row are neighbours; what is
/// packed by fields of two bits stays in registers.
class TileMemory {
public:
  static bool takes(mlir::Value memref, PackingAttrInterface packing,
                    llvm::ArrayRef<int64_t> shape);

  TileMemory(GPUKernelBuilder &b, mlir::Value memref,
             PackingAttrInterface packing)
      : b(b), memref(memref), byColumns(getGPUTile(packing)->byColumns) {}

  /// `count` neighbouring trits of a row, a power of two from 4 on, from a
  /// place on; those that are written are 16 or more.
  struct Place {
    mlir::Value row, column;
  };
  using Values = KernelBuilder::Values;
  /// Fills all tiles with the words that `load` gives.
  void write(int64_t count, llvm::function_ref<Values(Place)> load);
  /// Calls `store` with the words of all tiles.
  void read(int64_t count,
            llvm::function_ref<void(mlir::ValueRange, Place)> store);

  /// The same from and to bytes of four fields, of `columns` columns.
  void writeFields(mlir::Value bytes, const DigitRuns &runs, int64_t columns);
  void readFields(mlir::Value bytes, const DigitRuns &runs, int64_t columns);

private:
  /// What a warp does with its tile.
  struct Warp {
    mlir::Value panel, block, warp, lane, exists;
  };
  void launch(llvm::function_ref<void(const Warp &)> body);
  /// Shared memory for the trits of the tiles.
  mlir::Value makeTrits();
  /// Calls `body` with the rows of a lane, 0 and 1, and where its 8 bytes of
  /// them are.
  void forEachFields(const Warp &at, int64_t columns,
                     llvm::function_ref<void(int64_t, mlir::Value)> body);
  /// Two words of neighbouring bytes of a row become those whose bytes are the
  /// digits of a lane, and back.
  Values toDigits(const Warp &at, mlir::ValueRange words);
  Values fromDigits(const Warp &at, mlir::ValueRange digits);
  /// Byte i of lane j becomes byte j of lane i, of four lanes each.
  mlir::Value exchange(const Warp &at, mlir::Value word);
  /// Calls `body` for each run of `count` trits of a lane, with where it lies
  /// in the tile.
  void forEachRun(const Warp &at, int64_t count,
                  llvm::function_ref<void(mlir::Value, mlir::Value)> body);
  /// Where the word of a digit lies in the tile.
  Values placeOf(const Warp &at, int64_t word, int64_t digit);

  GPUKernelBuilder &b;
  mlir::Value memref;
  bool byColumns;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_TILES_H
