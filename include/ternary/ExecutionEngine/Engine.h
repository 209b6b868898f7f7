//===- Engine.h - Running lowered functions in this process -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Just-in-time compilation of a module in the LLVM dialect, and calls of its
// functions with arrays.
//
// The calling convention is upstream's C interface: tensors become memref
// descriptors, and `_mlir_ciface_f` takes a pointer to the struct of results,
// if any result is not a lone scalar, then a pointer to the descriptor of each
// argument; scalars go by value. How to get there:
//
//   signature = getSignature(module, "f");     // before lowering
//   markEntryPoints(module, {signature});
//   ... a pipeline that bufferizes function boundaries with identity layouts
//   ... engine = Engine::create(module, {signature}); results =
//   (*engine)->invoke("f", arguments);
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_ENGINE_H
#define TERNARY_EXECUTIONENGINE_ENGINE_H

#include "ternary/ExecutionEngine/BoundCall.h"
#include "ternary/ExecutionEngine/Signature.h"

#include "llvm/ADT/StringMap.h"

#include <memory>
#include <vector>

namespace mlir {
class DialectRegistry;
class ExecutionEngine;
} // namespace mlir

namespace ternary {

/// How a module is compiled.
struct EngineOptions {
  /// Level of LLVM's optimizer and code generator, 0 to 3.
  unsigned optLevel = 3;
  /// Libraries that the code may call, by path or by name.
  std::vector<std::string> sharedLibs;
};

/// Times of repeated calls, in microseconds.
struct Timing {
  unsigned repetitions = 0;
  double median = 0;
  /// Distance from the first to the third quartile.
  double interquartileRange = 0;
  double min = 0;

  /// Sums up the times of single calls.
  static Timing of(std::vector<double> times);
};

/// Compiled functions that are called with arrays.
class Executable {
public:
  virtual ~Executable();

  /// Calls the entry. `arguments` must have passed `checkArguments`; a function
  /// that works in place may have changed them afterwards. Every result owns
  /// its memory.
  virtual llvm::Expected<std::vector<Array>>
  invoke(llvm::StringRef entry, llvm::MutableArrayRef<Array> arguments) = 0;

  /// Calls the entry `repetitions` times after a few calls to warm up. The
  /// calls share the arguments; results are freed, not copied.
  virtual llvm::Expected<Timing> time(llvm::StringRef entry,
                                      llvm::MutableArrayRef<Array> arguments,
                                      unsigned repetitions) = 0;
};

/// Registers what the engine needs to translate a lowered module to LLVM IR.
void registerEngineTranslations(mlir::DialectRegistry &registry);

/// Machine code of one module for this machine. Not thread-safe.
class Engine : public Executable {
public:
  ~Engine() override;

  /// Compiles the entries and what they reach. `lowered` is in the LLVM dialect
  /// (with operations of the OpenMP dialect at most; libomp is then opened) and
  /// is not needed any more afterwards. Refuses code for CPU features that this
  /// machine lacks.
  static llvm::Expected<std::unique_ptr<Engine>>
  create(mlir::ModuleOp lowered, llvm::ArrayRef<Signature> entries,
         const EngineOptions &options = {});

  /// Results own their memory even where the function returned an argument or a
  /// constant. An assertion that fails in the code is an error (in code that
  /// uses OpenMP it ends the process with a message).
  llvm::Expected<std::vector<Array>>
  invoke(llvm::StringRef entry,
         llvm::MutableArrayRef<Array> arguments) override;

  /// The same for arrays that lie apart. A state that several entries share can
  /// so stay where it is: an entry that takes it as memrefs changes it in
  /// place. An array that is given twice is the same memory twice.
  llvm::Expected<std::vector<Array>> invoke(llvm::StringRef entry,
                                            llvm::ArrayRef<Array *> arguments);

  /// Checks the arguments once, for many calls.
  llvm::Expected<BoundCall> bind(llvm::StringRef entry,
                                 llvm::ArrayRef<Array *> arguments);

  llvm::Expected<Timing> time(llvm::StringRef entry,
                              llvm::MutableArrayRef<Array> arguments,
                              unsigned repetitions) override;

private:
  using PackedFunction = void (*)(void **);
  struct Entry {
    Signature signature;
    PackedFunction function;
  };

  Engine();
  llvm::Error resolve(llvm::ArrayRef<Signature> entries);
  llvm::Expected<const Entry *> find(llvm::StringRef name) const;

  std::unique_ptr<mlir::ExecutionEngine> jit;
  llvm::StringMap<Entry> entries;
  bool usesOpenMP = false;
};

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_ENGINE_H
