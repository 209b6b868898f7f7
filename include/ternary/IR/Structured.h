//===- Structured.h - Building structured ops -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// What the rewrites to linalg share: the reference lowering and the reverse
// rules.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_STRUCTURED_H
#define TERNARY_IR_STRUCTURED_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace ternary {

/// A `linalg.generic` with one result. `maps` has one map per input and a last
/// one for `out`; the iterators named in `reductions` are reductions, all
/// others parallel. The body gets the elements of the inputs and of `out`;
/// while it runs, `builder` stands inside of the op.
mlir::Value
buildGeneric(mlir::ImplicitLocOpBuilder &builder, mlir::ValueRange inputs,
             mlir::Value out, llvm::ArrayRef<mlir::AffineMap> maps,
             llvm::ArrayRef<int64_t> reductions,
             llvm::function_ref<mlir::Value(mlir::ValueRange)> body);

/// How a scale of rank 0, `[N]` or `[N, G]` is read for row `n` and column `k`.
llvm::SmallVector<mlir::AffineExpr> getScaleExprs(int64_t rank,
                                                  mlir::AffineExpr n,
                                                  mlir::AffineExpr k,
                                                  int64_t groupSize);

} // namespace ternary

#endif // TERNARY_IR_STRUCTURED_H
