//===- CallChecker.cpp - What a call of a program may pass ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/CallChecker.h"

#include "ternary/ExecutionEngine/ShapeCheck.h"
#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace ternary;

namespace {

/// Where a message is about.
std::string describe(const ProgramFunction &function,
                     const ProgramParameter &parameter) {
  return function.name + ": " + (parameter.isResult ? "result" : "argument") +
         " '" + parameter.name + "'";
}

CallProblem fail(CallProblem::Kind kind, const ProgramFunction &function,
                 const ProgramParameter &parameter, const llvm::Twine &what,
                 const llvm::Twine &expected, const llvm::Twine &found) {
  return {kind, (describe(function, parameter) + ": " + what + ", expected " +
                 expected + ", found " + found)
                    .str()};
}

bool isByte(DType dtype) {
  return dtype == DType::Int8 || dtype == DType::UInt8;
}

std::optional<CallProblem> checkDType(const ProgramFunction &function,
                                      const ProgramParameter &parameter,
                                      const ArrayView &array) {
  DType expected = parameter.spec.dtype;
  if (array.dtype == expected || (isByte(array.dtype) && isByte(expected)))
    return std::nullopt;
  return fail(CallProblem::DType, function, parameter, "dtype",
              llvm::Twine(name(expected)) +
                  (expected == DType::Int8 ? " or uint8" : ""),
              name(array.dtype));
}

bool fits(llvm::ArrayRef<int64_t> expected, llvm::ArrayRef<int64_t> found) {
  return expected.size() == found.size() &&
         llvm::all_of(llvm::zip(expected, found), [](auto pair) {
           auto [want, got] = pair;
           return want == got || want == kDynamicDim;
         });
}

std::optional<CallProblem> checkShape(const ProgramFunction &function,
                                      const ProgramParameter &parameter,
                                      llvm::ArrayRef<int64_t> expected,
                                      const ArrayView &array) {
  if (fits(expected, array.shape))
    return std::nullopt;
  return fail(CallProblem::Shape, function, parameter, "shape",
              formatShape(expected), formatShape(array.shape));
}

std::optional<CallProblem> checkAlignment(const ProgramFunction &function,
                                          const ProgramParameter &parameter,
                                          const ArrayView &array) {
  size_t width = byteWidth(array.dtype);
  size_t offset = reinterpret_cast<uintptr_t>(array.data) % width;
  if (offset == 0)
    return std::nullopt;
  return fail(CallProblem::Memory, function, parameter, "address",
              "a multiple of " + llvm::Twine(width) + " bytes",
              "one that is " + llvm::Twine(offset) + " bytes behind it");
}

/// The bytes of an array.
struct Range {
  explicit Range(const ArrayView &array)
      : begin(reinterpret_cast<uintptr_t>(array.data)),
        end(begin + countElements(array.shape, array.dtype).value_or(0) *
                        byteWidth(array.dtype)) {}

  bool overlaps(const Range &other) const {
    bool isEmpty = begin == end || other.begin == other.end;
    return !isEmpty && begin < other.end && other.begin < end;
  }

  uintptr_t begin, end;
};

std::optional<CallProblem> checkOverlap(const ProgramFunction &function,
                                        llvm::ArrayRef<ArrayView> arrays) {
  for (auto [i, written] : llvm::enumerate(function.parameters)) {
    if (i >= arrays.size() || written.isConst || written.spec.isScalar)
      continue;
    for (auto [j, other] : llvm::enumerate(function.parameters))
      if (j < arrays.size() && i != j && !other.spec.isScalar &&
          Range(arrays[i]).overlaps(Range(arrays[j])))
        return fail(CallProblem::Memory, function, written, "memory",
                    "none that another array has",
                    "that of '" + other.name + "'");
  }
  return std::nullopt;
}

} // namespace

/// What is known of a function with open extents.
struct CallChecker::Checked {
  Signature signature;
  /// For each argument of the source, that of the compiled function; none for
  /// those that the prepare function takes.
  llvm::SmallVector<std::optional<size_t>> arguments;
  /// The extents that have passed last.
  llvm::SmallVector<int64_t, 16> passed;
  bool hasPassed = false;
};

static bool hasOpenExtents(const ProgramFunction &function) {
  unsigned count = 0;
  for (const ProgramParameter &parameter :
       llvm::ArrayRef(function.parameters).take_front(function.numArguments)) {
    count += parameter.spec.type == "index";
    count += llvm::count(parameter.spec.shape, kDynamicDim);
  }
  return count > 0;
}

