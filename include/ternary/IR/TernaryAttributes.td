//===- TernaryAttributes.td - Packings and targets ---------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_ATTRIBUTES
#define TERNARY_IR_ATTRIBUTES

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "ternary/IR/TernaryDialect.td"
include "ternary/IR/TernaryInterfaces.td"

class Ternary_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Ternary_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Ternary_PackingAttr : Ternary_Attr<"Packing", "packing", [
    DeclareAttrInterfaceMethods<PackingAttrInterface>
  ]> {
  let summary = "a radix permutation of trits into bytes";
  let description = [{
    Grammar:

    ```
    packing  ::= `#ternary.packing<` (preset | custom) `>`
    custom   ::= `radix` `=` int `,` `codes` `=` `[` int `,` int `,` int `]`
                 `,` `unused` `=` (int | `forbid`) `,` `pad` `=` int
                 `,` `ragged` `=` (`pad` | `refuse`)
                 `,` (`n` `=` factors `,` `k` `=` factors | `f` `=` factors)
                 `,` `bytes` `=` `[` axis (`,` axis)* `]`
                 `,` `digit` `=` factor-name `,` `order` `=` (`lsb` | `msb`)
                 (`,` `header` `=` int)? (`,` `trailer` `=` int)?
                 (`,` `scale` `=` (`f16` | `f32`))?
    factors  ::= `[` (`*` | int) (`,` (`*` | int))* `]`
    axis     ::= `[` factor-name (`,` factor-name)* `]`
    ```

    `n`, `k` (or the flattened position `f = n * K + k`) are split into
    factors, outermost first; at most one is `*`, which stands for the extent
    divided by the others, rounded up. The factor `k1` is the second factor of
    `k`. Each factor is used once: in an axis of the byte shape, or as the
    digit. A byte holds `D` digits, `D` being the size of the digit factor;
    digit `i` has the weight `radix^i` (`lsb`) or `radix^(D-1-i)` (`msb`).

    `codes` are the codes of -1, 0 and +1. Any other code reads as `unused`, or
    is forbidden. Positions outside the matrix hold the trit `pad` where
    `ragged = pad`; where `ragged = refuse` the extents must divide.
    The last byte axis is lengthened by `header` and `trailer` bytes; they hold
    a little-endian `scale` first (in the header if there is one), else zero.

    Constraints:
    * (packing_c1) `radix` is 3..256, `radix^D <= 256`;
    * (packing_c2) the codes are distinct and in `0 .. radix-1`;
    * (packing_c3) factors are at least 1, with one `*` per split position;
    * (packing_c4) each factor is used exactly once, and the digit is not `*`;
    * (packing_c5) `header` and `trailer` are not negative and hold the scale;
    * (packing_c6) `pad` is a trit, and `*` comes first in a split of `f`.

    Example:

    ```mlir
    // A preset, and the same packing spelled out.
    #preset = #ternary.packing<chimera>
    #custom = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0,
                               pad = 0, ragged = pad, n = [*], k = [*, 4],
                               bytes = [[n0], [k0]], digit = k1, order = msb>
    ```
  }];
  let parameters = (ins
    "int64_t":$radix,
    ArrayRefParameter<"int64_t">:$codes,
    "std::optional<int64_t>":$unused,
    "int64_t":$pad,
    "bool":$exact,
    "bool":$flat,
    ArrayRefParameter<"int64_t">:$rowFactors,
    ArrayRefParameter<"int64_t">:$columnFactors,
    ArrayRefParameter<"int64_t">:$axes,
    "int64_t":$digit,
    "bool":$msbFirst,
    "int64_t":$header,
    "int64_t":$trailer,
    "int64_t":$scaleBytes
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    using EmitError = ::llvm::function_ref<::mlir::InFlightDiagnostic()>;
    /// The attribute with these parameters, or null and a diagnostic.
    static PackingAttr makeChecked(EmitError emitError,
                                   ::mlir::MLIRContext *context,
                                   const PackingFields &fields);
    /// The preset of this name, or null. Not every preset is a PackingAttr.
    static ::ternary::PackingAttrInterface
    getPreset(::mlir::MLIRContext *context, ::llvm::StringRef name);
    /// The names of all presets, in the order of docs/packings.md.
    static ::llvm::ArrayRef<::llvm::StringRef> getPresetNames();
  }];
}

def Ternary_TQ1Attr : Ternary_Attr<"TQ1", "tq1_0", [
    DeclareAttrInterfaceMethods<PackingAttrInterface>
  ]> {
  let summary = "llama.cpp's TQ1_0: base 3 in three segments, f16 per block";
  let description = [{
    Blocks of 256 columns in 54 bytes: 48 bytes with five trits each (element
    `m + 32 i` in byte `m` for the first 160 elements, `160 + m + 16 i` in byte
    `32 + m` for the next 80), four bytes with four trits each (`240 + j + 4 i`
    in byte `48 + j`), and the block's f16 scale. Digit 0 is the most
    significant one; the base-3 number `q` is stored as `(q * 256 + 242) / 243`.
    The byte shape is `[N, K / 256, 54]`; K must be a multiple of 256.

    Example:

    ```mlir
    #ternary.tq1_0
    ```
  }];
  let parameters = (ins);
}

def Ternary_TargetAttr : Ternary_Attr<"Target", "target"> {
  let summary = "the machine that a module is compiled for";
  let description = [{
    Set on the module by the driver (as `ternary.target`); passes read it and
    never query the machine they run on. `cpu` is an LLVM CPU name, `isa` the
    row of the ISA table that kernels are chosen from, `threads` the number of
    threads that parallel loops are cut for (1: no threads, no OpenMP; 0: as
    many as OpenMP has at run time).

    Example:

    ```mlir
    module attributes {
      ternary.target = #ternary.target<cpu = "znver4", isa = "generic",
                                       threads = 1>
    } {}
    ```
  }];
  let parameters = (ins StringRefParameter<>:$cpu, StringRefParameter<>:$isa,
                        "int64_t":$threads);
  let assemblyFormat = [{
    `<` `cpu` `=` $cpu `,` `isa` `=` $isa `,` `threads` `=` $threads `>`
  }];
}

//===----------------------------------------------------------------------===//
// Enums
//===----------------------------------------------------------------------===//

class Ternary_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::ternary";
  let genSpecializedAttr = 0;
}
class Ternary_EnumAttr<EnumInfo info, string mnemonic>
    : EnumAttr<Ternary_Dialect, info, mnemonic>;

def Ternary_Conversion : Ternary_Enum<"Conversion",
  "how a value that is packed becomes a trit", [
    I32EnumAttrCase<"Trits", 0, "trits">,
    I32EnumAttrCase<"Truncate", 1, "truncate">,
    I32EnumAttrCase<"Sign", 2, "sign">
  ]>;
def Ternary_ConversionAttr : Ternary_EnumAttr<Ternary_Conversion, "conversion"> {
  let description = [{
    `trits`: the values are trits (a promise). `truncate`: toward zero to int8
    (wrapping), then +1 and -1 stay and all else is 0. `sign`: -1, 0 or +1.
    NaN is 0.

    Example: `#ternary<conversion sign>`
  }];
}

