//===- Trial.cpp - A layer compiled with some decisions -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Trial.h"

#include "ternary/ExecutionEngine/Compare.h"

#include <chrono>
#include <random>

using namespace ternary;
using tune::Trial;

/// Trits, activations and scales alike: small integers, of which sums of floats
/// are exact. Bytes of packed weights are 0, which all packings allow; times do
/// not depend on values.
static void fill(Array &array, bool isPacked, std::mt19937 &random) {
  std::uniform_int_distribution<int> trits(-1, 1);
  std::fill_n(array.data(), array.sizeInBytes(), 0);
  if (isPacked)
    return;
  for (int64_t i = 0; i < array.size(); ++i) {
    int value = trits(random);
    switch (array.getDType()) {
    case DType::Float32:
      reinterpret_cast<float *>(array.data())[i] = float(value);
      break;
    case DType::Float64:
      reinterpret_cast<double *>(array.data())[i] = value;
      break;
    case DType::Int8:
      array.data()[i] = char(value);
      break;
    default:
      // Half-precision zeros are as fast.
      return;
    }
  }
}

/// Arrays for parameters, with the same values in each call.
static llvm::Error addArrays(llvm::ArrayRef<ProgramParameter> parameters,
                             std::vector<Array> &arrays) {
  std::mt19937 random(1);
  for (const ProgramParameter &parameter : parameters) {
    auto array = Array::create(parameter.spec.dtype, parameter.spec.shape);
    if (!array)
      return array.takeError();
    fill(*array, !parameter.packing.empty(), random);
    arrays.push_back(std::move(*array));
  }
  return llvm::Error::success();
}

llvm::Error Trial::makeArrays() {
  llvm::ArrayRef<ProgramParameter> parameters = layer->parameters;
  for (int64_t i = 0; i < copies; ++i)
    if (llvm::Error error =
            addArrays(parameters.take_front(layer->numArguments),
                      arguments.emplace_back()))
      return error;
  return addArrays(parameters.drop_front(layer->numArguments), results);
}

/// Computes the prepared arguments of each copy.
llvm::Error Trial::prepare() {
  if (!prepareFunction)
    return llvm::Error::success();
  llvm::ArrayRef<ProgramParameter> parameters = prepareFunction->parameters;
  size_t count = prepareFunction->numArguments;
  std::vector<Array> sources;
  if (llvm::Error error = addArrays(parameters.take_front(count), sources))
    return error;
  for (std::vector<Array> &arrays : arguments) {
    size_t numPrepared = parameters.size() - count;
    llvm::MutableArrayRef<Array> prepared =
        llvm::MutableArrayRef(arrays).take_back(numPrepared);
    if (llvm::Error error = program->invoke(*prepareFunction, getViews(sources),
                                            getViews(prepared)))
      return error;
  }
  return llvm::Error::success();
}

static const ProgramFunction *find(const Program &program,
                                   llvm::StringRef name) {
  auto functions = program.getFunctions();
  const ProgramFunction *found = llvm::find_if(
      functions, [&](const ProgramFunction &f) { return f.name == name; });
  return found == functions.end() ? nullptr : found;
}

llvm::Expected<std::unique_ptr<Trial>>
Trial::create(const Layer &layer, const LayerTuning &tuning,
              const CompileOptions &options, int64_t streamedBytes) {
  std::unique_ptr<Trial> trial(new Trial());
  mlir::OwningOpRef<mlir::ModuleOp> module = isolate(layer.op);
  module->walk([&](BitLinearOp op) {
    mlir::DictionaryAttr stated = tuning.getAttr(op.getContext());
    if (!stated.empty())
      op->setAttr(kTuningAttrName, stated);
  });
  auto program = Program::create(*module, options);
  if (!program)
    return program.takeError();
  trial->program = std::move(*program);
  trial->layer = find(*trial->program, "layer");
  trial->prepareFunction = find(*trial->program, trial->layer->prepare);
  trial->copies =
      std::max<int64_t>(1, streamedBytes / std::max<int64_t>(layer.bytes, 1));
  if (llvm::Error error = trial->makeArrays())
    return std::move(error);
  if (llvm::Error error = trial->prepare())
    return std::move(error);
  if (llvm::Error error = trial->call())
    return std::move(error);
  return trial;
}

llvm::Error Trial::call() {
  std::vector<Array> &arrays = arguments[next++ % copies];
  return program->invoke(*layer, getViews(arrays), getViews(results));
}

llvm::Expected<bool> Trial::agreesWith(const Trial &other) const {
  for (auto [got, want] : llvm::zip(results, other.results)) {
    auto comparison = compare(got, want, Tolerance{1e-4, 1e-4});
    if (!comparison)
      return comparison.takeError();
    if (!comparison->equal())
      return false;
  }
  return true;
}

llvm::Error Trial::measure(double microseconds) {
  using Clock = std::chrono::steady_clock;
  auto since = [](Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start)
        .count();
  };
  for (Clock::time_point begin = Clock::now(); since(begin) < microseconds;) {
    Clock::time_point start = Clock::now();
    if (llvm::Error error = call())
      return error;
    times.push_back(since(start));
  }
  return llvm::Error::success();
}
