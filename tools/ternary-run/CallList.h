//===- CallList.h - The calls of one run ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_TERNARY_RUN_CALLLIST_H
#define TERNARY_TOOLS_TERNARY_RUN_CALLLIST_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace ternary::run {

/// One call of one function, with files in and out.
struct Call {
  std::string name;
  std::string entry;
  std::vector<std::string> arguments;
  /// Empty if the results are not kept.
  std::vector<std::string> results;
};

/// Reads a list of calls from a JSON file (`-`: standard input):
/// `[{"entry": "f", "args": ["a.npy"], "results": ["y.npy"], "name":
/// "first"}]`. All but `entry` may be left out; the name is then the entry and
/// the number of the call.
llvm::Expected<std::vector<Call>> readCallList(llvm::StringRef path);

} // namespace ternary::run

#endif // TERNARY_TOOLS_TERNARY_RUN_CALLLIST_H
