// RUN: ternary-opt %s --canonicalize | FileCheck %s

// A splat costs nothing, its fold would: what is too large to be held, or to be
// counted in 64 bits, is left to the run.

// CHECK-LABEL: func.func @pack
// CHECK: ternary.pack
func.func @pack(%i: tensor<1048576x262144xi8>) -> tensor<1048576x262144xi8> {
  %t = arith.constant dense<1> : tensor<1048576x1048576xi8>
  %0 = ternary.pack ins(%t : tensor<1048576x1048576xi8>) outs(%i : tensor<1048576x262144xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1048576x262144xi8>
  return %0 : tensor<1048576x262144xi8>
}

// CHECK-LABEL: func.func @pack_signs
// CHECK: ternary.pack
func.func @pack_signs(%i: tensor<1048576x262144xi8>) -> tensor<1048576x262144xi8> {
  %w = arith.constant dense<0.5> : tensor<1048576x1048576xf32>
  %0 = ternary.pack ins(%w : tensor<1048576x1048576xf32>) outs(%i : tensor<1048576x262144xi8>)
      {packing = #ternary.packing<chimera>, conversion = #ternary<conversion sign>} -> tensor<1048576x262144xi8>
  return %0 : tensor<1048576x262144xi8>
}

// CHECK-LABEL: func.func @unpack
// CHECK: ternary.unpack
func.func @unpack(%i: tensor<1048576x1048576xi8>) -> tensor<1048576x1048576xi8> {
  %b = arith.constant dense<85> : tensor<1048576x262144xi8>
  %0 = ternary.unpack ins(%b : tensor<1048576x262144xi8>) outs(%i : tensor<1048576x1048576xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1048576x1048576xi8>
  return %0 : tensor<1048576x1048576xi8>
}

// CHECK-LABEL: func.func @repack
// CHECK: ternary.repack
func.func @repack(%i: tensor<262144x1048576xi8>) -> tensor<262144x1048576xi8> {
  %b = arith.constant dense<85> : tensor<1048576x262144xi8>
  %0 = ternary.repack ins(%b : tensor<1048576x262144xi8>) shape(1048576, 1048576) outs(%i : tensor<262144x1048576xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<hf>} -> tensor<262144x1048576xi8>
  return %0 : tensor<262144x1048576xi8>
}

// CHECK-LABEL: func.func @absmean
// CHECK: ternary.absmean
// CHECK: ternary.absmean
func.func @absmean(%i: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %w = arith.constant dense<1.0> : tensor<1048576x1048576xf32>
  %v = arith.constant dense<1.0> : tensor<4294967296x4294967296xf32>
  %0 = ternary.absmean ins(%w : tensor<1048576x1048576xf32>) outs(%i : tensor<f32>) -> tensor<f32>
  %1 = ternary.absmean ins(%v : tensor<4294967296x4294967296xf32>) outs(%i : tensor<f32>) -> tensor<f32>
  return %0, %1 : tensor<f32>, tensor<f32>
}

// CHECK-LABEL: func.func @ternarize
// CHECK: ternary.ternarize
// CHECK: ternary.ternarize
func.func @ternarize(%i: tensor<1048576x1048576xi8>, %j: tensor<4294967296x4294967296xi8>)
    -> (tensor<1048576x1048576xi8>, tensor<4294967296x4294967296xi8>) {
  %w = arith.constant dense<1.0> : tensor<1048576x1048576xf32>
  %v = arith.constant dense<1.0> : tensor<4294967296x4294967296xf32>
  %s = arith.constant dense<1.0> : tensor<f32>
  %0 = ternary.ternarize ins(%w : tensor<1048576x1048576xf32>) scales(%s : tensor<f32>) outs(%i : tensor<1048576x1048576xi8>)
      -> tensor<1048576x1048576xi8>
  %1 = ternary.ternarize ins(%v : tensor<4294967296x4294967296xf32>) scales(%s : tensor<f32>)
      outs(%j : tensor<4294967296x4294967296xi8>) -> tensor<4294967296x4294967296xi8>
  return %0, %1 : tensor<1048576x1048576xi8>, tensor<4294967296x4294967296xi8>
}

// A zero component of any size is found by its splat.

// CHECK-LABEL: func.func @zero_component
// CHECK: ternary.bitlinear ins(%{{.*}} : tensor<?x1048576xi8>) weights() bias(
func.func @zero_component(%x: tensor<?x1048576xi8>, %b: tensor<1048576xf32>, %i: tensor<?x1048576xf32>) -> tensor<?x1048576xf32> {
  %z = arith.constant dense<0> : tensor<1048576x1048576xi8>
  %y = ternary.bitlinear ins(%x : tensor<?x1048576xi8>) weights(%z : tensor<1048576x1048576xi8>) bias(%b : tensor<1048576xf32>)
      outs(%i : tensor<?x1048576xf32>) -> tensor<?x1048576xf32>
  return %y : tensor<?x1048576xf32>
}
