// Ops on memrefs by value: whole buffers and strided views, on both targets
// against NumPy.

// RUN: rm -rf %t
// RUN: %python %S/Inputs/memref.py make %t
// RUN: ternary-run %s --calls %t/calls.json --check=reference
// RUN: %python %S/Inputs/memref.py check %t
// RUN: ternary-run %s --calls %t/calls.json --target=reference
// RUN: %python %S/Inputs/memref.py check %t

// A layer from f32 activations to f32 results, every step into a buffer.
func.func @layer(%x: tensor<?x20xf32>, %w: tensor<7x20xi8>, %s: tensor<7xf32>) -> tensor<?x7xf32> {
  %c0 = arith.constant 0 : index
  %xb = bufferization.to_buffer %x read_only : tensor<?x20xf32> to memref<?x20xf32>
  %wb = bufferization.to_buffer %w read_only : tensor<7x20xi8> to memref<7x20xi8>
  %sb = bufferization.to_buffer %s read_only : tensor<7xf32> to memref<7xf32>
  %m = memref.dim %xb, %c0 : memref<?x20xf32>
  %packed = memref.alloc() : memref<28xi8>
  %h = memref.alloc(%m) : memref<?x20xf32>
  %q = memref.alloc(%m) : memref<?x20xi8>
  %a = memref.alloc(%m) : memref<?xf32>
  %y = memref.alloc(%m) : memref<?x7xf32>
  ternary.pack ins(%wb : memref<7x20xi8>) outs(%packed : memref<28xi8>)
      {packing = #ternary.packing<base3>}
  ternary.rms_norm ins(%xb : memref<?x20xf32>) outs(%h : memref<?x20xf32>)
  ternary.quantize_activation ins(%h : memref<?x20xf32>)
      outs(%q, %a : memref<?x20xi8>, memref<?xf32>)
  ternary.bitlinear ins(%q : memref<?x20xi8>) weights(%packed : memref<28xi8>)
      scales(%sb : memref<7xf32>) activation_scale(%a : memref<?xf32>)
      outs(%y : memref<?x7xf32>) {packing = #ternary.packing<base3>}
  %r = bufferization.to_tensor %y restrict writable : memref<?x7xf32> to tensor<?x7xf32>
  return %r : tensor<?x7xf32>
}

// The columns 2 to 17 of the activations and of the weights, into the columns 1
// to 5 of a buffer whose other columns stay as they are.
func.func @views(%x: tensor<?x20xi8>, %w: tensor<5x20xi8>) -> tensor<?x7xi32> {
  %c0 = arith.constant 0 : index
  %stale = arith.constant 90 : i32
  %xb = bufferization.to_buffer %x read_only : tensor<?x20xi8> to memref<?x20xi8>
  %wb = bufferization.to_buffer %w read_only : tensor<5x20xi8> to memref<5x20xi8>
  %m = memref.dim %xb, %c0 : memref<?x20xi8>
  %y = memref.alloc(%m) : memref<?x7xi32>
  linalg.fill ins(%stale : i32) outs(%y : memref<?x7xi32>)
  %xv = memref.subview %xb[0, 2] [%m, 16] [1, 1]
      : memref<?x20xi8> to memref<?x16xi8, strided<[20, 1], offset: 2>>
  %wv = memref.subview %wb[0, 2] [5, 16] [1, 1]
      : memref<5x20xi8> to memref<5x16xi8, strided<[20, 1], offset: 2>>
  %yv = memref.subview %y[0, 1] [%m, 5] [1, 1]
      : memref<?x7xi32> to memref<?x5xi32, strided<[7, 1], offset: 1>>
  ternary.bitlinear ins(%xv : memref<?x16xi8, strided<[20, 1], offset: 2>>)
      weights(%wv : memref<5x16xi8, strided<[20, 1], offset: 2>>)
      outs(%yv : memref<?x5xi32, strided<[7, 1], offset: 1>>)
  %r = bufferization.to_tensor %y restrict writable : memref<?x7xi32> to tensor<?x7xi32>
  return %r : tensor<?x7xi32>
}

// Dynamic in every extent.
func.func @storage(%b: tensor<?x?xi8>, %ids: tensor<?xi64>, %v: index, %d: index)
    -> (tensor<?x?xi8>, tensor<?x?xf32>) {
  %c0 = arith.constant 0 : index
  %bb = bufferization.to_buffer %b read_only : tensor<?x?xi8> to memref<?x?xi8>
  %ib = bufferization.to_buffer %ids read_only : tensor<?xi64> to memref<?xi64>
  %count = memref.dim %ib, %c0 : memref<?xi64>
  %t = memref.alloc(%v, %d) : memref<?x?xi8>
  %y = memref.alloc(%count, %d) : memref<?x?xf32>
  ternary.unpack ins(%bb : memref<?x?xi8>) outs(%t : memref<?x?xi8>)
      {packing = #ternary.packing<chimera>}
  ternary.embedding ins(%ib : memref<?xi64>) table(%bb : memref<?x?xi8>) shape(%v, %d)
      outs(%y : memref<?x?xf32>) {packing = #ternary.packing<chimera>}
  %0 = bufferization.to_tensor %t restrict writable : memref<?x?xi8> to tensor<?x?xi8>
  %1 = bufferization.to_tensor %y restrict writable : memref<?x?xf32> to tensor<?x?xf32>
  return %0, %1 : tensor<?x?xi8>, tensor<?x?xf32>
}
