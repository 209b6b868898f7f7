//===- GradientInterface.td - Reverse rules of ops ---------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TRANSFORMS_GRADIENTINTERFACE
#define TERNARY_TRANSFORMS_GRADIENTINTERFACE

include "mlir/IR/Interfaces.td"

def GradientOpInterface : OpInterface<"GradientOpInterface"> {
  let cppNamespace = "::ternary";
  let description = [{
    The reverse rule of an op: how cotangents of its results become cotangents
    of its operands. `ternary-differentiate` knows ops through this interface
    alone. The rules of arith, math, linalg, tensor and of this dialect are
    external models (see `registerGradientExternalModels`); a compiler that
    embeds the pass attaches models to its own ops in the same way.

    Elementwise ops state their rule on scalars: the pass turns tensors of them
    into `linalg.generic`, as it does with named ops of linalg.
  }];
  let methods = [
    InterfaceMethod<[{
      Adds what the results' cotangents contribute to the operands. Called once,
      when the cotangents of all results are complete, and only if there is one;
      `builder` stands behind all that is computed so far. On failure the rule
      has emitted a diagnostic.
    }], "::llvm::LogicalResult", "addCotangents",
      (ins "::ternary::Cotangents &":$cotangents,
           "::mlir::OpBuilder &":$builder)>,
    InterfaceMethod<[{
      Whether a gradient passes through this result. Where it does not, the
      result is a constant to all that reads it.
    }], "bool", "carriesGradient", (ins "unsigned":$result), "",
      "return true;">
  ];
}

#endif // TERNARY_TRANSFORMS_GRADIENTINTERFACE
