//===- Program.cpp - Compiled functions in Python -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Program.h"

#include "Arrays.h"
#include "Diagnostics.h"
#include "Source.h"

#include "ternary-c/Ternary.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <deque>
#include <memory>

using namespace ternary::python;

namespace {

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

/// Lets Python handle signals between passes, and reports to a function.
class Progress {
public:
  explicit Progress(nb::object report) : report(std::move(report)) {}

  static bool call(MlirStringRef pass, void *self) {
    return static_cast<Progress *>(self)->call(toString(pass));
  }

  /// Throws what a signal or the function has thrown.
  void rethrow() {
    if (failure)
      std::rethrow_exception(failure);
  }

private:
  bool call(const std::string &pass) {
    nb::gil_scoped_acquire lock;
    try {
      if (PyErr_CheckSignals() != 0)
        throw nb::python_error();
      if (!report.is_none())
        report(pass, count++);
      return true;
    } catch (...) {
      failure = std::current_exception();
      return false;
    }
  }

  nb::object report;
  size_t count = 0;
  std::exception_ptr failure;
};

/// Options as Python gives them.
struct Options {
  std::string target, cpu, options;
  std::vector<std::string> entries, chips;
  int64_t threads;
  unsigned optLevel;
  bool checkExtents;

  /// Valid as long as this and what it refers to.
  TernaryCompileOptions get(Progress &progress) {
    chip.clear();
    for (const std::string &name : chips)
      chip += (chip.empty() ? "" : ",") + name;
    for (const std::string &entry : entries)
      entryRefs.push_back(stringRef(entry));
    TernaryCompileOptions result = ternaryCompileOptionsGetDefault();
    result.target = stringRef(target);
    result.cpu = stringRef(cpu);
    result.chip = stringRef(chip);
    result.pipelineOptions = stringRef(options);
    result.entries = entryRefs.data();
    result.numEntries = static_cast<intptr_t>(entryRefs.size());
    result.threads = threads;
    result.optLevel = optLevel;
    result.checkExtents = checkExtents;
    result.progress = Progress::call;
    result.progressData = &progress;
    return result;
  }

private:
  std::string chip;
  std::vector<MlirStringRef> entryRefs;
};

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// Machine code, and the source where calls are checked against it.
class Program {
public:
  Program(const std::string &text, const std::string &name, Options options,
          nb::object report) {
    Progress progress(std::move(report));
    {
      nb::gil_scoped_release unlocked;
      compile(text, name, options, progress);
    }
    progress.rethrow();
    if (!failure.empty())
      throw Error(failure);
    if (!options.checkExtents)
      source.reset();
  }
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;
  ~Program() {
    if (!ternaryProgramIsNull(program))
      ternaryProgramDestroy(program);
  }

  TernaryProgram get() const { return program; }
  const std::vector<std::string> &getRemarks() const { return remarks; }

private:
  void compile(const std::string &text, const std::string &name,
               Options &options, Progress &progress) {
    source = std::make_unique<Source>(text, name);
    TernaryCompileOptions compileOptions = options.get(progress);
    program =
        ternaryProgramCreate(source->module, &compileOptions, append, &failure);
    remarks = source->collector.takeRemarks();
    if (!failure.empty())
      if (std::string errors = source->collector.takeErrors(); !errors.empty())
        failure += "\n" + errors;
  }

  std::unique_ptr<Source> source;
  TernaryProgram program = {nullptr};
  std::vector<std::string> remarks;
  std::string failure;
};

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

class Function {
public:
  Function(std::shared_ptr<Program> program, TernaryFunction function)
      : program(std::move(program)), function(function),
        name(toString(ternaryFunctionGetName(function))),
        prepare(toString(ternaryFunctionGetPrepare(function))),
        numArguments(ternaryFunctionGetNumArguments(function)),
        numResults(ternaryFunctionGetNumResults(function)) {
    for (intptr_t i = 0; i < numArguments + numResults; ++i)
      parameters.emplace_back(ternaryFunctionGetParameter(function, i));
    for (intptr_t i = 0; i < numResults; ++i) {
      const Parameter &parameter = parameters[numArguments + i];
      resultRank += static_cast<intptr_t>(parameter.shape.size());
      resultDTypes.push_back(getNumPyDType(parameter.dtype));
    }
  }

