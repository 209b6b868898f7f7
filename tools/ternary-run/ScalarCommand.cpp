//===- ScalarCommand.cpp - Rules on numbers, JSON in and out --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ScalarCommand.h"
#include "Json.h"

#include "ternary/IR/ScalarRules.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace ternary;
using llvm::json::Value;

namespace {

/// The numbers of one application of a rule, checked against its parameters.
using Numbers = llvm::ArrayRef<Value>;

int64_t integer(const Value &value) { return *value.getAsInteger(); }
double number(const Value &value) { return *value.getAsNumber(); }

/// Booleans may be given as 0 and 1, as NumPy tables hold them.
bool boolean(const Value &value) {
  if (auto flag = value.getAsBoolean())
    return *flag;
  return integer(value) != 0;
}

template <typename T> std::optional<Value> wrap(std::optional<T> result) {
  if (!result)
    return std::nullopt;
  return Value(*result);
}

struct Rule {
  llvm::StringLiteral name;
  /// One character per parameter: i(nteger), n(umber), b(oolean).
  llvm::StringLiteral kinds;
  llvm::StringLiteral parameters;
  std::optional<Value> (*apply)(Numbers);
};

const Rule kRules[] = {
    {"corr_step_from_weight", "ni", "WEIGHT BASE",
     [](Numbers a) {
       return wrap(corrStepFromWeight(number(a[0]), integer(a[1])));
     }},
    {"default_init_std", "i", "FAN_IN",
     [](Numbers a) { return wrap(defaultInitStd(integer(a[0]))); }},
    {"effective_bpw", "iiib", "N K GROUP_SIZE HAS_BIAS",
     [](Numbers a) {
       return wrap(effectiveBitsPerWeight(integer(a[0]), integer(a[1]),
                                          integer(a[2]), boolean(a[3])));
     }},
    {"group_exp_init_dim", "i", "IN_DIM",
     [](Numbers a) { return wrap(groupExponentFromDim(integer(a[0]))); }},
    {"persistent_memory_bytes", "iii", "N K GROUP_SIZE",
     [](Numbers a) {
       return wrap(
           persistentMemoryBytes(integer(a[0]), integer(a[1]), integer(a[2])));
     }},
    {"persistent_memory_norm_units", "ii", "DIM GROUP_SIZE",
     [](Numbers a) {
       return wrap(persistentMemoryNormUnits(integer(a[0]), integer(a[1])));
     }},
    {"scaled_init_threshold", "nn", "THRESHOLD INIT_STD",
     [](Numbers a) {
       return wrap(scaledInitThreshold(number(a[0]), number(a[1])));
     }},
};

std::string print(const Value &value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

bool hasKind(const Value &value, char kind) {
  switch (kind) {
  case 'i':
    return value.getAsInteger().has_value();
  case 'b':
    return value.getAsBoolean() || value.getAsInteger() == 0 ||
           value.getAsInteger() == 1;
  default:
    return value.getAsNumber().has_value();
  }
}

llvm::Error checkKinds(const Rule &rule, Numbers arguments) {
  for (auto [index, argument] : llvm::enumerate(arguments)) {
    char kind = rule.kinds[index];
    if (!hasKind(argument, kind))
      return llvm::createStringError(rule.name + ": argument " +
                                     llvm::Twine(index) + ", expected " +
                                     (kind == 'i'   ? "an integer"
                                      : kind == 'b' ? "a boolean"
                                                    : "a number") +
                                     " or an array, found " + print(argument));
  }
  return llvm::Error::success();
}

llvm::Expected<Value> applyOnce(const Rule &rule, Numbers arguments) {
  if (arguments.size() != rule.kinds.size())
    return llvm::createStringError(
        rule.name + ": arguments, expected " + llvm::Twine(rule.kinds.size()) +
        " (" + rule.parameters + "), found " + llvm::Twine(arguments.size()));
  if (llvm::Error error = checkKinds(rule, arguments))
    return std::move(error);
  if (std::optional<Value> result = rule.apply(arguments))
    return std::move(*result);
  return llvm::createStringError(
      rule.name + ": expected arguments in the rule's domain, found " +
      print(llvm::json::Array(arguments)));
}

llvm::Expected<Value> applyRule(const Rule &rule, Numbers arguments);

/// The length that all arrays among the arguments have.
llvm::Expected<size_t> getCommonLength(const Rule &rule, Numbers arguments) {
  std::optional<size_t> length;
  for (const Value &argument : arguments) {
    const llvm::json::Array *array = argument.getAsArray();
    if (array && length && *length != array->size())
      return llvm::createStringError(
          rule.name + ": arrays, expected the same length, found " +
          llvm::Twine(*length) + " and " + llvm::Twine(array->size()));
    if (array)
      length = array->size();
  }
  return *length;
}

llvm::Expected<Value> mapOverArrays(const Rule &rule, Numbers arguments) {
  llvm::Expected<size_t> length = getCommonLength(rule, arguments);
  if (!length)
    return length.takeError();
  llvm::json::Array results;
  for (size_t i = 0; i < *length; ++i) {
    std::vector<Value> element;
    for (const Value &argument : arguments) {
      const llvm::json::Array *array = argument.getAsArray();
      element.push_back(array ? (*array)[i] : argument);
    }
    llvm::Expected<Value> result = applyRule(rule, element);
    if (!result)
      return result.takeError();
    results.push_back(std::move(*result));
  }
  return Value(std::move(results));
}

/// A single array of rows for a rule of several parameters.
llvm::Expected<Value> mapOverRows(const Rule &rule,
                                  const llvm::json::Array &rows) {
  llvm::json::Array results;
  for (const Value &row : rows) {
    const llvm::json::Array *numbers = row.getAsArray();
    if (!numbers)
      return llvm::createStringError(rule.name + ": expected rows of " +
                                     llvm::Twine(rule.kinds.size()) +
                                     " arguments, found " + print(row));
    llvm::Expected<Value> result =
        applyOnce(rule, std::vector<Value>(numbers->begin(), numbers->end()));
    if (!result)
      return result.takeError();
    results.push_back(std::move(*result));
  }
  return Value(std::move(results));
}

llvm::Expected<Value> applyRule(const Rule &rule, Numbers arguments) {
  bool hasArray = llvm::any_of(
      arguments, [](const Value &value) { return value.getAsArray(); });
  if (arguments.size() == 1 && hasArray && rule.kinds.size() > 1)
    return mapOverRows(rule, *arguments[0].getAsArray());
  return hasArray ? mapOverArrays(rule, arguments) : applyOnce(rule, arguments);
}

llvm::Expected<Value> parseArgument(const std::string &text,
                                    const llvm::Twine &name) {
  if (text != "-")
    return run::parseJson(text, name.str());
  auto input = llvm::MemoryBuffer::getSTDIN();
  if (std::error_code code = input.getError())
    return llvm::createStringError("standard input: " + code.message());
  return run::parseJson((*input)->getBuffer(), "standard input");
}

} // namespace

llvm::Expected<Value>
run::runScalarCommand(llvm::StringRef name,
                      llvm::ArrayRef<std::string> arguments) {
  const Rule *rule = llvm::find_if(
      kRules, [&](const Rule &rule) { return rule.name == name; });
  if (rule == std::end(kRules))
    return llvm::createStringError("scalar rule '" + name +
                                   "': expected one of the rules\n" +
                                   describeScalarRules());
  std::vector<Value> values;
  for (auto [index, text] : llvm::enumerate(arguments)) {
    llvm::Expected<Value> value =
        parseArgument(text, rule->name + ": argument " + llvm::Twine(index));
    if (!value)
      return value.takeError();
    values.push_back(std::move(*value));
  }
  return applyRule(*rule, values);
}

std::string run::describeScalarRules() {
  std::string text;
  for (const Rule &rule : kRules)
    text += ("  " + rule.name + " " + rule.parameters + "\n").str();
  return text;
}
