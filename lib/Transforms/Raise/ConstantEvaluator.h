//===- ConstantEvaluator.h - The values of constant chains ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Front ends leave weights as a chain of ops on constants: unpacked, shifted,
// scaled, transposed, or ternarized by their mean. What such a chain gives is
// computed here, in the order and with the roundings that the ops state.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_RAISE_CONSTANTEVALUATOR_H
#define TERNARY_LIB_TRANSFORMS_RAISE_CONSTANTEVALUATOR_H

#include "ConstantTensor.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace ternary {

/// Values of one piece of IR, which must not change while this is used.
class ConstantEvaluator {
public:
  /// Values of more than `maxElements`, and loops of more iterations, are left.
  explicit ConstantEvaluator(int64_t maxElements) : maxElements(maxElements) {}

  /// Why a value is not constant, as far as that shows without computing it;
  /// empty if it does not.
  std::string findObstacle(mlir::Value value);
  /// The elements of a constant value; nothing, with a reason in `getReason`.
  std::optional<ConstantTensor> evaluate(mlir::Value value);

  /// Why `value`, computed in the body of a linalg op, depends on more than
  /// constants and the indices of `loops`; empty if it does not.
  std::string findObstacle(mlir::linalg::LinalgOp op, mlir::Value value,
                           llvm::ArrayRef<unsigned> loops);
  /// That value for all indices of `loops`, one dimension each, all other
  /// indices being 0.
  std::optional<ConstantTensor> evaluate(mlir::linalg::LinalgOp op,
                                         mlir::Value value,
                                         llvm::ArrayRef<unsigned> loops);

  llvm::StringRef getReason() const { return reason; }
  /// Forgets elements, which are large, but not what is constant.
  void freeElements() { known.clear(); }

private:
  std::string findOwnObstacle(mlir::Value value);
  /// Computes the results of an op whose operands are known.
  bool compute(mlir::Operation *op);
  bool computeLinalg(mlir::linalg::LinalgOp op);
  bool computeElementwise(mlir::Operation *op);
  std::optional<ConstantTensor> computeTensorOp(mlir::Operation *op);
  const ConstantTensor *lookup(mlir::Value value);
  bool fail(const llvm::Twine &why);

  int64_t maxElements;
  llvm::DenseMap<mlir::Value, std::string> obstacles;
  llvm::DenseMap<mlir::Value, ConstantTensor> known;
  std::string reason;
};

/// The values that the results of an op are computed from. Inits that are
/// overwritten whole are not among them.
llvm::SmallVector<mlir::Value> getDependencies(mlir::Operation *op);

/// The result of an op of the tensor dialect whose operands `lookup` gives;
/// nothing, with the reason, where it is not evaluated.
std::optional<ConstantTensor>
evaluateTensorOp(mlir::Operation *op,
                 llvm::function_ref<const ConstantTensor *(mlir::Value)> lookup,
                 std::string &reason);
/// Whether `evaluateTensorOp` knows ops of this kind.
bool isTensorOp(mlir::Operation *op);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_RAISE_CONSTANTEVALUATOR_H
