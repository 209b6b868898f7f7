//===- TernaryRegisterOps.td - Ops on vectors in registers -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_REGISTER_OPS
#define TERNARY_IR_REGISTER_OPS

include "ternary/IR/TernaryOpBase.td"

class Ternary_RegisterOp<string mnemonic, list<Trait> traits = []>
    : Ternary_Op<mnemonic, !listconcat([Pure], traits)> {
  let hasVerifier = 1;
}

def Ternary_ByteVector : FixedVectorOfRankAndType<[1], [I8]>;
def Ternary_LaneVector : FixedVectorOfRankAndType<[1], [I32]>;
def Ternary_TableVector : FixedVectorOfRankAndType<[1], [F32, I8]>;
def Ternary_IndexVector : FixedVectorOfRankAndType<[1], [I32, I8]>;

def Ternary_DotOp : Ternary_RegisterOp<"dot", [AttrSizedOperandSegments]> {
  let summary = "dot products of packed bytes, one accumulator per digit";
  let description = [{
    `bytes` holds `4 L` bytes of `D` digits of `radix` each, least significant
    first; activation vector `i` belongs to digit `i`, or the only one to all
    digits. Lane `l` of accumulator `i` grows by the sum over `j = 0 .. 3` of
    `part_i(byte[4 l + j]) * activation_i[4 l + j]`, in i32 that wraps. What
    `part_i` is (a shifted digit, a masked digit that keeps its weight, a
    remainder) is the target's choice, as long as `dot_finish` with the same
    radix and number of accumulators knows it; digits that share their
    activations may be parts of each other's parts, since sums of products can
    be subtracted afterwards. The pair is exact for up to 16,384 dots into the
    same accumulators. Accumulators start at zero. With `is_signed`, digits of
    radix 4 are two's complement: the codes 0, 1, 2, 3 stand for 0, 1, -2, -1.

    Grammar:

    ```
    dot  ::= `ternary.dot` value `,` list `,` list attr-dict
             `:` vector-type `,` vector-type
    list ::= `[` value (`,` value)* `]`
    ```

    The lists are the activations and the accumulators; the types are that of
    the bytes (and of each activation vector) and that of the accumulators (and
    of each result).

    Constraints:
    * (dot_c1) `radix` is 3 or 4, and `radix^D <= 256`, D being the number of
      accumulators and results (at least 1); there are D activation vectors, or
      one;
    * (dot_c2) each activation vector has the type of `bytes`;
    * (dot_c3) each accumulator has a quarter of the lanes of `bytes`;
    * (dot_c4) `is_signed` needs the radix 4.

    Example:

    ```mlir
    %a:4 = ternary.dot %bytes, [%x0, %x1, %x2, %x3], [%c0, %c1, %c2, %c3]
        {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    %b:4 = ternary.dot %bytes, [%x0], [%c0, %c1, %c2, %c3]
        {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    ```
  }];
  let arguments = (ins
    Ternary_ByteVector:$bytes,
    Variadic<Ternary_ByteVector>:$activations,
    Variadic<Ternary_LaneVector>:$accumulators,
    I64Attr:$radix,
    UnitAttr:$is_signed
  );
  let results = (outs Variadic<Ternary_LaneVector>:$outputs);
  let extraClassDeclaration = [{
    /// Whether one activation vector belongs to several digits.
    bool sharesActivations() {
      return getActivations().size() < getAccumulators().size();
    }
    /// The activation vector of digit `i`.
    ::mlir::Value getActivation(size_t i) {
      return getActivations()[sharesActivations() ? 0 : i];
    }
  }];
  let hasCustomAssemblyFormat = 1;
}

def Ternary_DotFinishOp : Ternary_RegisterOp<"dot_finish"> {
  let summary = "combine the accumulators of dot";
  let description = [{
    The exact sum of `trit * activation` per lane from the accumulators of
    `dot`: undoes the weights of the digits, adds the accumulators and
    subtracts `offset` times `activation_sum`, the sum of the lane's
    activations (`offset` is the code of the trit 0, where codes ascend; 0 for
    `is_signed` digits).

    With `digit`, the sum of that digit alone (0 is the least significant); the
    accumulators are then those of dots whose digits share their activations.
    Without it, they are those of dots with activations for each digit.

    Grammar:

    ```
    dot_finish ::= `ternary.dot_finish` `[` value (`,` value)* `]` `,` value
                   attr-dict `:` vector-type
    ```

    The list holds the accumulators, the value behind it is `activation_sum`.

    Constraints:
    * (dot_finish_c1) `radix` is 3 or 4, and `radix^D <= 256`, D being the
      number of accumulators (at least 1);
    * (dot_finish_c2) accumulators, `activation_sum` and result have one type;
    * (dot_finish_c3) `is_signed` needs the radix 4;
    * (dot_finish_c4) `digit` is below D.

    Example:

    ```mlir
    %y = ternary.dot_finish [%a0, %a1, %a2, %a3], %sum
        {radix = 4 : i64, offset = 1 : i64} : vector<16xi32>
    %y2 = ternary.dot_finish [%b0, %b1, %b2, %b3], %sum
        {radix = 4 : i64, digit = 2 : i64, offset = 1 : i64} : vector<16xi32>
    ```
  }];
  let arguments = (ins
    Variadic<Ternary_LaneVector>:$accumulators,
    Ternary_LaneVector:$activation_sum,
    I64Attr:$radix,
    I64Attr:$offset,
    OptionalAttr<I64Attr>:$digit,
    UnitAttr:$is_signed
  );
  let results = (outs Ternary_LaneVector:$output);
  let hasCustomAssemblyFormat = 1;
}

