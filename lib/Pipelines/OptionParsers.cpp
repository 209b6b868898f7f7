//===- OptionParsers.cpp - Values of pipeline options ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Pipelines/OptionParsers.h"

thread_local llvm::raw_ostream *ternary::OptionErrors::stream = nullptr;

bool ternary::OptionErrors::report(llvm::StringRef option,
                                   llvm::StringRef expected,
                                   llvm::StringRef found) {
  (stream ? *stream : llvm::errs())
      << "option '" << option << "': expected " << expected << ", found '"
      << found << "'\n";
  return true;
}
