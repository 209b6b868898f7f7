//===- AttributeFuzzer.h - What the libFuzzer targets share ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TEST_FUZZ_ATTRIBUTEFUZZER_H
#define TERNARY_TEST_FUZZ_ATTRIBUTEFUZZER_H

#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

namespace fuzz {

/// A context with the dialect and those around it, which keeps diagnostics to
/// itself. Made anew for each input: it keeps every attribute that it has seen.
class Context {
public:
  Context()
      : context(mlir::MLIRContext::Threading::DISABLED),
        handler(&context, [](mlir::Diagnostic &) { return mlir::success(); }) {
    context.loadDialect<ternary::TernaryDialect, mlir::arith::ArithDialect,
                        mlir::func::FuncDialect, mlir::memref::MemRefDialect,
                        mlir::tensor::TensorDialect>();
  }

  mlir::MLIRContext *get() { return &context; }

private:
  mlir::MLIRContext context;
  mlir::ScopedDiagnosticHandler handler;
};

/// What a verifier, a fold or a lowering asks of a packing, for matrices of a
/// few shapes.
inline void askPacking(ternary::PackingAttrInterface packing) {
  for (int64_t rows : {int64_t(0), int64_t(1), int64_t(17), int64_t(1) << 62,
                       mlir::ShapedType::kDynamic})
    for (int64_t columns : {int64_t(1), int64_t(256), int64_t(1) << 61})
      (void)ternary::getByteShape(packing, {rows, columns});
}

} // namespace fuzz

#endif // TERNARY_TEST_FUZZ_ATTRIBUTEFUZZER_H
