//===- Input.cpp - What programs that compile are given -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/Input.h"

#include "ternary/Pipelines/Pipelines.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
ternary::parseModuleFile(llvm::StringRef path, llvm::SourceMgr &sources,
                         mlir::MLIRContext &context) {
  std::string message;
  auto file = mlir::openInputFile(path, &message);
  if (!file)
    return llvm::createStringError(
        path + ": file, expected a readable mlir file, found: " + message);
  sources.AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
  if (!module)
    return llvm::createStringError(path + ": expected a valid module");
  return module;
}

llvm::Error ternary::parsePipelineOptions(TernaryToLLVMOptions &options,
                                          llvm::StringRef text) {
  std::string message;
  llvm::raw_string_ostream os(message);
  if (succeeded(options.parseFromString(text, os)))
    return llvm::Error::success();
  return llvm::createStringError(
      "pipeline options: expected those of ternary-to-llvm "
      "(--pipeline-options=help lists them), found '" +
      text + "': " + llvm::StringRef(message).trim());
}
