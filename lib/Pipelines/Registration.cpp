//===- Registration.cpp - Pipelines under their names ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

void ternary::registerPipelines() {
  PassPipelineRegistration<>(
      "ternary-to-linalg",
      "lower ternary ops to linalg, the reference semantics",
      buildTernaryToLinalgPipeline);
  PassPipelineRegistration<>(
      "ternary-reference-to-llvm",
      "lower ternary ops through linalg and plain loops to LLVM",
      buildReferencePipeline);
  PassPipelineRegistration<RaiseToTernaryOptions>(
      "raise-to-ternary",
      "find layers with ternary weights in what front ends print: linalg, "
      "tosa or quant",
      buildRaiseToTernaryPipeline);
  PassPipelineRegistration<TernaryToLLVMOptions>(
      "ternary-to-llvm", "lower ternary ops to fast CPU code in LLVM",
      buildTernaryToLLVMPipeline);
  PassPipelineRegistration<TernaryToNVVMOptions>(
      "ternary-to-nvvm", "lower ternary ops to kernels for NVIDIA GPUs",
      buildTernaryToNVVMPipeline);
}
