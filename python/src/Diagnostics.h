//===- Diagnostics.h - What the compiler has to say -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_PYTHON_DIAGNOSTICS_H
#define TERNARY_PYTHON_DIAGNOSTICS_H

#include "mlir-c/Diagnostics.h"

#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace ternary::python {

/// Becomes ternary.Error.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Collects the diagnostics of a context while it lives; none is printed.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(MlirContext context);
  ~DiagnosticCollector();

  /// The errors, with their notes, one per line.
  std::string takeErrors();

  /// Warnings and remarks.
  std::vector<std::string> takeRemarks();

private:
  static MlirLogicalResult handle(MlirDiagnostic diagnostic, void *self);

  MlirContext context;
  MlirDiagnosticHandlerID handler;
  std::mutex mutex;
  std::string errors;
  std::vector<std::string> remarks;
};

} // namespace ternary::python

#endif // TERNARY_PYTHON_DIAGNOSTICS_H
