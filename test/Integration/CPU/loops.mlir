// Layers in loops, branches and calls: both targets take a new buffer in a round
// where they need one.

// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/../../Tools/Inputs/npy.py make %t/x.npy int8 2x3 1,-2,3,-128,127,0
// RUN: %python %S/../../Tools/Inputs/npy.py make %t/w.npy int8 3x3 1,1,-1,0,-1,1,-1,0,0
// RUN: %python %S/../../Tools/Inputs/npy.py make %t/c.npy bool - 1
// RUN: ternary-run %s --entry loop --args %t/x.npy %t/w.npy --check=reference | FileCheck %s --check-prefix=LOOP
// RUN: ternary-run %s --entry branch --args %t/x.npy %t/w.npy %t/c.npy --check=reference | FileCheck %s --check-prefix=BRANCH

// LOOP: result 0: float16 [2, 3] = -4 5 -1 -1 -127 128
// LOOP: 0 of 6 elements differ
func.func @loop(%x: tensor<?x3xi8>, %w: tensor<3x3xi8>) -> tensor<?x3xf16> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %m = tensor.dim %x, %c0 : tensor<?x3xi8>
  %e = tensor.empty(%m) : tensor<?x3xf16>
  %zero = arith.constant 0.0 : f16
  %z = linalg.fill ins(%zero : f16) outs(%e : tensor<?x3xf16>) -> tensor<?x3xf16>
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%acc = %z) -> tensor<?x3xf16> {
    %y = ternary.bitlinear ins(%x : tensor<?x3xi8>) weights(%w : tensor<3x3xi8>)
        outs(%acc : tensor<?x3xf16>) -> tensor<?x3xf16>
    scf.yield %y : tensor<?x3xf16>
  }
  return %r : tensor<?x3xf16>
}

func.func private @layer(%x: tensor<?x3xi8>, %w: tensor<3x3xi8>,
                         %e: tensor<?x3xi32>) -> tensor<?x3xi32> {
  %y = ternary.bitlinear ins(%x : tensor<?x3xi8>) weights(%w : tensor<3x3xi8>)
      outs(%e : tensor<?x3xi32>) -> tensor<?x3xi32>
  return %y : tensor<?x3xi32>
}

// BRANCH: result 0: int32 [2, 3] = -4 5 -1 -1 -127 128
// BRANCH: 0 of 6 elements differ
func.func @branch(%x: tensor<?x3xi8>, %w: tensor<3x3xi8>, %c: i1)
    -> tensor<?x3xi32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x3xi8>
  %e = tensor.empty(%m) : tensor<?x3xi32>
  %r = scf.if %c -> tensor<?x3xi32> {
    %y = func.call @layer(%x, %w, %e)
        : (tensor<?x3xi8>, tensor<3x3xi8>, tensor<?x3xi32>) -> tensor<?x3xi32>
    scf.yield %y : tensor<?x3xi32>
  } else {
    scf.yield %e : tensor<?x3xi32>
  }
  return %r : tensor<?x3xi32>
}
