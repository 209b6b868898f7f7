// RUN: ternary-opt %s | ternary-opt | FileCheck %s
// RUN: ternary-opt %s --mlir-print-op-generic | ternary-opt | FileCheck %s
// RUN: ternary-opt %s --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC

// The ops of training: the example of each description, then its other forms
// (tensors and memrefs, dynamic and zero extents, attributes).

//===----------------------------------------------------------------------===//
// ste
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @ste
// CHECK: ternary.ste ins(%{{.*}} : tensor<8x10xf32>) scales(%{{.*}} : tensor<8xf32>) outs(%{{.*}} : tensor<8x10xf32>) {variant = #ternary<ste_variant identity>} -> tensor<8x10xf32>
// GENERIC-LABEL: sym_name = "ste"
// GENERIC: "ternary.ste"(%{{.*}}, %{{.*}}, %{{.*}}) <{operandSegmentSizes = array<i32: 1, 1, 1>, variant = #ternary<ste_variant identity>}>
func.func @ste(%w: tensor<8x10xf32>, %alpha: tensor<8xf32>, %init: tensor<8x10xf32>) -> tensor<8x10xf32> {
  %y = ternary.ste ins(%w : tensor<8x10xf32>) scales(%alpha : tensor<8xf32>)
      outs(%init : tensor<8x10xf32>) {variant = #ternary<ste_variant identity>}
      -> tensor<8x10xf32>
  return %y : tensor<8x10xf32>
}

// CHECK-LABEL: func.func @ste_forms
// CHECK: ternary.ste ins(%{{.*}} : tensor<?x?xf32>) scales(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<?x?xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<?x?xf32>
// CHECK: ternary.ste ins(%{{.*}} : tensor<0x10xf32>) outs(%{{.*}} : tensor<0x10xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<0x10xf32>
// CHECK: ternary.ste ins(%{{.*}} : memref<?x0xf32>) outs(%{{.*}} : memref<?x0xf32>) {variant = #ternary<ste_variant legacy>}{{$}}
func.func @ste_forms(%w: tensor<?x?xf32>, %a: tensor<f32>, %i: tensor<?x?xf32>, %e: tensor<0x10xf32>,
                     %m: memref<?x0xf32>, %o: memref<?x0xf32>) {
  %0 = ternary.ste ins(%w : tensor<?x?xf32>) scales(%a : tensor<f32>) outs(%i : tensor<?x?xf32>)
      {variant = #ternary<ste_variant lsq>} -> tensor<?x?xf32>
  %1 = ternary.ste ins(%e : tensor<0x10xf32>) outs(%e : tensor<0x10xf32>)
      {variant = #ternary<ste_variant clamp>} -> tensor<0x10xf32>
  ternary.ste ins(%m : memref<?x0xf32>) outs(%o : memref<?x0xf32>) {variant = #ternary<ste_variant legacy>}
  return
}

//===----------------------------------------------------------------------===//
// ste_backward
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @ste_backward
// CHECK: ternary.ste_backward ins(%{{.*}}, %{{.*}} : tensor<8x10xf32>, tensor<8x10xf32>) scales(%{{.*}} : tensor<8xf32>) outs(%{{.*}} : tensor<8x10xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
// GENERIC-LABEL: sym_name = "ste_backward"
// GENERIC: "ternary.ste_backward"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{operandSegmentSizes = array<i32: 1, 1, 1, 1>, variant = #ternary<ste_variant clamp>}>
func.func @ste_backward(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %alpha: tensor<8xf32>, %init: tensor<8x10xf32>) -> tensor<8x10xf32> {
  %gw = ternary.ste_backward
      ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>)
      scales(%alpha : tensor<8xf32>) outs(%init : tensor<8x10xf32>)
      {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
  return %gw : tensor<8x10xf32>
}

// CHECK-LABEL: func.func @ste_backward_forms
// CHECK: %{{.*}}:2 = ternary.ste_backward ins(%{{.*}}, %{{.*}} : tensor<?x10xf32>, tensor<8x?xf32>) scales(%{{.*}} : tensor<?xf32>) outs(%{{.*}}, %{{.*}} : tensor<8x10xf32>, tensor<8xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>, tensor<8xf32>
// CHECK: ternary.ste_backward ins(%{{.*}}, %{{.*}} : tensor<0x0xf32>, tensor<0x0xf32>) outs(%{{.*}} : tensor<0x0xf32>) {variant = #ternary<ste_variant identity>} -> tensor<0x0xf32>
// CHECK: ternary.ste_backward ins(%{{.*}}, %{{.*}} : tensor<0x0xf32>, tensor<0x0xf32>) outs(%{{.*}} : tensor<0x0xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<0x0xf32>
// CHECK: ternary.ste_backward ins(%{{.*}}, %{{.*}} : memref<8x10xf32>, memref<8x10xf32>) outs(%{{.*}} : memref<8x10xf32>) {variant = #ternary<ste_variant legacy>}{{$}}
// CHECK: ternary.ste_backward ins(%{{.*}}, %{{.*}} : memref<8x10xf32>, memref<8x10xf32>) scales(%{{.*}} : memref<f32>) outs(%{{.*}}, %{{.*}} : memref<8x10xf32>, memref<f32>) {variant = #ternary<ste_variant lsq>}{{$}}
func.func @ste_backward_forms(%w: tensor<?x10xf32>, %g: tensor<8x?xf32>, %a: tensor<?xf32>, %i: tensor<8x10xf32>, %j: tensor<8xf32>,
                              %e: tensor<0x0xf32>, %m: memref<8x10xf32>, %n: memref<f32>, %o: memref<8x10xf32>, %p: memref<f32>) {
  %0:2 = ternary.ste_backward ins(%w, %g : tensor<?x10xf32>, tensor<8x?xf32>) scales(%a : tensor<?xf32>)
      outs(%i, %j : tensor<8x10xf32>, tensor<8xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>, tensor<8xf32>
  %1 = ternary.ste_backward ins(%e, %e : tensor<0x0xf32>, tensor<0x0xf32>) outs(%e : tensor<0x0xf32>)
      {variant = #ternary<ste_variant identity>} -> tensor<0x0xf32>
  %2 = ternary.ste_backward ins(%e, %e : tensor<0x0xf32>, tensor<0x0xf32>) outs(%e : tensor<0x0xf32>)
      {variant = #ternary<ste_variant clamp>} -> tensor<0x0xf32>
  ternary.ste_backward ins(%m, %m : memref<8x10xf32>, memref<8x10xf32>) outs(%o : memref<8x10xf32>)
      {variant = #ternary<ste_variant legacy>}
  ternary.ste_backward ins(%m, %m : memref<8x10xf32>, memref<8x10xf32>) scales(%n : memref<f32>)
      outs(%o, %p : memref<8x10xf32>, memref<f32>) {variant = #ternary<ste_variant lsq>}
  return
}

//===----------------------------------------------------------------------===//
// learnable_scale, learnable_scale_backward
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @learnable_scale
// CHECK: ternary.learnable_scale ins(%{{.*}} : tensor<8xf32>) outs(%{{.*}} : tensor<8xf32>) -> tensor<8xf32>
// CHECK: ternary.learnable_scale ins(%{{.*}} : memref<?x0xf32>) outs(%{{.*}} : memref<?x0xf32>) {eps = 5.000000e-01 : f32}{{$}}
// GENERIC-LABEL: sym_name = "learnable_scale"
// GENERIC: "ternary.learnable_scale"(%{{.*}}, %{{.*}}) <{eps = 9.99999974E-6 : f32}>
func.func @learnable_scale(%alpha: tensor<8xf32>, %init: tensor<8xf32>, %m: memref<?x0xf32>, %o: memref<?x0xf32>) -> tensor<8xf32> {
  %s = ternary.learnable_scale ins(%alpha : tensor<8xf32>)
      outs(%init : tensor<8xf32>) -> tensor<8xf32>
  ternary.learnable_scale ins(%m : memref<?x0xf32>) outs(%o : memref<?x0xf32>) {eps = 0.5 : f32}
  return %s : tensor<8xf32>
}

// CHECK-LABEL: func.func @learnable_scale_backward
// CHECK: ternary.learnable_scale_backward ins(%{{.*}}, %{{.*}} : tensor<8xf32>, tensor<8xf32>) outs(%{{.*}} : tensor<8xf32>) -> tensor<8xf32>
// CHECK: ternary.learnable_scale_backward ins(%{{.*}}, %{{.*}} : memref<f32>, memref<f32>) outs(%{{.*}} : memref<f32>) {eps = 5.000000e-01 : f32}{{$}}
// GENERIC-LABEL: sym_name = "learnable_scale_backward"
// GENERIC: "ternary.learnable_scale_backward"(%{{.*}}, %{{.*}}, %{{.*}}) <{eps = 9.99999974E-6 : f32}>
func.func @learnable_scale_backward(%alpha: tensor<8xf32>, %gs: tensor<8xf32>, %init: tensor<8xf32>, %m: memref<f32>, %o: memref<f32>)
    -> tensor<8xf32> {
  %g = ternary.learnable_scale_backward
      ins(%alpha, %gs : tensor<8xf32>, tensor<8xf32>)
      outs(%init : tensor<8xf32>) -> tensor<8xf32>
  ternary.learnable_scale_backward ins(%m, %m : memref<f32>, memref<f32>) outs(%o : memref<f32>) {eps = 0.5 : f32}
  return %g : tensor<8xf32>
}

//===----------------------------------------------------------------------===//
// grad_input
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @grad_input
// CHECK: ternary.grad_input ins(%{{.*}} : tensor<4x8xf32>) weight(%{{.*}} : tensor<16xi8>) scales(%{{.*}} : tensor<8x3xf32>) outs(%{{.*}} : tensor<4x10xf32>) {group_size = 4 : i64, packing = #ternary.packing<base3>} -> tensor<4x10xf32>
// GENERIC-LABEL: sym_name = "grad_input"
// GENERIC: "ternary.grad_input"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{
// GENERIC-SAME: operandSegmentSizes = array<i32: 1, 1, 1, 1>
func.func @grad_input(%g: tensor<4x8xf32>, %bytes: tensor<16xi8>, %s: tensor<8x3xf32>, %init: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %gx = ternary.grad_input ins(%g : tensor<4x8xf32>)
      weight(%bytes : tensor<16xi8>) scales(%s : tensor<8x3xf32>)
      outs(%init : tensor<4x10xf32>)
      {packing = #ternary.packing<base3>, group_size = 4 : i64}
      -> tensor<4x10xf32>
  return %gx : tensor<4x10xf32>
}

// CHECK-LABEL: func.func @grad_input_forms
// CHECK: ternary.grad_input ins(%{{.*}} : tensor<8xf16>) weight(%{{.*}} : tensor<8x10xi8>) outs(%{{.*}} : tensor<10xbf16>) -> tensor<10xbf16>
// CHECK: ternary.grad_input ins(%{{.*}} : memref<0x2x?xf32>) weight(%{{.*}} : memref<?x?xi8>) scales(%{{.*}} : memref<f32>) outs(%{{.*}} : memref<0x2x?xf32>) {packing = #ternary.packing<chimera>, round_operands = f16}{{$}}
// CHECK: ternary.grad_input ins(%{{.*}} : tensor<8xf16>) weight(%{{.*}} : tensor<8x0xi8>) scales(%{{.*}} : tensor<8xf32>) outs(%{{.*}} : tensor<0xf32>) {round_operands = bf16} -> tensor<0xf32>
func.func @grad_input_forms(%g: tensor<8xf16>, %t: tensor<8x10xi8>, %i: tensor<10xbf16>,
                            %m: memref<0x2x?xf32>, %b: memref<?x?xi8>, %s: memref<f32>, %o: memref<0x2x?xf32>,
                            %e: tensor<8x0xi8>, %r: tensor<8xf32>, %j: tensor<0xf32>) {
  %0 = ternary.grad_input ins(%g : tensor<8xf16>) weight(%t : tensor<8x10xi8>) outs(%i : tensor<10xbf16>) -> tensor<10xbf16>
  ternary.grad_input ins(%m : memref<0x2x?xf32>) weight(%b : memref<?x?xi8>) scales(%s : memref<f32>)
      outs(%o : memref<0x2x?xf32>) {packing = #ternary.packing<chimera>, round_operands = f16}
  %1 = ternary.grad_input ins(%g : tensor<8xf16>) weight(%e : tensor<8x0xi8>) scales(%r : tensor<8xf32>)
      outs(%j : tensor<0xf32>) {round_operands = bf16} -> tensor<0xf32>
  return
}

//===----------------------------------------------------------------------===//
// grad_sign, embedding_grad_sign
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @grad_sign
// CHECK: ternary.grad_sign ins(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4x10xf32>) outs(%{{.*}} : tensor<8x10xi8>) -> tensor<8x10xi8>
// CHECK: ternary.grad_sign ins(%{{.*}}, %{{.*}} : memref<0x8xf32>, memref<?x?xf32>) outs(%{{.*}} : memref<?x10xi8>){{$}}
// GENERIC-LABEL: sym_name = "grad_sign"
// GENERIC: "ternary.grad_sign"(%{{.*}}, %{{.*}}, %{{.*}}) : (tensor<4x8xf32>, tensor<4x10xf32>, tensor<8x10xi8>) -> tensor<8x10xi8>
func.func @grad_sign(%g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %init: tensor<8x10xi8>,
                     %m: memref<0x8xf32>, %n: memref<?x?xf32>, %o: memref<?x10xi8>) -> tensor<8x10xi8> {
  %s = ternary.grad_sign ins(%g, %x : tensor<4x8xf32>, tensor<4x10xf32>)
      outs(%init : tensor<8x10xi8>) -> tensor<8x10xi8>
  ternary.grad_sign ins(%m, %n : memref<0x8xf32>, memref<?x?xf32>) outs(%o : memref<?x10xi8>)
  return %s : tensor<8x10xi8>
}

// CHECK-LABEL: func.func @embedding_grad_sign
// CHECK: ternary.embedding_grad_sign ins(%{{.*}}, %{{.*}} : tensor<5xi64>, tensor<5x10xf32>) outs(%{{.*}} : tensor<8x10xi8>) -> tensor<8x10xi8>
// CHECK: ternary.embedding_grad_sign ins(%{{.*}}, %{{.*}} : memref<?xi32>, memref<0x10xf32>) outs(%{{.*}} : memref<?x?xi8>){{$}}
// GENERIC-LABEL: sym_name = "embedding_grad_sign"
// GENERIC: "ternary.embedding_grad_sign"(%{{.*}}, %{{.*}}, %{{.*}}) : (tensor<5xi64>, tensor<5x10xf32>, tensor<8x10xi8>) -> tensor<8x10xi8>
func.func @embedding_grad_sign(%ids: tensor<5xi64>, %g: tensor<5x10xf32>, %init: tensor<8x10xi8>,
                               %m: memref<?xi32>, %n: memref<0x10xf32>, %o: memref<?x?xi8>) -> tensor<8x10xi8> {
  %s = ternary.embedding_grad_sign
      ins(%ids, %g : tensor<5xi64>, tensor<5x10xf32>)
      outs(%init : tensor<8x10xi8>) -> tensor<8x10xi8>
  ternary.embedding_grad_sign ins(%m, %n : memref<?xi32>, memref<0x10xf32>) outs(%o : memref<?x?xi8>)
  return %s : tensor<8x10xi8>
}

//===----------------------------------------------------------------------===//
// rms_norm_backward with a ternary weight
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @rms_norm_backward_ternary
// CHECK: ternary.rms_norm_backward ins(%{{.*}}, %{{.*}} : tensor<4x10xf32>, tensor<4x10xf32>) weight(%{{.*}} : tensor<2xi8>) scales(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
// CHECK: ternary.rms_norm_backward ins(%{{.*}}, %{{.*}} : tensor<4x10xf32>, tensor<4x10xf32>) weight(%{{.*}} : tensor<1x10xi8>) outs(%{{.*}} : tensor<4x10xf32>) -> tensor<4x10xf32>
// CHECK: ternary.rms_norm_backward ins(%{{.*}}, %{{.*}} : memref<?xf32>, memref<?xf32>) weight(%{{.*}} : memref<1x?xi8>) scales(%{{.*}} : memref<1x?xf32>) outs(%{{.*}} : memref<?xf32>) {group_size = 4 : i64, packing = #ternary.packing<chimera>}{{$}}
// GENERIC-LABEL: sym_name = "rms_norm_backward_ternary"
// GENERIC: "ternary.rms_norm_backward"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{
// GENERIC-SAME: operandSegmentSizes = array<i32: 1, 1, 1, 1, 1>
func.func @rms_norm_backward_ternary(%x: tensor<4x10xf32>, %w: tensor<2xi8>, %s: tensor<f32>, %t: tensor<1x10xi8>, %i: tensor<4x10xf32>,
                                     %m: memref<?xf32>, %n: memref<1x?xi8>, %r: memref<1x?xf32>, %o: memref<?xf32>) {
  %0 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<2xi8>)
      scales(%s : tensor<f32>) outs(%i : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
  %1 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%t : tensor<1x10xi8>)
      outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  ternary.rms_norm_backward ins(%m, %m : memref<?xf32>, memref<?xf32>) weight(%n : memref<1x?xi8>) scales(%r : memref<1x?xf32>)
      outs(%o : memref<?xf32>) {packing = #ternary.packing<chimera>, group_size = 4 : i64}
  return
}
