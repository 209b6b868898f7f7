//===- Lowering.cpp - Targets of ternary-run ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "ternary/ExecutionEngine/Input.h"
#include "ternary/IR/Ternary.h"
#include "ternary/Pipelines/Pipelines.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace ternary;
using run::Target;

static llvm::Error buildCpu(mlir::OpPassManager &manager,
                            llvm::StringRef pipelineOptions) {
  TernaryToLLVMOptions options;
  if (llvm::Error error = parsePipelineOptions(options, pipelineOptions))
    return error;
  // Their first unknown instruction would kill the process.
  if (std::string missing =
          findMissingFeature(options.targetCPU, options.targetTriple);
      !missing.empty())
    return llvm::createStringError(
        "pipeline options: expected a 'target-cpu' of which this machine has "
        "the features, found '" +
        options.targetCPU + "' with '" + missing + "'");
  buildTernaryToLLVMPipeline(manager, options);
  return llvm::Error::success();
}

static llvm::Error buildReference(mlir::OpPassManager &manager,
                                  llvm::StringRef) {
  buildReferencePipeline(manager);
  return llvm::Error::success();
}

static constexpr Target kTargets[] = {{"cpu", buildCpu},
                                      {"reference", buildReference}};

llvm::Expected<const Target *> run::findTarget(llvm::StringRef name) {
  const Target *target = llvm::find_if(
      kTargets, [&](const Target &target) { return target.name == name; });
  if (target != std::end(kTargets))
    return target;
  return llvm::createStringError("target: expected cpu or reference, found '" +
                                 name + "'");
}

/// A call takes the arguments of the function as it is written, so nothing of
/// it may move into a function that is called before.
static void dropConstantMarkers(mlir::ModuleOp module) {
  module.walk([](mlir::FunctionOpInterface function) {
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      function.removeArgAttr(i, kConstantAttrName);
  });
}

llvm::Error run::lower(mlir::ModuleOp module, const Target &target,
                       llvm::StringRef pipelineOptions) {
  mlir::PassManager manager(module.getContext(),
                            mlir::ModuleOp::getOperationName());
  if (failed(mlir::applyPassManagerCLOptions(manager)))
    return llvm::createStringError("pass manager: invalid options");
  if (llvm::Error error = target.build(manager, pipelineOptions))
    return error;
  dropConstantMarkers(module);
  if (failed(manager.run(module)))
    return llvm::createStringError("lowering for target '" + target.name +
                                   "' failed");
  return llvm::Error::success();
}

void run::printPipelineOptions() {
  llvm::outs() << "options of ternary-to-llvm, separated by spaces:\n";
  TernaryToLLVMOptions().printHelp(/*indent=*/2, /*descIndent=*/34);
}
