//===- ternary-translate.cpp - model files to IR and back -----------------===//
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
#include "Progress.h"

#include "ternary/InitAll.h"
#include "ternary/Target/GGUF/Export.h"
#include "ternary/Target/GGUF/Import.h"
#include "ternary/Target/GGUF/Reader.h"
#include "ternary/Target/OutputFile.h"
#include "ternary/Target/Safetensors/Export.h"
#include "ternary/Target/Safetensors/Import.h"
#include "ternary/Target/Safetensors/Reader.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
namespace cl = llvm::cl;
using ternary::quoteName;

namespace {

cl::OptionCategory category("ternary-translate options");

cl::opt<std::string> inputPath(cl::Positional, cl::desc("<input file>"),
                               cl::cat(category));
cl::opt<std::string> outputPath("o", cl::desc("Output file (default: stdout)"),
                                cl::value_desc("file"), cl::init("-"),
                                cl::cat(category));

enum class Action {
  None,
  ImportGGUF,
  ImportSafetensors,
  ExportGGUF,
  ExportSafetensors,
  List
};
cl::opt<Action> action(
    cl::desc("What to do:"), cl::init(Action::None), cl::cat(category),
    cl::values(
        clEnumValN(Action::ImportGGUF, "import-gguf",
                   "Import the weights of a GGUF file"),
        clEnumValN(Action::ImportSafetensors, "import-safetensors",
                   "Import a .safetensors file: a network of the format "
                   "ternary-mlp, or weights"),
        clEnumValN(Action::ExportGGUF, "export-gguf",
                   "Write a module of weights to a GGUF file"),
        clEnumValN(Action::ExportSafetensors, "export-safetensors",
                   "Write a module of weights to a .safetensors file"),
        clEnumValN(Action::List, "list",
                   "Print the metadata and the tensors of a file of either "
                   "kind")));

cl::opt<bool> denseF32(
    "dense-f32",
    cl::desc("Import the unpacked f32 network of a ternary-mlp checkpoint "
             "instead of the ternary one"),
    cl::cat(category));
cl::opt<bool> emitBytecode("emit-bytecode",
                           cl::desc("Write bytecode instead of text"),
                           cl::cat(category));

/// An option of the library, handed to it as key and value.
struct KeyOption : cl::list<std::string> {
  KeyOption(llvm::StringRef key, llvm::StringRef values, llvm::StringRef text)
      : cl::list<std::string>(key, cl::desc(text), cl::value_desc(values),
                              cl::cat(category)) {}
};

KeyOption importOptions[] = {
    {"only", "glob", "Import: the tensors to take (repeatable)"},
    {"skip", "glob", "Import: tensors to leave out (repeatable)"},
    {"ternarize", "none|absmean|exact",
     "Import: how matrices of floats become trits"},
    {"ternarize-only", "glob", "Import: the matrices that --ternarize is for"},
    {"granularity", "tensor|row", "Import: the scales that --ternarize makes"},
    {"i2s-block", "128|64", "Import: the layout of I2_S"},
    {"q2-block", "64|128", "Import: the layout of Q2_0"},
    {"rows", "glob:N", "Import: rows of matrices packed four to a byte"}};
KeyOption exportOptions[] = {
    {"type", "name", "Export: what ternary weights become (default: keep)"}};
KeyOption sharedOptions[] = {
    {"weight-scale", "multiply|divide",
     "What a weight_scale of a .safetensors file does to the sums"}};

constexpr llvm::StringLiteral kOverview =
    "model files to ternary IR and back\n\n"
    "  ternary-translate --import-safetensors model.safetensors -o model.mlir\n"
    "  ternary-translate --import-gguf model.gguf --emit-bytecode -o m.mlirbc\n"
    "  ternary-translate --export-gguf m.mlirbc --type=tq2_0 -o model.gguf\n"
    "  ternary-translate --list model.gguf\n";

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

/// Sets the options that were given, in their order.
template <typename Options, size_t N>
LogicalResult setOptions(Options &options, KeyOption (&given)[N]) {
  for (KeyOption &option : given)
    for (const std::string &value : option)
      if (llvm::Error error = options.set(option.ArgStr, value)) {
        printError(std::move(error));
        return failure();
      }
  return success();
}

/// Refuses options that would do nothing.
template <size_t N>
LogicalResult refuseOptions(KeyOption (&options)[N], llvm::StringRef use) {
  for (KeyOption &option : options)
    if (!option.empty()) {
      llvm::WithColor::error() << "expected --" << option.ArgStr << " beside "
                               << use << ", found it without\n";
      return failure();
    }
  return success();
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

void listTensor(llvm::raw_ostream &os, llvm::StringRef name,
                llvm::StringRef type, ArrayRef<int64_t> shape, size_t bytes) {
  os << "tensor " << quoteName(name) << ": " << type << ' '
     << ternary::quoteShape(shape) << ", " << bytes << " bytes\n";
}

LogicalResult listGGUF() {
  llvm::Expected<ternary::gguf::File> file =
      ternary::gguf::File::open(inputPath);
  if (!file) {
    printError(file.takeError());
    return failure();
  }
  return write([&](llvm::raw_ostream &os) {
    for (const ternary::gguf::KeyValue &entry : file->getMetadata()) {
      os << "metadata " << quoteName(entry.key) << ": ";
      printValue(os, entry.value);
      os << '\n';
    }
    for (const ternary::gguf::Tensor &tensor : file->getTensors())
      listTensor(os, tensor.name, tensor.type->name, tensor.shape,
                 tensor.data.size());
  });
}

LogicalResult listSafetensors() {
  llvm::Expected<ternary::safetensors::File> file =
      ternary::safetensors::File::open(inputPath);
  if (!file) {
    printError(file.takeError());
    return failure();
  }
  return write([&](llvm::raw_ostream &os) {
    for (const auto &[key, value] : file->getMetadata())
      os << "metadata " << quoteName(key) << ": " << quoteName(value) << '\n';
    for (const ternary::safetensors::Tensor &tensor : file->getTensors())
      listTensor(os, tensor.name, stringifyDType(tensor.dtype), tensor.shape,
                 tensor.data.size());
  });
}

/// One line per metadata entry and tensor.
LogicalResult runList() {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file =
      ternary::mapFile(inputPath);
  if (!file) {
    printError(file.takeError());
    return failure();
  }
  return ternary::gguf::File::isGGUF((*file)->getBuffer()) ? listGGUF()
                                                           : listSafetensors();
}

//===----------------------------------------------------------------------===//
// Imports
//===----------------------------------------------------------------------===//

LogicalResult writeModule(ModuleOp module) {
  // The output holds what the file holds; text has two digits for each byte.
  uint64_t size = 0;
  (void)llvm::sys::fs::file_size(inputPath, size);
  return write([&](llvm::raw_ostream &os) {
    ternary::ProgressStream out(os, (emitBytecode ? size : 2 * size) + 1);
    if (emitBytecode) {
      (void)writeBytecodeToFile(module, out);
      return;
    }
    module->print(out);
    out << '\n';
  });
}

LogicalResult runImport() {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler diagnostics(&context, printDiagnostic);
  if (action == Action::ImportGGUF) {
    ternary::WeightsImportOptions options;
    if (failed(setOptions(options, importOptions)))
      return failure();
    OwningOpRef<ModuleOp> module =
        ternary::importGGUF(inputPath, &context, options);
    return module ? writeModule(*module) : failure();
  }
  ternary::SafetensorsImportOptions options;
  options.denseF32 = denseF32;
  if (failed(setOptions(options.weights, importOptions)) ||
      failed(setOptions(options.weights, sharedOptions)))
    return failure();
  OwningOpRef<ModuleOp> module =
      ternary::importSafetensors(inputPath, &context, options);
  return module ? writeModule(*module) : failure();
}

//===----------------------------------------------------------------------===//
// Exports
//===----------------------------------------------------------------------===//

LogicalResult runExport() {
  DialectRegistry registry;
  ternary::registerAllDialects(registry);
  MLIRContext context(registry);
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(inputPath, &message);
  if (!file) {
    llvm::WithColor::error() << message << '\n';
    return failure();
  }
  // Shared, so that resources of bytecode may stay in the mapped file.
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  OwningOpRef<ModuleOp> module;
  {
    SourceMgrDiagnosticHandler diagnostics(*sources, &context);
    module = parseSourceFile<ModuleOp>(sources, &context);
  }
  if (!module)
    return failure();
  ScopedDiagnosticHandler diagnostics(&context, printDiagnostic);
  ternary::WeightsExportOptions options;
  ternary::Progress progress;
  options.progress = [&](uint64_t done, uint64_t total) {
    progress.update(done, total);
  };
  if (failed(setOptions(options, exportOptions)))
    return failure();
  if (action == Action::ExportGGUF)
    return ternary::exportGGUF(*module, outputPath, options);
  if (failed(setOptions(options, sharedOptions)))
    return failure();
  return ternary::exportSafetensors(*module, outputPath, options);
}

LogicalResult run() {
  if (inputPath.empty()) {
    llvm::WithColor::error() << "expected an input file, found none\n";
    return failure();
  }
  if (action.getNumOccurrences() > 1) {
    llvm::WithColor::error() << "expected one import, export or --list, found "
                             << action.getNumOccurrences() << '\n';
    return failure();
  }
  bool isImport =
      action == Action::ImportGGUF || action == Action::ImportSafetensors;
  bool isExport =
      action == Action::ExportGGUF || action == Action::ExportSafetensors;
  if ((!isImport && failed(refuseOptions(importOptions, "an import"))) ||
      (!isExport && failed(refuseOptions(exportOptions, "an export"))) ||
      (action != Action::ImportSafetensors &&
       action != Action::ExportSafetensors &&
       failed(refuseOptions(sharedOptions, "a .safetensors file"))))
    return failure();
  if (action == Action::List)
    return runList();
  if (isImport)
    return runImport();
  if (isExport)
    return runExport();
  llvm::WithColor::error()
      << "expected an import, an export or --list, found none\n";
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
