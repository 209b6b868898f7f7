//===- StateUpdates.cpp - Updates of ternary weights ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "StateUpdates.h"
#include "GradientBuilder.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace ternary;

Value StateUpdates::getState(unsigned argument) {
  Value state = states.lookup(argument);
  return state ? state : function.getArgument(argument);
}

/// What the state ops read: gradient and activations, so that no matrix of
/// signs is needed; or the sign, where several ops share it.
static SmallVector<Value> getSource(GradientBuilder &b,
                                    const WeightGradient &use, bool shared) {
  if (shared || !use.grad || use.dense)
    return {b.signOf(use)};
  Type f32 = b.getF32Type();
  return {b.toMatrix(b.convertTensor(use.grad, f32)),
          b.toMatrix(b.convertTensor(use.activations, f32))};
}

void StateUpdates::add(BlockArgument weight, const WeightGradient &use) {
  unsigned number = weight.getArgNumber();
  GradientBuilder b(use.user->getLoc(), builder);
  ArrayRef<UpdateAttr> rules = updates.find(number)->second;
  SmallVector<Value> source = getSource(b, use, rules.size() > 1);
  for (UpdateAttr rule : rules) {
    Update update{number, rule, use, source};
    if (rule.getRule() == UpdateRule::Step)
      flips.push_back(std::move(update));
    else
      apply(update);
  }
}

LogicalResult StateUpdates::finish() {
  for (const Update &flip : flips)
    apply(flip);
  return status;
}

void StateUpdates::apply(const Update &update) {
  SmallVector<unsigned> arguments(update.rule.getState());
  if (update.rule.getRule() == UpdateRule::Step) {
    if (!update.use.packing) {
      status = update.use.user->emitOpError()
               << "expected a packing for the rule step of argument "
               << update.weight << ", found trits";
      return;
    }
    arguments.insert(arguments.begin(), update.weight);
  }
  SmallVector<Value> inits;
  for (unsigned argument : arguments)
    inits.push_back(getState(argument));
  Operation *op = build(update, inits);
  // The types of the state are only known to fit once the op is there.
  if (failed(verify(op)))
    status = failure();
  for (auto [argument, result] : llvm::zip(arguments, op->getResults()))
    states[argument] = result;
}

Operation *StateUpdates::build(const Update &update, ValueRange inits) {
  ImplicitLocOpBuilder b(update.use.user->getLoc(), builder);
  const WeightGradient &use = update.use;
  UpdateAttr rule = update.rule;
  auto attr = [&](std::optional<int64_t> value) {
    return value ? b.getI64IntegerAttr(*value) : IntegerAttr();
  };
  auto argument = [&](std::optional<int64_t> number) {
    return number ? Value(function.getArgument(*number)) : Value();
  };
  IntegerAttr group = attr(rule.getGroupSize()),
              amount = attr(rule.getAmount()),
              threshold = attr(rule.getThreshold());
  IntegerAttr amountOrOne = attr(rule.getAmount().value_or(1));
  SmallVector<Value> extents;
  SmallVector<int64_t> shape;
  dispatchIndexOpFoldResults(use.shape, extents, shape);
  TypeRange types(inits);
  switch (rule.getRule()) {
  case UpdateRule::Correlation: {
    Value by = argument(rule.getAmountArgument());
    if (amount)
      by = arith::ConstantOp::create(b, amount);
    return AccumulateCorrelationOp::create(
        b, types, update.source, use.weight, extents, by, inits,
        b.getDenseI64ArrayAttr(shape), use.packing, group);
  }
  case UpdateRule::Exponent:
    return UpdateExponentOp::create(
        b, types, update.source, use.weight, extents, inits,
        b.getDenseI64ArrayAttr(shape), use.packing, group, threshold, amount);
  case UpdateRule::Trit:
    return AccumulateTritOp::create(b, types, update.source, inits,
                                    amountOrOne);
  case UpdateRule::Step:
    return StepOp::create(b, types, update.source,
                          argument(rule.getThresholds()), inits, use.packing,
                          threshold, group, amountOrOne);
  }
  llvm_unreachable("unknown update rule");
}
