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
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace mlir {
class ExecutionEngine;
} // namespace mlir

namespace ternary {

/// True if the module has threaded regions, or calls the runtime for them.
bool needsOpenMP(mlir::ModuleOp lowered);

/// Opens what the code of a module needs: the libraries named, and libomp if
/// it is threaded.
llvm::Error prepareLibraries(bool usesOpenMP,
                             llvm::ArrayRef<std::string> sharedLibs);

/// Makes every function private except for those in `kept`. Without this each
/// function would be compiled up to four times, inlined into its own wrappers.
void internalize(llvm::Module &module, const llvm::StringSet<> &kept);

struct JITOptions {
  unsigned optLevel = 3;
  /// Symbols will be registered that the process does not have yet.
  bool mayMissSymbols = false;
  /// Changes what was translated, and names the functions that will be looked
  /// up.
  llvm::function_ref<llvm::Error(llvm::Module &, llvm::StringSet<> &kept)>
      finish;
};

/// Machine code for this process. Refuses code for CPU features that this
/// machine lacks, and calls of functions that nobody defines.
llvm::Expected<std::unique_ptr<mlir::ExecutionEngine>>
compileLowered(mlir::ModuleOp lowered, const JITOptions &options);

/// Lets the guard below see assertions that fail in compiled code.
void registerGuard(mlir::ExecutionEngine &jit, mlir::ModuleOp lowered);

/// Calls `function(arguments)`. A failed assertion comes back as an error; if
/// `mayJump` is false (other threads take part in the call and cannot be
/// unwound) it ends the process with a message instead.
llvm::Error callGuarded(void (*function)(void **), void **arguments,
                        bool mayJump);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_JITSUPPORT_H
