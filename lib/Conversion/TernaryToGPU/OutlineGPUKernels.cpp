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
    // A launch of a kernel takes the place of each launch that is in a
    // function. There may be others already.
    SmallVector<Attribute> attributes;
    walkLaunches([&](Operation *launch) {
      attributes.push_back(isa<gpu::LaunchOp>(launch)
                               ? launch->getDiscardableAttr(kName)
                               : Attribute());
    });
    OpPassManager outlining(ModuleOp::getOperationName());
    outlining.addPass(createGpuKernelOutliningPass());
    if (failed(runPipeline(outlining, getOperation())))
      return signalPassFailure();
    SymbolTableCollection symbols;
    const Attribute *attribute = attributes.begin();
    walkLaunches([&](Operation *op) {
      auto launch = dyn_cast<gpu::LaunchFuncOp>(op);
      if (Attribute bound = *attribute++; bound && launch)
        symbols.lookupNearestSymbolFrom(launch, launch.getKernelAttr())
            ->setDiscardableAttr(kName, bound);
    });
  }

private:
  // In functions of the host: a kernel's module gets a copy of each function
  // that the kernel calls, with its launches.
  void walkLaunches(function_ref<void(Operation *)> callback) {
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<gpu::GPUModuleOp>(op))
        return WalkResult::skip();
      if (isa<gpu::LaunchOp, gpu::LaunchFuncOp>(op))
        callback(op);
      return WalkResult::advance();
    });
  }

  static constexpr StringLiteral kName = "nvvm.minctasm";
};

} // namespace
