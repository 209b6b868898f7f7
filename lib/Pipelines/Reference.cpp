//===- Reference.cpp - The reference pipeline -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"
#include "ternary/Pipelines/Pipelines.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void ternary::buildTernaryToLinalgPipeline(OpPassManager &pm) {
  pm.addPass(createConvertTernaryToLinalg());
  // Arith and math on whole tensors, which bufferization does not know.
  pm.addPass(createConvertElementwiseToLinalgPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void ternary::buildBufferizePipeline(OpPassManager &pm) {
  pm.addPass(createTernaryUnshareInits());
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  // A layer in a loop may take a new buffer in each round.
  options.allowReturnAllocsFromLoops = true;
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createCanonicalizerPass());
}

void ternary::buildResultsToArgumentsPipeline(OpPassManager &pm) {
  pm.addPass(createTernaryResultsToArguments());
  pm.addPass(createTernaryUnshareInits());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
}

void ternary::buildDeallocatePipeline(OpPassManager &pm) {
  pm.addPass(createTernaryFreeBuffers());
  bufferization::buildBufferDeallocationPipeline(pm);
  pm.addPass(createConvertBufferizationToMemRefPass());
}

void ternary::buildLoopsToLLVMPipeline(OpPassManager &pm) {
  // CPUs have no arithmetic in bf16, and not all have conversions.
  arith::ArithEmulateUnsupportedFloatsOptions floats;
  floats.sourceTypeStrs = {"bf16"};
  floats.targetTypeStr = "f32";
  pm.addPass(arith::createArithEmulateUnsupportedFloats(floats));
  pm.addPass(createLowerTernaryRegister());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  ConvertVectorToLLVMPassOptions vector;
  vector.amx = true;
  pm.addPass(createConvertVectorToLLVMPass(vector));
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  // Behind func: it would lower functions by the default calling convention.
  pm.addPass(createConvertOpenMPToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void ternary::buildReferencePipeline(OpPassManager &pm) {
  buildTernaryToLinalgPipeline(pm);
  buildBufferizePipeline(pm);
  buildDeallocatePipeline(pm);
  pm.addPass(createTernaryDropAnnotations());
  pm.addPass(createLowerMemRefCopy());
  pm.addPass(createConvertLinalgToLoopsPass());
  pm.addPass(createForallToForLoopPass());
  pm.addPass(createCanonicalizerPass());
  buildLoopsToLLVMPipeline(pm);
}
