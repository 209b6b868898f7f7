//===- Wgmma.h - Operands of wgmma in shared memory -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_WGMMA_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_WGMMA_H

#include "GPUKernelBuilder.h"

namespace ternary {

/// Bytes of a row of an operand in a slab: as many as the swizzle spans.
constexpr int64_t kSlabBytes = 128;
/// Products of a slab, of 32 bytes of a row each.
constexpr int64_t kSteps = 4;
/// Warps that execute a wgmma together.
constexpr int64_t kGroupWarps = 4;
constexpr int64_t kSwizzleBytes = 1024;

/// The first address of the launch's shared bytes where a swizzle begins: the
/// launch has up to `kSwizzleBytes` more of them than are used.
mlir::Value swizzledBase(GPUKernelBuilder &b);

/// Where the 16 bytes number `chunk` of a row are behind the slab's first.
mlir::Value swizzledPlace(GPUKernelBuilder &b, mlir::Value row,
                          mlir::Value chunk);

/// What wgmma reads of shared memory: rows of 128 bytes, swizzled, in blocks of
/// eight.
mlir::Value describeSlab(GPUKernelBuilder &b, mlir::Value address);

/// `count` operands of inline assembly.
std::string listOperands(int64_t first, int64_t count);

/// Constraints of `count` results, and of the same registers again behind
/// `inputs`.
std::string tieResults(mlir::Type result, int64_t count,
                       llvm::StringRef inputs);

/// Makes what was stored in shared memory visible to wgmma, before a barrier.
void publishSlabs(GPUKernelBuilder &b);

/// Waits until no more than `pending` groups of products go on.
void waitForProducts(GPUKernelBuilder &b, int64_t pending,
                     KernelBuilder::Values &sums);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_WGMMA_H
