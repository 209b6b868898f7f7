//===- Npy.h - Reading and writing .npy files -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// NumPy's array files, format versions 1 to 3. Read: little-endian, C order,
// the types of `DType`. Written: version 1. Headers are not trusted: whatever a
// file says is checked against its size before it is used.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_NPY_H
#define TERNARY_EXECUTIONENGINE_NPY_H

#include "ternary/ExecutionEngine/Array.h"

namespace ternary {

/// Reads the array in the file at `path`.
llvm::Expected<Array> readNpy(llvm::StringRef path);

/// Reads an array from the bytes of a whole `.npy` file; `name` stands for the
/// file in error messages.
llvm::Expected<Array> parseNpy(llvm::StringRef bytes, llvm::StringRef name);

/// Writes `array` to `path` as `writeOutputFile` does: a failure leaves no
/// partial file and an existing one untouched.
llvm::Error writeNpy(llvm::StringRef path, const Array &array);

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_NPY_H