/// Arguments marked constant may have moved to the prepare function; the others
/// keep their order.
static llvm::SmallVector<std::optional<size_t>>
mapArguments(mlir::func::FuncOp source, const ProgramFunction &function) {
  llvm::SmallVector<std::optional<size_t>> map;
  size_t next = 0;
  for (unsigned i = 0; i < source.getNumArguments(); ++i) {
    bool hasNext =
        next < function.numArguments && !function.parameters[next].isPrepared;
    bool wasConstant = source.getArgAttr(i, kConstantAttrName) != nullptr;
    bool isNext =
        hasNext && (!wasConstant || function.parameters[next].isConstant);
    map.push_back(isNext ? std::optional(next++) : std::nullopt);
  }
  return map;
}

CallChecker::CallChecker(const Program &program, mlir::ModuleOp module) {
  if (!module)
    return;
  for (const ProgramFunction &function : program.getFunctions()) {
    auto op = module.lookupSymbol<mlir::func::FuncOp>(function.name);
    if (!op || !hasOpenExtents(function))
      continue;
    llvm::Expected<Signature> signature = getSignature(module, function.name);
    if (!signature) {
      llvm::consumeError(signature.takeError());
      continue;
    }
    auto entry = std::make_unique<Checked>();
    entry->signature = std::move(*signature);
    entry->arguments = mapArguments(op, function);
    checked[function.name] = std::move(entry);
  }
  if (!checked.empty())
    source = module.clone();
}

CallChecker::~CallChecker() = default;

std::optional<CallProblem>
CallChecker::checkOpenExtents(const ProgramFunction &function,
                              llvm::ArrayRef<ArrayView> arguments) {
  auto found = checked.find(function.name);
  if (found == checked.end())
    return std::nullopt;
  Checked &entry = *found->second;
  llvm::SmallVector<int64_t, 16> extents;
  for (auto [parameter, argument] : llvm::zip(function.parameters, arguments)) {
    llvm::append_range(extents, argument.shape);
    if (parameter.spec.isScalar && !isFloat(argument.dtype))
      extents.push_back(argument.getAsInteger());
  }
  std::lock_guard<std::mutex> lock(mutex);
  if (entry.hasPassed && entry.passed == extents)
    return std::nullopt;
  llvm::SmallVector<ArrayView> views;
  for (auto [index, spec] :
       llvm::zip(entry.arguments, entry.signature.arguments)) {
    if (index)
      views.push_back(arguments[*index]);
    else if (spec.isScalar)
      return std::nullopt; // nothing is known of what it decides
    else
      views.push_back(ArrayView(spec.dtype, /*shape=*/{}, nullptr));
  }
  if (llvm::Error error = checkShapes(*source, entry.signature, views))
    return CallProblem{CallProblem::Shape,
                       function.name + ": " + llvm::toString(std::move(error))};
  entry.passed = std::move(extents);
  entry.hasPassed = true;
  return std::nullopt;
}

std::optional<CallProblem>
CallChecker::checkArguments(const ProgramFunction &function,
                            llvm::ArrayRef<ArrayView> arguments) {
  if (arguments.size() != function.numArguments)
    return CallProblem{CallProblem::Count,
                       (function.name + ": arguments, expected " +
                        llvm::Twine(function.numArguments) + ", found " +
                        llvm::Twine(arguments.size()))
                           .str()};
  for (auto [parameter, argument] : llvm::zip(function.parameters, arguments)) {
    if (auto problem = checkDType(function, parameter, argument))
      return problem;
    if (auto problem =
            checkShape(function, parameter, parameter.spec.shape, argument))
      return problem;
    if (auto problem = checkAlignment(function, parameter, argument))
      return problem;
  }
  return checkOpenExtents(function, arguments);
}

std::optional<CallProblem> CallChecker::checkResults(
    const ProgramFunction &function, llvm::ArrayRef<ArrayView> arguments,
    llvm::ArrayRef<ArrayView> results,
    llvm::ArrayRef<llvm::SmallVector<int64_t, 4>> shapes) const {
  for (size_t i = 0; i < results.size(); ++i) {
    const ProgramParameter &parameter =
        function.parameters[function.numArguments + i];
    if (auto problem = checkDType(function, parameter, results[i]))
      return problem;
    if (auto problem = checkShape(function, parameter, shapes[i], results[i]))
      return problem;
    if (auto problem = checkAlignment(function, parameter, results[i]))
      return problem;
  }
  llvm::SmallVector<ArrayView> all(arguments);
  all.append(results.begin(), results.end());
  return checkOverlap(function, all);
}
