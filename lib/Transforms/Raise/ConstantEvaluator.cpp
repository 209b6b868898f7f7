//===- ConstantEvaluator.cpp - The values of constant chains --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ConstantEvaluator.h"

#include "LoopNest.h"
#include "ScalarProgram.h"

#include "ternary/IR/Constants.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ternary;

bool ConstantEvaluator::fail(const Twine &why) {
  reason = why.str();
  return false;
}

/// Whether the body of a linalg op needs what its init held before.
static bool readsInit(linalg::LinalgOp op, OpOperand &init) {
  // What the map does not reach keeps its value.
  return op.payloadUsesValueFromOperand(&init) ||
         !op.getMatchingIndexingMap(&init).isProjectedPermutation();
}

SmallVector<Value> ternary::getDependencies(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  SmallVector<Value> result;
  if (linalgOp) {
    llvm::append_range(result, linalgOp.getDpsInputs());
    for (OpOperand &init : linalgOp.getDpsInitsMutable())
      if (readsInit(linalgOp, init))
        result.push_back(init.get());
  } else {
    llvm::append_range(result, op->getOperands());
  }
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  llvm::append_range(result, captured);
  return result;
}

static bool isElementwise(Operation *op) {
  return hasStep(op) && op->hasTrait<OpTrait::Elementwise>();
}

static bool isEvaluated(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (linalgOp)
    return linalgOp.hasPureTensorSemantics();
  return matchPattern(op, m_Constant()) || isTensorOp(op) || isElementwise(op);
}

/// What keeps a value from being constant, apart from its operands.
std::string ConstantEvaluator::findOwnObstacle(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument) {
    auto function = dyn_cast_or_null<FunctionOpInterface>(
        argument.getOwner()->getParentOp());
    if (!function || !argument.getOwner()->isEntryBlock())
      return "it depends on an argument of a block";
    return "it depends on argument " + std::to_string(argument.getArgNumber()) +
           " of '" + function.getName().str() + "'";
  }
  Operation *op = value.getDefiningOp();
  std::string name = op->getName().getStringRef().str();
  if (!isEvaluated(op))
    return "it depends on '" + name + "'";
  for (Type type : op->getResultTypes()) {
    auto shaped = dyn_cast<ShapedType>(type);
    if (!ScalarFormat::get(getElementTypeOrSelf(type)) ||
        (shaped && !isa<RankedTensorType>(type)))
      return "'" + name + "' gives no tensor of numbers";
    if (shaped && !shaped.hasStaticShape())
      return "the extents of '" + name + "' are open";
    if (shaped && !hasAtMost(shaped, maxElements))
      return "'" + name + "' has more than " + std::to_string(maxElements) +
             " elements";
  }
  return "";
}

std::string ConstantEvaluator::findObstacle(Value value) {
  // Depth first, with the way to the value on the stack: an obstacle is one of
  // all values on it.
  struct Visit {
    Value value;
    SmallVector<Value> open;
  };
  SmallVector<Visit> way;
  auto enter = [&](Value next) -> std::string {
    if (auto it = obstacles.find(next); it != obstacles.end())
      return it->second;
    std::string own = findOwnObstacle(next);
    if (own.empty()) {
      // While it is open it counts as constant: there are no cycles.
      obstacles[next] = "";
      way.push_back({next, getDependencies(next.getDefiningOp())});
    } else {
      obstacles[next] = own;
    }
    return own;
  };
  std::string found = enter(value);
  while (found.empty() && !way.empty()) {
    if (way.back().open.empty()) {
      way.pop_back();
      continue;
    }
    found = enter(way.back().open.pop_back_val());
  }
  for (Visit &visit : way)
    obstacles[visit.value] = found;
  return found;
}

const ConstantTensor *ConstantEvaluator::lookup(Value value) {
  auto it = known.find(value);
  if (it != known.end())
    return &it->second;
  // A constant inside of a body.
  Attribute attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return nullptr;
  std::optional<ConstantTensor> constant = ConstantTensor::get(attr, reason);
  return constant ? &known.try_emplace(value, *constant).first->second
                  : nullptr;
}

