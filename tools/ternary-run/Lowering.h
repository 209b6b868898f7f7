//===- Lowering.h - Targets of ternary-run ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_TERNARY_RUN_LOWERING_H
#define TERNARY_TOOLS_TERNARY_RUN_LOWERING_H

#include "ternary/ExecutionEngine/Engine.h"

namespace ternary::run {

/// What compiling takes beside the module.
struct CompileRequest {
  llvm::ArrayRef<Signature> entries;
  std::string pipelineOptions;
  EngineOptions engine;
};

/// A way to code for this machine.
struct Target {
  llvm::StringLiteral name;
  /// Compiles the entries of `module`, which is not changed.
  llvm::Expected<std::unique_ptr<Executable>> (*compile)(
      mlir::ModuleOp module, const CompileRequest &request);
};

/// The target of this name, or an error that lists them.
llvm::Expected<const Target *> findTarget(llvm::StringRef name);

} // namespace ternary::run

#endif // TERNARY_TOOLS_TERNARY_RUN_LOWERING_H
