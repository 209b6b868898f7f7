//===- Kernel.cpp - Our side of the benchmark -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

#include "Region.h"

#include "ternary/IR/Ternary.h"
#include "ternary/InitAll.h"
#include "ternary/Pipelines/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/MathExtras.h"

#include <chrono>
#include <cstring>

using namespace ternary;
using namespace ternary::bench;

namespace {

/// Remembers through the tensor phase which argument of the source is which.
constexpr llvm::StringLiteral kIndexAttrName = "bench.index";

/// A module on its way through the pipeline.
class Compilation {
public:
  Compilation() : context(getRegistry()) {
    context.disableMultithreading();
    // For the mark on the arguments.
    context.allowUnregisteredDialects();
  }

  llvm::Error run(llvm::StringRef source, llvm::StringRef pipelineOptions,
                  Kernel &kernel);

private:
  static mlir::DialectRegistry getRegistry() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    registerEngineTranslations(registry);
    return registry;
  }

  using Phase = void (&)(mlir::OpPassManager &, const TernaryToLLVMOptions &);
  llvm::Error lower(Phase build);
  llvm::Error parse(llvm::StringRef source, llvm::StringRef pipelineOptions,
                    Kernel &kernel);
  llvm::Error inspect(Kernel &kernel);
  void inspectArguments(mlir::func::FuncOp function, Kernel &kernel);
  size_t takeIndex(mlir::func::FuncOp function, unsigned argument);

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  TernaryToLLVMOptions options;
};

llvm::Error Compilation::lower(Phase build) {
  mlir::PassManager manager(&context, mlir::ModuleOp::getOperationName());
  build(manager, options);
  std::string message;
  mlir::ScopedDiagnosticHandler handler(&context,
                                        [&](mlir::Diagnostic &diagnostic) {
                                          message += diagnostic.str() + "\n";
                                        });
  if (failed(manager.run(*module)))
    return llvm::createStringError("lowering failed: " + message);
  return llvm::Error::success();
}

llvm::Error Compilation::parse(llvm::StringRef source,
                               llvm::StringRef pipelineOptions,
                               Kernel &kernel) {
  std::string message;
  llvm::raw_string_ostream os(message);
  if (failed(options.parseFromString(pipelineOptions, os)))
    return llvm::createStringError("pipeline options '" + pipelineOptions +
                                   "': " + message);
  module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
  if (!module)
    return llvm::createStringError("source: expected a valid module");
  llvm::Expected<Signature> signature = getSignature(*module, kernel.entry);
  if (!signature)
    return signature.takeError();
  kernel.source = std::move(*signature);
  markEntryPoints(*module, {kernel.source});
  auto function = module->lookupSymbol<mlir::func::FuncOp>(kernel.entry);
  mlir::Builder builder(&context);
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    function.setArgAttr(i, kIndexAttrName, builder.getIndexAttr(i));
  return llvm::Error::success();
}

size_t Compilation::takeIndex(mlir::func::FuncOp function, unsigned argument) {
  auto index = llvm::cast<mlir::IntegerAttr>(
      function.removeArgAttr(argument, kIndexAttrName));
  return index.getInt();
}

void Compilation::inspectArguments(mlir::func::FuncOp function,
                                   Kernel &kernel) {
  size_t prepared = 0;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    KernelArgument argument;
    argument.isConstant = !!function.getArgAttr(i, kConstantAttrName);
    argument.isPrepared = !function.getArgAttr(i, kIndexAttrName);
    argument.index = argument.isPrepared ? prepared++ : takeIndex(function, i);
    kernel.arguments.push_back(argument);
    if (mlir::Attribute packing = function.getArgAttr(i, kPackingAttrName)) {
      llvm::raw_string_ostream os(kernel.packing);
      packing.print(os);
    }
  }
}

/// Reads what the tensor phase has decided.
llvm::Error Compilation::inspect(Kernel &kernel) {
  TargetAttr target = getTarget(*module);
  kernel.cpu = target.getCpu().str();
  kernel.isa = target.getIsa().str();
  auto function = module->lookupSymbol<mlir::func::FuncOp>(kernel.entry);
  inspectArguments(function, kernel);
  if (auto name =
          function->getAttrOfType<mlir::FlatSymbolRefAttr>(kPrepareAttrName)) {
    kernel.prepareEntry = name.getValue().str();
    auto prepare =
        module->lookupSymbol<mlir::func::FuncOp>(kernel.prepareEntry);
    for (unsigned i = 0; i < prepare.getNumArguments(); ++i)
      kernel.prepareArguments.push_back(takeIndex(prepare, i));
  }
  // #ternary.packing<cpu_panel2> is called cpu_panel2.
  llvm::StringRef packing = kernel.packing;
  if (packing.consume_front("#ternary.packing<") && packing.consume_back(">"))
    kernel.packing = packing.str();
  return llvm::Error::success();
}

llvm::Error Compilation::run(llvm::StringRef source,
                             llvm::StringRef pipelineOptions, Kernel &kernel) {
  if (llvm::Error error = parse(source, pipelineOptions, kernel))
    return error;
  if (llvm::Error error = lower(buildTensorPhase))
    return error;
  if (llvm::Error error = inspect(kernel))
    return error;
  std::vector<Signature> entries;
  for (const std::string &name : {kernel.entry, kernel.prepareEntry}) {
    if (name.empty())
      continue;
    llvm::Expected<Signature> signature = getSignature(*module, name);
    if (!signature)
      return signature.takeError();
    entries.push_back(std::move(*signature));
  }
  kernel.lowered = entries.front();
  if (llvm::Error error = lower(buildBufferPhase))
    return error;
  auto engine = Engine::create(*module, entries);
  if (!engine)
    return engine.takeError();
  kernel.engine = std::move(*engine);
  return llvm::Error::success();
}

