//===- Structured.cpp - The reverse rule of linalg.generic ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// For `out[o(i)] = acc + f(x[p(i)], ...)` over an iteration space i, the
// cotangent of x is a generic over the same space: it adds
// `g[o(i)] * df/dx` at `p(i)`. This one rule covers elementwise ops,
// broadcasts, sums and matrix products, and with any map p also convolutions.
//
//===----------------------------------------------------------------------===//

#include "GradientBuilder.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace ternary;

namespace {

/// One result of a generic.
struct Output {
  unsigned number;
  OpOperand *init;
  AffineMap map;
  /// The cotangent of the result, and the result.
  Value cotangent, result;
  /// The scalar in the body that the cotangent is handed to: f.
  Value part;
  /// The op that combines f with the accumulator; null if there is none.
  Operation *combiner = nullptr;
};

class StructuredRule {
public:
  StructuredRule(linalg::GenericOp op, ValueRange results, Cotangents &c,
                 GradientBuilder &b)
      : op(op), results(results), c(c), b(b),
        reduces(op.getNumReductionLoops() != 0) {}

  LogicalResult run();

private:
  LogicalResult checkBody();
  LogicalResult collect();
  LogicalResult classify(Output &output);
  LogicalResult collectBody();
  LogicalResult addTo(OpOperand &input);
  void shareAmongTies(Output &output);

  Value build(Value out, AffineMap outMap,
              const llvm::SmallBitVector &reductions,
              function_ref<Value(IRMapping &, ValueRange)> finish);
  Value reverseBody(IRMapping &mapping, ValueRange cotangents, Value root);

  linalg::GenericOp op;
  ValueRange results;
  Cotangents &c;
  GradientBuilder &b;
  bool reduces;
  SmallVector<Output> outputs;
  /// What the body reads: the inputs, and inits that are no accumulators.
  SmallVector<OpOperand *> inputs;
  /// The ops that f is computed from.
  SmallVector<Operation *> body;
  /// What is read besides in reverse: cotangents, and ties of a maximum.
  SmallVector<Value> extras;
  SmallVector<AffineMap> extraMaps;
  LogicalResult status = success();
};

} // namespace

LogicalResult StructuredRule::run() {
  if (failed(checkBody()) || failed(collect()) || failed(collectBody()))
    return failure();
  for (Output &output : outputs)
    shareAmongTies(output);
  for (Output &output : outputs)
    if (output.combiner && isa<arith::AddFOp>(output.combiner))
      c.add(b, output.init->get(), [&] { return output.cotangent; });
  for (OpOperand *input : inputs)
    if (failed(addTo(*input)))
      return failure();
  return success();
}

