//===- TernaryDialect.td - The ternary dialect -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_DIALECT
#define TERNARY_IR_DIALECT

include "mlir/IR/DialectBase.td"

def Ternary_Dialect : Dialect {
  let name = "ternary";
  let cppNamespace = "::ternary";
  let summary = "networks whose weights are -1, 0 or +1";
  let description = [{
    Three ideas, and only three:

    * a **trit** is an `i8` in {-1, 0, +1}; a weight matrix of trits has the
      logical shape `[N, K]` (out_features, in_features);
    * a **packing** is an attribute on the op that reads or writes packed bytes.
      The bytes themselves are an ordinary `i8` tensor, whose shape follows
      from the logical shape and the packing;
    * a **scale** is an `f32` of rank 0 (per tensor), `[N]` (per row) or
      `[N, G]` (per group of `group_size` columns; the last group may be
      short). Its type says the granularity.

    Tensor-level ops are in destination style and take all tensors or all
    memrefs. Register-level ops (`dot`, `dot_finish`, `decode`, `encode`) work
    on vectors and are all that a target has to know how to lower.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let extraClassDeclaration = [{
    /// The preset packings, parsed once per context, in the order of
    /// PackingAttr::getPresetNames().
    ::llvm::ArrayRef<PackingAttrInterface> getPresets();

  private:
    void registerAttributes();

    std::once_flag presetsOnce;
    ::llvm::SmallVector<PackingAttrInterface> presets;

  public:
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"
  ];
}

#endif // TERNARY_IR_DIALECT
