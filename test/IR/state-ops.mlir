// RUN: ternary-opt %s | ternary-opt | FileCheck %s
// RUN: ternary-opt %s --mlir-print-op-generic | ternary-opt | FileCheck %s
// RUN: ternary-opt %s --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC

// The ops whose inits hold a state: the example of each description, then its
// other forms (sign or gradient, tensors and memrefs, dynamic and zero extents).

//===----------------------------------------------------------------------===//
// accumulate_correlation
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @accumulate_correlation
// CHECK: %{{.*}}:2 = ternary.accumulate_correlation ins(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4x10xf32>) weight(%{{.*}} : tensor<16xi8>) shape(8, 10) amount(%{{.*}}) outs(%{{.*}}, %{{.*}} : tensor<8x3xi64>, tensor<1xi64>) {group_size = 4 : i64, packing = #ternary.packing<base3>} -> tensor<8x3xi64>, tensor<1xi64>
// GENERIC-LABEL: sym_name = "accumulate_correlation"
// GENERIC: "ternary.accumulate_correlation"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{
// GENERIC-SAME: operandSegmentSizes = array<i32: 2, 1, 0, 1, 2>
func.func @accumulate_correlation(%g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %bytes: tensor<16xi8>, %a: i64,
                                  %c: tensor<8x3xi64>, %t: tensor<1xi64>) -> (tensor<8x3xi64>, tensor<1xi64>) {
  %c1, %t1 = ternary.accumulate_correlation
      ins(%g, %x : tensor<4x8xf32>, tensor<4x10xf32>)
      weight(%bytes : tensor<16xi8>) shape(8, 10) amount(%a)
      outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>)
      {packing = #ternary.packing<base3>, group_size = 4 : i64}
      -> tensor<8x3xi64>, tensor<1xi64>
  return %c1, %t1 : tensor<8x3xi64>, tensor<1xi64>
}

// CHECK-LABEL: func.func @accumulate_correlation_forms
// CHECK: ternary.accumulate_correlation ins(%{{.*}} : tensor<8x10xi8>) weight(%{{.*}} : tensor<8x10xi8>) shape(8, 10) outs(%{{.*}}, %{{.*}} : tensor<8x10xi64>, tensor<i64>) {group_size = 1 : i64} -> tensor<8x10xi64>, tensor<i64>
// CHECK: ternary.accumulate_correlation ins(%{{.*}}, %{{.*}} : memref<?x?xf32>, memref<?x?xf32>) weight(%{{.*}} : memref<?x?xi8>) shape(%{{.*}}, %{{.*}}) amount(%{{.*}}) outs(%{{.*}}, %{{.*}} : memref<?x?xi64>, memref<?xi64>) {group_size = 32 : i64, packing = #ternary.packing<chimera>}{{$}}
// CHECK: ternary.accumulate_correlation ins(%{{.*}} : memref<0x10xi8>) weight(%{{.*}} : memref<0x10xi8>) shape(0, 10) outs(%{{.*}}, %{{.*}} : memref<0x3xi64>, memref<i64>) {group_size = 4 : i64}{{$}}
func.func @accumulate_correlation_forms(%s: tensor<8x10xi8>, %w: tensor<8x10xi8>, %c: tensor<8x10xi64>, %t: tensor<i64>,
                                        %g: memref<?x?xf32>, %b: memref<?x?xi8>, %n: index, %k: index, %a: i64,
                                        %d: memref<?x?xi64>, %u: memref<?xi64>,
                                        %z: memref<0x10xi8>, %e: memref<0x3xi64>, %v: memref<i64>) {
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<8x10xi8>) shape(8, 10)
      outs(%c, %t : tensor<8x10xi64>, tensor<i64>) {group_size = 1 : i64} -> tensor<8x10xi64>, tensor<i64>
  ternary.accumulate_correlation ins(%g, %g : memref<?x?xf32>, memref<?x?xf32>) weight(%b : memref<?x?xi8>) shape(%n, %k)
      amount(%a) outs(%d, %u : memref<?x?xi64>, memref<?xi64>) {packing = #ternary.packing<chimera>, group_size = 32 : i64}
  ternary.accumulate_correlation ins(%z : memref<0x10xi8>) weight(%z : memref<0x10xi8>) shape(0, 10)
      outs(%e, %v : memref<0x3xi64>, memref<i64>) {group_size = 4 : i64}
  return
}

