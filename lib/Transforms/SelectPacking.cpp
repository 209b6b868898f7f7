//===- SelectPacking.cpp - ternary-select-packing -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Panel.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYSELECTPACKING
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// Finds values that are the same in every call: constants, arguments marked
/// so, and what pure tensor ops make of them.
class ConstantValues {
public:
  bool contains(Value value) {
    auto [it, isNew] = known.try_emplace(value, false);
    if (!isNew)
      return it->second;
    bool result = compute(value);
    return known[value] = result;
  }

private:
  bool compute(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto function =
          dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
      return function && argument.getOwner()->isEntryBlock() &&
             function.getArgAttr(argument.getArgNumber(), kConstantAttrName);
    }
    Operation *op = value.getDefiningOp();
    return op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
           llvm::all_of(op->getOperands(),
                        [&](Value operand) { return contains(operand); });
  }

  DenseMap<Value, bool> known;
};

/// Puts the weights of `op` into `packing`.
LogicalResult repackWeights(BitLinearOp op, PackingAttrInterface packing) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  Value out = op.getInits()[0], input = op.getInput();
  SmallVector<OpFoldResult> shape{
      tensor::getMixedSize(b, loc, out, rankOf(out) - 1),
      tensor::getMixedSize(b, loc, input, rankOf(input) - 1)};
  SmallVector<int64_t> staticShape;
  SmallVector<Value> dynamicShape;
  dispatchIndexOpFoldResults(shape, dynamicShape, staticShape);
  SmallVector<int64_t> byteShape;
  if (failed(packing.getByteShape(staticShape, byteShape,
                                  [&] { return op.emitOpError(); })))
    return failure();
  Value init = tensor::EmptyOp::create(
      b, loc, packing.reifyByteShape(b, loc, shape), b.getI8Type());
  SmallVector<Value> weights;
  for (Value weight : op.getWeights()) {
    Type type = init.getType();
    if (PackingAttrInterface source = op.getPackingAttr())
      weights.push_back(RepackOp::create(b, loc, type, weight, dynamicShape,
                                         /*scales=*/Value(), ValueRange(init),
                                         b.getDenseI64ArrayAttr(staticShape),
                                         source, packing)
                            .getResult(0));
    else
      weights.push_back(
          PackOp::create(b, loc, type, weight, /*scales=*/Value(),
                         ValueRange(init), packing,
                         ConversionAttr::get(b.getContext(), Conversion::Trits))
              .getResult(0));
  }
  op.getWeightsMutable().assign(weights);
  op.setPackingAttr(packing);
  return success();
}

struct SelectPackingPass
    : ternary::impl::TernarySelectPackingBase<SelectPackingPass> {
  using Base::Base;

  void runOnOperation() override {
    ConstantValues constants;
    PackingAttrInterface named;
    if (packing != "auto" && packing != "none") {
      named = PackingAttr::getPreset(&getContext(), packing);
      if (!named || named.carriesScales()) {
        getOperation()->emitError()
            << "ternary-select-packing: expected 'auto', 'none' or a preset "
               "without scales, found '"
            << packing << "'";
        return signalPassFailure();
      }
    }
    SmallVector<BitLinearOp> ops;
    getOperation()->walk([&](BitLinearOp op) {
      if (op.hasPureTensorSemantics() && !op.getWeights().empty())
        ops.push_back(op);
    });
    for (BitLinearOp op : ops)
      if (failed(select(op, named, constants)))
        return signalPassFailure();
  }

private:
  LogicalResult select(BitLinearOp op, PackingAttrInterface named,
                       ConstantValues &constants) {
    if (packing == "none")
      return leave(op, "packing is 'none'");
    if (named && named == op.getPackingAttr())
      return success();
    if (std::string reason; !named && isLeft(op, constants, reason))
      return leave(op, reason);
    PackingAttrInterface chosen =
        named ? named : PackingAttr::getPreset(&getContext(), "cpu_panel2");
    if (chosen != op.getPackingAttr() && failed(repackWeights(op, chosen)))
      return failure();
    remark::passed(op.getLoc(), remark::RemarkOpts::name("packing").category(
                                    "ternary-select-packing"))
        << "weights in "
        << PackingAttr::getPresetNames()[indexOf(chosen)].str();
    return success();
  }

  /// Whether no kernel reads the op, or repacking would not pay.
  bool isLeft(BitLinearOp op, ConstantValues &constants, std::string &reason) {
    PackingAttrInterface given = op.getPackingAttr();
    std::optional<PanelShape> panel = getPanelShape(given);
    if (op.getRoundOperands())
      reason = "'round_operands' is left to the reference loops";
    else if (!panel && !llvm::all_of(op.getWeights(), [&](Value weight) {
               return constants.contains(weight);
             }))
      reason = "weights are not constant, repacking would run in every call";
    else if (panel)
      reason = "weights are in an execution packing";
    return !reason.empty();
  }

  LogicalResult leave(BitLinearOp op, StringRef reason) {
    remark::missed(op.getLoc(), remark::RemarkOpts::name("packing").category(
                                    "ternary-select-packing"))
        << "packing left as given: " << reason.str();
    return success();
  }

  int64_t indexOf(PackingAttrInterface chosen) {
    auto presets =
        getContext().getLoadedDialect<TernaryDialect>()->getPresets();
    return llvm::find(presets, chosen) - presets.begin();
  }
};

} // namespace
