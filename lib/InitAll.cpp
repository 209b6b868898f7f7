//===- InitAll.cpp - Everything that a tool registers ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/InitAll.h"

#include "ternary/Conversion/Passes.h"
#include "ternary/IR/BufferizableOpInterfaceImpl.h"
#include "ternary/IR/ShardingInterfaceImpl.h"
#include "ternary/IR/Ternary.h"
#include "ternary/IR/TilingInterfaceImpl.h"
#include "ternary/Pipelines/Pipelines.h"
#include "ternary/TransformOps/TernaryTransformOps.h"
#include "ternary/Transforms/Gradient.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"

void ternary::registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllToLLVMIRTranslations(registry);
  registry.insert<TernaryDialect>();
  registerBufferizableOpInterfaceExternalModels(registry);
  registerShardingInterfaceExternalModels(registry);
  registerTilingInterfaceExternalModels(registry);
  registerDecompositionExternalModels(registry);
  registerGradientExternalModels(registry);
  registerTransformDialectExtension(registry);
}

void ternary::registerAllPasses() {
  registerTernaryTransformsPasses();
  registerTernaryConversionPasses();
  registerPipelines();
}
