//===- ternary-translate.cpp - files to IR --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Has a main of its own instead of mlirTranslateMain: that one truncates its
// output before it knows whether there will be any, and hands importers a
// buffer where ours map the file and keep it mapped.
//
//===----------------------------------------------------------------------===//

#include "CommandLine.h"

#include "ternary/Target/OutputFile.h"
#include "ternary/Target/Safetensors/Import.h"
#include "ternary/Target/Safetensors/Reader.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
namespace cl = llvm::cl;
using ternary::safetensors::quoteName;

namespace {

cl::OptionCategory category("ternary-translate options");

cl::opt<std::string> inputPath(cl::Positional, cl::desc("<input file>"),
                               cl::cat(category));
cl::opt<std::string> outputPath("o", cl::desc("Output file (default: stdout)"),
                                cl::value_desc("file"), cl::init("-"),
                                cl::cat(category));
cl::opt<bool> importSafetensors(
    "import-safetensors",
    cl::desc("Import a .safetensors checkpoint of the format ternary-mlp"),
    cl::cat(category));
cl::opt<bool> denseF32(
    "dense-f32",
    cl::desc("Import the unpacked f32 network instead of the ternary one"),
    cl::cat(category));
cl::opt<bool> emitBytecode("emit-bytecode",
                           cl::desc("Write bytecode instead of text"),
                           cl::cat(category));
cl::opt<bool>
    list("list",
         cl::desc("Print the metadata and the tensors of a .safetensors file"),
         cl::cat(category));

constexpr llvm::StringLiteral kOverview =
    "files to ternary IR\n\n"
    "  ternary-translate --import-safetensors model.safetensors -o model.mlir\n"
    "  ternary-translate --list model.safetensors\n";

/// Prints `error` as `file: error: message`, or as `error: message` where it
/// names no file.
void printError(llvm::Error error) {
  llvm::handleAllErrors(
      std::move(error),
      [](const llvm::FileError &fileError) {
        llvm::WithColor::error(llvm::errs(), fileError.getFileName())
            << fileError.messageWithoutFileInfo() << '\n';
      },
      [](const llvm::ErrorInfoBase &other) {
        llvm::WithColor::error() << other.message() << '\n';
      });
}

/// The same for a diagnostic: whole files are named without `:0:0`.
void printDiagnostic(Diagnostic &diagnostic) {
  auto loc = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>();
  std::string file;
  if (loc) {
    file = loc.getFilename().str();
    if (loc.getLine())
      file += ":" + std::to_string(loc.getLine()) + ":" +
              std::to_string(loc.getColumn());
  }
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    llvm::WithColor::error(llvm::errs(), file);
    break;
  case DiagnosticSeverity::Warning:
    llvm::WithColor::warning(llvm::errs(), file);
    break;
  default:
    llvm::WithColor::note(llvm::errs(), file);
  }
  llvm::errs() << diagnostic << '\n';
  for (Diagnostic &note : diagnostic.getNotes())
    printDiagnostic(note);
}

LogicalResult write(llvm::function_ref<void(llvm::raw_ostream &)> print) {
  llvm::Error error =
      ternary::writeOutputFile(outputPath, [&](llvm::raw_ostream &os) {
        print(os);
        return llvm::Error::success();
      });
  if (!error)
    return success();
  printError(std::move(error));
  return failure();
}

/// One line per metadata entry and tensor, in the order of the data.
LogicalResult runList() {
  llvm::Expected<ternary::safetensors::File> file =
      ternary::safetensors::File::open(inputPath);
  if (!file) {
    printError(file.takeError());
    return failure();
  }
  return write([&](llvm::raw_ostream &os) {
    for (const auto &[key, value] : file->getMetadata())
      os << "metadata " << quoteName(key) << ": " << quoteName(value) << '\n';
    for (const ternary::safetensors::Tensor &tensor : file->getTensors()) {
      os << "tensor " << quoteName(tensor.name) << ": "
         << stringifyDType(tensor.dtype) << " [";
      llvm::interleaveComma(tensor.shape, os);
      os << "], " << tensor.data.size() << " bytes\n";
    }
  });
}

LogicalResult runImport() {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler diagnostics(&context, printDiagnostic);

  ternary::SafetensorsImportOptions options;
  options.denseF32 = denseF32;
  bool showProgress = llvm::sys::Process::StandardErrIsDisplayed();
  if (showProgress)
    options.progress = [](size_t done, size_t total) {
      llvm::errs() << "\rimporting layer " << done + 1 << " of " << total;
    };
  OwningOpRef<ModuleOp> module =
      ternary::importSafetensors(inputPath, &context, options);
  if (showProgress && module)
    llvm::errs() << '\n';
  if (!module)
    return failure();
  return write([&](llvm::raw_ostream &os) {
    if (emitBytecode) {
      (void)writeBytecodeToFile(*module, os);
      return;
    }
    module->print(os);
    os << '\n';
  });
}

LogicalResult run() {
  if (inputPath.empty()) {
    llvm::WithColor::error() << "expected an input file, found none\n";
    return failure();
  }
  if (list)
    return runList();
  if (importSafetensors)
    return runImport();
  llvm::WithColor::error()
      << "expected --import-safetensors or --list, found neither\n";
  return failure();
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  ternary::setVersionPrinter("ternary-translate");
  cl::ParseCommandLineOptions(argc, argv, kOverview);
  return failed(run());
}
