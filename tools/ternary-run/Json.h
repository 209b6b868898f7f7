//===- Json.h - Parsing JSON that is not trusted ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_TERNARY_RUN_JSON_H
#define TERNARY_TOOLS_TERNARY_RUN_JSON_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace ternary::run {

/// Parses `text`, which messages call `name`. Refuses nesting that would
/// overflow the stack of LLVM's parser.
llvm::Expected<llvm::json::Value> parseJson(llvm::StringRef text,
                                            llvm::StringRef name);

/// What a value is, for messages: "a number".
llvm::StringRef describeKind(const llvm::json::Value &value);

} // namespace ternary::run

#endif // TERNARY_TOOLS_TERNARY_RUN_JSON_H
