//===- Batches.h - Images, and mini-batches of them -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXAMPLES_TRAINING_BATCHES_H
#define TERNARY_EXAMPLES_TRAINING_BATCHES_H

#include "ternary/ExecutionEngine/Array.h"

#include <random>
#include <vector>

namespace ternary::training {

/// Images f32 [M, K], or [V, M, K] in V variants of which the first is the
/// image itself, and their labels i64 [M].
struct Samples {
  Array images;
  Array labels;
};

/// What a call of the step takes.
using Batch = Samples;

struct Dataset {
  Samples train;
  Samples validation;
  Samples heldOut;
};

/// Reads `x_train.npy`, `y_train.npy` and so on from a folder and checks that
/// they fit each other.
llvm::Expected<Dataset> readDataset(llvm::StringRef folder);

/// Mini-batches in an order that the seed decides. Each epoch is a permutation
/// of the images; what does not fill a batch at its end is left out. Most
/// images come in a variant chosen at random.
class Batches {
public:
  static llvm::Expected<Batches> create(Samples samples, int64_t size,
                                        uint64_t seed);

  /// The number of batches in an epoch.
  int64_t getCount() const;

  /// The next batch; it is valid until the next call.
  Batch &next();

private:
  Batches(Samples samples, Batch batch, uint64_t seed);
  void shuffle();
  size_t chooseVariant();

  Samples samples;
  Batch batch;
  /// Its sequence is fixed by the standard; the library's distributions are
  /// not.
  std::mt19937_64 random;
  std::vector<int64_t> order;
  size_t position;
};

} // namespace ternary::training

#endif // TERNARY_EXAMPLES_TRAINING_BATCHES_H
