//===- Scalar.h - Numbers of any element type -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_RAISE_SCALAR_H
#define TERNARY_LIB_TRANSFORMS_RAISE_SCALAR_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/ArrayRef.h"

#include <optional>

namespace ternary {

/// A number: integers of any width with their sign extended, floats of any
/// width with the value that they have.
union Scalar {
  int64_t i;
  double f;
};

/// How numbers of an element type are kept in memory and rounded.
class ScalarFormat {
public:
  /// Nothing for types other than integers up to 64 bits, index, f16, bf16, f32
  /// and f64. A quantized type is kept as its storage type.
  static std::optional<ScalarFormat> get(mlir::Type type);

  bool isFloat() const { return kind != Kind::Integer; }
  bool isF64() const { return kind == Kind::F64; }
  /// Whether arithmetic is that of f32, rounded once more.
  bool isHalf() const { return kind == Kind::F16 || kind == Kind::BF16; }
  unsigned getWidth() const { return width; }
  /// Of one element: those of the next power of two.
  unsigned getBytes() const;

  /// The nearest float, ties to even.
  double round(double value) const;
  /// The low bits of `value`, as a signed number.
  int64_t wrap(uint64_t value) const;
  /// The same bits as an unsigned number.
  uint64_t toUnsigned(int64_t value) const;
  /// Whether an integer holds the whole float.
  bool holds(double value, bool isSigned) const;

  /// Reads elements `first`, `first + step`, …
  void load(const char *data, int64_t first, int64_t step,
            llvm::MutableArrayRef<Scalar> values) const;
  void store(char *data, int64_t first, int64_t step,
             llvm::ArrayRef<Scalar> values) const;
  Scalar load(const char *data, int64_t index) const {
    Scalar value;
    load(data, index, 0, value);
    return value;
  }
  void store(char *data, int64_t index, Scalar value) const {
    store(data, index, 0, value);
  }

private:
  enum class Kind { Integer, F16, BF16, F32, F64 };
  ScalarFormat(Kind kind, unsigned width) : kind(kind), width(width) {}

  Kind kind;
  unsigned width;
};

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_RAISE_SCALAR_H
