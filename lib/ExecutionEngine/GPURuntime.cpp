//===- GPURuntime.cpp - The runtime of GPU code ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GPURuntime.h"

#include "CUDA/Runtime.h"

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/ExecutionEngine/Orc/CoreContainers.h"
#include "llvm/ExecutionEngine/Orc/Mangling.h"
#include "llvm/Linker/Linker.h"

using namespace ternary;

static constexpr unsigned char kBitcode[] = {
#include "GPURuntime.inc"
};

/// What the compiler that made the bitcode knew of its own machine.
static void forgetMachine(llvm::Module &runtime) {
  for (llvm::Function &function : runtime)
    for (llvm::StringRef key : {"target-cpu", "target-features", "tune-cpu"})
      function.removeFnAttr(key);
}

llvm::Error ternary::linkGPURuntime(llvm::Module &module) {
  llvm::StringRef bytes(reinterpret_cast<const char *>(kBitcode),
                        sizeof(kBitcode));
  auto runtime = llvm::parseBitcodeFile(
      llvm::MemoryBufferRef(bytes, "gpu runtime"), module.getContext());
  if (!runtime)
    return runtime.takeError();
  (*runtime)->setDataLayout(module.getDataLayout());
  (*runtime)->setTargetTriple(module.getTargetTriple());
  forgetMachine(**runtime);
  if (llvm::Linker::linkModules(module, std::move(*runtime)))
    return llvm::createStringError("gpu runtime: expected names of functions "
                                   "that are free, found them taken");
  return llvm::Error::success();
}

void ternary::registerGPURuntime(mlir::ExecutionEngine &jit) {
  jit.registerSymbols([](llvm::orc::MangleAndInterner mangle) {
    llvm::orc::SymbolMap symbols;
    auto add = [&](llvm::StringRef name, auto *function) {
      symbols[mangle(name)] = {llvm::orc::ExecutorAddr::fromPtr(function),
                               llvm::JITSymbolFlags::Exported};
    };
#define TERNARY_ADD(name) add(#name, &name);
    TERNARY_ADD(ternaryGpuBegin)
    TERNARY_ADD(ternaryGpuEnd)
    TERNARY_ADD(ternaryGpuError)
    TERNARY_ADD(ternaryGpuThreadStream)
    TERNARY_ADD(ternaryGpuCopyIn)
    TERNARY_ADD(ternaryGpuCopyOut)
    TERNARY_ADD(ternaryGpuSynchronize)
    TERNARY_ADD(ternaryGpuConstant)
    TERNARY_ADD(ternaryGpuOverlapLaunches)
    TERNARY_ADD(mgpuModuleLoad)
    TERNARY_ADD(mgpuModuleLoadJIT)
    TERNARY_ADD(mgpuModuleUnload)
    TERNARY_ADD(mgpuModuleGetFunction)
    TERNARY_ADD(mgpuLaunchKernel)
    TERNARY_ADD(mgpuLaunchClusterKernel)
    TERNARY_ADD(mgpuStreamCreate)
    TERNARY_ADD(mgpuStreamDestroy)
    TERNARY_ADD(mgpuStreamSynchronize)
    TERNARY_ADD(mgpuStreamWaitEvent)
    TERNARY_ADD(mgpuEventCreate)
    TERNARY_ADD(mgpuEventDestroy)
    TERNARY_ADD(mgpuEventSynchronize)
    TERNARY_ADD(mgpuEventRecord)
    TERNARY_ADD(mgpuMemAlloc)
    TERNARY_ADD(mgpuMemFree)
    TERNARY_ADD(mgpuMemcpy)
    TERNARY_ADD(mgpuMemset16)
    TERNARY_ADD(mgpuMemset32)
#undef TERNARY_ADD
    return symbols;
  });
}
