//===- Source.h - A module in a context of its own --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_PYTHON_SOURCE_H
#define TERNARY_PYTHON_SOURCE_H

#include "Diagnostics.h"

#include "mlir-c/IR.h"

#include <nanobind/nanobind.h>

#include <string>

namespace ternary::python {

namespace nb = nanobind;

/// Appends to the std::string `text`.
void append(MlirStringRef part, void *text);

inline MlirStringRef stringRef(const std::string &text) {
  return {text.data(), text.size()};
}

inline std::string toString(MlirStringRef text) {
  return std::string(text.data, text.length);
}

/// A context that knows all dialects. `size` bytes of source or weights say
/// whether it gets threads.
class Context {
public:
  explicit Context(size_t size);
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;
  ~Context() { mlirContextDestroy(context); }
  operator MlirContext() const { return context; }

private:
  MlirContext context;
};

/// A source in a context of its own, so that nothing of it stays behind and
/// compilations run side by side.
class Source {
public:
  Source(const std::string &text, const std::string &name);
  Source(const Source &) = delete;
  Source &operator=(const Source &) = delete;
  ~Source();

  [[noreturn]] void fail(const std::string &summary);

  Context context;
  DiagnosticCollector collector;
  MlirModule module = {nullptr};
};

/// The text of a source: str, or the bytes of either form.
std::string getText(nb::handle source);

} // namespace ternary::python

#endif // TERNARY_PYTHON_SOURCE_H
