//===- Diagnostics.cpp - What the compiler has to say ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"

using namespace ternary::python;

static void append(MlirStringRef part, void *text) {
  static_cast<std::string *>(text)->append(part.data, part.length);
}

/// `file:line:column: `, or nothing where a location has no file.
static std::string printLocation(MlirLocation location) {
  while (mlirLocationIsAName(location))
    location = mlirLocationNameGetChildLoc(location);
  if (!mlirLocationIsAFileLineColRange(location))
    return "";
  MlirStringRef file =
      mlirIdentifierStr(mlirLocationFileLineColRangeGetFilename(location));
  return std::string(file.data, file.length) + ":" +
         std::to_string(mlirLocationFileLineColRangeGetStartLine(location)) +
         ":" +
         std::to_string(mlirLocationFileLineColRangeGetStartColumn(location)) +
         ": ";
}

static std::string print(MlirDiagnostic diagnostic, const char *severity) {
  std::string text =
      printLocation(mlirDiagnosticGetLocation(diagnostic)) + severity;
  mlirDiagnosticPrint(diagnostic, append, &text);
  for (intptr_t i = 0; i < mlirDiagnosticGetNumNotes(diagnostic); ++i) {
    std::string note = print(mlirDiagnosticGetNote(diagnostic, i), "note: ");
    // The place says which operation it was.
    if (note.find("note: see current operation") == std::string::npos)
      text += "\n" + note;
  }
  return text;
}

DiagnosticCollector::DiagnosticCollector(MlirContext context)
    : context(context),
      handler(mlirContextAttachDiagnosticHandler(context, handle, this,
                                                 /*deleteUserData=*/nullptr)) {}

DiagnosticCollector::~DiagnosticCollector() {
  mlirContextDetachDiagnosticHandler(context, handler);
}

MlirLogicalResult DiagnosticCollector::handle(MlirDiagnostic diagnostic,
                                              void *self) {
  auto &collector = *static_cast<DiagnosticCollector *>(self);
  std::lock_guard<std::mutex> lock(collector.mutex);
  switch (mlirDiagnosticGetSeverity(diagnostic)) {
  case MlirDiagnosticError:
    collector.errors +=
        (collector.errors.empty() ? "" : "\n") + print(diagnostic, "error: ");
    break;
  case MlirDiagnosticWarning:
    collector.remarks.push_back(print(diagnostic, "warning: "));
    break;
  default:
    collector.remarks.push_back(print(diagnostic, "remark: "));
  }
  return mlirLogicalResultSuccess();
}

std::string DiagnosticCollector::takeErrors() { return std::move(errors); }

std::vector<std::string> DiagnosticCollector::takeRemarks() {
  return std::move(remarks);
}