def Ternary_Method : Ternary_Enum<"Method", "rule of ternarization", [
    I32EnumAttrCase<"Round", 0, "round">,
    I32EnumAttrCase<"Threshold", 1, "threshold">,
    I32EnumAttrCase<"LSQ", 2, "lsq">
  ]>;
def Ternary_MethodAttr : Ternary_EnumAttr<Ternary_Method, "method"> {
  let description = [{
    `round`: clamp(round(w / alpha), -1, 1). `threshold`: sign(w) where
    abs(w) > threshold. `lsq`: as `round`, with alpha clamped from below by eps.

    Example: `#ternary<method threshold>`
  }];
}

def Ternary_ScaleForm : Ternary_Enum<"ScaleForm",
  "which number describes a quantized activation", [
    I32EnumAttrCase<"Multiplier", 0, "multiplier">,
    I32EnumAttrCase<"Absmax", 1, "absmax">
  ]>;
def Ternary_ScaleFormAttr : Ternary_EnumAttr<Ternary_ScaleForm, "scale_form"> {
  let description = [{
    `multiplier`: absmax / Q, so that x is about q * scale. `absmax`: the
    per-token absmax itself, so that x is about q / Q * scale.

    Example: `#ternary<scale_form absmax>`
  }];
}

def Ternary_ExponentRounding : Ternary_Enum<"ExponentRounding",
  "how a logarithm becomes an exponent", [
    I32EnumAttrCase<"Nearest", 0, "nearest">,
    I32EnumAttrCase<"Truncate", 1, "truncate">
  ]>;
def Ternary_ExponentRoundingAttr
    : Ternary_EnumAttr<Ternary_ExponentRounding, "exponent_rounding"> {
  let description = [{
    `nearest`: to the nearest integer, ties to even. `truncate`: toward zero.

    Example: `#ternary<exponent_rounding truncate>`
  }];
}

