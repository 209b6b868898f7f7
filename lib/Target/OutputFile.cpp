//===- OutputFile.cpp - output files that are never half written ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/OutputFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

using WriteFn = function_ref<Error(raw_ostream &)>;

/// An error that reads `cannot write: no space left on device`.
static Error cannotWrite(StringRef path, std::error_code code) {
  return createFileError(
      path, createStringError(code, "cannot write: " +
                                        StringRef(code.message()).lower()));
}

/// Calls `write` on `os` and takes what went wrong from the stream, which
/// would otherwise end the process when it is destroyed.
static Error writeTo(raw_fd_ostream &os, StringRef path, WriteFn write) {
  Error error = write(os);
  os.flush();
  std::error_code code = os.error();
  os.clear_error();
  if (error || !code)
    return error;
  return cannotWrite(path, code);
}

static Error writeDirectly(StringRef path, WriteFn write) {
  std::error_code code;
  raw_fd_ostream os(path, code);
  if (code)
    return cannotWrite(path, code);
  return writeTo(os, path, write);
}

Error ternary::writeOutputFile(StringRef path, WriteFn write) {
  sys::fs::file_status status;
  bool exists = !sys::fs::status(path, status);
  if (path == "-" || (exists && !sys::fs::is_regular_file(status)))
    return writeDirectly(path, write);

  // The target of a link is replaced, not the link.
  SmallString<128> target(path);
  if (exists)
    if (std::error_code code = sys::fs::real_path(path, target))
      return cannotWrite(path, code);

  Expected<sys::fs::TempFile> temporary =
      sys::fs::TempFile::create(target + ".tmp-%%%%%%");
  if (!temporary)
    return cannotWrite(path, errorToErrorCode(temporary.takeError()));
  raw_fd_ostream os(temporary->FD, /*shouldClose=*/false);
  if (Error error = writeTo(os, path, write))
    return joinErrors(std::move(error), temporary->discard());
  if (Error error = temporary->keep(target))
    return cannotWrite(path, errorToErrorCode(std::move(error)));
  return Error::success();
}
