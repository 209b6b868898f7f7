//===- Planes.h - Trits to and from quarters of rows ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_PLANES_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_PLANES_H

#include "Trits.h"

#include "ternary/IR/Planes.h"

namespace ternary {

/// Bytes whose fields are quarters of the rows, in memory. A thread has 16 of
/// them, which are 16 trits of each quarter.
class PlaneMemory {
public:
  static constexpr int64_t kTrits = 16;

  static bool takes(mlir::Value memref, PackingAttrInterface packing,
                    llvm::ArrayRef<int64_t> shape);

  PlaneMemory(GPUKernelBuilder &b, mlir::Value memref,
              PackingAttrInterface packing)
      : b(b), memref(asVector(b, memref)), planes(*getDigitPlanes(packing)) {}

  using Values = KernelBuilder::Values;
  llvm::ArrayRef<int64_t> codes() const { return planes.codes; }
  /// Fills all bytes with the words of codes that `load` gives for kTrits trits
  /// from a number on.
  void write(llvm::function_ref<Values(mlir::Value)> load);
  /// Calls `store` with words of what -1, 0 and +1 shall read as. Codes that
  /// mean something else keep that among trits, and count as 0 elsewhere.
  void read(llvm::ArrayRef<int64_t> values,
            llvm::function_ref<void(mlir::ValueRange, mlir::Value)> store);

private:
  /// Of a quarter.
  mlir::Value firstOf(mlir::Value place, int64_t plane);

  GPUKernelBuilder &b;
  mlir::Value memref;
  DigitPlanes planes;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_PLANES_H
