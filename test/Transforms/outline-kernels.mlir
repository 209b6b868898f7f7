// RUN: ternary-opt %s --ternary-outline-kernels --split-input-file --allow-unregistered-dialect | FileCheck %s
// RUN: ternary-opt %s --ternary-outline-kernels --split-input-file --allow-unregistered-dialect -o %t.once
// RUN: ternary-opt %t.once --ternary-outline-kernels --split-input-file --allow-unregistered-dialect -o %t.twice
// RUN: diff %t.once %t.twice

// CHECK-LABEL: func.func @two(
// CHECK-SAME: %[[X:[^:]*]]: memref<4x8xf32>, %[[Y:[^:]*]]: memref<4x8xf32>, %[[Z:[^:]*]]: memref<4x8xf32>)
// CHECK-NEXT: call @ternary_rms_norm(%[[X]], %[[Y]])
// CHECK-NEXT: call @ternary_rms_norm(%[[Y]], %[[Z]])
// CHECK-NEXT: return
// CHECK: func.func private @ternary_rms_norm(%[[A:[^:]*]]: memref<4x8xf32>, %[[B:[^:]*]]: memref<4x8xf32>) attributes {llvm.linkage = #llvm.linkage<internal>} {
// CHECK-NEXT: ternary.rms_norm ins(%[[A]] : memref<4x8xf32>) outs(%[[B]] : memref<4x8xf32>)
// CHECK-NEXT: return
func.func @two(%x: memref<4x8xf32>, %y: memref<4x8xf32>,
               %z: memref<4x8xf32>) {
  // Become two calls of @ternary_rms_norm.
  ternary.rms_norm ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)
  ternary.rms_norm ins(%y : memref<4x8xf32>) outs(%z : memref<4x8xf32>)
  return
}

// -----

// Another attribute, type or set of operands is another kernel; names that are
// taken are avoided. Ops in loops are outlined too, ops on tensors are not.

// CHECK-LABEL: func.func @kinds(
// CHECK: call @[[N0:ternary_rms_norm_0]](
// CHECK: call @[[N1:ternary_rms_norm_1]](
// CHECK: call @[[N2:ternary_rms_norm_2]](
// CHECK: call @[[N3:ternary_rms_norm_3]](
// CHECK: scf.for
// CHECK-NEXT: call @[[N0]](
// CHECK: ternary.absmean ins(%{{.*}} : tensor<4x8xf32>)
// CHECK: func.func private @ternary_rms_norm(memref<4x8xf32>)
// CHECK: func.func private @[[N0]](%{{[^:]*}}: memref<4x8xf32>, %{{[^:]*}}: memref<4x8xf32>) attributes
// CHECK-NEXT: {eps = 9.99999997E-7 : f32}
// CHECK: func.func private @[[N1]](%{{[^:]*}}: memref<4x8xf32>, %{{[^:]*}}: memref<4x8xf32>) attributes
// CHECK-NEXT: {eps = 1.000000e-03 : f32}
// CHECK: func.func private @[[N2]](%{{[^:]*}}: memref<4x?xf32>, %{{[^:]*}}: memref<4x?xf32>) attributes
// CHECK: func.func private @[[N3]](%{{[^:]*}}: memref<4x8xf32>, %{{[^:]*}}: memref<8xf32>, %{{[^:]*}}: memref<4x8xf32>) attributes
// CHECK-NOT: func.func
func.func @kinds(%x: memref<4x8xf32>, %y: memref<4x8xf32>, %u: memref<4x?xf32>, %v: memref<4x?xf32>,
                 %w: memref<8xf32>, %m: index, %t: tensor<4x8xf32>, %i: tensor<f32>) -> tensor<f32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  ternary.rms_norm ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>) {eps = 1.0e-6 : f32}
  ternary.rms_norm ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>) {eps = 1.0e-3 : f32}
  ternary.rms_norm ins(%u : memref<4x?xf32>) outs(%v : memref<4x?xf32>)
  ternary.rms_norm ins(%x : memref<4x8xf32>) weight(%w : memref<8xf32>) outs(%y : memref<4x8xf32>)
  scf.for %j = %c0 to %m step %c1 {
    ternary.rms_norm ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>) {eps = 1.0e-6 : f32}
  }
  %s = ternary.absmean ins(%t : tensor<4x8xf32>) outs(%i : tensor<f32>) -> tensor<f32>
  return %s : tensor<f32>
}
func.func private @ternary_rms_norm(memref<4x8xf32>)

// -----

// Extents are operands like others; constants are passed as well.

