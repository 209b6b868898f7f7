//===- Stream.h - Results that are written once -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_STREAM_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_STREAM_H

#include "KernelBuilder.h"

namespace ternary {

/// Where a run of elements of a row is put: element i at `at(i)`.
struct RunTarget {
  mlir::Value memref;
  KernelBuilder::Values prefix;
  mlir::Value column;
  /// Vectors may be stored whole: what lies behind the run is not used.
  bool hasSlack;

  KernelBuilder::Values at(KernelBuilder &b, mlir::Value i) const;
  /// Stores elements `i ..` of the run, `count` of them or all lanes.
  void store(KernelBuilder &b, mlir::Value value, mlir::Value i,
             mlir::Value count) const;
};

/// A memref whose elements a kernel writes once, by runs in rows.
///
/// A store to a line that is not in a cache reads it first. Where the memref is
/// larger than caches are likely to be, runs are put together in a buffer and
/// then stored past the caches, which reads nothing and evicts nothing. Where
/// its size is not known until it runs, all runs take the buffer.
class OutputStream {
public:
  /// Elements of a run that is short enough for its stores to wait in the core
  /// while the next run is read.
  int64_t longestRun() const { return kRunBytes / bytes; }

  OutputStream(KernelBuilder &b, mlir::Value memref);

  /// Before and behind the runs of a block, which one thread writes. Runs have
  /// at most `size` elements, or `longestRun()`.
  void open(std::optional<int64_t> size = std::nullopt);
  void close();

  /// A run of `count` elements of row `prefix` from `column` on: `fill` stores
  /// it. Targets with slack take a vector of 64 lanes behind it.
  void write(mlir::ValueRange prefix, mlir::Value column, mlir::Value count,
             llvm::function_ref<void(const RunTarget &)> fill);
  /// The same run out of a buffer of rank 1.
  void copy(mlir::Value source, mlir::Value from, mlir::ValueRange prefix,
            mlir::Value column, mlir::Value count);

private:
  void copyPlain(mlir::Value source, mlir::Value from, mlir::ValueRange prefix,
                 mlir::Value column, mlir::Value count);
  void copyPastCaches(mlir::Value source, mlir::Value from,
                      mlir::ValueRange prefix, mlir::Value column,
                      mlir::Value count);
  void storePastCaches(mlir::Value value, mlir::ValueRange prefix,
                       mlir::Value column);
  mlir::Value addressOf(mlir::ValueRange prefix, mlir::Value column);
  /// How many elements lie between this one and the next cache line.
  mlir::Value distanceToLine(mlir::ValueRange prefix, mlir::Value column);

  KernelBuilder &b;
  mlir::Value memref;
  mlir::MemRefType type;
  /// Whole lines, of steps of 60 and of 64 elements.
  static constexpr int64_t kRunBytes = 3840;
  int64_t bytes, lanes;
  /// Whether the memref is large; a constant if that is known.
  mlir::Value isLarge;
  mlir::Value buffer;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_STREAM_H
