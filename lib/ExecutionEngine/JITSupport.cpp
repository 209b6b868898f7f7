//===- JITSupport.cpp - Host machine, libraries, guards -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "JITSupport.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "llvm/ExecutionEngine/Orc/CoreContainers.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/Mangling.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

#include <csetjmp>

using namespace ternary;

//===----------------------------------------------------------------------===//
// Host machine
//===----------------------------------------------------------------------===//

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
ternary::createHostMachine(unsigned optLevel, llvm::StringRef cpu) {
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

std::string ternary::getNamedCPU(mlir::ModuleOp lowered) {
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

llvm::Error ternary::checkFeatures(mlir::ModuleOp lowered,
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

llvm::Error ternary::loadOpenMP() {
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

llvm::Error ternary::loadLibrary(const std::string &path) {
  std::string message;
  if (llvm::sys::DynamicLibrary::LoadLibraryPermanently(path.c_str(), &message))
    return llvm::createStringError(
        path + ": expected a shared library, found: " + message);
  return llvm::Error::success();
}

void ternary::internalize(llvm::Module &module, const llvm::StringSet<> &kept) {
  for (llvm::Function &function : module)
    if (!function.isDeclaration() && !kept.contains(function.getName()))
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
}

std::string ternary::findUndefined(const llvm::Module &module) {
  for (const llvm::Function &function : module)
    if (function.isDeclaration() && !function.isIntrinsic() &&
        !function.use_empty() && !function.hasExternalWeakLinkage() &&
        !llvm::sys::DynamicLibrary::SearchForAddressOfSymbol(
            function.getName().str()))
      return function.getName().str();
  return "";
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
