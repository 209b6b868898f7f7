//===- KernelBuilder.h - Vocabulary of the vector kernels -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNELBUILDER_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNELBUILDER_H

#include "ternary/IR/Exponents.h"
#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"

namespace ternary {

/// Emits loops over memrefs and vectors at one place. Indices are not
/// negative.
class KernelBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using Values = llvm::SmallVector<mlir::Value>;
  using Body = llvm::function_ref<void(mlir::Value)>;
  using ReducingBody =
      llvm::function_ref<Values(mlir::Value, mlir::ValueRange)>;

  KernelBuilder(mlir::Operation *op, mlir::OpBuilder &builder)
      : ImplicitLocOpBuilder(op->getLoc(), builder), target(getTarget(op)) {}

  /// The row of the ISA table of the module; empty without a target.
  llvm::StringRef isaName() const { return target ? target.getIsa() : ""; }

  // Integer arithmetic, on indices, scalars and vectors.
  mlir::Value index(int64_t value);
  mlir::Value dim(mlir::Value memref, int64_t axis);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value add(mlir::Value x, int64_t y) { return add(x, index(y)); }
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, int64_t y) { return mul(x, index(y)); }
  mlir::Value floorDiv(mlir::Value x, int64_t y);
  mlir::Value ceilDiv(mlir::Value x, int64_t y);
  mlir::Value rem(mlir::Value x, int64_t y);
  mlir::Value min(mlir::Value x, mlir::Value y);
  /// `x` rounded up to a multiple of `y`.
  mlir::Value alignTo(mlir::Value x, int64_t y) {
    return mul(ceilDiv(x, y), y);
  }

  /// The index of row `row` of `asMatrix(memref)` in the first `rank` axes of
  /// `memref`.
  Values delinearize(mlir::Value row, mlir::Value memref, int64_t rank);

  // Loops.
  /// From `begin` to `end`, with values that each round replaces.
  Values loop(mlir::Value begin, mlir::Value end, int64_t step,
              mlir::ValueRange init, ReducingBody body);
  void loop(mlir::Value begin, mlir::Value end, int64_t step, Body body);
  /// Only one of the two where the condition is a constant.
  void ifElse(mlir::Value condition, llvm::function_ref<void()> then,
              llvm::function_ref<void()> otherwise);
  /// The values of one of the two.
  Values choose(mlir::Value condition, llvm::function_ref<Values()> then,
                llvm::function_ref<Values()> otherwise);
  /// From 0 to `end`; rounds may run on different threads, unless those of a
  /// loop around it do.
  void parallel(mlir::Value end, int64_t step, Body body);
  /// The same; on one thread where `elements`, which the rounds touch in all,
  /// are too few to pay for waking others.
  void parallel(mlir::Value end, int64_t step, mlir::Value elements, Body body);

  /// From `begin` to `end` in steps of `size`, with null for steps that are
  /// whole and the length of the last one if it is not.
  void chunks(mlir::Value begin, mlir::Value end, int64_t size,
              llvm::function_ref<void(mlir::Value, mlir::Value)> body);

  // Memory. `count` is the number of lanes that are meant, null for all.
  /// A buffer that `free` releases.
  mlir::Value scratch(mlir::Type element, mlir::ValueRange sizes);
  void free(mlir::Value buffer);
  /// A scalar.
  mlir::Value load(mlir::Value memref, mlir::ValueRange at);
  /// A vector, 0 in the other lanes.
  mlir::Value load(mlir::Value memref, mlir::ValueRange at, int64_t size,
                   mlir::Value count = {});
  /// A scalar or a vector.
  void store(mlir::Value value, mlir::Value memref, mlir::ValueRange at,
             mlir::Value count = {});
  /// Asks for the cache lines of elements `at ..` that will be read soon, in
  /// the first or second cache. They need not exist. More lines can be on their
  /// way to the second one than to the first one, on CPUs that serve requests
  /// to it alone; on others all go to the first one.
  void prefetch(mlir::Value memref, mlir::ValueRange at, int64_t size,
                int64_t cache = 1);
  bool servesSecondCache() const;
  /// The same for what lies as far behind elements that are read in order,
  /// once, as a copy reads fastest.
  void prefetchBehind(mlir::Value memref, mlir::ValueRange at, int64_t size);
  /// The lanes below `count`, which may be negative.
  mlir::Value mask(int64_t size, mlir::Value count);

  // Scalars and vectors alike.
  mlir::Value zero(mlir::Type type);
  /// An integer or float of the type of `like`, in each lane.
  mlir::Value constant(mlir::Type type, double value);
  mlir::Value constant(mlir::Type type, int64_t value);
  mlir::Value broadcast(mlir::Value scalar, int64_t size);
  /// A vector of these integers.
  mlir::Value constant(mlir::Type element, llvm::ArrayRef<int64_t> lanes);
  /// `x` with elements of `element`: integers keep their sign, floats round to
  /// floats (nearest even) and are cut to integers (toward zero).
  mlir::Value cast(mlir::Value x, mlir::Type element);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value x,
                      mlir::Value y);
  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value x,
                      mlir::Value y);
  mlir::Value addf(mlir::Value x, mlir::Value y);
  mlir::Value mulf(mlir::Value x, mlir::Value y);
  mlir::Value divf(mlir::Value x, mlir::Value y);
  /// -1, 0 or +1: of a float as i8 (0 for NaN), of an integer in its type.
  mlir::Value signOf(mlir::Value x);
  /// `acc` plus the dot products of four neighbours, of bytes that are one
  /// digit each and of activations.
  mlir::Value dot(mlir::Value codes, mlir::Value x, mlir::Value acc,
                  int64_t radix);
  /// Lanes of `x` in another order or number.
  mlir::Value shuffle(mlir::Value x, llvm::ArrayRef<int64_t> lanes);

private:
  bool isInParallel = false;
  TargetAttr target;
};

/// The type with the lanes of `type` (none for a scalar) and these elements.
mlir::Type withElements(mlir::Type type, mlir::Type element);

/// Whether a value is no memref, or one whose innermost dimension is
/// contiguous.
bool isContiguousInRows(mlir::Value value);
/// A memref of rank 1 or more as a matrix of its rows: leading axes become
/// one. Null if its layout forbids that.
mlir::Value asMatrix(KernelBuilder &b, mlir::Value memref);
/// Whether `asMatrix` succeeds, and rows are contiguous.
bool isMatrix(mlir::Value memref);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_KERNELBUILDER_H
