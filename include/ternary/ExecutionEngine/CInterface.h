//===- CInterface.h - Functions as C sees them ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// A public function of a module as a plain C function: a pointer per array,
// followed by the extents that the source leaves open, scalars by value, and a
// pointer per result, which the caller provides. docs/aot.md has the rules.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_CINTERFACE_H
#define TERNARY_EXECUTIONENGINE_CINTERFACE_H

#include "ternary/ExecutionEngine/Signature.h"

#include "mlir/IR/AffineExpr.h"

#include <vector>

namespace ternary {

/// A scalar, or an array with its open extents.
struct CParameter {
  std::string name;
  ValueSpec spec;
  /// The function only reads what the pointer points to.
  bool isConst = true;
  /// Stands for a result.
  bool isResult = false;
  /// The value is the same in every call.
  bool isConstant = false;
  /// Comes from the prepare function.
  bool isPrepared = false;
  /// One for each dimension: constants, or terms of the sizes of the call.
  llvm::SmallVector<mlir::AffineExpr, 4> extents;
  /// The names of the extents that follow the pointer; empty where the extent
  /// is known, and for results.
  llvm::SmallVector<std::string, 4> extentNames;
  /// What is stated of packed bytes; null if nothing is.
  mlir::Attribute packing;
  llvm::SmallVector<int64_t, 2> logicalShape;
};

struct CFunction {
  std::string name;
  /// The function that computes the prepared arguments; may be empty.
  std::string prepare;
  std::vector<CParameter> parameters;
  /// The names of the sizes that extents are terms of: d0 is the first.
  std::vector<std::string> sizes;
};

/// Describes the public functions of a module in which
/// `ternary-results-to-arguments` has run.
llvm::Expected<std::vector<CFunction>> getCInterface(mlir::ModuleOp module);

/// What is said of a library beside its functions.
struct CLibrary {
  /// The name of the file that the functions come from.
  std::string source;
  /// The target that it was compiled for: `cpu`, `cuda` or `reference`.
  std::string target;
  bool usesOpenMP = false;
  /// The instruction sets that a library chooses from; empty if there is one.
  std::vector<std::string> levels;
  /// The chips that there are kernels for; empty if the functions run on the
  /// CPU.
  std::vector<std::string> chips;
};

/// A header for C and C++ that declares the functions; `name` is that of its
/// file, which the guard is made of.
std::string printCHeader(llvm::ArrayRef<CFunction> functions,
                         const CLibrary &library, llvm::StringRef name);

/// What the header says as JSON, for programs; docs/aot.md describes it.
std::string printInterfaceFile(llvm::ArrayRef<CFunction> functions,
                               const CLibrary &library);

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_CINTERFACE_H
