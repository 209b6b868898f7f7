//===- OperandAxes.h - What the axes of operands follow ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// What tiling and sharding share: which iteration dimension each axis of each
// operand follows.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_IR_OPERANDAXES_H
#define TERNARY_LIB_IR_OPERANDAXES_H

#include "ternary/IR/Ternary.h"

namespace ternary {

/// What one axis of an operand follows: an iteration dimension, in blocks of
/// `block` iterations for an index, or none (-1) if it is always whole. A block
/// of 0 says that the axis follows the dimension, but may not be cut.
struct Axis {
  int64_t dim = -1;
  int64_t block = 1;
};
using OperandAxes = llvm::SmallVector<Axis>;

/// The axes of every operand, in order. The dimensions are the tiled ones
/// (tokens, then rows), and behind them the columns that `bitlinear` sums over
/// or that `dequantize_activation` scales.
llvm::SmallVector<OperandAxes> getOperandAxes(BitLinearOp op);
llvm::SmallVector<OperandAxes> getOperandAxes(QuantizeActivationOp op);
llvm::SmallVector<OperandAxes> getOperandAxes(DequantizeActivationOp op);
llvm::SmallVector<OperandAxes> getOperandAxes(RMSNormOp op);
llvm::SmallVector<OperandAxes> getOperandAxes(UnpackOp op);
llvm::SmallVector<OperandAxes> getOperandAxes(DequantizeOp op);

/// An axis of the bytes of a packing, and the columns that share an index of
/// it.
struct ColumnBlock {
  int64_t axis;
  int64_t columns;
};

/// Where columns can be cut: a range of whole blocks is a slice of the bytes.
/// The second axis, one column each, for trits (null).
std::optional<ColumnBlock> getColumnBlock(PackingAttrInterface packing);

/// The number of iteration dimensions that tiles cut, all of them parallel.
inline int64_t getNumTiledDims(BitLinearOp op) {
  return rankOf(op.getInits()[0]);
}
inline int64_t getNumTiledDims(QuantizeActivationOp op) {
  return rankOf(op.getInput()) - 1;
}
inline int64_t getNumTiledDims(DequantizeActivationOp op) {
  return rankOf(op.getInput()) - 1;
}
inline int64_t getNumTiledDims(RMSNormOp op) {
  return rankOf(op.getInput()) - 1;
}
inline int64_t getNumTiledDims(UnpackOp) { return 1; }
inline int64_t getNumTiledDims(DequantizeOp) { return 1; }

} // namespace ternary

#endif // TERNARY_LIB_IR_OPERANDAXES_H
