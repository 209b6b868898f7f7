// RUN: ternary-opt %s -verify-diagnostics -split-input-file

//===----------------------------------------------------------------------===//
// dot
//===----------------------------------------------------------------------===//

// (dot_c1) radix 3 or 4, digits that fit a byte, at least one
func.func @dot_radix(%b: vector<64xi8>, %c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected 'radix' of 3 or 4, found 2}}
  %0 = ternary.dot %b, [%b], [%c] {radix = 2 : i64} : vector<64xi8>, vector<16xi32>
  return
}

// -----

func.func @dot_too_many_digits(%b: vector<64xi8>, %c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected 1 to 4 digits of radix 4, found 5}}
  %0:5 = ternary.dot %b, [%b, %b, %b, %b, %b], [%c, %c, %c, %c, %c] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
  return
}

// -----

func.func @dot_too_many_base3_digits(%b: vector<64xi8>, %c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected 1 to 5 digits of radix 3, found 6}}
  %0:6 = ternary.dot %b, [%b, %b, %b, %b, %b, %b], [%c, %c, %c, %c, %c, %c] {radix = 3 : i64} : vector<64xi8>, vector<16xi32>
  return
}

// -----

func.func @dot_no_digit(%b: vector<64xi8>) {
  // expected-error @+1 {{'ternary.dot' op expected 1 to 4 digits of radix 4, found 0}}
  "ternary.dot"(%b) <{operandSegmentSizes = array<i32: 1, 0, 0>, radix = 4 : i64}> : (vector<64xi8>) -> ()
  return
}

// -----

func.func @dot_results(%b: vector<64xi8>, %c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected 1 results, found 2}}
  %0:2 = "ternary.dot"(%b, %b, %c) <{operandSegmentSizes = array<i32: 1, 1, 1>, radix = 4 : i64}> : (vector<64xi8>, vector<64xi8>, vector<16xi32>) -> (vector<16xi32>, vector<16xi32>)
  return
}

// -----

func.func @dot_lists(%b: vector<64xi8>, %c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected one activation vector or one per accumulator, found 2 for 1}}
  %0 = ternary.dot %b, [%b, %b], [%c] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
  return
}

// -----

func.func @dot_operands(%b: vector<64xi8>, %c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected one activation vector or one per accumulator, found 0 for 1}}
  %0 = ternary.dot %b, [], [%c] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
  return
}

// -----

// (dot_c2) activations of the type of bytes
func.func @dot_activations(%b: vector<64xi8>, %x: vector<32xi8>, %c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected activations of type 'vector<64xi8>', found 'vector<32xi8>'}}
  %0 = "ternary.dot"(%b, %x, %c) <{operandSegmentSizes = array<i32: 1, 1, 1>, radix = 4 : i64}> : (vector<64xi8>, vector<32xi8>, vector<16xi32>) -> vector<16xi32>
  return
}

// -----

// (dot_c3) accumulators with a quarter of the lanes
func.func @dot_accumulators(%b: vector<64xi8>, %c: vector<64xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected accumulators of type 'vector<16xi32>', found 'vector<64xi32>'}}
  %0 = ternary.dot %b, [%b], [%c] {radix = 4 : i64} : vector<64xi8>, vector<64xi32>
  return
}

// -----

func.func @dot_result_type(%b: vector<64xi8>, %c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected results of type 'vector<16xi32>', found 'vector<8xi32>'}}
  %0 = "ternary.dot"(%b, %b, %c) <{operandSegmentSizes = array<i32: 1, 1, 1>, radix = 4 : i64}> : (vector<64xi8>, vector<64xi8>, vector<16xi32>) -> vector<8xi32>
  return
}

// -----

func.func @dot_lanes(%b: vector<6xi8>, %c: vector<1xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected a multiple of 4 bytes, found 'vector<6xi8>'}}
  %0 = ternary.dot %b, [%b], [%c] {radix = 4 : i64} : vector<6xi8>, vector<1xi32>
  return
}

// -----

func.func @dot_rank(%b: vector<4x16xi8>, %c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot' op operand #0 must be}}
  %0 = ternary.dot %b, [%b], [%c] {radix = 4 : i64} : vector<4x16xi8>, vector<16xi32>
  return
}

// -----

