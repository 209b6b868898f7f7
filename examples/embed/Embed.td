//===- Embed.td - A dialect that uses ternary's ------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef EMBED_TD
#define EMBED_TD

include "ternary/IR/TernaryInterfaces.td"

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Embed_Dialect : Dialect {
  let name = "embed";
  let cppNamespace = "::embed";
  let summary = "layers of a compiler that embeds ternary";
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::ternary::TernaryDialect"];
}

def Embed_PlanesAttr : AttrDef<Embed_Dialect, "Planes", [
    DeclareAttrInterfaceMethods<PackingAttrInterface>
  ]> {
  let mnemonic = "planes";
  let summary = "eight trits in two bytes: which are not 0, which are negative";
  let description = [{
    Bytes have the shape `[N, ceil(K / 8), 2]`. Bit `i` of byte 0 says that the
    trit of column `8 block + i` is not 0, bit `i` of byte 1 that it is
    negative. Columns beyond K are 0; a negative 0 reads as 0.
  }];
}

def Embed_LayerOp : Op<Embed_Dialect, "layer", [Pure]> {
  let summary = "activations times the transpose of ternary weights";
  let description = [{
    `activations` are int8 `[M, K]`, `weights` the bytes of `[N, K]` trits in
    `packing`; the sums are exact.

    Example:

    ```mlir
    %y = embed.layer %x, %w {packing = #embed.planes}
        : tensor<?x20xi8>, tensor<6x3x2xi8> -> tensor<?x6xi32>
    ```
  }];
  let arguments = (ins 2DTensorOf<[I8]>:$activations, TensorOf<[I8]>:$weights,
                       PackingAttrInterface:$packing);
  let results = (outs 2DTensorOf<[I32]>:$sums);
  let assemblyFormat = [{
    $activations `,` $weights attr-dict
    `:` type($activations) `,` type($weights) `->` type($sums)
  }];
}

#endif // EMBED_TD
