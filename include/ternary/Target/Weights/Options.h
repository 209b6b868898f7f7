//===- Options.h - How model files are read and written ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_WEIGHTS_OPTIONS_H
#define TERNARY_TARGET_WEIGHTS_OPTIONS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/GlobPattern.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ternary {

/// How plain matrices of floats become trits at import.
enum class TernarizeRule {
  None,
  /// alpha = max(mean |w|, 1e-5), trit = clamp(round(w / alpha), -1, 1), ties
  /// to even.
  Absmean,
  /// Only matrices whose values are all -s, 0 or +s.
  Exact
};

/// What a stored `weight_scale` does to the sums.
enum class ScaleConvention { Multiply, Divide };

/// How a model file is imported. Each field is set by the key in its comment.
struct WeightsImportOptions {
  /// `only=GLOB`, repeatable: the tensors to import; all if there is none.
  std::vector<llvm::GlobPattern> only;
  /// `skip=GLOB`, repeatable: tensors to leave out.
  std::vector<llvm::GlobPattern> skip;
  /// `ternarize=none|absmean|exact`.
  TernarizeRule ternarize = TernarizeRule::None;
  /// `ternarize-only=GLOB`, repeatable: the matrices that `ternarize` is for.
  std::vector<llvm::GlobPattern> ternarizeOnly;
  /// `granularity=tensor|row`: the scales that `ternarize` makes.
  bool scalePerRow = false;
  /// `i2s-block=128|64`: the layout of I2_S; 128, unless only 64 can be.
  std::optional<unsigned> i2sBlock;
  /// `q2-block=64|128`: the layout of Q2_0; by the space in the file if not
  /// given.
  std::optional<unsigned> q2Block;
  /// `weight-scale=multiply|divide`: the convention of Hugging Face files.
  std::optional<ScaleConvention> weightScale;
  /// `rows=GLOB:N`, repeatable: the rows of matrices packed four to a byte.
  std::vector<std::pair<llvm::GlobPattern, int64_t>> rows;

  /// Sets one option. The error names the key, the values and what was found.
  llvm::Error set(llvm::StringRef key, llvm::StringRef value);
  /// Sets options from text such as "only=blk.* ternarize=exact".
  llvm::Error parse(llvm::StringRef text);

  /// Whether `only` and `skip` take the tensor.
  bool takes(llvm::StringRef name) const;
};

/// How weights are written to a model file.
struct WeightsExportOptions {
  /// `type=NAME`: what ternary weights become, `keep` for as they are.
  std::string type = "keep";
  /// `weight-scale=multiply|divide`: the convention of the scales that stand
  /// beside the bytes.
  ScaleConvention weightScale = ScaleConvention::Multiply;
  /// Called behind each tensor with the bytes written and those of all.
  std::function<void(uint64_t done, uint64_t total)> progress;

  llvm::Error set(llvm::StringRef key, llvm::StringRef value);
  llvm::Error parse(llvm::StringRef text);
};

} // namespace ternary

#endif // TERNARY_TARGET_WEIGHTS_OPTIONS_H
