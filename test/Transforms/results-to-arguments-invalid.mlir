// RUN: ternary-opt %s --ternary-results-to-arguments --verify-diagnostics --split-input-file

// expected-error @+1 {{'func.func' op expected extents of result 0 that follow from the sizes of the arguments, found 'tensor<?xf32>'}}
func.func @product(%x: tensor<?x?xf32>) -> tensor<?xf32> {
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<?x?xf32> into tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// A value of the call is no size of it.
// expected-error @+1 {{'func.func' op expected extents of result 1 that follow from the sizes of the arguments, found 'tensor<?xf32>'}}
func.func @value(%x: tensor<index>, %f: f32) -> (f32, tensor<?xf32>) {
  %n = tensor.extract %x[] : tensor<index>
  %e = tensor.empty(%n) : tensor<?xf32>
  %0 = linalg.fill ins(%f : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %f, %0 : f32, tensor<?xf32>
}

// -----

// expected-error @+1 {{'func.func' op expected a rank for result 0, found 'tensor<*xf32>'}}
func.func @unranked(%x: tensor<*xf32>) -> tensor<*xf32> {
  return %x : tensor<*xf32>
}

// -----

func.func @used(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func @user(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'func.constant' op expected no use of 'used' but calls, since its results become arguments}}
  %f = func.constant @used : (tensor<4xf32>) -> tensor<4xf32>
  %y = call_indirect %f(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error @+1 {{'ternary.extents': expected an affine map without symbols}}
func.func private @symbols(memref<?xf32> {ternary.extents = affine_map<()[s0] -> (s0)>})

// -----

// expected-error @+1 {{argument 0: 'ternary.extents' expected a memref of rank 2, found 'memref<?xf32>'}}
func.func private @rank(memref<?xf32> {ternary.extents = affine_map<(d0) -> (d0, 8)>})
