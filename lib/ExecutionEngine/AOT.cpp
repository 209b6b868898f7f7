//===- AOT.cpp - Object files and libraries of modules --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/AOT.h"

#include "CWrapper.h"
#include "Dispatch.h"
#include "JITSupport.h"
#include "ObjectFile.h"

#include "ternary/ExecutionEngine/Input.h"
#include "ternary/Pipelines/Pipelines.h"
#include "ternary/Target/OutputFile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/IPO/ConstantMerge.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"

using namespace ternary;
using mlir::func::FuncOp;

namespace {

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

llvm::Expected<std::vector<Signature>>
getEntries(mlir::ModuleOp source, const CompileOptions &options) {
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

/// A copy in which only the entries are public, and what they do not reach is
/// gone.
mlir::OwningOpRef<mlir::ModuleOp>
cloneEntries(mlir::ModuleOp source, llvm::ArrayRef<Signature> entries) {
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

/// Lowers a module for one CPU.
class Lowering {
public:
  static llvm::Expected<Lowering> create(const CompileOptions &options) {
    Lowering lowering(options);
    if (options.target != "cpu" && options.target != "reference")
      return llvm::createStringError(
          "target: expected cpu or reference, found '" + options.target + "'");
    return lowering;
  }

  llvm::Error run(mlir::ModuleOp module, llvm::StringRef cpu,
                  std::vector<CFunction> &functions) const {
    TernaryToLLVMOptions pipeline;
    if (llvm::Error error = setOptions(pipeline, cpu))
      return error;
    bool isReference = options.target == "reference";
    auto decide = [&](mlir::PassManager &manager) {
      if (!isReference)
        buildTensorPhase(manager, pipeline);
      buildResultsToArgumentsPipeline(manager);
    };
    auto lower = [&](mlir::PassManager &manager) {
      if (isReference)
        buildReferencePipeline(manager);
      else
        buildBufferPhase(manager, pipeline);
    };
    if (llvm::Error error = runPasses(module, decide))
      return error;
    llvm::Expected<std::vector<CFunction>> read = getCInterface(module);
    if (!read)
      return read.takeError();
    functions = std::move(*read);
    return runPasses(module, lower);
  }

private:
  explicit Lowering(const CompileOptions &options) : options(options) {}

  llvm::Error setOptions(TernaryToLLVMOptions &pipeline,
                         llvm::StringRef cpu) const {
    pipeline.threads = options.threads;
    if (llvm::Error error =
            parsePipelineOptions(pipeline, options.pipelineOptions))
      return error;
    if (pipeline.targetCPU.getNumOccurrences() != 0)
      return llvm::createStringError(
          "pipeline options: expected the cpu in --mcpu, found 'target-cpu'");
    if (pipeline.targetTriple.getNumOccurrences() != 0)
      return llvm::createStringError("pipeline options: expected the triple in "
                                     "--mtriple, found 'target-triple'");
    pipeline.targetCPU = cpu.str();
    pipeline.targetTriple = options.triple;
    // All levels read the same bytes: the ISA must not decide on the packing.
    if (options.cpu == "dispatch" &&
        pipeline.cacheBytes.getNumOccurrences() == 0)
      pipeline.cacheBytes = std::numeric_limits<int64_t>::max();
    return llvm::Error::success();
  }

  llvm::Error
  runPasses(mlir::ModuleOp module,
            llvm::function_ref<void(mlir::PassManager &)> build) const {
    mlir::PassManager manager(module.getContext(),
                              mlir::ModuleOp::getOperationName());
    if (options.configure && failed(options.configure(manager)))
      return llvm::createStringError("pass manager: invalid options");
    build(manager);
    if (failed(manager.run(module)))
      return llvm::createStringError("lowering for target '" + options.target +
                                     "' failed");
    return llvm::Error::success();
  }

  CompileOptions options;
};

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

/// Makes all but the C functions private, and constants fit to be shared.
void hideInternals(llvm::Module &module, const llvm::StringSet<> &kept) {
  internalize(module, kept);
  for (llvm::GlobalVariable &global : module.globals()) {
    if (global.isDeclaration())
      continue;
    if (!global.hasLocalLinkage() && !global.hasAppendingLinkage())
      global.setLinkage(llvm::GlobalValue::InternalLinkage);
    if (global.isConstant())
      global.setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  }
}

/// The levels hold the same weights, each its own copy.
void shareConstants(llvm::Module &module) {
  llvm::ModuleAnalysisManager analyses;
  llvm::PassBuilder builder;
  builder.registerModuleAnalyses(analyses);
  llvm::ModulePassManager manager;
  manager.addPass(llvm::GlobalDCEPass());
  manager.addPass(llvm::ConstantMergePass());
  manager.run(module, analyses);
}

/// Two versions are called through one declaration, and what one prepares may
/// be kept for another.
llvm::Error checkSame(llvm::ArrayRef<CFunction> functions,
                      llvm::ArrayRef<CFunction> others,
                      const DispatchLevel &level) {
  if (printCHeader(functions, {}) == printCHeader(others, {}))
    return llvm::Error::success();
  return llvm::createStringError(
      "dispatch: expected the same arguments at each level, found other ones "
      "at '" +
      level.name +
      "'; choose one packing with --pipeline-options=packing=NAME");
}

/// Compiles a module once, or once per level, into one LLVM module.
class Compiler {
public:
  Compiler(mlir::ModuleOp source, const CompileOptions &options,
           const Lowering &lowering, llvm::ArrayRef<Signature> entries)
      : source(source), options(options), lowering(lowering), entries(entries) {
  }

  /// Adds one version of each function, named by `getName`.
  llvm::Expected<std::unique_ptr<llvm::Module>>
  compile(llvm::LLVMContext &context, llvm::TargetMachine &machine,
          llvm::StringRef passCPU, const DispatchLevel *level) {
    mlir::OwningOpRef<mlir::ModuleOp> lowered = cloneEntries(source, entries);
    if (llvm::Error error = lowering.run(*lowered, passCPU, functions))
      return std::move(error);
    usesOpenMP = needsOpenMP(*lowered);
    auto module = mlir::translateModuleToLLVMIR(*lowered, context);
    if (!module)
      return llvm::createStringError("translation to LLVM IR failed");
    lowered = nullptr;
    module->setDataLayout(machine.createDataLayout());
    module->setTargetTriple(machine.getTargetTriple());
    module->setSourceFileName("ternary-compile");
    module->setPICLevel(llvm::PICLevel::BigPIC);
    if (level)
      setLevel(*module, *level);
    llvm::StringSet<> kept;
    for (const CFunction &function : functions) {
      std::string symbol =
          level ? getVersionName(function.name, *level) : function.name;
      if (llvm::Error error = addCWrapper(*module, function, symbol))
        return std::move(error);
      kept.insert(symbol);
    }
    hideInternals(*module, kept);
    auto optimize = mlir::makeOptimizingTransformer(options.optLevel,
                                                    /*sizeLevel=*/0, &machine);
    if (llvm::Error error = optimize(module.get()))
      return std::move(error);
    return module;
  }

  std::vector<CFunction> functions;
  bool usesOpenMP = false;

private:
  mlir::ModuleOp source;
  const CompileOptions &options;
  const Lowering &lowering;
  llvm::ArrayRef<Signature> entries;
};

/// All levels in one module, and the functions that choose.
llvm::Expected<std::unique_ptr<llvm::Module>>
compileLevels(Compiler &compiler, const CompileOptions &options,
              llvm::LLVMContext &context) {
  std::unique_ptr<llvm::Module> all;
  std::vector<CFunction> functions;
  for (const DispatchLevel &level : getDispatchLevels()) {
    auto machine = createMachine(options.triple, level.cpu, level.features,
                                 options.optLevel);
    if (!machine)
      return machine.takeError();
    auto module = compiler.compile(context, **machine, level.passCPU, &level);
    if (!module)
      return module.takeError();
    if (!all) {
      all = std::move(*module);
      functions = compiler.functions;
      continue;
    }
    if (llvm::Error error = checkSame(functions, compiler.functions, level))
      return std::move(error);
    if (llvm::Linker::linkModules(*all, std::move(*module)))
      return llvm::createStringError("dispatch: linking the versions failed");
  }
  if (llvm::Error error = addDispatch(*all, functions))
    return std::move(error);
  shareConstants(*all);
  return all;
}

} // namespace

CompiledModule::CompiledModule() = default;
CompiledModule::~CompiledModule() = default;
CompiledModule::CompiledModule(CompiledModule &&) = default;

llvm::Expected<CompiledModule>
CompiledModule::create(mlir::ModuleOp source, const CompileOptions &options) {
  bool dispatches = options.cpu == "dispatch";
  CompiledModule result;
  // What chooses among levels runs on every machine.
  auto machine =
      createMachine(options.triple, dispatches ? "generic" : options.cpu, "",
                    options.optLevel);
  if (!machine)
    return machine.takeError();
  result.machine = std::move(*machine);
  if (dispatches && !result.machine->getTargetTriple().isX86_64())
    return llvm::createStringError(
        "dispatch: expected an x86-64 machine, found " +
        result.machine->getTargetTriple().str());
  llvm::Expected<std::vector<Signature>> entries = getEntries(source, options);
  if (!entries)
    return entries.takeError();
  llvm::Expected<Lowering> lowering = Lowering::create(options);
  if (!lowering)
    return lowering.takeError();

  result.context = std::make_unique<llvm::LLVMContext>();
  Compiler compiler(source, options, *lowering, *entries);
  auto module = dispatches ? compileLevels(compiler, options, *result.context)
                           : compiler.compile(*result.context, *result.machine,
                                              options.cpu, nullptr);
  if (!module)
    return module.takeError();
  result.module = std::move(*module);
  result.functions = std::move(compiler.functions);
  result.usesOpenMP = compiler.usesOpenMP;
  if (dispatches)
    for (const DispatchLevel &level : getDispatchLevels())
      result.levels.push_back(level.name.str());
  return result;
}

std::string CompiledModule::printHeader(llvm::StringRef headerName,
                                        llvm::StringRef sourceName) const {
  CHeaderOptions options;
  options.name = headerName.str();
  options.source = sourceName.str();
  options.usesOpenMP = usesOpenMP;
  options.levels = levels;
  return printCHeader(functions, options);
}

llvm::Error CompiledModule::write(llvm::StringRef path,
                                  llvm::StringRef linker) const {
  llvm::Expected<OutputKind> kind = parseOutputKind(path);
  if (!kind)
    return kind.takeError();
  if (*kind != OutputKind::SharedLibrary)
    return writeOutputFile(path, [&](llvm::raw_ostream &os) {
      return writeCode(*module, *machine, *kind, os);
    });
  std::string object;
  llvm::raw_string_ostream stream(object);
  if (llvm::Error error =
          writeCode(*module, *machine, OutputKind::Object, stream))
    return error;
  LinkOptions options{linker.str(), usesOpenMP};
  return writeOutputFile(path, [&](llvm::raw_ostream &os) {
    return linkLibrary(object, llvm::sys::path::filename(path), options, os);
  });
}
