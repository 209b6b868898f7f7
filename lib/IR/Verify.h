//===- Verify.h - Checks that ops share --------------------------*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_IR_VERIFY_H
#define TERNARY_LIB_IR_VERIFY_H

#include "ternary/IR/Ternary.h"

namespace ternary::support {

inline llvm::ArrayRef<int64_t> getShape(mlir::Value value) {
  return llvm::cast<mlir::ShapedType>(value.getType()).getShape();
}
inline int64_t getRank(mlir::Value value) { return getShape(value).size(); }
inline mlir::Type getElementType(mlir::Value value) {
  return llvm::cast<mlir::ShapedType>(value.getType()).getElementType();
}

/// A shape as diagnostics show it: `[8, ?]`.
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// (dst_c1), (dst_c2), (dst_c3).
llvm::LogicalResult verifyDst(mlir::DestinationStyleOpInterface op,
                              int64_t numInits = 1);

/// `value` has the rank.
llvm::LogicalResult verifyRank(mlir::Operation *op, llvm::StringRef name,
                               mlir::Value value, int64_t rank);
/// `value` has the rank or a larger one.
llvm::LogicalResult verifyMinRank(mlir::Operation *op, llvm::StringRef name,
                                  mlir::Value value, int64_t rank);
/// `value` has a shape compatible with `expected`.
llvm::LogicalResult verifyShape(mlir::Operation *op, llvm::StringRef name,
                                mlir::Value value,
                                llvm::ArrayRef<int64_t> expected);
/// `value` holds the weights of a logical shape: bytes in `packing`, or trits
/// if that is null.
llvm::LogicalResult verifyWeight(mlir::Operation *op, llvm::StringRef name,
                                 mlir::Value value,
                                 PackingAttrInterface packing,
                                 llvm::ArrayRef<int64_t> logicalShape);
/// `scales` (may be null) are given exactly if `packing` carries scales, and
/// have the leading shape of its bytes.
llvm::LogicalResult verifyCarriedScales(mlir::Operation *op, mlir::Value scales,
                                        PackingAttrInterface packing,
                                        llvm::ArrayRef<int64_t> logicalShape);
/// `scale` (may be null) is of rank 0, `[N]` or `[N, G]`.
llvm::LogicalResult verifyScale(mlir::Operation *op, mlir::Value scale,
                                int64_t rows, int64_t columns,
                                std::optional<int64_t> groupSize);
/// `group_size` is at least 1, and given exactly if `grouped`.
llvm::LogicalResult verifyGroupSize(mlir::Operation *op,
                                    std::optional<int64_t> groupSize,
                                    bool grouped);
/// A mixed shape of two extents, none negative.
llvm::LogicalResult verifyLogicalShape(mlir::Operation *op,
                                       llvm::ArrayRef<int64_t> shape,
                                       mlir::ValueRange dynamic);

/// `ternary.update` on an argument of a function.
llvm::LogicalResult verifyUpdates(mlir::Operation *function, unsigned argument,
                                  mlir::Attribute value);

} // namespace ternary::support

#endif // TERNARY_LIB_IR_VERIFY_H
