//===- Program.cpp - Compiling and calling functions ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary-c/Program.h"

#include "ternary/ExecutionEngine/CallChecker.h"
#include "ternary/ExecutionEngine/Program.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Support.h"

using namespace ternary;

namespace {

struct CheckedProgram;

/// What a handle of a function points to.
struct BoundFunction {
  CheckedProgram *program;
  const ProgramFunction *function;
};

struct CheckedProgram {
  CheckedProgram(std::unique_ptr<Program> compiled, mlir::ModuleOp source)
      : program(std::move(compiled)), checker(*program, source) {
    for (const ProgramFunction &function : program->getFunctions())
      functions.push_back({this, &function});
  }

  std::unique_ptr<Program> program;
  CallChecker checker;
  std::vector<BoundFunction> functions;
};

/// Where messages go.
struct ErrorSink {
  MlirStringCallback callback;
  void *userData;

  TernaryStatus report(const CallProblem &problem) const {
    callback(wrap(llvm::StringRef(problem.text)), userData);
    switch (problem.kind) {
    case CallProblem::Count:
      return TernaryWrongCount;
    case CallProblem::DType:
      return TernaryWrongDType;
    case CallProblem::Shape:
      return TernaryWrongShape;
    case CallProblem::Memory:
      return TernaryWrongMemory;
    }
    llvm_unreachable("unknown problem");
  }

  TernaryStatus report(llvm::Error error) const {
    std::string text = llvm::toString(std::move(error));
    callback(wrap(llvm::StringRef(text)), userData);
    return TernaryFailed;
  }
};

using Shapes = llvm::SmallVector<llvm::SmallVector<int64_t, 4>>;

BoundFunction &unwrap(TernaryFunction function) {
  return *static_cast<BoundFunction *>(function.ptr);
}

CheckedProgram &unwrap(TernaryProgram program) {
  return *static_cast<CheckedProgram *>(program.ptr);
}

llvm::SmallVector<ArrayView, 16> getViews(intptr_t count,
                                          const TernaryArray *arrays) {
  llvm::SmallVector<ArrayView, 16> views;
  for (const TernaryArray &array : llvm::ArrayRef(arrays, count))
    views.push_back(ArrayView(static_cast<DType>(array.dtype),
                              llvm::ArrayRef<int64_t>(array.shape, array.rank),
                              array.data));
  return views;
}

CompileOptions getOptions(const TernaryCompileOptions &options) {
  CompileOptions result;
  result.target = unwrap(options.target).str();
  result.cpu = unwrap(options.cpu).str();
  llvm::SmallVector<llvm::StringRef> chips;
  unwrap(options.chip).split(chips, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef chip : chips)
    result.chips.push_back(chip.str());
  result.pipelineOptions = unwrap(options.pipelineOptions).str();
  for (MlirStringRef entry :
       llvm::ArrayRef(options.entries, options.numEntries))
    result.entries.push_back(unwrap(entry).str());
  result.threads = options.threads;
  result.optLevel = options.optLevel;
  if (options.progress)
    result.progress = [progress = options.progress,
                       data = options.progressData](llvm::StringRef pass) {
      return progress(wrap(pass), data);
    };
  return result;
}

/// Checks the arguments and infers the shapes of the results.
TernaryStatus infer(BoundFunction &bound, llvm::ArrayRef<ArrayView> arguments,
                    Shapes &shapes, const ErrorSink &sink) {
  if (auto problem =
          bound.program->checker.checkArguments(*bound.function, arguments))
    return sink.report(*problem);
  auto inferred =
      bound.program->program->getResultShapes(*bound.function, arguments);
  if (!inferred)
    return sink.report(
        {CallProblem::Shape, llvm::toString(inferred.takeError())});
  shapes = std::move(*inferred);
  return TernarySuccess;
}

/// Checks a call and makes it by `invoke`.
TernaryStatus
call(BoundFunction &bound, llvm::ArrayRef<ArrayView> arguments,
     llvm::ArrayRef<ArrayView> results, const ErrorSink &sink,
     llvm::function_ref<llvm::Error(const Program &, const ProgramFunction &)>
         invoke) {
  Shapes shapes;
  if (TernaryStatus status = infer(bound, arguments, shapes, sink);
      status != TernarySuccess)
    return status;
  if (results.size() != shapes.size())
    return sink.report(
        {CallProblem::Count, bound.function->name + ": results, expected " +
                                 std::to_string(shapes.size()) + ", found " +
                                 std::to_string(results.size())});
  if (auto problem = bound.program->checker.checkResults(
          *bound.function, arguments, results, shapes))
    return sink.report(*problem);
  if (llvm::Error error = invoke(*bound.program->program, *bound.function))
    return sink.report(std::move(error));
  return TernarySuccess;
}

} // namespace

size_t ternaryDTypeGetSize(TernaryDType dtype) {
  return byteWidth(static_cast<DType>(dtype));
}

MlirStringRef ternaryDTypeGetName(TernaryDType dtype) {
  return wrap(name(static_cast<DType>(dtype)));
}

