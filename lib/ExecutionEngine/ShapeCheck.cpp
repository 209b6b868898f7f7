//===- ShapeCheck.cpp - Checking dynamic shapes before a call -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Works on a clone of the function. A value whose type becomes static is put
// behind a cast to its old type, so that the clone is valid at every step; an
// operation that can take the static value is given it in place of the cast.
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/ShapeCheck.h"
#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace ternary;
using mlir::RankedTensorType;
using mlir::Value;

namespace {

class ShapePropagator {
public:
  explicit ShapePropagator(mlir::func::FuncOp function)
      : function(function), builder(function.getContext()) {}

  /// Gives the arguments the shapes of the arrays, and integers their values.
  void setArguments(llvm::ArrayRef<ArrayView> arguments);

  /// Fails with a diagnostic at the first operation that does not verify.
  llvm::LogicalResult run();

private:
  llvm::LogicalResult visit(mlir::Operation &op);
  llvm::LogicalResult visitDestinationStyle(mlir::Operation &op);
  llvm::LogicalResult visitCast(mlir::tensor::CastOp op);
  void visitEmpty(mlir::tensor::EmptyOp op);
  void fold(mlir::Operation &op);

  /// Changes the type of `value`; its users see the old one through a cast.
  void retype(Value value, RankedTensorType type);
  /// Lets `op` use the static values themselves. True if there were any.
  bool useStaticOperands(mlir::Operation &op);
  /// Replaces known sizes in the `shape(...)` of `op`. True if there were any.
  template <typename OpTy> bool useStaticShape(OpTy op);
  /// The value of an integer that is known for this call.
  std::optional<int64_t> getConstant(Value value) const;

