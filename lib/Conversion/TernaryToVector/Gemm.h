//===- Gemm.h - The f32 products of training --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_GEMM_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_GEMM_H

#include "KernelBuilder.h"

namespace ternary {

/// The block of a product that lives in registers.
struct GemmShape {
  int64_t rows;
  int64_t columns;
  int64_t lanes;
};

/// The shape for the ISA of the module that `op` is in.
GemmShape getGemmShape(mlir::Operation *op);
/// Whether the module that `op` is in is for a CPU whose vector registers are
/// 512 bytes in all: 16 of 32 bytes, or 32 of 16.
bool hasFewRegisters(mlir::Operation *op);
/// Whether the module that `op` is in is for a CPU with tiles of AMX.
bool hasTiles(mlir::Operation *op);
/// Vectors of 16 sums of `dot` that the registers hold beside its operands.
int64_t getNumDotSums(mlir::Operation *op);

/// `c[row + i, column + j] += sum_r left(i, r) * right(r, j)` for one block of
/// registers and `r < count`, by fused multiply-add in ascending order of r.
struct GemmBlock {
  mlir::Value c, row, column;
  mlir::Value count;
  /// The scalar of row i, a constant.
  llvm::function_ref<mlir::Value(int64_t i, mlir::Value r)> left;
  /// The vector of columns j and behind, a constant.
  llvm::function_ref<mlir::Value(mlir::Value r, int64_t j)> right;
  /// Null, or what the sum over r is multiplied by before it is added to c.
  llvm::function_ref<mlir::Value(int64_t j)> scale = nullptr;
};

void buildGemmBlock(KernelBuilder &builder, const GemmShape &shape,
                    const GemmBlock &block);

/// `sums[m, j] += sum_r matrix[token + m, first + r] * tile[r, j]` for
/// `m < tokens`, `r < count` and `j < width`, by blocks of registers: what lies
/// behind the last token or column is computed as well. `sums` and `tile` have
/// whole blocks.
struct TileProduct {
  mlir::Value sums, tile;
  mlir::Value matrix, token, tokens, first, count, width;
  /// Null where elements of `matrix` are taken as they are, or a buffer of
  /// `[tokens, count]`: each is multiplied by many columns, and so made f32 and
  /// converted once.
  mlir::Value floats = {};
  llvm::function_ref<mlir::Value(mlir::Value)> convert = nullptr;
  /// Null, or the factor of the columns j and behind, as in GemmBlock.
  llvm::function_ref<mlir::Value(mlir::Value j)> scale = nullptr;
};

void buildTileProduct(KernelBuilder &builder, const GemmShape &shape,
                      const TileProduct &product);

/// A buffer of f32 for tiles and sums: `rows` rows of `columns` columns, a
/// cache line apart from a power of two, so that they do not evict each other.
mlir::Value tileBuffer(KernelBuilder &builder, int64_t rows, int64_t columns);
/// Zeros in the first `rows` rows.
void clearTile(KernelBuilder &builder, mlir::Value buffer, mlir::Value rows,
               int64_t columns);

/// Signs of a product of gradient [M, N] and activations [M, K]:
/// sign(sum_m gradient[m, n] * input[m, k]), the sum in f32 by fused
/// multiply-add in ascending order of m.
class GradSigns {
public:
  /// Rows of signs that are computed together.
  static constexpr int64_t kRows = 60;

  /// Reorders the activations; `finish` frees what that took.
  GradSigns(KernelBuilder &b, mlir::Operation *op, mlir::Value grad,
            mlir::Value input);
  void finish();

  mlir::Value rows() { return numRows; }
  mlir::Value columns() { return numColumns; }

  /// Calls `store` with 64 signs as i8 and their row (from 0) and column, for
  /// all rows `first .. first + rows - 1`, at most `kRows` of them. Signs
  /// behind the last column are 0.
  void compute(
      mlir::Value first, mlir::Value rows,
      llvm::function_ref<void(mlir::Value, mlir::Value, mlir::Value)> store);

private:
  /// Columns of a panel of activations, and tokens between two visits of a
  /// block: a panel's part stays in the first cache.
  static constexpr int64_t kColumns = 64;
  static constexpr int64_t kTokens = 128;

  void packInput(mlir::Value input);
  mlir::Value packGrad(mlir::Value first, mlir::Value rows);
  void multiply(mlir::Value panel, mlir::Value grads, mlir::Value sums,
                mlir::Value rows);

  KernelBuilder &b;
  GemmShape shape;
  mlir::Value grad;
  mlir::Value numTokens, numRows, numColumns;
  /// The activations as [K/64][M][64], 0 behind the last column.
  mlir::Value panels;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_GEMM_H
