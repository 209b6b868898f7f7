//===- Signature.h - What a function takes and returns ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// The signature of an entry function as its source states it: ranked tensors
// and scalars. It is recorded before lowering, because a lowered function no
// longer says which dimensions were static.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_SIGNATURE_H
#define TERNARY_EXECUTIONENGINE_SIGNATURE_H

#include "ternary/ExecutionEngine/Array.h"

#include "mlir/IR/BuiltinOps.h"

namespace ternary {

/// One argument or result.
struct ValueSpec {
  /// Type of the array's elements. For `i8` this is int8, but uint8 arrays are
  /// taken as well: the type has no sign.
  DType dtype;
  /// Sizes; `kDynamicDim` where the source leaves them open. Empty for scalars.
  llvm::SmallVector<int64_t, 4> shape;
  /// True for `f32`, `i64`, `index` and the like, which are passed by value.
  bool isScalar = false;
  /// The type and the location in the source, for messages.
  std::string type;
  std::string location;
};

/// The signature of an entry function.
struct Signature {
  std::string name;
  std::string location;
  llvm::SmallVector<ValueSpec, 4> arguments;
  llvm::SmallVector<ValueSpec, 4> results;
};

/// Reads the signature of the function `entry` of `module`, which has to be
/// public and to have a body.
llvm::Expected<Signature> getSignature(mlir::ModuleOp module,
                                       llvm::StringRef entry);

/// Checks the number of arguments, before there is anything else to check.
llvm::Error checkArgumentCount(const Signature &signature, size_t count);

/// Checks number, element types, ranks and static sizes of `arguments`, which
/// messages call by `names` (empty, or one per argument).
llvm::Error checkArguments(const Signature &signature,
                           llvm::ArrayRef<ArrayView> arguments,
                           llvm::ArrayRef<std::string> names = {});

/// Prints `file:line:column` where a location has one.
std::string formatLocation(mlir::Location location);

/// Marks the functions named so that lowering keeps an interface that `Engine`
/// can call. Call this before the pipeline.
void markEntryPoints(mlir::ModuleOp module, llvm::ArrayRef<Signature> entries);

/// Erases the functions that none of the entries reaches: a file with a
/// thousand functions of which one is run is lowered as fast as one with a
/// single one.
void eraseUnreachable(mlir::ModuleOp module, llvm::ArrayRef<Signature> entries);

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_SIGNATURE_H
