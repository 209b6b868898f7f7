//===- TernaryToLLVM.cpp - The CPU pipeline -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"
#include "ternary/Pipelines/Pipelines.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace {

void addCleanup(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

} // namespace

void ternary::buildTensorPhase(OpPassManager &pm,
                               const TernaryToLLVMOptions &options) {
  TernaryAttachTargetOptions target;
  target.cpu = options.targetCPU;
  target.triple = options.targetTriple;
  target.threads = options.threads;
  pm.addPass(createTernaryAttachTarget(target));
  pm.addPass(createTernaryVerifyPacking());
  // Arith and math on whole tensors, which bufferization does not know.
  pm.addPass(createConvertElementwiseToLinalgPass());
  addCleanup(pm);
  pm.addPass(createTernaryFuse());
  if (!options.tuning.empty())
    pm.addPass(createTernaryApplyTuning({options.tuning}));
  TernarySelectPackingOptions packing;
  packing.packing = options.packing;
  packing.cacheBytes = options.cacheBytes;
  pm.addPass(createTernarySelectPacking(packing));
  // Constants are packed here.
  addCleanup(pm);
  pm.addPass(createTernaryOutlinePrepare());
  TernaryTileOptions tiles;
  tiles.rowTile = options.rowTile;
  tiles.tokenTile = options.tokenTile;
  pm.addPass(createTernaryTile(tiles));
}

void ternary::buildBufferPhase(OpPassManager &pm,
                               const TernaryToLLVMOptions &options) {
  // What has a kernel becomes one function per kind of op; what has none takes
  // the reference lowering inside of its function.
  buildBufferizePipeline(pm);
  pm.addPass(createTernaryOutlineKernels());
  pm.addPass(createConvertTernaryToVector());
  pm.addPass(createConvertTernaryToLinalg());
  addCleanup(pm);
  buildBufferizePipeline(pm);
  buildDeallocatePipeline(pm);
  pm.addPass(createLowerTernaryRegister());

  pm.addPass(createTernaryDropAnnotations());
  pm.addPass(createLowerMemRefCopy());
  pm.addPass(createConvertLinalgToLoopsPass());
  if (options.threads == 1) {
    pm.addPass(createForallToForLoopPass());
  } else {
    pm.addPass(createForallToParallelLoopPass());
    pm.addPass(createConvertSCFToOpenMPPass());
  }
  addCleanup(pm);
  buildLoopsToLLVMPipeline(pm);
}

llvm::Error ternary::checkRunsHere(llvm::StringRef option, llvm::StringRef cpu,
                                   llvm::StringRef triple) {
  std::string missing = findMissingFeature(cpu, triple);
  if (missing.empty())
    return llvm::Error::success();
  return llvm::createStringError(option +
                                 ": expected a cpu of which this machine has "
                                 "the features, found '" +
                                 cpu + "' with '" + missing + "'");
}

void ternary::buildTernaryToLLVMPipeline(OpPassManager &pm,
                                         const TernaryToLLVMOptions &options) {
  buildTensorPhase(pm, options);
  buildBufferPhase(pm, options);
}
