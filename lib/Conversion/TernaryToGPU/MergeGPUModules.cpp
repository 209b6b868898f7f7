//===- MergeGPUModules.cpp - merge-gpu-modules ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

namespace ternary {
#define GEN_PASS_DEF_MERGEGPUMODULES
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;

namespace {

struct MergeGPUModulesPass
    : ternary::impl::MergeGPUModulesBase<MergeGPUModulesPass> {
  void runOnOperation() override {
    auto modules = llvm::to_vector(getOperation().getOps<gpu::GPUModuleOp>());
    if (modules.size() < 2)
      return;
    for (gpu::GPUModuleOp from : llvm::drop_begin(modules))
      merge(from, modules.front());
    getOperation().walk([&](gpu::LaunchFuncOp launch) {
      auto kernel = newNames.find(launch.getKernelAttr());
      if (kernel != newNames.end())
        launch.setKernelAttr(kernel->second);
    });
    newNames.clear();
  }

private:
  void merge(gpu::GPUModuleOp from, gpu::GPUModuleOp to) {
    SymbolTable symbols(to);
    for (Operation &op : llvm::make_early_inc_range(*from.getBody())) {
      StringAttr name = SymbolTable::getSymbolName(&op);
      auto kernel = dyn_cast<gpu::GPUFuncOp>(op);
      bool isKernel = kernel && kernel.isKernel();
      // A copy of the same function of the source.
      if (!isKernel && symbols.lookup(name))
        continue;
      op.remove();
      StringAttr newName = symbols.insert(&op);
      if (isKernel)
        newNames[getReference(from.getNameAttr(), name)] =
            getReference(to.getNameAttr(), newName);
    }
    from.erase();
  }

  static SymbolRefAttr getReference(StringAttr module, StringAttr kernel) {
    return SymbolRefAttr::get(module, {FlatSymbolRefAttr::get(kernel)});
  }

  llvm::DenseMap<Attribute, SymbolRefAttr> newNames;
};

} // namespace
