//===- Json.cpp - Parsing JSON that is not trusted ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Json.h"

using namespace ternary;

static constexpr unsigned kMaxDepth = 64;

/// The deepest nesting of brackets outside of strings.
static unsigned measureDepth(llvm::StringRef text) {
  unsigned depth = 0, deepest = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      i += c == '\\';
      inString = c != '"';
    } else if (c == '"') {
      inString = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

llvm::Expected<llvm::json::Value> run::parseJson(llvm::StringRef text,
                                                 llvm::StringRef name) {
  if (unsigned depth = measureDepth(text); depth > kMaxDepth)
    return llvm::createStringError(
        name + ": json, expected nesting of at most " + llvm::Twine(kMaxDepth) +
        ", found " + llvm::Twine(depth));
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value)
    return llvm::createStringError(name +
                                   ": expected valid json, found an "
                                   "error at " +
                                   llvm::toString(value.takeError()));
  return value;
}

llvm::StringRef run::describeKind(const llvm::json::Value &value) {
  switch (value.kind()) {
  case llvm::json::Value::Null:
    return "null";
  case llvm::json::Value::Boolean:
    return "a boolean";
  case llvm::json::Value::Number:
    return "a number";
  case llvm::json::Value::String:
    return "a string";
  case llvm::json::Value::Array:
    return "an array";
  case llvm::json::Value::Object:
    return "an object";
  }
  return "something else";
}
