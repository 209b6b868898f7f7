//===- StateUpdates.h - Updates of ternary weights --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_DIFFERENTIATE_STATEUPDATES_H
#define TERNARY_LIB_TRANSFORMS_DIFFERENTIATE_STATEUPDATES_H

#include "ternary/Transforms/Gradient.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace ternary {

/// The updates that each argument asks for, by its number.
using UpdateMap = llvm::MapVector<unsigned, llvm::SmallVector<UpdateAttr>>;

/// Emits the state ops of weights that are arguments of `function`.
class StateUpdates {
public:
  StateUpdates(mlir::func::FuncOp function, const UpdateMap &updates,
               mlir::OpBuilder &builder)
      : function(function), updates(updates), builder(builder) {}

  /// Applies the updates that `weight` asks for with the gradient of one use.
  /// Each reads the weight as it was in the forward pass. Flips wait for
  /// `finish`: in front of a later reader the bytes would have to be copied.
  void add(mlir::BlockArgument weight, const WeightGradient &use);

  /// Applies the flips. Fails if an update failed; the diagnostics are out.
  llvm::LogicalResult finish();

  /// What an argument that holds state is behind the updates.
  mlir::Value getState(unsigned argument);

private:
  /// One rule with the gradient of one use.
  struct Update {
    unsigned weight;
    UpdateAttr rule;
    WeightGradient use;
    llvm::SmallVector<mlir::Value> source;
  };
  void apply(const Update &update);
  mlir::Operation *build(const Update &update, mlir::ValueRange inits);

  mlir::func::FuncOp function;
  const UpdateMap &updates;
  mlir::OpBuilder &builder;
  llvm::DenseMap<unsigned, mlir::Value> states;
  llvm::SmallVector<Update> flips;
  llvm::LogicalResult status = llvm::success();
};

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_DIFFERENTIATE_STATEUPDATES_H