def Ternary_DecodeOp : Ternary_RegisterOp<"decode"> {
  let summary = "digits of packed bytes as trits";
  let description = [{
    With `digit`, one digit of each byte (0 is the least significant), in
    `radix`: `out[l] = digit(byte[l]) - offset`. Without it, all `D` digits of
    each byte, one byte after the other: `out[D l + i] = digit i of byte[l]
    - offset`, the most significant digit first with `msb_first`. With `is_signed`,
    digits of radix 4 are two's complement, as in `dot`; with `shift`, the result
    is `2^shift` times as much, in i8 that wraps: tensor cores multiply digits
    that stay where they stand in the byte.

    Grammar:

    ```
    decode ::= `ternary.decode` value attr-dict
               `:` vector-type (`to` vector-type)?
    ```

    The types are those of the bytes and of the result, where they differ.

    Constraints:
    * (decode_c1) `radix` is 3 or 4, and `radix^D <= 256`, D being `digit + 1`,
      or the lanes of the result per byte (at least 1);
    * (decode_c2) with `digit`, the result has the type of `bytes`, and there is
      no `msb_first`; without it, neither `is_signed` nor `shift`;
    * (decode_c3) `is_signed` needs the radix 4;
    * (decode_c4) `shift` is 0 to 7.

    Example:

    ```mlir
    %t = ternary.decode %bytes
        {radix = 4 : i64, digit = 2 : i64, offset = 1 : i64} : vector<64xi8>
    %all = ternary.decode %run
        {radix = 3 : i64, offset = 1 : i64} : vector<16xi8> to vector<80xi8>
    ```
  }];
  let arguments = (ins Ternary_ByteVector:$bytes, I64Attr:$radix,
                       OptionalAttr<I64Attr>:$digit, I64Attr:$offset,
                       UnitAttr:$msb_first, UnitAttr:$is_signed,
                       OptionalAttr<I64Attr>:$shift);
  let results = (outs Ternary_ByteVector:$output);
  let builders = [OpBuilder<(ins "::mlir::Value":$bytes, "int64_t":$radix,
                                 "int64_t":$digit, "int64_t":$offset), [{
    build($_builder, $_state, bytes.getType(), bytes, radix,
          $_builder.getI64IntegerAttr(digit), offset, /*msb_first=*/false,
          /*is_signed=*/false, /*shift=*/::mlir::IntegerAttr());
  }]>];
  let hasCustomAssemblyFormat = 1;
}

def Ternary_EncodeOp : Ternary_RegisterOp<"encode"> {
  let summary = "trits in registers to packed bytes";
  let description = [{
    `byte[l] = sum_i (trit_i[l] + offset) * radix^i`.

    Grammar:

    ```
    encode ::= `ternary.encode` `[` value (`,` value)* `]` attr-dict
               `:` vector-type
    ```

    Constraints:
    * (encode_c1) `radix` is 3 or 4, and `radix^D <= 256`, D being the number of
      trit vectors (at least 1);
    * (encode_c2) all trit vectors have the type of the result.

    Example:

    ```mlir
    %bytes = ternary.encode [%t0, %t1, %t2, %t3]
        {radix = 4 : i64, offset = 1 : i64} : vector<64xi8>
    ```
  }];
  let arguments = (ins Variadic<Ternary_ByteVector>:$trits, I64Attr:$radix,
                       I64Attr:$offset);
  let results = (outs Ternary_ByteVector:$output);
  let hasCustomAssemblyFormat = 1;
}

def Ternary_LookUpOp
    : Ternary_RegisterOp<"look_up", [AllTypesMatch<["table", "output"]>]> {
  let summary = "entries of a table in a register";
  let description = [{
    `output[l] = table[index[l] mod L]`, the index being unsigned and `L` the
    number of lanes. Entries are f32 or i8, indices i32 or i8.

    Grammar:

    ```
    look_up ::= `ternary.look_up` value `[` value `]` attr-dict
                `:` vector-type `,` vector-type
    ```

    The types are that of the table (and of the result) and that of the index.

    Constraints:
    * (look_up_c1) the number of lanes is a power of two;
    * (look_up_c2) table and index have equally many lanes.

    Example:

    ```mlir
    %sums = ternary.look_up %table[%bits] : vector<16xf32>, vector<16xi32>
    ```
  }];
  let arguments = (ins Ternary_TableVector:$table, Ternary_IndexVector:$index);
  let results = (outs Ternary_TableVector:$output);
  let assemblyFormat = [{
    $table `[` $index `]` attr-dict `:` type($table) `,` type($index)
  }];
}

#endif // TERNARY_IR_REGISTER_OPS
