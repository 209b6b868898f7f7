//===- ternary-tune.cpp - Measures decisions about layers -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "CommandLine.h"
#include "InputContext.h"
#include "Trial.h"

#include "ternary/Pipelines/Pipelines.h"
#include "ternary/Target/OutputFile.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace ternary;
using tune::Layer;
using tune::Trial;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("ternary-tune options");

const char kOverview[] =
    R"(measures which packing and tiles are fastest for each layer of an MLIR file

  ternary-tune model.mlir -o tuning.json
  ternary-compile model.mlir -o model.so --pipeline-options=tuning=tuning.json

Each kind of layer is compiled with every choice, checked against what the passes choose
themselves, and timed by turns on this machine. What is not faster by some percent is left to
the passes. docs/tuning.md has the format of the file.
)";

struct Flags {
  cl::opt<std::string> input{cl::Positional, cl::desc("<file.mlir>"),
                             cl::init(""), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("file to write, - for the output"),
                              cl::init("-"), cl::value_desc("file.json"),
                              cl::cat(category)};
  cl::opt<int64_t> threads{
      "threads", cl::desc("threads of parallel loops, as when compiling"),
      cl::init(1), cl::value_desc("n"), cl::cat(category)};
  cl::opt<int64_t> cacheBytes{
      "cache-bytes",
      cl::desc("bytes of weights that stay in the cache between two calls of "
               "the model; with more weights, layers are measured with weights "
               "from memory"),
      cl::init(int64_t(16) << 20), cl::value_desc("bytes"), cl::cat(category)};
  cl::opt<double> seconds{
      "seconds", cl::desc("time to measure each choice for"), cl::init(0.5),
      cl::value_desc("s"), cl::cat(category)};
};

llvm::Error checkFlags(const Flags &flags) {
  if (flags.input.empty())
    return llvm::createStringError(
        "input: expected a file.mlir, found none (--help shows examples)");
  if (flags.threads < 0)
    return llvm::createStringError("threads: expected 0 or more, found " +
                                   llvm::Twine(flags.threads.getValue()));
  if (flags.cacheBytes < 0)
    return llvm::createStringError("cache-bytes: expected 0 or more, found " +
                                   llvm::Twine(flags.cacheBytes.getValue()));
  if (!(flags.seconds > 0 && flags.seconds <= 3600))
    return llvm::createStringError("seconds: expected more than 0, at most "
                                   "3600");
  return llvm::Error::success();
}

/// Choices for a layer, and the fastest of them. Two are there at a time, since
/// copies of weights take memory.
class Tuner {
public:
  Tuner(const Flags &flags, int64_t moduleBytes) : flags(flags) {
    options.threads = flags.threads;
    bool streams = moduleBytes > flags.cacheBytes;
    options.pipelineOptions =
        "cache-bytes=" +
        std::to_string(
            streams ? 0 : std::max<int64_t>(flags.cacheBytes, moduleBytes));
    // More than any cache holds.
    if (streams)
      streamedBytes = int64_t(512) << 20;
  }

  llvm::Expected<TunedLayer> tune(const Layer &layer) {
    auto made = Trial::create(layer, {}, options, streamedBytes);
    if (!made)
      return made.takeError();
    standard = std::move(*made);
    best = TunedLayer{layer.key, {}, 0, 0};
    for (PackingAttrInterface packing :
         tune::getPackings(layer.op->getContext()))
      if (llvm::Error error = challenge(layer, {packing, 0, 0}))
        return std::move(error);
    for (const LayerTuning &choice : getTiles(layer.key, best.tuning.packing))
      if (llvm::Error error = challenge(layer, choice))
        return std::move(error);
    // Without a choice that gains, what the passes take by themselves.
    if (best.defaultMedian == 0) {
      if (llvm::Error error = standard->measure(flags.seconds * 1e6))
        return std::move(error);
      best.median = best.defaultMedian = standard->takeTiming().median;
    }
    return best;
  }

private:
  /// What a choice has to gain: less is noise.
  static constexpr double kLeastGain = 0.02;
  static constexpr int kRounds = 10;

  /// Measures a choice beside that of the passes, and keeps it if it gains more
  /// than those before.
  llvm::Error challenge(const Layer &layer, const LayerTuning &tuning) {
    auto made = Trial::create(layer, tuning, options, streamedBytes);
    if (!made)
      return made.takeError();
    Trial &trial = **made;
    if (llvm::Error error = checkAgreement(layer.key, trial))
      return error;
    for (int round = 0; round < kRounds; ++round)
      for (Trial *turn : {standard.get(), &trial})
        if (llvm::Error error = turn->measure(flags.seconds * 1e6 / kRounds))
          return error;
    double other = standard->takeTiming().median;
    double median = trial.takeTiming().median;
    double least = best.defaultMedian == 0 ? 1 - kLeastGain
                                           : best.median / best.defaultMedian;
    if (median / other < least)
      best = {layer.key, tuning, median, other};
    return llvm::Error::success();
  }

