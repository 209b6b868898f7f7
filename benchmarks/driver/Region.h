//===- Region.h - Copies of weights -----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_BENCHMARKS_REGION_H
#define TERNARY_BENCHMARKS_REGION_H

#include "llvm/Support/Error.h"

#include <cstddef>
#include <cstdint>

namespace ternary::bench {

/// Several copies of the same bytes, one behind the other, each at the start of
/// a page. Large pages are asked for, for everybody alike, so that no
/// implementation is timed with more page misses than another.
class Region {
public:
  /// Room for as many copies of `bytes` as make `walk` bytes, one at least; not
  /// initialized.
  static llvm::Expected<Region> create(size_t bytes, int64_t walk);
  ~Region();
  Region(Region &&);

  /// Fills every copy with what the first one holds.
  void replicate();

  char *get(int64_t call) const { return memory + (call % copies) * stride; }
  size_t getBytes() const { return bytes; }
  int64_t getCopies() const { return copies; }

private:
  Region(char *memory, size_t bytes, size_t stride, int64_t copies)
      : memory(memory), bytes(bytes), stride(stride), copies(copies) {}

  char *memory;
  size_t bytes, stride;
  int64_t copies;
};

} // namespace ternary::bench

#endif // TERNARY_BENCHMARKS_REGION_H
