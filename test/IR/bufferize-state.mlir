// RUN: ternary-opt %s -one-shot-bufferize=bufferize-function-boundaries -split-input-file | FileCheck %s
// RUN: ternary-opt %s --convert-ternary-to-linalg --ternary-unshare-inits -one-shot-bufferize=bufferize-function-boundaries -split-input-file | FileCheck %s --check-prefix=LOWERED

// Inits that hold a state are read and written. Where nothing else needs the
// old state, the op works in place: no buffer is allocated, none is copied. The
// reference lowering allocates what lies between its loops, and copies nothing
// either.

// CHECK-LABEL: func.func @in_place
// CHECK-SAME: %{{[^:]*}}: memref<8x10xi8, {{[^%]*}}%[[G:[^:]*]]: memref<4x8xf32, {{[^%]*}}%[[X:[^:]*]]: memref<4x10xf32, {{[^%]*}}%{{[^:]*}}: memref<16xi8, {{[^%]*}}%[[N:[^:]*]]: i64, %[[C:[^:]*]]: memref<8x3xi64, {{[^%]*}}%[[T:[^:]*]]: memref<1xi64, {{[^%]*}}%[[E:[^:]*]]: memref<8x3xi8, {{[^%]*}}%[[A:[^:]*]]: memref<8x3xi8, {{[^%]*}}%[[V:[^:]*]]: memref<8x10xi8, {{[^%]*}}%[[B:[^:]*]]: memref<16xi8, {{[^%]*}}%[[U:[^:]*]]: memref<8x10xi8,
// CHECK-NEXT: ternary.accumulate_correlation ins(%[[G]], %[[X]] : {{.*}}) weight({{.*}}) shape(8, 10) amount(%[[N]]) outs(%[[C]], %[[T]] : {{.*}}) {group_size = 4 : i64, packing = #ternary.packing<base3>}{{$}}
// CHECK-NEXT: ternary.update_exponent {{.*}} outs(%[[E]], %[[A]] : {{.*}}) {group_size = 4 : i64, packing = #ternary.packing<base3>, threshold = 4 : i64}{{$}}
// CHECK-NEXT: ternary.accumulate_trit {{.*}} outs(%[[V]] : {{.*}}) {amount = 2 : i64}{{$}}
// CHECK-NEXT: ternary.step {{.*}} outs(%[[B]], %[[U]] : {{.*}}) {packing = #ternary.packing<base3>, threshold = 3 : i64}{{$}}
// CHECK-NEXT: return %[[C]], %[[T]], %[[E]], %[[A]], %[[V]], %[[B]], %[[U]]
// LOWERED-LABEL: func.func @in_place
// LOWERED-NOT: memref.copy
// LOWERED: return %arg5, %arg6, %arg7, %arg8, %arg9, %arg10, %arg11 :
func.func @in_place(%s: tensor<8x10xi8>, %g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %w: tensor<16xi8>, %n: i64,
                    %c: tensor<8x3xi64>, %t: tensor<1xi64>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>,
                    %v: tensor<8x10xi8>, %b: tensor<16xi8>, %u: tensor<8x10xi8>)
    -> (tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, tensor<8x3xi8>, tensor<8x10xi8>, tensor<16xi8>, tensor<8x10xi8>) {
  %0:2 = ternary.accumulate_correlation ins(%g, %x : tensor<4x8xf32>, tensor<4x10xf32>) weight(%w : tensor<16xi8>)
      shape(8, 10) amount(%n) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>)
      {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  %1:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10)
      outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>)
      {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  %2 = ternary.accumulate_trit ins(%s : tensor<8x10xi8>) outs(%v : tensor<8x10xi8>) {amount = 2 : i64} -> tensor<8x10xi8>
  %3:2 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b, %u : tensor<16xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return %0#0, %0#1, %1#0, %1#1, %2, %3#0, %3#1 : tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, tensor<8x3xi8>,
      tensor<8x10xi8>, tensor<16xi8>, tensor<8x10xi8>
}

// -----

// The forms with one init, with thresholds of groups and without source.

