//===- GroupScales.h - Scales of groups for panels --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_GROUPSCALES_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_GROUPSCALES_H

#include "KernelBuilder.h"

namespace ternary {

/// The transpose of `rows.size()` vectors of as many lanes, a power of two.
KernelBuilder::Values transpose(KernelBuilder &builder,
                                KernelBuilder::Values rows);

/// Reads the scales of groups for panels: vectors for 16 rows of a group.
/// Scales in blocks of whole panels have them in memory. Others go through a
/// buffer, 16 groups at once, where the rows of a group lie side by side.
class GroupScales {
public:
  /// Groups that are read at once; rows are read by as many as well.
  static constexpr int64_t kGroups = 16;

  /// For panels of `panelRows` rows, of which `rows` are computed at once, and
  /// the scales of an op.
  GroupScales(KernelBuilder &b, mlir::ValueRange scales, int64_t panelRows,
              int64_t rows);
  void finish();

  /// Goes to groups `group .. group + count - 1`, at most `kGroups`, of the
  /// rows from `row` on; the last of `numRows` rows stands in for rows behind
  /// it.
  void select(mlir::Value scale, mlir::Value group, mlir::Value count,
              mlir::Value row, mlir::Value numRows);

  /// The scales of 16 rows, from number `row` of those selected on, in group
  /// number `group` of those selected. Asks for those of the group `ahead` of
  /// it as well.
  mlir::Value get(mlir::Value group, int64_t row, int64_t ahead);

private:
  bool isInPanels(mlir::Value scale);
  void fill(mlir::Value count, mlir::Value numRows);
  void fillTransposed(mlir::Value numRows);

  KernelBuilder &b;
  int64_t panelRows, rows;
  /// Null if it is not needed.
  mlir::Value buffer;
  // What is selected.
  mlir::Value scale, firstGroup, firstRow;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_GROUPSCALES_H
