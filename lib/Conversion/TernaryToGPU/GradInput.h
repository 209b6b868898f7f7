//===- GradInput.h - Operands of grad_input on the GPU ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_GRADINPUT_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_GRADINPUT_H

#include "GPUKernels.h"

namespace ternary {

/// scale * trit of weights [N, K].
class ScaledWeights {
public:
  using Values = KernelBuilder::Values;

  ScaledWeights(GPUKernelBuilder &b, GradInputOp op, mlir::Value rows,
                mlir::Value columns)
      : b(b), op(op), rows(rows), columns(columns) {}

  /// Four columns from `first` on of a row, zeros where `inside` says that
  /// there is no such row.
  Values load(mlir::Value n, mlir::Value first, mlir::Value inside);

  // The factors of these, in a row that exists.
  /// As i8.
  Values loadTrits(mlir::Value n, mlir::Value first);
  /// Null if there are no scales.
  mlir::Value loadScale(mlir::Value n, mlir::Value k);
  /// Whether the columns of a run have the same scale.
  bool sharesScale();
  bool hasScales() { return bool(op.getScales()); }

  /// Through the type of `round_operands`, if there is one.
  mlir::Value round(mlir::Value value);

  mlir::Value bytes() { return op.getWeight(); }
  PackingAttrInterface packing() { return op.getPackingAttr(); }
  bool isForHopper() { return ternary::isForHopper(op); }
  mlir::Value rowCount() { return rows; }
  mlir::Value columnCount() { return columns; }

private:
  GPUKernelBuilder &b;
  GradInputOp op;
  mlir::Value rows, columns;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_GRADINPUT_H
