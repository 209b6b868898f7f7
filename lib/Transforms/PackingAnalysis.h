//===- PackingAnalysis.h - What is stated about bytes where -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_PACKINGANALYSIS_H
#define TERNARY_LIB_TRANSFORMS_PACKINGANALYSIS_H

#include "PackedBytes.h"

#include "mlir/Analysis/DataFlow/SparseAnalysis.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace ternary {

/// What is stated about the bytes in a value, and where. Values that nothing is
/// stated about are at the bottom of the lattice: they contradict nothing.
struct Statement {
  enum Kind { None, Known, Contradictory } kind = None;
  PackedBytes bytes;
  /// Not part of the lattice: any of several equal statements serves.
  std::optional<mlir::Location> loc;

  static Statement get(const PackedBytes &bytes, mlir::Location loc) {
    return {Known, bytes, loc};
  }
  static Statement join(const Statement &lhs, const Statement &rhs);
  bool operator==(const Statement &other) const {
    return kind == other.kind && bytes == other.bytes;
  }
  void print(llvm::raw_ostream &os) const;
};

struct StatementLattice : mlir::dataflow::Lattice<Statement> {
  using Lattice::Lattice;
};

/// Loads the sparse forward analysis that gives every value its
/// StatementLattice, and what it depends on.
void loadPackingAnalysis(mlir::DataFlowSolver &solver);

/// The function that a call calls, or null.
mlir::FunctionOpInterface getCallee(mlir::CallOpInterface call,
                                    mlir::SymbolTableCollection &symbolTables);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_PACKINGANALYSIS_H
