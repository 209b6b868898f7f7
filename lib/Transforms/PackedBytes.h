//===- PackedBytes.h - What is stated about bytes ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_PACKEDBYTES_H
#define TERNARY_LIB_TRANSFORMS_PACKEDBYTES_H

#include "ternary/IR/Ternary.h"

#include <array>

namespace ternary {

/// The packing of bytes and the logical shape of the trits in them; kDynamic
/// where an extent is not known.
struct PackedBytes {
  PackingAttrInterface packing;
  std::array<int64_t, 2> shape = {mlir::ShapedType::kDynamic,
                                  mlir::ShapedType::kDynamic};

  bool operator==(const PackedBytes &other) const {
    return packing == other.packing && shape == other.shape;
  }
};

/// What the attributes of a function argument or result state; `attrs` may be
/// null.
std::optional<PackedBytes> getStated(mlir::DictionaryAttr attrs);

/// The same as attributes, for a function argument or result.
mlir::SmallVector<mlir::NamedAttribute> getStatement(const PackedBytes &bytes);

/// What `pack` or `repack` writes, nothing for other ops.
std::optional<PackedBytes> getWritten(mlir::Operation *op);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_PACKEDBYTES_H
