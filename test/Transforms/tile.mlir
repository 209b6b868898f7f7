// RUN: ternary-opt %s --ternary-tile --split-input-file | FileCheck %s
// RUN: ternary-opt %s --ternary-tile="row-tile=100 token-tile=2" --split-input-file | FileCheck %s --check-prefix=SIZES
// RUN: ternary-opt %s --ternary-tile --split-input-file -o %t.once
// RUN: ternary-opt %t.once --ternary-tile --split-input-file -o %t.twice
// RUN: diff %t.once %t.twice

// CHECK-LABEL: func.func @tiled(
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x10xi8>, %[[W:[^:]*]]: tensor<512x10xi8>)
// CHECK: %[[I:.*]] = tensor.empty() : tensor<4x512xi32>
// CHECK: %[[Y:.*]] = scf.forall (%[[N:.*]]) = (0) to (512) step (64) shared_outs(%[[O:.*]] = %[[I]]) -> (tensor<4x512xi32>) {
// CHECK: %[[A:.*]] = tensor.extract_slice %[[W]][%[[N]], 0] [64, 10] [1, 1]
// CHECK: %[[B:.*]] = tensor.extract_slice %[[O]][0, %[[N]]] [4, 64] [1, 1]
// CHECK: %[[P:.*]] = ternary.bitlinear {{.*}} weights(%[[A]] : tensor<64x10xi8>) outs(%[[B]] : tensor<4x64xi32>)
// CHECK: tensor.parallel_insert_slice %[[P]] into %[[O]][0, %[[N]]] [4, 64] [1, 1]
// CHECK: return %[[Y]]
// SIZES-LABEL: func.func @tiled(
// SIZES: scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (4, 512) step (2, 100)
module attributes {ternary.target =
    #ternary.target<cpu = "generic", isa = "generic", threads = 2>} {
  func.func @tiled(%x: tensor<4x10xi8>, %w: tensor<512x10xi8>)
      -> tensor<4x512xi32> {
    // Becomes scf.forall over tiles of 64 rows.
    %init = tensor.empty() : tensor<4x512xi32>
    %y = ternary.bitlinear ins(%x : tensor<4x10xi8>)
        weights(%w : tensor<512x10xi8>) outs(%init : tensor<4x512xi32>)
        -> tensor<4x512xi32>
    return %y : tensor<4x512xi32>
  }
}

// -----

// Four tiles per thread; the last one may be short. All that belongs to rows is
// cut with them, the bytes of panels between panels.

// CHECK-LABEL: func.func @operands(
// CHECK: scf.forall (%[[N:.*]]) = (0) to (4000) step (512) shared_outs
// CHECK-DAG: tensor.extract_slice %{{.*}}[%{{.*}}, 0, 0, 0] [%{{.*}}, 1, 4, 64] [1, 1, 1, 1] : tensor<63x1x4x64xi8>
// CHECK-DAG: tensor.extract_slice %{{.*}}[%[[N]]] [%[[S:.*]]] [1] : tensor<4000xf32> to tensor<?xf32>
// CHECK-DAG: tensor.extract_slice %{{.*}}[%[[N]], 0] [%[[S]], 1] [1, 1] : tensor<4000x1xf32> to tensor<?x1xf32>
// CHECK-DAG: tensor.extract_slice %{{.*}}[%[[N]]] [%[[S]]] [1] : tensor<4000xbf16> to tensor<?xbf16>
// CHECK: ternary.bitlinear {{.*}} scales(%{{.*}}, %{{.*}}, %{{.*}} : tensor<f32>, tensor<?xf32>, tensor<?x1xf32>) activation_scale(%{{.*}} : tensor<2x3xf32>) bias(%{{.*}} : tensor<?xbf16>)
// SIZES-LABEL: func.func @operands(
// SIZES: scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (3, 4000) step (2, 128)
// SIZES: tensor.extract_slice %{{.*}}[0, %{{.*}}, 0] [2, %{{.*}}, 10] [1, 1, 1] : tensor<2x3x10xi8>
module attributes {ternary.target = #ternary.target<cpu = "generic", isa = "generic", threads = 2>} {
  func.func @operands(%x: tensor<2x3x10xi8>, %w: tensor<63x1x4x64xi8>, %s: tensor<f32>, %t: tensor<4000xf32>,
                      %g: tensor<4000x1xf32>, %a: tensor<2x3xf32>, %b: tensor<4000xbf16>, %init: tensor<2x3x4000xf32>)
      -> tensor<2x3x4000xf32> {
    %y = ternary.bitlinear ins(%x : tensor<2x3x10xi8>)
        weights(%w, %w, %w : tensor<63x1x4x64xi8>, tensor<63x1x4x64xi8>, tensor<63x1x4x64xi8>)
        scales(%s, %t, %g : tensor<f32>, tensor<4000xf32>, tensor<4000x1xf32>) activation_scale(%a : tensor<2x3xf32>)
        bias(%b : tensor<4000xbf16>) outs(%init : tensor<2x3x4000xf32>)
        {packing = #ternary.packing<cpu_panel2>, group_size = 16 : i64} -> tensor<2x3x4000xf32>
    return %y : tensor<2x3x4000xf32>
  }
}

// -----

// Where the number of rows is not known a tile has 64; likewise where OpenMP
// chooses the number of threads. One token has one axis.

// CHECK-LABEL: func.func @dynamic(
// CHECK: scf.forall (%{{.*}}) = (0) to (%{{.*}}) step (64)
// SIZES-LABEL: func.func @dynamic(
// SIZES: scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (%{{.*}}, %{{.*}}) step (2, 100)
// CHECK-LABEL: func.func @one_token(
// CHECK: scf.forall (%{{.*}}) = (0) to (4096) step (64)
// SIZES-LABEL: func.func @one_token(
// SIZES: scf.forall (%{{.*}}) = (0) to (4096) step (100)
module attributes {ternary.target = #ternary.target<cpu = "generic", isa = "generic", threads = 0>} {
  func.func @dynamic(%x: tensor<?x?xf32>, %w: tensor<?x?xi8>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
    %y = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%w : tensor<?x?xi8>)
        outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
    return %y : tensor<?x?xf32>
  }
  func.func @one_token(%x: tensor<10xi8>, %w: tensor<4096x10xi8>, %init: tensor<4096xi32>) -> tensor<4096xi32> {
    %y = ternary.bitlinear ins(%x : tensor<10xi8>) weights(%w : tensor<4096x10xi8>)
        outs(%init : tensor<4096xi32>) -> tensor<4096xi32>
    return %y : tensor<4096xi32>
  }
}

