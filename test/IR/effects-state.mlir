// RUN: ternary-opt %s --cse --canonicalize --loop-invariant-code-motion | FileCheck %s
// RUN: ternary-opt %s --affine-scalrep | FileCheck %s --check-prefix=STORES

// Ops on a state in memrefs read their inits as well as they write them. On
// tensors they have no effects.

// What is done twice is done to two states.

// CHECK-LABEL: func.func @equal_ops_on_memrefs
// CHECK-COUNT-2: ternary.accumulate_correlation
// CHECK-COUNT-2: ternary.update_exponent
// CHECK-COUNT-2: ternary.accumulate_trit
// CHECK-COUNT-2: ternary.step
// CHECK: return
func.func @equal_ops_on_memrefs(%s: memref<8x10xi8>, %w: memref<8x10xi8>, %c: memref<8x3xi64>, %t: memref<i64>, %e: memref<8x3xi8>,
                                %a: memref<8x3xi8>, %v: memref<8x10xi8>, %b: memref<16xi8>) {
  ternary.accumulate_correlation ins(%s : memref<8x10xi8>) weight(%w : memref<8x10xi8>) shape(8, 10)
      outs(%c, %t : memref<8x3xi64>, memref<i64>) {group_size = 4 : i64}
  ternary.accumulate_correlation ins(%s : memref<8x10xi8>) weight(%w : memref<8x10xi8>) shape(8, 10)
      outs(%c, %t : memref<8x3xi64>, memref<i64>) {group_size = 4 : i64}
  ternary.update_exponent ins(%s : memref<8x10xi8>) weight(%w : memref<8x10xi8>) shape(8, 10)
      outs(%e, %a : memref<8x3xi8>, memref<8x3xi8>) {group_size = 4 : i64, threshold = 4 : i64}
  ternary.update_exponent ins(%s : memref<8x10xi8>) weight(%w : memref<8x10xi8>) shape(8, 10)
      outs(%e, %a : memref<8x3xi8>, memref<8x3xi8>) {group_size = 4 : i64, threshold = 4 : i64}
  ternary.accumulate_trit ins(%s : memref<8x10xi8>) outs(%v : memref<8x10xi8>)
  ternary.accumulate_trit ins(%s : memref<8x10xi8>) outs(%v : memref<8x10xi8>)
  ternary.step outs(%b, %v : memref<16xi8>, memref<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64}
  ternary.step outs(%b, %v : memref<16xi8>, memref<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64}
  return
}

// Nor do they leave the loop they are in, or go from before a load to behind it.

// CHECK-LABEL: func.func @order
// CHECK-SAME: %{{[^:]*}}: index, %{{[^:]*}}: memref<8x10xi8>, %[[A:[^:]*]]: memref<8x10xi8>
// CHECK: scf.for
// CHECK: %[[X:.*]] = memref.load %[[A]]
// CHECK: ternary.accumulate_trit
// CHECK: %[[Y:.*]] = memref.load %[[A]]
// CHECK: ternary.step
// CHECK: %[[Z:.*]] = memref.load %[[A]]
// CHECK: memref.store %[[X]]
// CHECK: memref.store %[[Y]]
// CHECK: memref.store %[[Z]]
func.func @order(%n: index, %s: memref<8x10xi8>, %a: memref<8x10xi8>, %b: memref<16xi8>, %r: memref<3xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  scf.for %i = %c0 to %n step %c1 {
    %0 = memref.load %a[%c0, %c0] : memref<8x10xi8>
    ternary.accumulate_trit ins(%s : memref<8x10xi8>) outs(%a : memref<8x10xi8>)
    %1 = memref.load %a[%c0, %c0] : memref<8x10xi8>
    ternary.step outs(%b, %a : memref<16xi8>, memref<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64}
    %2 = memref.load %a[%c0, %c0] : memref<8x10xi8>
    memref.store %0, %r[%c0] : memref<3xi8>
    memref.store %1, %r[%c1] : memref<3xi8>
    memref.store %2, %r[%c2] : memref<3xi8>
  }
  return
}

