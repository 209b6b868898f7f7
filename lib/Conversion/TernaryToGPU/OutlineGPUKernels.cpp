//===- OutlineGPUKernels.cpp - outline-gpu-kernels ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "mlir/Dialect/DLTI/DLTI.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/PassManager.h"

namespace ternary {
#define GEN_PASS_DEF_OUTLINEGPUKERNELS
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;

namespace {

struct OutlineGPUKernelsPass
    : ternary::impl::OutlineGPUKernelsBase<OutlineGPUKernelsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    // A launch of a kernel takes the place of each launch.
    SmallVector<Attribute> attributes;
    module.walk([&](gpu::LaunchOp launch) {
      attributes.push_back(launch->getDiscardableAttr(kName));
    });
    OpPassManager outlining(ModuleOp::getOperationName());
    outlining.addPass(createGpuKernelOutliningPass());
    if (failed(runPipeline(outlining, module)))
      return signalPassFailure();
    SymbolTableCollection symbols;
    size_t i = 0;
    module.walk([&](gpu::LaunchFuncOp launch) {
      if (Attribute attribute = attributes[i++])
        symbols.lookupNearestSymbolFrom(launch, launch.getKernelAttr())
            ->setDiscardableAttr(kName, attribute);
    });
  }

private:
  static constexpr StringLiteral kName = "nvvm.minctasm";
};

} // namespace
