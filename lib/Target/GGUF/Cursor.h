//===- Cursor.h - Reading GGUF from front to back ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TARGET_GGUF_CURSOR_H
#define TERNARY_LIB_TARGET_GGUF_CURSOR_H

#include "ternary/Target/GGUF/Reader.h"

#include "llvm/Support/Endian.h"

namespace ternary::gguf {

/// What is left of some bytes. A read that would go beyond the end fails and
/// takes nothing.
class Cursor {
public:
  explicit Cursor(llvm::ArrayRef<char> bytes) : rest(bytes) {}

  size_t size() const { return rest.size(); }
  const char *position() const { return rest.data(); }

  template <typename T> bool read(T &value) {
    llvm::ArrayRef<char> bytes;
    if (!take(sizeof(T), bytes))
      return false;
    value =
        llvm::support::endian::read<T, llvm::endianness::little>(bytes.data());
    return true;
  }
  bool take(uint64_t count, llvm::ArrayRef<char> &bytes) {
    if (count > rest.size())
      return false;
    bytes = rest.take_front(count);
    rest = rest.drop_front(count);
    return true;
  }
  bool readString(llvm::StringRef &text) {
    Cursor start = *this;
    uint64_t length;
    llvm::ArrayRef<char> bytes;
    if (!read(length) || !take(length, bytes)) {
      *this = start;
      return false;
    }
    text = llvm::StringRef(bytes.data(), bytes.size());
    return true;
  }

private:
  llvm::ArrayRef<char> rest;
};

} // namespace ternary::gguf

#endif // TERNARY_LIB_TARGET_GGUF_CURSOR_H
