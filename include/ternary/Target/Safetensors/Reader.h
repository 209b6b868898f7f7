//===- Reader.h - memory-mapped .safetensors files --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// A `.safetensors` file is
//
//   u64 little-endian header length H | H bytes of JSON | tensor data
//
// where the JSON object maps each tensor name to
// {"dtype": string, "shape": [n...], "data_offsets": [begin, end]}, offsets
// counting from the first byte after the header, and may hold one
// `__metadata__` object of strings. Data is little-endian, row-major.
//
// The file is mapped, never copied, and every number in the header is checked
// against the file before it is used: a file that lies is refused, and nothing
// outside the buffer is read.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_SAFETENSORS_READER_H
#define TERNARY_TARGET_SAFETENSORS_READER_H

#include "ternary/Target/Weights/MappedFile.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ternary::safetensors {

using ternary::quoteName;

/// Element types of the format, named as in the file.
enum class DType {
  BOOL,
  F4,
  F6_E2M3,
  F6_E3M2,
  U8,
  I8,
  F8_E5M2,
  F8_E4M3,
  F8_E8M0,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  C64,
  F64,
  I64,
  U64
};

/// The dtype spelled `name` in a header, or nothing when the format has none.
std::optional<DType> parseDType(llvm::StringRef name);

/// The spelling of `dtype` in a header, e.g. "BF16".
llvm::StringRef stringifyDType(DType dtype);

/// Width of one element in bits: 4 and 6 for the sub-byte floats, else a
/// multiple of 8.
unsigned getBitWidth(DType dtype);

/// One tensor of a file. `data` points into the mapped file, holds exactly
/// shape x dtype bytes, and need not be aligned to the element: the format does
/// not ask for it, and files in use are odd-aligned.
struct Tensor {
  std::string name;
  DType dtype;
  /// Row-major; empty for a scalar; the product of the non-zero sizes fits in
  /// 63 bits.
  llvm::SmallVector<int64_t> shape;
  llvm::ArrayRef<char> data;

  int64_t getNumElements() const;
  /// Element `index` of an F32 tensor, read without assuming alignment or the
  /// host's byte order. Requires dtype F32 and 0 <= index < getNumElements().
  float getF32(int64_t index) const;
};

/// A checked file. Movable; the tensors' data lives as long as the file.
class File {
public:
  /// Maps and checks the file at `path`. Every refusal is an `llvm::FileError`
  /// naming `path`; its message, without the file, reads
  /// `tensor 'x': expected ..., found ...` or `header: expected ..., found
  /// ...`.
  static llvm::Expected<File> open(llvm::StringRef path);

  /// Checks the bytes of `buffer`; its identifier is the file name in errors.
  static llvm::Expected<File> parse(std::unique_ptr<llvm::MemoryBuffer> buffer);

  /// The name that errors about this file carry.
  llvm::StringRef getPath() const { return buffer->getBufferIdentifier(); }

  /// All tensors, in the order of their data.
  llvm::ArrayRef<Tensor> getTensors() const { return tensors; }

  /// The tensor called `name`, or null.
  const Tensor *find(llvm::StringRef name) const;

  /// The `__metadata__` strings, sorted by key; empty where the file has none.
  const std::map<std::string, std::string> &getMetadata() const {
    return metadata;
  }

private:
  File() = default;

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::vector<Tensor> tensors;
  llvm::StringMap<size_t> indexOfName;
  std::map<std::string, std::string> metadata;
};

} // namespace ternary::safetensors

#endif // TERNARY_TARGET_SAFETENSORS_READER_H
