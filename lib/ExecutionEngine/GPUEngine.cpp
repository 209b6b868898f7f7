//===- GPUEngine.cpp - Running functions on a GPU -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/GPUEngine.h"

#include "CUDA/Runtime.h"
#include "GPURuntime.h"
#include "GPUWrapper.h"
#include "JITSupport.h"
#include "Lowering.h"

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Target/LLVMIR/Export.h"

using namespace ternary;

static llvm::Error fail() { return llvm::createStringError(ternaryGpuError()); }

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

namespace {

/// What a packed C function is called with: pointers to its parameters, and to
/// room for its status.
class GPUCallFrame {
public:
  static llvm::Expected<GPUCallFrame>
  create(const CFunction &function, llvm::MutableArrayRef<Array> arguments) {
    GPUCallFrame frame;
    Array *argument = arguments.begin();
    for (const CParameter &parameter : function.parameters) {
      if (parameter.isResult) {
        if (llvm::Error error = frame.addResult(parameter))
          return std::move(error);
        continue;
      }
      frame.addArgument(parameter, *argument++);
    }
    return frame;
  }

  /// Lets every array lie elsewhere.
  void mapArrays(
      llvm::function_ref<void *(const CParameter &, void *, int64_t)> map) {
    for (Pointer &pointer : pointers)
      words[pointer.word] = toWord(map(
          *pointer.parameter, toPointer(words[pointer.word]), pointer.bytes));
  }

  /// Calls a function; the stream is for one that takes it.
  llvm::Error call(void (*function)(void **),
                   std::optional<void *> stream = std::nullopt) {
    std::vector<void *> packed;
    for (size_t i = 0; i < words.size(); ++i)
      packed.push_back(scalars[i] ? scalars[i] : &words[i]);
    uint64_t streamWord = toWord(stream.value_or(nullptr));
    if (stream)
      packed.push_back(&streamWord);
    int32_t status = 0;
    packed.push_back(&status);
    function(packed.data());
    return status == 0 ? llvm::Error::success() : fail();
  }

  std::vector<Array> takeResults() { return std::move(results); }

private:
  struct Pointer {
    size_t word;
    const CParameter *parameter;
    int64_t bytes;
  };

  static uint64_t toWord(void *pointer) {
    return reinterpret_cast<uintptr_t>(pointer);
  }
  static void *toPointer(uint64_t word) {
    return reinterpret_cast<void *>(static_cast<uintptr_t>(word));
  }

  void addWord(uint64_t word, void *scalar = nullptr) {
    words.push_back(word);
    scalars.push_back(scalar);
  }

  void addPointer(const CParameter &parameter, Array &array) {
    pointers.push_back({words.size(), &parameter, array.sizeInBytes()});
    addWord(toWord(array.data()));
  }

  void addArgument(const CParameter &parameter, Array &argument) {
    if (parameter.spec.isScalar) {
      if (parameter.spec.type == "index")
        sizes.push_back(argument.getAsInteger(0));
      addWord(0, argument.data());
      return;
    }
    addPointer(parameter, argument);
    for (auto [name, extent] :
         llvm::zip(parameter.extentNames, argument.getShape())) {
      if (name.empty())
        continue;
      sizes.push_back(extent);
      addWord(extent);
    }
  }

  llvm::Error addResult(const CParameter &parameter) {
    llvm::SmallVector<int64_t> shape;
    for (mlir::AffineExpr extent : parameter.extents)
      shape.push_back(evaluate(extent));
    llvm::Expected<Array> array = Array::create(parameter.spec.dtype, shape);
    if (!array)
      return array.takeError();
    results.push_back(std::move(*array));
    addPointer(parameter, results.back());
    return llvm::Error::success();
  }

  /// Terms of constants are folded.
  int64_t evaluate(mlir::AffineExpr extent) {
    llvm::SmallVector<mlir::AffineExpr> values;
    for (int64_t size : sizes)
      values.push_back(mlir::getAffineConstantExpr(size, extent.getContext()));
    return llvm::cast<mlir::AffineConstantExpr>(extent.replaceDims(values))
        .getValue();
  }

  std::vector<uint64_t> words;
  /// For each word where the value lies instead, or null.
  std::vector<void *> scalars;
  std::vector<Pointer> pointers;
  std::vector<int64_t> sizes;
  std::vector<Array> results;
};

} // namespace

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

llvm::Expected<std::string> ternary::findGPU() {
  char name[16] = "";
  if (ternaryGpuBegin(ternaryGpuThreadStream(), ""))
    ternaryGpuGetChip(name);
  if (ternaryGpuEnd() != 0)
    return fail();
  return std::string(name);
}

GPUEngine::GPUEngine() = default;
GPUEngine::~GPUEngine() = default;

llvm::Expected<std::unique_ptr<GPUEngine>>
GPUEngine::create(mlir::ModuleOp source, llvm::ArrayRef<Signature> entries,
                  llvm::StringRef chip, const CompileOptions &options) {
  mlir::OwningOpRef<mlir::ModuleOp> lowered = cloneEntries(source, entries);
  llvm::Expected<std::vector<CFunction>> functions =
      lower(*lowered, chip, options);
  if (!functions)
    return functions.takeError();
  std::unique_ptr<GPUEngine> engine(new GPUEngine());
  if (llvm::Error error =
          engine->compile(*lowered, *functions, chip, options.optLevel))
    return std::move(error);
  if (llvm::Error error = engine->resolve(entries, *functions))
    return std::move(error);
  engine->jit->initialize();
  return engine;
}

