//===- BitLinear.cpp - The kernels of bitlinear ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "Kernels.h"

using namespace mlir;
using namespace ternary;

/// Loops around `dot`, for weights in panels.
static LogicalResult buildPanels(KernelBuilder &b, BitLinearOp op) {
  std::optional<PanelShape> panel = getPanelShape(op.getPackingAttr());
  if (!panel || op.getWeights().empty() || op.getRoundOperands())
    return failure();
  if (op.getGroupSize() && *op.getGroupSize() % panel->columns() != 0)
    return failure();
  // Vectors are loaded along the innermost dimension.
  if (!llvm::all_of(op->getOperands(), isContiguousInRows))
    return failure();
  buildPanelKernel(b, op, *panel);
  return success();
}

void ternary::populateBitLinearKernels(RewritePatternSet &patterns) {
  patterns.add<LowerToKernel<BitLinearOp>>(patterns.getContext(), buildPanels);
}
