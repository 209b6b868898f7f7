//===- Cotangents.cpp - The reverse walk over one block -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GradientBuilder.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace ternary;

#include "ternary/Transforms/GradientInterface.cpp.inc"

//===----------------------------------------------------------------------===//
// Cotangents
//===----------------------------------------------------------------------===//

/// What an op reads, its regions included.
static bool readsAny(Operation *op, function_ref<bool(Value)> isActive) {
  if (llvm::any_of(op->getOperands(), isActive))
    return true;
  if (op->getNumRegions() == 0)
    return false;
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  return llvm::any_of(captured, isActive);
}

/// Conditions and indices carry no gradient. Other integers may be quantized
/// floats: a rule, or its absence, decides.
static bool mayCarryGradient(OpResult result) {
  Type element = getElementTypeOrSelf(result.getType());
  if (element.isInteger(1) || element.isIndex())
    return false;
  auto op = dyn_cast<GradientOpInterface>(result.getOwner());
  return !op || op.carriesGradient(result.getResultNumber());
}

void Cotangents::activate(Block &block, ValueRange roots) {
  active.insert_range(roots);
  for (Operation &op : block)
    if (readsAny(&op, [&](Value value) { return isActive(value); }))
      for (OpResult result : op.getResults())
        if (mayCarryGradient(result))
          active.insert(result);
}

void Cotangents::add(ImplicitLocOpBuilder &builder, Value value,
                     function_ref<Value()> make) {
  if (!isActive(value))
    return;
  Value part = make();
  Value &sum = values[value];
  if (!sum) {
    sum = part;
    return;
  }
  GradientBuilder b(builder.getLoc(), builder);
  if (isa<RankedTensorType>(sum.getType()))
    sum = linalg::AddOp::create(b, ValueRange{sum, part},
                                b.emptyLike(sum, elementOf(sum)))
              .getResult(0);
  else
    sum = b.add(sum, part);
}

void Cotangents::addWeight(Value weight, WeightGradient gradient) {
  if (!isActive(weight))
    return;
  if (auto argument = dyn_cast<BlockArgument>(weight))
    return onArgument(argument, std::move(gradient));
  weights[weight].push_back(std::move(gradient));
}

Cotangents::Weights Cotangents::takeWeight(Value weight) {
  auto it = weights.find(weight);
  if (it == weights.end())
    return {};
  Weights taken = std::move(it->second);
  weights.erase(it);
  return taken;
}

STEVariant Cotangents::getSTE(Operation *op) const {
  auto stated = op->getAttrOfType<STEVariantAttr>(kSTEAttrName);
  return stated ? stated.getValue() : ste;
}

//===----------------------------------------------------------------------===//
// The walk
//===----------------------------------------------------------------------===//

static bool isElementwiseOnTensors(Operation *op) {
  return OpTrait::hasElementwiseMappableTraits(op) &&
         llvm::any_of(op->getOperandTypes(), llvm::IsaPred<RankedTensorType>);
}

/// An elementwise op on tensors as a linalg.generic on their elements.
static linalg::GenericOp scalarize(Operation *op, GradientBuilder &b) {
  Value shaped = *llvm::find_if(op->getOperands(), [](Value operand) {
    return isa<RankedTensorType>(operand.getType());
  });
  int64_t rank = rankOf(shaped);
  SmallVector<AffineMap> maps;
  for (Value operand : op->getOperands())
    maps.push_back(isa<RankedTensorType>(operand.getType())
                       ? b.getMultiDimIdentityMap(rank)
                       : b.map(rank, {}));
  SmallVector<Value> outs;
  for (Value result : op->getResults()) {
    outs.push_back(b.emptyLike(shaped, elementOf(result)));
    maps.push_back(b.getMultiDimIdentityMap(rank));
  }
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange elements) {
    SmallVector<Type> types;
    for (Value result : op->getResults())
      types.push_back(elementOf(result));
    OperationState state(loc, op->getName(),
                         elements.take_front(op->getNumOperands()), types,
                         op->getAttrs());
    linalg::YieldOp::create(nested, loc, nested.create(state)->getResults());
  };
  return linalg::GenericOp::create(b, op->getResultTypes(), op->getOperands(),
                                   outs, maps, iterators, body);
}

/// `op`, if it is structured or elementwise on tensors, as a linalg.generic;
/// else null.
static linalg::GenericOp toGeneric(Operation *op, GradientBuilder &b) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return generic;
  if (isElementwiseOnTensors(op))
    return scalarize(op, b);
  auto named = dyn_cast<linalg::LinalgOp>(op);
  if (!named || !named.hasPureTensorSemantics())
    return nullptr;
  Operation *copy = b.clone(*op);
  IRRewriter rewriter(b);
  FailureOr<linalg::GenericOp> generic =
      linalg::generalizeNamedOp(rewriter, cast<linalg::LinalgOp>(copy));
  if (succeeded(generic))
    return *generic;
  copy->erase();
  return nullptr;
}

static LogicalResult refuse(Operation *op) {
  InFlightDiagnostic error = op->emitOpError() << "cannot be differentiated";
  if (isa<arith::FPToSIOp, arith::FPToUIOp>(op))
    error << ": its gradient is 0 almost everywhere";
  else if (isa<CallOpInterface>(op))
    error << ": inline it first";
  else if (isa<RegionBranchOpInterface>(op))
    error << ": expected no control flow";
  return error;
}

static bool hasCotangent(Operation *op, const Cotangents &cotangents) {
  return llvm::any_of(op->getResults(), [&](Value result) {
    return cotangents.lookup(result) || cotangents.hasWeight(result);
  });
}

/// Cotangents are tensors of any size, but of plain ones.
static LogicalResult checkTypes(Operation *op) {
  for (TypeRange types :
       {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types) {
      auto ranked = dyn_cast<RankedTensorType>(type);
      if (isa<TensorType>(type) && (!ranked || ranked.getEncoding()))
        return op->emitOpError() << "cannot be differentiated: expected ranked "
                                    "tensors without encoding, found "
                                 << type;
    }
  return success();
}

static LogicalResult reverseOp(Operation *op, Cotangents &cotangents,
                               OpBuilder &builder) {
  if (failed(checkTypes(op)))
    return failure();
  // The rules of elementwise ops are on scalars.
  auto rule = dyn_cast<GradientOpInterface>(op);
  if (rule && !isElementwiseOnTensors(op))
    return rule.addCotangents(cotangents, builder);
  GradientBuilder b(op->getLoc(), builder);
  linalg::GenericOp generic = toGeneric(op, b);
  if (!generic)
    return refuse(op);
  LogicalResult result =
      reverseStructured(generic, op->getResults(), cotangents, b);
  if (generic == op)
    return result;
  SmallVector<Value> inits(generic.getDpsInits());
  generic.erase();
  for (Value init : inits)
    if (Operation *empty = init.getDefiningOp(); empty && empty->use_empty())
      empty->erase();
  return result;
}

LogicalResult ternary::reverse(ArrayRef<Operation *> ops,
                               Cotangents &cotangents, OpBuilder &builder) {
  for (Operation *op : llvm::reverse(ops)) {
    if (!hasCotangent(op, cotangents))
      continue;
    if (failed(reverseOp(op, cotangents, builder)))
      return failure();
    // A weight's gradient that no rule took would be lost.
    if (llvm::any_of(op->getResults(), [&](Value result) {
          return cotangents.hasWeight(result);
        }))
      return op->emitOpError()
             << "cannot be differentiated as a ternary weight";
  }
  return success();
}
