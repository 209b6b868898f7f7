//===- OutlinePrepare.cpp - Compute once what is constant -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ConstantPart.h"
#include "PackedBytes.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYOUTLINEPREPARE
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

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
  auto type =
      builder.getFunctionType(types, TypeRange(ValueRange(part.values)));
  auto prepare = func::FuncOp::create(
      builder, function.getLoc(), getPrepareName(function), type,
      llvm::to_vector(function->getDiscardableAttrs()), attrs);
  prepare.setVisibility(function.getVisibility());
  for (auto [i, value] : llvm::enumerate(part.values))
    prepare.setResultAttrs(i, getStatementFor(value));

  Block *body = prepare.addEntryBlock();
  builder.setInsertionPointToStart(body);
  IRMapping mapping;
  for (auto [i, argument] : llvm::enumerate(part.arguments.set_bits())) {
    mapping.map(function.getArgument(argument), body->getArgument(i));
    body->getArgument(i).setLoc(function.getArgument(argument).getLoc());
  }
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
  (void)function.insertArguments(indices, TypeRange(ValueRange(part.values)),
                                 attrs, locs);
  for (auto [i, value] : llvm::enumerate(part.values))
    Value(value).replaceAllUsesWith(function.getArgument(first + i));
  part.eraseUnused();
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
      if (Operation *other =
              tables.getSymbolTable(getOperation()).lookup(name)) {
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
