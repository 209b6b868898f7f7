//===- TernaryToGPU.cpp - convert-ternary-to-gpu --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "GPUKernels.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace ternary {
#define GEN_PASS_DEF_CONVERTTERNARYTOGPU
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

struct ConvertTernaryToGPUPass
    : ternary::impl::ConvertTernaryToGPUBase<ConvertTernaryToGPUPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateTernaryToGPUPatterns(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace

bool ternary::hasGPUKernel(Operation *op) {
  if (!cast<DestinationStyleOpInterface>(op).hasPureBufferSemantics())
    return false;
  auto layer = dyn_cast<BitLinearOp>(op);
  return layer && isForDecode(layer);
}

static bool isPreset(PackingAttrInterface packing, StringRef name) {
  return packing &&
         packing == PackingAttr::getPreset(packing.getContext(), name);
}

bool ternary::isGPUTile(PackingAttrInterface packing) {
  return isPreset(packing, "gpu_tile2");
}

bool ternary::isGPUTileByColumns(PackingAttrInterface packing) {
  return isPreset(packing, "gpu_tile2k");
}

void ternary::populateTernaryToGPUPatterns(RewritePatternSet &patterns) {
  populateDecodeKernels(patterns);
}