  nb::object call(nb::args arguments, nb::kwargs keywords) const {
    nb::handle out = nb::none(), stream = nb::none();
    for (auto [key, value] : keywords) {
      std::string text = nb::cast<std::string>(key);
      if (text == "out")
        out = value;
      else if (text == "stream")
        stream = value;
      else
        throw nb::type_error(
            (name + ": expected the keywords out and stream, found '" + text +
             "'")
                .c_str());
    }
    return invoke(arguments, out, stream);
  }

  const std::string &getName() const { return name; }
  const std::string &getPrepare() const { return prepare; }
  const std::vector<Parameter> &getParameters() const { return parameters; }

private:
  /// The arrays of one call. Bound ones do not move.
  struct Call {
    std::deque<BoundArray> bound;
    std::vector<TernaryArray> arguments, results;
    std::vector<nb::object> fresh;
    bool anyOnDevice = false, anyOnHost = false;

    const TernaryArray &bind(nb::handle object, const Parameter &parameter,
                             const std::string &function) {
      BoundArray &array = bound.emplace_back();
      array.bind(object, parameter, function);
      if (array.isBoundToMemory() && !parameter.isScalar)
        (array.isOnDevice() ? anyOnDevice : anyOnHost) = true;
      return array.get();
    }
  };

  nb::object invoke(const nb::args &arguments, nb::handle out,
                    nb::handle stream) const {
    Call call;
    call.arguments.reserve(arguments.size());
    checkCount("arguments", arguments.size(), numArguments);
    for (intptr_t i = 0; i < numArguments; ++i)
      call.arguments.push_back(call.bind(arguments[i], parameters[i], name));
    bindResults(call, out);
    if (call.anyOnDevice && call.anyOnHost)
      throw nb::value_error(
          (name + ": device, expected all arrays on one, found some on the "
                  "host and some on a gpu")
              .c_str());
    run(call, stream);
    return takeResults(call, out);
  }

  void checkCount(const char *what, size_t found, intptr_t expected) const {
    if (static_cast<intptr_t>(found) != expected)
      throw nb::type_error((name + ": " + what + ", expected " +
                            std::to_string(expected) + ", found " +
                            std::to_string(found))
                               .c_str());
  }

  /// `out` is None, the one result, or a sequence of results and Nones.
  nb::handle getOut(nb::handle out, intptr_t index) const {
    if (out.is_none())
      return nb::none();
    bool isSequence =
        nb::isinstance<nb::tuple>(out) || nb::isinstance<nb::list>(out);
    if (!isSequence && numResults == 1)
      return out;
    if (!isSequence)
      throw nb::type_error((name + ": out, expected a tuple of " +
                            std::to_string(numResults) + " arrays, found " +
                            nb::type_name(out.type()).c_str())
                               .c_str());
    checkCount("out", nb::len(out), numResults);
    // The sequence keeps it alive.
    return nb::object(out[index]).ptr();
  }

  void bindResults(Call &call, nb::handle out) const {
    std::vector<int64_t> shapes;
    for (intptr_t i = 0; i < numResults; ++i) {
      const Parameter &parameter = parameters[numArguments + i];
      nb::handle given = getOut(out, i);
      call.fresh.emplace_back();
      if (!given.is_none()) {
        call.results.push_back(call.bind(given, parameter, name));
        continue;
      }
      if (call.anyOnDevice)
        throw nb::type_error(
            (name + ": out, expected arrays for results on a gpu, found none")
                .c_str());
      if (shapes.empty())
        shapes = inferShapes(call);
      call.fresh[i] =
          makeResult(resultDTypes[i], parameter.dtype == TernaryBFloat16,
                     static_cast<intptr_t>(parameter.shape.size()),
                     shapes.data() + offsetOf(i));
      BoundArray &array = call.bound.emplace_back();
      array.bindFresh(call.fresh[i], parameter);
      call.results.push_back(array.get());
    }
  }

  intptr_t offsetOf(intptr_t result) const {
    intptr_t offset = 0;
    for (intptr_t i = 0; i < result; ++i)
      offset +=
          static_cast<intptr_t>(parameters[numArguments + i].shape.size());
    return offset;
  }

