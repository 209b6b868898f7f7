//===- Program.cpp - Functions compiled into this process -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/Program.h"

#include "CUDA/Runtime.h"
#include "GPURuntime.h"
#include "GPUWrapper.h"
#include "JITSupport.h"
#include "Lowering.h"

#include "ternary/ExecutionEngine/GPUEngine.h"
#include "ternary/Pipelines/Pipelines.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "llvm/Support/raw_ostream.h"

using namespace ternary;

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

ExtentTerm::ExtentTerm(mlir::AffineExpr expr) { append(expr); }

void ExtentTerm::append(mlir::AffineExpr expr) {
  int64_t value = 0;
  if (auto constant = llvm::dyn_cast<mlir::AffineConstantExpr>(expr)) {
    value = constant.getValue();
  } else if (auto dim = llvm::dyn_cast<mlir::AffineDimExpr>(expr)) {
    value = dim.getPosition();
  } else {
    auto binary = llvm::cast<mlir::AffineBinaryOpExpr>(expr);
    append(binary.getLHS());
    append(binary.getRHS());
  }
  steps.push_back({expr.getKind(), value});
}

/// Divisors are positive constants.
static int64_t combine(mlir::AffineExprKind kind, int64_t left, int64_t right) {
  switch (kind) {
  case mlir::AffineExprKind::Add:
    return left + right;
  case mlir::AffineExprKind::Mul:
    return left * right;
  case mlir::AffineExprKind::Mod:
    return left % right;
  case mlir::AffineExprKind::CeilDiv:
    return (left + right - 1) / right;
  default:
    return left / right;
  }
}

