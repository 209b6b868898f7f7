// RUN: ternary-opt %s --ternary-select-packing --remarks-filter=ternary-select-packing -o %t 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=SCALES --input-file=%t

// A tile for each kind of activations, number of tokens and size of groups.

module attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>} {
  func.func @layers(%x: tensor<1x256xi8>, %xs: tensor<128x256xi8>,
                    %h: tensor<16x256xf16>, %f: tensor<128x256xf32>,
                    %w: tensor<32x256xi8> {ternary.constant},
                    %row: tensor<32xf32>, %g32: tensor<32x8xf32>, %g16: tensor<32x16xf32>,
                    %y: tensor<1x32xf32>, %ys: tensor<128x32xf32>, %yh: tensor<16x32xf32>)
      -> (tensor<1x32xf32>, tensor<128x32xf32>, tensor<1x32xf32>, tensor<128x32xf32>,
          tensor<128x32xf32>, tensor<16x32xf32>, tensor<128x32xf32>, tensor<128x32xf32>) {
    // CHECK: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in gpu_tile2: a lane loads columns side by side
    %0 = ternary.bitlinear ins(%x : tensor<1x256xi8>) weights(%w : tensor<32x256xi8>)
        scales(%row : tensor<32xf32>) outs(%y : tensor<1x32xf32>) -> tensor<1x32xf32>
    // CHECK: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in gpu_tile2k: columns in the order of the tokens in memory
    %1 = ternary.bitlinear ins(%xs : tensor<128x256xi8>) weights(%w : tensor<32x256xi8>)
        scales(%row : tensor<32xf32>) outs(%ys : tensor<128x32xf32>) -> tensor<128x32xf32>
    // CHECK: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in gpu_tile2:
    %2 = ternary.bitlinear ins(%x : tensor<1x256xi8>) weights(%w : tensor<32x256xi8>)
        scales(%g32 : tensor<32x8xf32>) outs(%y : tensor<1x32xf32>)
        {group_size = 32 : i64} -> tensor<1x32xf32>
    // CHECK: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in gpu_tile2k:
    %3 = ternary.bitlinear ins(%xs : tensor<128x256xi8>) weights(%w : tensor<32x256xi8>)
        scales(%g32 : tensor<32x8xf32>) outs(%ys : tensor<128x32xf32>)
        {group_size = 32 : i64} -> tensor<128x32xf32>
    // CHECK: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in gpu_tile2:
    %4 = ternary.bitlinear ins(%xs : tensor<128x256xi8>) weights(%w : tensor<32x256xi8>)
        scales(%g16 : tensor<32x16xf32>) outs(%ys : tensor<128x32xf32>)
        {group_size = 16 : i64} -> tensor<128x32xf32>
    // CHECK: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in gpu_tile2h:
    %5 = ternary.bitlinear ins(%h : tensor<16x256xf16>) weights(%w : tensor<32x256xi8>)
        scales(%row : tensor<32xf32>) outs(%yh : tensor<16x32xf32>) -> tensor<16x32xf32>
    // CHECK: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in gpu_tile2hk:
    %6 = ternary.bitlinear ins(%f : tensor<128x256xf32>) weights(%w : tensor<32x256xi8>)
        scales(%g32 : tensor<32x8xf32>) outs(%ys : tensor<128x32xf32>)
        {group_size = 32 : i64} -> tensor<128x32xf32>
    // CHECK: [[# @LINE + 1]]:10: remark: [Missed] packing | {{.*}}no GPU kernel multiplies floats by groups of this size
    %7 = ternary.bitlinear ins(%f : tensor<128x256xf32>) weights(%w : tensor<32x256xi8>)
        scales(%g16 : tensor<32x16xf32>) outs(%ys : tensor<128x32xf32>)
        {group_size = 16 : i64} -> tensor<128x32xf32>
    return %0, %1, %2, %3, %4, %5, %6, %7
      : tensor<1x32xf32>, tensor<128x32xf32>, tensor<1x32xf32>, tensor<128x32xf32>,
        tensor<128x32xf32>, tensor<16x32xf32>, tensor<128x32xf32>, tensor<128x32xf32>
  }

