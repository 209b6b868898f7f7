// RUN: ternary-opt %s | ternary-opt | FileCheck %s
// RUN: ternary-opt %s --mlir-print-op-generic | ternary-opt | FileCheck %s

// A preset, and the same packing spelled out.
#preset = #ternary.packing<chimera>
#custom = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0,
                           pad = 0, ragged = pad, n = [*], k = [*, 4],
                           bytes = [[n0], [k0]], digit = k1, order = msb>

// CHECK: func.func private @example() attributes {p = [#ternary.packing<chimera>, #ternary.packing<chimera>]}
func.func private @example() attributes {p = [#preset, #custom]}

//===----------------------------------------------------------------------===//
// Presets
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func private @presets
// CHECK-SAME: p00 = #ternary.packing<chimera>, p01 = #ternary.packing<base3>, p02 = #ternary.packing<i2_s>, p03 = #ternary.packing<i2_s_64>, p04 = #ternary.tq1_0, p05 = #ternary.packing<tq2_0>, p06 = #ternary.packing<q2_0>, p07 = #ternary.packing<hf>, p08 = #ternary.packing<torchao>, p09 = #ternary.packing<bitnet_gpu>, p10 = #ternary.packing<cpu_panel2>, p11 = #ternary.packing<cpu_panel3>, p12 = #ternary.packing<cpu_rows2>, p13 = #ternary.packing<cpu_rows3>, p14 = #ternary.packing<gpu_tile2>, p15 = #ternary.packing<gpu_tile2k>, p16 = #ternary.packing<gpu_tile2h>, p17 = #ternary.packing<gpu_tile2hk>, p18 = #ternary.packing<gpu_tile3>}
func.func private @presets() attributes {
  p00 = #ternary.packing<chimera>,
  p01 = #ternary.packing<base3>,
  p02 = #ternary.packing<i2_s>,
  p03 = #ternary.packing<i2_s_64>,
  p04 = #ternary.packing<tq1_0>,
  p05 = #ternary.packing<tq2_0>,
  p06 = #ternary.packing<q2_0>,
  p07 = #ternary.packing<hf>,
  p08 = #ternary.packing<torchao>,
  p09 = #ternary.packing<bitnet_gpu>,
  p10 = #ternary.packing<cpu_panel2>,
  p11 = #ternary.packing<cpu_panel3>,
  p12 = #ternary.packing<cpu_rows2>,
  p13 = #ternary.packing<cpu_rows3>,
  p14 = #ternary.packing<gpu_tile2>,
  p15 = #ternary.packing<gpu_tile2k>,
  p16 = #ternary.packing<gpu_tile2h>,
  p17 = #ternary.packing<gpu_tile2hk>,
  p18 = #ternary.packing<gpu_tile3>
}

// CHECK-LABEL: func.func private @tq1_0
// CHECK-SAME: p = #ternary.tq1_0}
func.func private @tq1_0() attributes {p = #ternary.tq1_0}

// The custom form of a preset is the preset.

// CHECK-LABEL: func.func private @custom_presets
// CHECK-SAME: p00 = #ternary.packing<chimera>, p01 = #ternary.packing<base3>, p02 = #ternary.packing<i2_s>, p03 = #ternary.packing<i2_s_64>, p05 = #ternary.packing<tq2_0>, p06 = #ternary.packing<q2_0>, p07 = #ternary.packing<hf>, p08 = #ternary.packing<torchao>, p09 = #ternary.packing<bitnet_gpu>, p10 = #ternary.packing<cpu_panel2>, p11 = #ternary.packing<cpu_panel3>, p12 = #ternary.packing<cpu_rows2>, p13 = #ternary.packing<cpu_rows3>, p14 = #ternary.packing<gpu_tile2>, p15 = #ternary.packing<gpu_tile2k>, p16 = #ternary.packing<gpu_tile2h>, p17 = #ternary.packing<gpu_tile2hk>, p18 = #ternary.packing<gpu_tile3>}
func.func private @custom_presets() attributes {
  p00 = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad,
                         n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb>,
  p01 = #ternary.packing<radix = 3, codes = [0, 1, 2], unused = forbid, pad = -1, ragged = pad,
                         f = [*, 5], bytes = [[f0]], digit = f1, order = lsb>,
  p02 = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = refuse,
                         f = [*, 4, 32], bytes = [[f0, f2]], digit = f1, order = msb,
                         trailer = 32, scale = f32>,
  p03 = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = refuse,
                         f = [*, 4, 16], bytes = [[f0, f2]], digit = f1, order = msb,
                         trailer = 32, scale = f32>,
  p05 = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 2, pad = 0, ragged = refuse,
                         n = [*], k = [*, 2, 4, 32], bytes = [[n0], [k0], [k1, k3]], digit = k2,
                         order = lsb, trailer = 2, scale = f16>,
  p06 = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 2, pad = 0, ragged = refuse,
                         n = [*], k = [*, 16, 4], bytes = [[n0], [k0], [k1]], digit = k2,
                         order = lsb, header = 2, scale = f16>,
  p07 = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 2, pad = -1, ragged = pad,
                         n = [4, *], k = [*], bytes = [[n1], [k0]], digit = n0, order = lsb>,
  p08 = #ternary.packing<radix = 4, codes = [3, 0, 1], unused = -2, pad = 0, ragged = refuse,
                         n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb>,
  p09 = #ternary.packing<radix = 4, codes = [1, 2, 3], unused = -2, pad = 0, ragged = refuse,
                         n = [*, 2, 8], k = [*, 4, 2, 4, 4],
                         bytes = [[n0], [k0, k1], [n1, k2, n2], [k4]], digit = k3, order = lsb>,
  p10 = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid, pad = 0, ragged = pad,
                         n = [*, 4, 16], k = [*, 4, 4], bytes = [[n0], [k0], [n1], [n2, k2]],
                         digit = k1, order = lsb>,
  p11 = #ternary.packing<radix = 3, codes = [0, 1, 2], unused = forbid, pad = 0, ragged = pad,
                         n = [*, 2, 16], k = [*, 5, 4], bytes = [[n0], [k0], [n1], [n2, k2]],
                         digit = k1, order = lsb>,
  p12 = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid, pad = 0, ragged = pad,
                         n = [*, 4, 16], k = [*, 4, 4], bytes = [[n0], [k0], [k1], [n2, k2]],
                         digit = n1, order = lsb>,
  p13 = #ternary.packing<radix = 3, codes = [0, 1, 2], unused = forbid, pad = 0, ragged = pad,
                         n = [*, 5, 16], k = [*, 2, 4], bytes = [[n0], [k0], [k1], [n2, k2]],
                         digit = n1, order = lsb>,
  p14 = #ternary.packing<radix = 4, codes = [3, 0, 1], unused = forbid, pad = 0, ragged = pad,
                         n = [*, 2, 8], k = [*, 4, 4, 2, 4],
                         bytes = [[n0], [k0], [n2, k1], [k3, n1, k4]], digit = k2, order = lsb>,
  p15 = #ternary.packing<radix = 4, codes = [3, 0, 1], unused = forbid, pad = 0, ragged = pad,
                         n = [*, 2, 8], k = [*, 4, 2, 4, 4],
                         bytes = [[n0], [k0], [n2, k3], [k2, n1, k4]], digit = k1, order = lsb>,
  p16 = #ternary.packing<radix = 4, codes = [3, 0, 1], unused = forbid, pad = 0, ragged = pad,
                         n = [*, 2, 8], k = [*, 4, 4, 2, 2, 2],
                         bytes = [[n0], [k0], [n2, k2], [k4, n1, k5, k3]], digit = k1, order = lsb>,
  p17 = #ternary.packing<radix = 4, codes = [3, 0, 1], unused = forbid, pad = 0, ragged = pad,
                         n = [*, 2, 8], k = [*, 2, 4, 2, 4, 2],
                         bytes = [[n0], [k0], [n2, k4], [k3, n1, k5, k1]], digit = k2, order = lsb>,
  p18 = #ternary.packing<radix = 3, codes = [0, 1, 2], unused = forbid, pad = 0, ragged = pad,
                         n = [*, 2, 8], k = [*, 4, 5, 2, 4],
                         bytes = [[n0], [k0], [n2, k1], [k3, n1, k4]], digit = k2, order = lsb>
}

//===----------------------------------------------------------------------===//
// Custom packings
//===----------------------------------------------------------------------===//

// Chimera but for one parameter each.

// CHECK-LABEL: func.func private @nearly_chimera
// CHECK-SAME: p0 = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = {{\[\[}}n0], [k0]], digit = k1, order = lsb>,
// CHECK-SAME: p1 = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = forbid, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = {{\[\[}}n0], [k0]], digit = k1, order = msb>,
// CHECK-SAME: p2 = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 1, ragged = refuse, n = [*], k = [*, 4], bytes = {{\[\[}}k0, n0]], digit = k1, order = msb>,
// CHECK-SAME: p3 = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = {{\[\[}}n0], [k0]], digit = k1, order = msb, header = 3, trailer = 1>}
func.func private @nearly_chimera() attributes {
  p0 = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*],
                        k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb>,
  p1 = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = forbid, pad = 0, ragged = pad, n = [*],
                        k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb>,
  p2 = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 1, ragged = refuse, n = [*],
                        k = [*, 4], bytes = [[k0, n0]], digit = k1, order = msb>,
  p3 = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, ragged = pad, n = [*],
                        k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb, header = 3, trailer = 1>
}

// Header, trailer and scale are printed in this order, zeros left out.

// CHECK-LABEL: func.func private @block_parameters
// CHECK-SAME: p0 = {{.*}}order = lsb, header = 4, trailer = 2, scale = f32>, p1 = {{.*}}order = lsb, trailer = 2>}
func.func private @block_parameters() attributes {
  p0 = #ternary.packing<radix = 3, codes = [2, 1, 0], unused = -127, pad = 1, ragged = pad, f = [*, 1],
                        bytes = [[f0]], digit = f1, order = lsb, scale = f32, trailer = 2, header = 4>,
  p1 = #ternary.packing<radix = 256, codes = [255, 0, 1], unused = 127, pad = 0, ragged = pad, n = [*],
                        k = [1, *], bytes = [[k1], [n0]], digit = k0, order = lsb, header = 0, trailer = 2>
}

// An axis may be empty: it has the length 1.

// CHECK-LABEL: func.func @empty_axis
// CHECK-SAME: bytes = {{\[\[}}n0], [], [k0]]
func.func @empty_axis(%b: tensor<8x1x3xi8> {ternary.packing = #ternary.packing<
    radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 4],
    bytes = [[n0], [], [k0]], digit = k1, order = lsb>, ternary.shape = array<i64: 8, 10>}) {
  return
}

//===----------------------------------------------------------------------===//
// Other attributes
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func private @enums
// CHECK-SAME: #ternary<conversion trits>, #ternary<conversion truncate>, #ternary<conversion sign>
// CHECK-SAME: #ternary<method round>, #ternary<method threshold>, #ternary<method lsq>
// CHECK-SAME: #ternary<scale_form multiplier>, #ternary<scale_form absmax>
// CHECK-SAME: #ternary<exponent_rounding nearest>, #ternary<exponent_rounding truncate>
// CHECK-SAME: #ternary<ragged_mean length>, #ternary<ragged_mean group_size>
// CHECK-SAME: #ternary<ste_variant identity>, #ternary<ste_variant clamp>, #ternary<ste_variant legacy>, #ternary<ste_variant lsq>
func.func private @enums() attributes {
  a = [#ternary<conversion trits>, #ternary<conversion truncate>, #ternary<conversion sign>],
  b = [#ternary<method round>, #ternary<method threshold>, #ternary<method lsq>],
  c = [#ternary<scale_form multiplier>, #ternary<scale_form absmax>],
  d = [#ternary<exponent_rounding nearest>, #ternary<exponent_rounding truncate>],
  e = [#ternary<ragged_mean length>, #ternary<ragged_mean group_size>],
  f = [#ternary<ste_variant identity>, #ternary<ste_variant clamp>, #ternary<ste_variant legacy>, #ternary<ste_variant lsq>]
}

// CHECK-LABEL: module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "generic", threads = 1>}
module attributes {
  ternary.target = #ternary.target<cpu = "znver4", isa = "generic",
                                   threads = 1>
} {}

// CHECK-LABEL: module attributes {ternary.metadata = {general.architecture = "bitnet", layers = 2 : ui32}}
module attributes {ternary.metadata = {general.architecture = "bitnet", layers = 2 : ui32}} {}

//===----------------------------------------------------------------------===//
// What a function states about its bytes
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @stated
// CHECK-SAME: tensor<8x3xi8> {ternary.constant, ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: 8, 10>}
// CHECK-SAME: memref<?xi8> {ternary.packing = #ternary.packing<base3>, ternary.shape = array<i64: -1, 10>}
// CHECK-SAME: tensor<?x?x54xi8> {ternary.packing = #ternary.tq1_0}
// CHECK-SAME: tensor<4xf32> {ternary.constant}
func.func @stated(%a: tensor<8x3xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: 8, 10>, ternary.constant},
                  %b: memref<?xi8> {ternary.packing = #ternary.packing<base3>, ternary.shape = array<i64: -1, 10>},
                  %c: tensor<?x?x54xi8> {ternary.packing = #ternary.packing<tq1_0>},
                  %d: tensor<4xf32> {ternary.constant}) {
  return
}

// CHECK-LABEL: func.func private @stated_of_a_declaration
// CHECK-SAME: tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>, ternary.shape = array<i64: 5, 8>}
func.func private @stated_of_a_declaration(tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>, ternary.shape = array<i64: 5, 8>})

// CHECK-LABEL: func.func private @stated_of_a_result
// CHECK-SAME: -> (tensor<?x?xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: -1, 10>})
func.func private @stated_of_a_result() -> (tensor<?x?xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: -1, 10>})

//===----------------------------------------------------------------------===//
// What a function asks to be differentiated
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @updates
// CHECK-SAME: tensor<4x10xf32> {ternary.grad}
// CHECK-SAME: #ternary.update<rule = correlation, state = [2, 3], group_size = 4>
// CHECK-SAME: #ternary.update<rule = correlation, state = [2, 3], group_size = 4, amount = -2>
// CHECK-SAME: #ternary.update<rule = correlation, state = [2, 3], group_size = 4, amount_argument = 8>
// CHECK-SAME: #ternary.update<rule = exponent, state = [4, 5], group_size = 4, threshold = 3>
// CHECK-SAME: #ternary.update<rule = exponent, state = [5], group_size = 4, amount = 2>
// CHECK-SAME: #ternary.update<rule = trit, state = [6], amount = 2>
// CHECK-SAME: #ternary.update<rule = step, state = [6], threshold = 3>
// CHECK-SAME: #ternary.update<rule = step, state = [6], group_size = 4, thresholds = 7>
// CHECK-SAME: -> (tensor<4x8xf32> {ternary.grad})
// CHECK-SAME: ternary.gradient = "updates_gradient"
func.func @updates(%x: tensor<4x10xf32> {ternary.grad},
                   %w: tensor<16xi8> {ternary.update = [
                       #ternary.update<rule = correlation, state = [2, 3], group_size = 4>,
                       #ternary.update<rule = correlation, state = [2, 3], group_size = 4, amount = -2>,
                       #ternary.update<rule = correlation, state = [2, 3], group_size = 4, amount_argument = 8>,
                       #ternary.update<rule = exponent, state = [4, 5], group_size = 4, threshold = 3>,
                       #ternary.update<rule = exponent, state = [5], group_size = 4, amount = 2>,
                       #ternary.update<rule = trit, state = [6], amount = 2>,
                       #ternary.update<rule = step, state = [6], threshold = 3>,
                       #ternary.update<rule = step, state = [6], thresholds = 7, group_size = 4>]},
                   %c: tensor<8x3xi64>, %t: tensor<1xi64>, %e: tensor<8x3xi8>, %ea: tensor<8x3xi8>,
                   %ta: tensor<8x10xi8>, %l: tensor<8x3xi32>, %amount: i64, %y: tensor<4x8xf32>)
    -> (tensor<4x8xf32> {ternary.grad}) attributes {ternary.gradient = "updates_gradient"} {
  return %y : tensor<4x8xf32>
}

// CHECK-LABEL: func.func private @rounding_rule
// CHECK-SAME: ternary.ste = #ternary<ste_variant clamp>
func.func private @rounding_rule() attributes {ternary.ste = #ternary<ste_variant clamp>}
