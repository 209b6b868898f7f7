//===- Contraction.cpp - Linear layers in linalg --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace ternary;

/// The dot product of int8 with trits is exact in i32 up to here.
static constexpr int64_t kMaxColumns = int64_t(1) << 24;
/// Ops in front of a layer that are looked behind.
static constexpr size_t kMaxMoves = 64;

int64_t LinearLayer::countExtents(ArrayRef<unsigned> loops) const {
  SmallVector<int64_t> ranges = linalg::LinalgOp(op).getStaticLoopRanges();
  int64_t count = 1;
  for (unsigned loop : loops)
    count *= ranges[loop];
  return count;
}

Type LinearLayer::getActivationType() const {
  return dequantization ? IntegerType::get(narrow.getContext(), 8)
                        : getElementTypeOrSelf(narrow);
}

/// The factors of the product that the body of `op` adds to its result.
static std::optional<std::pair<Value, Value>> getFactors(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumDpsInputs() < 2)
    return std::nullopt;
  Operation *yield = op.getBlock()->getTerminator();
  Operation *sum = yield->getNumOperands() == 1
                       ? yield->getOperand(0).getDefiningOp()
                       : nullptr;
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(sum))
    return std::nullopt;
  Value before = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  unsigned which = sum->getOperand(0) == before ? 1 : 0;
  if (sum->getOperand(1 - which) != before)
    return std::nullopt;
  Operation *product = sum->getOperand(which).getDefiningOp();
  if (!isa_and_nonnull<arith::MulFOp, arith::MulIOp>(product) ||
      product->getBlock() != op.getBlock())
    return std::nullopt;
  return std::pair(product->getOperand(0), product->getOperand(1));
}

bool ternary::isSumOfProducts(linalg::LinalgOp op) {
  return op.hasPureTensorSemantics() && op.getNumReductionLoops() > 0 &&
         getFactors(op).has_value();
}

/// What a cast that keeps every number was made of, or null. Of integers that
/// become floats, only i8 is taken in the end, all of which any float holds.
static Value getWidened(Operation *op) {
  return isa_and_nonnull<arith::ExtSIOp, arith::ExtFOp, arith::SIToFPOp>(op)
             ? op->getOperand(0)
             : Value();
}

/// The same for an op that casts the elements of a tensor in place.
static Value getWidenedTensor(Operation *op) {
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  if (!linalgOp)
    return getWidened(op);
  if (!linalgOp.isAllParallelLoops() || linalgOp.getNumDpsInputs() != 1 ||
      linalgOp.getNumDpsInits() != 1)
    return Value();
  for (AffineMap map : linalgOp.getIndexingMapsArray())
    if (!map.isIdentity())
      return Value();
  auto in = dyn_cast<RankedTensorType>(linalgOp.getDpsInputs()[0].getType());
  auto out = dyn_cast<RankedTensorType>(linalgOp.getDpsInits()[0].getType());
  if (!in || !out || in.getShape() != out.getShape())
    return Value();
  Block *block = linalgOp.getBlock();
  Value widened =
      getWidened(block->getTerminator()->getOperand(0).getDefiningOp());
  return widened && widened == block->getArgument(0)
             ? linalgOp.getDpsInputs()[0]
             : Value();
}

