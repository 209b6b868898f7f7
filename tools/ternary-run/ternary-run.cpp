//===- ternary-run.cpp - Compiles a function and runs it ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Options and output of the tool; the work is done by Runner.
//
//===----------------------------------------------------------------------===//

#include "CallList.h"
#include "CommandLine.h"
#include "InputContext.h"
#include "Lowering.h"
#include "Runner.h"
#include "ScalarCommand.h"

#include "ternary/ExecutionEngine/Engine.h"
#include "ternary/ExecutionEngine/Input.h"
#include "ternary/InitAll.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace ternary;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("ternary-run options");

const char kOverview[] =
    R"(compiles a function of an MLIR file for this machine and runs it on .npy files

A first run:
  ternary-run layer.mlir --entry forward --args x.npy w.npy --results y.npy
compared with the plain reference lowering, and timed:
  ternary-run layer.mlir --entry forward --args x.npy w.npy --check=reference --time 1000
on an NVIDIA GPU, which the driver must be there for, but no CUDA toolkit:
  ternary-run layer.mlir --entry forward --args x.npy w.npy --target=cuda
many calls in one process, each reported on a line:
  ternary-run layers.mlir --calls calls.json
with calls.json:
  [{"entry": "forward", "args": ["x.npy", "w.npy"], "results": ["y.npy"], "name": "first"}]

Arguments and results are ranked tensors or scalars of i1 (bool), i8 (int8 or uint8), i16, i32,
i64, index (int64), f16, f32 and f64; a scalar is a .npy file of rank 0. Without --results the
first elements of each result are shown. The exit status is 0 if every call succeeded and, with
--check, agreed with the reference. MLIR's own flags, such as --mlir-print-ir-after-all, work too;
--help-hidden lists them.

Rules on numbers, JSON in and out (an array maps the rule over its elements; - reads JSON from
standard input), with --scalar as the first flag:
  ternary-run --scalar effective_bpw 2560 2560 32 false
  ternary-run --scalar persistent_memory_bytes '[[64, 512, 32], [16, 64, 4]]'
)";

struct Flags {
  cl::opt<std::string> input{cl::Positional, cl::desc("<file.mlir>"),
                             cl::init(""), cl::cat(category)};
  cl::opt<std::string> entry{"entry", cl::desc("function to call"),
                             cl::value_desc("name"), cl::cat(category)};
  cl::opt<std::string> target{
      "target",
      cl::desc("cpu (the default): ternary-to-llvm; cuda: ternary-to-nvvm, for "
               "this machine's GPU; reference: plain loops, the meaning of "
               "every operation"),
      cl::init("cpu"), cl::value_desc("name"), cl::cat(category)};
  cl::list<std::string> arguments{
      "args", cl::desc("files of the arguments, in order, up to the next flag"),
      cl::value_desc("a.npy ..."), cl::cat(category)};
  cl::list<std::string> results{"results",
                                cl::desc("files for the results, in order"),
                                cl::value_desc("y.npy ..."), cl::cat(category)};
  cl::opt<std::string> calls{"calls", cl::desc("JSON list of calls to run"),
                             cl::value_desc("calls.json"), cl::cat(category)};
  cl::opt<std::string> check{"check",
                             cl::desc("compare with this target (reference)"),
                             cl::value_desc("reference"), cl::cat(category)};
  cl::opt<double> rtol{"rtol", cl::desc("relative tolerance of --check"),
                       cl::init(1e-5), cl::cat(category)};
  cl::opt<double> atol{"atol", cl::desc("absolute tolerance of --check"),
                       cl::init(1e-6), cl::cat(category)};
  cl::opt<unsigned> repetitions{
      "time",
      cl::desc(
          "time this many calls and print median, interquartile range and "
          "minimum in microseconds; on a GPU from the begin of one to that "
          "of the next, with all arrays there"),
      cl::init(0), cl::value_desc("n"), cl::cat(category)};
  cl::opt<std::string> pipelineOptions{
      "pipeline-options",
      cl::desc("options of the target's pipeline, such as \"threads=1\"; help "
               "lists them"),
      cl::value_desc("key=value ..."), cl::cat(category)};
  cl::opt<std::string> byteResults{
      "byte-results", cl::desc("dtype of i8 results: int8 or uint8"),
      cl::init("int8"), cl::value_desc("dtype"), cl::cat(category)};
  cl::opt<unsigned> optLevel{"O",
                             cl::desc("optimization level of LLVM"),
                             cl::init(3),
                             cl::Prefix,
                             cl::value_desc("0-3"),
                             cl::cat(category)};
  cl::list<std::string> sharedLibs{
      "shared-libs", cl::desc("libraries that the code may call"),
      cl::value_desc("lib.so ..."), cl::cat(category)};
  // Listed for --help only: its arguments are not flags, even if they are -1.
  cl::list<std::string> scalar{
      "scalar", cl::desc("apply a rule on numbers to JSON arguments"),
      cl::value_desc("name args ..."), cl::cat(category)};
};

int report(llvm::Error error) {
  llvm::outs().flush();
  llvm::WithColor::error(llvm::errs(), "ternary-run")
      << llvm::toString(std::move(error)) << '\n';
  return 1;
}

/// Repeats a flag before each of the values that follow it, which is how LLVM's
/// parser wants lists: `--args a b` becomes `--args a --args b`.
std::vector<const char *> expandLists(llvm::ArrayRef<const char *> arguments) {
  std::vector<const char *> expanded;
  const char *list = nullptr;
  for (const char *argument : arguments) {
    llvm::StringRef text(argument);
    bool isFlag = text.size() > 1 && text.starts_with("-");
    if (isFlag) {
      llvm::StringRef name = text.ltrim('-');
      bool isList =
          name == "args" || name == "results" || name == "shared-libs";
      list = isList ? argument : nullptr;
      if (isList)
        continue;
    } else if (list) {
      expanded.push_back(list);
    }
    expanded.push_back(argument);
  }
  return expanded;
}