//===----------------------------------------------------------------------===//
// update_exponent
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @update_exponent
// CHECK: %{{.*}}:2 = ternary.update_exponent ins(%{{.*}} : tensor<8x10xi8>) weight(%{{.*}} : tensor<16xi8>) shape(8, 10) outs(%{{.*}}, %{{.*}} : tensor<8x3xi8>, tensor<8x3xi8>) {group_size = 4 : i64, packing = #ternary.packing<base3>, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
// GENERIC-LABEL: sym_name = "update_exponent"
// GENERIC: "ternary.update_exponent"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{
// GENERIC-SAME: operandSegmentSizes = array<i32: 1, 1, 0, 2>
func.func @update_exponent(%sign: tensor<8x10xi8>, %bytes: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>)
    -> (tensor<8x3xi8>, tensor<8x3xi8>) {
  %e1, %a1 = ternary.update_exponent ins(%sign : tensor<8x10xi8>)
      weight(%bytes : tensor<16xi8>) shape(8, 10)
      outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>)
      {packing = #ternary.packing<base3>, group_size = 4 : i64,
       threshold = 4 : i64}
      -> tensor<8x3xi8>, tensor<8x3xi8>
  return %e1, %a1 : tensor<8x3xi8>, tensor<8x3xi8>
}

// CHECK-LABEL: func.func @update_exponent_forms
// CHECK: ternary.update_exponent ins(%{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<?x10xf32>) weight(%{{.*}} : tensor<8x10xi8>) shape(8, 10) outs(%{{.*}} : tensor<8x3xi8>) {group_size = 4 : i64} -> tensor<8x3xi8>
// CHECK: ternary.update_exponent ins(%{{.*}} : memref<?x?xi8>) weight(%{{.*}} : memref<?x?xi8>) shape(%{{.*}}, 0) outs(%{{.*}} : memref<?x0xi8>) {amount = 3 : i64, group_size = 4 : i64, packing = #ternary.packing<chimera>}{{$}}
// CHECK: ternary.update_exponent ins(%{{.*}} : memref<?x?xi8>) weight(%{{.*}} : memref<?x?xi8>) shape(%{{.*}}, 0) outs(%{{.*}}, %{{.*}} : memref<?x0xi8>, memref<?x0xi8>) {group_size = 4 : i64, threshold = 1 : i64}{{$}}
func.func @update_exponent_forms(%g: tensor<?x8xf32>, %x: tensor<?x10xf32>, %w: tensor<8x10xi8>, %a: tensor<8x3xi8>,
                                 %s: memref<?x?xi8>, %b: memref<?x?xi8>, %n: index, %m: memref<?x0xi8>, %o: memref<?x0xi8>) {
  %0 = ternary.update_exponent ins(%g, %x : tensor<?x8xf32>, tensor<?x10xf32>) weight(%w : tensor<8x10xi8>) shape(8, 10)
      outs(%a : tensor<8x3xi8>) {group_size = 4 : i64} -> tensor<8x3xi8>
  ternary.update_exponent ins(%s : memref<?x?xi8>) weight(%b : memref<?x?xi8>) shape(%n, 0) outs(%m : memref<?x0xi8>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64, amount = 3 : i64}
  ternary.update_exponent ins(%s : memref<?x?xi8>) weight(%b : memref<?x?xi8>) shape(%n, 0)
      outs(%m, %o : memref<?x0xi8>, memref<?x0xi8>) {group_size = 4 : i64, threshold = 1 : i64}
  return
}

//===----------------------------------------------------------------------===//
// accumulate_trit
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @accumulate_trit
// CHECK: ternary.accumulate_trit ins(%{{.*}} : tensor<8x10xi8>) outs(%{{.*}} : tensor<8x10xi8>) {amount = 2 : i64} -> tensor<8x10xi8>
// GENERIC-LABEL: sym_name = "accumulate_trit"
// GENERIC: "ternary.accumulate_trit"(%{{.*}}, %{{.*}}) <{amount = 2 : i64, operandSegmentSizes = array<i32: 1, 1>}>
func.func @accumulate_trit(%sign: tensor<8x10xi8>, %a: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %a1 = ternary.accumulate_trit ins(%sign : tensor<8x10xi8>)
      outs(%a : tensor<8x10xi8>) {amount = 2 : i64} -> tensor<8x10xi8>
  return %a1 : tensor<8x10xi8>
}

