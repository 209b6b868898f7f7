//===- Kernel.h - The loops of a bitlinear on panels ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNEL_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNEL_H

#include "KernelBuilder.h"

#include "ternary/IR/Panel.h"

namespace ternary {

/// Emits the kernel of `op`, on memrefs, at the insertion point of `builder`.
void buildPanelKernel(KernelBuilder &builder, BitLinearOp op,
                      const PanelShape &panel);

/// The same for int8 activations of many tokens; `input` and `out` are those of
/// the op as matrices.
void buildPanelGemm(KernelBuilder &builder, BitLinearOp op,
                    const PanelShape &panel, mlir::Value input,
                    mlir::Value out);

/// The same by tiles of tokens whose sums fit the registers; no groups.
void buildTokenTiles(KernelBuilder &builder, BitLinearOp op,
                     const PanelShape &panel, mlir::Value input,
                     mlir::Value out);
/// Whether it is the fastest for these activations `[M, K]` of more tokens than
/// one.
bool isForTokenTiles(BitLinearOp op, mlir::Value input);

/// The same for one token of floats, by tables of sums; on CPUs that look up 16
/// floats at once, without groups.
void buildFloatToken(KernelBuilder &builder, BitLinearOp op,
                     const PanelShape &panel, mlir::Value input,
                     mlir::Value out);
bool isForTables(BitLinearOp op, const PanelShape &panel);

// What the kernels of bitlinear share. `token` is the index of a token in the
// leading axes of `input` or `out`.

/// Whether a scale (may be null) has one value per group of columns. Groups are
/// axis 1, rows may be in blocks.
inline bool isGrouped(mlir::Value scale) { return scale && rankOf(scale) >= 2; }

/// Where the scale of a row is; `group` is null for a scale that has none.
KernelBuilder::Values scaleIndex(KernelBuilder &builder, mlir::Value scale,
                                 mlir::Value row, mlir::Value group);

/// The sum of a token's int8 activations in columns begin .. end-1, in i32.
mlir::Value sumActivations(KernelBuilder &builder, mlir::Value input,
                           mlir::ValueRange token, mlir::Value begin,
                           mlir::Value end);

/// buffer[r] = the scale of row `first + r`, for r below `count`; the last of
/// `numRows` rows stands in for rows behind it. `group` is null for a scale
/// that has none.
void gatherScales(KernelBuilder &builder, mlir::Value scale, mlir::Value group,
                  mlir::Value first, mlir::Value numRows, int64_t count,
                  mlir::Value buffer);

/// A vector of bytes of a panel's block of columns, and requests for what is
/// read next: panels follow each other in memory.
mlir::Value loadPanelBytes(KernelBuilder &builder, const PanelShape &panel,
                           mlir::Value weight, mlir::Value panelIndex,
                           mlir::Value columnBlock, mlir::Value vector);

/// The requests alone; `at` is where a vector is that is read now, in panels or
/// in the bytes of panels as rows of a matrix.
void prefetchPanel(KernelBuilder &builder, const PanelShape &panel,
                   mlir::Value weight, mlir::ValueRange at);

/// The scales of rows `row ..` below `numRows`, for a scale of rank 0 or `[N]`.
mlir::Value loadRowScales(KernelBuilder &builder, mlir::Value scale,
                          mlir::Value row, mlir::Value numRows, int64_t lanes);

/// The activation scale of row `token` of the activations as a matrix, in each
/// lane; null if there is none.
mlir::Value loadActivationScale(KernelBuilder &builder, BitLinearOp op,
                                mlir::Value token, int64_t lanes);

/// `y` times the activation scale, plus the bias, each null if there is none:
/// floats, or vectors of them.
mlir::Value finishSum(KernelBuilder &builder, mlir::Value y,
                      mlir::Value activationScale, mlir::Value bias);

/// The last steps of bitlinear on the sums `y` of rows `row ..` of a token:
/// times the activation scale (a vector, may be null), plus the bias, rounded.
/// `count` is the number of rows that are meant, null for all.
mlir::Value finishOutput(KernelBuilder &builder, BitLinearOp op, mlir::Value y,
                         mlir::Value activationScale, mlir::Value row,
                         mlir::Value count);
/// The same, stored.
void storeOutput(KernelBuilder &builder, BitLinearOp op, mlir::Value y,
                 mlir::Value activationScale, mlir::Value out,
                 mlir::ValueRange token, mlir::Value row, mlir::Value count);

/// Four bytes, repeated for each of `lanes` lanes.
mlir::Value repeatWord(KernelBuilder &builder, mlir::Value bytes,
                       int64_t lanes);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNEL_H
