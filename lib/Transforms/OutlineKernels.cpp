//===- OutlineKernels.cpp - ternary-outline-kernels -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/GPUTile.h"
#include "ternary/IR/RowFusion.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/SymbolTable.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYOUTLINEKERNELS
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// Ops that become a function: one, or two with the buffer between them.
struct Unit {
  SmallVector<Operation *> ops;

  /// Of all ops, in order.
  SmallVector<Value> operands() const {
    SmallVector<Value> result;
    for (Operation *op : ops)
      llvm::append_range(result, op->getOperands());
    return result;
  }
  std::string name() const {
    std::string name = "ternary";
    for (Operation *op : ops)
      if (isTernary(op))
        name += "_" + op->getName().stripDialect().str();
    return name;
  }
  static bool isTernary(Operation *op) {
    return isa_and_nonnull<TernaryDialect>(op->getDialect());
  }
};

/// Whether the ops are all that a private function does: they were outlined
/// before.
bool isOutlined(const Unit &unit) {
  Operation *op = unit.ops.front();
  auto function = dyn_cast<func::FuncOp>(op->getParentOp());
  return function && function.isPrivate() && op == &op->getBlock()->front() &&
         llvm::hasNItems(op->getBlock()->without_terminator(), unit.ops.size());
}

/// Units with the same key are served by one function.
ArrayAttr getKey(const Unit &unit) {
  Builder b(unit.ops.front()->getContext());
  SmallVector<Attribute> key;
  for (Operation *op : unit.ops) {
    key.push_back(op->getName().getIdentifier());
    key.push_back(op->getDiscardableAttrDictionary());
    if (Attribute properties = op->getPropertiesAsAttribute())
      key.push_back(properties);
    for (Type type : op->getOperandTypes())
      key.push_back(TypeAttr::get(type));
  }
  return b.getArrayAttr(key);
}

/// On a GPU `rms_norm` and what quantizes its result are one kernel; the buffer
/// between them goes with them.
std::optional<Unit> getPair(Operation *op) {
  auto norm = dyn_cast<RMSNormOp>(op);
  QuantizeActivationOp quantizer;
  if (norm && isForGPU(getTarget(op)))
    quantizer = getOnlyQuantizer(norm);
  if (!quantizer)
    return std::nullopt;
  Operation *alloc = norm.getInits()[0].getDefiningOp();
  Unit pair{{alloc, norm, quantizer}};
  for (Operation *user : alloc->getUsers())
    if (isa<memref::DeallocOp>(user))
      pair.ops.push_back(user);
  return pair;
}

struct OutlineKernelsPass
    : ternary::impl::TernaryOutlineKernelsBase<OutlineKernelsPass> {
  void runOnOperation() override {
    SymbolTableCollection tables;
    DenseMap<std::pair<Operation *, Attribute>, func::FuncOp> kernels;
    for (const Unit &unit : findUnits()) {
      // A nested module calls functions of its own.
      Operation *last = unit.ops.back();
      Operation *module = SymbolTable::getNearestSymbolTable(last);
      func::FuncOp &kernel = kernels[{module, getKey(unit)}];
      if (!kernel)
        kernel = makeKernel(unit, tables.getSymbolTable(module));
      OpBuilder b(last);
      func::CallOp::create(b, last->getLoc(), kernel, getArguments(unit));
      remark::passed(last->getLoc(), remark::RemarkOpts::name("outlined kernel")
                                         .category("ternary-outline-kernels"))
          << remark::metric("Function", kernel.getName());
      for (Operation *op : llvm::reverse(unit.ops))
        op->erase();
    }
  }

private:
  SmallVector<Unit> findUnits() {
    SmallVector<Unit> units;
    DenseSet<Operation *> taken;
    getOperation().walk([&](DestinationStyleOpInterface op) {
      if (!Unit::isTernary(op) || !op.hasPureBufferSemantics() ||
          taken.contains(op))
        return;
      // Inside of an unregistered op nothing is known of symbols.
      if (!SymbolTable::getNearestSymbolTable(op))
        return;
      Unit unit = getPair(op).value_or(Unit{{op}});
      taken.insert(unit.ops.begin(), unit.ops.end());
      if (!isOutlined(unit))
        units.push_back(unit);
    });
    return units;
  }

  /// Operands that come from outside of the unit.
  static SmallVector<Value> getArguments(const Unit &unit) {
    return llvm::to_vector(
        llvm::make_filter_range(unit.operands(), [&](Value operand) {
          return !llvm::is_contained(unit.ops, operand.getDefiningOp());
        }));
  }

  func::FuncOp makeKernel(const Unit &unit, SymbolTable &symbols) {
    OpBuilder b(&getContext());
    Location loc = unit.ops.back()->getLoc();
    SmallVector<Value> arguments = getArguments(unit);
    auto kernel = func::FuncOp::create(
        b, loc, unit.name(),
        b.getFunctionType(TypeRange(ValueRange(arguments)), {}));
    kernel.setPrivate();
    kernel->setAttr(
        "llvm.linkage",
        LLVM::LinkageAttr::get(&getContext(), LLVM::Linkage::Internal));
    Block *body = kernel.addEntryBlock();
    b.setInsertionPointToStart(body);
    // By position: an operand may stand in several.
    auto next = body->args_begin();
    IRMapping inside;
    for (Operation *op : unit.ops) {
      Operation *copy = b.clone(*op, inside);
      for (OpOperand &operand : copy->getOpOperands())
        if (Value outer = op->getOperand(operand.getOperandNumber());
            !llvm::is_contained(unit.ops, outer.getDefiningOp()))
          operand.set(*next++);
    }
    func::ReturnOp::create(b, loc);
    // Makes the name unique.
    symbols.insert(kernel);
    return kernel;
  }
};

} // namespace
