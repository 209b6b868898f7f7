//===- Checkpoint.h - the format ternary-mlp --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TARGET_SAFETENSORS_CHECKPOINT_H
#define TERNARY_LIB_TARGET_SAFETENSORS_CHECKPOINT_H

#include "ternary/Target/Safetensors/Reader.h"

namespace ternary::safetensors {

/// One layer. The tensors belong to the file.
struct Layer {
  const Tensor *weight = nullptr;     // I8 [N, K], trits
  const Tensor *scale = nullptr;      // F32 [] or [N]
  const Tensor *normWeight = nullptr; // F32 [K]
  const Tensor *bias = nullptr;       // F32 [N], or null

  int64_t getN() const { return weight->shape[0]; }
  int64_t getK() const { return weight->shape[1]; }
};

enum class Activation { ReLU, ReLU2 };

/// A feed-forward network, one layer or more; the N of each is the K of the
/// next.
struct Checkpoint {
  std::vector<Layer> layers;
  Activation activation = Activation::ReLU2;
  float eps = 0;
  unsigned actBits = 0;
};

/// Whether the metadata state this format.
bool isCheckpoint(const File &file);

/// Finds the network in `file` and checks everything about it that
/// docs/checkpoints.md states, all values included. Every refusal is an
/// `llvm::FileError`.
llvm::Expected<Checkpoint> readCheckpoint(const File &file);

} // namespace ternary::safetensors

#endif // TERNARY_LIB_TARGET_SAFETENSORS_CHECKPOINT_H
