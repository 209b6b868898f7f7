//===- train.cpp - Trains a network whose step is written in IR -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Compiles a module with the functions
//
//   @init(seed: i64, state...)
//   @step(images [B, K], labels [B], step: i64, steps: i64, state...)
//       -> (loss: f32, correct: i64)
//   @evaluate(images [?, K], labels [?], state...) -> (loss: f32, correct: i64)
//
// and calls them in a loop. The state is memrefs of any number and shape, which
// the functions change in place: it is allocated here once and never copied.
// All that is particular to a rule of training stands in its module.
//
//===----------------------------------------------------------------------===//

#include "Batches.h"
#include "Journal.h"

#include "ternary/ExecutionEngine/Engine.h"
#include "ternary/ExecutionEngine/Npy.h"
#include "ternary/InitAll.h"
#include "ternary/Pipelines/Pipelines.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

#include <cstring>

using namespace ternary;
using namespace ternary::training;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("ternary-train-digits options");

struct Flags {
  cl::opt<std::string> input{cl::Positional, cl::desc("<rule.mlir>"),
                             cl::Required, cl::cat(category)};
  cl::opt<std::string> data{
      "data", cl::desc("folder that examples/training/data.py wrote"),
      cl::Required, cl::value_desc("folder"), cl::cat(category)};
  cl::opt<std::string> target{"target", cl::desc("cpu (default) or reference"),
                              cl::init("cpu"), cl::value_desc("name"),
                              cl::cat(category)};
  cl::opt<unsigned> threads{"num-threads",
                            cl::desc("threads of the cpu target"), cl::init(1),
                            cl::cat(category)};
  cl::opt<unsigned> epochs{"epochs",
                           cl::desc("passes over the training images"),
                           cl::init(60), cl::cat(category)};
  cl::opt<unsigned> limit{
      "limit", cl::desc("stop after this many steps; 0: after all epochs"),
      cl::init(0), cl::value_desc("steps"), cl::cat(category)};
  cl::opt<unsigned> seed{"seed", cl::desc("of weights and mini-batches"),
                         cl::init(0), cl::cat(category)};
  cl::opt<std::string> log{"log", cl::desc("JSON lines of the course to write"),
                           cl::value_desc("log.jsonl"), cl::cat(category)};
  cl::opt<std::string> save{
      "save", cl::desc("folder for the state, as state_0.npy ..."),
      cl::value_desc("folder"), cl::cat(category)};
};

constexpr llvm::StringLiteral kEntries[] = {"init", "step", "evaluate"};

/// The arguments of an entry before its state.
constexpr size_t kOfInit = 1, kOfStep = 4, kOfEvaluate = 2;

llvm::Expected<Array> makeScalar(int64_t value) {
  llvm::Expected<Array> array = Array::create(DType::Int64, {});
  if (array)
    std::memcpy(array->data(), &value, sizeof(value));
  return array;
}

/// A compiled rule and its state.
class Trainer {
public:
  static llvm::Expected<Trainer> create(mlir::MLIRContext &context,
                                        const Flags &flags);

  llvm::Error init(int64_t seed);
  llvm::Expected<Score> step(Batch &batch, int64_t step, int64_t steps);
  llvm::Expected<Score> evaluate(Samples &samples);

  /// Images per call of `step`.
  int64_t getBatchSize() const { return batchSize; }

  /// Writes each array of the state to a file of its own.
  llvm::Error save(llvm::StringRef folder) const;

private:
  llvm::Error allocate(llvm::ArrayRef<Signature> signatures);
  llvm::Expected<std::vector<Array>> call(llvm::StringRef entry,
                                          std::vector<Array *> arguments);
  llvm::Expected<Score> score(llvm::StringRef entry,
                              std::vector<Array *> arguments, int64_t images);

  std::unique_ptr<Engine> engine;
  std::vector<Array> state;
  int64_t batchSize = 0;
};