// (dot_c4) two's complement of two bits
func.func @dot_signed(%b: vector<4xi8>, %c: vector<1xi32>) {
  // expected-error @+1 {{'ternary.dot' op expected 'radix' of 4 with 'is_signed', found 3}}
  %0 = ternary.dot %b, [%b], [%c] {radix = 3 : i64, is_signed} : vector<4xi8>, vector<1xi32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// dot_finish
//===----------------------------------------------------------------------===//

// (dot_finish_c1) radix 3 or 4, digits that fit a byte, at least one
func.func @dot_finish_radix(%c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot_finish' op expected 'radix' of 3 or 4, found 5}}
  %0 = ternary.dot_finish [%c], %c {radix = 5 : i64, offset = 1 : i64} : vector<16xi32>
  return
}

// -----

func.func @dot_finish_digits(%c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot_finish' op expected 1 to 4 digits of radix 4, found 5}}
  %0 = ternary.dot_finish [%c, %c, %c, %c, %c], %c {radix = 4 : i64, offset = 1 : i64} : vector<16xi32>
  return
}

// -----

func.func @dot_finish_no_digit(%c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot_finish' op expected 1 to 4 digits of radix 4, found 0}}
  %0 = ternary.dot_finish [], %c {radix = 4 : i64, offset = 1 : i64} : vector<16xi32>
  return
}

// -----

// (dot_finish_c2) one type
func.func @dot_finish_accumulators(%c: vector<16xi32>, %d: vector<8xi32>) {
  // expected-error @+1 {{'ternary.dot_finish' op expected accumulators of type 'vector<16xi32>', found 'vector<8xi32>'}}
  %0 = "ternary.dot_finish"(%c, %d, %c) <{radix = 4 : i64, offset = 1 : i64}> : (vector<16xi32>, vector<8xi32>, vector<16xi32>) -> vector<16xi32>
  return
}

// -----

func.func @dot_finish_sum(%c: vector<16xi32>, %d: vector<8xi32>) {
  // expected-error @+1 {{'ternary.dot_finish' op expected activation sum of type 'vector<16xi32>', found 'vector<8xi32>'}}
  %0 = "ternary.dot_finish"(%c, %d) <{radix = 4 : i64, offset = 1 : i64}> : (vector<16xi32>, vector<8xi32>) -> vector<16xi32>
  return
}

// -----

// (dot_finish_c4) a digit that exists
func.func @dot_finish_digit(%c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot_finish' op expected 'digit' of 0 to 1, found 2}}
  %0 = ternary.dot_finish [%c, %c], %c {radix = 4 : i64, digit = 2 : i64, offset = 1 : i64} : vector<16xi32>
  return
}

// -----

func.func @dot_finish_negative_digit(%c: vector<16xi32>) {
  // expected-error @+1 {{'ternary.dot_finish' op expected 'digit' of 0 to 0, found -1}}
  %0 = ternary.dot_finish [%c], %c {radix = 4 : i64, digit = -1 : i64, offset = 1 : i64} : vector<16xi32>
  return
}

// -----

// (dot_finish_c3) two's complement of two bits
func.func @dot_finish_signed(%c: vector<1xi32>) {
  // expected-error @+1 {{'ternary.dot_finish' op expected 'radix' of 4 with 'is_signed', found 3}}
  %0 = ternary.dot_finish [%c], %c {radix = 3 : i64, offset = 0 : i64, is_signed} : vector<1xi32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// decode, encode
//===----------------------------------------------------------------------===//

// (decode_c1) radix 3 or 4, digits that the byte has
func.func @decode_radix(%b: vector<64xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected 'radix' of 3 or 4, found 16}}
  %0 = ternary.decode %b {radix = 16 : i64, digit = 0 : i64, offset = 1 : i64} : vector<64xi8>
  return
}

// -----

func.func @decode_digit(%b: vector<64xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected 1 to 4 digits of radix 4, found 5}}
  %0 = ternary.decode %b {radix = 4 : i64, digit = 4 : i64, offset = 1 : i64} : vector<64xi8>
  return
}

// -----

func.func @decode_negative_digit(%b: vector<64xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected 'digit' of at least 0, found -1}}
  %0 = ternary.decode %b {radix = 3 : i64, digit = -1 : i64, offset = 1 : i64} : vector<64xi8>
  return
}

// -----

func.func @decode_run_radix(%b: vector<16xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected 'radix' of 3 or 4, found 2}}
  %0 = ternary.decode %b {radix = 2 : i64, offset = 1 : i64} : vector<16xi8> to vector<64xi8>
  return
}

// -----

func.func @decode_run_too_many_digits(%b: vector<16xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected 1 to 5 digits of radix 3, found 6}}
  %0 = ternary.decode %b {radix = 3 : i64, offset = 1 : i64} : vector<16xi8> to vector<96xi8>
  return
}

// -----

func.func @decode_run_ragged(%b: vector<16xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected a multiple of 16 lanes in the result, found 40}}
  %0 = ternary.decode %b {radix = 4 : i64, offset = 1 : i64} : vector<16xi8> to vector<40xi8>
  return
}

// -----

func.func @decode_run_no_digit(%b: vector<16xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected a multiple of 16 lanes in the result, found 8}}
  %0 = ternary.decode %b {radix = 4 : i64, offset = 1 : i64} : vector<16xi8> to vector<8xi8>
  return
}

// -----

