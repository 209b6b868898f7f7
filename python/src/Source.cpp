//===- Source.cpp - A module in a context of its own ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Source.h"

#include "ternary-c/Ternary.h"

#include <nanobind/stl/string.h>

using namespace ternary::python;

void ternary::python::append(MlirStringRef part, void *text) {
  static_cast<std::string *>(text)->append(part.data, part.length);
}

static MlirContext createContext(size_t size) {
  static const MlirDialectRegistry registry = [] {
    MlirDialectRegistry made = mlirDialectRegistryCreate();
    ternaryRegisterAllDialects(made);
    return made;
  }();
  // Threads pay where there are constants to pack.
  constexpr size_t kLarge = size_t(1) << 20;
  return mlirContextCreateWithRegistry(registry, size >= kLarge);
}

Context::Context(size_t size) : context(createContext(size)) {}

Source::Source(const std::string &text, const std::string &name)
    : context(text.size()), collector(context) {
  ternaryContextEnableRemarks(context);
  module = ternaryModuleParse(context, stringRef(text), stringRef(name));
  if (mlirModuleIsNull(module))
    fail(name + ": expected a valid module");
}

Source::~Source() {
  if (!mlirModuleIsNull(module))
    mlirModuleDestroy(module);
}

void Source::fail(const std::string &summary) {
  std::string errors = collector.takeErrors();
  throw Error(errors.empty() ? summary : summary + "\n" + errors);
}

/// The text of a source: str, or the bytes of either form.
std::string ternary::python::getText(nb::handle source) {
  if (nb::isinstance<nb::bytes>(source)) {
    auto bytes = nb::borrow<nb::bytes>(source);
    return std::string(bytes.c_str(), bytes.size());
  }
  if (nb::isinstance<nb::str>(source))
    return nb::cast<std::string>(source);
  std::string message = "source: expected str or bytes, found ";
  throw nb::type_error(
      (message + nb::type_name(source.type()).c_str()).c_str());
}
