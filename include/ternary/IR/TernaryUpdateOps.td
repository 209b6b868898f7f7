//===- TernaryUpdateOps.td - Exponents and their state -----*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_UPDATE_OPS
#define TERNARY_IR_UPDATE_OPS

include "ternary/IR/TernaryOpBase.td"

def Ternary_EffectiveExponentOp : Ternary_SegmentedDstOp<"effective_exponent"> {
  let summary = "scales from exponents and correlations";
  let description = [{
    `S = 2^(E + strength * corr / max(step * group_size, 1))` in f32. Without
    `correlation` it is `2^E`. `step` (i64, one element) counts the updates; at
    `step = 0` the correlation is ignored unless `correlate_at_zero` is set (the
    denominator is then 1). `clamp_min` and `clamp_max` bound the exponent.

    Constraints (and dst_c1 to dst_c3):
    * (effective_exponent_c1) `exponent` is `[N, G]` and the init has its shape;
    * (effective_exponent_c2) `correlation` has the shape of `exponent`, and
      `step`, one i64 of rank 0 or `[1]`, is given with it;
    * (effective_exponent_c3) `group_size` is at least 1;
    * (effective_exponent_c4) `clamp_min` and `clamp_max` are given together,
      in order.

    Example:

    ```mlir
    %s = ternary.effective_exponent ins(%e : tensor<8x3xi8>)
        correlation(%c : tensor<8x3xi64>) step(%t : tensor<1xi64>)
        outs(%init : tensor<8x3xf32>) {group_size = 4 : i64}
        -> tensor<8x3xf32>
    ```
  }];
  let arguments = (ins
    Ternary_Bytes:$exponent,
    Optional<Ternary_I64>:$correlation,
    Optional<Ternary_I64>:$step,
    Variadic<Ternary_F32>:$inits,
    I64Attr:$group_size,
    DefaultValuedAttr<F32Attr, "4.0f">:$strength,
    UnitAttr:$correlate_at_zero,
    OptionalAttr<F32Attr>:$clamp_min,
    OptionalAttr<F32Attr>:$clamp_max
  );
  let assemblyFormat = [{
    `ins` `(` $exponent `:` type($exponent) `)`
    (`correlation` `(` $correlation^ `:` type($correlation) `)`)?
    (`step` `(` $step^ `:` type($step) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_ExponentInitMeanOp : Ternary_DstOp<"exponent_init_mean"> {
  let summary = "group exponents from the mean magnitude";
  let description = [{
    `E = round(clamp(log2 m, -128, 127))` with `m` the mean of `|w|` over the
    group, 1 if that is not positive. `rounding = nearest` (default) or
    `truncate`; `ragged = length` (default: a short last group divides by its
    own length) or `group_size`.

    Constraints (and dst_c1 to dst_c3):
    * (exponent_init_mean_c1) `input` has rank 2 and the init is `[N, G]`;
    * (exponent_init_mean_c2) `group_size` is at least 1.

    Example:

    ```mlir
    %e = ternary.exponent_init_mean ins(%w : tensor<8x10xf32>)
        outs(%init : tensor<8x3xi8>) {group_size = 4 : i64} -> tensor<8x3xi8>
    ```
  }];
  let arguments = (ins
    Ternary_Shaped<[I8, F16, BF16, F32]>:$input,
    Variadic<Ternary_Bytes>:$inits,
    I64Attr:$group_size,
    DefaultValuedAttr<Ternary_ExponentRoundingAttr,
                      "ExponentRounding::Nearest">:$rounding,
    DefaultValuedAttr<Ternary_RaggedMeanAttr, "RaggedMean::Length">:$ragged
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_ExponentInitDimOp : Ternary_DstOp<"exponent_init_dim"> {
  let summary = "one exponent for a layer, from its width";
  let description = [{
    Fills the init with
    `clamp(round(log2(max(0.5 * K^-0.5, 2^-8))), -8, 0)`, ties to even, for the
    width `K`, an index. K below 1 counts as 1.

    Constraints: dst_c1 to dst_c3.

    Example:

    ```mlir
    %e = ternary.exponent_init_dim ins(%k) outs(%init : tensor<8x3xi8>)
        -> tensor<8x3xi8>
    ```
  }];
  let arguments = (ins Index:$width, Variadic<Ternary_Bytes>:$inits);
  let assemblyFormat = [{
    `ins` `(` $width `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_RegroupScaleOp : Ternary_SegmentedDstOp<"regroup_scale"> {
  let summary = "exponents for another group size";
  let description = [{
    For trits of the logical `shape(N, K)`, changes the group size of the state
    (exponent, correlation, step). Where the number of groups changes, the
    exponents are those of `exponent_init_mean` of the trits with
    `group_size`, `rounding` and `ragged`, and correlation and step become 0.
    Where it stays, all three are copied.

    Constraints (and dst_c1 to dst_c3):
    * (regroup_scale_c1) `shape` has two extents, none negative;
    * (regroup_scale_c2) `weight` has the byte shape of the packing, or `[N, K]`;
    * (regroup_scale_c3) `exponent` and `correlation` are
      `[N, ceil(K / old_group_size)]`, `step` is one i64 of rank 0 or `[1]`;
    * (regroup_scale_c4) the inits are `[N, ceil(K / group_size)]` twice, and
      the type of `step`;
    * (regroup_scale_c5) both group sizes are at least 1.

    Example:

    ```mlir
    %e, %c, %t = ternary.regroup_scale ins(%bytes : tensor<16xi8>) shape(8, 10)
        state(%e0, %c0, %t0 : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>)
        outs(%ei, %ci, %ti : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>)
        {packing = #ternary.packing<base3>, old_group_size = 4 : i64,
         group_size = 8 : i64}
        -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
    ```
  }];
  let arguments = (ins
    Ternary_Bytes:$weight,
    Variadic<Index>:$shape,
    Ternary_Bytes:$exponent,
    Ternary_I64:$correlation,
    Ternary_I64:$step,
    Variadic<Ternary_Shaped<[I8, I64]>>:$inits,
    DenseI64ArrayAttr:$static_shape,
    OptionalAttr<PackingAttrInterface>:$packing,
    I64Attr:$old_group_size,
    I64Attr:$group_size,
    DefaultValuedAttr<Ternary_ExponentRoundingAttr,
                      "ExponentRounding::Nearest">:$rounding,
    DefaultValuedAttr<Ternary_RaggedMeanAttr, "RaggedMean::Length">:$ragged
  );
  let assemblyFormat = [{
    `ins` `(` $weight `:` type($weight) `)`
    `shape` `(` custom<LogicalShape>($shape, $static_shape) `)`
    `state` `(` $exponent `,` $correlation `,` $step `:` type($exponent) `,`
                type($correlation) `,` type($step) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let extraClassDeclaration = dstDeclaration # [{
    ::llvm::SmallVector<::mlir::OpFoldResult> getMixedShape();
  }];
}

#endif // TERNARY_IR_UPDATE_OPS