  // Constant scales lie beside each other by the rows of a tile for one token, and
  // stay in rows for more.

  // SCALES-LABEL: func.func @exponents(
  // SCALES: %[[E:.*]] = arith.constant dense<3> : tensor<32x8xi8>
  // SCALES: %[[B:.*]] = arith.constant dense<3> : tensor<2x8x16xi8>
  // SCALES: ternary.bitlinear {{.*}} scales(%[[B]] : tensor<2x8x16xi8>)
  // SCALES: ternary.bitlinear {{.*}} scales(%[[E]] : tensor<32x8xi8>)
  func.func @exponents(%x: tensor<1x256xi8>, %xs: tensor<128x256xi8>, %w: tensor<32x256xi8> {ternary.constant},
                       %y: tensor<1x32xf32>, %ys: tensor<128x32xf32>) -> (tensor<1x32xf32>, tensor<128x32xf32>) {
    %e = arith.constant dense<3> : tensor<32x8xi8>
    %0 = ternary.bitlinear ins(%x : tensor<1x256xi8>) weights(%w : tensor<32x256xi8>)
        scales(%e : tensor<32x8xi8>) outs(%y : tensor<1x32xf32>) {group_size = 32 : i64} -> tensor<1x32xf32>
    %1 = ternary.bitlinear ins(%xs : tensor<128x256xi8>) weights(%w : tensor<32x256xi8>)
        scales(%e : tensor<32x8xi8>) outs(%ys : tensor<128x32xf32>) {group_size = 32 : i64} -> tensor<128x32xf32>
    return %0, %1 : tensor<1x32xf32>, tensor<128x32xf32>
  }

  // Weights that are not constant are repacked in every call, tiles are not.

  // SCALES-LABEL: func.func @arguments(
  // SCALES: %[[W:.*]] = ternary.repack {{.*}} {packing = #ternary.packing<gpu_tile2k>, source = #ternary.packing<chimera>}
  // SCALES: ternary.bitlinear {{.*}} weights(%[[W]] : {{.*}}packing = #ternary.packing<gpu_tile2k>
  // SCALES: ternary.bitlinear {{.*}} weights(%arg2 : tensor<2x2x32x16xi8>) {{.*}}packing = #ternary.packing<gpu_tile3>
  func.func @arguments(%xs: tensor<128x256xi8>, %w: tensor<32x64xi8>, %t: tensor<2x2x32x16xi8>,
                       %y: tensor<128x32xi32>) -> (tensor<128x32xi32>, tensor<128x32xi32>) {
    // CHECK: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in gpu_tile2k:
    %0 = ternary.bitlinear ins(%xs : tensor<128x256xi8>) weights(%w : tensor<32x64xi8>)
        outs(%y : tensor<128x32xi32>) {packing = #ternary.packing<chimera>} -> tensor<128x32xi32>
    // CHECK: [[# @LINE + 1]]:10: remark: [Missed] packing | {{.*}}weights are in an execution packing
    %1 = ternary.bitlinear ins(%xs : tensor<128x256xi8>) weights(%t : tensor<2x2x32x16xi8>)
        outs(%y : tensor<128x32xi32>) {packing = #ternary.packing<gpu_tile3>} -> tensor<128x32xi32>
    return %0, %1 : tensor<128x32xi32>, tensor<128x32xi32>
  }
}

// Base 3 by its name alone: it is read faster, and multiplied slower.

// RUN: ternary-opt %s --ternary-select-packing=packing=gpu_tile3 | FileCheck %s --check-prefix=NAMED
// NAMED-LABEL: func.func @layers(
// NAMED: ternary.pack {{.*}}{packing = #ternary.packing<gpu_tile3>}
// NAMED: ternary.bitlinear {{.*}}packing = #ternary.packing<gpu_tile3>
