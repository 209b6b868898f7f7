//===- ObjectFile.h - Target machines, code and libraries -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_OBJECTFILE_H
#define TERNARY_LIB_EXECUTIONENGINE_OBJECTFILE_H

#include "ternary/ExecutionEngine/AOT.h"

#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace ternary {

/// A target machine for position-independent code. `triple` is empty for this
/// machine, `cpu` may be `native`.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(llvm::StringRef triple, llvm::StringRef cpu,
              llvm::StringRef features, unsigned optLevel);

/// Writes the module in the form of `kind`.
llvm::Error writeCode(llvm::Module &module, llvm::TargetMachine &machine,
                      OutputKind kind, llvm::raw_ostream &os);

/// Links an object to a shared library, whose name for the loader is `name`.
llvm::Error linkLibrary(llvm::StringRef object, llvm::StringRef name,
                        const LinkOptions &options, llvm::raw_ostream &os);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_OBJECTFILE_H
