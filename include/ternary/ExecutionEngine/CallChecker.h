//===- CallChecker.h - What a call of a program may pass --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Compiled code trusts its arguments. A checker finds what does not fit before
// the call: element types, shapes, alignment, and arrays that overlap one that
// is written.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_CALLCHECKER_H
#define TERNARY_EXECUTIONENGINE_CALLCHECKER_H

#include "ternary/ExecutionEngine/Program.h"

#include "mlir/IR/OwningOpRef.h"

#include <mutex>

namespace ternary {

/// Why a call is refused.
struct CallProblem {
  enum Kind { Count, DType, Shape, Memory };
  Kind kind;
  std::string text;
};

/// Checks calls of the functions of one program. Thread-safe.
class CallChecker {
public:
  /// `source` is what the program was compiled from. Whether open extents fit
  /// each other is found by verifying its operations with the shapes of a call;
  /// a copy is kept for that, so the context has to live on. A null `source`
  /// leaves this out.
  CallChecker(const Program &program, mlir::ModuleOp source);
  ~CallChecker();

  /// The first problem of a call, if there is one.
  std::optional<CallProblem>
  checkArguments(const ProgramFunction &function,
                 llvm::ArrayRef<ArrayView> arguments);

  /// The same for the results, once the arguments have passed; `shapes` are
  /// those that they need.
  std::optional<CallProblem>
  checkResults(const ProgramFunction &function,
               llvm::ArrayRef<ArrayView> arguments,
               llvm::ArrayRef<ArrayView> results,
               llvm::ArrayRef<llvm::SmallVector<int64_t, 4>> shapes) const;

private:
  struct Checked;

  std::optional<CallProblem>
  checkOpenExtents(const ProgramFunction &function,
                   llvm::ArrayRef<ArrayView> arguments);

  mlir::OwningOpRef<mlir::ModuleOp> source;
  std::mutex mutex;
  llvm::StringMap<std::unique_ptr<Checked>> checked;
};

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_CALLCHECKER_H
