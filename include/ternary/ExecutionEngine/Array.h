//===- Array.h - Dense host arrays ------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Dense, row-major arrays in host memory: what goes into compiled functions and
// what comes out of them. Nothing here depends on MLIR.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_ARRAY_H
#define TERNARY_EXECUTIONENGINE_ARRAY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

namespace ternary {

/// The element types that an array can hold.
enum class DType : uint8_t {
  Bool,
  Int8,
  UInt8,
  Int16,
  Int32,
  Int64,
  Float16,
  BFloat16,
  Float32,
  Float64
};

/// Bytes taken by one element.
size_t byteWidth(DType dtype);

/// NumPy's name of the type: `float32`; that of ml_dtypes, `bfloat16`.
llvm::StringRef name(DType dtype);

/// The type that `name` gives this name to, if there is one.
std::optional<DType> parseDType(llvm::StringRef name);

/// True for float16, bfloat16, float32 and float64.
bool isFloat(DType dtype);

/// Marks a dimension whose size is not known in `formatShape`.
inline constexpr int64_t kDynamicDim = INT64_MIN;

/// Prints `[2, 3]`; dynamic dimensions as `?`, rank 0 as `[]`.
std::string formatShape(llvm::ArrayRef<int64_t> shape);

/// The number of elements, or nothing if a dimension is negative or the byte
/// count does not fit in an int64_t.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape,
                                     DType dtype);

/// A dense row-major array that owns its memory, which is aligned to 64 bytes.
class Array {
public:
  /// Allocates without initializing. Fails on negative or huge dimensions and
  /// when memory runs out.
  static llvm::Expected<Array> create(DType dtype,
                                      llvm::ArrayRef<int64_t> shape);

  Array(Array &&) = default;
  Array &operator=(Array &&) = default;

  /// A copy with its own memory.
  llvm::Expected<Array> clone() const;

  /// Declares the bytes to be of another type of the same width.
  void reinterpret(DType other);

  DType getDType() const { return dtype; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getRank() const { return static_cast<int64_t>(shape.size()); }
  int64_t size() const { return elements; }
  int64_t sizeInBytes() const {
    return elements * static_cast<int64_t>(byteWidth(dtype));
  }
  char *data() { return memory.get(); }
  const char *data() const { return memory.get(); }

  /// The element at a flat index, as a double (int64 loses precision above
  /// 2^53).
  double getAsDouble(int64_t index) const;

  /// The element at a flat index; meant for the integer types and bool.
  int64_t getAsInteger(int64_t index) const;

  /// Text of the element at a flat index; floats round-trip.
  std::string format(int64_t index) const;

private:
  struct Free {
    void operator()(char *pointer) const { std::free(pointer); }
  };

  Array(DType dtype, llvm::ArrayRef<int64_t> shape, int64_t elements,
        char *memory)
      : dtype(dtype), shape(shape), elements(elements), memory(memory) {}

  DType dtype;
  llvm::SmallVector<int64_t, 4> shape;
  int64_t elements;
  std::unique_ptr<char, Free> memory;
};

/// A dense row-major array that someone else owns, on the host or on a device.
struct ArrayView {
  ArrayView(DType dtype, llvm::ArrayRef<int64_t> shape, void *data)
      : dtype(dtype), shape(shape), data(data) {}
  ArrayView(Array &array)
      : ArrayView(array.getDType(), array.getShape(), array.data()) {}

  /// The only element of a scalar of an integer type, bool included.
  int64_t getAsInteger() const;

  DType dtype;
  llvm::ArrayRef<int64_t> shape;
  void *data;
};

/// Views of all of them.
llvm::SmallVector<ArrayView> getViews(llvm::MutableArrayRef<Array> arrays);
llvm::SmallVector<ArrayView> getViews(llvm::ArrayRef<Array *> arrays);

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_ARRAY_H
