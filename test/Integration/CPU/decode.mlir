// The digits of all bytes at once, on vectors of several lengths, against NumPy.

// RUN: rm -rf %t
// RUN: %python %S/Inputs/decode.py make %t
// RUN: ternary-run %s --calls %t/calls.json
// RUN: %python %S/Inputs/decode.py check %t

// Five digits of base 3, the least significant one first, as base3 has them.
func.func @base3(%bytes: tensor<256xi8>) -> tensor<1280xi8> {
  %c0 = arith.constant 0 : index
  %c5 = arith.constant 5 : index
  %c16 = arith.constant 16 : index
  %c256 = arith.constant 256 : index
  %in = bufferization.to_buffer %bytes read_only : tensor<256xi8> to memref<256xi8>
  %out = memref.alloc() : memref<1280xi8>
  scf.for %i = %c0 to %c256 step %c16 {
    %b = vector.load %in[%i] : memref<256xi8>, vector<16xi8>
    %t = ternary.decode %b {radix = 3 : i64, offset = 1 : i64} : vector<16xi8> to vector<80xi8>
    %j = arith.muli %i, %c5 : index
    vector.store %t, %out[%j] : memref<1280xi8>, vector<80xi8>
  }
  %r = bufferization.to_tensor %out restrict writable : memref<1280xi8> to tensor<1280xi8>
  return %r : tensor<1280xi8>
}

// Four digits of radix 4, the most significant one first, as chimera has them.
func.func @chimera(%bytes: tensor<256xi8>) -> tensor<1024xi8> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c32 = arith.constant 32 : index
  %c256 = arith.constant 256 : index
  %in = bufferization.to_buffer %bytes read_only : tensor<256xi8> to memref<256xi8>
  %out = memref.alloc() : memref<1024xi8>
  scf.for %i = %c0 to %c256 step %c32 {
    %b = vector.load %in[%i] : memref<256xi8>, vector<32xi8>
    %t = ternary.decode %b {radix = 4 : i64, offset = 0 : i64, msb_first} : vector<32xi8> to vector<128xi8>
    %j = arith.muli %i, %c4 : index
    vector.store %t, %out[%j] : memref<1024xi8>, vector<128xi8>
  }
  %r = bufferization.to_tensor %out restrict writable : memref<1024xi8> to tensor<1024xi8>
  return %r : tensor<1024xi8>
}

// Three digits of base 3, of bytes that hold more; one byte at a time.
func.func @three(%bytes: tensor<256xi8>) -> tensor<768xi8> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c256 = arith.constant 256 : index
  %in = bufferization.to_buffer %bytes read_only : tensor<256xi8> to memref<256xi8>
  %out = memref.alloc() : memref<768xi8>
  scf.for %i = %c0 to %c256 step %c1 {
    %b = vector.load %in[%i] : memref<256xi8>, vector<1xi8>
    %t = ternary.decode %b {radix = 3 : i64, offset = 1 : i64, msb_first} : vector<1xi8> to vector<3xi8>
    %j = arith.muli %i, %c3 : index
    vector.store %t, %out[%j] : memref<768xi8>, vector<3xi8>
  }
  %r = bufferization.to_tensor %out restrict writable : memref<768xi8> to tensor<768xi8>
  return %r : tensor<768xi8>
}
