// The digits network, trained without float weights: the state is integers only,
// and no optimizer keeps a float. Activations and gradients are floats.
//
// A layer maps x [M, K] to y [M, N], with trits t and one scale S per group of 32
// columns:
//
//   S = 2^(E + 2 * correlation / (updates * 32))
//   y = rms_norm(x) (S * t)^T
//
// and ReLU^2 stands between two layers. Each step takes the sign of the gradient to
// each weight, and
//
// * votes: the accumulator of a trit moves by one against the sign; beyond the
//   threshold the trit becomes the sign of its accumulator, which starts again at
//   0. The threshold grows from 8 to 120 in the course of the training, so that
//   more and more votes are needed: it stands in for the learning rate;
// * adds the correlation of signs and trits of each group, which is a slow change
//   of its scale;
// * in the first fifth of the steps, votes on the exponents of the hidden layers.
//
// The state of a layer is the packed trits, their accumulators, the exponents,
// the accumulators of these (of the hidden layers), the correlations and the number of
// updates. It comes as memrefs and changes in place.

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#id1 = affine_map<(i) -> (i)>
#all1 = affine_map<(i) -> ()>
#all = affine_map<(i, j) -> ()>

#unary = {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
#binary = {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}

#base3 = #ternary.packing<base3>

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

// y, and what the backward pass wants: the normalized activations and the scales.
func.func private @forward(%x: tensor<?x?xf32>, %b: memref<?xi8>, %e: memref<?x?xi8>,
    %c: memref<?x?xi64>, %u: memref<1xi64>)
    -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %k = tensor.dim %x, %c1 : tensor<?x?xf32>
  %n = memref.dim %e, %c0 : memref<?x?xi8>
  %g = memref.dim %e, %c1 : memref<?x?xi8>
  %mk = tensor.empty(%m, %k) : tensor<?x?xf32>
  %mn = tensor.empty(%m, %n) : tensor<?x?xf32>
  %ng = tensor.empty(%n, %g) : tensor<?x?xf32>
  %bytes = bufferization.to_tensor %b restrict : memref<?xi8> to tensor<?xi8>
  %exponent = bufferization.to_tensor %e restrict : memref<?x?xi8> to tensor<?x?xi8>
  %correlation = bufferization.to_tensor %c restrict : memref<?x?xi64> to tensor<?x?xi64>
  %updates = bufferization.to_tensor %u restrict : memref<1xi64> to tensor<1xi64>

  %s = ternary.effective_exponent ins(%exponent : tensor<?x?xi8>)
      correlation(%correlation : tensor<?x?xi64>) step(%updates : tensor<1xi64>)
      outs(%ng : tensor<?x?xf32>) {group_size = 32 : i64, strength = 2.0 : f32}
      -> tensor<?x?xf32>
  %h = ternary.rms_norm ins(%x : tensor<?x?xf32>) outs(%mk : tensor<?x?xf32>)
      -> tensor<?x?xf32>
  %y = ternary.bitlinear ins(%h : tensor<?x?xf32>) weights(%bytes : tensor<?xi8>)
      scales(%s : tensor<?x?xf32>) outs(%mn : tensor<?x?xf32>)
      {packing = #base3, group_size = 32 : i64} -> tensor<?x?xf32>
  return %y, %h, %s : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
}

// The sign of dL/dw.
func.func private @weight_sign(%h: tensor<?x?xf32>, %gy: tensor<?x?xf32>)
    -> tensor<?x?xi8> {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %gy, %c1 : tensor<?x?xf32>
  %k = tensor.dim %h, %c1 : tensor<?x?xf32>
  %nk8 = tensor.empty(%n, %k) : tensor<?x?xi8>
  %sign = ternary.grad_sign ins(%gy, %h : tensor<?x?xf32>, tensor<?x?xf32>)
      outs(%nk8 : tensor<?x?xi8>) -> tensor<?x?xi8>
  return %sign : tensor<?x?xi8>
}

