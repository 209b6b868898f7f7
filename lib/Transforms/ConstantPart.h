//===- ConstantPart.h - What of a function is constant ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_CONSTANTPART_H
#define TERNARY_LIB_TRANSFORMS_CONSTANTPART_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/MapVector.h"

namespace ternary {

/// The part of a function that depends on constant arguments only.
class ConstantPart {
public:
  explicit ConstantPart(mlir::func::FuncOp function);

  /// Erases the ops that nothing uses any more.
  void eraseUnused() const;

  mlir::func::FuncOp function;
  /// What moves, in order, and the arguments that it needs.
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::BitVector arguments;
  /// The values that the rest of the function takes.
  llvm::SmallVector<mlir::Value> values;

private:
  bool isConstant(mlir::Value value) const;
  bool isConstant(mlir::Operation *op) const;
  bool isWorthMoving(mlir::Operation *op) const;
  bool isUsedByTheRest(mlir::Operation *op) const;
  void collect();
  void selectValues();
  void selectOps();

  mlir::Block *entry;
  /// All ops of the part; true for those that are worth moving. The others
  /// are cloned where they are needed.
  llvm::MapVector<mlir::Operation *, bool> part;
  /// Of the others, those that the rest needs as well.
  llvm::DenseSet<mlir::Operation *> remaining;
};

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_CONSTANTPART_H
