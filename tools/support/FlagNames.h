//===- FlagNames.h - Names of flags that LLVM has taken ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_SUPPORT_FLAGNAMES_H
#define TERNARY_TOOLS_SUPPORT_FLAGNAMES_H

#include "llvm/Support/CommandLine.h"

namespace ternary {

/// The shared LLVM brings flags of its own linkers under common names. Called
/// before a tool defines its flags.
inline void freeFlagName(llvm::StringRef name) {
  auto &options = llvm::cl::getRegisteredOptions();
  if (auto found = options.find(name); found != options.end())
    found->second->removeArgument();
}

} // namespace ternary

#endif // TERNARY_TOOLS_SUPPORT_FLAGNAMES_H
