//===- UnshareInits.cpp - ternary-unshare-inits ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYUNSHAREINITS
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;

namespace {

/// Gives every use of `op` but the first one a clone in front of the user.
void unshare(Operation *op) {
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : op->getUses())
    uses.push_back(&use);
  // An op may have no use at all.
  for (size_t i = 1; i < uses.size(); ++i) {
    OpOperand *use = uses[i];
    OpBuilder builder(use->getOwner());
    use->set(builder.clone(*op)->getResult(0));
  }
}

struct UnshareInitsPass
    : ternary::impl::TernaryUnshareInitsBase<UnshareInitsPass> {
  void runOnOperation() override {
    // Fills first: their clones share the empty tensors they fill.
    SmallVector<Operation *> fills, empties;
    getOperation()->walk([&](linalg::FillOp op) {
      if (op.hasPureTensorSemantics() &&
          op.getDpsInits()[0].getDefiningOp<tensor::EmptyOp>())
        fills.push_back(op);
    });
    llvm::for_each(fills, unshare);
    getOperation()->walk([&](tensor::EmptyOp op) { empties.push_back(op); });
    llvm::for_each(empties, unshare);
  }
};

} // namespace
