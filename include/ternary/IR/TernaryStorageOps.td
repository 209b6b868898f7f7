//===- TernaryStorageOps.td - pack, unpack, repack, dequantize -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_STORAGE_OPS
#define TERNARY_IR_STORAGE_OPS

include "ternary/IR/TernaryOpBase.td"

def Ternary_PackOp : Ternary_SegmentedDstOp<"pack"> {
  let summary = "pack trits into bytes";
  let description = [{
    Writes the matrix `input` of shape `[N, K]` in the packing. `conversion`
    says what happens to values that are not trits; by default they are
    promised to be trits, which lets `unpack` of `pack` fold. `scales` are given
    if and only if the packing carries scales: one f32 per leading index of the
    byte shape; storing it as f16 rounds to nearest even.

    Constraints:
    * (dst_c1) all operands are ranked tensors, or all are memrefs;
    * (dst_c2) one result per init, of the init's type; none for memrefs;
    * (dst_c3) the number of inits is that of the op;
    * (pack_c1) `input` has rank 2;
    * (pack_c2) the init has the byte shape of the packing;
    * (pack_c3) `scales` are given exactly if the packing carries scales, and
      have the leading shape of the bytes.

    Example:

    ```mlir
    %bytes = ternary.pack ins(%trits : tensor<8x10xi8>)
        outs(%init : tensor<8x3xi8>)
        {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
    ```
  }];
  let arguments = (ins
    Ternary_Shaped<[I8, F16, BF16, F32]>:$input,
    Optional<Ternary_F32>:$scales,
    Variadic<Ternary_Bytes>:$inits,
    PackingAttrInterface:$packing,
    DefaultValuedAttr<Ternary_ConversionAttr, "Conversion::Trits">:$conversion
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let hasFolder = 1;
}

def Ternary_UnpackOp : Ternary_DstOp<"unpack"> {
  let summary = "unpack bytes into trits";
  let description = [{
    Reads the matrix of shape `[N, K]` (the first init) out of `bytes`. A code
    that `pack` never writes reads as the packing says. If the packing carries
    scales, a second init receives them (f32, the leading shape of the bytes);
    it may be left out.

    Constraints (and dst_c1 to dst_c3):
    * (unpack_c1) the first init has rank 2;
    * (unpack_c2) `bytes` have the byte shape of the packing;
    * (unpack_c3) a second init is given only if the packing carries scales, and
      has the leading shape of the bytes.

    Example:

    ```mlir
    %trits = ternary.unpack ins(%bytes : tensor<8x3xi8>)
        outs(%init : tensor<8x10xi8>)
        {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
    ```
  }];
  let arguments = (ins
    Ternary_Bytes:$bytes,
    Variadic<Ternary_Shaped<[I8, F32]>>:$inits,
    PackingAttrInterface:$packing
  );
  let assemblyFormat = [{
    `ins` `(` $bytes `:` type($bytes) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Ternary_RepackOp : Ternary_SegmentedDstOp<"repack"> {
  let summary = "change the packing of bytes";
  let description = [{
    Writes the trits that `bytes` hold in the packing `source` in the packing
    `packing`. A value that is not a trit (read from a code that `pack` never
    writes) becomes 0. Scales inside the source are dropped (`unpack` gives
    them); a packing that carries scales takes them as `scales`.

    Constraints (and dst_c1 to dst_c3):
    * (repack_c1) `shape` has two extents, none negative;
    * (repack_c2) `bytes` have the byte shape of `source`;
    * (repack_c3) the init has the byte shape of `packing`;
    * (repack_c4) `scales` are given exactly if `packing` carries scales, and
      have the leading shape of its bytes.

    Example:

    ```mlir
    %hf = ternary.repack ins(%bytes : tensor<8x3xi8>) shape(8, 10)
        outs(%init : tensor<2x10xi8>)
        {source = #ternary.packing<chimera>, packing = #ternary.packing<hf>}
        -> tensor<2x10xi8>
    ```
  }];
  let arguments = (ins
    Ternary_Bytes:$bytes,
    Variadic<Index>:$shape,
    Optional<Ternary_F32>:$scales,
    Variadic<Ternary_Bytes>:$inits,
    DenseI64ArrayAttr:$static_shape,
    PackingAttrInterface:$source,
    PackingAttrInterface:$packing
  );
  let assemblyFormat = [{
    `ins` `(` $bytes `:` type($bytes) `)`
    `shape` `(` custom<LogicalShape>($shape, $static_shape) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let extraClassDeclaration = dstDeclaration # [{
    ::llvm::SmallVector<::mlir::OpFoldResult> getMixedShape();
  }];
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Ternary_DequantizeOp : Ternary_SegmentedDstOp<"dequantize"> {
  let summary = "trits times scale, as floats";
  let description = [{
    `out[n, k] = T(trit[n, k]) * T(scale)` in the element type `T` of the init.
    `weight` is bytes if `packing` is given, else trits of shape `[N, K]`.
    Without `scales` the values are the trits.

    Constraints (and dst_c1 to dst_c3):
    * (dequantize_c1) the init has rank 2;
    * (dequantize_c2) `weight` has the byte shape of the packing, or the shape
      of the init if there is none;
    * (dequantize_c3) `scales` are of rank 0, `[N]` or `[N, G]`, where
      `G = ceil(K / group_size)`;
    * (dequantize_c4) `group_size` is at least 1, and given exactly if the scale
      has rank 2.

    Example:

    ```mlir
    %w = ternary.dequantize ins(%bytes : tensor<8x3xi8>)
        scales(%alpha : tensor<8xf32>) outs(%init : tensor<8x10xf32>)
        {packing = #ternary.packing<chimera>} -> tensor<8x10xf32>
    ```
  }];
  let arguments = (ins
    Ternary_Bytes:$weight,
    Optional<Ternary_F32>:$scales,
    Variadic<Ternary_Float>:$inits,
    OptionalAttr<PackingAttrInterface>:$packing,
    OptionalAttr<I64Attr>:$group_size
  );
  let assemblyFormat = [{
    `ins` `(` $weight `:` type($weight) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

#endif // TERNARY_IR_STORAGE_OPS