  mlir::func::FuncOp function;
  mlir::OpBuilder builder;
  /// The static value behind each cast that `retype` made.
  llvm::DenseMap<Value, Value> staticValues;
  llvm::DenseMap<Value, mlir::Attribute> constants;
};

void ShapePropagator::retype(Value value, RankedTensorType type) {
  mlir::Type old = value.getType();
  if (old == type)
    return;
  value.setType(type);
  builder.setInsertionPointAfterValue(value);
  auto cast = mlir::tensor::CastOp::create(builder, value.getLoc(), old, value);
  value.replaceAllUsesExcept(cast.getResult(), cast);
  staticValues[cast.getResult()] = value;
}

void ShapePropagator::setArguments(llvm::ArrayRef<ArrayView> arguments) {
  for (auto [value, array] : llvm::zip(function.getArguments(), arguments)) {
    if (auto type = llvm::dyn_cast<RankedTensorType>(value.getType())) {
      if (type.getRank() == static_cast<int64_t>(array.shape.size()))
        retype(value, type.clone(array.shape));
    } else if (value.getType().isIntOrIndex()) {
      constants[value] =
          builder.getIntegerAttr(value.getType(), array.getAsInteger());
    }
  }
}

bool ShapePropagator::useStaticOperands(mlir::Operation &op) {
  bool changed = false;
  for (mlir::OpOperand &operand : op.getOpOperands())
    if (Value value = staticValues.lookup(operand.get())) {
      operand.set(value);
      changed = true;
    }
  return changed;
}

template <typename OpTy> bool ShapePropagator::useStaticShape(OpTy op) {
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<Value> unknown;
  for (mlir::OpFoldResult size : op.getMixedShape()) {
    auto value = llvm::dyn_cast<Value>(size);
    std::optional<int64_t> known =
        value ? getConstant(value) : mlir::getConstantIntValue(size);
    sizes.push_back(known.value_or(mlir::ShapedType::kDynamic));
    if (!known)
      unknown.push_back(value);
  }
  if (unknown.size() == op.getShape().size())
    return false;
  op.getShapeMutable().assign(unknown);
  op.setStaticShape(sizes);
  return true;
}

std::optional<int64_t> ShapePropagator::getConstant(Value value) const {
  auto attribute =
      llvm::dyn_cast_or_null<mlir::IntegerAttr>(constants.lookup(value));
  if (!attribute || attribute.getValue().getBitWidth() > 64)
    return std::nullopt;
  return attribute.getInt();
}

llvm::LogicalResult
ShapePropagator::visitDestinationStyle(mlir::Operation &op) {
  bool changed = useStaticOperands(op);
  llvm::TypeSwitch<mlir::Operation *>(&op)
      .Case<EmbeddingOp, RegroupScaleOp, RepackOp>(
          [&](auto typed) { changed |= useStaticShape(typed); });
  if (!changed)
    return llvm::success();
  auto style = llvm::cast<mlir::DestinationStyleOpInterface>(op);
  llvm::SmallVector<mlir::Type> before(op.getResultTypes());
  for (mlir::OpResult result : op.getResults())
    result.setType(style.getTiedOpOperand(result)->get().getType());
  if (failed(op.getName().verifyInvariants(&op)) ||
      failed(op.getName().verifyRegionInvariants(&op)))
    return llvm::failure();
  for (auto [result, old] : llvm::zip(op.getResults(), before)) {
    auto type = llvm::dyn_cast<RankedTensorType>(result.getType());
    result.setType(old);
    if (type)
      retype(result, type);
  }
  return llvm::success();
}

llvm::LogicalResult ShapePropagator::visitCast(mlir::tensor::CastOp op) {
  Value value = staticValues.lookup(op.getSource());
  if (!value)
    return llvm::success();
  auto source = llvm::cast<RankedTensorType>(value.getType());
  auto target = llvm::dyn_cast<RankedTensorType>(op.getType());
  if (!mlir::tensor::CastOp::areCastCompatible(source, op.getType()))
    return op.emitOpError("expected a shape that fits ")
           << op.getType() << ", found " << source;
  op.getSourceMutable().assign(value);
  if (!target)
    return llvm::success();
  llvm::SmallVector<int64_t> shape(source.getShape());
  for (auto [size, known] : llvm::zip(shape, target.getShape()))
    if (mlir::ShapedType::isDynamic(size))
      size = known;
  retype(op.getResult(), target.clone(shape));
  return llvm::success();
}

void ShapePropagator::visitEmpty(mlir::tensor::EmptyOp op) {
  llvm::SmallVector<int64_t> shape(op.getType().getShape());
  llvm::SmallVector<Value> sizes;
  unsigned next = 0;
  for (int64_t &size : shape) {
    if (!mlir::ShapedType::isDynamic(size))
      continue;
    Value operand = op.getDynamicSizes()[next++];
    std::optional<int64_t> known = getConstant(operand);
    if (known && *known >= 0)
      size = *known;
    else
      sizes.push_back(operand);
  }
  if (sizes.size() == op.getDynamicSizes().size())
    return;
  op.getDynamicSizesMutable().assign(sizes);
  retype(op.getResult(), op.getType().clone(shape));
}

void ShapePropagator::fold(mlir::Operation &op) {
  bool isInteger = op.getNumResults() != 0 && op.getNumRegions() == 0 &&
                   llvm::all_of(op.getResultTypes(), [](mlir::Type type) {
                     return type.isIntOrIndex();
                   });
  if (!isInteger || !mlir::isMemoryEffectFree(&op))
    return;
  if (llvm::isa<mlir::tensor::DimOp>(op))
    useStaticOperands(op);
  mlir::Attribute constant;
  if (mlir::matchPattern(&op, mlir::m_Constant(&constant))) {
    constants[op.getResult(0)] = constant;
    return;
  }
  llvm::SmallVector<mlir::Attribute> operands;
  for (Value operand : op.getOperands())
    operands.push_back(constants.lookup(operand));
  llvm::SmallVector<mlir::OpFoldResult> results;
  if (failed(op.fold(operands, results)) || results.empty())
    return;
  for (auto [result, folded] : llvm::zip(op.getResults(), results)) {
    auto attribute = llvm::dyn_cast<mlir::Attribute>(folded);
    constants[result] =
        attribute ? attribute : constants.lookup(llvm::cast<Value>(folded));
  }
}

llvm::LogicalResult ShapePropagator::visit(mlir::Operation &op) {
  if (auto cast = llvm::dyn_cast<mlir::tensor::CastOp>(op))
    return visitCast(cast);
  if (auto empty = llvm::dyn_cast<mlir::tensor::EmptyOp>(op)) {
    visitEmpty(empty);
    return llvm::success();
  }
  // Elsewhere (tensor.insert_slice, say) a static operand beside a dynamic size
  // may be refused although the two agree.
  bool isOurs = op.getName().getDialectNamespace() == "ternary";
  if (llvm::isa<mlir::DestinationStyleOpInterface>(op) &&
      (isOurs || llvm::isa<mlir::linalg::LinalgOp>(op)))
    return visitDestinationStyle(op);
  fold(op);
  return llvm::success();
}

llvm::LogicalResult ShapePropagator::run() {
  for (mlir::Operation &op :
       llvm::make_early_inc_range(function.getBody().front()))
    // The casts of `retype` are results of this walk, not part of the source.
    if (op.getNumResults() != 1 || !staticValues.contains(op.getResult(0)))
      if (failed(visit(op)))
        return llvm::failure();
  return llvm::success();
}

} // namespace

llvm::Error ternary::checkShapes(mlir::ModuleOp module,
                                 const Signature &signature,
                                 llvm::ArrayRef<ArrayView> arguments) {
  bool isStatic = llvm::none_of(signature.arguments, [](const ValueSpec &spec) {
    return spec.isScalar || llvm::is_contained(spec.shape, kDynamicDim);
  });
  auto function = module.lookupSymbol<mlir::func::FuncOp>(signature.name);
  if (isStatic || !function)
    return llvm::Error::success();
  std::string message;
  mlir::ScopedDiagnosticHandler handler(
      module.getContext(), [&](mlir::Diagnostic &diagnostic) {
        if (message.empty() &&
            diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
          message = formatLocation(diagnostic.getLocation()) + ": " +
                    diagnostic.str();
        return llvm::success();
      });
  mlir::OwningOpRef<mlir::func::FuncOp> clone(function.clone());
  ShapePropagator propagator(*clone);
  propagator.setArguments(arguments);
  if (succeeded(propagator.run()))
    return llvm::Error::success();
  return llvm::createStringError(message + ", with the shapes of this call");
}
