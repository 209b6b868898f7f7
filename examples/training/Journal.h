//===- Journal.h - The course of a training run -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXAMPLES_TRAINING_JOURNAL_H
#define TERNARY_EXAMPLES_TRAINING_JOURNAL_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace ternary::training {

/// Mean loss and number of right answers over some images.
struct Score {
  double loss = 0;
  int64_t correct = 0;
  int64_t images = 0;

  void add(const Score &other);
  double getPercent() const { return images ? 100.0 * correct / images : 0; }
};

/// Lines of JSON: the settings, one line per epoch, the result on the held-out
/// images. No times and no paths, so that a repetition gives the same bytes.
class Journal {
public:
  Journal(llvm::StringRef rule, uint64_t seed, uint64_t epochs);

  void add(int64_t step, const Score &train, const Score &validation);
  void finish(const Score &heldOut);
  llvm::Error write(llvm::StringRef path) const;

private:
  std::string text;
};

/// Says how far the run is: one line that is overwritten on a terminal, else a
/// line per epoch. On the standard error, which keeps results apart.
class Progress {
public:
  explicit Progress(int64_t steps);

  /// After each step.
  void show(int64_t step, const Score &batch);

  /// After each epoch.
  void report(int64_t step, const Score &train, const Score &validation);

private:
  using Clock = std::chrono::steady_clock;
  double getSeconds() const;

  int64_t steps;
  bool isTerminal;
  Clock::time_point begin = Clock::now();
  double lastShown = 0;
};

} // namespace ternary::training

#endif // TERNARY_EXAMPLES_TRAINING_JOURNAL_H
