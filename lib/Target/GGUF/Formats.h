//===- Formats.h - GGUF's types and ours ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TARGET_GGUF_FORMATS_H
#define TERNARY_LIB_TARGET_GGUF_FORMATS_H

#include "ternary/IR/Ternary.h"

namespace ternary::gguf {

/// A packing of ternary matrices in GGUF files.
struct PackedType {
  llvm::StringLiteral name;
  uint32_t id;
  /// What `general.file_type` says of a file of it; -1 where nobody does.
  int fileType;
  /// As it stands in IR.
  llvm::StringLiteral packing;
};

llvm::ArrayRef<PackedType> getPackedTypes();

/// The packing of a type.
PackingAttrInterface getPacking(mlir::MLIRContext *context,
                                const PackedType &type);

/// The packed type of this name, or null.
const PackedType *findPackedType(llvm::StringRef name);

/// The packed type of this packing, or null.
const PackedType *findPackedType(PackingAttrInterface packing);

/// The element type of a plain type, or null.
mlir::Type getElementType(mlir::MLIRContext *context, uint32_t id);

/// The number of the plain type with these elements; nothing if there is none.
std::optional<uint32_t> findElementType(mlir::Type type);

} // namespace ternary::gguf

#endif // TERNARY_LIB_TARGET_GGUF_FORMATS_H