  llvm::Error checkAgreement(const LayerKey &key, const Trial &trial) {
    llvm::Expected<bool> agrees = trial.agreesWith(*standard);
    if (!agrees)
      return agrees.takeError();
    if (*agrees)
      return llvm::Error::success();
    return llvm::createStringError(
        "results of a layer of " + llvm::Twine(key.rows) + " x " +
        llvm::Twine(key.columns) + " depend on its packing or tiles");
  }

  /// Tiles to try with a packing; all of them 0 has been tried.
  static std::vector<LayerTuning> getTiles(const LayerKey &key,
                                           PackingAttrInterface packing) {
    std::vector<int64_t> rowTiles{0}, tokenTiles{0};
    if (key.threads != 1)
      for (int64_t rows : {64, 128, 256, 512, 1024})
        if (rows < key.rows)
          rowTiles.push_back(rows);
    for (int64_t tokens : {16, 64, 256})
      if (tokens < key.tokens)
        tokenTiles.push_back(tokens);
    std::vector<LayerTuning> choices;
    for (int64_t rows : rowTiles)
      for (int64_t tokens : tokenTiles)
        if (rows || tokens)
          choices.push_back({packing, rows, tokens});
    return choices;
  }

  const Flags &flags;
  CompileOptions options;
  int64_t streamedBytes = 0;
  /// What the passes choose, and the choice that gains most over it; times are
  /// 0 while there is none.
  std::unique_ptr<Trial> standard;
  TunedLayer best;
};

/// The layers as the passes see them when they decide.
llvm::Error simplify(mlir::ModuleOp module, const Flags &flags) {
  mlir::PassManager manager(module.getContext());
  TernaryAttachTargetOptions target;
  target.threads = flags.threads;
  manager.addPass(createTernaryAttachTarget(target));
  manager.addPass(createTernaryVerifyPacking());
  manager.addPass(mlir::createCanonicalizerPass());
  manager.addPass(createTernaryFuse());
  if (failed(manager.run(module)))
    return llvm::createStringError(flags.input + ": could not be simplified");
  return llvm::Error::success();
}

/// One line, on the error output: the file may go to the other one.
void show(const TunedLayer &layer) {
  const LayerKey &key = layer.key;
  llvm::errs() << key.rows << " x " << key.columns << ", " << key.tokens
               << (key.tokens == 1 ? " token" : " tokens") << " of "
               << key.input << ": "
               << llvm::format("%.2f us, %.2f by default", layer.median,
                               layer.defaultMedian);
  if (layer.tuning.packing)
    llvm::errs() << ", " << layer.tuning.packing;
  for (auto [name, tile] : {std::pair("row", layer.tuning.rowTile),
                            {"token", layer.tuning.tokenTile}})
    if (tile)
      llvm::errs() << ", " << name << "s by " << tile;
  llvm::errs() << '\n';
}

llvm::Error run(const Flags &flags) {
  if (llvm::Error error = checkFlags(flags))
    return error;
  InputContext context;
  auto module = context.parse(flags.input);
  if (!module)
    return module.takeError();
  if (llvm::Error error = simplify(**module, flags))
    return error;
  std::vector<Layer> layers = tune::findLayers(**module);
  int64_t bytes = 0;
  for (const Layer &layer : layers)
    bytes += layer.bytes;
  std::vector<TunedLayer> tuned;
  for (const Layer &layer : layers) {
    llvm::Expected<TunedLayer> result = Tuner(flags, bytes).tune(layer);
    if (!result)
      return result.takeError();
    show(*result);
    tuned.push_back(std::move(*result));
  }
  return writeOutputFile(flags.output, [&](llvm::raw_ostream &os) {
    os << printTuning(tuned);
    return llvm::Error::success();
  });
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  freeFlagName("threads");
  Flags flags;
  cl::HideUnrelatedOptions(category);
  setVersionPrinter("ternary-tune");
  cl::ParseCommandLineOptions(argc, argv, kOverview);
  llvm::Error error = run(flags);
  if (!error)
    return 0;
  llvm::WithColor::error(llvm::errs(), "ternary-tune")
      << llvm::toString(std::move(error)) << '\n';
  return 1;
}
