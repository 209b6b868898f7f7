//===- ApplyTuning.cpp - ternary-apply-tuning -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Transforms/Passes.h"
#include "ternary/Transforms/TuningFile.h"

#include "mlir/IR/Remarks.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYAPPLYTUNING
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

struct ApplyTuningPass
    : ternary::impl::TernaryApplyTuningBase<ApplyTuningPass> {
  using Base::Base;

  void runOnOperation() override {
    if (file.empty())
      return;
    auto layers = readTuning(file, &getContext());
    if (!layers) {
      getOperation()->emitError()
          << "ternary-apply-tuning: " << llvm::toString(layers.takeError());
      return signalPassFailure();
    }
    TargetAttr target = getTarget(getOperation());
    if (!target) {
      getOperation()->emitError() << "ternary-apply-tuning: expected a module "
                                     "with 'ternary.target', found none";
      return signalPassFailure();
    }
    getOperation()->walk([&](BitLinearOp op) { apply(op, target, *layers); });
  }

private:
  void apply(BitLinearOp op, TargetAttr target, ArrayRef<TunedLayer> layers) {
    if (op->hasAttr(kTuningAttrName))
      return;
    auto options =
        remark::RemarkOpts::name("tuning").category("ternary-apply-tuning");
    LayerKey key = LayerKey::get(op, target);
    const TunedLayer *layer = llvm::find_if(
        layers, [&](const TunedLayer &layer) { return layer.key == key; });
    if (layer == layers.end()) {
      remark::missed(op.getLoc(), options) << "no such layer in the file";
      return;
    }
    DictionaryAttr stated = layer->tuning.getAttr(op.getContext());
    if (!stated.empty())
      op->setAttr(kTuningAttrName, stated);
    remark::passed(op.getLoc(), options)
        << (stated.empty() ? "nothing is faster than the default"
                           : "measured decisions are applied");
  }
};

} // namespace
