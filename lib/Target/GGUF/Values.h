//===- Values.h - GGUF metadata as attributes -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
//   UINT8 ... INT64, FLOAT32, FLOAT64   7 : ui32, 7 : i32, 0.5 : f32
//   BOOL, STRING                        true, "text"
//   arrays of numbers                   dense<[1, 2]> : tensor<2xui32>
//   other arrays                        [true, false], ["a", "b"], [[...]]
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TARGET_GGUF_VALUES_H
#define TERNARY_LIB_TARGET_GGUF_VALUES_H

#include "ternary/Target/GGUF/Reader.h"

#include "mlir/IR/BuiltinAttributes.h"

namespace ternary::gguf {

/// The dictionary of all metadata of a file.
mlir::DictionaryAttr getMetadataAttr(mlir::MLIRContext *context,
                                     llvm::ArrayRef<KeyValue> metadata);

/// Writes the type of a value and the value. An error where GGUF has no such
/// value. An empty array that could be of any type is one of strings.
llvm::Error writeValue(llvm::raw_ostream &os, mlir::Attribute value);

} // namespace ternary::gguf

#endif // TERNARY_LIB_TARGET_GGUF_VALUES_H
