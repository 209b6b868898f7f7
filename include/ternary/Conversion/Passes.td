//===- Passes.td - Conversions out of the dialect ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_CONVERSION_PASSES
#define TERNARY_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

def ConvertTernaryToLinalg : Pass<"convert-ternary-to-linalg"> {
  let summary = "reference lowering of the tensor-level ops";
  let description = [{
    Rewrites every tensor-level op to linalg, arith, math, scf and tensor: the
    simplest correct loops, for static and dynamic shapes. Ops on memrefs are
    rewritten through `bufferization.to_tensor`. It is the oracle of the other
    lowerings and the way into compilers that speak linalg.

    Example:

    ```mlir
    func.func @f(%t: tensor<4x8xi8>, %init: tensor<4x8xi1>) -> tensor<4x8xi1> {
      // Becomes a linalg.generic that compares with zero.
      %m = ternary.nonzero_mask ins(%t : tensor<4x8xi8>)
          outs(%init : tensor<4x8xi1>) -> tensor<4x8xi1>
      return %m : tensor<4x8xi1>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

#endif // TERNARY_CONVERSION_PASSES