  std::vector<int64_t> inferShapes(const Call &call) const {
    // One element more, so that it is not empty for scalars.
    std::vector<int64_t> shapes(resultRank + 1);
    std::string message;
    check(ternaryFunctionInferShapes(function, numArguments,
                                     call.arguments.data(), shapes.data(),
                                     append, &message),
          message);
    return shapes;
  }

  void run(const Call &call, nb::handle stream) const {
    std::string message;
    TernaryStatus status;
    void *handle = stream.is_none()
                       ? nullptr
                       : reinterpret_cast<void *>(nb::cast<uintptr_t>(stream));
    {
      nb::gil_scoped_release unlocked;
      status =
          call.anyOnDevice
              ? ternaryFunctionInvokeOnDevice(
                    function, numArguments, call.arguments.data(), numResults,
                    call.results.data(), handle, append, &message)
              : ternaryFunctionInvoke(function, numArguments,
                                      call.arguments.data(), numResults,
                                      call.results.data(), append, &message);
    }
    check(status, message);
  }

  static void check(TernaryStatus status, const std::string &message) {
    switch (status) {
    case TernarySuccess:
      return;
    case TernaryWrongCount:
    case TernaryWrongDType:
      throw nb::type_error(message.c_str());
    case TernaryWrongShape:
    case TernaryWrongMemory:
      throw nb::value_error(message.c_str());
    case TernaryFailed:
      throw Error(message);
    }
  }

  nb::object takeResults(Call &call, nb::handle out) const {
    nb::list results;
    for (intptr_t i = 0; i < numResults; ++i) {
      bool isBFloat16 = parameters[numArguments + i].dtype == TernaryBFloat16;
      nb::object result =
          call.fresh[i]
              ? finishResult(call.fresh[i], resultDTypes[i], isBFloat16)
              : nb::borrow(getOut(out, i));
      if (numResults == 1)
        return result;
      results.append(result);
    }
    return numResults == 0 ? nb::none() : nb::object(nb::tuple(results));
  }

  std::shared_ptr<Program> program;
  TernaryFunction function;
  std::string name, prepare;
  intptr_t numArguments, numResults, resultRank = 0;
  std::vector<Parameter> parameters;
  std::vector<nb::object> resultDTypes;
};

//===----------------------------------------------------------------------===//
// Bindings
//===----------------------------------------------------------------------===//

Options makeOptions(std::string target, std::vector<std::string> entries,
                    std::string cpu, int64_t threads, std::string options,
                    unsigned optLevel, std::vector<std::string> chips,
                    bool checkExtents) {
  Options result;
  result.target = std::move(target);
  result.entries = std::move(entries);
  result.cpu = std::move(cpu);
  result.threads = threads;
  result.options = std::move(options);
  result.optLevel = optLevel;
  result.chips = std::move(chips);
  result.checkExtents = checkExtents;
  return result;
}

nb::dict getFunctions(const std::shared_ptr<Program> &program) {
  nb::dict functions;
  for (intptr_t i = 0; i < ternaryProgramGetNumFunctions(program->get()); ++i) {
    Function function(program, ternaryProgramGetFunction(program->get(), i));
    nb::str name(function.getName().c_str());
    functions[name] = nb::cast(std::move(function));
  }
  return functions;
}

nb::tuple getShape(const Parameter &parameter) {
  nb::list shape;
  for (int64_t extent : parameter.shape)
    shape.append(extent == TERNARY_DYNAMIC ? nb::none() : nb::cast(extent));
  return nb::tuple(shape);
}

std::shared_ptr<Program>
compile(nb::handle source, std::string target, std::vector<std::string> entries,
        std::string cpu, int64_t threads, std::string options,
        unsigned optLevel, std::vector<std::string> chips, bool checkExtents,
        std::string name, nb::object progress) {
  std::string text = getText(source);
  return std::make_shared<Program>(
      text, name,
      makeOptions(std::move(target), std::move(entries), std::move(cpu),
                  threads, std::move(options), optLevel, std::move(chips),
                  checkExtents),
      std::move(progress));
}

void compileFile(nb::handle source, std::string path, std::string header,
                 std::string interface, std::string target,
                 std::vector<std::string> entries, std::string cpu,
                 int64_t threads, std::string options, unsigned optLevel,
                 std::vector<std::string> chips, std::string name,
                 nb::object report) {
  std::string text = getText(source), failure;
  Options compileOptions =
      makeOptions(std::move(target), std::move(entries), std::move(cpu),
                  threads, std::move(options), optLevel, std::move(chips),
                  /*checkExtents=*/false);
  Progress progress(std::move(report));
  {
    nb::gil_scoped_release unlocked;
    Source parsed(text, name);
    TernaryCompileOptions forC = compileOptions.get(progress);
    if (mlirLogicalResultIsFailure(ternaryCompileToFile(
            parsed.module, &forC, stringRef(path), stringRef(header),
            stringRef(interface), append, &failure)))
      if (std::string errors = parsed.collector.takeErrors(); !errors.empty())
        failure += "\n" + errors;
  }
  progress.rethrow();
  if (!failure.empty())
    throw Error(failure);
}

} // namespace

