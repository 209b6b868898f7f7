//===- ResultsToArguments.cpp - ternary-results-to-arguments --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Ternary.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYRESULTSTOARGUMENTS
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;
using bufferization::BufferizationDialect;

namespace {

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

/// Says the extents of values by the sizes of a call: the dynamic extents and
/// the index scalars of the arguments, in order.
class CallSizes {
public:
  explicit CallSizes(func::FuncOp function) : function(function) {
    for (BlockArgument argument : function.getArguments()) {
      if (argument.getType().isIndex())
        sizes.push_back({argument, std::nullopt});
      auto type = dyn_cast<ShapedType>(argument.getType());
      for (int64_t i = 0; type && type.hasRank() && i < type.getRank(); ++i)
        if (type.isDynamicDim(i))
          sizes.push_back({argument, i});
    }
  }

  /// The extents of a result; fails where one does not follow from the sizes.
  /// Without a value only what its type says is known.
  FailureOr<AffineMap> getExtents(Type type, Value value) {
    SmallVector<AffineExpr> extents;
    auto shaped = dyn_cast<ShapedType>(type);
    for (int64_t i = 0; shaped && i < shaped.getRank(); ++i) {
      FailureOr<AffineExpr> extent = failure();
      if (!shaped.isDynamicDim(i))
        extent = getAffineConstantExpr(shaped.getDimSize(i), type.getContext());
      else if (value)
        extent = get(value, i);
      if (failed(extent))
        return failure();
      extents.push_back(*extent);
    }
    return AffineMap::get(sizes.size(), 0, extents, type.getContext());
  }

private:
  /// An index value, or the extent of a shaped one.
  FailureOr<AffineExpr> get(Value value, std::optional<int64_t> dim) {
    if (dim && !cast<ShapedType>(value.getType()).isDynamicDim(*dim))
      return getAffineConstantExpr(
          cast<ShapedType>(value.getType()).getDimSize(*dim),
          value.getContext());
    auto *size = llvm::find(sizes, std::make_pair(value, dim));
    if (size != sizes.end())
      return getAffineDimExpr(size - sizes.begin(), value.getContext());
    if (isQuotient(value))
      return getQuotient(value.getDefiningOp());
    return getBound(value, dim);
  }

  /// Value bounds know no quotients, which byte shapes are full of.
  static bool isQuotient(Value value) {
    return isa_and_nonnull<arith::CeilDivUIOp, arith::CeilDivSIOp,
                           arith::DivUIOp, arith::DivSIOp, arith::RemUIOp,
                           arith::RemSIOp>(value.getDefiningOp());
  }

  /// Sizes are not negative, so that signs do not matter.
  FailureOr<AffineExpr> getQuotient(Operation *op) {
    FailureOr<AffineExpr> a = get(op->getOperand(0), std::nullopt);
    FailureOr<AffineExpr> b = get(op->getOperand(1), std::nullopt);
    if (failed(a) || failed(b))
      return failure();
    auto divisor = dyn_cast<AffineConstantExpr>(*b);
    if (!divisor || divisor.getValue() < 1)
      return failure();
    if (isa<arith::CeilDivUIOp, arith::CeilDivSIOp>(op))
      return a->ceilDiv(*b);
    return isa<arith::DivUIOp, arith::DivSIOp>(op) ? a->floorDiv(*b) : *a % *b;
  }

  FailureOr<AffineExpr> getBound(Value value, std::optional<int64_t> dim) {
    auto stop = [&](Value at, std::optional<int64_t> atDim,
                    ValueBoundsConstraintSet &) {
      return llvm::is_contained(sizes, std::make_pair(at, atDim)) ||
             isQuotient(at);
    };
    using Variable = ValueBoundsConstraintSet::Variable;
    AffineMap map;
    ValueDimList operands;
    if (failed(ValueBoundsConstraintSet::computeBound(
            map, operands, presburger::BoundType::EQ,
            dim ? Variable(value, *dim) : Variable(value), stop)))
      return failure();
    SmallVector<AffineExpr> known;
    for (auto [at, atDim] : operands) {
      FailureOr<AffineExpr> expr = get(at, atDim);
      if (failed(expr))
        return failure();
      known.push_back(*expr);
    }
    ArrayRef<AffineExpr> exprs(known);
    return map.getResult(0).replaceDimsAndSymbols(
        exprs.take_front(map.getNumDims()), exprs.drop_front(map.getNumDims()));
  }

