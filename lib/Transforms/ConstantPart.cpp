//===- ConstantPart.cpp - What of a function is constant ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ConstantPart.h"

#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace ternary;

/// All values that an op depends on, those used in its regions included.
static SmallVector<Value> getInputs(Operation *op) {
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  SmallVector<Value> inputs(op->getOperands());
  llvm::append_range(inputs, captured);
  return inputs;
}

static bool containsTernary(Operation *op) {
  return op
      ->walk([](Operation *nested) {
        return isa<TernaryDialect>(nested->getDialect())
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

ConstantPart::ConstantPart(func::FuncOp function)
    : function(function), arguments(function.getNumArguments()),
      entry(&function.front()) {
  for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
    if (function.getArgAttr(i, kConstantAttrName))
      arguments.set(i);
  if (arguments.none())
    return;
  collect();
  selectValues();
  selectOps();
}

bool ConstantPart::isConstant(Value value) const {
  if (Operation *op = value.getDefiningOp())
    return part.contains(op);
  auto argument = cast<BlockArgument>(value);
  return argument.getOwner() == entry &&
         arguments.test(argument.getArgNumber());
}

bool ConstantPart::isConstant(Operation *op) const {
  if (op->getNumResults() == 0 || op->hasTrait<OpTrait::IsTerminator>() ||
      !isMemoryEffectFree(op))
    return false;
  // What the function may skip must do no harm where it is not skipped.
  if (op->getBlock() != entry && !isSpeculatable(op) &&
      !(isa<TernaryDialect>(op->getDialect()) &&
        llvm::all_of(op->getOperandTypes(), [](Type type) {
          auto shaped = dyn_cast<ShapedType>(type);
          return !shaped || shaped.hasStaticShape();
        })))
    return false;
  return llvm::all_of(getInputs(op),
                      [&](Value value) { return isConstant(value); });
}

/// Tensors that a ternary op had a part in, or that linalg computes for one.
bool ConstantPart::isWorthMoving(Operation *op) const {
  if (!llvm::all_of(op->getResultTypes(), llvm::IsaPred<RankedTensorType>))
    return false;
  auto isTernary = [](Operation *user) {
    return isa<TernaryDialect>(user->getDialect());
  };
  if (isa<linalg::LinalgOp>(op) && llvm::any_of(op->getUsers(), isTernary))
    return true;
  return containsTernary(op) || llvm::any_of(getInputs(op), [&](Value value) {
           return part.lookup(value.getDefiningOp());
         });
}

void ConstantPart::collect() {
  function.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (!isConstant(op))
      return WalkResult::advance();
    bool worth = isWorthMoving(op);
    part[op] = worth;
    return WalkResult::skip();
  });
}

bool ConstantPart::isUsedByTheRest(Operation *op) const {
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    while (user != function && !part.contains(user))
      user = user->getParentOp();
    return user == function || remaining.contains(user);
  });
}

void ConstantPart::selectValues() {
  // Users come first, so that all that remains is known.
  for (auto [op, worth] : llvm::reverse(part))
    if (!worth && isUsedByTheRest(op))
      remaining.insert(op);
  for (auto [op, worth] : part)
    if (worth && isUsedByTheRest(op))
      llvm::copy_if(op->getResults(), std::back_inserter(values),
                    [](Value value) { return !value.use_empty(); });
}

/// Keeps what `values` are computed from.
void ConstantPart::selectOps() {
  DenseSet<Value> seen;
  DenseSet<Operation *> needed;
  BitVector neededArguments(arguments.size());
  SmallVector<Value> worklist(values);
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    if (Operation *op = value.getDefiningOp()) {
      if (needed.insert(op).second)
        llvm::append_range(worklist, getInputs(op));
    } else {
      neededArguments.set(cast<BlockArgument>(value).getArgNumber());
    }
  }
  for (auto [op, worth] : part)
    if (needed.contains(op))
      ops.push_back(op);
  arguments = neededArguments;
}

void ConstantPart::eraseUnused() const {
  for (auto [op, worth] : llvm::reverse(part))
    if (op->use_empty())
      op->erase();
}
