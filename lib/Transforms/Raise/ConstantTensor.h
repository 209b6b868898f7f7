//===- ConstantTensor.h - Elements that are known ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_RAISE_CONSTANTTENSOR_H
#define TERNARY_LIB_TRANSFORMS_RAISE_CONSTANTTENSOR_H

#include "Scalar.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <memory>
#include <string>
#include <vector>

namespace ternary {

/// The elements of a static tensor, or of a scalar as one of rank 0. Copies
/// share their elements.
class ConstantTensor {
public:
  /// A tensor that nothing was written to yet.
  ConstantTensor(mlir::ArrayRef<int64_t> shape, ScalarFormat format);
  /// What an attribute holds, or nothing, with the reason.
  static std::optional<ConstantTensor> get(mlir::Attribute attr,
                                           std::string &reason);
  /// The shape of the value of a scalar, or of a static tensor, and how its
  /// elements are kept; nothing for other types.
  static std::optional<ConstantTensor> getLike(mlir::Type type);

  mlir::ArrayRef<int64_t> getShape() const { return shape; }
  ScalarFormat getFormat() const { return format; }
  int64_t getNumElements() const;
  llvm::SmallVector<int64_t> getStrides() const;
  /// Whether all elements are the same one, kept once.
  bool isSplat() const { return splat; }
  /// Whether every element has a value: others come from `tensor.empty`.
  bool isWritten() const { return unwritten == 0; }

  void load(int64_t first, int64_t step,
            llvm::MutableArrayRef<Scalar> values) const {
    format.load(data, splat ? 0 : first, splat ? 0 : step, values);
  }
  Scalar load(int64_t index) const {
    return format.load(data, splat ? 0 : index);
  }
  /// Allocates elements, for writing, and counts all of them as written.
  char *allocate();
  /// Memory of its own, after `allocate` or `clone`.
  char *getBytes() { return storage->data(); }
  /// Makes all elements equal.
  void fill(Scalar value);
  /// The same elements in another shape of as many.
  ConstantTensor reshaped(mlir::ArrayRef<int64_t> newShape) const;
  /// A copy in memory of its own.
  ConstantTensor clone() const;

  /// A box of elements: where it begins in each dimension, its extents, and the
  /// distance of its elements.
  struct Box {
    llvm::SmallVector<int64_t> offsets, sizes, steps;
    /// Whether all of it lies within `shape`.
    bool isWithin(mlir::ArrayRef<int64_t> shape) const;
  };
  /// Copies the elements of `source` in order into a box of this tensor, which
  /// has memory of its own.
  void insert(const ConstantTensor &source, const Box &box);
  /// The elements of a box in order, as a tensor of `shape`.
  ConstantTensor extract(const Box &box, mlir::ArrayRef<int64_t> shape) const;

private:
  bool isElementWritten(int64_t index) const {
    return unwritten == 0 || (written && (*written)[index]);
  }

  llvm::SmallVector<int64_t> shape;
  ScalarFormat format;
  /// The memory behind `data` where it is not the attribute's.
  std::shared_ptr<std::vector<char>> storage;
  const char *data = nullptr;
  bool splat = false;
  /// Elements without a value. Which ones have one, if some do.
  int64_t unwritten;
  std::shared_ptr<std::vector<bool>> written;
};

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_RAISE_CONSTANTTENSOR_H
