//===- Lowering.h - Targets of ternary-run ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_TERNARY_RUN_LOWERING_H
#define TERNARY_TOOLS_TERNARY_RUN_LOWERING_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace ternary::run {

/// A way to lower a module to code for this machine.
struct Target {
  llvm::StringLiteral name;
  /// Adds the passes; fails if it cannot read the options.
  llvm::Error (*build)(mlir::OpPassManager &manager,
                       llvm::StringRef pipelineOptions);
};

/// The target of this name, or an error that lists them.
llvm::Expected<const Target *> findTarget(llvm::StringRef name);

/// Lowers `module` to the LLVM dialect.
llvm::Error lower(mlir::ModuleOp module, const Target &target,
                  llvm::StringRef pipelineOptions);

/// Prints the options of the cpu target's pipeline to standard output.
void printPipelineOptions();

} // namespace ternary::run

#endif // TERNARY_TOOLS_TERNARY_RUN_LOWERING_H
