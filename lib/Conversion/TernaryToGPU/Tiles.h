//===- Tiles.h - Trits to and from the tiles of GPU kernels -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_TILES_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_TILES_H

#include "Fields.h"
#include "GPUKernels.h"

namespace ternary {

/// Tiles in memory. A warp has a tile: what is packed by fields of two bits
/// stays in its registers; trits go through shared memory, where those of a row
/// are neighbours.
class TileMemory {
public:
  /// Whether they are tiles that are written.
  static bool isTiles(mlir::Value memref, PackingAttrInterface packing);
  /// Whether they are tiles that are read: whole ones of `gpu_tile2` and
  /// `gpu_tile2k`.
  static bool takes(mlir::Value memref, PackingAttrInterface packing,
                    llvm::ArrayRef<int64_t> shape);

  TileMemory(GPUKernelBuilder &b, mlir::Value memref,
             PackingAttrInterface packing)
      : b(b), memref(memref), order(*getGPUTile(packing)) {}

  using Values = KernelBuilder::Values;
  /// Fills all tiles with rows of a logical shape.
  void write(FieldRows &rows, llvm::ArrayRef<mlir::OpFoldResult> shape);

  /// `count` neighbouring trits of a row, a power of two from 4 on, from a
  /// place on.
  struct Place {
    mlir::Value row, column;
  };
  /// Calls `store` with the words of all tiles.
  void read(int64_t count,
            llvm::function_ref<void(mlir::ValueRange, Place)> store);
  /// The same to bytes of four fields, of `columns` columns.
  void readFields(mlir::Value bytes, const DigitRuns &runs, int64_t columns);

private:
  /// What a warp does with its tile.
  struct Warp {
    mlir::Value panel, block, warp, lane, exists;
  };
  /// A warp for each tile of the first of `parts` of the rows.
  void launch(int64_t parts, llvm::function_ref<void(const Warp &)> body);
  /// Two words of a tile, from the runs of the lanes that share the row.
  Values toTile(const Warp &at, mlir::ValueRange fields);
  Values toHalves(const Warp &at, mlir::ValueRange fields);
  /// Shared memory for the trits of the tiles.
  mlir::Value makeTrits();
  /// The rows of a lane, of the halves 0 and 1 of a tile, and the first column
  /// of its run of them.
  mlir::Value rowOf(const Warp &at, int64_t half);
  mlir::Value runOf(const Warp &at);
  /// Zeros stand for what lies outside of the shape.
  FieldRows::Finish loadRun(FieldRows &rows,
                            llvm::ArrayRef<mlir::OpFoldResult> shape,
                            const Warp &at, int64_t half);
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
  GPUTile order;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_TILES_H
