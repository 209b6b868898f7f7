//===- AOT.cpp - Object files and libraries of modules --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/AOT.h"

#include "CWrapper.h"
#include "DeviceCode.h"
#include "Dispatch.h"
#include "GPURuntime.h"
#include "GPUWrapper.h"
#include "JITSupport.h"
#include "Lowering.h"
#include "ObjectFile.h"

#include "ternary/Target/OutputFile.h"

#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/IPO/ConstantMerge.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"

using namespace ternary;

namespace {

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

/// Compiles a module for one machine after the other.
class Compiler {
public:
  Compiler(mlir::ModuleOp source, const CompileOptions &options,
           llvm::ArrayRef<Signature> entries, llvm::LLVMContext &context)
      : source(source), options(options), entries(entries), context(context) {}

  /// LLVM IR of the functions for a CPU or chip, called from code for
  /// `machine`.
  llvm::Expected<std::unique_ptr<llvm::Module>>
  translate(llvm::TargetMachine &machine, llvm::StringRef name) {
    mlir::OwningOpRef<mlir::ModuleOp> lowered = cloneEntries(source, entries);
    auto described = lower(*lowered, name, options);
    if (!described)
      return described.takeError();
    functions = std::move(*described);
    usesOpenMP = needsOpenMP(*lowered);
    collectDeviceCode(*lowered, deviceCode);
    auto module = mlir::translateModuleToLLVMIR(*lowered, context);
    if (!module)
      return llvm::createStringError("translation to LLVM IR failed");
    module->setDataLayout(machine.createDataLayout());
    module->setTargetTriple(machine.getTargetTriple());
    module->setSourceFileName("ternary-compile");
    module->setPICLevel(llvm::PICLevel::BigPIC);
    return module;
  }

  llvm::Error optimize(llvm::Module &module, llvm::TargetMachine &machine) {
    return mlir::makeOptimizingTransformer(options.optLevel, /*sizeLevel=*/0,
                                           &machine)(&module);
  }

  /// One version of each C function for a CPU, named by its level if it has
  /// one.
  llvm::Expected<std::unique_ptr<llvm::Module>>
  compile(llvm::TargetMachine &machine, llvm::StringRef cpu,
          const DispatchLevel *level) {
    auto module = translate(machine, cpu);
    if (!module)
      return module;
    if (level)
      setLevel(**module, *level);
    llvm::StringSet<> kept;
    for (const CFunction &function : functions) {
      std::string symbol =
          level ? getVersionName(function.name, *level) : function.name;
      if (llvm::Error error = addCWrapper(**module, function, symbol))
        return std::move(error);
      kept.insert(symbol);
    }
    hideInternals(**module, kept);
    if (llvm::Error error = optimize(**module, machine))
      return std::move(error);
    return module;
  }

  std::vector<CFunction> functions;
  std::vector<DeviceCode> deviceCode;
  bool usesOpenMP = false;

private:
  mlir::ModuleOp source;
  const CompileOptions &options;
  llvm::ArrayRef<Signature> entries;
  llvm::LLVMContext &context;
};

/// Versions of the same functions, linked into one module one by one.
class Versions {
public:
  /// The begin of the refusal of other arguments.
  explicit Versions(llvm::StringLiteral refusal) : refusal(refusal) {}

  llvm::Error add(std::unique_ptr<llvm::Module> module,
                  llvm::ArrayRef<CFunction> theirs, llvm::StringRef name) {
    if (!all) {
      all = std::move(module);
      functions.assign(theirs.begin(), theirs.end());
      return llvm::Error::success();
    }
    // They are called through one declaration, and what one of them prepares
    // may be kept for another.
    if (printCHeader(functions, {}, "") != printCHeader(theirs, {}, ""))
      return llvm::createStringError(
          refusal + " '" + name +
          "'; choose one packing with --pipeline-options=packing=NAME");
    if (llvm::Linker::linkModules(*all, std::move(module)))
      return llvm::createStringError("versions: linking them failed");
    return llvm::Error::success();
  }