// CHECK-LABEL: func.func @accumulate_trit_forms
// CHECK: ternary.accumulate_trit ins(%{{.*}}, %{{.*}} : tensor<0x8xf32>, tensor<?x10xf32>) outs(%{{.*}} : tensor<?x?xi8>) -> tensor<?x?xi8>
// CHECK: ternary.accumulate_trit ins(%{{.*}} : memref<?x0xi8>) outs(%{{.*}} : memref<0x?xi8>) {amount = -1 : i64}{{$}}
// CHECK: ternary.accumulate_trit ins(%{{.*}}, %{{.*}} : memref<4x?xf32>, memref<4x0xf32>) outs(%{{.*}} : memref<?x0xi8>){{$}}
func.func @accumulate_trit_forms(%g: tensor<0x8xf32>, %x: tensor<?x10xf32>, %a: tensor<?x?xi8>,
                                 %s: memref<?x0xi8>, %b: memref<0x?xi8>, %h: memref<4x?xf32>, %y: memref<4x0xf32>) {
  %0 = ternary.accumulate_trit ins(%g, %x : tensor<0x8xf32>, tensor<?x10xf32>) outs(%a : tensor<?x?xi8>) -> tensor<?x?xi8>
  ternary.accumulate_trit ins(%s : memref<?x0xi8>) outs(%b : memref<0x?xi8>) {amount = -1 : i64}
  ternary.accumulate_trit ins(%h, %y : memref<4x?xf32>, memref<4x0xf32>) outs(%s : memref<?x0xi8>)
  return
}

//===----------------------------------------------------------------------===//
// step
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @step
// CHECK: %{{.*}}:2 = ternary.step ins(%{{.*}} : tensor<8x10xi8>) outs(%{{.*}}, %{{.*}} : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
// GENERIC-LABEL: sym_name = "step"
// GENERIC: "ternary.step"(%{{.*}}, %{{.*}}, %{{.*}}) <{amount = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 2>, packing = #ternary.packing<base3>, threshold = 3 : i64}>
func.func @step(%sign: tensor<8x10xi8>, %bytes: tensor<16xi8>, %a: tensor<8x10xi8>) -> (tensor<16xi8>, tensor<8x10xi8>) {
  %b1, %a1 = ternary.step ins(%sign : tensor<8x10xi8>)
      outs(%bytes, %a : tensor<16xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<base3>, threshold = 3 : i64}
      -> tensor<16xi8>, tensor<8x10xi8>
  return %b1, %a1 : tensor<16xi8>, tensor<8x10xi8>
}

// CHECK-LABEL: func.func @step_forms
// CHECK: ternary.step outs(%{{.*}}, %{{.*}} : tensor<8x3xi8>, tensor<8x10xi8>) {packing = #ternary.packing<chimera>, threshold = 3 : i64} -> tensor<8x3xi8>, tensor<8x10xi8>
// CHECK: ternary.step ins(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4x10xf32>) group_thresholds(%{{.*}} : tensor<8x3xi64>) outs(%{{.*}}, %{{.*}} : tensor<8x3xi8>, tensor<8x10xi8>) {amount = 2 : i64, group_size = 4 : i64, packing = #ternary.packing<chimera>} -> tensor<8x3xi8>, tensor<8x10xi8>
// CHECK: ternary.step group_thresholds(%{{.*}} : memref<?x?xi8>) outs(%{{.*}}, %{{.*}} : memref<?x0xi8>, memref<?x0xi8>) {group_size = 32 : i64, packing = #ternary.packing<chimera>}{{$}}
// CHECK: ternary.step ins(%{{.*}} : memref<?x?xi8>) group_thresholds(%{{.*}} : memref<?x?xi32>) outs(%{{.*}}, %{{.*}} : memref<?x0xi8>, memref<?x0xi8>) {group_size = 1 : i64, packing = #ternary.packing<chimera>}{{$}}
func.func @step_forms(%b: tensor<8x3xi8>, %a: tensor<8x10xi8>, %g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %t: tensor<8x3xi64>,
                      %m: memref<?x0xi8>, %o: memref<?x0xi8>, %u: memref<?x?xi8>, %v: memref<?x?xi32>) {
  %0:2 = ternary.step outs(%b, %a : tensor<8x3xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>, threshold = 3 : i64} -> tensor<8x3xi8>, tensor<8x10xi8>
  %1:2 = ternary.step ins(%g, %x : tensor<4x8xf32>, tensor<4x10xf32>) group_thresholds(%t : tensor<8x3xi64>)
      outs(%b, %a : tensor<8x3xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64, amount = 2 : i64} -> tensor<8x3xi8>, tensor<8x10xi8>
  ternary.step group_thresholds(%u : memref<?x?xi8>) outs(%m, %o : memref<?x0xi8>, memref<?x0xi8>)
      {packing = #ternary.packing<chimera>, group_size = 32 : i64}
  ternary.step ins(%u : memref<?x?xi8>) group_thresholds(%v : memref<?x?xi32>) outs(%m, %o : memref<?x0xi8>, memref<?x0xi8>)
      {packing = #ternary.packing<chimera>, group_size = 1 : i64}
  return
}
