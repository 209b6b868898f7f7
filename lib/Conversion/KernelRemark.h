//===- KernelRemark.h - Which kernel a layer gets ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_KERNELREMARK_H
#define TERNARY_LIB_CONVERSION_KERNELREMARK_H

#include "ternary/IR/Ternary.h"

namespace ternary {

/// Remarks what computes a layer, and in which function: `enableReport` joins
/// it with what other passes say. `pass` is the category.
void remarkKernel(BitLinearOp op, llvm::StringRef pass, llvm::StringRef kernel);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_KERNELREMARK_H