/// What an op that only moves elements takes, or null.
static Value getMoved(Operation *op) {
  if (isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
    return op->getOperand(0);
  if (auto transpose = dyn_cast_or_null<linalg::TransposeOp>(op))
    return transpose.getInput();
  return Value();
}

static bool isActivationType(Type type) {
  return type.isInteger(8) || type.isF16() || type.isBF16() || type.isF32();
}

/// The op behind `value`, unless too many were looked behind already: in a
/// graph region they may form a circle.
static Operation *getSource(Value value, ArrayRef<Operation *> moves) {
  return moves.size() < kMaxMoves ? value.getDefiningOp() : nullptr;
}

/// Whether a reshape leaves the last dimension alone.
static bool keepsColumns(Operation *op) {
  SmallVector<ReassociationIndices> groups;
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    groups = expand.getReassociationIndices();
  else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    groups = collapse.getReassociationIndices();
  return !groups.empty() && groups.back().size() == 1;
}

/// Looks for integers that one factor per token made the activations.
static void findIntegers(LinearLayer &layer) {
  SmallVector<unsigned> loops(layer.tokens);
  llvm::append_range(loops, layer.columns);
  if (layer.columns.size() != 1 || layer.inputLoops != loops)
    return;
  Value value = layer.input->get();
  SmallVector<Operation *> moves;
  while (Operation *op = getSource(value, moves)) {
    if (std::optional<Dequantization> found = matchDequantization(value)) {
      layer.dequantization = found;
      layer.narrow = found->integers->get();
      layer.moves = moves;
      return;
    }
    if (!keepsColumns(op))
      return;
    moves.push_back(op);
    value = op->getOperand(0);
  }
}

void ternary::findNarrow(LinearLayer &layer) {
  Value value = layer.input->get();
  layer.narrow = value;
  layer.moves.clear();
  layer.dequantization = std::nullopt;
  findIntegers(layer);
  if (layer.dequantization)
    return;
  SmallVector<Operation *> moves;
  while (Operation *op = getSource(value, moves)) {
    if (Value moved = getMoved(op)) {
      moves.push_back(op);
      value = moved;
      continue;
    }
    value = getWidenedTensor(op);
    if (!value)
      return;
    if (isActivationType(getElementTypeOrSelf(value))) {
      layer.narrow = value;
      layer.moves = moves;
    }
  }
}

namespace {

/// Tries one factor as the activations, and the other one as the weights.
class LayerMatcher {
public:
  LayerMatcher(linalg::LinalgOp op, ConstantEvaluator &evaluator)
      : evaluator(evaluator) {
    layer.op = op;
  }

  LogicalResult match(Value activation, Value weight);

  LinearLayer layer;
  std::string reason;
  /// Whether the weights are constant: then the reason is about them.
  bool isConstant = false;

private:
  LogicalResult fail(const Twine &why) {
    reason = why.str();
    return failure();
  }
  LogicalResult findInput(Value activation);
  bool mayDiffer(OpOperand &operand, ArrayRef<unsigned> loops);
  LogicalResult readMaps();
  LogicalResult sortLoops();
  bool isUnit(unsigned loop) {
    return layer.op.getStaticLoopRanges()[loop] == 1;
  }

  ConstantEvaluator &evaluator;
};

} // namespace

/// The operand whose elements a factor is, apart from casts that keep numbers.
LogicalResult LayerMatcher::findInput(Value activation) {
  while (Operation *op = activation.getDefiningOp()) {
    if (op->getBlock() != layer.op.getBlock())
      break;
    Value inner = getWidened(op);
    // A zero point of zero.
    if (auto sub = dyn_cast<arith::SubIOp>(op)) {
      bool isKnown = evaluator.findObstacle(layer.op, sub.getRhs(), {}).empty();
      std::optional<ConstantTensor> zero;
      if (isKnown)
        zero = evaluator.evaluate(layer.op, sub.getRhs(), {});
      if (zero && zero->load(0).i == 0)
        inner = sub.getLhs();
    }
    if (!inner)
      return fail("the activations are changed by '" +
                  op->getName().getStringRef() + "' in the body");
    activation = inner;
  }
  auto argument = dyn_cast<BlockArgument>(activation);
  if (!argument || argument.getOwner() != layer.op.getBlock())
    return fail("the activations are no operand");
  OpOperand &operand = layer.op->getOpOperand(argument.getArgNumber());
  if (layer.op.isDpsInit(&operand) ||
      !isa<RankedTensorType>(operand.get().getType()))
    return fail("the activations are no tensor");
  layer.input = &operand;
  return success();
}

/// The loops that a map names, one for each of its results. What a window of
/// one element adds to an index is dropped.
static std::optional<SmallVector<unsigned>>
getLoops(AffineMap map, ArrayRef<int64_t> ranges, linalg::LinalgOp op) {
  SmallVector<AffineExpr> places;
  MLIRContext *context = map.getContext();
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  for (unsigned loop = 0; loop < map.getNumDims(); ++loop) {
    bool isWindow =
        kinds[loop] == utils::IteratorType::reduction && ranges[loop] == 1;
    places.push_back(isWindow ? getAffineConstantExpr(0, context)
                              : getAffineDimExpr(loop, context));
  }
  SmallVector<unsigned> loops;
  for (AffineExpr expr : map.getResults()) {
    if (!isa<AffineDimExpr>(expr))
      expr = expr.replaceDims(places);
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || llvm::is_contained(loops, dim.getPosition()))
      return std::nullopt;
    loops.push_back(dim.getPosition());
  }
  return loops;
}

/// Whether an extent of an operand may not be that of its loop.
bool LayerMatcher::mayDiffer(OpOperand &operand, ArrayRef<unsigned> loops) {
  SmallVector<int64_t> ranges = layer.op.getStaticLoopRanges();
  AffineMap map = layer.op.getMatchingIndexingMap(&operand);
  auto type = cast<RankedTensorType>(operand.get().getType());
  for (auto [loop, expr, extent] :
       llvm::zip_equal(loops, map.getResults(), type.getShape())) {
    bool isOpen =
        ShapedType::isDynamic(extent) || ShapedType::isDynamic(ranges[loop]);
    if (isOpen ? !isa<AffineDimExpr>(expr) : extent != ranges[loop])
      return true;
  }
  return false;
}

