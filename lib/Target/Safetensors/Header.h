//===- Header.h - the JSON header of a .safetensors file --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TARGET_SAFETENSORS_HEADER_H
#define TERNARY_LIB_TARGET_SAFETENSORS_HEADER_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <string>
#include <vector>

namespace ternary::safetensors {

/// A tensor as the header states it. Its grammar is checked, its numbers are
/// not: dtype may be unknown, and shape and offsets may be anything unsigned.
struct HeaderEntry {
  std::string name;
  std::string dtype;
  llvm::SmallVector<uint64_t> shape;
  llvm::SmallVector<uint64_t, 2> offsets;
};

struct Header {
  std::vector<HeaderEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// Parses the JSON text of a header. Refuses everything that is not an object
/// of {dtype, shape, data_offsets} objects and at most one `__metadata__`,
/// repeated names and fields included. Needs memory in proportion to `json`
/// and no recursion. Errors read `header: ...` or `tensor 'x': ...`.
llvm::Expected<Header> parseHeader(llvm::StringRef json);

} // namespace ternary::safetensors

#endif // TERNARY_LIB_TARGET_SAFETENSORS_HEADER_H