// dL/dx, through the weights and the norm.
func.func private @input_gradient(%x: tensor<?x?xf32>, %b: memref<?xi8>,
    %s: tensor<?x?xf32>, %gy: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %k = tensor.dim %x, %c1 : tensor<?x?xf32>
  %mk = tensor.empty(%m, %k) : tensor<?x?xf32>
  %k1 = tensor.empty(%k) : tensor<?xf32>
  %bytes = bufferization.to_tensor %b restrict : memref<?xi8> to tensor<?xi8>
  %unit = linalg.fill ins(%one : f32) outs(%k1 : tensor<?xf32>) -> tensor<?xf32>
  %gh = ternary.grad_input ins(%gy : tensor<?x?xf32>) weight(%bytes : tensor<?xi8>)
      scales(%s : tensor<?x?xf32>) outs(%mk : tensor<?x?xf32>)
      {packing = #base3, group_size = 32 : i64} -> tensor<?x?xf32>
  %gx, %unused = ternary.rms_norm_backward ins(%x, %gh : tensor<?x?xf32>, tensor<?x?xf32>)
      weight(%unit : tensor<?xf32>) outs(%mk, %k1 : tensor<?x?xf32>, tensor<?xf32>)
      -> tensor<?x?xf32>, tensor<?xf32>
  return %gx : tensor<?x?xf32>
}

// max(x, 0)^2.
func.func private @relu2(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %k = tensor.dim %x, %c1 : tensor<?x?xf32>
  %mk = tensor.empty(%m, %k) : tensor<?x?xf32>
  %y = linalg.generic #unary ins(%x : tensor<?x?xf32>) outs(%mk : tensor<?x?xf32>) {
  ^bb0(%v: f32, %unused: f32):
    %positive = arith.maximumf %v, %zero : f32
    %square = arith.mulf %positive, %positive : f32
    linalg.yield %square : f32
  } -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// gy * 2 max(x, 0).
func.func private @relu2_gradient(%x: tensor<?x?xf32>, %gy: tensor<?x?xf32>)
    -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %two = arith.constant 2.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %k = tensor.dim %x, %c1 : tensor<?x?xf32>
  %mk = tensor.empty(%m, %k) : tensor<?x?xf32>
  %gx = linalg.generic #binary ins(%x, %gy : tensor<?x?xf32>, tensor<?x?xf32>)
      outs(%mk : tensor<?x?xf32>) {
  ^bb0(%v: f32, %g: f32, %unused: f32):
    %positive = arith.maximumf %v, %zero : f32
    %slope = arith.mulf %two, %positive : f32
    %product = arith.mulf %g, %slope : f32
    linalg.yield %product : f32
  } -> tensor<?x?xf32>
  return %gx : tensor<?x?xf32>
}

