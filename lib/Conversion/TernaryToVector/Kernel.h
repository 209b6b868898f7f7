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

/// Four bytes, repeated for each of `lanes` lanes.
mlir::Value repeatWord(KernelBuilder &builder, mlir::Value bytes,
                       int64_t lanes);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNEL_H
