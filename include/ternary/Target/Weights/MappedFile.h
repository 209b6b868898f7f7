//===- MappedFile.h - Files that are read in place --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_WEIGHTS_MAPPEDFILE_H
#define TERNARY_TARGET_WEIGHTS_MAPPEDFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace ternary {

/// Maps the file at `path`. Refuses what is no regular file: devices and pipes
/// may never end. Every refusal is an `llvm::FileError`.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
mapFile(llvm::StringRef path);

/// An error of this text.
llvm::Error refuse(const llvm::Twine &message);

/// `name` between single quotes with control bytes escaped, as diagnostics
/// show it: names come from files and may hold anything. Long ones are cut.
std::string quoteName(llvm::StringRef name);

/// `[2, 3]`.
std::string quoteShape(llvm::ArrayRef<int64_t> shape);
std::string quoteShape(llvm::ArrayRef<uint64_t> shape);

} // namespace ternary

#endif // TERNARY_TARGET_WEIGHTS_MAPPEDFILE_H
