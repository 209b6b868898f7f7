// RUN: ternary-opt %s -one-shot-bufferize=bufferize-function-boundaries -split-input-file | FileCheck %s

// An op whose inits are arguments works in place: no buffer is allocated, none
// is copied.

// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK-LABEL: func.func @storage
// CHECK: ternary.pack ins(%{{.*}} : memref<8x10xi8, {{.*}}>) scales(
// CHECK: ternary.unpack ins(%{{.*}} : memref<8x3xi8, {{.*}}>) outs(%{{.*}} : memref<8x10xi8, {{.*}}>) {packing = #ternary.packing<chimera>}{{$}}
// CHECK: ternary.repack ins(%{{.*}} : memref<8x3xi8, {{.*}}>) shape(8, 10) outs(%{{.*}} : memref<16xi8, {{.*}}>)
// CHECK: ternary.dequantize
// CHECK: return
func.func @storage(%t: tensor<8x10xi8>, %s: tensor<8x1xf32>, %i: tensor<8x1x5xi8>, %b: tensor<8x3xi8>, %j: tensor<8x10xi8>,
                   %k: tensor<16xi8>, %l: tensor<8x10xf32>)
    -> (tensor<8x1x5xi8>, tensor<8x10xi8>, tensor<16xi8>, tensor<8x10xf32>) {
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) scales(%s : tensor<8x1xf32>) outs(%i : tensor<8x1x5xi8>)
      {packing = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, n = [*], k = [*, 3, 4],
                                  bytes = [[n0], [k0], [k1]], digit = k2, order = lsb, trailer = 2, scale = f16>}
      -> tensor<8x1x5xi8>
  %1 = ternary.unpack ins(%b : tensor<8x3xi8>) outs(%j : tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
  %2 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%k : tensor<16xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  %3 = ternary.dequantize ins(%b : tensor<8x3xi8>) outs(%l : tensor<8x10xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xf32>
  return %0, %1, %2, %3 : tensor<8x1x5xi8>, tensor<8x10xi8>, tensor<16xi8>, tensor<8x10xf32>
}

// -----

// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK-LABEL: func.func @quantize
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: ternary.absmean
// CHECK: ternary.ternarize
// CHECK: ternary.quantize_activation ins(%{{.*}} : memref<?x10xf32, {{.*}}>) outs(%{{.*}}, %{{.*}} : memref<?x10xi8, {{.*}}>, memref<?xf32, {{.*}}>){{$}}
// CHECK: ternary.dequantize_activation
// CHECK: ternary.sparsify
// CHECK: ternary.nonzero_mask
// CHECK: ternary.decompose
// CHECK: ternary.deadzone_stats
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return
func.func @quantize(%w: tensor<8x10xf32>, %a: tensor<8xf32>, %t: tensor<8x10xi8>, %x: tensor<?x10xf32>, %q: tensor<?x10xi8>,
                    %s: tensor<?xf32>, %f: tensor<?x10xf32>, %p: tensor<8x10xi8>, %m: tensor<8x10xi1>, %d: tensor<2x8x10xi8>,
                    %g: tensor<2xf32>, %z: tensor<6xf32>)
    -> (tensor<8xf32>, tensor<8x10xi8>, tensor<?x10xi8>, tensor<?xf32>, tensor<?x10xf32>, tensor<8x10xi8>, tensor<8x10xi1>,
        tensor<2x8x10xi8>, tensor<2xf32>, tensor<6xf32>) {
  %0 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%a : tensor<8xf32>) -> tensor<8xf32>
  %1 = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%0 : tensor<8xf32>) outs(%t : tensor<8x10xi8>) -> tensor<8x10xi8>
  %2:2 = ternary.quantize_activation ins(%x : tensor<?x10xf32>) outs(%q, %s : tensor<?x10xi8>, tensor<?xf32>)
      -> tensor<?x10xi8>, tensor<?xf32>
  %3 = ternary.dequantize_activation ins(%2#0 : tensor<?x10xi8>) scales(%2#1 : tensor<?xf32>) outs(%f : tensor<?x10xf32>)
      -> tensor<?x10xf32>
  %4 = ternary.sparsify ins(%1 : tensor<8x10xi8>) magnitude(%w : tensor<8x10xf32>) outs(%p : tensor<8x10xi8>) -> tensor<8x10xi8>
  %5 = ternary.nonzero_mask ins(%4 : tensor<8x10xi8>) outs(%m : tensor<8x10xi1>) -> tensor<8x10xi1>
  %6:2 = ternary.decompose ins(%w : tensor<8x10xf32>) outs(%d, %g : tensor<2x8x10xi8>, tensor<2xf32>)
      -> tensor<2x8x10xi8>, tensor<2xf32>
  %7 = ternary.deadzone_stats ins(%w : tensor<8x10xf32>) outs(%z : tensor<6xf32>) -> tensor<6xf32>
  return %0, %1, %2#0, %2#1, %3, %4, %5, %6#0, %6#1, %7 : tensor<8xf32>, tensor<8x10xi8>, tensor<?x10xi8>, tensor<?xf32>,
      tensor<?x10xf32>, tensor<8x10xi8>, tensor<8x10xi1>, tensor<2x8x10xi8>, tensor<2xf32>, tensor<6xf32>
}

// -----

// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK-LABEL: func.func @infer
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: ternary.bitlinear ins(%{{.*}} : memref<?x10xi8, {{.*}}>) weights(%{{.*}}, %{{.*}} : memref<16xi8, {{.*}}>, memref<16xi8, {{.*}}>) scales(%{{.*}}, %{{.*}} : memref<8xf32, {{.*}}>, memref<f32, {{.*}}>) bias(%{{.*}} : memref<8xf32, {{.*}}>) outs(%{{.*}} : memref<?x8xf32, {{.*}}>) {packing = #ternary.packing<base3>}{{$}}
// CHECK: ternary.embedding
// CHECK: ternary.rms_norm ins
// CHECK: ternary.rms_norm_backward ins
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return
func.func @infer(%x: tensor<?x10xi8>, %w: tensor<16xi8>, %s: tensor<8xf32>, %r: tensor<f32>, %b: tensor<8xf32>, %y: tensor<?x8xf32>,
                 %ids: tensor<5xi64>, %e: tensor<5x10xf32>, %f: tensor<?x10xf32>, %g: tensor<10xf32>, %n: tensor<?x10xf32>,
                 %gx: tensor<?x10xf32>, %gw: tensor<10xf32>)
    -> (tensor<?x8xf32>, tensor<5x10xf32>, tensor<?x10xf32>, tensor<?x10xf32>, tensor<10xf32>) {
  %0 = ternary.bitlinear ins(%x : tensor<?x10xi8>) weights(%w, %w : tensor<16xi8>, tensor<16xi8>)
      scales(%s, %r : tensor<8xf32>, tensor<f32>) bias(%b : tensor<8xf32>) outs(%y : tensor<?x8xf32>)
      {packing = #ternary.packing<base3>} -> tensor<?x8xf32>
  %1 = ternary.embedding ins(%ids : tensor<5xi64>) table(%w : tensor<16xi8>) shape(8, 10) scales(%s : tensor<8xf32>)
      outs(%e : tensor<5x10xf32>) {packing = #ternary.packing<base3>} -> tensor<5x10xf32>
  %2 = ternary.rms_norm ins(%f : tensor<?x10xf32>) weight(%g : tensor<10xf32>) outs(%n : tensor<?x10xf32>) -> tensor<?x10xf32>
  %3:2 = ternary.rms_norm_backward ins(%f, %f : tensor<?x10xf32>, tensor<?x10xf32>) weight(%g : tensor<10xf32>)
      outs(%gx, %gw : tensor<?x10xf32>, tensor<10xf32>) -> tensor<?x10xf32>, tensor<10xf32>
  return %0, %1, %2, %3#0, %3#1 : tensor<?x8xf32>, tensor<5x10xf32>, tensor<?x10xf32>, tensor<?x10xf32>, tensor<10xf32>
}

// -----

// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK-LABEL: func.func @update
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: ternary.effective_exponent
// CHECK: ternary.exponent_init_mean
// CHECK: ternary.exponent_init_dim ins(%{{.*}}) outs(%{{.*}} : memref<8x3xi8, {{.*}}>){{$}}
// CHECK: ternary.regroup_scale
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return
func.func @update(%w: tensor<8x10xf32>, %b: tensor<16xi8>, %e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %k: index,
                  %s: tensor<8x3xf32>, %i: tensor<8x3xi8>, %j: tensor<8x3xi8>, %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>, %ti: tensor<1xi64>)
    -> (tensor<8x3xf32>, tensor<8x3xi8>, tensor<8x3xi8>, tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) correlation(%c : tensor<8x3xi64>) step(%t : tensor<1xi64>)
      outs(%s : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
  %1 = ternary.exponent_init_mean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x3xi8>) {group_size = 4 : i64} -> tensor<8x3xi8>
  %2 = ternary.exponent_init_dim ins(%k) outs(%j : tensor<8x3xi8>) -> tensor<8x3xi8>
  %3:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>)
      outs(%ei, %ci, %ti : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>)
      {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = 8 : i64}
      -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
  return %0, %1, %2, %3#0, %3#1, %3#2 : tensor<8x3xf32>, tensor<8x3xi8>, tensor<8x3xi8>, tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
}

// -----

// An init is not read: one that is still needed is replaced by a new buffer,
// and not copied.

// CHECK-LABEL: func.func @init_needed_later
// CHECK: %[[A:.*]] = memref.alloc() {{.*}} : memref<8x3xi8>
// CHECK-NOT: memref.copy
// CHECK: ternary.pack ins(%{{.*}}) outs(%[[A]] : memref<8x3xi8>)
// CHECK-NOT: memref.copy
// CHECK: return
func.func @init_needed_later(%t: tensor<8x10xi8>, %i: tensor<8x3xi8>) -> (tensor<8x3xi8>, i8) {
  %c0 = arith.constant 0 : index
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  %1 = tensor.extract %i[%c0, %c0] : tensor<8x3xi8>
  return %0, %1 : tensor<8x3xi8>, i8
}

// -----

// An input that is the init as well is not overwritten while it is read.

// CHECK-LABEL: func.func @input_is_init
// CHECK-SAME: %[[Q:[^:]*]]: memref<8x12xi8
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: ternary.sparsify ins(%{{.*}} : {{.*}}) outs(%{{.*}} : {{.*}})
func.func @input_is_init(%q: tensor<8x12xi8>) -> tensor<8x12xi8> {
  %0 = ternary.sparsify ins(%q : tensor<8x12xi8>) outs(%q : tensor<8x12xi8>) -> tensor<8x12xi8>
  return %0 : tensor<8x12xi8>
}

// -----

// Memref inits of a function that is on memrefs already stay as they are.

// CHECK-LABEL: func.func @already_buffers
// CHECK-NEXT: ternary.pack ins(%{{.*}} : memref<8x10xi8>) outs(%{{.*}} : memref<8x3xi8>)
// CHECK-NEXT: return
func.func @already_buffers(%t: memref<8x10xi8>, %i: memref<8x3xi8>) {
  ternary.pack ins(%t : memref<8x10xi8>) outs(%i : memref<8x3xi8>) {packing = #ternary.packing<chimera>}
  return
}