// CHECK-LABEL: func.func @in_place_forms
// CHECK-NEXT: ternary.update_exponent
// CHECK-NEXT: ternary.step group_thresholds
// CHECK-NEXT: return %arg2, %arg3, %arg4 :
// LOWERED-LABEL: func.func @in_place_forms
// LOWERED-NOT: memref.copy
// LOWERED: return %arg2, %arg3, %arg4 :
func.func @in_place_forms(%s: tensor<?x?xi8>, %t: tensor<?x?xi64>, %a: tensor<?x?xi8>, %b: tensor<?x?xi8>, %v: tensor<?x?xi8>,
                          %n: index, %k: index) -> (tensor<?x?xi8>, tensor<?x?xi8>, tensor<?x?xi8>) {
  %0 = ternary.update_exponent ins(%s : tensor<?x?xi8>) weight(%s : tensor<?x?xi8>) shape(%n, %k)
      outs(%a : tensor<?x?xi8>) {group_size = 4 : i64, amount = 2 : i64} -> tensor<?x?xi8>
  %1:2 = ternary.step group_thresholds(%t : tensor<?x?xi64>) outs(%b, %v : tensor<?x?xi8>, tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64} -> tensor<?x?xi8>, tensor<?x?xi8>
  return %0, %1#0, %1#1 : tensor<?x?xi8>, tensor<?x?xi8>, tensor<?x?xi8>
}

// -----

// From step to step of a loop.

