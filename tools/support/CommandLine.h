//===- CommandLine.h - What the command lines of tools share ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_SUPPORT_COMMANDLINE_H
#define TERNARY_TOOLS_SUPPORT_COMMANDLINE_H

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

namespace ternary {

/// Lets `--version` print the versions of the project and of LLVM.
inline void setVersionPrinter(llvm::StringLiteral tool) {
  llvm::cl::SetVersionPrinter([tool](llvm::raw_ostream &os) {
    os << tool << " " TERNARY_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
  });
}

/// The shared LLVM brings flags of its own linkers under common names. Called
/// before a tool defines its flags.
inline void freeFlagName(llvm::StringRef name) {
  auto &options = llvm::cl::getRegisteredOptions();
  if (auto found = options.find(name); found != options.end())
    found->second->removeArgument();
}

} // namespace ternary

#endif // TERNARY_TOOLS_SUPPORT_COMMANDLINE_H
