//===- Runner.cpp - Lowers a module once and runs calls -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Runner.h"

#include "ternary/ExecutionEngine/Npy.h"
#include "ternary/ExecutionEngine/ShapeCheck.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace ternary;
using run::Outcome;
using run::Runner;

namespace {

std::string describeResult(size_t index, const Array &array) {
  constexpr int64_t kShown = 16;
  std::string text =
      llvm::formatv("result {0}: {1} {2} =", index, name(array.getDType()),
                    formatShape(array.getShape()));
  for (int64_t i = 0; i < std::min(array.size(), kShown); ++i)
    text += " " + array.format(i);
  return text + (array.size() > kShown ? " ..." : "");
}

std::string describeComparison(size_t index, const Comparison &comparison,
                               const Array &got, const Array &want) {
  std::string text = llvm::formatv(
      "check: result {0}: max difference {1}, {2} of {3} elements differ",
      index, llvm::format("%g", comparison.maxDifference), comparison.differing,
      comparison.elements);
  if (int64_t first = comparison.firstDiffering; first >= 0)
    text += ", first at " + formatIndex(got.getShape(), first) + ": expected " +
            want.format(first) + ", found " + got.format(first);
  return text;
}

std::string describeTiming(const Timing &timing) {
  return llvm::formatv(
      "time: median {0:f3} us, iqr {1:f3} us, min {2:f3} us ({3} calls)",
      timing.median, timing.interquartileRange, timing.min, timing.repetitions);
}

llvm::Expected<std::vector<Array>> cloneAll(llvm::ArrayRef<Array> arrays) {
  std::vector<Array> copies;
  for (const Array &array : arrays) {
    llvm::Expected<Array> copy = array.clone();
    if (!copy)
      return copy.takeError();
    copies.push_back(std::move(*copy));
  }
  return copies;
}

llvm::Error checkResultCount(const Signature &signature,
                             const run::Call &call) {
  if (call.results.empty() || call.results.size() == signature.results.size())
    return llvm::Error::success();
  return llvm::createStringError("result files of '" + signature.name +
                                 "' at " + signature.location + ": expected " +
                                 llvm::Twine(signature.results.size()) +
                                 ", found " + llvm::Twine(call.results.size()));
}

} // namespace

void Runner::recordSignatures(llvm::ArrayRef<Call> calls) {
  for (const Call &call : calls) {
    if (signatureOf.contains(call.entry) || refusals.contains(call.entry))
      continue;
    llvm::Expected<Signature> signature = getSignature(*source, call.entry);
    if (!signature) {
      refusals[call.entry] = llvm::toString(signature.takeError());
      continue;
    }
    signatureOf[call.entry] = signatures.size();
    signatures.push_back(std::move(*signature));
  }
}

llvm::Expected<std::unique_ptr<Executable>>
Runner::compile(const Target &target, llvm::StringRef pipelineOptions) {
  return target.compile(
      *source,
      CompileRequest{signatures, pipelineOptions.str(), options.engine});
}

llvm::Expected<Runner> Runner::create(mlir::OwningOpRef<mlir::ModuleOp> source,
                                      llvm::ArrayRef<Call> calls,
                                      const RunOptions &options) {
  Runner runner(options);
  runner.source = std::move(source);
  runner.recordSignatures(calls);
  if (runner.signatures.empty())
    return runner;
  eraseUnreachable(*runner.source, runner.signatures);
  markEntryPoints(*runner.source, runner.signatures);
  auto engine = runner.compile(*options.target, options.pipelineOptions);
  if (!engine)
    return engine.takeError();
  runner.engine = std::move(*engine);
  if (!options.check)
    return runner;
  llvm::Expected<const Target *> target = findTarget("reference");
  if (!target)
    return target.takeError();
  auto reference = runner.compile(**target, "");
  if (!reference)
    return reference.takeError();
  runner.reference = std::move(*reference);
  return runner;
}

llvm::Expected<std::vector<Array>>
Runner::readArguments(const Signature &signature, const Call &call) {
  if (llvm::Error error = checkArgumentCount(signature, call.arguments.size()))
    return std::move(error);
  std::vector<Array> arguments;
  for (const std::string &path : call.arguments) {
    llvm::Expected<Array> array = readNpy(path);
    if (!array)
      return array.takeError();
    arguments.push_back(std::move(*array));
  }
  llvm::SmallVector<ArrayView> views =
      getViews(llvm::MutableArrayRef<Array>(arguments));
  if (llvm::Error error = checkArguments(signature, views, call.arguments))
    return std::move(error);
  if (llvm::Error error = checkShapes(*source, signature, views))
    return std::move(error);
  return arguments;
}

llvm::Error Runner::checkReference(const Call &call,
                                   llvm::MutableArrayRef<Array> arguments,
                                   llvm::ArrayRef<Array> results,
                                   Outcome &outcome) {
  llvm::Expected<std::vector<Array>> wanted =
      reference->invoke(call.entry, arguments);
  if (!wanted)
    return llvm::createStringError("reference: " +
                                   llvm::toString(wanted.takeError()));
  for (size_t i = 0; i < results.size(); ++i) {
    llvm::Expected<Comparison> comparison =
        compare(results[i], (*wanted)[i], options.tolerance);
    if (!comparison)
      return llvm::createStringError("check: result " + llvm::Twine(i) + ": " +
                                     llvm::toString(comparison.takeError()));
    outcome.passed &= comparison->equal();
    outcome.notes.push_back(
        describeComparison(i, *comparison, results[i], (*wanted)[i]));
  }
  return llvm::Error::success();
}

llvm::Error Runner::finish(const Call &call, std::vector<Array> results,
                           Outcome &outcome) {
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].getDType() == DType::Int8)
      results[i].reinterpret(options.byteResults);
    outcome.results.push_back(describeResult(i, results[i]));
    if (call.results.empty())
      continue;
    if (llvm::Error error = writeNpy(call.results[i], results[i]))
      return error;
    outcome.results.back() += " -> " + call.results[i];
  }
  return llvm::Error::success();
}

llvm::Expected<Outcome> Runner::run(const Call &call) {
  if (auto refusal = refusals.find(call.entry); refusal != refusals.end())
    return llvm::createStringError(refusal->second);
  const Signature &signature = signatures[signatureOf.at(call.entry)];
  if (llvm::Error error = checkResultCount(signature, call))
    return std::move(error);
  auto arguments = readArguments(signature, call);
  if (!arguments)
    return arguments.takeError();
  // The function may change its arguments, and the reference wants them too.
  llvm::ArrayRef<Array> shared(*arguments);
  auto copies = cloneAll(reference ? shared : shared.take_front(0));
  if (!copies)
    return copies.takeError();
  auto results = engine->invoke(call.entry, *arguments);
  if (!results)
    return results.takeError();
  Outcome outcome;
  if (reference)
    if (llvm::Error error = checkReference(call, *copies, *results, outcome))
      return std::move(error);
  if (llvm::Error error = finish(call, std::move(*results), outcome))
    return std::move(error);
  if (options.repetitions == 0)
    return outcome;
  llvm::Expected<Timing> timing =
      engine->time(call.entry, *arguments, options.repetitions);
  if (!timing)
    return timing.takeError();
  outcome.notes.push_back(describeTiming(*timing));
  return outcome;
}
