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

template <typename Options>
static llvm::Error parseOptions(Options &options, llvm::StringRef text,
                                llvm::StringRef pipeline) {
  std::string message;
  llvm::raw_string_ostream os(message);
  ternary::OptionErrors errors(os);
  if (succeeded(options.parseFromString(text, os)))
    return llvm::Error::success();
  return llvm::createStringError(
      "pipeline options: expected those of " + pipeline +
      " (--pipeline-options=help lists them), found '" + text +
      "': " + llvm::StringRef(message).trim());
}

llvm::Error ternary::parsePipelineOptions(TernaryToLLVMOptions &options,
                                          llvm::StringRef text) {
  return parseOptions(options, text, "ternary-to-llvm");
}

llvm::Error ternary::parsePipelineOptions(TernaryToNVVMOptions &options,
                                          llvm::StringRef text) {
  return parseOptions(options, text, "ternary-to-nvvm");
}

template <typename Options> static void printOptions(llvm::StringRef pipeline) {
  llvm::outs() << "options of " << pipeline << ", separated by spaces:\n";
  Options().printHelp(/*indent=*/2, /*descIndent=*/34);
}

void ternary::printPipelineOptions() {
  printOptions<TernaryToLLVMOptions>("ternary-to-llvm");
  printOptions<TernaryToNVVMOptions>("ternary-to-nvvm");
}