  std::unique_ptr<llvm::Module> all;
  std::vector<CFunction> functions;

private:
  llvm::StringLiteral refusal;
};

/// All levels in one module, and the functions that choose.
llvm::Expected<std::unique_ptr<llvm::Module>>
compileLevels(Compiler &compiler, const CompileOptions &options) {
  Versions versions(
      "dispatch: expected the same arguments at each level, found "
      "other ones at");
  for (const DispatchLevel &level : getDispatchLevels()) {
    auto machine = createMachine(options.triple, level.cpu, level.features,
                                 options.optLevel);
    if (!machine)
      return machine.takeError();
    auto module = compiler.compile(**machine, level.passCPU, &level);
    if (!module)
      return module;
    if (llvm::Error error =
            versions.add(std::move(*module), compiler.functions, level.name))
      return std::move(error);
  }
  if (llvm::Error error = addDispatch(*versions.all, versions.functions))
    return std::move(error);
  shareConstants(*versions.all);
  return std::move(versions.all);
}

/// The lowered functions for one chip, named by it.
llvm::Expected<std::unique_ptr<llvm::Module>>
translateForChip(Compiler &compiler, llvm::TargetMachine &machine,
                 llvm::StringRef chip) {
  auto module = compiler.translate(machine, chip);
  if (!module)
    return module;
  llvm::StringSet<> kept;
  for (const CFunction &function : compiler.functions) {
    std::string symbol = getChipVersion(function.name, chip);
    if (auto lowered = takeLowered(**module, function, symbol); !lowered)
      return lowered.takeError();
    kept.insert(symbol);
  }
  hideInternals(**module, kept);
  return module;
}

/// The code for all chips, the runtime that chooses and calls the driver, and
/// the C functions around them.
llvm::Expected<std::unique_ptr<llvm::Module>>
compileChips(Compiler &compiler, const CompileOptions &options,
             llvm::TargetMachine &machine) {
  Versions versions("chip: expected the same arguments for each chip, found "
                    "other ones for");
  for (const std::string &chip : options.chips) {
    auto module = translateForChip(compiler, machine, chip);
    if (!module)
      return module;
    if (llvm::Error error =
            versions.add(std::move(*module), compiler.functions, chip))
      return std::move(error);
  }
  llvm::Module &module = *versions.all;
  llvm::StringSet<> kept;
  for (const CFunction &function : versions.functions) {
    if (llvm::Error error = addGPUWrappers(module, function, options.chips))
      return std::move(error);
    GPUNames names(function.name);
    for (const std::string &name : {names.device, names.host, names.error})
      kept.insert(name);
  }
  if (llvm::Error error = linkGPURuntime(module))
    return std::move(error);
  hideInternals(module, kept);
  shareConstants(module);
  if (llvm::Error error = compiler.optimize(module, machine))
    return std::move(error);
  return std::move(versions.all);
}

/// The CPU that code on the host is for.
llvm::StringRef getHostCPU(const CompileOptions &options) {
  bool isAny = options.cpu == "dispatch" ||
               (options.target == "cuda" && options.cpu == "native");
  return isAny ? llvm::StringRef("generic") : llvm::StringRef(options.cpu);
}

llvm::Error checkMachines(const CompileOptions &options,
                          const llvm::Triple &triple) {
  bool dispatches = options.cpu == "dispatch", isGPU = options.target == "cuda";
  if (dispatches && isGPU)
    return llvm::createStringError(
        "cpu: expected one for what calls the kernels, found 'dispatch'");
  if (dispatches && !triple.isX86_64())
    return llvm::createStringError(
        "dispatch: expected an x86-64 machine, found " + triple.str());
  if (isGPU && options.chips.empty())
    return llvm::createStringError(
        "chip: expected one or more such as sm_90a, found none");
  if (!isGPU && !options.chips.empty())
    return llvm::createStringError("chip: expected the target cuda, found '" +
                                   options.target + "'");
  return llvm::Error::success();
}

} // namespace

CompiledModule::CompiledModule() = default;
CompiledModule::~CompiledModule() = default;
CompiledModule::CompiledModule(CompiledModule &&) = default;

