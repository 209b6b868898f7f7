//===- OutlinePrepare.cpp - Compute once what is constant -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "PackedBytes.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYOUTLINEPREPARE
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// All values that an op depends on, those used in its regions included.
SmallVector<Value> getInputs(Operation *op) {
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  SmallVector<Value> inputs(op->getOperands());
  llvm::append_range(inputs, captured);
  return inputs;
}

bool containsTernary(Operation *op) {
  return op
      ->walk([](Operation *nested) {
        return isa<TernaryDialect>(nested->getDialect())
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

/// The part of a function that depends on constant arguments only.
class ConstantPart {
public:
  explicit ConstantPart(func::FuncOp function);

  func::FuncOp function;
  /// What moves, in order, and the arguments that it needs.
  SmallVector<Operation *> ops;
  BitVector arguments;
  /// The values that the rest of the function takes.
  SmallVector<Value> values;

private:
  bool isConstant(Value value) const;
  bool isConstant(Operation *op) const;
  bool isWorthMoving(Operation *op) const;
  bool isUsedByTheRest(Operation *op) const;
  void collect();
  void selectValues();
  void selectOps();

  Block *entry;
  /// All ops of the part; true for those that are worth moving. The others
  /// are cloned where they are needed.
  llvm::MapVector<Operation *, bool> part;
  /// Of the others, those that the rest needs as well.
  DenseSet<Operation *> remaining;
};

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

/// Tensors that a ternary op had a part in.
bool ConstantPart::isWorthMoving(Operation *op) const {
  if (!llvm::all_of(op->getResultTypes(), llvm::IsaPred<RankedTensorType>))
    return false;
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

//===----------------------------------------------------------------------===//
// Outlining
//===----------------------------------------------------------------------===//

/// What `pack` or `repack` say about `value`, as attributes.
SmallVector<NamedAttribute> getStatementFor(Value value) {
  while (auto cast = value.getDefiningOp<tensor::CastOp>())
    value = cast.getSource();
  if (std::optional<PackedBytes> written = getWritten(value.getDefiningOp()))
    return getStatement(*written);
  return {};
}

std::string getPrepareName(func::FuncOp function) {
  return (function.getSymName() + "_prepare").str();
}

/// The function that computes the part, in front of the one it is taken from.
func::FuncOp buildPrepare(const ConstantPart &part) {
  func::FuncOp function = part.function;
  OpBuilder builder(function);
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attrs;
  for (unsigned i : part.arguments.set_bits()) {
    types.push_back(function.getArgumentTypes()[i]);
    // Nothing is left to be outlined from the new function.
    NamedAttrList kept(function.getArgAttrDict(i));
    kept.erase(kConstantAttrName);
    attrs.push_back(kept.getDictionary(builder.getContext()));
  }
  auto type = builder.getFunctionType(types, TypeRange(ValueRange(part.values)));
  auto prepare = func::FuncOp::create(
      builder, function.getLoc(), getPrepareName(function), type,
      llvm::to_vector(function->getDiscardableAttrs()), attrs);
  prepare.setVisibility(function.getVisibility());
  for (auto [i, value] : llvm::enumerate(part.values))
    prepare.setResultAttrs(i, getStatementFor(value));

  Block *body = prepare.addEntryBlock();
  builder.setInsertionPointToStart(body);
  IRMapping mapping;
  for (auto [i, argument] : llvm::enumerate(part.arguments.set_bits()))
    mapping.map(function.getArgument(argument), body->getArgument(i));
  for (Operation *op : part.ops)
    builder.clone(*op, mapping);
  SmallVector<Value> results;
  for (Value value : part.values)
    results.push_back(mapping.lookup(value));
  func::ReturnOp::create(builder, function.getLoc(), results);
  return prepare;
}

/// Takes the prepared values as arguments instead of computing them.
void takePrepared(const ConstantPart &part) {
  func::FuncOp function = part.function;
  Builder builder(function.getContext());
  unsigned first = function.getNumArguments();
  SmallVector<unsigned> indices(part.values.size(), first);
  SmallVector<DictionaryAttr> attrs;
  SmallVector<Location> locs;
  for (Value value : part.values) {
    SmallVector<NamedAttribute> stated = getStatementFor(value);
    stated.push_back(
        builder.getNamedAttr(kConstantAttrName, builder.getUnitAttr()));
    attrs.push_back(builder.getDictionaryAttr(stated));
    locs.push_back(value.getLoc());
  }
  // A func.func takes any arguments, and may lose those without uses.
  (void)function.insertArguments(
      indices, TypeRange(ValueRange(part.values)), attrs, locs);
  for (auto [i, value] : llvm::enumerate(part.values))
    Value(value).replaceAllUsesWith(function.getArgument(first + i));
  for (Operation *op : llvm::reverse(part.ops))
    if (op->use_empty())
      op->erase();
  BitVector unused(function.getNumArguments());
  for (unsigned i : part.arguments.set_bits())
    unused[i] = function.getArgument(i).use_empty();
  (void)function.eraseArguments(unused);
}

void emitRemark(const ConstantPart &part) {
  func::FuncOp function = part.function;
  remark::passed(function.getLoc(), remark::RemarkOpts::name("outlined")
                                        .category("ternary-outline-prepare")
                                        .function(function.getSymName()))
      << remark::metric("Ops", part.ops.size())
      << remark::metric("Values", part.values.size())
      << remark::add("@{0} computes them once", getPrepareName(function));
}

struct OutlinePreparePass
    : ternary::impl::TernaryOutlinePrepareBase<OutlinePreparePass> {
  void runOnOperation() override {
    std::vector<ConstantPart> parts;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isDeclaration()) {
        ConstantPart part(function);
        if (!part.values.empty())
          parts.push_back(std::move(part));
      }
    if (parts.empty())
      return markAllAnalysesPreserved();
    if (failed(check(parts)))
      return signalPassFailure();
    for (const ConstantPart &part : parts) {
      func::FuncOp function = part.function;
      emitRemark(part);
      func::FuncOp prepare = buildPrepare(part);
      takePrepared(part);
      function->setAttr(kPrepareAttrName, FlatSymbolRefAttr::get(prepare));
      numMoved += part.ops.size();
    }
  }

private:
  /// Nothing changes before all functions are known to be fit for it.
  LogicalResult check(ArrayRef<ConstantPart> parts) {
    SymbolTableCollection tables;
    SymbolUserMap users(tables, getOperation());
    for (const ConstantPart &part : parts) {
      func::FuncOp function = part.function;
      if (!users.useEmpty(function)) {
        InFlightDiagnostic error =
            function.emitOpError()
            << "expected no use in the module, since outlining changes its "
               "arguments, found one";
        error.attachNote((*users.getUsers(function).begin())->getLoc())
            << "used here";
        return error;
      }
      std::string name = getPrepareName(function);
      if (Operation *other = tables.getSymbolTable(getOperation()).lookup(name)) {
        InFlightDiagnostic error = function.emitOpError()
                                   << "expected the name @" << name
                                   << " to be free, found it taken";
        error.attachNote(other->getLoc()) << "taken here";
        return error;
      }
    }
    return success();
  }
};

} // namespace
