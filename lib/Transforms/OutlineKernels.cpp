//===- OutlineKernels.cpp - ternary-outline-kernels -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Ternary.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/SymbolTable.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYOUTLINEKERNELS
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// Whether `op` is all that a private function does: it was outlined before.
bool isOutlined(Operation *op) {
  auto function = dyn_cast<func::FuncOp>(op->getParentOp());
  return function && function.isPrivate() &&
         op->getNextNode() == op->getBlock()->getTerminator() &&
         op == &op->getBlock()->front();
}

/// Ops with the same key are served by one function.
ArrayAttr getKey(Operation *op) {
  Builder b(op->getContext());
  SmallVector<Attribute> key{op->getName().getIdentifier(),
                             op->getDiscardableAttrDictionary()};
  if (Attribute properties = op->getPropertiesAsAttribute())
    key.push_back(properties);
  for (Type type : op->getOperandTypes())
    key.push_back(TypeAttr::get(type));
  return b.getArrayAttr(key);
}

struct OutlineKernelsPass
    : ternary::impl::TernaryOutlineKernelsBase<OutlineKernelsPass> {
  void runOnOperation() override {
    SymbolTableCollection tables;
    DenseMap<std::pair<Operation *, Attribute>, func::FuncOp> kernels;
    SmallVector<Operation *> ops;
    getOperation().walk([&](DestinationStyleOpInterface op) {
      if (isa_and_nonnull<TernaryDialect>(op->getDialect()) &&
          op.hasPureBufferSemantics() && !isOutlined(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      // A nested module calls functions of its own.
      Operation *module = SymbolTable::getNearestSymbolTable(op);
      func::FuncOp &kernel = kernels[{module, getKey(op)}];
      if (!kernel)
        kernel = makeKernel(op, tables.getSymbolTable(module));
      OpBuilder b(op);
      func::CallOp::create(b, op->getLoc(), kernel, op->getOperands());
      op->erase();
    }
  }

private:
  func::FuncOp makeKernel(Operation *op, SymbolTable &symbols) {
    OpBuilder b(&getContext());
    Location loc = op->getLoc();
    std::string name = "ternary_" + op->getName().stripDialect().str();
    auto kernel = func::FuncOp::create(
        b, loc, name, b.getFunctionType(op->getOperandTypes(), {}));
    kernel.setPrivate();
    kernel->setAttr(
        "llvm.linkage",
        LLVM::LinkageAttr::get(&getContext(), LLVM::Linkage::Internal));
    Block *body = kernel.addEntryBlock();
    b.setInsertionPointToStart(body);
    b.clone(*op)->setOperands(body->getArguments());
    func::ReturnOp::create(b, loc);
    // Makes the name unique.
    symbols.insert(kernel);
    return kernel;
  }
};

} // namespace