int64_t ExtentTerm::evaluate(llvm::ArrayRef<int64_t> sizes) const {
  llvm::SmallVector<int64_t, 4> stack;
  for (const Step &step : steps) {
    if (step.kind == mlir::AffineExprKind::Constant) {
      stack.push_back(step.value);
    } else if (step.kind == mlir::AffineExprKind::DimId) {
      stack.push_back(sizes[step.value]);
    } else {
      int64_t right = stack.pop_back_val();
      stack.back() = combine(step.kind, stack.back(), right);
    }
  }
  return stack.back();
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

namespace {

/// What a packed function is called with: pointers to its parameters, which
/// are pointers to arrays, open extents and scalars.
class CallWords {
public:
  CallWords(const ProgramFunction &function,
            llvm::ArrayRef<ArrayView> arguments) {
    for (auto [parameter, argument] : llvm::zip(function.parameters, arguments))
      addArgument(parameter, argument);
  }

  void addResults(llvm::ArrayRef<ArrayView> results) {
    for (const ArrayView &result : results)
      addPointer(result.data);
  }

  void addPointer(void *pointer) {
    add(static_cast<uint64_t>(reinterpret_cast<uintptr_t>(pointer)));
  }

  /// The sizes of the call, which extents are terms of.
  llvm::ArrayRef<int64_t> getSizes() const { return sizes; }

  /// Valid until something is added.
  llvm::SmallVector<void *, 24> getPacked(int32_t *status) {
    llvm::SmallVector<void *, 24> packed;
    for (auto [word, scalar] : llvm::zip(words, scalars))
      packed.push_back(scalar ? scalar : &word);
    if (status)
      packed.push_back(status);
    return packed;
  }

private:
  void add(uint64_t word, void *scalar = nullptr) {
    words.push_back(word);
    scalars.push_back(scalar);
  }

  void addArgument(const ProgramParameter &parameter,
                   const ArrayView &argument) {
    if (parameter.spec.isScalar) {
      if (parameter.spec.type == "index")
        sizes.push_back(argument.getAsInteger());
      add(0, argument.data);
      return;
    }
    addPointer(argument.data);
    for (auto [known, extent] :
         llvm::zip(parameter.spec.shape, argument.shape)) {
      if (known != kDynamicDim)
        continue;
      sizes.push_back(extent);
      add(extent);
    }
  }

  llvm::SmallVector<uint64_t, 24> words;
  /// For each word where the value lies instead, or null.
  llvm::SmallVector<void *, 24> scalars;
  llvm::SmallVector<int64_t, 8> sizes;
};

} // namespace

llvm::Expected<llvm::SmallVector<llvm::SmallVector<int64_t, 4>>>
Program::getResultShapes(const ProgramFunction &function,
                         llvm::ArrayRef<ArrayView> arguments) const {
  CallWords words(function, arguments);
  llvm::SmallVector<llvm::SmallVector<int64_t, 4>> shapes;
  for (const ProgramParameter &parameter :
       llvm::ArrayRef(function.parameters).drop_front(function.numArguments)) {
    llvm::SmallVector<int64_t, 4> &shape = shapes.emplace_back();
    for (const ExtentTerm &extent : parameter.extents)
      shape.push_back(extent.evaluate(words.getSizes()));
    if (!countElements(shape, parameter.spec.dtype))
      return llvm::createStringError("result '" + parameter.name + "' of '" +
                                     function.name +
                                     "': expected a shape that fits in "
                                     "memory, found " +
                                     formatShape(shape));
  }
  return shapes;
}

static llvm::Error failOnDevice() {
  return llvm::createStringError(ternaryGpuError());
}

llvm::Error Program::invoke(const ProgramFunction &function,
                            llvm::ArrayRef<ArrayView> arguments,
                            llvm::ArrayRef<ArrayView> results) const {
  CallWords words(function, arguments);
  words.addResults(results);
  int32_t status = 0;
  bool isGPU = !chip.empty();
  auto packed = words.getPacked(isGPU ? &status : nullptr);
  if (llvm::Error error =
          callGuarded(function.onHost, packed.data(), /*mayJump=*/!usesOpenMP))
    return error;
  return status == 0 ? llvm::Error::success() : failOnDevice();
}

llvm::Error Program::invokeOnDevice(const ProgramFunction &function,
                                    llvm::ArrayRef<ArrayView> arguments,
                                    llvm::ArrayRef<ArrayView> results,
                                    void *stream) const {
  CallWords words(function, arguments);
  words.addResults(results);
  words.addPointer(stream);
  int32_t status = 0;
  function.onDevice(words.getPacked(&status).data());
  return status == 0 ? llvm::Error::success() : failOnDevice();
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

Program::Program() = default;
Program::~Program() = default;

/// The machine that the passes decide for.
static llvm::Expected<std::string> getMachine(const CompileOptions &options) {
  if (options.target == "cuda")
    return options.chips.empty() ? findGPU() : options.chips.front();
  if (options.target == "cpu")
    if (llvm::Error error = checkRunsHere("cpu", options.cpu, options.triple))
      return std::move(error);
  return options.cpu;
}

static llvm::Error checkOptions(const CompileOptions &options) {
  auto fail = [](const llvm::Twine &what, const llvm::Twine &expected,
                 const llvm::Twine &found) {
    return llvm::createStringError(what + ": expected " + expected +
                                   ", found " + found);
  };
  if (options.chips.size() > 1)
    return fail("chip", "one at most", llvm::Twine(options.chips.size()));
  if (!options.chips.empty() && options.target != "cuda")
    return fail("chip", "the target cuda", "'" + options.target + "'");
  if (options.cpu == "dispatch")
    return fail("cpu", "'native' or the name of one", "'dispatch'");
  if (!options.triple.empty())
    return fail("triple", "that of this machine", "'" + options.triple + "'");
  if (options.optLevel > 3)
    return fail("optimization level", "0 to 3", llvm::Twine(options.optLevel));
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<Program>>
Program::create(mlir::ModuleOp source, const CompileOptions &options) {
  if (llvm::Error error = checkOptions(options))
    return std::move(error);
  llvm::Expected<std::string> machine = getMachine(options);
  if (!machine)
    return machine.takeError();
  llvm::Expected<std::vector<Signature>> entries = getEntries(source, options);
  if (!entries)
    return entries.takeError();
  mlir::OwningOpRef<mlir::ModuleOp> lowered = cloneEntries(source, *entries);
  auto described = lower(*lowered, *machine, options);
  if (!described)
    return described.takeError();
  std::unique_ptr<Program> program(new Program());
  if (options.target == "cuda")
    program->chip = *machine;
  if (llvm::Error error = program->compile(*lowered, *described, options))
    return std::move(error);
  if (llvm::Error error = program->resolve(*described))
    return std::move(error);
  // Only after every symbol has been found: it cannot report a failure. Kernels
  // are loaded by constructors that translation to LLVM IR adds.
  if (!program->chip.empty() ||
      !lowered->getOps<mlir::LLVM::GlobalCtorsOp>().empty())
    program->jit->initialize();
  return program;
}

llvm::Error Program::compile(mlir::ModuleOp lowered,
                             llvm::ArrayRef<CFunction> described,
                             const CompileOptions &options) {
  usesOpenMP = needsOpenMP(lowered);
  if (llvm::Error error = prepareLibraries(usesOpenMP, /*sharedLibs=*/{}))
    return error;
  auto addForDevice = [&](llvm::Module &module, const CFunction &function,
                          llvm::StringSet<> &kept) -> llvm::Error {
    auto body =
        takeLowered(module, function, getChipVersion(function.name, chip));
    if (!body)
      return body.takeError();
    GPUNames names(function.name);
    kept.insert("_mlir_" + names.host);
    return addGPUWrappers(module, function, {chip});
  };
  auto addWrappers = [&](llvm::Module &module,
                         llvm::StringSet<> &kept) -> llvm::Error {
    for (const CFunction &function : described) {
      kept.insert("_mlir_" + function.name);
      if (llvm::Error error = chip.empty()
                                  ? addCWrapper(module, function, function.name)
                                  : addForDevice(module, function, kept))
        return error;
    }
    return llvm::Error::success();
  };
  JITOptions jitOptions;
  jitOptions.optLevel = options.optLevel;
  jitOptions.mayMissSymbols = !chip.empty();
  jitOptions.finish = addWrappers;
  auto compiled = compileLowered(lowered, jitOptions);
  if (!compiled)
    return compiled.takeError();
  jit = std::move(*compiled);
  if (chip.empty())
    registerGuard(*jit, lowered);
  else
    registerGPURuntime(*jit);
  return llvm::Error::success();
}

static ProgramFunction describe(const CFunction &function) {
  ProgramFunction result;
  result.name = function.name;
  result.prepare = function.prepare;
  for (const CParameter &parameter : function.parameters) {
    ProgramParameter &copy =
        result.parameters.emplace_back(ProgramParameter{parameter.name,
                                                        parameter.spec,
                                                        parameter.isConst,
                                                        parameter.isResult,
                                                        parameter.isConstant,
                                                        parameter.isPrepared,
                                                        /*packing=*/"",
                                                        {}});
    if (parameter.packing)
      llvm::raw_string_ostream(copy.packing) << parameter.packing;
    for (mlir::AffineExpr extent : parameter.extents)
      copy.extents.emplace_back(extent);
    result.numArguments += !parameter.isResult;
  }
  return result;
}

llvm::Error Program::resolve(llvm::ArrayRef<CFunction> described) {
  auto lookUp = [&](const std::string &name,
                    ProgramFunction::Packed &target) -> llvm::Error {
    auto found = jit->lookupPacked(name);
    if (!found)
      return llvm::createStringError(
          "function '" + name +
          "': compilation failed: " + llvm::toString(found.takeError()));
    target = *found;
    return llvm::Error::success();
  };
  for (const CFunction &function : described) {
    ProgramFunction &copy = functions.emplace_back(describe(function));
    GPUNames names(function.name);
    if (llvm::Error error =
            lookUp(chip.empty() ? function.name : names.host, copy.onHost))
      return error;
    if (chip.empty())
      continue;
    if (llvm::Error error = lookUp(names.device, copy.onDevice))
      return error;
  }
  return llvm::Error::success();
}
