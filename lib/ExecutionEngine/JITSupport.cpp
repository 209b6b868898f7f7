//===- JITSupport.cpp - Host machine, libraries, guards -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "JITSupport.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/CoreContainers.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/Mangling.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#include <csetjmp>
#include <cstring>

using namespace ternary;

//===----------------------------------------------------------------------===//
// Host machine
//===----------------------------------------------------------------------===//

/// A target machine for this process: for the CPU that it runs on, or with
/// those of its features that the CPU of this name has.
static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createHostMachine(unsigned optLevel, llvm::StringRef cpu = "") {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return host.takeError();
  host->setCodeGenOptLevel(
      llvm::CodeGenOpt::getLevel(static_cast<int>(optLevel))
          .value_or(llvm::CodeGenOptLevel::Aggressive));
  if (!cpu.empty()) {
    host->setCPU(cpu.str());
    llvm::SubtargetFeatures missing;
    llvm::StringMap<bool, llvm::MallocAllocator> reported =
        llvm::sys::getHostCPUFeatures();
    for (const auto &[name, enabled] : reported)
      if (!enabled)
        missing.AddFeature(name, /*Enable=*/false);
    host->getFeatures() = std::move(missing);
  }
  return host->createTargetMachine();
}

/// The CPU in the attributes that a function passes through to LLVM, as the
/// CPU pipeline writes it; empty if there is none, or it is the host.
static llvm::StringRef getPassedCPU(mlir::LLVM::LLVMFuncOp function) {
  auto passthrough = function.getPassthrough();
  if (!passthrough)
    return "";
  for (mlir::Attribute attribute : *passthrough) {
    auto pair = llvm::dyn_cast<mlir::ArrayAttr>(attribute);
    if (!pair || pair.size() != 2)
      continue;
    auto key = llvm::dyn_cast<mlir::StringAttr>(pair[0]);
    auto value = llvm::dyn_cast<mlir::StringAttr>(pair[1]);
    if (key && value && key == "target-cpu" &&
        value != llvm::sys::getHostCPUName())
      return value;
  }
  return "";
}

/// The first CPU other than the host that a function names; empty if there is
/// none.
static std::string getNamedCPU(mlir::ModuleOp lowered) {
  for (auto function : lowered.getOps<mlir::LLVM::LLVMFuncOp>())
    if (llvm::StringRef cpu = getPassedCPU(function); !cpu.empty())
      return cpu.str();
  return "";
}

/// The first feature that code for `cpu` and `features` may use and the host
/// does not have; empty if there is none.
static std::string findMissingFeature(const llvm::TargetMachine &host,
                                      llvm::StringRef cpu,
                                      llvm::StringRef features) {
  const llvm::MCSubtargetInfo &have = *host.getMCSubtargetInfo();
  std::unique_ptr<llvm::MCSubtargetInfo> want(
      host.getTarget().createMCSubtargetInfo(
          host.getTargetTriple(), cpu.empty() ? have.getCPU() : cpu, features));
  // Only what the operating system reports is an instruction set; the rest of
  // the features tune the code and harm nobody.
  llvm::StringMap<bool, llvm::MallocAllocator> reported =
      llvm::sys::getHostCPUFeatures();
  for (const llvm::SubtargetFeatureKV &feature :
       want->getAllProcessorFeatures()) {
    auto found = reported.find(feature.Key);
    if (found != reported.end() && !found->second &&
        want->getFeatureBits().test(feature.Value))
      return feature.Key;
  }
  return "";
}

