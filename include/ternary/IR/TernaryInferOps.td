//===- TernaryInferOps.td - bitlinear, embedding, rms_norm -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_INFER_OPS
#define TERNARY_IR_INFER_OPS

include "ternary/IR/TernaryOpBase.td"

def Ternary_BitLinearOp : Ternary_SegmentedDstOp<"bitlinear"> {
  let summary = "linear layer with ternary weights";
  let description = [{
    `y = sum_c (x W_c^T) * scale_c * activation_scale + bias`.

    `input` has shape `[..., K]`, the init `[..., N]`; each of `weights` is one
    component: trits `[N, K]`, or bytes in `packing`. No component gives the
    bias alone. The order of operations, all in f32 unless said otherwise:

    1. int8 activations: the dot product is exact in i32 and becomes f32; float
       activations: products and sums are f32;
    2. times the scale of rank 0 or `[N]`; with a scale `[N, G]` each group of
       `group_size` columns is summed by step 1, multiplied by its scale and
       added in ascending order of groups; a scale `[ceil(N/R), G, R]` is the
       same in blocks of R rows, row n and group g at `[n / R, g, n % R]`, as
       kernels read it. A scale of i8 is an exponent e, -128 to 127, and means
       2^e, subnormal ones too: what `effective_exponent` makes of it without
       correlation and bounds;
    3. the components are added in order;
    4. times `activation_scale`, one f32 per token (shape `[...]`);
    5. plus `bias` `[N]`, converted to f32;
    6. rounded to the element type of the init.

    An init of i32 takes the exact dot product; it allows neither scales nor
    bias. `round_operands` rounds the activation and `scale * trit` to that
    type before they are multiplied (sums stay f32): what a half-precision
    dense kernel computes.

    Constraints (and dst_c1 to dst_c3):
    * (bitlinear_c1) `input` and the init have the same rank, 1 or more, and the
      same leading extents;
    * (bitlinear_c2) each weight is `[N, K]`, or has the byte shape of `packing`;
    * (bitlinear_c3) there is no scale, or one per component: f32 or i8, of rank
      0, `[N]`, `[N, G]` or `[ceil(N/R), G, R]` with a static R;
    * (bitlinear_c4) `group_size` is at least 1, and given exactly if a scale
      has rank 2 or 3;
    * (bitlinear_c5) `bias` is `[N]`;
    * (bitlinear_c6) `activation_scale` has the leading shape of `input`;
    * (bitlinear_c7) an i32 init needs i8 activations and neither scales, bias
      nor activation scale;
    * (bitlinear_c8) `round_operands` is f16 or bf16, and needs float
      activations.

    Example:

    ```mlir
    %y = ternary.bitlinear ins(%x : tensor<?x10xi8>)
        weights(%bytes : tensor<8x3xi8>) scales(%alpha : tensor<8xf32>)
        activation_scale(%s : tensor<?xf32>) bias(%b : tensor<8xf32>)
        outs(%init : tensor<?x8xf32>)
        {packing = #ternary.packing<chimera>} -> tensor<?x8xf32>
    ```
  }];
  let arguments = (ins
    Ternary_Shaped<[I8, F16, BF16, F32]>:$input,
    Variadic<Ternary_Bytes>:$weights,
    Variadic<Ternary_Scales>:$scales,
    Optional<Ternary_F32>:$activation_scale,
    Optional<Ternary_Shaped<[I32, F16, BF16, F32]>>:$bias,
    Variadic<Ternary_Shaped<[I32, F16, BF16, F32]>>:$inits,
    OptionalAttr<PackingAttrInterface>:$packing,
    OptionalAttr<I64Attr>:$group_size,
    OptionalAttr<TypeAttr>:$round_operands
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    `weights` `(` ($weights^ `:` type($weights))? `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    (`activation_scale` `(` $activation_scale^ `:` type($activation_scale) `)`)?
    (`bias` `(` $bias^ `:` type($bias) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let hasCanonicalizer = 1;
}

def Ternary_EmbeddingOp : Ternary_SegmentedDstOp<"embedding"> {
  let summary = "rows of a ternary table, scaled";
  let description = [{
    `out[..., d] = trit[ids[...], d] * scale` for a table of logical
    `shape(V, D)`: trits, or bytes in `packing`. The scale is of rank 0, `[V]` or
    `[V, G]`. An index outside `0 .. V-1` reads nothing and gives a row of zeros.

    Constraints (and dst_c1 to dst_c3):
    * (embedding_c1) the init has one axis more than `ids`, with the same
      leading extents and the last one equal to D;
    * (embedding_c2) `table` has the byte shape of the packing, or `[V, D]`;
    * (embedding_c3) `scales` are of rank 0, `[V]` or `[V, G]`;
    * (embedding_c4) `group_size` is at least 1, and given exactly if the scale
      has rank 2;
    * (embedding_c5) `shape` has two extents, none negative.

    Example:

    ```mlir
    %rows = ternary.embedding ins(%ids : tensor<5xi64>)
        table(%bytes : tensor<16xi8>) shape(8, 10)
        scales(%s : tensor<8xf32>) outs(%init : tensor<5x10xf32>)
        {packing = #ternary.packing<base3>} -> tensor<5x10xf32>
    ```
  }];
  let arguments = (ins
    Ternary_Shaped<[I32, I64]>:$ids,
    Ternary_Bytes:$table,
    Variadic<Index>:$shape,
    Optional<Ternary_F32>:$scales,
    Variadic<Ternary_Float>:$inits,
    DenseI64ArrayAttr:$static_shape,
    OptionalAttr<PackingAttrInterface>:$packing,
    OptionalAttr<I64Attr>:$group_size
  );
  let assemblyFormat = [{
    `ins` `(` $ids `:` type($ids) `)` `table` `(` $table `:` type($table) `)`
    `shape` `(` custom<LogicalShape>($shape, $static_shape) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let extraClassDeclaration = dstDeclaration # [{
    ::llvm::SmallVector<::mlir::OpFoldResult> getMixedShape();
  }];
}

def Ternary_RMSNormOp : Ternary_SegmentedDstOp<"rms_norm"> {
  let summary = "root-mean-square normalization";
  let description = [{
    `y = x / sqrt(mean(x^2) + eps) * weight` over the last axis, in f32; the
    normalized value is rounded to the element type of `input`, multiplied by
    the weight in f32 and rounded to the element type of the init. The weight is
    f32 `[D]`, or trits as bytes of the logical shape `[1, D]` in `packing` with
    `scales` of rank 0 or `[1, G]`. Without a weight y is the normalized value.

    Constraints (and dst_c1 to dst_c3):
    * (rms_norm_c1) `input` has rank 1 or more, and the init its shape;
    * (rms_norm_c2) a float weight is f32 `[D]` and allows neither `packing` nor
      `scales`; a ternary weight is i8 and has the byte shape of `packing`;
    * (rms_norm_c3) `scales` are of rank 0 or `[1, G]`;
    * (rms_norm_c4) `group_size` is at least 1, and given exactly if the scale
      has rank 2.

    Example:

    ```mlir
    %y = ternary.rms_norm ins(%x : tensor<4x10xf32>)
        weight(%w : tensor<10xf32>) outs(%init : tensor<4x10xf32>)
        {eps = 1.0e-6 : f32} -> tensor<4x10xf32>
    ```
  }];
  let arguments = (ins
    Ternary_Float:$input,
    Optional<Ternary_Shaped<[I8, F32]>>:$weight,
    Optional<Ternary_F32>:$scales,
    Variadic<Ternary_Float>:$inits,
    DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps,
    OptionalAttr<PackingAttrInterface>:$packing,
    OptionalAttr<I64Attr>:$group_size
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    (`weight` `(` $weight^ `:` type($weight) `)`)?
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_RMSNormBackwardOp : Ternary_SegmentedDstOp<"rms_norm_backward"> {
  let summary = "gradients of rms_norm";
  let description = [{
    With `rms = sqrt(mean(x^2) + eps)`, `xn = x / rms` and `gw = grad * weight`:
    the first init receives `(gw - xn * mean(gw * xn)) / rms`. A second one,
    `[D]`, goes with a float weight and receives the sum of `grad * xn` over all
    tokens. All in f32. The weight is that of `rms_norm`: f32 `[D]`, or trits as
    bytes of the logical shape `[1, D]` with `scales`.

    Constraints (and dst_c1 to dst_c3):
    * (rms_norm_backward_c1) `grad` and the first init have the shape of
      `input`, of rank 1 or more;
    * (rms_norm_backward_c2) a float weight and the second init are `[D]`, and
      allow neither `packing` nor `scales`; a ternary weight is i8 and has the
      byte shape of `packing` (or is `[1, D]` without one), and there is no
      second init;
    * (rms_norm_backward_c3) `scales` are of rank 0 or `[1, G]`;
    * (rms_norm_backward_c4) `group_size` is at least 1, and given exactly if
      the scale has rank 2.

    Example:

    ```mlir
    %gx, %gw = ternary.rms_norm_backward
        ins(%x, %g : tensor<4x10xf32>, tensor<4x10xf32>)
        weight(%w : tensor<10xf32>)
        outs(%gxi, %gwi : tensor<4x10xf32>, tensor<10xf32>)
        {eps = 1.0e-6 : f32} -> tensor<4x10xf32>, tensor<10xf32>
    ```
  }];
  let arguments = (ins
    Ternary_F32:$input,
    Ternary_F32:$grad,
    Ternary_Shaped<[I8, F32]>:$weight,
    Optional<Ternary_F32>:$scales,
    Variadic<Ternary_F32>:$inits,
    DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps,
    OptionalAttr<PackingAttrInterface>:$packing,
    OptionalAttr<I64Attr>:$group_size
  );
  let assemblyFormat = [{
    `ins` `(` $input `,` $grad `:` type($input) `,` type($grad) `)`
    `weight` `(` $weight `:` type($weight) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

#endif // TERNARY_IR_INFER_OPS
