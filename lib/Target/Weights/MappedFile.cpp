//===- MappedFile.cpp - Files that are read in place ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/Weights/MappedFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using llvm::MemoryBuffer;
using llvm::StringRef;

llvm::Error ternary::refuse(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

llvm::Expected<std::unique_ptr<MemoryBuffer>> ternary::mapFile(StringRef path) {
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status))
    return llvm::createFileError(
        path, refuse("cannot open: " + StringRef(code.message()).lower()));
  if (!llvm::sys::fs::is_regular_file(status))
    return llvm::createFileError(path,
                                 refuse("expected a regular file, found none"));
  llvm::ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createFileError(
        path, refuse("cannot read: " +
                     StringRef(buffer.getError().message()).lower()));
  return std::move(*buffer);
}

std::string ternary::quoteName(StringRef name) {
  // Enough to find it by; a header may hold names of megabytes.
  constexpr size_t kMaxShown = 200;
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '\'';
  llvm::printEscapedString(name.take_front(kMaxShown), os);
  os << (name.size() > kMaxShown ? "...'" : "'");
  return text;
}

template <typename T> static std::string formatList(llvm::ArrayRef<T> values) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(values, os);
  os << ']';
  return text;
}

std::string ternary::quoteShape(llvm::ArrayRef<int64_t> shape) {
  return formatList(shape);
}

std::string ternary::quoteShape(llvm::ArrayRef<uint64_t> shape) {
  return formatList(shape);
}
