//===- Input.h - What programs that compile are given -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_INPUT_H
#define TERNARY_EXECUTIONENGINE_INPUT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

namespace llvm {
class SourceMgr;
} // namespace llvm

namespace ternary {

struct TernaryToLLVMOptions;
struct TernaryToNVVMOptions;

/// The module in a file of text or bytecode. Diagnostics of the parser go to
/// the handler of `context`; `sources` keeps the text that they show.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
parseModuleFile(llvm::StringRef path, llvm::SourceMgr &sources,
                mlir::MLIRContext &context);

/// Sets options of `ternary-to-llvm` from text such as "threads=1
/// packing=none".
llvm::Error parsePipelineOptions(TernaryToLLVMOptions &options,
                                 llvm::StringRef text);

/// The same for `ternary-to-nvvm`.
llvm::Error parsePipelineOptions(TernaryToNVVMOptions &options,
                                 llvm::StringRef text);

/// Prints the options of both to standard output.
void printPipelineOptions();

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_INPUT_H
