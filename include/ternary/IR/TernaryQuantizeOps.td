//===- TernaryQuantizeOps.td - From floats to trits and scales -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_QUANTIZE_OPS
#define TERNARY_IR_QUANTIZE_OPS

include "ternary/IR/TernaryOpBase.td"

def Ternary_AbsmeanOp : Ternary_DstOp<"absmean"> {
  let summary = "mean of absolute values, clamped from below";
  let description = [{
    `alpha = max(sum |w| / count, eps)` over the whole matrix (init of rank 0),
    each row (`[N]`) or each group of `group_size` columns (`[N, G]`; the last
    group divides by its own length). Sums are f32, in ascending order of k,
    then n. NaN propagates. An empty extent gives `eps`.

    Constraints (and dst_c1 to dst_c3):
    * (absmean_c1) `input` has rank 2;
    * (absmean_c2) the init is of rank 0, `[N]` or `[N, G]`;
    * (absmean_c3) `group_size` is at least 1, and given exactly if the init has
      rank 2.

    Example:

    ```mlir
    %alpha = ternary.absmean ins(%w : tensor<8x10xf32>)
        outs(%init : tensor<8xf32>) -> tensor<8xf32>
    ```
  }];
  let arguments = (ins
    Ternary_Float:$input,
    Variadic<Ternary_F32>:$inits,
    DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps,
    OptionalAttr<I64Attr>:$group_size
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let hasFolder = 1;
}

def Ternary_TernarizeOp : Ternary_SegmentedDstOp<"ternarize"> {
  let summary = "floats to trits";
  let description = [{
    * `method = round` (default): `clamp(round(w / alpha), -1, 1)` with true
      division and ties to even; `scales` hold alpha, of rank 0, `[N]` or
      `[N, G]`.
    * `method = lsq`: the same with `max(alpha, eps)`.
    * `method = threshold`: `sign(w)` where `|w| > threshold`, else 0; no scale.

    A NaN quotient gives 0.

    Constraints (and dst_c1 to dst_c3):
    * (ternarize_c1) `input` has rank 2 and the init its shape;
    * (ternarize_c2) `scales` are given exactly if the method is not
      `threshold`, and are of rank 0, `[N]` or `[N, G]`;
    * (ternarize_c3) `group_size` is at least 1, and given exactly if the scale
      has rank 2;
    * (ternarize_c4) `threshold` is given exactly if the method is `threshold`.

    Example:

    ```mlir
    %q = ternary.ternarize ins(%w : tensor<8x10xf32>)
        scales(%alpha : tensor<8xf32>) outs(%init : tensor<8x10xi8>)
        -> tensor<8x10xi8>
    ```
  }];
  let arguments = (ins
    Ternary_Float:$input,
    Optional<Ternary_F32>:$scales,
    Variadic<Ternary_Trits>:$inits,
    DefaultValuedAttr<Ternary_MethodAttr, "Method::Round">:$method,
    OptionalAttr<F32Attr>:$threshold,
    DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps,
    OptionalAttr<I64Attr>:$group_size
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let hasFolder = 1;
}

def Ternary_QuantizeActivationOp : Ternary_DstOp<"quantize_activation"> {
  let summary = "per-token absmax quantization";
  let description = [{
    For each token (index of the leading axes), with `Q = 2^(bits-1) - 1`:
    `s = max(max_k |x|, eps)`, `q = clamp(round((x / s) * Q), -Q, Q)`, in this
    order of f32 operations, ties to even. The second init receives `s / Q`
    (`scale_form = multiplier`, the default) or `s` (`absmax`). A token with a
    NaN has `s = NaN` and `q = 0`.

    Constraints (and dst_c1 to dst_c3):
    * (quantize_activation_c1) `input` has rank 1 or more, and the first init
      its shape;
    * (quantize_activation_c2) the second init has the leading shape of `input`;
    * (quantize_activation_c3) `bits` is 2..16 (1 has no level but 0) and fits
      the element type of the first init.

    Example:

    ```mlir
    %q, %s = ternary.quantize_activation ins(%x : tensor<4x10xf32>)
        outs(%qi, %si : tensor<4x10xi8>, tensor<4xf32>)
        -> tensor<4x10xi8>, tensor<4xf32>
    ```
  }];
  let arguments = (ins
    Ternary_Float:$input,
    Variadic<Ternary_Shaped<[I8, I16, I32, F32]>>:$inits,
    DefaultValuedAttr<I64Attr, "8">:$bits,
    DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps,
    DefaultValuedAttr<Ternary_ScaleFormAttr, "ScaleForm::Multiplier">:$scale_form
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_DequantizeActivationOp : Ternary_DstOp<"dequantize_activation"> {
  let summary = "the floats that quantized activations stand for";
  let description = [{
    `q * scale` (`scale_form = multiplier`) or `(q / Q) * scale` (`absmax`),
    `Q = 2^(bits-1) - 1`, in f32.

    Constraints (and dst_c1 to dst_c3):
    * (dequantize_activation_c1) `input` has rank 1 or more, and the init its
      shape;
    * (dequantize_activation_c2) `scales` have the leading shape of `input`;
    * (dequantize_activation_c3) `bits` is 2..16.

    Example:

    ```mlir
    %x = ternary.dequantize_activation ins(%q : tensor<4x10xi8>)
        scales(%s : tensor<4xf32>) outs(%init : tensor<4x10xf32>)
        -> tensor<4x10xf32>
    ```
  }];
  let arguments = (ins
    Ternary_Shaped<[I8, I16, I32]>:$input,
    Ternary_F32:$scales,
    Variadic<Ternary_F32>:$inits,
    DefaultValuedAttr<I64Attr, "8">:$bits,
    DefaultValuedAttr<Ternary_ScaleFormAttr, "ScaleForm::Multiplier">:$scale_form
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    `scales` `(` $scales `:` type($scales) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_SparsifyOp : Ternary_SegmentedDstOp<"sparsify"> {
  let summary = "N:M sparsity along the columns";
  let description = [{
    In each aligned block of `m` columns the `m - n` entries of smallest
    magnitude become 0, at most `n` stay. On a tie the lower column is zeroed
    first; NaN counts as largest. A last block that is short is extended by
    zeros behind it, which take part. The magnitudes are those of `magnitude`
    if it is given (latent weights, say, that `input` was ternarized from),
    else of `input`.

    Constraints (and dst_c1 to dst_c3):
    * (sparsify_c1) `input` has rank 2 and the init its type;
    * (sparsify_c2) `magnitude` has the shape of `input`;
    * (sparsify_c3) `0 <= n <= m`, and `m` is 1..64.

    Example:

    ```mlir
    %s = ternary.sparsify ins(%q : tensor<8x12xi8>)
        magnitude(%w : tensor<8x12xf32>) outs(%init : tensor<8x12xi8>)
        {n = 2, m = 4} -> tensor<8x12xi8>
    ```
  }];
  let arguments = (ins
    Ternary_Shaped<[I8, F16, BF16, F32]>:$input,
    Optional<Ternary_Shaped<[I8, F16, BF16, F32]>>:$magnitude,
    Variadic<Ternary_Shaped<[I8, F16, BF16, F32]>>:$inits,
    DefaultValuedAttr<I64Attr, "2">:$n,
    DefaultValuedAttr<I64Attr, "4">:$m
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    (`magnitude` `(` $magnitude^ `:` type($magnitude) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_NonzeroMaskOp : Ternary_DstOp<"nonzero_mask"> {
  let summary = "where the trits are not zero";
  let description = [{
    `out[n, k] = trit[n, k] != 0` as `i1`. `weight` is bytes if `packing` is
    given, else trits.

    Constraints (and dst_c1 to dst_c3):
    * (nonzero_mask_c1) the init has rank 2;
    * (nonzero_mask_c2) `weight` has the byte shape of the packing, or the shape
      of the init if there is none.

    Example:

    ```mlir
    %mask = ternary.nonzero_mask ins(%bytes : tensor<8x3xi8>)
        outs(%init : tensor<8x10xi1>)
        {packing = #ternary.packing<chimera>} -> tensor<8x10xi1>
    ```
  }];
  let arguments = (ins
    Ternary_Bytes:$weight,
    Variadic<Ternary_Shaped<[I1]>>:$inits,
    OptionalAttr<PackingAttrInterface>:$packing
  );
  let assemblyFormat = [{
    `ins` `(` $weight `:` type($weight) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_DecomposeOp : Ternary_DstOp<"decompose"> {
  let summary = "greedy decomposition into ternary components";
  let description = [{
    `r = w`; for each component c: `gamma_c = absmean(r)`,
    `t_c = ternarize(r, gamma_c)`, `r = r - gamma_c * t_c` in f32. The first
    init `[C, N, K]` receives the trits, the second, `[C, N]` (per row) or
    `[C]` (per tensor), the scales. The number of components C is static. C = 0
    is valid and writes nothing.

    Constraints (and dst_c1 to dst_c3):
    * (decompose_c1) `input` has rank 2, and the first init is `[C, N, K]` with
      a static C;
    * (decompose_c2) the second init is `[C, N]` or `[C]`.

    Example:

    ```mlir
    %t, %g = ternary.decompose ins(%w : tensor<8x10xf32>)
        outs(%ti, %gi : tensor<3x8x10xi8>, tensor<3x8xf32>)
        -> tensor<3x8x10xi8>, tensor<3x8xf32>
    ```
  }];
  let arguments = (ins
    Ternary_F32:$input,
    Variadic<Ternary_Shaped<[I8, F32]>>:$inits,
    DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_DeadzoneStatsOp : Ternary_DstOp<"deadzone_stats"> {
  let summary = "how the weights lie about the rounding boundary";
  let description = [{
    With `alpha` the absmean of the matrix and `r = |w / alpha|`, the six
    values of the init are: alpha; the fractions of trits -1, 0 and +1; the
    fraction with `|r - 0.5| < band`; the fraction with `w != 0` and
    `r < 0.5 - band`. An empty matrix gives alpha = eps and zeros.

    Constraints (and dst_c1 to dst_c3):
    * (deadzone_stats_c1) `input` has rank 2 and the init shape `[6]`.

    Example:

    ```mlir
    %stats = ternary.deadzone_stats ins(%w : tensor<8x10xf32>)
        outs(%init : tensor<6xf32>) -> tensor<6xf32>
    ```
  }];
  let arguments = (ins
    Ternary_F32:$input,
    Variadic<Ternary_F32>:$inits,
    DefaultValuedAttr<F32Attr, "0.1f">:$band,
    DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

#endif // TERNARY_IR_QUANTIZE_OPS
