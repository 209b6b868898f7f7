//===- Layers.cpp - The layers of a module, one by one --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Layers.h"

#include "ternary/IR/Panel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace ternary;
using tune::Layer;

static bool isOpen(const LayerKey &key) {
  return llvm::is_contained({key.rows, key.columns, key.tokens},
                            ShapedType::kDynamic);
}

static bool hasStaticOperands(BitLinearOp op) {
  return llvm::all_of(op->getOperandTypes(), [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return !shaped || shaped.hasStaticShape();
  });
}

std::vector<Layer> tune::findLayers(ModuleOp module) {
  TargetAttr target = getTarget(module);
  std::vector<Layer> layers;
  module.walk([&](BitLinearOp op) {
    if (!op.hasPureTensorSemantics() || op.getWeights().empty())
      return;
    LayerKey key = LayerKey::get(op, target);
    if (isOpen(key) || !hasStaticOperands(op)) {
      op.emitWarning() << "not tuned: expected known extents";
      return;
    }
    auto isKnown = [&](const Layer &layer) { return layer.key == key; };
    if (llvm::none_of(layers, isKnown))
      layers.push_back({key, op, key.rows * key.columns / 4 * key.components});
  });
  return layers;
}

OwningOpRef<ModuleOp> tune::isolate(BitLinearOp op) {
  OpBuilder b(op.getContext());
  Location loc = op.getLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  b.setInsertionPointToStart(module->getBody());
  // Operands in their order, without inits.
  SmallVector<Value> operands(op->getOperands().drop_back());
  auto function = func::FuncOp::create(
      b, loc, "layer",
      b.getFunctionType(ValueRange(operands).getTypes(), op->getResultTypes()));
  Block *body = function.addEntryBlock();
  b.setInsertionPointToStart(body);
  IRMapping copies;
  for (auto [operand, argument] : llvm::zip(operands, body->getArguments())) {
    copies.map(operand, argument);
    if (operand != op.getInput() && operand != op.getActivationScale())
      function.setArgAttr(argument.getArgNumber(), kConstantAttrName,
                          b.getUnitAttr());
  }
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  copies.map(op.getInits()[0],
             tensor::EmptyOp::create(b, loc, result.getShape(),
                                     result.getElementType()));
  Operation *copy = b.clone(*op, copies);
  func::ReturnOp::create(b, loc, copy->getResults());
  return module;
}

std::vector<PackingAttrInterface> tune::getPackings(MLIRContext *context) {
  std::vector<PackingAttrInterface> packings;
  for (StringRef name : PackingAttr::getPresetNames())
    if (auto packing = PackingAttr::getPreset(context, name);
        packing && getPanelShape(packing))
      packings.push_back(packing);
  return packings;
}
