//===- OutputFile.h - output files that are never half written --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_OUTPUTFILE_H
#define TERNARY_TARGET_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace ternary {

/// Calls `write` with a stream to a temporary file beside `path` and renames
/// that file to `path` once all is written. Where `write` or the disk fails,
/// the temporary file goes and an older `path` stays as it was. "-" is the
/// standard output; devices and pipes are written directly, as they cannot be
/// replaced. Errors other than those of `write` are `llvm::FileError`.
llvm::Error
writeOutputFile(llvm::StringRef path,
                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

} // namespace ternary

#endif // TERNARY_TARGET_OUTPUTFILE_H
