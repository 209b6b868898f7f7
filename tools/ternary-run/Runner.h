//===- Runner.h - Lowers a module once and runs calls -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_TERNARY_RUN_RUNNER_H
#define TERNARY_TOOLS_TERNARY_RUN_RUNNER_H

#include "CallList.h"
#include "Lowering.h"

#include "ternary/ExecutionEngine/Compare.h"
#include "ternary/ExecutionEngine/Engine.h"

#include "mlir/IR/OwningOpRef.h"

namespace ternary::run {

/// What the flags of the tool say about every call.
struct RunOptions {
  const Target *target = nullptr;
  std::string pipelineOptions;
  EngineOptions engine;
  /// Compare with the reference lowering, with this tolerance for floats.
  bool check = false;
  Tolerance tolerance;
  /// Timed repetitions; 0 to not time.
  unsigned repetitions = 0;
  /// Type of the files that i8 results are written to.
  DType byteResults = DType::Int8;
};

/// The outcome of a call that ran.
struct Outcome {
  /// False if the results differ from the reference.
  bool passed = true;
  std::vector<std::string> results;
  /// Lines of the comparison and the timing.
  std::vector<std::string> notes;
};

class Runner {
public:
  /// Takes the module over and compiles what the calls need. Calls of functions
  /// that do not exist are no failure here: `run` reports them.
  static llvm::Expected<Runner> create(mlir::OwningOpRef<mlir::ModuleOp> source,
                                       llvm::ArrayRef<Call> calls,
                                       const RunOptions &options);

  /// Reads the arguments, checks them, runs the function and writes its
  /// results.
  llvm::Expected<Outcome> run(const Call &call);

private:
  explicit Runner(const RunOptions &options) : options(options) {}

  void recordSignatures(llvm::ArrayRef<Call> calls);
  llvm::Expected<std::unique_ptr<Executable>> compile(const Target &target,
                                                      llvm::StringRef options);
  llvm::Expected<std::vector<Array>> readArguments(const Signature &signature,
                                                   const Call &call);
  llvm::Error checkReference(const Call &call,
                             llvm::MutableArrayRef<Array> arguments,
                             llvm::ArrayRef<Array> results, Outcome &outcome);
  llvm::Error finish(const Call &call, std::vector<Array> results,
                     Outcome &outcome);

  RunOptions options;
  mlir::OwningOpRef<mlir::ModuleOp> source;
  std::vector<Signature> signatures;
  llvm::StringMap<size_t> signatureOf;
  /// Why an entry cannot be called.
  llvm::StringMap<std::string> refusals;
  std::unique_ptr<Executable> engine;
  std::unique_ptr<Executable> reference;
};

} // namespace ternary::run

#endif // TERNARY_TOOLS_TERNARY_RUN_RUNNER_H
