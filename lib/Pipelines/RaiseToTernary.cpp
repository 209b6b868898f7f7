//===- RaiseToTernary.cpp - From front ends to ternary ops ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Pipelines/Pipelines.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

void ternary::buildRaiseToTernaryPipeline(
    OpPassManager &pm, const RaiseToTernaryOptions &options) {
  // Modules without tosa and quant go through unchanged.
  pm.addNestedPass<func::FuncOp>(tosa::createTosaToLinalgNamed());
  pm.addNestedPass<func::FuncOp>(tosa::createTosaToLinalg());
  TosaToArithPassOptions arith;
  arith.includeApplyRescale = true;
  pm.addNestedPass<func::FuncOp>(createTosaToArithPass(arith));
  pm.addNestedPass<func::FuncOp>(createTosaToTensorPass());
  pm.addNestedPass<func::FuncOp>(quant::createLowerQuantOps());
  TernaryRaiseOptions raise;
  raise.maxElements = options.maxElements;
  pm.addPass(createTernaryRaise(raise));
}