std::optional<ConstantTensor> ConstantEvaluator::evaluate(Value value) {
  if (std::string obstacle = findObstacle(value); !obstacle.empty()) {
    reason = obstacle;
    return std::nullopt;
  }
  SmallVector<Value> open{value};
  DenseSet<Value> expanded;
  while (!open.empty()) {
    Value next = open.back();
    if (known.contains(next)) {
      open.pop_back();
      continue;
    }
    Operation *op = next.getDefiningOp();
    size_t before = open.size();
    for (Value dependency : getDependencies(op))
      if (!known.contains(dependency))
        open.push_back(dependency);
    bool isReady = open.size() == before;
    if (!isReady && expanded.insert(next).second)
      continue;
    // In a graph region an op may come to depend on itself.
    if (!isReady)
      fail("it depends on itself");
    if (!isReady || !compute(op)) {
      obstacles[value] = reason;
      return std::nullopt;
    }
    open.pop_back();
  }
  const ConstantTensor &result = known.at(value);
  if (result.isWritten())
    return result;
  fail("elements of 'tensor.empty' are read");
  return std::nullopt;
}

bool ConstantEvaluator::compute(Operation *op) {
  Attribute attr;
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return computeLinalg(linalgOp);
  std::optional<ConstantTensor> result;
  if (matchPattern(op, m_Constant(&attr)))
    result = ConstantTensor::get(attr, reason);
  else if (isTensorOp(op))
    result = evaluateTensorOp(
        op, [&](Value value) { return lookup(value); }, reason);
  else
    return computeElementwise(op);
  if (result)
    known.try_emplace(op->getResult(0), *result);
  return result.has_value();
}

bool ConstantEvaluator::computeElementwise(Operation *op) {
  ScalarProgram program([&](Value value) { return lookup(value); });
  ConstantTensor result = *ConstantTensor::getLike(op->getResult(0).getType());
  LoopNest nest(result.getShape());
  int64_t rank = result.getShape().size();
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(rank, op->getContext());
  for (Value operand : op->getOperands()) {
    const ConstantTensor *in = lookup(operand);
    if (!in->isWritten())
      return fail("elements of 'tensor.empty' are read");
    bool isScalar = in->getShape().empty();
    AffineMap map =
        isScalar ? AffineMap::get(rank, 0, {}, op->getContext()) : identity;
    if (!program.hasRegister(operand))
      nest.addInput(*in, map, program.addInput(operand));
  }
  if (failed(program.compile(op)))
    return fail(program.getReason());
  result.allocate();
  nest.addOutput(result, identity, program.getRegister(op->getResult(0)));
  if (StringRef why = nest.run(program); !why.empty())
    return fail(why);
  known.try_emplace(op->getResult(0), result);
  return true;
}

/// The registers of the elements of inputs that the body of `op` uses.
static StringRef addInputs(linalg::LinalgOp op, ScalarProgram &program,
                           LoopNest &nest,
                           const ScalarProgram::Lookup &lookup) {
  for (OpOperand *operand : op.getDpsInputOperands()) {
    if (!op.payloadUsesValueFromOperand(operand))
      continue;
    const ConstantTensor *in = lookup(operand->get());
    if (!in || !in->isWritten())
      return "elements of 'tensor.empty' are read";
    nest.addInput(*in, op.getMatchingIndexingMap(operand),
                  program.addInput(op.getMatchingBlockArgument(operand)));
  }
  return "";
}

bool ConstantEvaluator::computeLinalg(linalg::LinalgOp op) {
  ScalarProgram program([&](Value value) { return lookup(value); });
  LoopNest nest(op.getStaticLoopRanges());
  if (!nest.hasAtMost(maxElements))
    return fail("'" + op->getName().getStringRef() + "' has more than " +
                Twine(maxElements) + " iterations");
  StringRef why =
      addInputs(op, program, nest, [&](Value value) { return lookup(value); });
  if (!why.empty())
    return fail(why);
  SmallVector<ConstantTensor> results;
  for (OpOperand &init : op.getDpsInitsMutable()) {
    results.push_back(*ConstantTensor::getLike(init.get().getType()));
    if (!readsInit(op, init)) {
      results.back().allocate();
      continue;
    }
    const ConstantTensor *before = lookup(init.get());
    if (!before->isWritten())
      return fail("elements of 'tensor.empty' are read");
    results.back() = before->clone();
    program.addInput(op.getMatchingBlockArgument(&init));
  }
  Block *block = op.getBlock();
  SmallVector<Value> yielded(block->getTerminator()->getOperands());
  if (failed(program.compile(*block, yielded, /*checks=*/true)))
    return fail(program.getReason());
  for (auto [index, value] : llvm::enumerate(yielded)) {
    OpOperand &init = op.getDpsInitsMutable()[index];
    Value argument = op.getMatchingBlockArgument(&init);
    std::optional<int64_t> before;
    if (program.hasRegister(argument))
      before = program.getRegister(argument);
    nest.addOutput(results[index], op.getMatchingIndexingMap(&init),
                   program.getRegister(value), before);
  }
  if (why = nest.run(program); !why.empty())
    return fail(why);
  for (auto [value, result] : llvm::zip_equal(op->getResults(), results))
    known.try_emplace(value, result);
  return true;
}

