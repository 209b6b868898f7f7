//===- Passes.td - Transforms on ternary ops ---------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TRANSFORMS_PASSES
#define TERNARY_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def TernaryVerifyPacking : Pass<"ternary-verify-packing", "::mlir::ModuleOp"> {
  let summary = "check packings against what functions state about their bytes";
  let description = [{
    Bytes do not know their packing, so it can be stated where they enter:
    `ternary.packing` and `ternary.shape` on function arguments. This pass
    follows each such argument, and the result of every `pack` and `repack`,
    forward through casts, `select`, slices that keep the whole, branches, loops
    and calls, and reports each op that reads it in another packing, at another
    logical shape or as trits; likewise an argument of a call and a returned
    value that contradict what the function states for them. A memref keeps what
    is stated: writing other bytes into it is reported too.

    Where paths meet that bring bytes of different packings nothing is known any
    more, since the program may tell them apart by another value. Extents that
    differ become unknown likewise. Constant bytes with a code that the packing
    of their reader forbids are reported with the position of the first one.
    Changes nothing.

    Example:

    ```mlir
    func.func @f(%b: tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>,
                                     ternary.shape = array<i64: 8, 8>},
                 %init: tensor<8x8xi8>) -> tensor<8x8xi8> {
      // Accepted: the packing is the one that the argument states.
      %t = ternary.unpack ins(%b : tensor<2x8xi8>)
          outs(%init : tensor<8x8xi8>)
          {packing = #ternary.packing<hf>} -> tensor<8x8xi8>
      return %t : tensor<8x8xi8>
    }
    ```
  }];
}

def TernaryOutlinePrepare
    : Pass<"ternary-outline-prepare", "::mlir::ModuleOp"> {
  let summary = "move what is constant into a function that is called once";
  let description = [{
    An argument marked `ternary.constant` has the same value in every call. For
    each public function with such arguments, the tensors that depend on nothing
    else and that a ternary op had a part in (packed weights, scales) are
    computed in a new function `<name>_prepare` in front of it: it takes the
    constant arguments that it needs, in order, and returns the tensors, which
    the main function takes as further arguments behind its own, in that order
    and marked `ternary.constant`. What is known of their packing is stated.

    Constant arguments that the main function needs no longer are removed; the
    others keep their order. `ternary.prepare` on the main function names the
    new one. What is cheap (constants, empty tensors, extents) is computed on
    both sides. Ops with effects stay, and so does what depends on them. A
    second run changes nothing.

    A function that the module uses elsewhere is refused, since its callers
    would not know the prepared values: inline the calls first.

    Example:

    ```mlir
    func.func @layer(%x: tensor<4x10xi8>, %w: tensor<8x10xi8> {ternary.constant})
        -> tensor<4x8xi32> {
      // Moves to @layer_prepare(%w); @layer takes %x and %bytes.
      %e = tensor.empty() : tensor<8x3xi8>
      %bytes = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
          {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
      // Stays.
      %init = tensor.empty() : tensor<4x8xi32>
      %y = ternary.bitlinear ins(%x : tensor<4x10xi8>)
          weights(%bytes : tensor<8x3xi8>) outs(%init : tensor<4x8xi32>)
          {packing = #ternary.packing<chimera>} -> tensor<4x8xi32>
      return %y : tensor<4x8xi32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
  let statistics = [
    Statistic<"numMoved", "moved", "Number of ops that were moved">
  ];
}

#endif // TERNARY_TRANSFORMS_PASSES