// -----

// Rows that cannot be cut: base3 runs on from row to row, hf has four distant
// rows in a byte. Tokens can be cut still.

// CHECK-LABEL: func.func @uncut(
// CHECK-NOT: scf.forall
// SIZES-LABEL: func.func @uncut(
// SIZES: scf.forall (%{{.*}}) = (0) to (4) step (2)
// SIZES: ternary.bitlinear {{.*}} weights(%{{.*}} : tensor<1024xi8>) {{.*}} -> tensor<2x512xi32>
// SIZES: scf.forall (%{{.*}}) = (0) to (4) step (2)
// SIZES: ternary.bitlinear {{.*}} weights(%{{.*}} : tensor<128x10xi8>) {{.*}} -> tensor<2x512xi32>
module attributes {ternary.target = #ternary.target<cpu = "generic", isa = "generic", threads = 2>} {
  func.func @uncut(%x: tensor<4x10xi8>, %b: tensor<1024xi8>, %h: tensor<128x10xi8>, %init: tensor<4x512xi32>)
      -> (tensor<4x512xi32>, tensor<4x512xi32>) {
    %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%b : tensor<1024xi8>)
        outs(%init : tensor<4x512xi32>) {packing = #ternary.packing<base3>} -> tensor<4x512xi32>
    %z = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%h : tensor<128x10xi8>)
        outs(%init : tensor<4x512xi32>) {packing = #ternary.packing<hf>} -> tensor<4x512xi32>
    return %y, %z : tensor<4x512xi32>, tensor<4x512xi32>
  }
}

// -----

// One thread, and no target at all: nothing is tiled unless sizes are given.
// What stands in an scf.forall stays in any case, and so do memrefs.

// CHECK-LABEL: func.func @one_thread(
// CHECK-NOT: scf.forall
// SIZES-LABEL: func.func @one_thread(
// SIZES: scf.forall
// CHECK-LABEL: func.func @inside(
// CHECK: scf.forall
// CHECK-NOT: scf.forall (
// SIZES-LABEL: func.func @inside(
// SIZES: scf.forall (%{{.*}}) in (2)
// SIZES-NOT: scf.forall (
// CHECK: ternary.bitlinear {{.*}} outs(%{{.*}} : memref<4x512xi32>)
// CHECK: func.func private @declaration(tensor<4x10xi8>)
func.func @one_thread(%x: tensor<4x10xi8>, %w: tensor<512x10xi8>, %init: tensor<4x512xi32>) -> tensor<4x512xi32> {
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<512x10xi8>)
      outs(%init : tensor<4x512xi32>) -> tensor<4x512xi32>
  return %y : tensor<4x512xi32>
}
func.func @inside(%x: tensor<4x10xi8>, %w: tensor<512x10xi8>, %init: tensor<8x512xi32>, %m: memref<4x10xi8>,
                  %n: memref<512x10xi8>, %o: memref<4x512xi32>) -> tensor<8x512xi32> {
  %r = scf.forall (%i) in (2) shared_outs(%s = %init) -> tensor<8x512xi32> {
    %e = tensor.empty() : tensor<4x512xi32>
    %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<512x10xi8>)
        outs(%e : tensor<4x512xi32>) -> tensor<4x512xi32>
    %j = affine.apply affine_map<(d0) -> (d0 * 4)>(%i)
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %y into %s[%j, 0] [4, 512] [1, 1] : tensor<4x512xi32> into tensor<8x512xi32>
    }
  }
  ternary.bitlinear ins(%m : memref<4x10xi8>) weights(%n : memref<512x10xi8>) outs(%o : memref<4x512xi32>)
  return %r : tensor<8x512xi32>
}
func.func private @declaration(tensor<4x10xi8>)