// CHECK-LABEL: func.func @extents(
// CHECK-SAME: %[[B:[^:]*]]: memref<?x?xi8>, %[[O:[^:]*]]: memref<?x?xi8>, %[[N:[^:]*]]: index)
// CHECK: %[[C:.*]] = arith.constant 10 : index
// CHECK: call @ternary_repack(%[[B]], %[[N]], %[[C]], %[[O]])
// CHECK: call @ternary_repack_0(%[[B]], %[[N]], %[[O]])
// CHECK: func.func private @ternary_repack(
// CHECK-NEXT: ternary.repack {{.*}} shape(%{{.*}}, %{{.*}})
// CHECK: func.func private @ternary_repack_0(
// CHECK-NEXT: ternary.repack {{.*}} shape(%{{.*}}, 10)
func.func @extents(%b: memref<?x?xi8>, %o: memref<?x?xi8>, %n: index) {
  %k = arith.constant 10 : index
  ternary.repack ins(%b : memref<?x?xi8>) shape(%n, %k) outs(%o : memref<?x?xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<hf>}
  ternary.repack ins(%b : memref<?x?xi8>) shape(%n, 10) outs(%o : memref<?x?xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<hf>}
  return
}

// -----

// A private function that does nothing else is a kernel already; a public one
// gets one.

// CHECK-LABEL: func.func private @kernel(
// CHECK-NEXT: ternary.rms_norm
// CHECK-LABEL: func.func @public(
// CHECK-NEXT: call @ternary_rms_norm
func.func private @kernel(%x: memref<8xf32>, %y: memref<8xf32>) {
  ternary.rms_norm ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
  return
}
func.func @public(%x: memref<8xf32>, %y: memref<8xf32>) {
  ternary.rms_norm ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
  return
}

// -----

// On a GPU what quantizes a norm goes with it, and so does the buffer in
// between; not on a CPU.

// CHECK-LABEL: module @gpu
// CHECK: func.func @pair(%[[X:[^:]*]]: memref<?x8xf16>, %[[N:[^:]*]]: index,
// CHECK-NOT: memref.alloc
// CHECK: call @ternary_rms_norm_quantize_activation(%[[N]], %[[X]], %
// CHECK: call @ternary_rms_norm_quantize_activation(%[[N]], %[[X]], %
// CHECK: func.func private @ternary_rms_norm_quantize_activation(%[[N:[^:]*]]: index, %[[X:[^:]*]]: memref<?x8xf16>,
// CHECK-NEXT: %[[Y:.*]] = memref.alloc(%[[N]])
// CHECK-NEXT: ternary.rms_norm ins(%[[X]] {{.*}} outs(%[[Y]]
// CHECK-NEXT: ternary.quantize_activation ins(%[[Y]]
// CHECK-NEXT: memref.dealloc %[[Y]]
// CHECK-NEXT: return
// CHECK-LABEL: module @cpu
// CHECK: memref.alloc
// CHECK: call @ternary_rms_norm(
// CHECK: call @ternary_quantize_activation(
module {
  module @gpu attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>} {
    func.func @pair(%x: memref<?x8xf16>, %n: index, %q: memref<?x8xi8>, %s: memref<?xf32>) {
      %y = memref.alloc(%n) : memref<?x8xf16>
      ternary.rms_norm ins(%x : memref<?x8xf16>) outs(%y : memref<?x8xf16>)
      ternary.quantize_activation ins(%y : memref<?x8xf16>) outs(%q, %s : memref<?x8xi8>, memref<?xf32>)
      memref.dealloc %y : memref<?x8xf16>
      %z = memref.alloc(%n) : memref<?x8xf16>
      ternary.rms_norm ins(%x : memref<?x8xf16>) outs(%z : memref<?x8xf16>)
      ternary.quantize_activation ins(%z : memref<?x8xf16>) outs(%q, %s : memref<?x8xi8>, memref<?xf32>)
      memref.dealloc %z : memref<?x8xf16>
      return
    }
  }
  module @cpu {
    func.func @pair(%x: memref<4x8xf16>, %q: memref<4x8xi8>, %s: memref<4xf32>) {
      %y = memref.alloc() : memref<4x8xf16>
      ternary.rms_norm ins(%x : memref<4x8xf16>) outs(%y : memref<4x8xf16>)
      ternary.quantize_activation ins(%y : memref<4x8xf16>) outs(%q, %s : memref<4x8xi8>, memref<4xf32>)
      memref.dealloc %y : memref<4x8xf16>
      return
    }
  }
}

// -----

// What is inside of an op that is not known stays: no symbol table is near.
// CHECK-LABEL: "other.unknown"()
// CHECK: ternary.rms_norm
"other.unknown"() ({
^bb0(%x: memref<4x8xf32>, %y: memref<4x8xf32>):
  ternary.rms_norm ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)
  "other.end"() : () -> ()
}) : () -> ()