llvm::Error lower(mlir::ModuleOp module, const Flags &flags) {
  mlir::PassManager manager(module.getContext(),
                            mlir::ModuleOp::getOperationName());
  if (flags.target == "cpu") {
    TernaryToLLVMOptions options;
    options.threads = flags.threads.getValue();
    buildTernaryToLLVMPipeline(manager, options);
  } else if (flags.target == "reference") {
    buildReferencePipeline(manager);
  } else {
    return llvm::createStringError(
        "target: expected cpu or reference, found '" + flags.target + "'");
  }
  if (failed(manager.run(module)))
    return llvm::createStringError("lowering of '" + flags.input + "' failed");
  return llvm::Error::success();
}

llvm::Expected<Trainer> Trainer::create(mlir::MLIRContext &context,
                                        const Flags &flags) {
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceFile<mlir::ModuleOp>(flags.input, &context);
  if (!module)
    return llvm::createStringError("rule: expected a valid module, found '" +
                                   flags.input + "'");
  std::vector<Signature> signatures;
  for (llvm::StringRef entry : kEntries) {
    llvm::Expected<Signature> signature = getSignature(*module, entry);
    if (!signature)
      return signature.takeError();
    signatures.push_back(std::move(*signature));
  }
  Trainer trainer;
  if (llvm::Error error = trainer.allocate(signatures))
    return std::move(error);
  markEntryPoints(*module, signatures);
  if (llvm::Error error = lower(*module, flags))
    return std::move(error);
  auto engine = Engine::create(*module, signatures);
  if (!engine)
    return engine.takeError();
  trainer.engine = std::move(*engine);
  return trainer;
}

bool returnsScore(const Signature &signature) {
  return signature.results.size() == 2 &&
         signature.results[0].dtype == DType::Float32 &&
         signature.results[1].dtype == DType::Int64 &&
         llvm::all_of(signature.results,
                      [](const ValueSpec &spec) { return spec.isScalar; });
}

/// The state as `init` declares it; the types of all entries are compared with
/// it whenever they are called.
llvm::Error Trainer::allocate(llvm::ArrayRef<Signature> signatures) {
  const Signature &init = signatures[0];
  const Signature &step = signatures[1];
  const Signature &evaluate = signatures[2];
  auto fail = [](const Signature &signature, const llvm::Twine &expected) {
    return llvm::createStringError("'" + signature.name + "' at " +
                                   signature.location + ": expected " +
                                   expected);
  };
  if (init.arguments.empty() || !init.results.empty())
    return fail(init, "a seed, the state and no result");
  if (step.arguments.size() < kOfStep || step.arguments[0].shape.empty() ||
      step.arguments[0].shape[0] < 1)
    return fail(step, "images in batches of one static size, labels, step, "
                      "steps and the state");
  for (const Signature &signature : {step, evaluate})
    if (!returnsScore(signature))
      return fail(signature, "the results f32 (loss) and i64 (right answers)");
  for (const ValueSpec &spec : llvm::ArrayRef(init.arguments).drop_front()) {
    if (spec.isScalar || llvm::is_contained(spec.shape, kDynamicDim))
      return fail(init,
                  "a state of memrefs of static shape, found " + spec.type);
    llvm::Expected<Array> array = Array::create(spec.dtype, spec.shape);
    if (!array)
      return array.takeError();
    std::memset(array->data(), 0, array->sizeInBytes());
    state.push_back(std::move(*array));
  }
  batchSize = step.arguments[0].shape[0];
  return llvm::Error::success();
}

llvm::Expected<std::vector<Array>>
Trainer::call(llvm::StringRef entry, std::vector<Array *> arguments) {
  for (Array &array : state)
    arguments.push_back(&array);
  return engine->invoke(entry, llvm::ArrayRef<Array *>(arguments));
}

llvm::Expected<Score> Trainer::score(llvm::StringRef entry,
                                     std::vector<Array *> arguments,
                                     int64_t images) {
  auto results = call(entry, std::move(arguments));
  if (!results)
    return results.takeError();
  return Score{(*results)[0].getAsDouble(0), (*results)[1].getAsInteger(0),
               images};
}

