//===- Trial.h - A layer compiled with some decisions -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_TERNARY_TUNE_TRIAL_H
#define TERNARY_TOOLS_TERNARY_TUNE_TRIAL_H

#include "Layers.h"

#include "ternary/ExecutionEngine/Engine.h"
#include "ternary/ExecutionEngine/Program.h"

#include <utility>

namespace ternary::tune {

/// A layer, compiled with decisions and called with arrays of its own. Weights
/// and activations are the same in all trials of a layer.
class Trial {
public:
  /// Compiles and prepares. With `streamedBytes` there are so many copies of
  /// the weights that they take that many bytes, which calls read in turn.
  static llvm::Expected<std::unique_ptr<Trial>>
  create(const Layer &layer, const LayerTuning &tuning,
         const CompileOptions &options, int64_t streamedBytes);

  /// Whether results are those of another trial of the layer: of integers
  /// exactly, of floats within what the order of a sum makes.
  llvm::Expected<bool> agreesWith(const Trial &other) const;

  /// Calls for `microseconds`, and notes how long one took.
  llvm::Error measure(double microseconds);

  /// Of the calls measured since it was last asked for.
  Timing takeTiming() { return Timing::of(std::exchange(times, {})); }

private:
  Trial() = default;
  llvm::Error makeArrays();
  llvm::Error prepare();
  llvm::Error call();

  std::unique_ptr<Program> program;
  const ProgramFunction *layer = nullptr, *prepareFunction = nullptr;
  int64_t copies = 1;
  /// Of the call; constant ones once for each copy of the weights.
  std::vector<std::vector<Array>> arguments;
  std::vector<Array> results;
  int64_t next = 0;
  std::vector<double> times;
};

} // namespace ternary::tune

#endif // TERNARY_TOOLS_TERNARY_TUNE_TRIAL_H