std::vector<std::string> getValues(const cl::list<std::string> &list) {
  return std::vector<std::string>(list.begin(), list.end());
}

llvm::Expected<std::vector<run::Call>> getCalls(const Flags &flags) {
  if (flags.input.empty())
    return llvm::createStringError(
        "input: expected a file.mlir, found none (--help shows examples)");
  bool isList = !flags.calls.empty();
  if (isList == !flags.entry.empty())
    return llvm::createStringError(
        llvm::Twine("calls: expected either --entry or --calls, found ") +
        (isList ? "both" : "neither"));
  if (!isList)
    return std::vector<run::Call>{run::Call{flags.entry, flags.entry,
                                            getValues(flags.arguments),
                                            getValues(flags.results)}};
  if (!flags.arguments.empty() || !flags.results.empty())
    return llvm::createStringError(
        "calls: expected files in the list of --calls only, found --args or "
        "--results");
  return run::readCallList(flags.calls);
}

llvm::Expected<run::RunOptions> getOptions(const Flags &flags) {
  run::RunOptions options;
  llvm::Expected<const run::Target *> target = run::findTarget(flags.target);
  if (!target)
    return target.takeError();
  options.target = *target;
  if (!flags.check.empty() && flags.check != "reference")
    return llvm::createStringError("check: expected reference, found '" +
                                   flags.check + "'");
  auto byteResults = parseDType(flags.byteResults);
  if (byteResults != DType::Int8 && byteResults != DType::UInt8)
    return llvm::createStringError("byte results: expected int8 or uint8, "
                                   "found '" +
                                   flags.byteResults + "'");
  if (flags.optLevel > 3)
    return llvm::createStringError(
        "optimization level: expected 0 to 3, found " +
        llvm::Twine(flags.optLevel));
  options.pipelineOptions = flags.pipelineOptions;
  options.engine.optLevel = flags.optLevel;
  options.engine.sharedLibs = getValues(flags.sharedLibs);
  options.check = !flags.check.empty();
  options.tolerance = {flags.rtol, flags.atol};
  options.repetitions = flags.repetitions;
  options.byteResults = *byteResults;
  return options;
}

/// One call: each result, comparison and timing on a line of its own.
int runSingle(run::Runner &runner, const run::Call &call) {
  llvm::Expected<run::Outcome> outcome = runner.run(call);
  if (!outcome)
    return report(outcome.takeError());
  for (const std::string &line : outcome->results)
    llvm::outs() << line << '\n';
  for (const std::string &line : outcome->notes)
    llvm::outs() << line << '\n';
  return outcome->passed ? 0 : 1;
}

/// A list of calls: one line each, and a sum.
int runList(run::Runner &runner, llvm::ArrayRef<run::Call> calls) {
  unsigned failed = 0;
  for (const run::Call &call : calls) {
    llvm::Expected<run::Outcome> outcome = runner.run(call);
    bool passed = outcome && outcome->passed;
    std::string text = outcome ? llvm::join(outcome->notes, "; ")
                               : llvm::toString(outcome.takeError());
    std::replace(text.begin(), text.end(), '\n', ' ');
    llvm::outs() << (passed ? "ok " : "FAIL ") << call.name
                 << (text.empty() ? "" : ": ") << text << '\n';
    llvm::outs().flush();
    failed += !passed;
  }
  llvm::outs() << calls.size() - failed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}

int runCalls(const Flags &flags) {
  llvm::Expected<std::vector<run::Call>> calls = getCalls(flags);
  if (!calls)
    return report(calls.takeError());
  llvm::Expected<run::RunOptions> options = getOptions(flags);
  if (!options)
    return report(options.takeError());

  InputContext context;
  auto module = context.parse(flags.input);
  if (!module)
    return report(module.takeError());
  auto runner = run::Runner::create(std::move(*module), *calls, *options);
  if (!runner)
    return report(runner.takeError());
  return flags.calls.empty() ? runSingle(*runner, calls->front())
                             : runList(*runner, *calls);
}

int runScalar(llvm::ArrayRef<const char *> arguments) {
  if (arguments.empty())
    return report(
        llvm::createStringError("scalar rule: expected a name, found none; "
                                "there are\n" +
                                run::describeScalarRules()));
  auto result = run::runScalarCommand(
      arguments.front(),
      std::vector<std::string>(arguments.begin() + 1, arguments.end()));
  if (!result)
    return report(result.takeError());
  llvm::outs() << *result << '\n';
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::ArrayRef<const char *> arguments(argv, argc);
  const char *const *scalar =
      llvm::find_if(arguments, [](llvm::StringRef argument) {
        return argument == "--scalar" || argument == "-scalar";
      });
  if (scalar != arguments.end())
    return scalar == arguments.begin() + 1
               ? runScalar(arguments.drop_front(2))
               : report(llvm::createStringError(
                     "--scalar: expected as the first flag, found after "
                     "others"));

  Flags flags;
  mlir::registerAsmPrinterCLOptions();
  mlir::registerMLIRContextCLOptions();
  mlir::registerPassManagerCLOptions();
  registerAllPasses();
  cl::HideUnrelatedOptions(category);
  setVersionPrinter("ternary-run");
  std::vector<const char *> expanded = expandLists(arguments);
  cl::ParseCommandLineOptions(expanded.size(), expanded.data(), kOverview);
  if (flags.pipelineOptions == "help") {
    printPipelineOptions();
    return 0;
  }
  return runCalls(flags);
}