  func::FuncOp function;
  SmallVector<std::pair<Value, std::optional<int64_t>>> sizes;
};

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

bool isMarkedWritable(func::FuncOp function, unsigned argument) {
  auto attr = function.getArgAttrOfType<BoolAttr>(
      argument, BufferizationDialect::kWritableAttrName);
  return attr && attr.getValue();
}

/// The init that `value` is the new state of; null where there is none.
Value getInit(Value value) {
  auto result = dyn_cast<OpResult>(value);
  if (!result)
    return nullptr;
  if (auto op = dyn_cast<DestinationStyleOpInterface>(result.getOwner()))
    return op.getTiedOpOperand(result)->get();
  if (auto loop = dyn_cast<LoopLikeOpInterface>(result.getOwner())) {
    OpOperand *init = loop.getTiedLoopInit(result);
    return init ? init->get() : nullptr;
  }
  auto cast = dyn_cast<tensor::CastOp>(result.getOwner());
  return cast ? cast.getSource() : nullptr;
}

/// The writable argument that a returned value is the new state of.
std::optional<unsigned> getStateArgument(func::FuncOp function, Value value) {
  Type type = value.getType();
  if (!isa<RankedTensorType>(type))
    return std::nullopt;
  while (Value init = getInit(value))
    value = init;
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != &function.getBody().front() ||
      argument.getType() != type ||
      !isMarkedWritable(function, argument.getArgNumber()))
    return std::nullopt;
  return argument.getArgNumber();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

MemRefType getBufferType(Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    return MemRefType::get(shaped.getShape(), shaped.getElementType());
  return MemRefType::get({}, type);
}

/// Where each result of a function goes.
struct Plan {
  /// The argument whose buffer it shares, if any.
  std::optional<unsigned> state;
  /// The extents of a buffer of its own.
  AffineMap extents;
};

FailureOr<SmallVector<Plan>> makePlan(func::FuncOp function) {
  SmallVector<func::ReturnOp> returns(function.getOps<func::ReturnOp>());
  CallSizes sizes(function);
  SmallVector<Plan> plans;
  llvm::SmallDenseSet<unsigned> taken;
  for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
    Plan plan;
    auto shaped = dyn_cast<ShapedType>(type);
    if (shaped && !shaped.hasRank())
      return function.emitOpError()
             << "expected a rank for result " << i << ", found " << type;
    // With several returns only what the type says is known.
    Value value = returns.size() == 1 ? returns[0].getOperand(i) : nullptr;
    if (value)
      plan.state = getStateArgument(function, value);
    if (plan.state && !taken.insert(*plan.state).second)
      plan.state.reset();
    FailureOr<AffineMap> extents = sizes.getExtents(type, value);
    if (failed(extents))
      return function.emitOpError()
             << "expected extents of result " << i
             << " that follow from the sizes of the arguments, found " << type;
    plan.extents = *extents;
    plans.push_back(plan);
  }
  return plans;
}

/// The function keeps a tensor of the argument's buffer.
void makeBuffer(func::FuncOp function, unsigned index) {
  BlockArgument argument = function.getArgument(index);
  Type type = argument.getType();
  argument.setType(getBufferType(type));
  OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
  auto tensor = bufferization::ToTensorOp::create(b, argument.getLoc(), type,
                                                  argument, /*restrict=*/true,
                                                  /*writable=*/true);
  argument.replaceAllUsesExcept(tensor.getResult(), tensor);
  function.removeArgAttr(index, BufferizationDialect::kWritableAttrName);
}