llvm::Expected<CompiledModule>
CompiledModule::create(mlir::ModuleOp source, const CompileOptions &options) {
  CompiledModule result;
  auto machine =
      createMachine(options.triple, getHostCPU(options), "", options.optLevel);
  if (!machine)
    return machine.takeError();
  result.machine = std::move(*machine);
  if (llvm::Error error =
          checkMachines(options, result.machine->getTargetTriple()))
    return std::move(error);
  llvm::Expected<std::vector<Signature>> entries = getEntries(source, options);
  if (!entries)
    return entries.takeError();

  result.context = std::make_unique<llvm::LLVMContext>();
  Compiler compiler(source, options, *entries, *result.context);
  auto compile = [&] {
    if (options.target == "cuda")
      return compileChips(compiler, options, *result.machine);
    if (options.cpu == "dispatch")
      return compileLevels(compiler, options);
    return compiler.compile(*result.machine, options.cpu, nullptr);
  };
  auto module = compile();
  if (!module)
    return module.takeError();
  result.module = std::move(*module);
  result.functions = std::move(compiler.functions);
  result.usesOpenMP = compiler.usesOpenMP;
  result.deviceCode = std::move(compiler.deviceCode);
  result.target = options.target;
  result.chips = options.chips;
  if (options.cpu == "dispatch")
    for (const DispatchLevel &level : getDispatchLevels())
      result.levels.push_back(level.name.str());
  return result;
}

CLibrary CompiledModule::describe(llvm::StringRef sourceName) const {
  CLibrary library;
  library.source = sourceName.str();
  library.target = target;
  library.usesOpenMP = usesOpenMP;
  library.levels = levels;
  library.chips = chips;
  return library;
}

std::string CompiledModule::printHeader(llvm::StringRef headerName,
                                        llvm::StringRef sourceName) const {
  return printCHeader(functions, describe(sourceName), headerName);
}

std::string CompiledModule::printInterface(llvm::StringRef sourceName) const {
  return printInterfaceFile(functions, describe(sourceName));
}

llvm::Error CompiledModule::writeDeviceCode(llvm::StringRef path,
                                            llvm::StringRef format) const {
  auto fail = [&](const llvm::Twine &expected, const llvm::Twine &found) {
    return llvm::createStringError(path + ": output, expected " + expected +
                                   ", found " + found);
  };
  if (chips.size() != 1)
    return fail("one chip", llvm::join(chips, ", "));
  if (deviceCode.size() != 1)
    return fail("kernels in one module",
                llvm::Twine(deviceCode.size()) + " modules");
  const DeviceCode &code = deviceCode.front();
  if (code.format != format)
    return fail("kernels in the format '" + format + "'",
                "'" + code.format + "'");
  return writeOutputFile(path, [&](llvm::raw_ostream &os) {
    os << code.bytes;
    return llvm::Error::success();
  });
}

llvm::Error CompiledModule::write(const OutputPaths &paths,
                                  llvm::StringRef sourceName,
                                  llvm::StringRef linker) const {
  // A text gets its name once all that is inside has been written.
  auto around = [](llvm::StringRef path,
                   llvm::function_ref<std::string()> print,
                   llvm::function_ref<llvm::Error()> writeInner) {
    if (path.empty())
      return writeInner();
    return writeOutputFile(path, [&](llvm::raw_ostream &os) {
      os << print();
      return writeInner();
    });
  };
  auto writeInnermost = [&] {
    return paths.code.empty() ? llvm::Error::success()
                              : writeCodeFile(paths.code, linker);
  };
  auto writeInterface = [&] {
    return around(
        paths.interface, [&] { return printInterface(sourceName); },
        writeInnermost);
  };
  llvm::StringRef headerName = llvm::sys::path::filename(paths.header);
  return around(
      paths.header, [&] { return printHeader(headerName, sourceName); },
      writeInterface);
}

llvm::Error CompiledModule::writeCodeFile(llvm::StringRef path,
                                          llvm::StringRef linker) const {
  llvm::Expected<OutputKind> kind = parseOutputKind(path);
  if (!kind)
    return kind.takeError();
  if (llvm::StringRef format = getDeviceFormat(*kind); !format.empty())
    return writeDeviceCode(path, format);
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
