//===- Constants.h - Weights in constant attributes -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Reading and making constants of any size. Large ones are dense resources:
// their bytes lie in a blob, not in the context.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_CONSTANTS_H
#define TERNARY_IR_CONSTANTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <optional>
#include <vector>

namespace ternary {

/// The elements of a constant: a view of its bytes where they are stored one
/// by one, a copy where it is a splat.
template <typename T> class ConstantElements {
public:
  ConstantElements(llvm::ArrayRef<T> view) : view(view) {}
  ConstantElements(std::vector<T> storage)
      : storage(std::move(storage)), view(this->storage) {}
  // A moved vector keeps its buffer, so the view stays valid; a copied one
  // would not.
  ConstantElements(ConstantElements &&) = default;
  ConstantElements &operator=(ConstantElements &&) = default;

  llvm::ArrayRef<T> get() const { return view; }

private:
  std::vector<T> storage;
  llvm::ArrayRef<T> view;
};

/// The elements of a static i8 constant (dense or dense resource), or nothing
/// if `attr` is something else or its blob does not fit its type.
std::optional<ConstantElements<int8_t>> getI8Elements(mlir::Attribute attr);
/// The same for f32.
std::optional<ConstantElements<float>> getF32Elements(mlir::Attribute attr);

/// The bytes of a static constant (dense or dense resource) whose elements have
/// a whole number of bytes, little-endian; nothing if it is something else.
std::optional<ConstantElements<char>> getRawElements(mlir::Attribute attr);

/// A float rounded to f16 (nearest even) and its bits, and back.
uint16_t floatToHalfBits(float value);
float halfBitsToFloat(uint16_t bits);

/// Whether `type` is static and has at most `limit` elements.
bool hasAtMost(mlir::ShapedType type, int64_t limit);

/// A constant of static type `type` with these bytes (little-endian elements):
/// a dense resource named after `name` where it is large.
mlir::ElementsAttr makeElements(mlir::ShapedType type, llvm::StringRef name,
                                llvm::ArrayRef<char> bytes);

} // namespace ternary

#endif // TERNARY_IR_CONSTANTS_H
