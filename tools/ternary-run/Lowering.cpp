//===- Lowering.cpp - Targets of ternary-run ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "ternary/ExecutionEngine/GPUEngine.h"
#include "ternary/ExecutionEngine/Input.h"
#include "ternary/IR/Ternary.h"
#include "ternary/Pipelines/Pipelines.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLExtras.h"

using namespace ternary;
using run::CompileRequest;
using run::Target;

/// A call takes the arguments of the function as it is written, so nothing of
/// it may move into a function that is called before.
static void dropConstantMarkers(mlir::ModuleOp module) {
  module.walk([](mlir::FunctionOpInterface function) {
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      function.removeArgAttr(i, kConstantAttrName);
  });
}

/// A call returns what the function as it is written returns, also where that
/// is the new state of an argument.
static void dropWritableMarkers(mlir::ModuleOp module) {
  module.walk([](mlir::FunctionOpInterface function) {
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      function.removeArgAttr(
          i, mlir::bufferization::BufferizationDialect::kWritableAttrName);
  });
}

//===----------------------------------------------------------------------===//
// On the host
//===----------------------------------------------------------------------===//

using BuildPasses =
    llvm::function_ref<llvm::Error(mlir::OpPassManager &manager)>;

static llvm::Expected<std::unique_ptr<Executable>>
compileForHost(mlir::ModuleOp source, const CompileRequest &request,
               llvm::StringRef target, BuildPasses build) {
  mlir::OwningOpRef<mlir::ModuleOp> module(source.clone());
  mlir::PassManager manager(module->getContext(),
                            mlir::ModuleOp::getOperationName());
  if (failed(mlir::applyPassManagerCLOptions(manager)))
    return llvm::createStringError("pass manager: invalid options");
  if (llvm::Error error = build(manager))
    return std::move(error);
  dropConstantMarkers(*module);
  if (failed(manager.run(*module)))
    return llvm::createStringError("lowering for target '" + target +
                                   "' failed");
  return Engine::create(*module, request.entries, request.engine);
}

static llvm::Error buildCPU(mlir::OpPassManager &manager,
                            llvm::StringRef pipelineOptions) {
  TernaryToLLVMOptions options;
  if (llvm::Error error = parsePipelineOptions(options, pipelineOptions))
    return error;
  if (llvm::Error error =
          checkRunsHere("pipeline options: 'target-cpu'", options.targetCPU,
                        options.targetTriple))
    return error;
  buildTernaryToLLVMPipeline(manager, options);
  return llvm::Error::success();
}

static llvm::Expected<std::unique_ptr<Executable>>
compileForCPU(mlir::ModuleOp source, const CompileRequest &request) {
  return compileForHost(source, request, "cpu", [&](mlir::OpPassManager &pm) {
    return buildCPU(pm, request.pipelineOptions);
  });
}

static llvm::Expected<std::unique_ptr<Executable>>
compileReference(mlir::ModuleOp source, const CompileRequest &request) {
  return compileForHost(source, request, "reference",
                        [](mlir::OpPassManager &pm) {
                          buildReferencePipeline(pm);
                          return llvm::Error::success();
                        });
}

//===----------------------------------------------------------------------===//
// On the GPU
//===----------------------------------------------------------------------===//

static llvm::Expected<std::unique_ptr<Executable>>
compileForGPU(mlir::ModuleOp source, const CompileRequest &request) {
  llvm::Expected<std::string> chip = findGPU();
  if (!chip)
    return chip.takeError();
  mlir::OwningOpRef<mlir::ModuleOp> module(source.clone());
  dropConstantMarkers(*module);
  dropWritableMarkers(*module);
  CompileOptions options;
  options.target = "cuda";
  options.pipelineOptions = request.pipelineOptions;
  options.optLevel = request.engine.optLevel;
  options.configure = [](mlir::PassManager &manager) {
    return mlir::applyPassManagerCLOptions(manager);
  };
  return GPUEngine::create(*module, request.entries, *chip, options);
}

static constexpr Target kTargets[] = {{"cpu", compileForCPU},
                                      {"cuda", compileForGPU},
                                      {"reference", compileReference}};

llvm::Expected<const Target *> run::findTarget(llvm::StringRef name) {
  const Target *target = llvm::find_if(
      kTargets, [&](const Target &target) { return target.name == name; });
  if (target != std::end(kTargets))
    return target;
  return llvm::createStringError(
      "target: expected cpu, cuda or reference, found '" + name + "'");
}
