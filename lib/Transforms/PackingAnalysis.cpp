//===- PackingAnalysis.cpp - What is stated about bytes where -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "PackingAnalysis.h"

#include "mlir/Analysis/DataFlow/ConstantPropagationAnalysis.h"
#include "mlir/Analysis/DataFlow/DeadCodeAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/CallInterfaces.h"

using namespace mlir;
using namespace mlir::dataflow;
using namespace ternary;

Statement Statement::join(const Statement &lhs, const Statement &rhs) {
  if (lhs.kind == None || rhs.kind == Contradictory)
    return rhs;
  if (rhs.kind == None || lhs.kind == Contradictory)
    return lhs;
  if (lhs.bytes.packing != rhs.bytes.packing)
    return {Contradictory, {}, std::nullopt};
  Statement joined = lhs;
  for (auto [extent, other] : llvm::zip(joined.bytes.shape, rhs.bytes.shape))
    if (extent != other)
      extent = ShapedType::kDynamic;
  return joined;
}

void Statement::print(raw_ostream &os) const {
  if (kind == Known)
    os << bytes.packing;
  else
    os << (kind == None ? "none" : "contradictory");
}

FunctionOpInterface ternary::getCallee(CallOpInterface call,
                                       SymbolTableCollection &symbolTables) {
  return dyn_cast_or_null<FunctionOpInterface>(
      call.resolveCallableInTable(&symbolTables));
}

namespace {

/// Says that no value is known to be constant: constant propagation would pack
/// the weights, and take from the check the branches that are not taken.
class NoConstants : public DataFlowAnalysis {
public:
  using DataFlowAnalysis::DataFlowAnalysis;

  LogicalResult initialize(Operation *top) override {
    top->walk([&](Operation *op) {
      llvm::for_each(op->getResults(), [&](Value value) { forget(value); });
      for (Region &region : op->getRegions())
        for (Block &block : region)
          llvm::for_each(block.getArguments(),
                         [&](Value value) { forget(value); });
    });
    return success();
  }
  LogicalResult visit(ProgramPoint *) override { return success(); }

private:
  void forget(Value value) {
    auto *lattice = getOrCreate<Lattice<ConstantValue>>(value);
    propagateIfChanged(lattice,
                       lattice->join(ConstantValue::getUnknownConstant()));
  }
};

class PackingAnalysis : public SparseForwardDataFlowAnalysis<StatementLattice> {
public:
  using SparseForwardDataFlowAnalysis::SparseForwardDataFlowAnalysis;

  LogicalResult initialize(Operation *top) override;
  LogicalResult visitOperation(Operation *op,
                               ArrayRef<const StatementLattice *> operands,
                               ArrayRef<StatementLattice *> results) override;
  void
  visitCallableOperation(CallableOpInterface callable,
                         ArrayRef<AbstractSparseLattice *> arguments) override;
  LogicalResult
  visitCallOperation(CallOpInterface call,
                     ArrayRef<const AbstractSparseLattice *> operands,
                     ArrayRef<AbstractSparseLattice *> results) override;
  /// Nothing is stated about what enters from elsewhere.
  void setToEntryState(StatementLattice *) override {}

private:
  void state(AbstractSparseLattice *lattice,
             const std::optional<PackedBytes> &bytes, Location loc) {
    if (bytes)
      propagateIfChanged(lattice,
                         static_cast<StatementLattice *>(lattice)->join(
                             Statement::get(*bytes, loc)));
  }

  SymbolTableCollection symbolTables;
};

/// Whether a slice of this type is all of `source`.
bool isWhole(Type source, Type slice) {
  auto from = cast<ShapedType>(source), to = cast<ShapedType>(slice);
  return from.hasStaticShape() && from.getShape() == to.getShape();
}

/// The operands of `op` whose bytes its first result holds unchanged.
ArrayRef<const StatementLattice *>
getForwarded(Operation *op, ArrayRef<const StatementLattice *> operands) {
  if (isa<arith::SelectOp>(op))
    return operands.drop_front();
  bool forwards = false;
  if (isa<tensor::ExtractSliceOp, memref::SubViewOp>(op))
    forwards = isWhole(op->getOperand(0).getType(), op->getResult(0).getType());
  else if (isa<CastOpInterface, bufferization::ToTensorOp,
               bufferization::ToBufferOp>(op))
    // A cast of the elements makes other bytes.
    forwards = op->getNumOperands() == 1 && op->getNumResults() == 1 &&
               getElementTypeOrSelf(op->getOperand(0)) ==
                   getElementTypeOrSelf(op->getResult(0));
  return operands.take_front(forwards ? 1 : 0);
}

LogicalResult PackingAnalysis::initialize(Operation *top) {
  // Functions that nothing calls are checked too.
  top->walk([&](CallableOpInterface callable) {
    Region *body = callable.getCallableRegion();
    if (!body || body->empty())
      return;
    auto *entry =
        getOrCreate<Executable>(getProgramPointBefore(&body->front()));
    propagateIfChanged(entry, entry->setToLive());
  });
  return SparseForwardDataFlowAnalysis::initialize(top);
}

LogicalResult
PackingAnalysis::visitOperation(Operation *op,
                                ArrayRef<const StatementLattice *> operands,
                                ArrayRef<StatementLattice *> results) {
  if (std::optional<PackedBytes> written = getWritten(op)) {
    state(results[0], written, op->getLoc());
    return success();
  }
  for (const StatementLattice *operand : getForwarded(op, operands))
    join(results[0], *operand);
  return success();
}

void PackingAnalysis::visitCallableOperation(
    CallableOpInterface callable, ArrayRef<AbstractSparseLattice *> arguments) {
  // What known callers pass counts even where there may be others.
  Block &entry = callable.getCallableRegion()->front();
  ProgramPoint *point = getProgramPointBefore(&entry);
  const auto *callers =
      getOrCreateFor<PredecessorState>(point, getProgramPointAfter(callable));
  for (Operation *caller : callers->getKnownPredecessors())
    for (auto [argument, operand] :
         llvm::zip(arguments, cast<CallOpInterface>(caller).getArgOperands()))
      join(argument, *getLatticeElementFor(point, operand));
  if (auto function = dyn_cast<FunctionOpInterface>(callable.getOperation()))
    for (auto [i, argument] : llvm::enumerate(arguments))
      state(argument, getStated(function.getArgAttrDict(i)),
            entry.getArgument(i).getLoc());
}

LogicalResult
PackingAnalysis::visitCallOperation(CallOpInterface call,
                                    ArrayRef<const AbstractSparseLattice *>,
                                    ArrayRef<AbstractSparseLattice *> results) {
  // The default looks the callee up without a symbol table, in linear time.
  ProgramPoint *point = getProgramPointAfter(call);
  const auto *returns = getOrCreateFor<PredecessorState>(point, point);
  for (Operation *op : returns->getKnownPredecessors())
    for (auto [result, operand] : llvm::zip(results, op->getOperands()))
      join(result, *getLatticeElementFor(point, operand));
  if (FunctionOpInterface callee = getCallee(call, symbolTables))
    for (auto [i, result] : llvm::enumerate(results.take_front(
             std::min<size_t>(results.size(), callee.getNumResults()))))
      state(result, getStated(callee.getResultAttrDict(i)), callee.getLoc());
  return success();
}

} // namespace

void ternary::loadPackingAnalysis(DataFlowSolver &solver) {
  solver.load<NoConstants>();
  solver.load<DeadCodeAnalysis>();
  solver.load<PackingAnalysis>();
}
