//===- Program.h - Functions compiled into this process ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Just-in-time compilation with the convention of C libraries (docs/aot.md):
// results are written into arrays of the caller, states are changed in place,
// and what depends only on arguments marked constant is a prepare function.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_PROGRAM_H
#define TERNARY_EXECUTIONENGINE_PROGRAM_H

#include "ternary/ExecutionEngine/AOT.h"

#include <memory>

namespace mlir {
class ExecutionEngine;
} // namespace mlir

namespace ternary {

/// An extent as a term of the sizes of a call. Unlike an affine expression it
/// belongs to no context.
class ExtentTerm {
public:
  explicit ExtentTerm(mlir::AffineExpr expr);

  int64_t evaluate(llvm::ArrayRef<int64_t> sizes) const;

private:
  struct Step {
    /// Constants and dimensions push `value`, or the size of that number; the
    /// other kinds combine the two values on top.
    mlir::AffineExprKind kind;
    int64_t value;
  };

  void append(mlir::AffineExpr expr);

  llvm::SmallVector<Step, 1> steps;
};

/// A parameter of a function in a program.
struct ProgramParameter {
  std::string name;
  ValueSpec spec;
  bool isConst;
  bool isResult;
  bool isConstant;
  bool isPrepared;
  /// What is stated of packed bytes, as text; empty if nothing is.
  std::string packing;
  llvm::SmallVector<ExtentTerm, 4> extents;
};

/// A function of a program.
struct ProgramFunction {
  using Packed = void (*)(void **);

  std::string name;
  /// The function that computes the prepared arguments; may be empty.
  std::string prepare;
  /// The arguments, then the results.
  std::vector<ProgramParameter> parameters;
  size_t numArguments = 0;
  /// Called with pointers to arrays on the host, and on the device (null on
  /// the CPU).
  Packed onHost = nullptr;
  Packed onDevice = nullptr;
};

/// Machine code of the functions of one module. Calls are thread-safe.
class Program {
public:
  ~Program();

  /// Compiles the entries of `source`, which is not changed, for this machine.
  /// With the target `cuda` and no chip, the chip is that of its GPU. The
  /// program needs neither `source` nor its context afterwards.
  static llvm::Expected<std::unique_ptr<Program>>
  create(mlir::ModuleOp source, const CompileOptions &options);

  llvm::ArrayRef<ProgramFunction> getFunctions() const { return functions; }

  /// The shapes of the results for these arguments. Fails where one is
  /// negative.
  llvm::Expected<llvm::SmallVector<llvm::SmallVector<int64_t, 4>>>
  getResultShapes(const ProgramFunction &function,
                  llvm::ArrayRef<ArrayView> arguments) const;

  /// Calls a function with arrays on the host. Types and shapes are those of
  /// the parameters, and fit each other.
  llvm::Error invoke(const ProgramFunction &function,
                     llvm::ArrayRef<ArrayView> arguments,
                     llvm::ArrayRef<ArrayView> results) const;

  /// The same with arrays on the device, in the order of `stream`; only for
  /// programs that have `onDevice`.
  llvm::Error invokeOnDevice(const ProgramFunction &function,
                             llvm::ArrayRef<ArrayView> arguments,
                             llvm::ArrayRef<ArrayView> results,
                             void *stream) const;

private:
  Program();
  llvm::Error compile(mlir::ModuleOp lowered,
                      llvm::ArrayRef<CFunction> described,
                      const CompileOptions &options);
  llvm::Error resolve(llvm::ArrayRef<CFunction> described);

  std::unique_ptr<mlir::ExecutionEngine> jit;
  std::vector<ProgramFunction> functions;
  std::string chip;
  bool usesOpenMP = false;
};

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_PROGRAM_H