def Ternary_RaggedMean : Ternary_Enum<"RaggedMean",
  "what a ragged last group divides by", [
    I32EnumAttrCase<"Length", 0, "length">,
    I32EnumAttrCase<"GroupSize", 1, "group_size">
  ]>;
def Ternary_RaggedMeanAttr : Ternary_EnumAttr<Ternary_RaggedMean, "ragged_mean"> {
  let description = [{
    `length`: its own length. `group_size`: the full group size.

    Example: `#ternary<ragged_mean group_size>`
  }];
}

def Ternary_STEVariant : Ternary_Enum<"STEVariant",
  "rule of a straight-through estimator", [
    I32EnumAttrCase<"Identity", 0, "identity">,
    I32EnumAttrCase<"Clamp", 1, "clamp">,
    I32EnumAttrCase<"Legacy", 2, "legacy">,
    I32EnumAttrCase<"LSQ", 3, "lsq">
  ]>;
def Ternary_STEVariantAttr : Ternary_EnumAttr<Ternary_STEVariant, "ste_variant"> {
  let description = [{
    `identity`: the gradient passes. `clamp`: it passes where the clamp does.
    `legacy`: it is clamped itself. `lsq`: it passes, and reaches the scale.

    Example: `#ternary<ste_variant clamp>`
  }];
}

def Ternary_UpdateRule : Ternary_Enum<"UpdateRule",
  "which state of a ternary weight a gradient updates", [
    I32EnumAttrCase<"Correlation", 0, "correlation">,
    I32EnumAttrCase<"Exponent", 1, "exponent">,
    I32EnumAttrCase<"Trit", 2, "trit">,
    I32EnumAttrCase<"Step", 3, "step">
  ]>;

def Ternary_ArgumentNumbers : ArrayRefParameter<"int64_t"> {
  let parser = "::ternary::parseArgumentNumbers($_parser)";
  let printer = [{
    $_printer << "[";
    ::llvm::interleaveComma($_self, $_printer.getStream());
    $_printer << "]";
  }];
}

def Ternary_UpdateAttr : Ternary_Attr<"Update", "update"> {
  let summary = "how a gradient updates the state of a ternary weight";
  let description = [{
    An element of `ternary.update` on a function argument that holds ternary
    weights, read by `ternary-differentiate`. `state`, `amount_argument` and
    `thresholds` are numbers of other arguments of the function. The rules are
    those of the ops of the same meaning:

    | rule | `state` | op |
    |---|---|---|
    | `correlation` | correlation, step | `accumulate_correlation` |
    | `exponent` | exponent, accumulator; without `threshold` the accumulator | `update_exponent` |
    | `trit` | accumulator | `accumulate_trit` |
    | `step` | accumulator; the bytes themselves are updated too | `step` |

    Constraints:
    * (update_c1) `state` has two arguments for `correlation` and for `exponent`
      with a threshold, else one; they are distinct and not negative;
    * (update_c2) `group_size` is at least 1, and given exactly for
      `correlation`, `exponent` and a `step` with `thresholds`;
    * (update_c3) `step` has either `threshold` or `thresholds`; only `exponent`
      has `threshold` besides;
    * (update_c4) `amount` is not given for an `exponent` with a threshold;
      `amount_argument` is given only for `correlation`, and not beside `amount`.

    Where it stands on an argument:
    * (update_c5) that argument is a ranked tensor or memref of i8, and the
      numbers are those of other arguments;
    * (update_c6) the arguments have the types of the op's operands: a
      correlation is i64 of rank 2, a step one i64, an exponent or accumulator
      i8 of rank 2, thresholds i8, i32 or i64 of rank 2, an amount i64.

    Example:

    ```mlir
    #ternary.update<rule = correlation, state = [2, 3], group_size = 4>
    ```
  }];
  let parameters = (ins
    EnumParameter<Ternary_UpdateRule>:$rule,
    Ternary_ArgumentNumbers:$state,
    OptionalParameter<"std::optional<int64_t>">:$group_size,
    OptionalParameter<"std::optional<int64_t>">:$threshold,
    OptionalParameter<"std::optional<int64_t>">:$thresholds,
    OptionalParameter<"std::optional<int64_t>">:$amount,
    OptionalParameter<"std::optional<int64_t>">:$amount_argument
  );
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // TERNARY_IR_ATTRIBUTES
