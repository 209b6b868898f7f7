// A call takes the arguments of the function as it is written, those that are
// marked constant included: nothing of it becomes a function that is to be called
// before.

// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py make %t/x.npy int8 2x3 1,-2,3,-128,127,0
// RUN: %python %S/Inputs/npy.py make %t/w.npy int8 2x3 1,1,-1,0,-1,1
// RUN: ternary-run %s --entry layer --args %t/x.npy %t/w.npy --check=reference | FileCheck %s
// RUN: ternary-run %s --entry layer --args %t/x.npy %t/w.npy --target=reference | FileCheck %s --check-prefix=VALUES

// CHECK: result 0: int32 [2, 2] = -4 5 -1 -127
// CHECK: check: result 0: max difference 0, 0 of 4 elements differ
// VALUES: result 0: int32 [2, 2] = -4 5 -1 -127
func.func @layer(%x: tensor<?x3xi8>, %w: tensor<2x3xi8> {ternary.constant})
    -> tensor<?x2xi32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x3xi8>
  %e = tensor.empty(%m) : tensor<?x2xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x3xi8>) weights(%w : tensor<2x3xi8>)
      outs(%e : tensor<?x2xi32>) -> tensor<?x2xi32>
  return %y : tensor<?x2xi32>
}