/// Fails if a function asks for CPU features that the host lacks: its first
/// unknown instruction would kill the process.
static llvm::Error checkFeatures(mlir::ModuleOp lowered,
                                 const llvm::TargetMachine &host) {
  llvm::StringMap<std::string> seen;
  for (auto function : lowered.getOps<mlir::LLVM::LLVMFuncOp>()) {
    std::string features;
    if (auto attribute = function.getTargetFeaturesAttr())
      features = attribute.getFeaturesString();
    llvm::StringRef cpu = function.getTargetCpu().value_or("");
    if (function.isExternal() || (features.empty() && cpu.empty()))
      continue;
    auto [entry, isNew] = seen.try_emplace((cpu + "|" + features).str());
    if (isNew)
      entry->second = findMissingFeature(host, cpu, features);
    if (!entry->second.empty())
      return llvm::createStringError("function '" + function.getSymName() +
                                     "': compiled for cpu feature '" +
                                     entry->second +
                                     "', expected one that this machine (" +
                                     llvm::sys::getHostCPUName() + ") has");
  }
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Libraries
//===----------------------------------------------------------------------===//

bool ternary::needsOpenMP(mlir::ModuleOp lowered) {
  return lowered
      .walk([](mlir::Operation *op) {
        if (op->getName().getDialectNamespace() == "omp")
          return mlir::WalkResult::interrupt();
        auto function = llvm::dyn_cast<mlir::LLVM::LLVMFuncOp>(op);
        return function && function.getSymName().starts_with("__kmpc_")
                   ? mlir::WalkResult::interrupt()
                   : mlir::WalkResult::advance();
      })
      .wasInterrupted();
}

/// Opens libomp, so that compiled code finds its symbols in this process.
static llvm::Error loadOpenMP() {
  for (const char *path :
       {"libomp.so.5", "libomp.so", TERNARY_LLVM_LIBRARY_DIR "/libomp.so.5",
        TERNARY_LLVM_LIBRARY_DIR "/libomp.so"})
    if (!llvm::sys::DynamicLibrary::LoadLibraryPermanently(path))
      return llvm::Error::success();
  return llvm::createStringError(
      "openmp runtime: expected libomp.so.5 or libomp.so for threaded code, "
      "found neither; install libomp5-22, name the file with --shared-libs, or "
      "compile with threads=1");
}

static llvm::Error loadLibrary(const std::string &path) {
  std::string message;
  if (llvm::sys::DynamicLibrary::LoadLibraryPermanently(path.c_str(), &message))
    return llvm::createStringError(
        path + ": expected a shared library, found: " + message);
  return llvm::Error::success();
}

llvm::Error ternary::prepareLibraries(bool usesOpenMP,
                                      llvm::ArrayRef<std::string> sharedLibs) {
  for (const std::string &path : sharedLibs)
    if (llvm::Error error = loadLibrary(path))
      return error;
  // A library that the caller named may already bring the runtime.
  if (usesOpenMP &&
      !llvm::sys::DynamicLibrary::SearchForAddressOfSymbol("__kmpc_fork_call"))
    return loadOpenMP();
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

void ternary::internalize(llvm::Module &module, const llvm::StringSet<> &kept) {
  for (llvm::Function &function : module)
    if (!function.isDeclaration() && !kept.contains(function.getName()))
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
}

/// The first function that `module` calls and that neither it nor this process
/// defines; empty if there is none. Compiler-rt's functions, which the code
/// generator adds later, are not seen.
static std::string findUndefined(const llvm::Module &module) {
  for (const llvm::Function &function : module)
    if (function.isDeclaration() && !function.isIntrinsic() &&
        !function.use_empty() && !function.hasExternalWeakLinkage() &&
        !llvm::sys::DynamicLibrary::SearchForAddressOfSymbol(
            function.getName().str()))
      return function.getName().str();
  return "";
}

/// A machine with the features that the code may use.
static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createMachineFor(mlir::ModuleOp lowered, unsigned optLevel) {
  auto machine = createHostMachine(optLevel);
  if (!machine)
    return machine;
  if (llvm::Error error = checkFeatures(lowered, **machine))
    return std::move(error);
  // What is compiled for another CPU is what that CPU would run.
  if (std::string cpu = getNamedCPU(lowered); !cpu.empty())
    return createHostMachine(optLevel, cpu);
  return machine;
}

llvm::Expected<std::unique_ptr<mlir::ExecutionEngine>>
ternary::compileLowered(mlir::ModuleOp lowered, const JITOptions &options) {
  auto machine = createMachineFor(lowered, options.optLevel);
  if (!machine)
    return machine.takeError();
  std::string problem, undefined;
  llvm::StringSet<> kept;
  auto build = [&](mlir::Operation *op, llvm::LLVMContext &context) {
    auto module = mlir::translateModuleToLLVMIR(op, context);
    if (module)
      problem = llvm::toString(options.finish(*module, kept));
    return problem.empty() ? std::move(module) : nullptr;
  };
  auto optimize = mlir::makeOptimizingTransformer(
      options.optLevel, /*sizeLevel=*/0, machine->get());
  auto transform = [&](llvm::Module *module) {
    internalize(*module, kept);
    llvm::Error error = optimize(module);
    if (!options.mayMissSymbols)
      undefined = findUndefined(*module);
    return error;
  };
  mlir::ExecutionEngineOptions jitOptions;
  jitOptions.llvmModuleBuilder = build;
  jitOptions.transformer = transform;
  jitOptions.enableGDBNotificationListener = false;
  jitOptions.enablePerfNotificationListener = false;
  auto jit =
      mlir::ExecutionEngine::create(lowered, jitOptions, std::move(*machine));
  if (problem.empty() && undefined.empty())
    return jit;
  if (!undefined.empty())
    problem = "function '" + undefined +
              "': expected a definition in the module or in a library given "
              "with --shared-libs, found none";
  llvm::consumeError(jit.takeError());
  return llvm::createStringError(problem);
}

//===----------------------------------------------------------------------===//
// Guard
//===----------------------------------------------------------------------===//

// A lowered cf.assert calls puts with its message, and then abort.
static thread_local std::jmp_buf *activeCall = nullptr;
static thread_local const char *assertionMessage = nullptr;

static int guardPuts(const char *message) {
  assertionMessage = message;
  return 0;
}

[[noreturn]] static void guardAbort() {
  if (activeCall)
    std::longjmp(*activeCall, 1);
  llvm::errs() << "error: assertion failed in compiled code: "
               << (assertionMessage ? assertionMessage : "no message") << '\n';
  std::_Exit(1);
}

/// What LLVM calls to round to bf16 on machines without an instruction, with the
/// result in the lower half of a register of floats. libgcc has it from 13 on.
static float truncateToBF16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  bool isNaN = (bits & 0x7fffffff) > 0x7f800000;
  bits = isNaN ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  std::memcpy(&value, &bits, sizeof(bits));
  return value;
}

void ternary::registerGuard(mlir::ExecutionEngine &jit,
                            mlir::ModuleOp lowered) {
  auto isDefined = [&](llvm::StringRef name) {
    auto function = lowered.lookupSymbol<mlir::LLVM::LLVMFuncOp>(name);
    return function && !function.isExternal();
  };
  jit.registerSymbols([&](llvm::orc::MangleAndInterner mangle) {
    llvm::orc::SymbolMap symbols;
    auto add = [&](llvm::StringRef name, auto *function) {
      if (!isDefined(name))
        symbols[mangle(name)] = {llvm::orc::ExecutorAddr::fromPtr(function),
                                 llvm::JITSymbolFlags::Exported};
    };
    add("puts", &guardPuts);
    add("abort", &guardAbort);
    add("__truncsfbf2", &truncateToBF16);
    return symbols;
  });
}

/// Nothing between setjmp and the call may have a destructor.
static bool callUnwindable(void (*function)(void **), void **arguments) {
  std::jmp_buf buffer;
  if (setjmp(buffer)) {
    activeCall = nullptr;
    return false;
  }
  activeCall = &buffer;
  function(arguments);
  activeCall = nullptr;
  return true;
}

llvm::Error ternary::callGuarded(void (*function)(void **), void **arguments,
                                 bool mayJump) {
  assertionMessage = nullptr;
  if (!mayJump) {
    function(arguments);
    return llvm::Error::success();
  }
  if (callUnwindable(function, arguments))
    return llvm::Error::success();
  return llvm::createStringError(
      llvm::Twine("assertion failed in compiled code: ") +
      (assertionMessage ? assertionMessage : "no message"));
}
