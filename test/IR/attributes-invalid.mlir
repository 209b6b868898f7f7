// RUN: ternary-opt %s -verify-diagnostics -split-input-file

// Packings, targets, and what functions state about their bytes.

//===----------------------------------------------------------------------===//
// Presets and the grammar
//===----------------------------------------------------------------------===//

// expected-error @+1 {{unknown packing preset 'chimaera', expected one of chimera, base3, i2_s, i2_s_64, tq1_0, tq2_0, q2_0, hf, torchao, bitnet_gpu, cpu_panel2, cpu_panel3, cpu_rows2, cpu_rows3, gpu_tile2, gpu_tile2k, gpu_tile2h, gpu_tile2hk, gpu_tile3}}
func.func private @unknown_preset() attributes {p = #ternary.packing<chimaera>}

// -----

// expected-error @+1 {{expected valid keyword}}
func.func private @no_preset() attributes {p = #ternary.packing<>}

// -----

// expected-error @+1 {{expected '<'}}
func.func private @no_parameters() attributes {p = #ternary.packing}

// -----

// expected-error @+1 {{expected '>'}}
func.func private @two_presets() attributes {p = #ternary.packing<hf, chimera>}

// -----

func.func private @missing_codes() attributes {
  // expected-error @+1 {{expected 'codes'}}
  p = #ternary.packing<radix = 4, unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb>
}

// -----

func.func private @missing_order() attributes {
  // expected-error @+1 {{expected ','}}
  p = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1>
}

// -----

func.func private @missing_k() attributes {
  // expected-error @+1 {{expected 'k'}}
  p = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*, 4], bytes = [[n0]], digit = n1, order = msb>
}

// -----

func.func private @bad_ragged() attributes {
  // expected-error @+1 {{expected 'pad' or 'refuse', found 'round'}}
  p = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = round, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb>
}

// -----

func.func private @bad_order() attributes {
  // expected-error @+1 {{expected 'lsb' or 'msb', found 'first'}}
  p = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = first>
}

// -----

func.func private @bad_scale() attributes {
  // expected-error @+1 {{expected 'f16' or 'f32', found 'bf16'}}
  p = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb, trailer = 4, scale = bf16>
}

// -----

func.func private @unknown_factor() attributes {
  // expected-error @+1 {{expected a factor such as 'n0', found 'x0'}}
  p = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[x0], [k0]], digit = k1, order = msb>
}

// -----

func.func private @factor_of_the_other_split() attributes {
  // expected-error @+1 {{expected a factor such as 'f0', found 'k0'}}
  p = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, f = [*, 4], bytes = [[k0]], digit = f1, order = msb>
}

// -----

func.func private @factor_number_too_large() attributes {
  // expected-error @+1 {{expected a factor such as 'n0', found 'k64'}}
  p = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k64]], digit = k1, order = msb>
}

// -----

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

