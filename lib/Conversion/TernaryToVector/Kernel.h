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

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNEL_H
