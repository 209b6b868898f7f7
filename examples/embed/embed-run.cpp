//===- embed-run.cpp - Compiles a layer, runs it and checks it ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Embed.h"

#include "ternary/ExecutionEngine/Engine.h"
#include "ternary/Pipelines/Pipelines.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <random>

using namespace mlir;

static llvm::ExitOnError exitOnError("embed-run: ");

/// Compiles the functions of layer.mlir, and @layer_prepare, which the tensor
/// phase makes of @layer.
static std::unique_ptr<ternary::Engine> compile(ModuleOp module) {
  PassManager decide(module.getContext());
  decide.addPass(embed::createLowerLayers());
  ternary::buildTensorPhase(decide, {});
  if (failed(decide.run(module)))
    exitOnError(llvm::createStringError("the tensor phase failed"));
  std::vector<ternary::Signature> entries;
  for (const char *name : {"layer_prepare", "layer", "direct", "pack"})
    entries.push_back(exitOnError(ternary::getSignature(module, name)));
  ternary::markEntryPoints(module, entries);

  PassManager lower(module.getContext());
  ternary::buildBufferPhase(lower, {});
  if (failed(lower.run(module)))
    exitOnError(llvm::createStringError("the buffer phase failed"));
  return exitOnError(ternary::Engine::create(module, entries));
}

static ternary::Array makeRandom(ArrayRef<int64_t> shape, int least, int most) {
  static std::mt19937 engine(1);
  std::uniform_int_distribution<int> number(least, most);
  ternary::Array array =
      exitOnError(ternary::Array::create(ternary::DType::Int8, shape));
  for (int64_t i = 0; i < array.size(); ++i)
    array.data()[i] = static_cast<char>(number(engine));
  return array;
}

static ternary::Array pack(MLIRContext &context, ternary::Array &trits) {
  ternary::PackingAttrInterface packing = embed::PlanesAttr::get(&context);
  ArrayRef<int64_t> shape = trits.getShape();
  SmallVector<int64_t> byteShape = *ternary::getByteShape(packing, shape);
  ternary::Array bytes =
      exitOnError(ternary::Array::create(ternary::DType::Int8, byteShape));
  packing.packBytes({reinterpret_cast<int8_t *>(trits.data()),
                     static_cast<size_t>(trits.size())},
                    shape[0], shape[1], /*scales=*/{},
                    {reinterpret_cast<uint8_t *>(bytes.data()),
                     static_cast<size_t>(bytes.size())});
  return bytes;
}

static ternary::Array call(ternary::Engine &engine, llvm::StringRef entry,
                           ArrayRef<ternary::Array *> arguments) {
  return std::move(exitOnError(engine.invoke(entry, arguments)).front());
}

/// Whether all sums are those of plain loops.
static bool check(const char *name, const ternary::Array &x,
                  const ternary::Array &w, const ternary::Array &y) {
  int64_t rows = w.getShape()[0], columns = w.getShape()[1], equal = 0;
  for (int64_t i = 0; i < y.size(); ++i) {
    int64_t sum = 0;
    for (int64_t k = 0; k < columns; ++k)
      sum += x.getAsInteger(i / rows * columns + k) *
             w.getAsInteger(i % rows * columns + k);
    equal += y.getAsInteger(i) == sum;
  }
  llvm::outs() << name << ": " << equal << " of " << x.getShape()[0] * rows
               << " sums equal\n";
  return equal == x.getShape()[0] * rows;
}

int main(int argc, char **argv) {
  if (argc != 2)
    exitOnError(llvm::createStringError("expected one file"));
  DialectRegistry registry;
  embed::registerDialects(registry);
  ternary::registerEngineTranslations(registry);
  MLIRContext context(registry);
  auto module = parseSourceFile<ModuleOp>(argv[1], &context);
  if (!module)
    return 1;
  std::unique_ptr<ternary::Engine> engine = compile(*module);

  ternary::Array x = makeRandom({3, 20}, -128, 127);
  ternary::Array w = makeRandom({6, 20}, -1, 1);
  ternary::Array bytes = pack(context, w);
  ternary::Array compiled = call(*engine, "pack", {&w});
  bool same = std::equal(bytes.data(), bytes.data() + bytes.size(),
                         compiled.data(), compiled.data() + compiled.size());
  llvm::outs() << "pack: " << (same ? "the same" : "other") << " bytes\n";

  ternary::Array prepared = call(*engine, "layer_prepare", {&bytes});
  same &= check("layer", x, w, call(*engine, "layer", {&x, &prepared}));
  same &= check("direct", x, w, call(*engine, "direct", {&x, &bytes}));
  return same ? 0 : 1;
}
