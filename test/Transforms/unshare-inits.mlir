// RUN: ternary-opt %s --ternary-unshare-inits | FileCheck %s
// RUN: ternary-opt %s --ternary-unshare-inits -o %t.once
// RUN: ternary-opt %t.once --ternary-unshare-inits -o %t.twice
// RUN: diff %t.once %t.twice

// CHECK-LABEL: func.func @shared(
// CHECK-SAME: %[[M:[^:]*]]: index
// CHECK-NEXT: %[[B:.*]] = tensor.empty(%[[M]]) : tensor<?xf32>
// CHECK-NEXT: %[[A:.*]] = tensor.empty(%[[M]]) : tensor<?xf32>
// CHECK: linalg.abs ins(%{{.*}}) outs(%[[A]] : tensor<?xf32>)
// CHECK: linalg.exp ins(%{{.*}}) outs(%[[B]] : tensor<?xf32>)
func.func @shared(%m: index, %x: tensor<?xf32>)
    -> (tensor<?xf32>, tensor<?xf32>) {
  // Becomes two empty tensors.
  %e = tensor.empty(%m) : tensor<?xf32>
  %a = linalg.abs ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>)
      -> tensor<?xf32>
  %b = linalg.exp ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>)
      -> tensor<?xf32>
  return %a, %b : tensor<?xf32>, tensor<?xf32>
}

// A fill of an empty tensor is cloned, and then has an empty tensor of its own.

// CHECK-LABEL: func.func @fills(
// CHECK: %[[P:.*]] = tensor.empty() : tensor<4xf32>
// CHECK-NEXT: %[[Q:.*]] = tensor.empty() : tensor<4xf32>
// CHECK-NEXT: %[[D:.*]] = linalg.fill ins(%{{.*}}) outs(%[[Q]] : tensor<4xf32>)
// CHECK-NEXT: %[[C:.*]] = linalg.fill ins(%{{.*}}) outs(%[[P]] : tensor<4xf32>)
// CHECK: linalg.add {{.*}} outs(%[[C]] : tensor<4xf32>)
// CHECK: linalg.sub {{.*}} outs(%[[D]] : tensor<4xf32>)
func.func @fills(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%c : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %a = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%f : tensor<4xf32>) -> tensor<4xf32>
  %b = linalg.sub ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%f : tensor<4xf32>) -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// A fill of something else than an empty tensor is a value, not an init.

// CHECK-LABEL: func.func @value(
// CHECK-COUNT-1: linalg.fill
// CHECK-NOT: linalg.fill
// CHECK: return
func.func @value(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %c = arith.constant 0.0 : f32
  %f = linalg.fill ins(%c : f32) outs(%y : tensor<4xf32>) -> tensor<4xf32>
  %a = linalg.abs ins(%x : tensor<4xf32>) outs(%f : tensor<4xf32>) -> tensor<4xf32>
  %b = linalg.exp ins(%x : tensor<4xf32>) outs(%f : tensor<4xf32>) -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// Uses in regions get clones there.

// CHECK-LABEL: func.func @branches(
// CHECK: scf.if
// CHECK: %[[E:.*]] = tensor.empty() : tensor<4xf32>
// CHECK: linalg.abs ins(%{{.*}}) outs(%[[E]]
// CHECK: else
// CHECK: linalg.exp
func.func @branches(%i: i1, %x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %r = scf.if %i -> tensor<4xf32> {
    %a = linalg.abs ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %a : tensor<4xf32>
  } else {
    %b = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %b : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// CHECK: func.func private @declaration(tensor<4xf32>)
func.func private @declaration(tensor<4xf32>)

// One that nothing uses is left to dead code elimination.
// CHECK-LABEL: func.func @unused(
func.func @unused() {
  // CHECK-NEXT: tensor.empty
  // CHECK-NEXT: return
  %e = tensor.empty() : tensor<4xf32>
  return
}