// (packing_c1) a radix of 3 to 256
func.func private @radix_too_small() attributes {
  // expected-error @+1 {{expected a radix of 3 to 256, found 2}}
  p = #ternary.packing<radix = 2, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @radix_too_large() attributes {
  // expected-error @+1 {{expected a radix of 3 to 256, found 257}}
  p = #ternary.packing<radix = 257, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 1], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

// (packing_c1) digits × bits > 8
func.func private @too_many_bits() attributes {
  // expected-error @+1 {{expected digits that fit a byte, found 5 digits of radix 4}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 5], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @too_many_trits() attributes {
  // expected-error @+1 {{expected digits that fit a byte, found 6 digits of radix 3}}
  p = #ternary.packing<radix = 3, codes = [0, 1, 2], unused = forbid, pad = 0, ragged = pad, f = [*, 6], bytes = [[f0]], digit = f1, order = lsb>
}

// -----

func.func private @far_too_many_digits() attributes {
  // expected-error @+1 {{expected digits that fit a byte, found 1048576 digits of radix 256}}
  p = #ternary.packing<radix = 256, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, f = [*, 1048576], bytes = [[f0]], digit = f1, order = lsb>
}

// -----

// (packing_c2) three codes, distinct, below the radix
func.func private @codes_not_distinct() attributes {
  // expected-error @+1 {{expected distinct codes, found [0, 1, 1]}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @outer_codes_not_distinct() attributes {
  // expected-error @+1 {{expected distinct codes, found [2, 1, 2]}}
  p = #ternary.packing<radix = 4, codes = [2, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @code_out_of_range() attributes {
  // expected-error @+1 {{expected codes of 0 to 2, found 3}}
  p = #ternary.packing<radix = 3, codes = [0, 1, 3], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @negative_code() attributes {
  // expected-error @+1 {{expected codes of 0 to 3, found -1}}
  p = #ternary.packing<radix = 4, codes = [-1, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @two_codes() attributes {
  // expected-error @+1 {{expected three codes, found 2}}
  p = #ternary.packing<radix = 4, codes = [0, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

// (packing_c3) factors of at least 1, one '*' per split
func.func private @zero_factor() attributes {
  // expected-error @+1 {{expected factors of k with a product of 1 to 1048576, found factor 0}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 0], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @factors_too_large() attributes {
  // expected-error @+1 {{expected factors of n with a product of 1 to 1048576, found factor 1024}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*, 2048, 1024], k = [*, 4], bytes = [[n0, n1, n2], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @no_star() attributes {
  // expected-error @+1 {{expected one factor '*' of n, found 0}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [8], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @two_stars() attributes {
  // expected-error @+1 {{expected one factor '*' of k, found 2}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, *, 4], bytes = [[n0], [k0, k1]], digit = k2, order = lsb>
}

// -----

func.func private @no_factors() attributes {
  // expected-error @+1 {{expected 1 to 63 factors of n, found 0}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [], k = [*, 4], bytes = [[k0]], digit = k1, order = lsb>
}

// -----

// (packing_c4) each factor exactly once, the digit of fixed size
func.func private @factor_used_twice() attributes {
  // expected-error @+1 {{expected each of 3 factors exactly once in bytes and digit}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0, k0]], digit = k1, order = lsb>
}

// -----

func.func private @digit_used_twice() attributes {
  // expected-error @+1 {{expected each of 3 factors exactly once in bytes and digit}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0, k1]], digit = k1, order = lsb>
}

// -----

func.func private @factor_missing() attributes {
  // expected-error @+1 {{expected each of 4 factors exactly once in bytes and digit}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*, 2], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @factor_unknown() attributes {
  // expected-error @+1 {{expected each of 3 factors exactly once in bytes and digit}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0, k2]], digit = k1, order = lsb>
}

// -----

func.func private @digit_of_any_size() attributes {
  // expected-error @+1 {{expected a digit of fixed size, found '*'}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k1]], digit = k0, order = lsb>
}

// -----

func.func private @no_axis() attributes {
  // expected-error @+1 {{expected at least one axis of bytes}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [], digit = k1, order = lsb>
}

// -----

// (packing_c5) header and trailer hold the scale
func.func private @negative_header() attributes {
  // expected-error @+1 {{expected a header and trailer of 0 to 4096 bytes}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb, header = -1>
}

// -----

func.func private @trailer_too_long() attributes {
  // expected-error @+1 {{expected a header and trailer of 0 to 4096 bytes}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb, trailer = 4097>
}

// -----

func.func private @no_room_for_the_scale() attributes {
  // expected-error @+1 {{expected a header or trailer of at least 2 bytes for the scale}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb, scale = f16>
}

// -----

func.func private @trailer_too_short() attributes {
  // expected-error @+1 {{expected a header or trailer of at least 4 bytes for the scale}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb, trailer = 2, scale = f32>
}

// -----

// The scale lies in the header if there is one, however long the trailer is.

func.func private @header_too_short() attributes {
  // expected-error @+1 {{bytes for the scale}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb, header = 1, trailer = 4, scale = f32>
}

// -----

// (packing_c6) the pad is a trit, and '*' comes first in f
func.func private @pad_no_trit() attributes {
  // expected-error @+1 {{expected a padding trit of -1 to 1, found 2}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 2, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

func.func private @star_not_first() attributes {
  // expected-error @+1 {{expected '*' as the first factor of f}}
  p = #ternary.packing<radix = 3, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, f = [5, *], bytes = [[f1]], digit = f0, order = lsb>
}

// -----

func.func private @unused_out_of_range() attributes {
  // expected-error @+1 {{expected unused codes to read as -127 to 127, found -128}}
  p = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = -128, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>
}

// -----

//===----------------------------------------------------------------------===//
// Enums and targets
//===----------------------------------------------------------------------===//

// expected-error @+2 {{expected ::ternary::Conversion to be one of}}
// expected-error @+1 {{failed to parse}}
func.func private @unknown_conversion() attributes {p = #ternary<conversion round>}

// -----

// expected-error @+1 {{unknown attribute `layout` in dialect `ternary`}}
func.func private @unknown_attribute() attributes {p = #ternary.layout<chimera>}

// -----

// expected-error @+1 {{'ternary.target': expected #ternary.target, found "znver4"}}
module attributes {ternary.target = "znver4"} {}

// -----

// expected-error @+1 {{'ternary.metadata': expected a dictionary on a module, found "bitnet" on 'builtin.module'}}
module attributes {ternary.metadata = "bitnet"} {}

// -----

// expected-error @+1 {{'ternary.metadata': expected a dictionary on a module, found {} on 'func.func'}}
func.func private @metadata() attributes {ternary.metadata = {}}

// -----

// expected-error @+1 {{unknown attribute 'ternary.tagret' on an operation}}
module attributes {ternary.tagret = #ternary.target<cpu = "znver4", isa = "generic", threads = 1>} {}

// -----

//===----------------------------------------------------------------------===//
// Attributes of function arguments
//===----------------------------------------------------------------------===//

// expected-error @+1 {{argument 0: expected bytes of rank 2 for #ternary.packing<chimera>, found 'tensor<24xi8>'}}
func.func @rank(%b: tensor<24xi8> {ternary.packing = #ternary.packing<chimera>}) { return }

// -----

// expected-error @+1 {{argument 1: 'ternary.packing' expected a ranked tensor or memref of i8, found 'tensor<8x3xf32>'}}
func.func @element_type(%a: i32, %b: tensor<8x3xf32> {ternary.packing = #ternary.packing<chimera>}) { return }

// -----

// expected-error @+1 {{argument 0: 'ternary.packing' expected a ranked tensor or memref of i8, found 'tensor<*xi8>'}}
func.func @unranked(%b: tensor<*xi8> {ternary.packing = #ternary.packing<chimera>}) { return }

// -----

// expected-error @+1 {{argument 0: 'ternary.packing' expected a ranked tensor or memref of i8, found 'i8'}}
func.func @scalar(%b: i8 {ternary.packing = #ternary.packing<chimera>}) { return }

// -----

// expected-error @+1 {{'ternary.packing': expected a packing, found "chimera"}}
func.func @no_packing(%b: tensor<8x3xi8> {ternary.packing = "chimera"}) { return }

// -----

// expected-error @+1 {{'ternary.shape': expected 'ternary.packing' beside it}}
func.func @shape_alone(%b: tensor<8x3xi8> {ternary.shape = array<i64: 8, 10>}) { return }

// -----

// expected-error @+1 {{'ternary.shape': expected array<i64: N, K>, found array<i64: 8>}}
func.func @shape_of_rank_1(%b: tensor<8x3xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: 8>}) { return }

// -----

// expected-error @+1 {{'ternary.shape': expected array<i64: N, K>, found [8, 10]}}
func.func @shape_of_another_kind(%b: tensor<8x3xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = [8, 10]}) { return }

// -----

// expected-error @+1 {{argument 0: expected bytes of shape [8, 3] for #ternary.packing<chimera> at the stated shape, found 'tensor<8x4xi8>'}}
func.func @length(%b: tensor<8x4xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: 8, 10>}) { return }

// -----

// expected-error @+1 {{argument 0: #ternary.packing<torchao>: expected K to be a multiple of 4, found 10}}
func.func @undefined_shape(%b: tensor<8x3xi8> {ternary.packing = #ternary.packing<torchao>, ternary.shape = array<i64: 8, 10>}) { return }

// -----

// expected-error @+1 {{argument 0: #ternary.packing<base3>: the byte count overflows}}
func.func @overflow(%b: tensor<?xi8> {ternary.packing = #ternary.packing<base3>, ternary.shape = array<i64: 4294967296, 4294967296>}) { return }

// -----

// expected-error @+1 {{'ternary.constant': expected a unit attribute}}
func.func @constant(%b: tensor<8x3xi8> {ternary.constant = true}) { return }

// -----

// expected-error @+1 {{unknown argument attribute 'ternary.layout'}}
func.func @unknown_argument_attribute(%b: tensor<8x3xi8> {ternary.layout = #ternary.packing<chimera>}) { return }

// -----

//===----------------------------------------------------------------------===//
// Attributes of function results
//===----------------------------------------------------------------------===//

// expected-error @+1 {{expected bytes of rank 2 for #ternary.packing<chimera>, found 'tensor<24xi8>'}}
func.func private @result_rank() -> (tensor<24xi8> {ternary.packing = #ternary.packing<chimera>})

// -----

// expected-error @+1 {{expected bytes of shape [8, 3] for #ternary.packing<chimera> at the stated shape, found 'tensor<8x4xi8>'}}
func.func private @result_length() -> (tensor<8x4xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: 8, 10>})

// -----

// expected-error @+1 {{'ternary.layout'}}
func.func private @unknown_result_attribute() -> (tensor<8x3xi8> {ternary.layout = #ternary.packing<chimera>})