// CHECK-LABEL: func.func @equal_ops_on_tensors
// CHECK-COUNT-1: ternary.accumulate_trit
// CHECK-NOT: ternary.
// CHECK: return %[[V:.*]], %[[V]] :
func.func @equal_ops_on_tensors(%s: tensor<8x10xi8>, %a: tensor<8x10xi8>, %b: tensor<16xi8>) -> (tensor<8x10xi8>, tensor<8x10xi8>) {
  %0 = ternary.accumulate_trit ins(%s : tensor<8x10xi8>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  %1 = ternary.accumulate_trit ins(%s : tensor<8x10xi8>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  %unused:2 = ternary.step outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return %0, %1 : tensor<8x10xi8>, tensor<8x10xi8>
}

// A store into a state before the op is read by it. Not so one into the init of
// an op that overwrites it: the later store makes that one dead.

// STORES-LABEL: func.func @stores
// STORES: affine.store {{.*}} : memref<8x3xi64>
// STORES: affine.store {{.*}} : memref<1xi64>
// STORES: ternary.accumulate_correlation
// STORES: affine.store {{.*}} : memref<8x3xi64>
// STORES: affine.store {{.*}} : memref<1xi64>
// STORES: affine.store {{.*}} : memref<9x3xi8>
// STORES: ternary.update_exponent
// STORES: affine.store {{.*}} : memref<9x3xi8>
// STORES: affine.store {{.*}} : memref<16xi8>
// STORES: ternary.step
// STORES: affine.store {{.*}} : memref<16xi8>
// STORES-NOT: affine.store
// STORES: ternary.grad_sign
// STORES: affine.store {{.*}} : memref<8x9xi8>
// STORES: return
func.func @stores(%v: i8, %n: i64) -> (memref<8x3xi64>, memref<1xi64>, memref<9x3xi8>, memref<16xi8>, memref<8x9xi8>) {
  %s = memref.alloc() : memref<8x10xi8>
  %c = memref.alloc() : memref<8x3xi64>
  %t = memref.alloc() : memref<1xi64>
  affine.store %n, %c[0, 0] : memref<8x3xi64>
  affine.store %n, %t[0] : memref<1xi64>
  ternary.accumulate_correlation ins(%s : memref<8x10xi8>) weight(%s : memref<8x10xi8>) shape(8, 10)
      outs(%c, %t : memref<8x3xi64>, memref<1xi64>) {group_size = 4 : i64}
  affine.store %n, %c[0, 0] : memref<8x3xi64>
  affine.store %n, %t[0] : memref<1xi64>
  %p = memref.alloc() : memref<9x10xi8>
  %e = memref.alloc() : memref<9x3xi8>
  affine.store %v, %e[0, 0] : memref<9x3xi8>
  ternary.update_exponent ins(%p : memref<9x10xi8>) weight(%p : memref<9x10xi8>) shape(9, 10) outs(%e : memref<9x3xi8>)
      {group_size = 4 : i64}
  affine.store %v, %e[0, 0] : memref<9x3xi8>
  %b = memref.alloc() : memref<16xi8>
  affine.store %v, %b[0] : memref<16xi8>
  ternary.step outs(%b, %s : memref<16xi8>, memref<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64}
  affine.store %v, %b[0] : memref<16xi8>
  %g = memref.alloc() : memref<4x8xf32>
  %x = memref.alloc() : memref<4x9xf32>
  %o = memref.alloc() : memref<8x9xi8>
  affine.store %v, %o[0, 0] : memref<8x9xi8>
  ternary.grad_sign ins(%g, %x : memref<4x8xf32>, memref<4x9xf32>) outs(%o : memref<8x9xi8>)
  affine.store %v, %o[0, 0] : memref<8x9xi8>
  return %c, %t, %e, %b, %o : memref<8x3xi64>, memref<1xi64>, memref<9x3xi8>, memref<16xi8>, memref<8x9xi8>
}