// Mean softmax cross-entropy, the number of rows whose largest logit stands at
// the label, and the gradient to the logits.
func.func private @loss(%z: tensor<?x?xf32>, %labels: tensor<?xi64>)
    -> (f32, i64, tensor<?x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %none = arith.constant 0 : i64
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %low = arith.constant 0xFF800000 : f32 // -inf
  %m = tensor.dim %z, %c0 : tensor<?x?xf32>
  %c = tensor.dim %z, %c1 : tensor<?x?xf32>
  %m64 = arith.index_cast %m : index to i64
  %count = arith.sitofp %m64 : i64 to f32
  %mc = tensor.empty(%m, %c) : tensor<?x?xf32>
  %m1 = tensor.empty(%m) : tensor<?xf32>
  %m1i = tensor.empty(%m) : tensor<?xi64>
  %scalar = tensor.empty() : tensor<f32>
  %scalari = tensor.empty() : tensor<i64>
  %lowest = linalg.fill ins(%low : f32) outs(%m1 : tensor<?xf32>) -> tensor<?xf32>
  %first = linalg.fill ins(%none : i64) outs(%m1i : tensor<?xi64>) -> tensor<?xi64>
  %zeros = linalg.fill ins(%zero : f32) outs(%m1 : tensor<?xf32>) -> tensor<?xf32>
  %zero0 = linalg.fill ins(%zero : f32) outs(%scalar : tensor<f32>) -> tensor<f32>
  %none0 = linalg.fill ins(%none : i64) outs(%scalari : tensor<i64>) -> tensor<i64>

  %max, %best = linalg.generic {indexing_maps = [#id, #row, #row],
                                iterator_types = ["parallel", "reduction"]}
      ins(%z : tensor<?x?xf32>) outs(%lowest, %first : tensor<?xf32>, tensor<?xi64>) {
  ^bb0(%v: f32, %top: f32, %at: i64):
    %j = linalg.index 1 : index
    %here = arith.index_cast %j : index to i64
    %more = arith.cmpf ogt, %v, %top : f32
    %value = arith.select %more, %v, %top : f32
    %place = arith.select %more, %here, %at : i64
    linalg.yield %value, %place : f32, i64
  } -> (tensor<?xf32>, tensor<?xi64>)
  %sums = linalg.generic {indexing_maps = [#id, #row, #row],
                          iterator_types = ["parallel", "reduction"]}
      ins(%z, %max : tensor<?x?xf32>, tensor<?xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%v: f32, %top: f32, %sum: f32):
    %shifted = arith.subf %v, %top : f32
    %e = math.exp %shifted : f32
    %next = arith.addf %sum, %e : f32
    linalg.yield %next : f32
  } -> tensor<?xf32>
  %total = linalg.generic {indexing_maps = [#id, #row, #row, #row, #all],
                           iterator_types = ["reduction", "reduction"]}
      ins(%z, %max, %sums, %labels : tensor<?x?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xi64>)
      outs(%zero0 : tensor<f32>) {
  ^bb0(%v: f32, %top: f32, %sum: f32, %label: i64, %lost: f32):
    %j = linalg.index 1 : index
    %here = arith.index_cast %j : index to i64
    %right = arith.cmpi eq, %here, %label : i64
    %shifted = arith.subf %v, %top : f32
    %log = math.log %sum : f32
    %entropy = arith.subf %log, %shifted : f32
    %next = arith.addf %lost, %entropy : f32
    %kept = arith.select %right, %next, %lost : f32
    linalg.yield %kept : f32
  } -> tensor<f32>
  %hits = linalg.generic {indexing_maps = [#id1, #id1, #all1], iterator_types = ["reduction"]}
      ins(%best, %labels : tensor<?xi64>, tensor<?xi64>) outs(%none0 : tensor<i64>) {
  ^bb0(%at: i64, %label: i64, %sum: i64):
    %right = arith.cmpi eq, %at, %label : i64
    %hit = arith.extui %right : i1 to i64
    %next = arith.addi %sum, %hit : i64
    linalg.yield %next : i64
  } -> tensor<i64>
  %gz = linalg.generic {indexing_maps = [#id, #row, #row, #row, #id],
                        iterator_types = ["parallel", "parallel"]}
      ins(%z, %max, %sums, %labels : tensor<?x?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xi64>)
      outs(%mc : tensor<?x?xf32>) {
  ^bb0(%v: f32, %top: f32, %sum: f32, %label: i64, %unused: f32):
    %j = linalg.index 1 : index
    %here = arith.index_cast %j : index to i64
    %right = arith.cmpi eq, %here, %label : i64
    %shifted = arith.subf %v, %top : f32
    %e = math.exp %shifted : f32
    %p = arith.divf %e, %sum : f32
    %target = arith.select %right, %one, %zero : f32
    %difference = arith.subf %p, %target : f32
    %mean = arith.divf %difference, %count : f32
    linalg.yield %mean : f32
  } -> tensor<?x?xf32>
  %sum = tensor.extract %total[] : tensor<f32>
  %loss = arith.divf %sum, %count : f32
  %correct = tensor.extract %hits[] : tensor<i64>
  return %loss, %correct, %gz : f32, i64, tensor<?x?xf32>
}

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

// Trits from a hash of seed, layer and place, half of them 0; exponents from the
// width; all else 0.
func.func private @init_layer(%seed: i64, %layer: i64, %b: memref<?xi8>, %a: memref<?x?xi8>,
    %e: memref<?x?xi8>, %c: memref<?x?xi64>, %u: memref<1xi64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i8
  %none = arith.constant 0 : i64
  %s30 = arith.constant 30 : i32
  %i0 = arith.constant 0 : i32
  %i1 = arith.constant 1 : i32
  %i2 = arith.constant 2 : i32
  %s16 = arith.constant 16 : i32
  %s13 = arith.constant 13 : i32
  %p0 = arith.constant 0x9E3779B9 : i32
  %p1 = arith.constant 0x85EBCA6B : i32
  %p2 = arith.constant 0xC2B2AE35 : i32
  %thousand = arith.constant 1000003 : i64
  %n = memref.dim %a, %c0 : memref<?x?xi8>
  %k = memref.dim %a, %c1 : memref<?x?xi8>
  %far = arith.muli %layer, %thousand : i64
  %start64 = arith.addi %seed, %far : i64
  %start = arith.trunci %start64 : i64 to i32
  %trits = memref.alloc(%n, %k) : memref<?x?xi8>
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]}
      outs(%trits : memref<?x?xi8>) {
  ^bb0(%unused: i8):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %begin = arith.muli %i, %k : index
    %at = arith.addi %begin, %j : index
    %at32 = arith.index_cast %at : index to i32
    %a0 = arith.muli %start, %p1 : i32
    %a1 = arith.addi %at32, %a0 : i32
    %a2 = arith.muli %a1, %p0 : i32
    %b0 = arith.shrui %a2, %s16 : i32
    %b1 = arith.xori %a2, %b0 : i32
    %b2 = arith.muli %b1, %p1 : i32
    %d0 = arith.shrui %b2, %s13 : i32
    %d1 = arith.xori %b2, %d0 : i32
    %d2 = arith.muli %d1, %p2 : i32
    %e0 = arith.shrui %d2, %s16 : i32
    %e1 = arith.xori %d2, %e0 : i32
    // 0, 0, -1 or +1 from two bits.
    %two = arith.shrui %e1, %s30 : i32
    %nonzero = arith.cmpi uge, %two, %i2 : i32
    %low = arith.andi %two, %i1 : i32
    %double = arith.muli %low, %i2 : i32
    %signed = arith.subi %double, %i1 : i32
    %trit32 = arith.select %nonzero, %signed, %i0 : i32
    %trit = arith.trunci %trit32 : i32 to i8
    linalg.yield %trit : i8
  }
  ternary.pack ins(%trits : memref<?x?xi8>) outs(%b : memref<?xi8>) {packing = #base3}
  ternary.exponent_init_dim ins(%k) outs(%e : memref<?x?xi8>)
  linalg.fill ins(%zero : i8) outs(%a : memref<?x?xi8>)
  linalg.fill ins(%none : i64) outs(%c : memref<?x?xi64>)
  linalg.fill ins(%none : i64) outs(%u : memref<1xi64>)
  return
}

// The threshold of the trits, 8 * 15^(step / steps), and whether exponents vote.
func.func private @schedule(%step: i64, %steps: i64) -> (i64, i1) {
  %first = arith.constant 8.0 : f64
  %growth = arith.constant 15.0 : f64
  %fifth = arith.constant 0.2 : f64
  %i = arith.sitofp %step : i64 to f64
  %n = arith.sitofp %steps : i64 to f64
  %done = arith.divf %i, %n : f64
  %power = math.powf %growth, %done : f64
  %real = arith.mulf %first, %power : f64
  %threshold = arith.fptosi %real : f64 to i64
  %early = arith.cmpf olt, %done, %fifth : f64
  return %threshold, %early : i64, i1
}

// The exponents of a layer, by the votes of their groups.
func.func private @vote(%sign: tensor<?x?xi8>, %b: memref<?xi8>, %e: memref<?x?xi8>,
    %ea: memref<?x?xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %sign, %c0 : tensor<?x?xi8>
  %k = tensor.dim %sign, %c1 : tensor<?x?xi8>
  %signs = bufferization.to_buffer %sign read_only : tensor<?x?xi8> to memref<?x?xi8>
  ternary.update_exponent ins(%signs : memref<?x?xi8>) weight(%b : memref<?xi8>)
      shape(%n, %k) outs(%e, %ea : memref<?x?xi8>, memref<?x?xi8>)
      {packing = #base3, group_size = 32 : i64, threshold = 127 : i64}
  return
}

// The correlations with the trits as they are, then the trits.
func.func private @update(%sign: tensor<?x?xi8>, %threshold: i64, %b: memref<?xi8>,
    %a: memref<?x?xi8>, %c: memref<?x?xi64>, %u: memref<1xi64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %sign, %c0 : tensor<?x?xi8>
  %k = tensor.dim %sign, %c1 : tensor<?x?xi8>
  %signs = bufferization.to_buffer %sign read_only : tensor<?x?xi8> to memref<?x?xi8>
  ternary.accumulate_correlation ins(%signs : memref<?x?xi8>) weight(%b : memref<?xi8>)
      shape(%n, %k) outs(%c, %u : memref<?x?xi64>, memref<1xi64>)
      {packing = #base3, group_size = 32 : i64}
  // One group per row, as no row is longer than 256.
  %thresholds = memref.alloc(%n) : memref<?x1xi64>
  linalg.fill ins(%threshold : i64) outs(%thresholds : memref<?x1xi64>)
  ternary.step ins(%signs : memref<?x?xi8>) group_thresholds(%thresholds : memref<?x1xi64>)
      outs(%b, %a : memref<?xi8>, memref<?x?xi8>)
      {packing = #base3, group_size = 256 : i64}
  return
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

func.func @init(%seed: i64,
    %b1: memref<3277xi8>, %a1: memref<256x64xi8>, %e1: memref<256x2xi8>,
    %ea1: memref<256x2xi8>, %c1: memref<256x2xi64>, %u1: memref<1xi64>,
    %b2: memref<13108xi8>, %a2: memref<256x256xi8>, %e2: memref<256x8xi8>,
    %ea2: memref<256x8xi8>, %c2: memref<256x8xi64>, %u2: memref<1xi64>,
    %b3: memref<512xi8>, %a3: memref<10x256xi8>, %e3: memref<10x8xi8>,
    %c3: memref<10x8xi64>, %u3: memref<1xi64>) {
  %zero = arith.constant 0 : i8
  %l1 = arith.constant 1 : i64
  %l2 = arith.constant 2 : i64
  %l3 = arith.constant 3 : i64
  %b1d = memref.cast %b1 : memref<3277xi8> to memref<?xi8>
  %a1d = memref.cast %a1 : memref<256x64xi8> to memref<?x?xi8>
  %e1d = memref.cast %e1 : memref<256x2xi8> to memref<?x?xi8>
  %c1d = memref.cast %c1 : memref<256x2xi64> to memref<?x?xi64>
  %b2d = memref.cast %b2 : memref<13108xi8> to memref<?xi8>
  %a2d = memref.cast %a2 : memref<256x256xi8> to memref<?x?xi8>
  %e2d = memref.cast %e2 : memref<256x8xi8> to memref<?x?xi8>
  %c2d = memref.cast %c2 : memref<256x8xi64> to memref<?x?xi64>
  %b3d = memref.cast %b3 : memref<512xi8> to memref<?xi8>
  %a3d = memref.cast %a3 : memref<10x256xi8> to memref<?x?xi8>
  %e3d = memref.cast %e3 : memref<10x8xi8> to memref<?x?xi8>
  %c3d = memref.cast %c3 : memref<10x8xi64> to memref<?x?xi64>
  call @init_layer(%seed, %l1, %b1d, %a1d, %e1d, %c1d, %u1)
      : (i64, i64, memref<?xi8>, memref<?x?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>) -> ()
  call @init_layer(%seed, %l2, %b2d, %a2d, %e2d, %c2d, %u2)
      : (i64, i64, memref<?xi8>, memref<?x?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>) -> ()
  call @init_layer(%seed, %l3, %b3d, %a3d, %e3d, %c3d, %u3)
      : (i64, i64, memref<?xi8>, memref<?x?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>) -> ()
  linalg.fill ins(%zero : i8) outs(%ea1 : memref<256x2xi8>)
  linalg.fill ins(%zero : i8) outs(%ea2 : memref<256x8xi8>)
  return
}

// Loss and number of right answers of one mini-batch, before the update.
func.func @step(%x: tensor<128x64xf32> {bufferization.writable = false},
    %labels: tensor<128xi64> {bufferization.writable = false}, %step: i64, %steps: i64,
    %b1: memref<3277xi8>, %a1: memref<256x64xi8>, %e1: memref<256x2xi8>,
    %ea1: memref<256x2xi8>, %c1: memref<256x2xi64>, %u1: memref<1xi64>,
    %b2: memref<13108xi8>, %a2: memref<256x256xi8>, %e2: memref<256x8xi8>,
    %ea2: memref<256x8xi8>, %c2: memref<256x8xi64>, %u2: memref<1xi64>,
    %b3: memref<512xi8>, %a3: memref<10x256xi8>, %e3: memref<10x8xi8>,
    %c3: memref<10x8xi64>, %u3: memref<1xi64>) -> (f32, i64) {
  %b1d = memref.cast %b1 : memref<3277xi8> to memref<?xi8>
  %a1d = memref.cast %a1 : memref<256x64xi8> to memref<?x?xi8>
  %e1d = memref.cast %e1 : memref<256x2xi8> to memref<?x?xi8>
  %ea1d = memref.cast %ea1 : memref<256x2xi8> to memref<?x?xi8>
  %c1d = memref.cast %c1 : memref<256x2xi64> to memref<?x?xi64>
  %b2d = memref.cast %b2 : memref<13108xi8> to memref<?xi8>
  %a2d = memref.cast %a2 : memref<256x256xi8> to memref<?x?xi8>
  %e2d = memref.cast %e2 : memref<256x8xi8> to memref<?x?xi8>
  %ea2d = memref.cast %ea2 : memref<256x8xi8> to memref<?x?xi8>
  %c2d = memref.cast %c2 : memref<256x8xi64> to memref<?x?xi64>
  %b3d = memref.cast %b3 : memref<512xi8> to memref<?xi8>
  %a3d = memref.cast %a3 : memref<10x256xi8> to memref<?x?xi8>
  %e3d = memref.cast %e3 : memref<10x8xi8> to memref<?x?xi8>
  %c3d = memref.cast %c3 : memref<10x8xi64> to memref<?x?xi64>
  %x1 = tensor.cast %x : tensor<128x64xf32> to tensor<?x?xf32>
  %ld = tensor.cast %labels : tensor<128xi64> to tensor<?xi64>

  // Forward.
  %y1, %h1, %s1 = call @forward(%x1, %b1d, %e1d, %c1d, %u1)
      : (tensor<?x?xf32>, memref<?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>)
  %x2 = call @relu2(%y1) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %y2, %h2, %s2 = call @forward(%x2, %b2d, %e2d, %c2d, %u2)
      : (tensor<?x?xf32>, memref<?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>)
  %x3 = call @relu2(%y2) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %y3, %h3, %s3 = call @forward(%x3, %b3d, %e3d, %c3d, %u3)
      : (tensor<?x?xf32>, memref<?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>)
  %loss, %correct, %gy3 = call @loss(%y3, %ld) : (tensor<?x?xf32>, tensor<?xi64>)
      -> (f32, i64, tensor<?x?xf32>)

  // Backward.
  %sign3 = call @weight_sign(%h3, %gy3) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xi8>
  %gx3 = call @input_gradient(%x3, %b3d, %s3, %gy3)
      : (tensor<?x?xf32>, memref<?xi8>, tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %gy2 = call @relu2_gradient(%y2, %gx3) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %sign2 = call @weight_sign(%h2, %gy2) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xi8>
  %gx2 = call @input_gradient(%x2, %b2d, %s2, %gy2)
      : (tensor<?x?xf32>, memref<?xi8>, tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %gy1 = call @relu2_gradient(%y1, %gx2) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %sign1 = call @weight_sign(%h1, %gy1) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xi8>

  // Update.
  %threshold, %early = call @schedule(%step, %steps) : (i64, i64) -> (i64, i1)
  scf.if %early {
    func.call @vote(%sign1, %b1d, %e1d, %ea1d)
        : (tensor<?x?xi8>, memref<?xi8>, memref<?x?xi8>, memref<?x?xi8>) -> ()
    func.call @vote(%sign2, %b2d, %e2d, %ea2d)
        : (tensor<?x?xi8>, memref<?xi8>, memref<?x?xi8>, memref<?x?xi8>) -> ()
  }
  call @update(%sign1, %threshold, %b1d, %a1d, %c1d, %u1)
      : (tensor<?x?xi8>, i64, memref<?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>) -> ()
  call @update(%sign2, %threshold, %b2d, %a2d, %c2d, %u2)
      : (tensor<?x?xi8>, i64, memref<?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>) -> ()
  call @update(%sign3, %threshold, %b3d, %a3d, %c3d, %u3)
      : (tensor<?x?xi8>, i64, memref<?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>) -> ()
  return %loss, %correct : f32, i64
}

// Loss and number of right answers, without an update.
func.func @evaluate(%x: tensor<?x64xf32> {bufferization.writable = false},
    %labels: tensor<?xi64> {bufferization.writable = false},
    %b1: memref<3277xi8>, %a1: memref<256x64xi8>, %e1: memref<256x2xi8>,
    %ea1: memref<256x2xi8>, %c1: memref<256x2xi64>, %u1: memref<1xi64>,
    %b2: memref<13108xi8>, %a2: memref<256x256xi8>, %e2: memref<256x8xi8>,
    %ea2: memref<256x8xi8>, %c2: memref<256x8xi64>, %u2: memref<1xi64>,
    %b3: memref<512xi8>, %a3: memref<10x256xi8>, %e3: memref<10x8xi8>,
    %c3: memref<10x8xi64>, %u3: memref<1xi64>) -> (f32, i64) {
  %b1d = memref.cast %b1 : memref<3277xi8> to memref<?xi8>
  %e1d = memref.cast %e1 : memref<256x2xi8> to memref<?x?xi8>
  %c1d = memref.cast %c1 : memref<256x2xi64> to memref<?x?xi64>
  %b2d = memref.cast %b2 : memref<13108xi8> to memref<?xi8>
  %e2d = memref.cast %e2 : memref<256x8xi8> to memref<?x?xi8>
  %c2d = memref.cast %c2 : memref<256x8xi64> to memref<?x?xi64>
  %b3d = memref.cast %b3 : memref<512xi8> to memref<?xi8>
  %e3d = memref.cast %e3 : memref<10x8xi8> to memref<?x?xi8>
  %c3d = memref.cast %c3 : memref<10x8xi64> to memref<?x?xi64>
  %x1 = tensor.cast %x : tensor<?x64xf32> to tensor<?x?xf32>
  %y1, %h1, %s1 = call @forward(%x1, %b1d, %e1d, %c1d, %u1)
      : (tensor<?x?xf32>, memref<?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>)
  %x2 = call @relu2(%y1) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %y2, %h2, %s2 = call @forward(%x2, %b2d, %e2d, %c2d, %u2)
      : (tensor<?x?xf32>, memref<?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>)
  %x3 = call @relu2(%y2) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %y3, %h3, %s3 = call @forward(%x3, %b3d, %e3d, %c3d, %u3)
      : (tensor<?x?xf32>, memref<?xi8>, memref<?x?xi8>, memref<?x?xi64>, memref<1xi64>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>)
  %loss, %correct, %unused = call @loss(%y3, %labels) : (tensor<?x?xf32>, tensor<?xi64>)
      -> (f32, i64, tensor<?x?xf32>)
  return %loss, %correct : f32, i64
}
