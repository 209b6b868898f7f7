//===- TernaryTrainOps.td - Straight-through rules and gradients -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_TRAIN_OPS
#define TERNARY_IR_TRAIN_OPS

include "ternary/IR/TernaryOpBase.td"

def Ternary_STEOp : Ternary_SegmentedDstOp<"ste"> {
  let summary = "ternarization with a straight-through gradient";
  let description = [{
    The float values that a layer in training computes with. With
    `q = clamp(round(w / alpha), -1, 1)`, all in f32:

    * `identity`: `w + (q * alpha - w)`;
    * `lsq`: `q * alpha + (w - w)`, NaN where w is not finite;
    * `clamp` (without a scale): `round(clamp(w, -1, 1))`, never -0;
    * `legacy` (without a scale): the same, but -0 stays.

    A NaN quotient gives q = 0. `ste_backward` is the gradient.

    Constraints (and dst_c1 to dst_c3):
    * (ste_c1) `input` has rank 2 and the init its shape;
    * (ste_c2) `scales` are given exactly if the variant is `identity` or `lsq`,
      and are of rank 0 or `[N]`.

    Example:

    ```mlir
    %y = ternary.ste ins(%w : tensor<8x10xf32>) scales(%alpha : tensor<8xf32>)
        outs(%init : tensor<8x10xf32>) {variant = #ternary<ste_variant identity>}
        -> tensor<8x10xf32>
    ```
  }];
  let arguments = (ins
    Ternary_F32:$input,
    Optional<Ternary_F32>:$scales,
    Variadic<Ternary_F32>:$inits,
    Ternary_STEVariantAttr:$variant
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_STEBackwardOp : Ternary_SegmentedDstOp<"ste_backward"> {
  let summary = "gradient of a straight-through ternarization";
  let description = [{
    The gradient to w, from the gradient `grad` to the values:

    * `identity` and `lsq`: `grad`;
    * `clamp`: `grad` where `|w / alpha| <= 1` (alpha = 1 without `scales`),
      else 0; 0 for NaN. The bound is inclusive;
    * `legacy`: `clamp(grad, -1, 1)`.

    For `lsq` a second init receives the gradient to alpha, the sum of
    `grad * q` over what one alpha scales.

    Constraints (and dst_c1 to dst_c3):
    * (ste_backward_c1) `input` has rank 2; `grad` and the first init have its
      shape;
    * (ste_backward_c2) `scales` are of rank 0 or `[N]`; `lsq` needs them, only
      `clamp` and `lsq` allow them;
    * (ste_backward_c3) a second init is given exactly if the variant is `lsq`,
      and has the shape of `scales`.

    Example:

    ```mlir
    %gw = ternary.ste_backward
        ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>)
        scales(%alpha : tensor<8xf32>) outs(%init : tensor<8x10xf32>)
        {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
    ```
  }];
  let arguments = (ins
    Ternary_F32:$input,
    Ternary_F32:$grad,
    Optional<Ternary_F32>:$scales,
    Variadic<Ternary_F32>:$inits,
    Ternary_STEVariantAttr:$variant
  );
  let assemblyFormat = [{
    `ins` `(` $input `,` $grad `:` type($input) `,` type($grad) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_LearnableScaleOp : Ternary_DstOp<"learnable_scale"> {
  let summary = "a trained scale, bounded from below";
  let description = [{
    `max(alpha, eps)`, elementwise; NaN propagates.

    Constraints (and dst_c1 to dst_c3):
    * (learnable_scale_c1) the init has the shape of `input`.

    Example:

    ```mlir
    %s = ternary.learnable_scale ins(%alpha : tensor<8xf32>)
        outs(%init : tensor<8xf32>) -> tensor<8xf32>
    ```
  }];
  let arguments = (ins
    Ternary_F32:$input,
    Variadic<Ternary_F32>:$inits,
    DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps
  );
  let assemblyFormat = [{
    `ins` `(` $input `:` type($input) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_LearnableScaleBackwardOp
    : Ternary_DstOp<"learnable_scale_backward"> {
  let summary = "gradient of learnable_scale";
  let description = [{
    `grad` where `alpha >= eps`, else 0, elementwise.

    Constraints (and dst_c1 to dst_c3):
    * (learnable_scale_backward_c1) `grad` and the init have the shape of
      `input`.

    Example:

    ```mlir
    %g = ternary.learnable_scale_backward
        ins(%alpha, %gs : tensor<8xf32>, tensor<8xf32>)
        outs(%init : tensor<8xf32>) -> tensor<8xf32>
    ```
  }];
  let arguments = (ins
    Ternary_F32:$input,
    Ternary_F32:$grad,
    Variadic<Ternary_F32>:$inits,
    DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps
  );
  let assemblyFormat = [{
    `ins` `(` $input `,` $grad `:` type($input) `,` type($grad) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_GradInputOp : Ternary_SegmentedDstOp<"grad_input"> {
  let summary = "gradient of bitlinear to its activations";
  let description = [{
    `out[..., k] = sum_n grad[..., n] * (scale * trit[n, k])`, products and sums
    in f32. Weight, scale and `round_operands` are those of `bitlinear`; with
    `round_operands` the gradient and `scale * trit` are rounded first.

    Constraints (and dst_c1 to dst_c3):
    * (grad_input_c1) `grad` and the init have the same rank, 1 or more, and the
      same leading extents;
    * (grad_input_c2) `weight` is `[N, K]`, or has the byte shape of `packing`;
    * (grad_input_c3) `scales` are f32, or exponents of i8, of rank 0, `[N]` or
      `[N, G]`;
    * (grad_input_c4) `group_size` is at least 1, and given exactly if the scale
      has rank 2;
    * (grad_input_c5) `round_operands` is f16 or bf16.

    Example:

    ```mlir
    %gx = ternary.grad_input ins(%g : tensor<4x8xf32>)
        weight(%bytes : tensor<16xi8>) scales(%s : tensor<8x3xf32>)
        outs(%init : tensor<4x10xf32>)
        {packing = #ternary.packing<base3>, group_size = 4 : i64}
        -> tensor<4x10xf32>
    ```
  }];
  let arguments = (ins
    Ternary_Float:$grad,
    Ternary_Bytes:$weight,
    Optional<Ternary_Scales>:$scales,
    Variadic<Ternary_Float>:$inits,
    OptionalAttr<PackingAttrInterface>:$packing,
    OptionalAttr<I64Attr>:$group_size,
    OptionalAttr<TypeAttr>:$round_operands
  );
  let assemblyFormat = [{
    `ins` `(` $grad `:` type($grad) `)` `weight` `(` $weight `:` type($weight) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_GradSignOp : Ternary_DstOp<"grad_sign"> {
  let summary = "sign of the gradient to the weights";
  let description = [{
    `out[n, k] = sign(sum_m grad[m, n] * input[m, k])`, the sum in f32 by fused
    multiply-add in ascending order of m, so that every target finds the same
    sign; 0 for 0 and NaN.

    Constraints (and dst_c1 to dst_c3):
    * (grad_sign_c1) `grad` is `[M, N]`, `input` `[M, K]` and the init `[N, K]`.

    Example:

    ```mlir
    %s = ternary.grad_sign ins(%g, %x : tensor<4x8xf32>, tensor<4x10xf32>)
        outs(%init : tensor<8x10xi8>) -> tensor<8x10xi8>
    ```
  }];
  let arguments = (ins
    Ternary_F32:$grad,
    Ternary_F32:$input,
    Variadic<Ternary_Trits>:$inits
  );
  let assemblyFormat = [{
    `ins` `(` $grad `,` $input `:` type($grad) `,` type($input) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_EmbeddingGradSignOp : Ternary_DstOp<"embedding_grad_sign"> {
  let summary = "sign of the gradient to an embedding table";
  let description = [{
    `out[v, d]` is the sign of the f32 sum of `grad[i, d]` over all i with
    `ids[i] = v`, in ascending order of i; 0 for rows that no index names. An
    index outside the table adds to nothing.

    Constraints (and dst_c1 to dst_c3):
    * (embedding_grad_sign_c1) `ids` are `[I]`, `grad` `[I, D]` and the init
      `[V, D]`.

    Example:

    ```mlir
    %s = ternary.embedding_grad_sign
        ins(%ids, %g : tensor<5xi64>, tensor<5x10xf32>)
        outs(%init : tensor<8x10xi8>) -> tensor<8x10xi8>
    ```
  }];
  let arguments = (ins
    Ternary_Shaped<[I32, I64]>:$ids,
    Ternary_F32:$grad,
    Variadic<Ternary_Trits>:$inits
  );
  let assemblyFormat = [{
    `ins` `(` $ids `,` $grad `:` type($ids) `,` type($grad) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

#endif // TERNARY_IR_TRAIN_OPS
