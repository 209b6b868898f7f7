//===- Reader.h - memory-mapped GGUF files ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// A GGUF file of version 2 or 3, little-endian, is
//
//   "GGUF" | u32 version | u64 tensors | u64 key/values
//   key/values: string key, u32 type, value
//   tensors:    string name, u32 rank, u64 extents (innermost first),
//               u32 type, u64 offset
//   padding to the alignment | data, offsets counting from here
//
// where a string is a u64 length and its bytes, and an array value is a u32
// element type, a u64 count and its elements.
//
// The file is mapped, never copied, and every number is checked against the
// file before it is used: a file that lies is refused, and nothing outside the
// buffer is read.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_GGUF_READER_H
#define TERNARY_TARGET_GGUF_READER_H

#include "ternary/Target/Weights/MappedFile.h"

#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <vector>

namespace ternary::gguf {

/// Types of metadata, numbered as in the file.
enum class ValueType : uint32_t {
  UINT8,
  INT8,
  UINT16,
  INT16,
  UINT32,
  INT32,
  FLOAT32,
  BOOL,
  STRING,
  ARRAY,
  UINT64,
  INT64,
  FLOAT64
};

/// `UINT8` and so on.
llvm::StringRef stringifyValueType(ValueType type);

/// Bytes of a value of this type; 0 for strings and arrays.
unsigned getByteWidth(ValueType type);

/// A checked value: the bytes of it in the file, without its type.
struct Value {
  ValueType type;
  llvm::ArrayRef<char> data;
};

struct KeyValue {
  llvm::StringRef key;
  Value value;
};

/// A type of tensors.
struct TensorType {
  uint32_t id;
  llvm::StringLiteral name;
  /// Elements of a row that belong together, and their bytes. I2_S is counted
  /// apart: it has no blocks of rows.
  unsigned block, bytes;
};

constexpr uint32_t kI2S = 36, kQ20 = 42;

/// The type numbered `id`, or null.
const TensorType *findTensorType(uint32_t id);

/// One tensor. `data` points into the mapped file.
struct Tensor {
  llvm::StringRef name;
  const TensorType *type;
  /// Row-major: outermost first.
  llvm::SmallVector<int64_t, 4> shape;
  llvm::ArrayRef<char> data;
  /// Q2_0: the elements of a block, 64 or 128.
  unsigned q2Block = 0;

  int64_t getNumElements() const;
};

/// A checked file. Movable; what it refers to lives as long as the file.
class File {
public:
  /// Maps and checks the file at `path`. `q2Block` is the layout of Q2_0,
  /// found from the space between tensors if it is not given. Every refusal is
  /// an `llvm::FileError` that names `path`; its message, without the file,
  /// reads `tensor 'x': expected ..., found ...`, `metadata 'k': ...` or
  /// `header: ...`.
  static llvm::Expected<File>
  open(llvm::StringRef path, std::optional<unsigned> q2Block = std::nullopt);

  /// Checks the bytes of `buffer`; its identifier is the file name in errors.
  static llvm::Expected<File>
  parse(std::unique_ptr<llvm::MemoryBuffer> buffer,
        std::optional<unsigned> q2Block = std::nullopt);

  /// Whether `bytes` start as a GGUF file does.
  static bool isGGUF(llvm::StringRef bytes) {
    return bytes.starts_with("GGUF");
  }

  llvm::StringRef getPath() const { return buffer->getBufferIdentifier(); }
  uint32_t getVersion() const { return version; }
  llvm::ArrayRef<KeyValue> getMetadata() const { return metadata; }
  /// In the order of the file.
  llvm::ArrayRef<Tensor> getTensors() const { return tensors; }

private:
  friend class Parser;
  File() = default;

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  uint32_t version = 0;
  std::vector<KeyValue> metadata;
  std::vector<Tensor> tensors;
};

/// Prints a value for people: strings in quotes, the first elements of arrays.
void printValue(llvm::raw_ostream &os, const Value &value);

} // namespace ternary::gguf

#endif // TERNARY_TARGET_GGUF_READER_H