TernaryCompileOptions ternaryCompileOptionsGetDefault(void) {
  MlirStringRef none = mlirStringRefCreateFromCString("");
  return {mlirStringRefCreateFromCString("cpu"),
          mlirStringRefCreateFromCString("native"),
          none,
          none,
          /*entries=*/nullptr,
          /*numEntries=*/0,
          /*threads=*/1,
          /*optLevel=*/3,
          /*checkExtents=*/true,
          /*progress=*/nullptr,
          /*progressData=*/nullptr};
}

TernaryProgram ternaryProgramCreate(MlirModule module,
                                    const TernaryCompileOptions *options,
                                    MlirStringCallback onError,
                                    void *userData) {
  mlir::ModuleOp source = unwrap(module);
  auto program = Program::create(source, getOptions(*options));
  if (!program) {
    ErrorSink{onError, userData}.report(program.takeError());
    return {nullptr};
  }
  return {new CheckedProgram(
      std::move(*program), options->checkExtents ? source : mlir::ModuleOp())};
}

void ternaryProgramDestroy(TernaryProgram program) {
  delete static_cast<CheckedProgram *>(program.ptr);
}

MlirLogicalResult ternaryCompileToFile(MlirModule module,
                                       const TernaryCompileOptions *options,
                                       MlirStringRef path, MlirStringRef header,
                                       MlirStringRef interface,
                                       MlirStringCallback onError,
                                       void *userData) {
  auto fail = [&](llvm::Error error) {
    ErrorSink{onError, userData}.report(std::move(error));
    return mlirLogicalResultFailure();
  };
  llvm::Expected<CompiledModule> compiled =
      CompiledModule::create(unwrap(module), getOptions(*options));
  if (!compiled)
    return fail(compiled.takeError());
  OutputPaths paths{unwrap(path).str(), unwrap(header).str(),
                    unwrap(interface).str()};
  if (llvm::Error error = compiled->write(paths, /*sourceName=*/"a module"))
    return fail(std::move(error));
  return mlirLogicalResultSuccess();
}

intptr_t ternaryProgramGetNumFunctions(TernaryProgram program) {
  return unwrap(program).functions.size();
}

TernaryFunction ternaryProgramGetFunction(TernaryProgram program,
                                          intptr_t index) {
  return {&unwrap(program).functions[index]};
}

MlirStringRef ternaryFunctionGetName(TernaryFunction function) {
  return wrap(llvm::StringRef(unwrap(function).function->name));
}

MlirStringRef ternaryFunctionGetPrepare(TernaryFunction function) {
  return wrap(llvm::StringRef(unwrap(function).function->prepare));
}

intptr_t ternaryFunctionGetNumArguments(TernaryFunction function) {
  return unwrap(function).function->numArguments;
}

intptr_t ternaryFunctionGetNumResults(TernaryFunction function) {
  const ProgramFunction &bound = *unwrap(function).function;
  return bound.parameters.size() - bound.numArguments;
}

TernaryParameter ternaryFunctionGetParameter(TernaryFunction function,
                                             intptr_t index) {
  const ProgramParameter &parameter =
      unwrap(function).function->parameters[index];
  const ValueSpec &spec = parameter.spec;
  return {wrap(llvm::StringRef(parameter.name)),
          wrap(llvm::StringRef(spec.type)),
          wrap(llvm::StringRef(parameter.packing)),
          spec.shape.data(),
          static_cast<intptr_t>(spec.shape.size()),
          static_cast<TernaryDType>(spec.dtype),
          spec.isScalar,
          parameter.isConst,
          parameter.isResult,
          parameter.isPrepared};
}

TernaryStatus
ternaryFunctionInferShapes(TernaryFunction function, intptr_t numArguments,
                           const TernaryArray *arguments, int64_t *shapes,
                           MlirStringCallback onError, void *userData) {
  Shapes inferred;
  TernaryStatus status =
      infer(unwrap(function), getViews(numArguments, arguments), inferred,
            ErrorSink{onError, userData});
  for (const auto &shape : inferred)
    shapes = llvm::copy(shape, shapes);
  return status;
}

TernaryStatus
ternaryFunctionInvoke(TernaryFunction function, intptr_t numArguments,
                      const TernaryArray *arguments, intptr_t numResults,
                      const TernaryArray *results, MlirStringCallback onError,
                      void *userData) {
  auto from = getViews(numArguments, arguments);
  auto to = getViews(numResults, results);
  return call(unwrap(function), from, to, ErrorSink{onError, userData},
              [&](const Program &program, const ProgramFunction &target) {
                return program.invoke(target, from, to);
              });
}

TernaryStatus
ternaryFunctionInvokeOnDevice(TernaryFunction function, intptr_t numArguments,
                              const TernaryArray *arguments,
                              intptr_t numResults, const TernaryArray *results,
                              void *stream, MlirStringCallback onError,
                              void *userData) {
  BoundFunction &bound = unwrap(function);
  ErrorSink sink{onError, userData};
  if (!bound.function->onDevice)
    return sink.report(llvm::createStringError(
        bound.function->name +
        ": target, expected cuda for arrays on a device, found another"));
  auto from = getViews(numArguments, arguments);
  auto to = getViews(numResults, results);
  return call(bound, from, to, sink,
              [&](const Program &program, const ProgramFunction &target) {
                return program.invokeOnDevice(target, from, to, stream);
              });
}
