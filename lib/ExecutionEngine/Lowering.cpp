//===- Lowering.cpp - From tensor-level functions to LLVM -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "DeviceCode.h"

#include "ternary/ExecutionEngine/Input.h"
#include "ternary/Pipelines/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringSet.h"

#include <atomic>
#include <mutex>

using namespace ternary;
using mlir::func::FuncOp;

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

llvm::Expected<std::vector<Signature>>
ternary::getEntries(mlir::ModuleOp source, const CompileOptions &options) {
  std::vector<std::string> names = options.entries;
  if (names.empty())
    for (FuncOp function : source.getOps<FuncOp>())
      if (function.isPublic() && !function.isDeclaration())
        names.push_back(function.getSymName().str());
  if (names.empty())
    return llvm::createStringError(
        "module: expected a public function with a body, found none");
  std::vector<Signature> entries;
  for (const std::string &name : names) {
    llvm::Expected<Signature> signature = getSignature(source, name);
    if (!signature)
      return signature.takeError();
    entries.push_back(std::move(*signature));
  }
  return entries;
}

mlir::OwningOpRef<mlir::ModuleOp>
ternary::cloneEntries(mlir::ModuleOp source,
                      llvm::ArrayRef<Signature> entries) {
  mlir::OwningOpRef<mlir::ModuleOp> module(source.clone());
  llvm::StringSet<> kept;
  for (const Signature &entry : entries)
    kept.insert(entry.name);
  for (FuncOp function : module->getOps<FuncOp>()) {
    function->removeAttr(mlir::LLVM::LLVMDialect::getEmitCWrapperAttrName());
    if (!kept.contains(function.getSymName()) && !function.isDeclaration())
      function.setPrivate();
  }
  eraseUnreachable(*module, entries);
  return module;
}

//===----------------------------------------------------------------------===//
// Pipelines
//===----------------------------------------------------------------------===//

namespace {

using AddPasses = std::function<void(mlir::OpPassManager &)>;

/// A pipeline in two phases, which the C interface is read between.
struct Phases {
  AddPasses decide;
  AddPasses lower;
};

Phases getReferencePhases() {
  return {[](mlir::OpPassManager &) {}, buildReferencePipeline};
}

llvm::Expected<Phases> getCPUPhases(llvm::StringRef cpu,
                                    const CompileOptions &options) {
  auto pipeline = std::make_shared<TernaryToLLVMOptions>();
  pipeline->threads = options.threads;
  if (llvm::Error error =
          parsePipelineOptions(*pipeline, options.pipelineOptions))
    return std::move(error);
  if (pipeline->targetCPU.getNumOccurrences() != 0)
    return llvm::createStringError(
        "pipeline options: expected the cpu in --mcpu, found 'target-cpu'");
  if (pipeline->targetTriple.getNumOccurrences() != 0)
    return llvm::createStringError("pipeline options: expected the triple in "
                                   "--mtriple, found 'target-triple'");
  pipeline->targetCPU = cpu.str();
  pipeline->targetTriple = options.triple;
  // All levels read the same bytes: the ISA must not decide on the packing.
  if (options.cpu == "dispatch" &&
      pipeline->cacheBytes.getNumOccurrences() == 0)
    pipeline->cacheBytes = std::numeric_limits<int64_t>::max();
  return Phases{
      [=](mlir::OpPassManager &pm) { buildTensorPhase(pm, *pipeline); },
      [=](mlir::OpPassManager &pm) { buildBufferPhase(pm, *pipeline); }};
}

llvm::Expected<Phases> getGPUPhases(llvm::StringRef chip,
                                    const CompileOptions &options) {
  auto pipeline = std::make_shared<TernaryToNVVMOptions>();
  if (llvm::Error error =
          parsePipelineOptions(*pipeline, options.pipelineOptions))
    return std::move(error);
  if (pipeline->chip.getNumOccurrences() != 0)
    return llvm::createStringError(
        "pipeline options: expected the chip that --chip or the device says, "
        "found 'chip'");
  pipeline->chip = chip.str();
  if (!options.deviceFormat.empty())
    pipeline->format = options.deviceFormat;
  if (llvm::Error error = checkFormat(pipeline->format))
    return std::move(error);
  return Phases{
      [=](mlir::OpPassManager &pm) { buildNVVMTensorPhase(pm, *pipeline); },
      [=](mlir::OpPassManager &pm) { buildNVVMBufferPhase(pm, *pipeline); }};
}

llvm::Expected<Phases> getPhases(llvm::StringRef machine,
                                 const CompileOptions &options) {
  if (options.target == "reference")
    return getReferencePhases();
  if (options.target == "cpu")
    return getCPUPhases(machine, options);
  if (options.target == "cuda")
    return getGPUPhases(machine, options);
  return llvm::createStringError(
      "target: expected cpu, cuda or reference, found '" + options.target +
      "'");
}

/// Reports each pass, and leaves out the rest of them once it is told to stop.
class ProgressReporter {
public:
  ProgressReporter(mlir::MLIRContext &context,
                   const std::function<bool(llvm::StringRef)> &report)
      : context(context), report(report) {
    if (report)
      context.registerActionHandler(
          [this](llvm::function_ref<void()> run,
                 const mlir::tracing::Action &action) { visit(run, action); });
  }
  ~ProgressReporter() {
    if (report)
      context.registerActionHandler(nullptr);
  }

  bool isStopped() const { return stopped; }

private:
  void visit(llvm::function_ref<void()> run,
             const mlir::tracing::Action &action) {
    if (auto *pass = llvm::dyn_cast<mlir::PassExecutionAction>(&action)) {
      std::lock_guard<std::mutex> lock(mutex);
      if (!stopped && !report(pass->getPass().getName()))
        stopped = true;
    }
    if (!stopped)
      run();
  }

  mlir::MLIRContext &context;
  const std::function<bool(llvm::StringRef)> &report;
  std::mutex mutex;
  std::atomic<bool> stopped = false;
};

llvm::Error runPasses(mlir::ModuleOp module, const CompileOptions &options,
                      const AddPasses &addPasses) {
  mlir::PassManager manager(module.getContext(),
                            mlir::ModuleOp::getOperationName());
  if (options.configure && failed(options.configure(manager)))
    return llvm::createStringError("pass manager: invalid options");
  addPasses(manager);
  ProgressReporter reporter(*module.getContext(), options.progress);
  bool hasFailed = failed(manager.run(module));
  if (reporter.isStopped())
    return llvm::createStringError("lowering for target '" + options.target +
                                   "' was interrupted");
  if (hasFailed)
    return llvm::createStringError("lowering for target '" + options.target +
                                   "' failed");
  return llvm::Error::success();
}

} // namespace

llvm::Expected<std::vector<CFunction>>
ternary::lower(mlir::ModuleOp module, llvm::StringRef machine,
               const CompileOptions &options) {
  llvm::Expected<Phases> phases = getPhases(machine, options);
  if (!phases)
    return phases.takeError();
  auto decide = [&](mlir::OpPassManager &manager) {
    phases->decide(manager);
    buildResultsToArgumentsPipeline(manager);
  };
  if (llvm::Error error = runPasses(module, options, decide))
    return std::move(error);
  llvm::Expected<std::vector<CFunction>> functions = getCInterface(module);
  if (!functions)
    return functions;
  if (llvm::Error error = runPasses(module, options, phases->lower))
    return std::move(error);
  return functions;
}
