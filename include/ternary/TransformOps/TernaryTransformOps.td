//===- TernaryTransformOps.td - Schedules as IR ------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TRANSFORMOPS_TERNARYTRANSFORMOPS
#define TERNARY_TRANSFORMOPS_TERNARYTRANSFORMOPS

include "ternary/IR/TernaryInterfaces.td"

include "mlir/Dialect/Transform/IR/TransformDialect.td"
include "mlir/Dialect/Transform/IR/TransformTypes.td"
include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Ternary_TransformOp<string mnemonic, list<Trait> traits>
    : Op<Transform_Dialect, "ternary." # mnemonic, !listconcat([
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>
      ], traits)> {
  let cppNamespace = "::ternary::transform";
}

def Ternary_SelectPackingOp : Ternary_TransformOp<"select_packing", [
    DeclareOpInterfaceMethods<TransformOpInterface>]> {
  let summary = "put weights of layers into execution packings";
  let description = [{
    What `ternary-select-packing` does, to the `bitlinear` ops of the handle,
    which stay in place and stay valid; those on memrefs are left alone. Without `packing` each layer
    gets the one that its kernel is fastest with; the weights of all payload
    ops together decide whether they stream from memory, `cache_bytes` being what
    stays in the cache between two calls (16 MiB unless stated, 0 for none).

    A payload op that is no `bitlinear` is a silenceable failure, before any op
    is changed; weights that do not fit the packing are a definite one.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @pack(%layers: !transform.any_op
                                     {transform.readonly}) {
        transform.ternary.select_packing %layers
            packing(#ternary.packing<cpu_rows3>) : !transform.any_op
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins
    TransformHandleTypeInterface:$layers,
    OptionalAttr<PackingAttrInterface>:$packing,
    DefaultValuedAttr<ConfinedAttr<I64Attr, [IntNonNegative]>,
                      "int64_t(16) << 20">:$cache_bytes
  );
  let assemblyFormat = [{
    $layers (`packing` `(` $packing^ `)`)? (`cache_bytes` `=` $cache_bytes^)?
    attr-dict `:` type($layers)
  }];
}

def Ternary_TileOp : Ternary_TransformOp<"tile", [
    DeclareOpInterfaceMethods<TransformOpInterface>]> {
  let summary = "cut layers into parallel tiles";
  let description = [{
    What `ternary-tile` does, to the `bitlinear` ops of the handle, which is
    consumed; those on memrefs are left alone. Tiles of 0, the default, are chosen from `ternary.tuning`
    and the target. The result has the loops; what is not cut is in none.

    A payload op that is no `bitlinear` is a silenceable failure, before any op
    is changed.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @cut(%layers: !transform.any_op
                                    {transform.consumed}) {
        %loops = transform.ternary.tile %layers row_tile = 128
            : (!transform.any_op) -> !transform.any_op
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins
    TransformHandleTypeInterface:$layers,
    DefaultValuedAttr<ConfinedAttr<I64Attr, [IntNonNegative]>, "0">:$row_tile,
    DefaultValuedAttr<ConfinedAttr<I64Attr, [IntNonNegative]>, "0">:$token_tile
  );
  let results = (outs TransformHandleTypeInterface:$loops);
  let assemblyFormat = [{
    $layers (`row_tile` `=` $row_tile^)? (`token_tile` `=` $token_tile^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

class Ternary_LoweringOp<string mnemonic> : Ternary_TransformOp<mnemonic, [
    TransformEachOpTrait, TransformOpInterface,
    ReportTrackingListenerFailuresOpTrait]> {
  let arguments = (ins TransformHandleTypeInterface:$target);
  let results = (outs);
  let assemblyFormat = "$target attr-dict `:` type($target)";
  let extraClassDeclaration = [{
    ::mlir::DiagnosedSilenceableFailure applyToOne(
        ::mlir::transform::TransformRewriter &rewriter,
        ::mlir::Operation *target,
        ::mlir::transform::ApplyToEachResultList &results,
        ::mlir::transform::TransformState &state);
  }];
}

def Ternary_LowerToRegisterLevelOp
    : Ternary_LoweringOp<"lower_to_register_level"> {
  let summary = "tensor-level ops on memrefs to loops around register-level ops";
  let description = [{
    What `convert-ternary-to-vector` does, to the ops inside of each payload op:
    those that have a kernel become loops around `ternary.dot`, `decode` and
    `encode`, others stay. The payload op is changed in place.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @lower(%function: !transform.any_op
                                      {transform.readonly}) {
        transform.ternary.lower_to_register_level %function : !transform.any_op
        transform.yield
      }
    }
    ```
  }];
}

def Ternary_VectorizeOp : Ternary_LoweringOp<"vectorize"> {
  let summary = "register-level ops to vectors of the target";
  let description = [{
    What `lower-ternary-register` does, to the ops inside of each payload op: the
    instructions of the target's row of the ISA table, or arith and vector where
    it has none. The payload op is changed in place.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @vectorize(%function: !transform.any_op
                                          {transform.readonly}) {
        transform.ternary.vectorize %function : !transform.any_op
        transform.yield
      }
    }
    ```
  }];
}

#endif // TERNARY_TRANSFORMOPS_TERNARYTRANSFORMOPS
