//===- CallList.cpp - The calls of one run --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "CallList.h"
#include "Json.h"

#include "llvm/Support/MemoryBuffer.h"

using namespace ternary;
using run::Call;

namespace {

llvm::Error fail(const std::string &where, const llvm::Twine &what,
                 const llvm::Twine &expected, const llvm::Twine &found) {
  return llvm::createStringError(where + ": " + what + ", expected " +
                                 expected + ", found " + found);
}

llvm::Error readString(const llvm::json::Value &value, const std::string &where,
                       llvm::StringRef key, std::string &target) {
  auto text = value.getAsString();
  if (!text)
    return fail(where, "'" + key + "'", "a string", run::describeKind(value));
  target = text->str();
  return llvm::Error::success();
}

llvm::Error readStrings(const llvm::json::Value &value,
                        const std::string &where, llvm::StringRef key,
                        std::vector<std::string> &target) {
  const llvm::json::Array *array = value.getAsArray();
  if (!array)
    return fail(where, "'" + key + "'", "an array of file names",
                run::describeKind(value));
  for (const llvm::json::Value &element : *array)
    if (llvm::Error error =
            readString(element, where, key, target.emplace_back()))
      return error;
  return llvm::Error::success();
}

llvm::Error readField(const std::string &where, llvm::StringRef key,
                      const llvm::json::Value &value, Call &call) {
  if (key == "entry")
    return readString(value, where, key, call.entry);
  if (key == "name")
    return readString(value, where, key, call.name);
  if (key == "args")
    return readStrings(value, where, key, call.arguments);
  if (key == "results")
    return readStrings(value, where, key, call.results);
  return fail(where, "key", "entry, args, results or name", "'" + key + "'");
}

llvm::Expected<Call> readCall(const llvm::json::Value &value, size_t index,
                              llvm::StringRef path) {
  std::string where = (path + ": call " + llvm::Twine(index)).str();
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return fail(where, "value", "an object", run::describeKind(value));
  Call call;
  for (const auto &[key, field] : *object)
    if (llvm::Error error = readField(where, llvm::StringRef(key), field, call))
      return std::move(error);
  if (call.entry.empty())
    return fail(where, "'entry'", "the name of a function", "none");
  if (call.name.empty())
    call.name = call.entry + "." + std::to_string(index);
  return call;
}

} // namespace

llvm::Expected<std::vector<Call>> run::readCallList(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (std::error_code code = buffer.getError())
    return fail(path.str(), "file", "a readable list of calls", code.message());
  llvm::Expected<llvm::json::Value> value =
      parseJson((*buffer)->getBuffer(), path);
  if (!value)
    return value.takeError();
  const llvm::json::Array *array = value->getAsArray();
  if (!array)
    return fail(path.str(), "json", "an array of calls", describeKind(*value));
  std::vector<Call> calls;
  for (const llvm::json::Value &element : *array) {
    llvm::Expected<Call> call = readCall(element, calls.size(), path);
    if (!call)
      return call.takeError();
    calls.push_back(std::move(*call));
  }
  return calls;
}