LogicalResult LayerMatcher::readMaps() {
  linalg::LinalgOp op = layer.op;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  std::optional<SmallVector<unsigned>> input =
      getLoops(op.getMatchingIndexingMap(layer.input), ranges, op);
  if (!input)
    return fail("the activations are read through a window or with steps");
  std::optional<SmallVector<unsigned>> output =
      getLoops(op.getMatchingIndexingMap(op.getDpsInitOperand(0)), ranges, op);
  if (!output || output->size() != op.getNumParallelLoops())
    return fail("the output is not written element by element");
  layer.inputLoops = *input;
  layer.outputLoops = *output;
  // A window may leave the end of a dimension out, and upstream takes any
  // extents where one is 0.
  if (mayDiffer(*layer.input, *input) ||
      mayDiffer(*op.getDpsInitOperand(0), *output))
    return fail("not all of the elements may be read or written");
  return success();
}

LogicalResult LayerMatcher::sortLoops() {
  SmallVector<utils::IteratorType> kinds = layer.op.getIteratorTypesArray();
  for (unsigned loop : layer.outputLoops)
    (llvm::is_contained(layer.inputLoops, loop) ? layer.tokens : layer.rows)
        .push_back(loop);
  for (unsigned loop : layer.inputLoops)
    if (!llvm::is_contained(layer.outputLoops, loop))
      layer.columns.push_back(loop);
  for (auto [loop, kind] : llvm::enumerate(kinds)) {
    bool isSummed = kind != utils::IteratorType::parallel;
    if (isSummed && !llvm::is_contained(layer.columns, loop) && !isUnit(loop))
      return fail("weights are summed up that share their activations");
  }
  SmallVector<int64_t> ranges = layer.op.getStaticLoopRanges();
  for (ArrayRef<unsigned> loops : {layer.rows, layer.columns})
    for (unsigned loop : loops)
      if (ShapedType::isDynamic(ranges[loop]))
        return fail("the extents of the weights are open");
  return success();
}

/// Whether an operand that `value` takes elements of is read through a loop
/// over tokens.
static bool dependsOn(linalg::LinalgOp op, Value value,
                      ArrayRef<unsigned> loops) {
  SmallVector<Value> open{value};
  DenseSet<Value> seen;
  while (!open.empty()) {
    Value next = open.pop_back_val();
    if (next.getParentBlock() != op.getBlock() || !seen.insert(next).second)
      continue;
    if (Operation *inner = next.getDefiningOp()) {
      llvm::append_range(open, inner->getOperands());
      continue;
    }
    OpOperand &operand =
        op->getOpOperand(cast<BlockArgument>(next).getArgNumber());
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (unsigned loop : loops)
      if (map.isFunctionOfDim(loop))
        return true;
  }
  return false;
}

LogicalResult LayerMatcher::match(Value activation, Value weight) {
  if (failed(findInput(activation)) || failed(readMaps()) ||
      failed(sortLoops()))
    return failure();
  SmallVector<unsigned> loops(layer.rows);
  llvm::append_range(loops, layer.columns);
  std::string obstacle = evaluator.findObstacle(layer.op, weight, loops);
  if (!obstacle.empty())
    return fail("weights are not constant: " + obstacle);
  isConstant = true;
  SmallVector<unsigned> tokens(layer.tokens);
  llvm::erase_if(tokens, [&](unsigned loop) { return isUnit(loop); });
  if (dependsOn(layer.op, weight, tokens))
    return fail("each batch has weights of its own");
  layer.weight = weight;
  findNarrow(layer);
  return success();
}

std::optional<LinearLayer>
ternary::matchLinearLayer(linalg::LinalgOp op, ConstantEvaluator &evaluator,
                          std::string &reason) {
  auto [left, right] = *getFactors(op);
  LayerMatcher usual(op, evaluator);
  if (succeeded(usual.match(left, right)))
    return usual.layer;
  LayerMatcher swapped(op, evaluator);
  if (succeeded(swapped.match(right, left)))
    return swapped.layer;
  reason =
      swapped.isConstant && !usual.isConstant ? swapped.reason : usual.reason;
  return std::nullopt;
}

LogicalResult ternary::checkTypes(const LinearLayer &layer,
                                  const TernaryWeight &weight,
                                  std::string &reason) {
  auto fail = [&](const Twine &why) {
    reason = why.str();
    return failure();
  };
  auto print = [](Type type) {
    std::string text;
    llvm::raw_string_ostream(text) << type;
    return text;
  };
  Type input = layer.getActivationType();
  Type output = getElementTypeOrSelf(layer.getInit());
  if (!isActivationType(input))
    return fail("activations are " + print(input) +
                ", expected i8, f16, bf16 or f32");
  if (weight.columns >= kMaxColumns)
    return fail("there are " + Twine(weight.columns) +
                " columns, whose sum may pass i32");
  if (isa<FloatType>(output)) {
    if (output.isF64() || !isActivationType(output))
      return fail("sums are " + print(output) + ", expected f16, bf16 or f32");
    return success();
  }
  if (!input.isInteger(8))
    return fail("floats are summed up as " + print(output));
  if (output.getIntOrFloatBitWidth() < 32)
    return fail("sums are " + print(output) + ", which may wrap");
  if (!weight.scales.empty())
    return fail("integer sums take no scale, and weights are not -1, 0 or 1");
  return success();
}