llvm::Error Trainer::init(int64_t seed) {
  llvm::Expected<Array> scalar = makeScalar(seed);
  return scalar ? call("init", {&*scalar}).takeError() : scalar.takeError();
}

llvm::Expected<Score> Trainer::step(Batch &batch, int64_t step, int64_t steps) {
  llvm::Expected<Array> index = makeScalar(step);
  if (!index)
    return index.takeError();
  llvm::Expected<Array> count = makeScalar(steps);
  if (!count)
    return count.takeError();
  return score("step", {&batch.images, &batch.labels, &*index, &*count},
               batchSize);
}

llvm::Expected<Score> Trainer::evaluate(Samples &samples) {
  return score("evaluate", {&samples.images, &samples.labels},
               samples.labels.size());
}

llvm::Error Trainer::save(llvm::StringRef folder) const {
  if (std::error_code code = llvm::sys::fs::create_directories(folder))
    return llvm::createFileError(folder, code);
  for (size_t i = 0; i < state.size(); ++i) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, "state_" + llvm::Twine(i) + ".npy");
    if (llvm::Error error = writeNpy(path, state[i]))
      return error;
  }
  return llvm::Error::success();
}

/// All epochs, or as many steps as the limit allows.
llvm::Error train(Trainer &trainer, Batches &batches, Samples &validation,
                  const Flags &flags, Journal &journal) {
  int64_t perEpoch = batches.getCount();
  int64_t steps = perEpoch * flags.epochs;
  int64_t end = flags.limit ? std::min<int64_t>(flags.limit, steps) : steps;
  Progress progress(end);
  Score sum;
  for (int64_t step = 0; step < end; ++step) {
    llvm::Expected<Score> score = trainer.step(batches.next(), step, steps);
    if (!score)
      return score.takeError();
    sum.add(*score);
    progress.show(step + 1, *score);
    if ((step + 1) % perEpoch != 0 && step + 1 != end)
      continue;
    llvm::Expected<Score> held = trainer.evaluate(validation);
    if (!held)
      return held.takeError();
    journal.add(step + 1, sum, *held);
    progress.report(step + 1, sum, *held);
    sum = Score();
  }
  return llvm::Error::success();
}

llvm::Error run(const Flags &flags) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  registerEngineTranslations(registry);
  mlir::MLIRContext context(registry);
  llvm::SourceMgr sources;
  mlir::SourceMgrDiagnosticHandler handler(sources, &context);
  if (flags.epochs == 0)
    return llvm::createStringError("epochs: expected 1 or more, found 0");
  llvm::Expected<Dataset> data = readDataset(flags.data);
  if (!data)
    return data.takeError();
  llvm::Expected<Trainer> trainer = Trainer::create(context, flags);
  if (!trainer)
    return trainer.takeError();
  llvm::Expected<Batches> batches = Batches::create(
      std::move(data->train), trainer->getBatchSize(), flags.seed);
  if (!batches)
    return batches.takeError();

  Journal journal(llvm::sys::path::stem(flags.input), flags.seed, flags.epochs);
  if (llvm::Error error = trainer->init(flags.seed))
    return error;
  if (llvm::Error error =
          train(*trainer, *batches, data->validation, flags, journal))
    return error;
  llvm::Expected<Score> score = trainer->evaluate(data->heldOut);
  if (!score)
    return score.takeError();
  journal.finish(*score);
  if (!flags.save.empty())
    if (llvm::Error error = trainer->save(flags.save))
      return error;
  if (!flags.log.empty())
    if (llvm::Error error = journal.write(flags.log))
      return error;
  llvm::outs() << "accuracy: " << llvm::format("%.1f", score->getPercent())
               << " %\n";
  return llvm::Error::success();
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Flags flags;
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "trains a ternary digit classifier by the rule of a module\n");
  if (llvm::Error error = run(flags)) {
    llvm::outs().flush();
    llvm::WithColor::error(llvm::errs(), "ternary-train-digits")
        << llvm::toString(std::move(error)) << '\n';
    return 1;
  }
  return 0;
}
