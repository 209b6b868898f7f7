//===- Report.h - Remarks about layers as a table ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_PIPELINES_REPORT_H
#define TERNARY_PIPELINES_REPORT_H

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace ternary {

/// Collects what passes remark about `bitlinear` ops, and prints it when the
/// context is destroyed: for each layer where it stands, its weights [N, K],
/// tokens, packing, kernel, bytes of packed weights, and what is expected to
/// bound a call. Remarks go nowhere else then. `os` outlives the context.
void enableReport(mlir::MLIRContext &context, llvm::raw_ostream &os);

} // namespace ternary

#endif // TERNARY_PIPELINES_REPORT_H
