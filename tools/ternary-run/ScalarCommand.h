//===- ScalarCommand.h - Rules on numbers, JSON in and out ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// `ternary-run --scalar NAME ARGS...`
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_TERNARY_RUN_SCALARCOMMAND_H
#define TERNARY_TOOLS_TERNARY_RUN_SCALARCOMMAND_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <string>

namespace ternary::run {

/// Applies the rule `name` to arguments that are JSON texts, or `-` for the
/// text on standard input. A rule maps over arrays: `f([1, 2], 3)` is
/// `[f(1, 3), f(2, 3)]`, and one array of rows stands for all arguments,
/// `f([[1, 3], [2, 3]])`.
llvm::Expected<llvm::json::Value>
runScalarCommand(llvm::StringRef name, llvm::ArrayRef<std::string> arguments);

/// The rules and their parameters, one a line, for help and errors.
std::string describeScalarRules();

} // namespace ternary::run

#endif // TERNARY_TOOLS_TERNARY_RUN_SCALARCOMMAND_H
