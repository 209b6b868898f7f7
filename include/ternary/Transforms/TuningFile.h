//===- TuningFile.h - Files of measured decisions ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// JSON, whose format docs/tuning.md states: a list of layers, each with what
// identifies it and what was fastest for it.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TRANSFORMS_TUNINGFILE_H
#define TERNARY_TRANSFORMS_TUNINGFILE_H

#include "ternary/IR/Tuning.h"

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace ternary {

/// What decisions depend on.
struct LayerKey {
  /// LLVM's name of the processor, and the threads of parallel loops.
  std::string cpu;
  int64_t threads = 1;
  /// Extents of the weights and number of tokens; kDynamic if they are open.
  int64_t rows = 0, columns = 0, tokens = 0;
  /// Element type of the activations, as MLIR prints it.
  std::string input;
  /// Columns that share a scale; 0 for other scales.
  int64_t groupSize = 0;
  /// Weights that are added.
  int64_t components = 1;

  /// Of a layer in a module with a target.
  static LayerKey get(BitLinearOp op, TargetAttr target);
  bool operator==(const LayerKey &other) const;
};

struct TunedLayer {
  LayerKey key;
  LayerTuning tuning;
  /// Of a call, in microseconds: with these decisions, and with those that the
  /// passes make themselves.
  double median = 0, defaultMedian = 0;
};

/// The layers of a file. Errors name `path`, the layer and the member.
llvm::Expected<std::vector<TunedLayer>> readTuning(llvm::StringRef path,
                                                   mlir::MLIRContext *context);

/// The text of a file.
std::string printTuning(llvm::ArrayRef<TunedLayer> layers);

} // namespace ternary

#endif // TERNARY_TRANSFORMS_TUNINGFILE_H
