//===- TernaryStateOps.td - Updates of ternary state in place -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// The inits of these ops hold the state before the op and receive the state
// behind it. A sign comes as one i8 tensor [N, K] or is computed from a gradient
// [M, N] and activations [M, K], as by `grad_sign`.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_STATE_OPS
#define TERNARY_IR_STATE_OPS

include "ternary/IR/TernaryOpBase.td"

def Ternary_SignSource : Ternary_Shaped<[I8, F32]>;

def Ternary_AccumulateCorrelationOp
    : Ternary_SegmentedDstOp<"accumulate_correlation"> {
  let summary = "add the correlation of gradient sign and trit";
  let description = [{
    For each group of `group_size` columns, `score = sum sign * trit` (exact);
    `correlation -= score * amount`, `step += |amount|`, in i64. The inits are
    the correlation `[N, G]` and the step, one i64. `amount` is 1 if it is not
    given.

    Constraints (and dst_c1 to dst_c3):
    * (accumulate_correlation_c1) `source` is a sign `[N, K]` of i8, or a
      gradient `[M, N]` and activations `[M, K]` of f32; `shape` is (N, K);
    * (accumulate_correlation_c2) `weight` has the byte shape of the packing, or
      is `[N, K]`;
    * (accumulate_correlation_c3) the inits are i64: `[N, G]`, and rank 0 or
      `[1]`;
    * (accumulate_correlation_c4) `group_size` is at least 1.

    Example:

    ```mlir
    %c1, %t1 = ternary.accumulate_correlation
        ins(%g, %x : tensor<4x8xf32>, tensor<4x10xf32>)
        weight(%bytes : tensor<16xi8>) shape(8, 10) amount(%a)
        outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>)
        {packing = #ternary.packing<base3>, group_size = 4 : i64}
        -> tensor<8x3xi64>, tensor<1xi64>
    ```
  }];
  let arguments = (ins
    Variadic<Ternary_SignSource>:$source,
    Ternary_Bytes:$weight,
    Variadic<Index>:$shape,
    Optional<I64>:$amount,
    Variadic<Ternary_I64>:$inits,
    DenseI64ArrayAttr:$static_shape,
    OptionalAttr<PackingAttrInterface>:$packing,
    I64Attr:$group_size
  );
  let assemblyFormat = [{
    `ins` `(` $source `:` type($source) `)` `weight` `(` $weight `:` type($weight) `)`
    `shape` `(` custom<LogicalShape>($shape, $static_shape) `)`
    (`amount` `(` $amount^ `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let extraClassDeclaration = dstDeclaration # [{
    ::llvm::SmallVector<::mlir::OpFoldResult> getMixedShape();
  }];
}

def Ternary_UpdateExponentOp : Ternary_SegmentedDstOp<"update_exponent"> {
  let summary = "vote on the exponent of each group";
  let description = [{
    With `score` as in `accumulate_correlation`: without `threshold`,
    `accumulator = sat8(accumulator - sign(score) * amount)` is all that happens,
    and the accumulator is the only init. With it,
    `a = sat8(accumulator - sign(score))`; `e` is +1 if `a >= threshold`, else -1
    if `a <= -threshold`, else 0; `exponent = sat8(exponent + e)`;
    `accumulator = a - e * threshold`, and the inits are the exponent and the
    accumulator. `sat8` clamps an i64 to i8; the accumulator is truncated to i8.

    Constraints (and dst_c1 to dst_c3):
    * (update_exponent_c1) `source` is a sign `[N, K]` of i8, or a gradient
      `[M, N]` and activations `[M, K]` of f32; `shape` is (N, K);
    * (update_exponent_c2) `weight` has the byte shape of the packing, or is
      `[N, K]`;
    * (update_exponent_c3) each init is `[N, G]`;
    * (update_exponent_c4) `group_size` is at least 1;
    * (update_exponent_c5) `amount` is given only without `threshold`.

    Example:

    ```mlir
    %e1, %a1 = ternary.update_exponent ins(%sign : tensor<8x10xi8>)
        weight(%bytes : tensor<16xi8>) shape(8, 10)
        outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>)
        {packing = #ternary.packing<base3>, group_size = 4 : i64,
         threshold = 4 : i64}
        -> tensor<8x3xi8>, tensor<8x3xi8>
    ```
  }];
  let arguments = (ins
    Variadic<Ternary_SignSource>:$source,
    Ternary_Bytes:$weight,
    Variadic<Index>:$shape,
    Variadic<Ternary_Bytes>:$inits,
    DenseI64ArrayAttr:$static_shape,
    OptionalAttr<PackingAttrInterface>:$packing,
    I64Attr:$group_size,
    OptionalAttr<I64Attr>:$threshold,
    OptionalAttr<I64Attr>:$amount
  );
  let assemblyFormat = [{
    `ins` `(` $source `:` type($source) `)` `weight` `(` $weight `:` type($weight) `)`
    `shape` `(` custom<LogicalShape>($shape, $static_shape) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
  let extraClassDeclaration = dstDeclaration # [{
    ::llvm::SmallVector<::mlir::OpFoldResult> getMixedShape();
  }];
}

def Ternary_AccumulateTritOp : Ternary_SegmentedDstOp<"accumulate_trit"> {
  let summary = "vote on each trit";
  let description = [{
    `accumulator = sat8(accumulator - sign * amount)` on the init `[N, K]`.
    Nothing wraps: an amount beyond +-255 counts as that.

    Constraints (and dst_c1 to dst_c3):
    * (accumulate_trit_c1) `source` is a sign `[N, K]` of i8, or a gradient
      `[M, N]` and activations `[M, K]` of f32.

    Example:

    ```mlir
    %a1 = ternary.accumulate_trit ins(%sign : tensor<8x10xi8>)
        outs(%a : tensor<8x10xi8>) {amount = 2 : i64} -> tensor<8x10xi8>
    ```
  }];
  let arguments = (ins
    Variadic<Ternary_SignSource>:$source,
    Variadic<Ternary_Bytes>:$inits,
    DefaultValuedAttr<I64Attr, "1">:$amount
  );
  let assemblyFormat = [{
    `ins` `(` $source `:` type($source) `)`
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

def Ternary_StepOp : Ternary_SegmentedDstOp<"step"> {
  let summary = "flip the trits whose votes pass the threshold";
  let description = [{
    The inits are the bytes of the weights and the accumulator `[N, K]`. For each
    element, `a = sat8(accumulator - sign * amount)` (or the accumulator itself
    without `source`); the trit becomes +1 if `a > t`, else -1 if `a < -t`;
    where either holds the accumulator becomes 0, else `a`. `t` is `threshold`,
    or the one of the element's group in `group_thresholds` (i8, i32 or i64,
    `[N, G]`). Padding is written as `pack` writes it.

    Constraints (and dst_c1 to dst_c3):
    * (step_c1) `source` is empty, a sign `[N, K]` of i8, or a gradient `[M, N]`
      and activations `[M, K]` of f32;
    * (step_c2) the inits are the bytes of the packing for the shape of the
      accumulator, and the accumulator of rank 2;
    * (step_c3) exactly one of `threshold` and `group_thresholds` is given;
    * (step_c4) `group_size` is at least 1, and given exactly with
      `group_thresholds`, which are `[N, G]`;
    * (step_c5) the packing carries no scales.

    Example:

    ```mlir
    %b1, %a1 = ternary.step ins(%sign : tensor<8x10xi8>)
        outs(%bytes, %a : tensor<16xi8>, tensor<8x10xi8>)
        {packing = #ternary.packing<base3>, threshold = 3 : i64}
        -> tensor<16xi8>, tensor<8x10xi8>
    ```
  }];
  let arguments = (ins
    Variadic<Ternary_SignSource>:$source,
    Optional<Ternary_Shaped<[I8, I32, I64]>>:$group_thresholds,
    Variadic<Ternary_Bytes>:$inits,
    PackingAttrInterface:$packing,
    OptionalAttr<I64Attr>:$threshold,
    OptionalAttr<I64Attr>:$group_size,
    DefaultValuedAttr<I64Attr, "1">:$amount
  );
  let assemblyFormat = [{
    (`ins` `(` $source^ `:` type($source) `)`)?
    (`group_thresholds` `(` $group_thresholds^ `:` type($group_thresholds) `)`)?
    `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($outputs)^)?
  }];
}

#endif // TERNARY_IR_STATE_OPS