/// Tensors that the body reads by itself are not among the operands.
LogicalResult StructuredRule::checkBody() {
  WalkResult walk = op.getBody()->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (c.isActive(operand)) {
        inner->emitOpError()
            << "cannot be differentiated: it reads " << operand.getType()
            << " from outside of the body";
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

LogicalResult StructuredRule::collect() {
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(input);
  // Without a reduction an old value is an input like any other.
  for (OpOperand &init : op.getDpsInitsMutable())
    if (!reduces && op.payloadUsesValueFromOperand(&init))
      inputs.push_back(&init);
  for (auto [i, result] : llvm::enumerate(results)) {
    Value cotangent = c.lookup(result);
    if (!cotangent)
      continue;
    OpOperand *init = op.getDpsInitOperand(i);
    Output output{unsigned(i), init,   op.getMatchingIndexingMap(init),
                  cotangent,   result, /*part=*/Value()};
    if (failed(classify(output)))
      return failure();
    extras.push_back(cotangent);
    extraMaps.push_back(output.map);
    outputs.push_back(output);
  }
  return success();
}

/// Finds f.
LogicalResult StructuredRule::classify(Output &output) {
  BlockArgument acc = op.getMatchingBlockArgument(output.init);
  output.part = op.getBody()->getTerminator()->getOperand(output.number);
  if (!reduces)
    return success();
  Operation *combiner = output.part.getDefiningOp();
  if (!acc.hasOneUse() || *acc.user_begin() != combiner ||
      !isa<arith::AddFOp, arith::MaximumFOp, arith::MinimumFOp,
           arith::MaxNumFOp, arith::MinNumFOp>(combiner))
    return op.emitOpError()
           << "cannot be differentiated: expected its reduction to end in "
              "'arith.addf', a maximum or a minimum of the accumulator";
  output.combiner = combiner;
  output.part = combiner->getOperand(combiner->getOperand(0) == acc);
  if (!isa<arith::AddFOp>(combiner) && c.isActive(output.init->get()))
    return op.emitOpError() << "cannot be differentiated: expected a constant "
                               "as the first value of its maximum or minimum";
  return success();
}

LogicalResult StructuredRule::collectBody() {
  DenseSet<Value> needed;
  for (const Output &output : outputs)
    needed.insert(output.part);
  for (Operation &inner : llvm::reverse(op.getBody()->without_terminator())) {
    if (llvm::none_of(inner.getResults(),
                      [&](Value result) { return needed.contains(result); }))
      continue;
    body.push_back(&inner);
    inner.walk(
        [&](Operation *nested) { needed.insert_range(nested->getOperands()); });
  }
  std::reverse(body.begin(), body.end());
  for (OpOperand &init : op.getDpsInitsMutable())
    if (reduces && needed.contains(op.getMatchingBlockArgument(&init)))
      return op.emitOpError() << "cannot be differentiated: expected what it "
                                 "adds not to depend on an accumulator";
  return success();
}

/// The tensor that `op` merely copies, or null.
static Value getCopied(linalg::GenericOp op) {
  auto yielded =
      dyn_cast<BlockArgument>(op.getBody()->getTerminator()->getOperand(0));
  if (!yielded || yielded.getOwner() != op.getBody())
    return nullptr;
  OpOperand &source = op->getOpOperand(yielded.getArgNumber());
  AffineMap map = op.getMatchingIndexingMap(&source);
  bool copies = op.isDpsInput(&source) && map.isPermutation() &&
                map == op.getIndexingMapsArray().back() &&
                source.get().getType() == op.getResult(0).getType();
  return copies ? source.get() : Value();
}

/// Drops the ops of the body that nothing uses, and then the inputs that it
/// does not read, as long as the others say how far the iterators go.
static Value prune(GradientBuilder &b, linalg::GenericOp op) {
  for (Operation &inner :
       llvm::make_early_inc_range(llvm::reverse(*op.getBody())))
    if (isOpTriviallyDead(&inner))
      inner.erase();
  if (Value source = getCopied(op)) {
    Operation *empty = op.getDpsInits()[0].getDefiningOp();
    op.erase();
    if (empty && isOpTriviallyDead(empty))
      empty->erase();
    return source;
  }
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  llvm::BitVector unused(op.getBody()->getNumArguments());
  for (OpOperand *input : op.getDpsInputOperands()) {
    SmallVector<AffineMap> rest(maps);
    rest.erase(rest.begin() + inputs.size());
    if (op.getMatchingBlockArgument(input).use_empty() &&
        inversePermutation(concatAffineMaps(rest, b.getContext()))) {
      maps = std::move(rest);
      unused.set(input->getOperandNumber());
    } else {
      inputs.push_back(input->get());
    }
  }
  if (unused.none())
    return op.getResult(0);
  auto pruned = linalg::GenericOp::create(b, op.getResultTypes(), inputs,
                                          op.getDpsInits(), maps,
                                          op.getIteratorTypesArray());
  op.getBody()->eraseArguments(unused);
  pruned.getRegion().takeBody(op.getRegion());
  op.erase();
  return pruned.getResult(0);
}

/// A generic over the iteration space of `op` that computes f; `finish` gets
/// the mapping of the body, and the elements of the extras and of `out`.
Value StructuredRule::build(
    Value out, AffineMap outMap, const llvm::SmallBitVector &reductions,
    function_ref<Value(IRMapping &, ValueRange)> finish) {
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (OpOperand *input : inputs) {
    operands.push_back(input->get());
    maps.push_back(op.getMatchingIndexingMap(input));
  }
  llvm::append_range(operands, extras);
  llvm::append_range(maps, extraMaps);
  maps.push_back(outMap);
  auto emit = [&](ValueRange e) {
    IRMapping mapping;
    for (auto [i, input] : llvm::enumerate(inputs))
      mapping.map(op.getMatchingBlockArgument(input), e[i]);
    for (Operation *inner : body)
      b.clone(*inner, mapping);
    return finish(mapping, e.drop_front(inputs.size()));
  };
  Value result = b.generic(operands, out, maps, reductions, emit);
  return prune(b, result.getDefiningOp<linalg::GenericOp>());
}

/// Turns the cotangent of a maximum into one per element: its share where the
/// element is the result, else 0.
void StructuredRule::shareAmongTies(Output &output) {
  if (!output.combiner || isa<arith::AddFOp>(output.combiner))
    return;
  llvm::SmallBitVector reductions(op.getNumLoops());
  for (auto [i, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
    reductions[i] = iterator == utils::IteratorType::reduction;
  auto isResult = [&](IRMapping &mapping, Value result) {
    return b.compare(arith::CmpFPredicate::OEQ,
                     mapping.lookupOrDefault(output.part), result);
  };
  extras.push_back(output.result);
  extraMaps.push_back(output.map);
  Value count = build(b.zerosLike(output.result), output.map, reductions,
                      [&](IRMapping &mapping, ValueRange e) {
                        Value result = e.drop_back().back();
                        Value one = b.constant(e.back(), 1.0);
                        return b.select(isResult(mapping, result),
                                        b.add(e.back(), one), e.back());
                      });
  extras.push_back(count);
  extraMaps.push_back(output.map);
}

/// The cotangent of `root`, which is a scalar of the body being built.
Value StructuredRule::reverseBody(IRMapping &mapping, ValueRange elements,
                                  Value root) {
  Cotangents scalars(c.getDefaultSTE());
  Block *block = b.getInsertionBlock();
  SmallVector<Operation *> ops;
  for (Operation &inner : *block)
    ops.push_back(&inner);
  scalars.activate(*block, root);
  // The cotangents come first, then a result and a count for each maximum.
  ValueRange ties = elements.drop_front(outputs.size());
  for (auto [i, output] : llvm::enumerate(outputs)) {
    Value part = mapping.lookupOrDefault(output.part), g = elements[i];
    if (output.combiner && !isa<arith::AddFOp>(output.combiner)) {
      Value isResult = b.compare(arith::CmpFPredicate::OEQ, part, ties[0]);
      g = b.select(isResult, b.div(g, ties[1]), b.constant(g, 0.0));
      ties = ties.drop_front(2);
    }
    scalars.add(b, part, [&] { return g; });
  }
  if (failed(reverse(ops, scalars, b)))
    status = failure();
  Value cotangent = scalars.lookup(root);
  return cotangent ? cotangent : b.constant(root, 0.0);
}

LogicalResult StructuredRule::addTo(OpOperand &input) {
  Value value = input.get();
  if (!c.isActive(value))
    return success();
  if (!isa<FloatType>(elementOf(value)))
    return op.emitOpError()
           << "cannot be differentiated: it reads integers that stand for "
              "floats, "
           << value.getType()
           << "; expected 'ternary.dequantize' or "
              "'ternary.dequantize_activation' between";
  // An iterator is parallel if it alone, and once, says where to add.
  AffineMap map = op.getMatchingIndexingMap(&input);
  llvm::SmallBitVector reductions(op.getNumLoops(), true);
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    auto uses = llvm::count_if(map.getResults(), [&](AffineExpr expr) {
      return expr.isFunctionOfDim(dim);
    });
    reductions[dim] =
        uses != 1 || !llvm::is_contained(map.getResults(),
                                         getAffineDimExpr(dim, b.getContext()));
  }
  bool adds = reductions.any() || !map.isProjectedPermutation();
  c.add(b, value, [&] {
    bool shaped = isa<ShapedType>(value.getType());
    Value out = !shaped ? b.filled({}, value.getType(), 0.0)
                : adds  ? b.zerosLike(value)
                        : b.emptyLike(value, elementOf(value));
    Value sum =
        build(out, map, reductions, [&](IRMapping &mapping, ValueRange e) {
          Value root = mapping.lookup(op.getMatchingBlockArgument(&input));
          Value part = reverseBody(mapping, e.drop_back(), root);
          return adds || !shaped ? b.add(e.back(), part) : part;
        });
    return shaped ? sum : Value(tensor::ExtractOp::create(b, sum));
  });
  return status;
}

LogicalResult ternary::reverseStructured(linalg::GenericOp op,
                                         ValueRange results,
                                         Cotangents &cotangents,
                                         GradientBuilder &b) {
  return StructuredRule(op, results, cotangents, b).run();
}
