//===- Peaks.h - Loops of one instruction -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_BENCHMARKS_PEAKS_H
#define TERNARY_BENCHMARKS_PEAKS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstddef>
#include <cstdint>

namespace ternary::bench {

/// A loop of multiplications in registers.
struct Peak {
  llvm::StringLiteral isa;
  /// Products of one step.
  int64_t products;
  void (*loop)(int64_t steps);
  bool (*isSupported)();
};

/// Best first; the last one is supported everywhere.
llvm::ArrayRef<Peak> getDotPeaks();
llvm::ArrayRef<Peak> getFMAPeaks();

/// Loads all of `[data, data + bytes)`; both multiples of 64.
void readMemory(const char *data, size_t bytes);

/// Copies past the caches; all multiples of 64.
void copyMemory(char *target, const char *source, size_t bytes);

} // namespace ternary::bench

#endif // TERNARY_BENCHMARKS_PEAKS_H
