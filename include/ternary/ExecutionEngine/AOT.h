//===- AOT.h - Object files and libraries of modules ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Ahead-of-time compilation: a module of tensor-level functions to code that
// needs neither MLIR nor LLVM where it runs, with plain C functions and a
// header for them. docs/aot.md describes both.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_AOT_H
#define TERNARY_EXECUTIONENGINE_AOT_H

#include "ternary/ExecutionEngine/CInterface.h"

#include "mlir/Support/LLVM.h"

#include <functional>
#include <memory>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir {
class PassManager;
} // namespace mlir

namespace ternary {

struct CompileOptions {
  /// The lowering: `cpu`, `cuda` or `reference`.
  std::string target = "cpu";
  /// `native`, an LLVM name, or `dispatch` for code that chooses when it runs.
  /// With `cuda` only what calls the kernels runs there, on `generic` machines
  /// unless another one is named.
  std::string cpu = "native";
  /// The chips that `cuda` compiles for, such as `sm_90a`. What runs best on
  /// the device is chosen when a function is called.
  std::vector<std::string> chips;
  /// Device code in libraries: `isa` (PTX), `bin` or `fatbin`; empty for what
  /// the pipeline's options say. All but PTX need ptxas.
  std::string deviceFormat;
  /// Where the code runs; empty for this machine.
  std::string triple;
  /// Threads of parallel loops; 1 needs no library.
  int64_t threads = 1;
  /// Further options of ternary-to-llvm or ternary-to-nvvm, as their text form
  /// has them.
  std::string pipelineOptions;
  /// Level of LLVM's optimizer and code generator, 0 to 3.
  unsigned optLevel = 3;
  /// The functions to compile; all public ones if there are none.
  std::vector<std::string> entries;
  /// Sets up each pass manager, for printing and timing.
  std::function<llvm::LogicalResult(mlir::PassManager &)> configure;
  /// Called with the name of each pass before it runs, on any thread but on one
  /// at a time; compilation stops where it returns false.
  std::function<bool(llvm::StringRef pass)> progress;
};

enum class OutputKind {
  Object,
  SharedLibrary,
  Assembly,
  LLVMIR,
  PTX,
  Cubin,
  Fatbin
};

/// The format of device code that a kind of file consists of; empty for files
/// with code for the host.
llvm::StringRef getDeviceFormat(OutputKind kind);

/// The kind of file that a name asks for by its extension.
llvm::Expected<OutputKind> parseOutputKind(llvm::StringRef path);

struct LinkOptions {
  /// A C compiler that links; empty for the first one on the PATH.
  std::string linker;
  bool usesOpenMP = false;
};

/// The files to write; those with an empty path are left out.
struct OutputPaths {
  /// Its extension says in which form the code is wanted.
  std::string code;
  /// A header for C and C++, and the same as JSON.
  std::string header, interface;
};

/// Code of kernels for one chip.
struct DeviceCode {
  std::string chip;
  /// `isa`, `bin` or `fatbin`.
  std::string format;
  std::string bytes;
};

/// Compiled functions.
class CompiledModule {
public:
  ~CompiledModule();
  CompiledModule(CompiledModule &&);

  /// Compiles the entries of `source`, which is not changed. What the passes
  /// have to say goes to the context's diagnostic handler.
  static llvm::Expected<CompiledModule> create(mlir::ModuleOp source,
                                               const CompileOptions &options);

  /// A header that declares the functions.
  std::string printHeader(llvm::StringRef headerName,
                          llvm::StringRef sourceName) const;

  /// What the header says as JSON.
  std::string printInterface(llvm::StringRef sourceName) const;

  /// Writes all files or, where one fails, none. `sourceName` is the name that
  /// they give what they were made from.
  llvm::Error write(const OutputPaths &paths, llvm::StringRef sourceName,
                    llvm::StringRef linker = "") const;

  llvm::ArrayRef<CFunction> getFunctions() const { return functions; }

private:
  CompiledModule();
  CLibrary describe(llvm::StringRef sourceName) const;
  llvm::Error writeCodeFile(llvm::StringRef path, llvm::StringRef linker) const;
  llvm::Error writeDeviceCode(llvm::StringRef path,
                              llvm::StringRef format) const;

  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::vector<CFunction> functions;
  std::string target;
  std::vector<std::string> levels;
  std::vector<std::string> chips;
  std::vector<DeviceCode> deviceCode;
  bool usesOpenMP = false;
};

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_AOT_H
