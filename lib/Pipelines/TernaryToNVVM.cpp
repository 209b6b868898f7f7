//===- TernaryToNVVM.cpp - The GPU pipeline -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"
#include "ternary/Pipelines/Pipelines.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

static void addCleanup(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void ternary::buildNVVMTensorPhase(OpPassManager &pm,
                                   const TernaryToNVVMOptions &options) {
  TernaryToLLVMOptions decisions;
  decisions.targetCPU = options.chip.getValue();
  decisions.targetTriple = "nvptx64-nvidia-cuda";
  decisions.packing = options.packing.getValue();
  buildTensorPhase(pm, decisions);
}

/// Everything to launches of kernels, on memrefs of the device.
static void addKernels(OpPassManager &pm,
                       const ternary::TernaryToNVVMOptions &options) {
  ternary::buildBufferizePipeline(pm);
  pm.addPass(ternary::createTernaryOutlineKernels());
  ternary::ConvertTernaryToLinalgOptions reference;
  reference.leaveGPUKernels = true;
  pm.addPass(ternary::createConvertTernaryToLinalg(reference));
  addCleanup(pm);
  ternary::buildBufferizePipeline(pm);
  ternary::buildDeallocatePipeline(pm);
  // Behind the analysis of buffers, which does not know what launches do.
  ternary::ConvertTernaryToGPUOptions shapes;
  shapes.decodeShape.assign(options.decodeShape.begin(),
                            options.decodeShape.end());
  shapes.prefillShape.assign(options.prefillShape.begin(),
                             options.prefillShape.end());
  shapes.overlapLaunches = options.overlapLaunches;
  pm.addPass(ternary::createConvertTernaryToGPU(shapes));
  pm.addPass(ternary::createLowerMemRefCopy());
  pm.addPass(createConvertLinalgToParallelLoopsPass());
  addCleanup(pm);
  pm.addNestedPass<func::FuncOp>(ternary::createMapLoopsToGPU());
  pm.addPass(ternary::createMoveMemoryToGPU());
  pm.addPass(ternary::createLowerTernaryRegister());
  pm.addPass(ternary::createTernaryDropAnnotations());
  addCleanup(pm);
}

/// What a thread does, to NVVM.
static void addDevicePasses(OpPassManager &pm) {
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(arith::createArithExpandOpsPass());
  pm.addPass(ternary::createExpandMathForGPU());
  pm.addPass(createConvertGpuOpsToNVVMOps());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertNVVMToLLVMPass());
  addCleanup(pm);
  pm.addPass(createReconcileUnrealizedCastsPass());
}

void ternary::buildNVVMBufferPhase(OpPassManager &pm,
                                   const TernaryToNVVMOptions &options) {
  addKernels(pm, options);
  // Constants are computed in the kernels, not handed to them.
  pm.addPass(createGpuLaunchSinkIndexComputationsPass());
  pm.addPass(createOutlineGPUKernels());
  pm.addPass(createMergeGPUModules());
  GpuNVVMAttachTargetOptions target;
  target.chip = options.chip;
  target.features = "+ptx" + options.ptx;
  target.optLevel = 3;
  pm.addPass(createGpuNVVMAttachTarget(target));
  addDevicePasses(pm.nest<gpu::GPUModuleOp>());

  pm.addNestedPass<func::FuncOp>(createGpuAsyncRegionPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createGpuToLLVMConversionPass());
  pm.addPass(createPruneKernelArguments());
  if (options.format != "none") {
    GpuModuleToBinaryPassOptions binary;
    binary.compilationTarget = options.format;
    pm.addPass(createGpuModuleToBinaryPass(binary));
  }
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  addCleanup(pm);
}

void ternary::buildTernaryToNVVMPipeline(OpPassManager &pm,
                                         const TernaryToNVVMOptions &options) {
  buildNVVMTensorPhase(pm, options);
  buildNVVMBufferPhase(pm, options);
}
