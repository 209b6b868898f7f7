//===- GPURuntime.h - The runtime of GPU code -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// How compiled code gets at the runtime in CUDA/: as bitcode of its own, so
// that nothing but the driver is needed where it runs, or in this process.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_GPURUNTIME_H
#define TERNARY_LIB_EXECUTIONENGINE_GPURUNTIME_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace mlir {
class ExecutionEngine;
} // namespace mlir

namespace ternary {

/// Links the runtime's definitions into a module of host code.
llvm::Error linkGPURuntime(llvm::Module &module);

/// Lets compiled code call the runtime of this process.
void registerGPURuntime(mlir::ExecutionEngine &jit);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_GPURUNTIME_H
