//===- ShapeCheck.h - Checking dynamic shapes before a call -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// A function over dynamic shapes compiles to code that trusts its arguments to
// fit each other: nothing stops `tensor<?x?xf32>` and `tensor<?x?xi8>` from
// disagreeing about K. Before a call, the operations of the source are
// therefore verified once more with the shapes that the call brings, so that
// their own verifiers find what would be read outside its buffer.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_SHAPECHECK_H
#define TERNARY_EXECUTIONENGINE_SHAPECHECK_H

#include "ternary/ExecutionEngine/Signature.h"

namespace ternary {

/// Verifies the destination-style operations in the body of the entry with the
/// shapes of `arguments`, which must have passed `checkArguments`; a view of
/// another rank than the argument's says that its shape is not known. Shapes
/// are carried forward through these operations, `tensor.dim`, integer
/// arithmetic, `tensor.empty` and `tensor.cast`; what lies behind other
/// operations keeps its dynamic shape and is not checked. `module` is the
/// source; it is not changed.
llvm::Error checkShapes(mlir::ModuleOp module, const Signature &signature,
                        llvm::ArrayRef<ArrayView> arguments);

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_SHAPECHECK_H
