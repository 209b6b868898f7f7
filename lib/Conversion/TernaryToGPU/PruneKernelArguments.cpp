//===- PruneKernelArguments.cpp - prune-kernel-arguments ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

namespace ternary {
#define GEN_PASS_DEF_PRUNEKERNELARGUMENTS
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;

namespace {

struct PruneKernelArgumentsPass
    : ternary::impl::PruneKernelArgumentsBase<PruneKernelArgumentsPass> {
  void runOnOperation() override {
    // Inside of ops that are not registered nothing is known of symbols.
    auto uses = SymbolTable::getSymbolUses(&getOperation().getBodyRegion());
    if (!uses)
      return;
    DenseMap<SymbolRefAttr, SmallVector<Operation *>> users;
    for (SymbolTable::SymbolUse use : *uses)
      users[use.getSymbolRef()].push_back(use.getUser());
    for (auto gpuModule : getOperation().getOps<gpu::GPUModuleOp>())
      pruneKernels(gpuModule, users);
  }

private:
  static void
  pruneKernels(gpu::GPUModuleOp gpuModule,
               const DenseMap<SymbolRefAttr, SmallVector<Operation *>> &users) {
    auto uses = SymbolTable::getSymbolUses(&gpuModule.getBodyRegion());
    if (!uses)
      return;
    DenseSet<Attribute> usedInside;
    for (SymbolTable::SymbolUse use : *uses)
      usedInside.insert(use.getSymbolRef().getRootReference());
    for (auto kernel : gpuModule.getOps<LLVM::LLVMFuncOp>()) {
      auto reference =
          SymbolRefAttr::get(gpuModule.getSymNameAttr(),
                             {FlatSymbolRefAttr::get(kernel.getSymNameAttr())});
      if (!usedInside.contains(kernel.getSymNameAttr()))
        prune(kernel, users.lookup(reference));
    }
  }

  static void prune(LLVM::LLVMFuncOp kernel, ArrayRef<Operation *> users) {
    if (!kernel->hasAttr(gpu::GPUDialect::getKernelFuncAttrName()) ||
        kernel.isExternal())
      return;
    llvm::BitVector unused(kernel.getNumArguments());
    for (BlockArgument argument : kernel.getArguments())
      if (argument.use_empty())
        unused.set(argument.getArgNumber());
    auto canPrune = [&](Operation *user) {
      auto launch = dyn_cast<gpu::LaunchFuncOp>(user);
      // An operand that is a memref is several parameters.
      return launch && launch.getNumKernelOperands() == unused.size();
    };
    if (unused.none() || !llvm::all_of(users, canPrune))
      return;
    for (Operation *user : users) {
      auto launch = cast<gpu::LaunchFuncOp>(user);
      launch.getKernelOperandsMutable().assign(
          keep<Value>(SmallVector<Value>(launch.getKernelOperands()), unused));
    }
    eraseArguments(kernel, unused);
  }

  /// FunctionOpInterface does not do it where a function returns nothing.
  static void eraseArguments(LLVM::LLVMFuncOp kernel,
                             const llvm::BitVector &unused) {
    LLVM::LLVMFunctionType type = kernel.getFunctionType();
    if (ArrayAttr attributes = kernel.getArgAttrsAttr())
      kernel.setArgAttrsAttr(ArrayAttr::get(
          kernel.getContext(), keep(attributes.getValue(), unused)));
    kernel.setFunctionType(LLVM::LLVMFunctionType::get(
        type.getReturnType(), keep(type.getParams(), unused)));
    kernel.front().eraseArguments(unused);
  }

  template <typename T>
  static SmallVector<T> keep(ArrayRef<T> all, const llvm::BitVector &unused) {
    SmallVector<T> kept;
    for (auto [i, element] : llvm::enumerate(all))
      if (!unused.test(i))
        kept.push_back(element);
    return kept;
  }
};

} // namespace
