//===- Ternary.h - The ternary dialect --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Dialect, attributes and ops. The op descriptions live in the .td files; the
// numbered constraints are listed in docs/spec.md.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_TERNARY_H
#define TERNARY_IR_TERNARY_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <mutex>
#include <optional>

#include "ternary/IR/TernaryEnums.h.inc"

#include "ternary/IR/TernaryInterfaces.h.inc"

#include "ternary/IR/TernaryDialect.h.inc"

namespace ternary {
/// The parameters of a PackingAttr by name. A factor of -2^63 (kDynamic) is
/// `*`; factors of k are numbered from 64; -1 ends an axis.
struct PackingFields {
  int64_t radix = 0, pad = 0, digit = 0;
  llvm::SmallVector<int64_t> codes, rowFactors, columnFactors, axes;
  std::optional<int64_t> unused;
  bool exact = false, flat = false, msbFirst = false;
  int64_t header = 0, trailer = 0, scaleBytes = 0;
};
} // namespace ternary

#define GET_ATTRDEF_CLASSES
#include "ternary/IR/TernaryAttributes.h.inc"

namespace ternary::support {
/// Memory effects of a destination-style op: reads its memref inputs, writes
/// its memref inits.
void getDstEffects(mlir::DestinationStyleOpInterface op,
                   llvm::SmallVectorImpl<mlir::SideEffects::EffectInstance<
                       mlir::MemoryEffects::Effect>> &effects);
/// Result shapes are those of the inits.
llvm::LogicalResult reifyDstShapes(mlir::OpBuilder &builder,
                                   mlir::DestinationStyleOpInterface op,
                                   mlir::ReifiedRankedShapedTypeDims &shapes);
} // namespace ternary::support

#define GET_OP_CLASSES
#include "ternary/IR/TernaryOps.h.inc"

namespace ternary {

/// Names of the discardable attributes of the dialect.
/// On a module: the target (TargetAttr).
constexpr llvm::StringLiteral kTargetAttrName = "ternary.target";
/// On a module of weights: what a model file says about itself, a dictionary.
constexpr llvm::StringLiteral kMetadataAttrName = "ternary.metadata";
/// On a function: the function that computes its prepared arguments (a symbol).
constexpr llvm::StringLiteral kPrepareAttrName = "ternary.prepare";
/// On a function argument or result: the packing of its bytes.
constexpr llvm::StringLiteral kPackingAttrName = "ternary.packing";
/// Beside it: the logical shape `array<i64: N, K>` (negative: dynamic).
constexpr llvm::StringLiteral kShapeAttrName = "ternary.shape";
/// On a function argument: a unit, the value is the same in every call.
constexpr llvm::StringLiteral kConstantAttrName = "ternary.constant";
/// On an argument that stands for a result: an affine map from the sizes of a
/// call to its extents.
constexpr llvm::StringLiteral kExtentsAttrName = "ternary.extents";
/// On a function: the name of the gradient function to be made of it.
constexpr llvm::StringLiteral kGradientAttrName = "ternary.gradient";
/// On an argument of such a function: a unit, its gradient is wanted. On a
/// result: a unit, only such results are differentiated.
constexpr llvm::StringLiteral kGradAttrName = "ternary.grad";
/// On an argument with ternary weights: an array of UpdateAttr.
constexpr llvm::StringLiteral kUpdateAttrName = "ternary.update";
/// On an op that rounds: its straight-through rule.
constexpr llvm::StringLiteral kSTEAttrName = "ternary.ste";

/// Whether the inits of a tensor-level op hold the state before it, and so are
/// read as well as written.
bool updatesState(mlir::Operation *op);

/// The target of the module that `op` is or is in, null if none is stated.
TargetAttr getTarget(mlir::Operation *op);

/// The rank of a tensor, memref or vector.
inline int64_t rankOf(mlir::Value value) {
  return llvm::cast<mlir::ShapedType>(value.getType()).getRank();
}
/// The element type of a tensor, memref or vector, or the type of a scalar.
inline mlir::Type elementOf(mlir::Value value) {
  return mlir::getElementTypeOrSelf(value.getType());
}

/// ceil(columns / groupSize), kDynamic if `columns` is.
int64_t getNumGroups(int64_t columns, int64_t groupSize);

/// The byte shape of `packing` at a logical shape, without diagnostics.
mlir::FailureOr<llvm::SmallVector<int64_t>>
getByteShape(PackingAttrInterface packing, llvm::ArrayRef<int64_t> shape);

} // namespace ternary

#endif // TERNARY_IR_TERNARY_H
