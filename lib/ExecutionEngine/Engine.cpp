//===- Engine.cpp - Running lowered functions in this process -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/Engine.h"

#include "CallFrame.h"
#include "JITSupport.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"

#include <algorithm>
#include <chrono>

using namespace ternary;
using mlir::LLVM::LLVMFuncOp;

namespace {

std::string interfaceName(llvm::StringRef entry) {
  return ("_mlir_ciface_" + entry).str();
}

/// The number of scalars and pointers in a type; 0 for void.
size_t countLeaves(mlir::Type type) {
  if (llvm::isa<mlir::LLVM::LLVMVoidType>(type))
    return 0;
  if (auto array = llvm::dyn_cast<mlir::LLVM::LLVMArrayType>(type))
    return array.getNumElements() * countLeaves(array.getElementType());
  size_t count = 1;
  if (auto structure = llvm::dyn_cast<mlir::LLVM::LLVMStructType>(type)) {
    count = 0;
    for (mlir::Type member : structure.getBody())
      count += countLeaves(member);
  }
  return count;
}

size_t countLeaves(llvm::ArrayRef<ValueSpec> specs) {
  size_t count = 0;
  for (const ValueSpec &spec : specs)
    count += spec.isScalar ? 1 : 3 + 2 * spec.shape.size();
  return count;
}

/// Guards against pipelines that change a signature or its calling convention:
/// a call would then read and write at random.
llvm::Error checkLowered(mlir::ModuleOp lowered, const Signature &signature) {
  auto fail = [&](const llvm::Twine &expected, const llvm::Twine &found) {
    return llvm::createStringError("lowered function '" + signature.name +
                                   "': expected " + expected + ", found " +
                                   found);
  };
  auto function = lowered.lookupSymbol<LLVMFuncOp>(signature.name);
  auto interface =
      lowered.lookupSymbol<LLVMFuncOp>(interfaceName(signature.name));
  if (!function || !interface)
    return fail("an llvm.func with a C interface", "none");
  mlir::LLVM::LLVMFunctionType type = function.getFunctionType();
  size_t wantArguments = countLeaves(signature.arguments);
  if (type.getNumParams() != wantArguments)
    return fail("the " + llvm::Twine(wantArguments) +
                    " parameters of its memref descriptors and scalars",
                llvm::Twine(type.getNumParams()));
  size_t wantResults = countLeaves(signature.results);
  size_t results = countLeaves(type.getReturnType());
  if (results != wantResults)
    return fail("results of " + llvm::Twine(wantResults) +
                    " values in memref descriptors and scalars",
                llvm::Twine(results));
  return llvm::Error::success();
}

double quantile(llvm::ArrayRef<double> sorted, double q) {
  double position = q * (sorted.size() - 1);
  size_t below = static_cast<size_t>(position);
  size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

} // namespace

void ternary::registerEngineTranslations(mlir::DialectRegistry &registry) {
  mlir::registerAllToLLVMIRTranslations(registry);
}

Timing Timing::of(std::vector<double> times) {
  if (times.empty())
    return Timing();
  std::sort(times.begin(), times.end());
  return Timing{static_cast<unsigned>(times.size()), quantile(times, 0.5),
                quantile(times, 0.75) - quantile(times, 0.25), times.front()};
}

Executable::~Executable() = default;

Engine::Engine() = default;
Engine::~Engine() = default;

llvm::Expected<std::unique_ptr<Engine>>
Engine::create(mlir::ModuleOp lowered, llvm::ArrayRef<Signature> entries,
               const EngineOptions &options) {
  for (const Signature &entry : entries)
    if (llvm::Error error = checkLowered(lowered, entry))
      return std::move(error);
  std::unique_ptr<Engine> engine(new Engine());
  engine->usesOpenMP = needsOpenMP(lowered);
  if (llvm::Error error =
          prepareLibraries(engine->usesOpenMP, options.sharedLibs))
    return std::move(error);
  JITOptions jitOptions;
  jitOptions.optLevel = options.optLevel;
  auto keep = [&](llvm::Module &, llvm::StringSet<> &kept) {
    for (const Signature &entry : entries)
      kept.insert("_mlir_" + interfaceName(entry.name));
    return llvm::Error::success();
  };
  jitOptions.finish = keep;
  auto jit = compileLowered(lowered, jitOptions);
  if (!jit)
    return jit.takeError();
  engine->jit = std::move(*jit);
  registerGuard(*engine->jit, lowered);
  if (llvm::Error error = engine->resolve(entries))
    return std::move(error);
  // Only after every symbol has been found: it cannot report a failure.
  if (!lowered.getOps<mlir::LLVM::GlobalCtorsOp>().empty())
    engine->jit->initialize();
  return engine;
}

llvm::Error Engine::resolve(llvm::ArrayRef<Signature> signatures) {
  for (const Signature &signature : signatures) {
    auto function = jit->lookupPacked(interfaceName(signature.name));
    if (!function)
      return llvm::createStringError(
          "function '" + signature.name +
          "': compilation failed: " + llvm::toString(function.takeError()));
    entries[signature.name] = Entry{signature, *function};
  }
  return llvm::Error::success();
}

llvm::Expected<const Engine::Entry *> Engine::find(llvm::StringRef name) const {
  auto entry = entries.find(name);
  if (entry == entries.end())
    return llvm::createStringError("entry '" + name +
                                   "': expected one that was compiled, found "
                                   "none of this name");
  return &entry->second;
}

static std::vector<Array *> getPointers(llvm::MutableArrayRef<Array> arrays) {
  std::vector<Array *> pointers;
  for (Array &array : arrays)
    pointers.push_back(&array);
  return pointers;
}

llvm::Expected<std::vector<Array>>
Engine::invoke(llvm::StringRef entry, llvm::MutableArrayRef<Array> arguments) {
  return invoke(entry, llvm::ArrayRef<Array *>(getPointers(arguments)));
}

llvm::Expected<std::vector<Array>>
Engine::invoke(llvm::StringRef entry, llvm::ArrayRef<Array *> arguments) {
  llvm::Expected<const Entry *> found = find(entry);
  if (!found)
    return found.takeError();
  const Signature &signature = (*found)->signature;
  if (llvm::Error error = checkArguments(signature, getViews(arguments)))
    return std::move(error);
  CallFrame frame(signature, arguments);
  if (llvm::Error error =
          callGuarded((*found)->function, frame.getPacked(), !usesOpenMP))
    return std::move(error);
  llvm::Expected<std::vector<Array>> results = frame.copyResults();
  frame.freeResults();
  return results;
}

llvm::Expected<BoundCall> Engine::bind(llvm::StringRef entry,
                                       llvm::ArrayRef<Array *> arguments) {
  llvm::Expected<const Entry *> found = find(entry);
  if (!found)
    return found.takeError();
  if (llvm::Error error =
          checkArguments((*found)->signature, getViews(arguments)))
    return std::move(error);
  return BoundCall(std::make_unique<CallFrame>((*found)->signature, arguments),
                   (*found)->function, /*mayJump=*/!usesOpenMP);
}

llvm::Expected<Timing> Engine::time(llvm::StringRef entry,
                                    llvm::MutableArrayRef<Array> arguments,
                                    unsigned repetitions) {
  llvm::Expected<BoundCall> call = bind(entry, getPointers(arguments));
  if (!call)
    return call.takeError();
  unsigned warmUp = std::min(repetitions, 10u);
  std::vector<double> times;
  for (unsigned i = 0; i < warmUp + repetitions; ++i) {
    auto begin = std::chrono::steady_clock::now();
    if (llvm::Error error = (*call)())
      return std::move(error);
    std::chrono::duration<double, std::micro> elapsed =
        std::chrono::steady_clock::now() - begin;
    if (i >= warmUp)
      times.push_back(elapsed.count());
  }
  return Timing::of(std::move(times));
}
