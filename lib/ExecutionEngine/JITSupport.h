//===- JITSupport.h - Host machine, libraries, guards -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// What the engine needs beside MLIR's own execution engine.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_JITSUPPORT_H
#define TERNARY_LIB_EXECUTIONENGINE_JITSUPPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

#include <functional>
#include <memory>
#include <string>

namespace mlir {
class ExecutionEngine;
} // namespace mlir

namespace ternary {

/// A target machine for this process: for the CPU that it runs on, or with
/// those of its features that the CPU of this name has.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createHostMachine(unsigned optLevel, llvm::StringRef cpu = "");

/// The first CPU other than the host that a function names; empty if there is
/// none.
std::string getNamedCPU(mlir::ModuleOp lowered);

/// Fails if a function asks for CPU features that the host lacks: its first
/// unknown instruction would kill the process.
llvm::Error checkFeatures(mlir::ModuleOp lowered,
                          const llvm::TargetMachine &host);

/// True if the module has threaded regions, or calls the runtime for them.
bool needsOpenMP(mlir::ModuleOp lowered);

/// Opens libomp, so that compiled code finds its symbols in this process.
llvm::Error loadOpenMP();

/// Opens a library for the compiled code.
llvm::Error loadLibrary(const std::string &path);

/// Makes every function private except for those in `kept`. Without this each
/// function would be compiled up to four times, inlined into its own wrappers.
void internalize(llvm::Module &module, const llvm::StringSet<> &kept);

/// The first function that `module` calls and that neither it nor this process
/// defines; empty if there is none. Compiler-rt's functions, which the code
/// generator adds later, are not seen.
std::string findUndefined(const llvm::Module &module);

/// Lets the guard below see assertions that fail in compiled code.
void registerGuard(mlir::ExecutionEngine &jit, mlir::ModuleOp lowered);

/// Calls `function(arguments)`. A failed assertion comes back as an error; if
/// `mayJump` is false (other threads take part in the call and cannot be
/// unwound) it ends the process with a message instead.
llvm::Error callGuarded(void (*function)(void **), void **arguments,
                        bool mayJump);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_JITSUPPORT_H
