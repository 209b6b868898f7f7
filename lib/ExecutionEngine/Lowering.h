//===- Lowering.h - From tensor-level functions to LLVM ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// What compiling ahead of time and at run time for a GPU share: functions whose
// results are arguments, lowered to the LLVM dialect for one machine.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_LOWERING_H
#define TERNARY_LIB_EXECUTIONENGINE_LOWERING_H

#include "ternary/ExecutionEngine/AOT.h"

#include "mlir/IR/OwningOpRef.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace ternary {

/// The signatures of the functions that the options name, or of all public
/// ones.
llvm::Expected<std::vector<Signature>>
getEntries(mlir::ModuleOp source, const CompileOptions &options);

/// A copy in which only the entries are public, and what they do not reach is
/// gone.
mlir::OwningOpRef<mlir::ModuleOp>
cloneEntries(mlir::ModuleOp source, llvm::ArrayRef<Signature> entries);

/// Lowers `module` for the CPU or the chip `machine`, and describes its
/// functions.
llvm::Expected<std::vector<CFunction>> lower(mlir::ModuleOp module,
                                             llvm::StringRef machine,
                                             const CompileOptions &options);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_LOWERING_H
