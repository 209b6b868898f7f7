//===- TernaryToLLVM.cpp - The CPU pipeline -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;

void ternary::buildTernaryToLLVMPipeline(OpPassManager &pm,
                                         const TernaryToLLVMOptions &) {
  buildReferencePipeline(pm);
}
