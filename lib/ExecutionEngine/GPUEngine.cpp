//===- GPUEngine.cpp - Calls of functions on this machine's GPU -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/GPUEngine.h"

#include "CUDA/Runtime.h"

using namespace ternary;

static llvm::Error fail() { return llvm::createStringError(ternaryGpuError()); }

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
  CompileOptions forChip = options;
  forChip.chips = {chip.str()};
  for (const Signature &entry : entries)
    forChip.entries.push_back(entry.name);
  llvm::Expected<std::unique_ptr<Program>> program =
      Program::create(source, forChip);
  if (!program)
    return program.takeError();
  std::unique_ptr<GPUEngine> engine(new GPUEngine());
  engine->program = std::move(*program);
  for (const ProgramFunction &function : engine->program->getFunctions())
    for (const Signature &entry : entries)
      if (entry.name == function.name)
        engine->entries[entry.name] = Entry{entry, &function};
  return engine;
}

llvm::Expected<const GPUEngine::Entry *>
GPUEngine::find(llvm::StringRef name, llvm::MutableArrayRef<Array> arguments) {
  auto entry = entries.find(name);
  if (entry == entries.end())
    return llvm::createStringError("entry '" + name +
                                   "': expected one that was compiled, found "
                                   "none of this name");
  if (llvm::Error error =
          checkArguments(entry->second.signature, getViews(arguments)))
    return std::move(error);
  return &entry->second;
}

llvm::Expected<std::vector<Array>>
GPUEngine::makeResults(const ProgramFunction &function,
                       llvm::MutableArrayRef<Array> arguments) {
  auto shapes = program->getResultShapes(function, getViews(arguments));
  if (!shapes)
    return shapes.takeError();
  std::vector<Array> results;
  for (auto [shape, parameter] :
       llvm::zip(*shapes, llvm::ArrayRef(function.parameters)
                              .drop_front(function.numArguments))) {
    llvm::Expected<Array> result = Array::create(parameter.spec.dtype, shape);
    if (!result)
      return result.takeError();
    results.push_back(std::move(*result));
  }
  return results;
}

llvm::Expected<std::vector<Array>>
GPUEngine::invoke(llvm::StringRef name,
                  llvm::MutableArrayRef<Array> arguments) {
  llvm::Expected<const Entry *> entry = find(name, arguments);
  if (!entry)
    return entry.takeError();
  const ProgramFunction &function = *(*entry)->function;
  llvm::Expected<std::vector<Array>> results = makeResults(function, arguments);
  if (!results)
    return results;
  if (llvm::Error error =
          program->invoke(function, getViews(arguments),
                          getViews(llvm::MutableArrayRef<Array>(*results))))
    return std::move(error);
  return results;
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

/// Copies on the device of the arrays that are no scalars.
static llvm::SmallVector<ArrayView>
copyIn(llvm::ArrayRef<ProgramParameter> parameters,
       llvm::MutableArrayRef<Array> arrays) {
  llvm::SmallVector<ArrayView> views = getViews(arrays);
  for (auto [view, array, parameter] : llvm::zip(views, arrays, parameters))
    if (!parameter.spec.isScalar)
      view.data = ternaryGpuCopyIn(array.data(), array.sizeInBytes(),
                                   !parameter.isResult);
  return views;
}

static void freeCopies(llvm::ArrayRef<ProgramParameter> parameters,
                       llvm::ArrayRef<ArrayView> views) {
  for (auto [view, parameter] : llvm::zip(views, parameters))
    if (!parameter.spec.isScalar)
      ternaryGpuCopyOut(nullptr, view.data,
                        *countElements(view.shape, view.dtype) *
                            static_cast<int64_t>(byteWidth(view.dtype)),
                        /*isWritten=*/0);
}

llvm::Expected<Timing> GPUEngine::time(llvm::StringRef name,
                                       llvm::MutableArrayRef<Array> arguments,
                                       unsigned repetitions) {
  llvm::Expected<const Entry *> entry = find(name, arguments);
  if (!entry)
    return entry.takeError();
  const ProgramFunction &function = *(*entry)->function;
  llvm::Expected<std::vector<Array>> results = makeResults(function, arguments);
  if (!results)
    return results.takeError();
  llvm::ArrayRef<ProgramParameter> inputs(function.parameters.data(),
                                          function.numArguments);
  llvm::ArrayRef<ProgramParameter> outputs =
      llvm::ArrayRef(function.parameters).drop_front(function.numArguments);
  std::vector<double> times;
  void *stream = ternaryGpuThreadStream();
  if (ternaryGpuBegin(stream, "")) {
    llvm::SmallVector<ArrayView> from = copyIn(inputs, arguments);
    llvm::SmallVector<ArrayView> to = copyIn(outputs, *results);
    // A call inside of this one; its failure is this one's.
    auto call = [&] {
      llvm::consumeError(program->invokeOnDevice(function, from, to, stream));
    };
    timeCalls(call, std::min(repetitions, 10u));
    times = timeCalls(call, repetitions);
    freeCopies(inputs, from);
    freeCopies(outputs, to);
  }
  if (ternaryGpuEnd() != 0)
    return fail();
  return Timing::of(std::move(times));
}