void ternary::python::bindPrograms(nb::module_ &module) {
  nb::class_<Parameter>(module, "Parameter",
                        "An argument or a result of a compiled function.")
      .def_ro("name", &Parameter::name, "Its name in the source, or arg0 ….")
      .def_ro("type", &Parameter::type, "Its type in the source.")
      .def_ro("packing", &Parameter::packing,
              "What is stated of packed bytes, or ''.")
      .def_prop_ro(
          "dtype",
          [](const Parameter &parameter) {
            return toString(ternaryDTypeGetName(parameter.dtype));
          },
          "NumPy's name of the element type, or 'bfloat16'.")
      .def_prop_ro("shape", &getShape,
                   nb::sig("def shape(self) -> tuple[int | None, ...]"),
                   "Extents; None where the source leaves one open.")
      .def_ro("is_scalar", &Parameter::isScalar, "Passed by value.")
      .def_ro("is_const", &Parameter::isConst, "A call only reads it.")
      .def_ro("is_result", &Parameter::isResult, "Written, and returned.")
      .def_ro("is_prepared", &Parameter::isPrepared,
              "Comes from the prepare function.");
  nb::class_<Function>(module, "Function",
                       "A compiled function. Keeps its program alive; may be "
                       "called from several threads.")
      .def_prop_ro("name", &Function::getName, "Its name in the source.")
      .def_prop_ro("prepare", &Function::getPrepare,
                   "Name of the function that makes its prepared arguments, "
                   "or ''.")
      .def_prop_ro(
          "parameters",
          [](const Function &function) {
            nb::list list;
            for (const Parameter &parameter : function.getParameters())
              list.append(nb::cast(parameter));
            return nb::tuple(list);
          },
          nb::sig("def parameters(self) -> tuple[Parameter, ...]"),
          "The arguments, then the results.")
      .def("__call__", &Function::call,
           nb::sig("def __call__(self, *arguments, out=None, stream=None) -> "
                   "typing.Any"),
           "Calls the function with its arguments in order; see "
           "ternary.compile.");
  nb::class_<Program>(module, "Program", "The functions of a module.")
      .def_prop_ro("functions", &getFunctions,
                   nb::sig("def functions(self) -> dict[str, Function]"),
                   "By name, prepare functions included.")
      .def_prop_ro("remarks", &Program::getRemarks,
                   "What passes remarked and warned of, with locations.");
  module.def(
      "compile", &compile, nb::arg("source"), nb::kw_only(),
      nb::arg("target") = "cpu",
      nb::arg("entries") = std::vector<std::string>(),
      nb::arg("cpu") = "native", nb::arg("threads") = 1,
      nb::arg("options") = "", nb::arg("opt_level") = 3,
      nb::arg("chips") = std::vector<std::string>(),
      nb::arg("check_extents") = true, nb::arg("name") = "source",
      nb::arg("progress") = nb::none(),
      "Compiles text or bytecode into this process; see ternary.compile.");
  module.def("compile_file", &compileFile, nb::arg("source"), nb::arg("path"),
             nb::kw_only(), nb::arg("header") = "", nb::arg("interface") = "",
             nb::arg("target") = "cpu",
             nb::arg("entries") = std::vector<std::string>(),
             nb::arg("cpu") = "native", nb::arg("threads") = 1,
             nb::arg("options") = "", nb::arg("opt_level") = 3,
             nb::arg("chips") = std::vector<std::string>(),
             nb::arg("name") = "source", nb::arg("progress") = nb::none(),
             "Compiles into a file; see ternary.compile_file.");
}