// (decode_c2) with a digit: the type of bytes, and no order of digits
func.func @decode_types(%b: vector<64xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected a result of 64 lanes with 'digit', found 32}}
  %0 = ternary.decode %b {radix = 4 : i64, digit = 0 : i64, offset = 1 : i64} : vector<64xi8> to vector<32xi8>
  return
}

// -----

func.func @decode_digit_order(%b: vector<64xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected no 'msb_first' with 'digit'}}
  %0 = ternary.decode %b {radix = 4 : i64, digit = 0 : i64, offset = 1 : i64, msb_first} : vector<64xi8>
  return
}

// -----

// The parser: vectors of bytes, both types where they differ.
func.func @decode_scalar(%b: i8) {
  // expected-error @+1 {{'ternary.decode' op operand #0 must be}}
  %0 = ternary.decode %b {radix = 4 : i64, offset = 1 : i64} : i8 to vector<4xi8>
  return
}

// -----

func.func @decode_lanes_of_ints(%b: vector<16xi8>) {
  // expected-error @+1 {{'ternary.decode' op result #0 must be}}
  %0 = ternary.decode %b {radix = 4 : i64, offset = 1 : i64} : vector<16xi8> to vector<64xi32>
  return
}

// -----

func.func @decode_no_type(%b: vector<16xi8>) {
  // expected-error @+1 {{expected non-function type}}
  %0 = ternary.decode %b {radix = 4 : i64, offset = 1 : i64} : vector<16xi8> to
  return
}

// -----

// (encode_c1) radix 3 or 4, digits that fit a byte, at least one
func.func @encode_radix(%t: vector<64xi8>) {
  // expected-error @+1 {{'ternary.encode' op expected 'radix' of 3 or 4, found 0}}
  %0 = ternary.encode [%t] {radix = 0 : i64, offset = 1 : i64} : vector<64xi8>
  return
}

// -----

func.func @encode_digits(%t: vector<64xi8>) {
  // expected-error @+1 {{'ternary.encode' op expected 1 to 5 digits of radix 3, found 6}}
  %0 = ternary.encode [%t, %t, %t, %t, %t, %t] {radix = 3 : i64, offset = 1 : i64} : vector<64xi8>
  return
}

// -----

func.func @encode_no_digit() {
  // expected-error @+1 {{'ternary.encode' op expected 1 to 5 digits of radix 3, found 0}}
  %0 = ternary.encode [] {radix = 3 : i64, offset = 1 : i64} : vector<64xi8>
  return
}

// -----

// (decode_c2) neither with all digits
func.func @decode_all_signed(%b: vector<4xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected no 'is_signed' without 'digit'}}
  %0 = ternary.decode %b {radix = 4 : i64, offset = 0 : i64, is_signed} : vector<4xi8> to vector<16xi8>
  return
}

// -----

func.func @decode_all_shifted(%b: vector<4xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected no 'shift' without 'digit'}}
  %0 = ternary.decode %b {radix = 4 : i64, offset = 1 : i64, shift = 6 : i64} : vector<4xi8> to vector<16xi8>
  return
}

// -----

// (decode_c3) two's complement of two bits
func.func @decode_signed(%b: vector<4xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected 'radix' of 4 with 'is_signed', found 3}}
  %0 = ternary.decode %b {radix = 3 : i64, digit = 0 : i64, offset = 0 : i64, is_signed} : vector<4xi8>
  return
}

// -----

// (decode_c4) a shift inside of the byte
func.func @decode_shift(%b: vector<4xi8>) {
  // expected-error @+1 {{'ternary.decode' op expected 'shift' of 0 to 7, found 8}}
  %0 = ternary.decode %b {radix = 4 : i64, digit = 0 : i64, offset = 0 : i64, shift = 8 : i64} : vector<4xi8>
  return
}

// -----

// (encode_c2) trits of the type of the result
func.func @encode_types(%t: vector<64xi8>, %u: vector<32xi8>) {
  // expected-error @+1 {{'ternary.encode' op expected trits of type 'vector<64xi8>', found 'vector<32xi8>'}}
  %0 = "ternary.encode"(%t, %u) <{radix = 4 : i64, offset = 1 : i64}> : (vector<64xi8>, vector<32xi8>) -> vector<64xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// look_up
//===----------------------------------------------------------------------===//

// (look_up_c1) a power of two
func.func @look_up_lanes(%t: vector<12xf32>, %i: vector<12xi32>) {
  // expected-error @+1 {{'ternary.look_up' op expected a power of two of lanes, found 12}}
  %0 = ternary.look_up %t[%i] : vector<12xf32>, vector<12xi32>
  return
}

// -----

// (look_up_c2) equally many lanes
func.func @look_up_index(%t: vector<16xf32>, %i: vector<8xi32>) {
  // expected-error @+1 {{'ternary.look_up' op expected 'index' of 16 lanes like 'table', found 8}}
  %0 = ternary.look_up %t[%i] : vector<16xf32>, vector<8xi32>
  return
}