int64_t getBytes(const ValueSpec &spec) {
  return *countElements(spec.shape, spec.dtype) * byteWidth(spec.dtype);
}

llvm::Error checkStatic(const Signature &signature) {
  for (const ValueSpec &spec : signature.arguments)
    if (!countElements(spec.shape, spec.dtype))
      return llvm::createStringError("argument of '" + signature.name +
                                     "': expected a static shape, found " +
                                     spec.type);
  return llvm::Error::success();
}

llvm::Expected<Array> copyToArray(const ValueSpec &spec, const void *data) {
  llvm::Expected<Array> array = Array::create(spec.dtype, spec.shape);
  if (array)
    std::memcpy(array->data(), data, array->sizeInBytes());
  return array;
}

/// What the prepare function returns; nothing if there is none.
llvm::Expected<std::vector<Array>> prepare(const Kernel &kernel,
                                           llvm::ArrayRef<void *> arguments) {
  if (kernel.prepareEntry.empty())
    return std::vector<Array>();
  std::vector<Array> arrays;
  for (size_t index : kernel.prepareArguments) {
    llvm::Expected<Array> array =
        copyToArray(kernel.source.arguments[index], arguments[index]);
    if (!array)
      return array.takeError();
    arrays.push_back(std::move(*array));
  }
  return kernel.engine->invoke(kernel.prepareEntry,
                               llvm::MutableArrayRef<Array>(arrays));
}

/// Where a constant argument lies in each copy.
struct Slot {
  size_t argument;
  size_t offset;
};

class KernelRunner : public Runner {
public:
  KernelRunner(std::vector<Array> arrays, BoundCall bound, Region region,
               std::vector<Slot> slots)
      : arrays(std::move(arrays)), bound(std::move(bound)),
        region(std::move(region)), slots(std::move(slots)) {}

  llvm::Error run(int64_t call) override {
    char *copy = region.get(call);
    for (const Slot &slot : slots)
      bound.setData(slot.argument, copy + slot.offset);
    return bound();
  }

  const Region *getRegion() const override { return &region; }

private:
  std::vector<Array> arrays; // scalars, which are taken from here
  BoundCall bound;
  Region region;
  std::vector<Slot> slots;
};

} // namespace

llvm::Expected<std::unique_ptr<Kernel>>
Kernel::compile(llvm::StringRef source, llvm::StringRef entry,
                llvm::StringRef pipelineOptions) {
  auto begin = std::chrono::steady_clock::now();
  auto kernel = std::make_unique<Kernel>();
  kernel->entry = entry.str();
  if (llvm::Error error = Compilation().run(source, pipelineOptions, *kernel))
    return std::move(error);
  if (llvm::Error error = checkStatic(kernel->lowered))
    return std::move(error);
  for (auto [spec, argument] :
       llvm::zip(kernel->lowered.arguments, kernel->arguments))
    if (argument.isConstant && !spec.isScalar)
      kernel->constantBytes += getBytes(spec);
  kernel->compileMilliseconds = std::chrono::duration<double, std::milli>(
                                    std::chrono::steady_clock::now() - begin)
                                    .count();
  return kernel;
}

llvm::Expected<std::unique_ptr<Runner>>
ternary::bench::bindKernel(const Kernel &kernel,
                           llvm::ArrayRef<void *> arguments, int64_t walk) {
  llvm::Expected<std::vector<Array>> prepared = prepare(kernel, arguments);
  if (!prepared)
    return prepared.takeError();
  std::vector<Array> arrays;
  std::vector<Slot> slots;
  size_t bytes = 0;
  for (auto [i, argument] : llvm::enumerate(kernel.arguments)) {
    const ValueSpec &spec = kernel.lowered.arguments[i];
    llvm::Expected<Array> array =
        argument.isPrepared ? (*prepared)[argument.index].clone()
                            : copyToArray(spec, arguments[argument.index]);
    if (!array)
      return array.takeError();
    arrays.push_back(std::move(*array));
    if (argument.isConstant && !spec.isScalar) {
      slots.push_back(Slot{i, bytes});
      bytes += llvm::alignTo(getBytes(spec), 64);
    }
  }
  auto region = Region::create(bytes, walk);
  if (!region)
    return region.takeError();
  for (const Slot &slot : slots)
    std::memcpy(region->get(0) + slot.offset, arrays[slot.argument].data(),
                arrays[slot.argument].sizeInBytes());
  region->replicate();

  std::vector<Array *> pointers;
  for (Array &array : arrays)
    pointers.push_back(&array);
  llvm::Expected<BoundCall> bound = kernel.engine->bind(kernel.entry, pointers);
  if (!bound)
    return bound.takeError();
  for (auto [i, argument] : llvm::enumerate(kernel.arguments))
    if (!argument.isConstant && !kernel.lowered.arguments[i].isScalar)
      bound->setData(i, arguments[argument.index]);
  return std::make_unique<KernelRunner>(std::move(arrays), std::move(*bound),
                                        std::move(*region), std::move(slots));
}
