//===- DropAnnotations.cpp - ternary-drop-annotations ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/GPUTile.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYDROPANNOTATIONS
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

struct DropAnnotationsPass
    : ternary::impl::TernaryDropAnnotationsBase<DropAnnotationsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto target = getTarget(module);
    module->removeAttr(kTargetAttrName);
    module.walk([](Operation *op) { op->removeAttr(kSTEAttrName); });
    module.walk([&](FunctionOpInterface function) {
      function->removeAttr(kPrepareAttrName);
      function->removeAttr(kGradientAttrName);
      for (StringRef name :
           {kPackingAttrName, kShapeAttrName, kConstantAttrName,
            kExtentsAttrName, kGradAttrName, kUpdateAttrName}) {
        auto attr = StringAttr::get(&getContext(), name);
        for (unsigned i = 0; i < function.getNumArguments(); ++i)
          function.removeArgAttr(i, attr);
        for (unsigned i = 0; i < function.getNumResults(); ++i)
          function.removeResultAttr(i, attr);
      }
      // What is left of a GPU's module is for any host.
      bool isForHost = target && !isForGPU(target);
      if (isForHost && !function.isExternal())
        addTargetCPU(function, target.getCpu());
    });
  }

private:
  void addTargetCPU(FunctionOpInterface function, StringRef cpu) {
    constexpr StringLiteral kPassthrough = "passthrough";
    if (function->hasAttr(kPassthrough))
      return;
    Builder b(&getContext());
    function->setAttr(kPassthrough,
                      b.getArrayAttr({b.getStrArrayAttr({"target-cpu", cpu})}));
  }
};

} // namespace