// CHECK-LABEL: func.func @loop
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: scf.for
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: ternary.accumulate_trit
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: ternary.step outs(
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return
// LOWERED-LABEL: func.func @loop
// LOWERED-NOT: memref.copy
// LOWERED: return
func.func @loop(%n: index, %s: tensor<8x10xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) -> (tensor<16xi8>, tensor<8x10xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0:2 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %b, %q = %a) -> (tensor<16xi8>, tensor<8x10xi8>) {
    %v = ternary.accumulate_trit ins(%s : tensor<8x10xi8>) outs(%q : tensor<8x10xi8>) -> tensor<8x10xi8>
    %1:2 = ternary.step outs(%p, %v : tensor<16xi8>, tensor<8x10xi8>)
        {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
    scf.yield %1#0, %1#1 : tensor<16xi8>, tensor<8x10xi8>
  }
  return %0#0, %0#1 : tensor<16xi8>, tensor<8x10xi8>
}

// -----

// A state that is needed later is copied once, and the op works on the copy: the
// steps before it.

// CHECK-LABEL: func.func @correlation_needed_later
// CHECK-SAME: %{{[^:]*}}: memref<8x10xi8, {{[^%]*}}%{{[^:]*}}: memref<16xi8, {{[^%]*}}%[[C:[^:]*]]: memref<8x3xi64, {{[^%]*}}%[[T:[^:]*]]: memref<i64,
// CHECK: %[[D:.*]] = memref.alloc() {{.*}} : memref<8x3xi64>
// CHECK: memref.copy %[[C]], %[[D]]
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: ternary.accumulate_correlation {{.*}} outs(%[[D]], %[[T]] :
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return %[[D]], %[[T]], %[[C]]
// LOWERED-LABEL: func.func @correlation_needed_later
// LOWERED-COUNT-1: memref.copy
// LOWERED-NOT: memref.copy
// LOWERED: return
func.func @correlation_needed_later(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<i64>)
    -> (tensor<8x3xi64>, tensor<i64>, tensor<8x3xi64>) {
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10)
      outs(%c, %t : tensor<8x3xi64>, tensor<i64>) {packing = #ternary.packing<base3>, group_size = 4 : i64}
      -> tensor<8x3xi64>, tensor<i64>
  return %0#0, %0#1, %c : tensor<8x3xi64>, tensor<i64>, tensor<8x3xi64>
}

// -----

// The accumulator of the votes.

// CHECK-LABEL: func.func @votes_needed_later
// CHECK-SAME: %{{[^:]*}}: memref<8x10xi8, {{[^%]*}}%{{[^:]*}}: memref<16xi8, {{[^%]*}}%[[E:[^:]*]]: memref<8x3xi8, {{[^%]*}}%[[A:[^:]*]]: memref<8x3xi8,
// CHECK: %[[D:.*]] = memref.alloc() {{.*}} : memref<8x3xi8>
// CHECK: memref.copy %[[A]], %[[D]]
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: ternary.update_exponent {{.*}} outs(%[[E]], %[[D]] :
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return %[[E]], %[[D]], %[[A]]
// LOWERED-LABEL: func.func @votes_needed_later
// LOWERED-COUNT-1: memref.copy
// LOWERED-NOT: memref.copy
// LOWERED: return
func.func @votes_needed_later(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>)
    -> (tensor<8x3xi8>, tensor<8x3xi8>, tensor<8x3xi8>) {
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10)
      outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>)
      {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return %0#0, %0#1, %a : tensor<8x3xi8>, tensor<8x3xi8>, tensor<8x3xi8>
}

// -----

// One element of it is as good as all.

// CHECK-LABEL: func.func @trit_votes_needed_later
// CHECK-SAME: %{{[^:]*}}: memref<8x10xi8, {{[^%]*}}%[[A:[^:]*]]: memref<8x10xi8,
// CHECK: %[[D:.*]] = memref.alloc() {{.*}} : memref<8x10xi8>
// CHECK: memref.copy %[[A]], %[[D]]
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: ternary.accumulate_trit {{.*}} outs(%[[D]] :
// CHECK-NEXT: memref.load %[[A]]
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return
// LOWERED-LABEL: func.func @trit_votes_needed_later
// LOWERED-COUNT-1: memref.copy
// LOWERED-NOT: memref.copy
// LOWERED: return
func.func @trit_votes_needed_later(%s: tensor<8x10xi8>, %a: tensor<8x10xi8>) -> (tensor<8x10xi8>, i8) {
  %c0 = arith.constant 0 : index
  %0 = ternary.accumulate_trit ins(%s : tensor<8x10xi8>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  %1 = tensor.extract %a[%c0, %c0] : tensor<8x10xi8>
  return %0, %1 : tensor<8x10xi8>, i8
}

// -----

// The old weights are multiplied with after the step.

// CHECK-LABEL: func.func @weights_needed_later
// CHECK-SAME: %{{[^:]*}}: memref<8x10xi8, {{[^%]*}}%[[B:[^:]*]]: memref<16xi8, {{[^%]*}}%[[A:[^:]*]]: memref<8x10xi8,
// CHECK: %[[D:.*]] = memref.alloc() {{.*}} : memref<16xi8>
// CHECK: memref.copy %[[B]], %[[D]]
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: ternary.step {{.*}} outs(%[[D]], %[[A]] :
// CHECK-NEXT: ternary.bitlinear {{.*}} weights(%[[B]] :
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return
// LOWERED-LABEL: func.func @weights_needed_later
// LOWERED-COUNT-1: memref.copy
// LOWERED-NOT: memref.copy
// LOWERED: return
func.func @weights_needed_later(%s: tensor<8x10xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>, %x: tensor<4x10xi8>, %i: tensor<4x8xi32>)
    -> (tensor<16xi8>, tensor<8x10xi8>, tensor<4x8xi32>) {
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  %1 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%b : tensor<16xi8>) outs(%i : tensor<4x8xi32>)
      {packing = #ternary.packing<base3>} -> tensor<4x8xi32>
  return %0#0, %0#1, %1 : tensor<16xi8>, tensor<8x10xi8>, tensor<4x8xi32>
}

// -----

// A sign that is the state as well is not overwritten while it is read.

// CHECK-LABEL: func.func @sign_is_state
// CHECK-SAME: %[[A:[^:]*]]: memref<8x10xi8,
// CHECK: %[[D:.*]] = memref.alloc() {{.*}} : memref<8x10xi8>
// CHECK: memref.copy %[[A]], %[[D]]
// CHECK-NOT: memref.copy
// CHECK: ternary.accumulate_trit ins(%[[A]] : {{.*}}) outs(%[[D]] :
// CHECK-NOT: memref.copy
// CHECK: return
func.func @sign_is_state(%a: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %0 = ternary.accumulate_trit ins(%a : tensor<8x10xi8>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  return %0 : tensor<8x10xi8>
}

// -----

// A state that starts as a constant starts in each call.

// CHECK-LABEL: func.func @from_constant
// CHECK: %[[Z:.*]] = memref.get_global
// CHECK: %[[D:.*]] = memref.alloc() {{.*}} : memref<8x10xi8>
// CHECK: memref.copy %[[Z]], %[[D]]
// CHECK-NOT: memref.copy
// CHECK: ternary.accumulate_trit {{.*}} outs(%[[D]] :
// CHECK-NOT: memref.copy
// CHECK: return
func.func @from_constant(%s: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %z = arith.constant dense<1> : tensor<8x10xi8>
  %0 = ternary.accumulate_trit ins(%s : tensor<8x10xi8>) outs(%z : tensor<8x10xi8>) -> tensor<8x10xi8>
  return %0 : tensor<8x10xi8>
}

// -----

// The ops that hold no state overwrite their inits: one that is still needed is
// replaced, and not copied.

// CHECK-LABEL: func.func @no_state
// CHECK-NOT: memref.copy
// CHECK: ternary.ste ins
// CHECK-NOT: memref.copy
// CHECK: ternary.ste_backward
// CHECK-NOT: memref.copy
// CHECK: ternary.learnable_scale ins
// CHECK-NOT: memref.copy
// CHECK: ternary.learnable_scale_backward
// CHECK-NOT: memref.copy
// CHECK: ternary.grad_input
// CHECK-NOT: memref.copy
// CHECK: ternary.grad_sign
// CHECK-NOT: memref.copy
// CHECK: ternary.embedding_grad_sign
// CHECK-NOT: memref.copy
// CHECK: ternary.rms_norm_backward
// CHECK-NOT: memref.copy
// CHECK: return
func.func @no_state(%w: tensor<8x10xf32>, %a: tensor<8xf32>, %g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %t: tensor<8x10xi8>,
                    %v: tensor<2xi8>, %ids: tensor<4xi64>)
    -> (tensor<8x10xf32>, tensor<8x10xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<4x10xf32>, tensor<8x10xi8>,
        tensor<8x10xi8>, tensor<4x10xf32>, tensor<8x10xf32>, tensor<8xf32>, tensor<4x10xf32>, tensor<8x10xi8>) {
  %0 = ternary.ste ins(%w : tensor<8x10xf32>) scales(%a : tensor<8xf32>) outs(%w : tensor<8x10xf32>)
      {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>
  %1:2 = ternary.ste_backward ins(%w, %0 : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<8xf32>)
      outs(%w, %a : tensor<8x10xf32>, tensor<8xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>, tensor<8xf32>
  %2 = ternary.learnable_scale ins(%a : tensor<8xf32>) outs(%a : tensor<8xf32>) -> tensor<8xf32>
  %3 = ternary.learnable_scale_backward ins(%a, %1#1 : tensor<8xf32>, tensor<8xf32>) outs(%a : tensor<8xf32>) -> tensor<8xf32>
  %4 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%t : tensor<8x10xi8>) outs(%x : tensor<4x10xf32>) -> tensor<4x10xf32>
  %5 = ternary.grad_sign ins(%g, %x : tensor<4x8xf32>, tensor<4x10xf32>) outs(%t : tensor<8x10xi8>) -> tensor<8x10xi8>
  %6 = ternary.embedding_grad_sign ins(%ids, %x : tensor<4xi64>, tensor<4x10xf32>) outs(%t : tensor<8x10xi8>) -> tensor<8x10xi8>
  %7 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%v : tensor<2xi8>)
      outs(%x : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
  return %0, %1#0, %1#1, %2, %3, %4, %5, %6, %7, %w, %a, %x, %t : tensor<8x10xf32>, tensor<8x10xf32>, tensor<8xf32>,
      tensor<8xf32>, tensor<8xf32>, tensor<4x10xf32>, tensor<8x10xi8>, tensor<8x10xi8>, tensor<4x10xf32>, tensor<8x10xf32>,
      tensor<8xf32>, tensor<4x10xf32>, tensor<8x10xi8>
}
