//===- ScalarProgram.h - The body of an op, ready to run --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Computes what ops on scalars compute, operation by operation in the type of
// each, on many elements at once. Functions whose results differ between
// libraries (exp, tanh, rsqrt, …) are not among them.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_RAISE_SCALARPROGRAM_H
#define TERNARY_LIB_TRANSFORMS_RAISE_SCALARPROGRAM_H

#include "ConstantTensor.h"

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"

#include <array>
#include <functional>

namespace ternary {

/// Elements that are computed together.
constexpr int64_t kLanes = 256;
using Lanes = std::array<Scalar, kLanes>;

/// What a program works on.
struct Frame {
  std::vector<Lanes> registers;
  /// Lanes in use, the indices of the loops at the first one, and the loop
  /// along which the others follow.
  int64_t size = 1;
  llvm::SmallVector<int64_t> point;
  int64_t laneLoop = 0;
};

/// An instruction: empty, or why there is no value.
using Step = std::function<llvm::StringRef(Frame &)>;

class ScalarProgram {
public:
  /// Gives constants that the code takes from outside of its block, or null.
  using Lookup = std::function<const ConstantTensor *(mlir::Value)>;

  explicit ScalarProgram(Lookup lookup) : lookup(std::move(lookup)) {}

  /// A register for a value that the caller sets.
  int64_t addInput(mlir::Value value);
  /// Code for what `wanted` needs of the ops of a block, and with `checks` for
  /// its assertions. Fails with a reason.
  llvm::LogicalResult compile(mlir::Block &block,
                              llvm::ArrayRef<mlir::Value> wanted, bool checks);
  /// Code for one op, on tensors element by element.
  llvm::LogicalResult compile(mlir::Operation *op);

  int64_t getRegister(mlir::Value value) const { return registers.at(value); }
  bool hasRegister(mlir::Value value) const {
    return registers.contains(value);
  }

  /// A frame with the constants in place.
  Frame makeFrame() const;
  /// Empty, or why there is no value.
  llvm::StringRef run(Frame &frame) const;
  llvm::StringRef getReason() const { return reason; }

private:
  llvm::LogicalResult addCaptured(mlir::Value value);
  llvm::LogicalResult addCaptures(mlir::Operation *op, mlir::Block &block);
  llvm::LogicalResult compileExtract(mlir::Operation *op);
  llvm::LogicalResult fail(const llvm::Twine &why);

  Lookup lookup;
  llvm::DenseMap<mlir::Value, int64_t> registers;
  int64_t numRegisters = 0;
  std::vector<std::pair<int64_t, Scalar>> constants;
  std::vector<Step> steps;
  std::string reason;
};

/// The instruction for an arith or math op on scalars whose operands and result
/// are in these registers; null, with a reason, for what is not evaluated.
Step makeStep(mlir::Operation *op, llvm::ArrayRef<int64_t> operands,
              int64_t result, std::string &reason);
/// Whether `makeStep` knows ops of this kind.
bool hasStep(mlir::Operation *op);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_RAISE_SCALARPROGRAM_H
