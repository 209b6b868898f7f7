// RUN: ternary-opt %s --map-loops-to-gpu --split-input-file --verify-diagnostics

// The host cannot know what the device computes.
func.func @extent(%n: memref<index>) -> memref<?xf32> {
  %size = memref.load %n[] : memref<index>
  // expected-error @+1 {{'memref.alloc' op needs a number on the host that the device computes}}
  %m = memref.alloc(%size) : memref<?xf32>
  return %m : memref<?xf32>
}

// -----

func.func @result(%n: memref<index>) -> index {
  %size = memref.load %n[] : memref<index>
  // expected-error @+1 {{'func.return' op needs a number on the host that the device computes}}
  return %size : index
}

// -----

// Reductions are loops by themselves.
func.func @reduction(%m: memref<8xf32>, %out: memref<f32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{'scf.parallel' op expected no reduction on the GPU}}
  %sum = scf.parallel (%i) = (%c0) to (%c8) step (%c1) init (%zero) -> f32 {
    %x = memref.load %m[%i] : memref<8xf32>
    scf.reduce(%x : f32) {
    ^bb0(%a: f32, %b: f32):
      %c = arith.addf %a, %b : f32
      scf.reduce.return %c : f32
    }
  }
  memref.store %sum, %out[] : memref<f32>
  return
}

// -----

// expected-error @+1 {{'func.func' op expected one block, for the GPU}}
func.func @blocks(%c: i1) {
  cf.cond_br %c, ^bb1, ^bb1
^bb1:
  return
}