void store(OpBuilder &b, Location loc, Value value, Value buffer) {
  if (isa<RankedTensorType>(value.getType()))
    bufferization::MaterializeInDestinationOp::create(
        b, loc, /*result=*/TypeRange(), value, buffer, /*restrict=*/true,
        /*writable=*/true);
  else if (isa<MemRefType>(value.getType()))
    memref::CopyOp::create(b, loc, value, buffer);
  else
    memref::StoreOp::create(b, loc, value, buffer, ValueRange());
}

/// Adds the arguments; returns the buffer of each result.
SmallVector<Value> addBuffers(func::FuncOp function, ArrayRef<Plan> plans) {
  SmallVector<Value> buffers;
  Block &body = function.getBody().front();
  SmallVector<DictionaryAttr> attrs;
  function.getAllArgAttrs(attrs);
  for (auto [i, plan] : llvm::enumerate(plans)) {
    if (plan.state) {
      makeBuffer(function, *plan.state);
      buffers.push_back(function.getArgument(*plan.state));
      continue;
    }
    MemRefType type = getBufferType(function.getResultTypes()[i]);
    AffineMap extents = plan.extents;
    NamedAttrList stated(function.getResultAttrDict(i));
    stated.set(kExtentsAttrName, AffineMapAttr::get(extents));
    (void)function.insertArgument(function.getNumArguments(), type,
                                  stated.getDictionary(type.getContext()),
                                  function.getLoc());
    buffers.push_back(body.getArguments().back());
  }
  return buffers;
}

void convert(func::FuncOp function, ArrayRef<Plan> plans) {
  SmallVector<Value> buffers = addBuffers(function, plans);
  for (auto op : function.getOps<func::ReturnOp>()) {
    OpBuilder b(op);
    for (auto [value, buffer] : llvm::zip(op.getOperands(), buffers))
      store(b, op.getLoc(), value, buffer);
    op->setOperands({});
  }
  Block &body = function.getBody().front();
  Builder b(function.getContext());
  function.setResAttrsAttr(nullptr);
  function.setType(b.getFunctionType(body.getArgumentTypes(), {}));
  for (BlockArgument argument : body.getArguments())
    if (isa<RankedTensorType>(argument.getType()) &&
        !isMarkedWritable(function, argument.getArgNumber()))
      function.setArgAttr(argument.getArgNumber(),
                          BufferizationDialect::kWritableAttrName,
                          b.getBoolAttr(false));
}

struct ResultsToArgumentsPass
    : ternary::impl::TernaryResultsToArgumentsBase<ResultsToArgumentsPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<std::pair<func::FuncOp, SmallVector<Plan>>> work;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isDeclaration())
        continue;
      FailureOr<SmallVector<Plan>> plan = makePlan(function);
      if (failed(plan))
        return signalPassFailure();
      work.emplace_back(function, std::move(*plan));
    }
    for (auto &[function, plan] : work) {
      if (failed(keepForCalls(function, symbols)))
        return signalPassFailure();
      convert(function, plan);
    }
  }

private:
  /// Calls in the module go to a private copy, which returns its results.
  LogicalResult keepForCalls(func::FuncOp function, SymbolTable &symbols) {
    auto uses = SymbolTable::getSymbolUses(function, getOperation());
    SmallVector<func::CallOp> calls;
    for (SymbolTable::SymbolUse use : *uses) {
      if (auto call = dyn_cast<func::CallOp>(use.getUser()))
        calls.push_back(call);
      else if (!isa<func::FuncOp>(use.getUser()))
        return use.getUser()->emitOpError()
               << "expected no use of '" << function.getSymName()
               << "' but calls, since its results become arguments";
    }
    if (calls.empty() || function.getNumResults() == 0)
      return success();
    func::FuncOp copy = function.clone();
    copy.setPrivate();
    copy.setName((function.getSymName() + "_called").str());
    symbols.insert(copy, std::next(Block::iterator(function)));
    // Where the function calls itself, the copy does too.
    copy.walk([&](func::CallOp call) {
      if (call.getCallee() == function.getSymName())
        calls.push_back(call);
    });
    for (func::CallOp call : calls)
      call.setCallee(copy.getSymName());
    return success();
  }
};

} // namespace