llvm::Error GPUEngine::compile(mlir::ModuleOp lowered,
                               llvm::ArrayRef<CFunction> functions,
                               llvm::StringRef chip, unsigned optLevel) {
  auto machine = createHostMachine(optLevel);
  if (!machine)
    return machine.takeError();
  std::string problem;
  llvm::StringSet<> kept;
  auto addWrappers = [&](llvm::Module &module) -> llvm::Error {
    for (const CFunction &function : functions) {
      auto body =
          takeLowered(module, function, getChipVersion(function.name, chip));
      if (!body)
        return body.takeError();
      if (llvm::Error error = addGPUWrappers(module, function, {chip.str()}))
        return error;
      GPUNames names(function.name);
      kept.insert("_mlir_" + names.device);
      kept.insert("_mlir_" + names.host);
    }
    return llvm::Error::success();
  };
  auto build = [&](mlir::Operation *op, llvm::LLVMContext &context) {
    auto module = mlir::translateModuleToLLVMIR(op, context);
    if (module)
      problem = llvm::toString(addWrappers(*module));
    return problem.empty() ? std::move(module) : nullptr;
  };
  auto optimize = mlir::makeOptimizingTransformer(optLevel, /*sizeLevel=*/0,
                                                  machine->get());
  auto transform = [&](llvm::Module *module) {
    internalize(*module, kept);
    return optimize(module);
  };
  mlir::ExecutionEngineOptions options;
  options.llvmModuleBuilder = build;
  options.transformer = transform;
  options.enableGDBNotificationListener = false;
  options.enablePerfNotificationListener = false;
  auto created =
      mlir::ExecutionEngine::create(lowered, options, std::move(*machine));
  if (!problem.empty()) {
    llvm::consumeError(created.takeError());
    return llvm::createStringError(problem);
  }
  if (!created)
    return created.takeError();
  jit = std::move(*created);
  registerGPURuntime(*jit);
  return llvm::Error::success();
}

llvm::Error GPUEngine::resolve(llvm::ArrayRef<Signature> signatures,
                               llvm::ArrayRef<CFunction> functions) {
  for (const CFunction &function : functions) {
    const Signature *signature =
        llvm::find_if(signatures, [&](const Signature &signature) {
          return signature.name == function.name;
        });
    if (signature == signatures.end())
      continue;
    GPUNames names(function.name);
    auto onDevice = jit->lookupPacked(names.device);
    if (!onDevice)
      return onDevice.takeError();
    auto onHost = jit->lookupPacked(names.host);
    if (!onHost)
      return onHost.takeError();
    entries[function.name] = Entry{*signature, function, *onDevice, *onHost};
  }
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

llvm::Expected<const GPUEngine::Entry *>
GPUEngine::find(llvm::StringRef name, llvm::MutableArrayRef<Array> arguments) {
  auto entry = entries.find(name);
  if (entry == entries.end())
    return llvm::createStringError("entry '" + name +
                                   "': expected one that was compiled, found "
                                   "none of this name");
  if (llvm::Error error = checkArguments(entry->second.signature,
                                         llvm::ArrayRef<Array>(arguments)))
    return std::move(error);
  return &entry->second;
}

llvm::Expected<std::vector<Array>>
GPUEngine::invoke(llvm::StringRef name,
                  llvm::MutableArrayRef<Array> arguments) {
  llvm::Expected<const Entry *> entry = find(name, arguments);
  if (!entry)
    return entry.takeError();
  llvm::Expected<GPUCallFrame> frame =
      GPUCallFrame::create((*entry)->function, arguments);
  if (!frame)
    return frame.takeError();
  if (llvm::Error error = frame->call((*entry)->onHost))
    return std::move(error);
  return frame->takeResults();
}

/// The times of `count` calls; marks in the stream keep the host out of them.
static std::vector<double> timeCalls(llvm::function_ref<void()> call,
                                     unsigned count) {
  std::vector<void *> marks = {ternaryGpuMark()};
  for (unsigned i = 0; i < count; ++i) {
    call();
    marks.push_back(ternaryGpuMark());
  }
  ternaryGpuSynchronize();
  std::vector<double> times;
  for (unsigned i = 0; i < count; ++i)
    times.push_back(ternaryGpuElapsed(marks[i], marks[i + 1]));
  llvm::for_each(marks, ternaryGpuFreeMark);
  return times;
}

llvm::Expected<Timing> GPUEngine::time(llvm::StringRef name,
                                       llvm::MutableArrayRef<Array> arguments,
                                       unsigned repetitions) {
  llvm::Expected<const Entry *> entry = find(name, arguments);
  if (!entry)
    return entry.takeError();
  llvm::Expected<GPUCallFrame> frame =
      GPUCallFrame::create((*entry)->function, arguments);
  if (!frame)
    return frame.takeError();
  std::vector<double> times;
  void *stream = ternaryGpuThreadStream();
  if (ternaryGpuBegin(stream, "")) {
    frame->mapArrays(
        [](const CParameter &parameter, void *host, int64_t bytes) {
          return ternaryGpuCopyIn(host, bytes, !parameter.isResult);
        });
    // A call inside of this one; its failure is this one's.
    auto call = [&] {
      llvm::consumeError(frame->call((*entry)->onDevice, stream));
    };
    timeCalls(call, std::min(repetitions, 10u));
    times = timeCalls(call, repetitions);
    frame->mapArrays([](const CParameter &, void *device, int64_t bytes) {
      ternaryGpuCopyOut(nullptr, device, bytes, /*isWritten=*/0);
      return nullptr;
    });
  }
  if (ternaryGpuEnd() != 0)
    return fail();
  return Timing::of(std::move(times));
}