/// The ops of the body that `value` depends on, and the operands of `op` whose
/// elements it takes.
static std::string collectSources(linalg::LinalgOp op, Value value,
                                  ArrayRef<unsigned> loops,
                                  SetVector<OpOperand *> &operands,
                                  SetVector<Value> &captured) {
  Block *block = op.getBlock();
  SmallVector<Value> open{value};
  DenseSet<Value> seen;
  while (!open.empty()) {
    Value next = open.pop_back_val();
    if (!seen.insert(next).second)
      continue;
    if (next.getParentBlock() != block) {
      captured.insert(next);
    } else if (auto argument = dyn_cast<BlockArgument>(next)) {
      OpOperand &operand = op->getOpOperand(argument.getArgNumber());
      if (op.isDpsInit(&operand))
        return "it depends on the result before";
      operands.insert(&operand);
    } else {
      Operation *inner = next.getDefiningOp();
      auto index = dyn_cast<linalg::IndexOp>(inner);
      if (index && !llvm::is_contained(loops, index.getDim()))
        return "it depends on the index of another loop";
      if (inner->getNumRegions())
        return "it depends on '" + inner->getName().getStringRef().str() + "'";
      llvm::append_range(open, inner->getOperands());
    }
  }
  return "";
}

std::string ConstantEvaluator::findObstacle(linalg::LinalgOp op, Value value,
                                            ArrayRef<unsigned> loops) {
  SetVector<OpOperand *> operands;
  SetVector<Value> captured;
  std::string why = collectSources(op, value, loops, operands, captured);
  if (!why.empty())
    return why;
  for (OpOperand *operand : operands)
    if (why = findObstacle(operand->get()); !why.empty())
      return why;
  for (Value value : captured)
    if (why = findObstacle(value); !why.empty())
      return why;
  return "";
}

std::optional<ConstantTensor>
ConstantEvaluator::evaluate(linalg::LinalgOp op, Value value,
                            ArrayRef<unsigned> loops) {
  SetVector<OpOperand *> operands;
  SetVector<Value> captured;
  if (reason = collectSources(op, value, loops, operands, captured);
      !reason.empty())
    return std::nullopt;
  for (OpOperand *operand : operands)
    if (!evaluate(operand->get()))
      return std::nullopt;
  for (Value outside : captured)
    if (!evaluate(outside))
      return std::nullopt;
  SmallVector<int64_t> extents, ranges = op.getStaticLoopRanges();
  for (unsigned loop : loops)
    extents.push_back(ranges[loop]);
  LoopNest nest(extents);
  std::optional<ScalarFormat> format = ScalarFormat::get(value.getType());
  if (!format || !nest.hasAtMost(maxElements)) {
    fail("the weights are too large, or no numbers");
    return std::nullopt;
  }
  // Indices of the loops as those of the new nest.
  MLIRContext *context = op->getContext();
  SmallVector<AffineExpr> places(ranges.size(),
                                 getAffineConstantExpr(0, context));
  for (auto [place, loop] : llvm::enumerate(loops))
    places[loop] = getAffineDimExpr(place, context);
  ScalarProgram program([&](Value outside) { return lookup(outside); });
  for (OpOperand *operand : operands) {
    AffineMap map = op.getMatchingIndexingMap(operand).replaceDimsAndSymbols(
        places, {}, loops.size(), 0);
    nest.addInput(*lookup(operand->get()), map,
                  program.addInput(op.getMatchingBlockArgument(operand)));
  }
  nest.setLoopNames(loops);
  if (failed(program.compile(*op.getBlock(), value, /*checks=*/false))) {
    reason = program.getReason();
    return std::nullopt;
  }
  ConstantTensor result(extents, *format);
  result.allocate();
  nest.addOutput(result,
                 AffineMap::getMultiDimIdentityMap(loops.size(), context),
                 program.getRegister(value));
  if (StringRef why = nest.run(program); !why.empty()) {
    fail(why);
    return std::nullopt;
  }
  return result;
}
