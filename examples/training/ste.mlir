// The digits network, trained with a straight-through estimator: float master
// weights, whose trits are made anew in each step.
//
// A layer maps x [M, K] to y [M, N]:
//
//   h = quantize_activation(rms_norm(x))            int8 per token
//   t = ternarize(w, alpha), alpha = absmean(w)     one scale per row
//   y = (h t^T) * alpha
//
// and ReLU^2 stands between two layers. Backwards both quantizers let the
// gradient through; that of the weights is cut where |w / alpha| > 1. The master
// weights follow it by Adam with a cosine rate.
//
// The state is w and the two moments of Adam for each of the layers 64 -> 256 ->
// 256 -> 10. It comes as memrefs and changes in place.

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#id1 = affine_map<(i) -> (i)>
#all1 = affine_map<(i) -> ()>
#all = affine_map<(i, j) -> ()>
#outer_lhs = affine_map<(m, n, k) -> (m, n)>
#outer_rhs = affine_map<(m, n, k) -> (m, k)>
#outer_out = affine_map<(m, n, k) -> (n, k)>

#unary = {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
#binary = {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

// y, and what the backward pass wants: h as floats, the trits, alpha.
func.func private @forward(%x: tensor<?x?xf32>, %w: memref<?x?xf32>)
    -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %k = tensor.dim %x, %c1 : tensor<?x?xf32>
  %n = memref.dim %w, %c0 : memref<?x?xf32>
  %mk = tensor.empty(%m, %k) : tensor<?x?xf32>
  %mk8 = tensor.empty(%m, %k) : tensor<?x?xi8>
  %m1 = tensor.empty(%m) : tensor<?xf32>
  %mn = tensor.empty(%m, %n) : tensor<?x?xf32>
  %nk8 = tensor.empty(%n, %k) : tensor<?x?xi8>
  %n1 = tensor.empty(%n) : tensor<?xf32>
  %weights = bufferization.to_tensor %w restrict : memref<?x?xf32> to tensor<?x?xf32>

  %normed = ternary.rms_norm ins(%x : tensor<?x?xf32>) outs(%mk : tensor<?x?xf32>)
      -> tensor<?x?xf32>
  %q, %s = ternary.quantize_activation ins(%normed : tensor<?x?xf32>)
      outs(%mk8, %m1 : tensor<?x?xi8>, tensor<?xf32>) -> tensor<?x?xi8>, tensor<?xf32>
  %h = ternary.dequantize_activation ins(%q : tensor<?x?xi8>) scales(%s : tensor<?xf32>)
      outs(%mk : tensor<?x?xf32>) -> tensor<?x?xf32>
  %alpha = ternary.absmean ins(%weights : tensor<?x?xf32>) outs(%n1 : tensor<?xf32>)
      -> tensor<?xf32>
  %t = ternary.ternarize ins(%weights : tensor<?x?xf32>) scales(%alpha : tensor<?xf32>)
      outs(%nk8 : tensor<?x?xi8>) -> tensor<?x?xi8>
  %y = ternary.bitlinear ins(%q : tensor<?x?xi8>) weights(%t : tensor<?x?xi8>)
      scales(%alpha : tensor<?xf32>) activation_scale(%s : tensor<?xf32>)
      outs(%mn : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y, %h, %t, %alpha : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>
}

// dL/dw = gy^T h, cut by the clamp.
func.func private @weight_gradient(%w: memref<?x?xf32>, %h: tensor<?x?xf32>,
    %alpha: tensor<?xf32>, %gy: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %gy, %c1 : tensor<?x?xf32>
  %k = tensor.dim %h, %c1 : tensor<?x?xf32>
  %nk = tensor.empty(%n, %k) : tensor<?x?xf32>
  %weights = bufferization.to_tensor %w restrict : memref<?x?xf32> to tensor<?x?xf32>
  %none = linalg.fill ins(%zero : f32) outs(%nk : tensor<?x?xf32>) -> tensor<?x?xf32>
  %g = linalg.generic {indexing_maps = [#outer_lhs, #outer_rhs, #outer_out],
                       iterator_types = ["reduction", "parallel", "parallel"]}
      ins(%gy, %h : tensor<?x?xf32>, tensor<?x?xf32>) outs(%none : tensor<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %product = arith.mulf %a, %b : f32
    %next = arith.addf %sum, %product : f32
    linalg.yield %next : f32
  } -> tensor<?x?xf32>
  %gw = ternary.ste_backward ins(%weights, %g : tensor<?x?xf32>, tensor<?x?xf32>)
      scales(%alpha : tensor<?xf32>) outs(%nk : tensor<?x?xf32>)
      {variant = #ternary<ste_variant clamp>} -> tensor<?x?xf32>
  return %gw : tensor<?x?xf32>
}

// dL/dx, through the weights, the quantizer and the norm.
func.func private @input_gradient(%x: tensor<?x?xf32>, %t: tensor<?x?xi8>,
    %alpha: tensor<?xf32>, %gy: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %k = tensor.dim %x, %c1 : tensor<?x?xf32>
  %mk = tensor.empty(%m, %k) : tensor<?x?xf32>
  %k1 = tensor.empty(%k) : tensor<?xf32>
  %unit = linalg.fill ins(%one : f32) outs(%k1 : tensor<?xf32>) -> tensor<?xf32>
  %gh = ternary.grad_input ins(%gy : tensor<?x?xf32>) weight(%t : tensor<?x?xi8>)
      scales(%alpha : tensor<?xf32>) outs(%mk : tensor<?x?xf32>) -> tensor<?x?xf32>
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

// Uniform values of variance 1 / K from a hash of seed, layer and place; zero
// moments.
func.func private @init_layer(%seed: i64, %layer: i64, %w: memref<?x?xf32>,
    %m: memref<?x?xf32>, %v: memref<?x?xf32>) {
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %three = arith.constant 3.0 : f32
  %unit = arith.constant 4.65661287e-10 : f32 // 2^-31
  %s16 = arith.constant 16 : i32
  %s13 = arith.constant 13 : i32
  %p0 = arith.constant 0x9E3779B9 : i32
  %p1 = arith.constant 0x85EBCA6B : i32
  %p2 = arith.constant 0xC2B2AE35 : i32
  %thousand = arith.constant 1000003 : i64
  %k = memref.dim %w, %c1 : memref<?x?xf32>
  %k64 = arith.index_cast %k : index to i64
  %kf = arith.sitofp %k64 : i64 to f32
  %variance = arith.divf %three, %kf : f32
  %bound = math.sqrt %variance : f32
  %scale = arith.mulf %bound, %unit : f32
  %far = arith.muli %layer, %thousand : i64
  %start64 = arith.addi %seed, %far : i64
  %start = arith.trunci %start64 : i64 to i32
  linalg.fill ins(%zero : f32) outs(%m : memref<?x?xf32>)
  linalg.fill ins(%zero : f32) outs(%v : memref<?x?xf32>)
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]}
      outs(%w : memref<?x?xf32>) {
  ^bb0(%unused: f32):
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
    %f = arith.sitofp %e1 : i32 to f32
    %value = arith.mulf %f, %scale : f32
    linalg.yield %value : f32
  }
  return
}

// The rate and the epsilon of Adam, with its bias corrections folded in.
func.func private @schedule(%step: i64, %steps: i64) -> (f32, f32) {
  %one = arith.constant 1.0 : f64
  %half = arith.constant 0.5 : f64
  %pi = arith.constant 3.14159265358979312 : f64
  %peak = arith.constant 2.0e-3 : f64
  %beta1 = arith.constant 0.9 : f64
  %beta2 = arith.constant 0.999 : f64
  %epsilon = arith.constant 1.0e-8 : f64
  %i = arith.sitofp %step : i64 to f64
  %n = arith.sitofp %steps : i64 to f64
  %next = arith.addf %i, %one : f64
  %done = arith.divf %i, %n : f64
  %angle = arith.mulf %done, %pi : f64
  %cosine = math.cos %angle : f64
  %above = arith.addf %cosine, %one : f64
  %share = arith.mulf %above, %half : f64
  %rate = arith.mulf %share, %peak : f64
  %power1 = math.powf %beta1, %next : f64
  %power2 = math.powf %beta2, %next : f64
  %rest1 = arith.subf %one, %power1 : f64
  %rest2 = arith.subf %one, %power2 : f64
  %root = math.sqrt %rest2 : f64
  %ratio = arith.divf %root, %rest1 : f64
  %corrected = arith.mulf %rate, %ratio : f64
  %small = arith.mulf %epsilon, %root : f64
  %rate32 = arith.truncf %corrected : f64 to f32
  %small32 = arith.truncf %small : f64 to f32
  return %rate32, %small32 : f32, f32
}

// One step of Adam on a matrix and its moments, in place.
func.func private @adam(%w: memref<?x?xf32>, %m: memref<?x?xf32>, %v: memref<?x?xf32>,
    %gradient: tensor<?x?xf32>, %rate: f32, %epsilon: f32) {
  %fresh1 = arith.constant 0.1 : f32   // 1 - beta1
  %fresh2 = arith.constant 0.001 : f32 // 1 - beta2
  %g = bufferization.to_buffer %gradient read_only : tensor<?x?xf32> to memref<?x?xf32>
  linalg.generic {indexing_maps = [#id, #id, #id, #id],
                  iterator_types = ["parallel", "parallel"]}
      ins(%g : memref<?x?xf32>)
      outs(%w, %m, %v : memref<?x?xf32>, memref<?x?xf32>, memref<?x?xf32>) {
  ^bb0(%gi: f32, %wi: f32, %mi: f32, %vi: f32):
    %off1 = arith.subf %gi, %mi : f32
    %part1 = arith.mulf %fresh1, %off1 : f32
    %m1 = arith.addf %mi, %part1 : f32
    %square = arith.mulf %gi, %gi : f32
    %off2 = arith.subf %square, %vi : f32
    %part2 = arith.mulf %fresh2, %off2 : f32
    %v1 = arith.addf %vi, %part2 : f32
    %root = math.sqrt %v1 : f32
    %bottom = arith.addf %root, %epsilon : f32
    %top = arith.mulf %rate, %m1 : f32
    %move = arith.divf %top, %bottom : f32
    %w1 = arith.subf %wi, %move : f32
    linalg.yield %w1, %m1, %v1 : f32, f32, f32
  }
  return
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

func.func @init(%seed: i64,
    %w1: memref<256x64xf32>, %m1: memref<256x64xf32>, %v1: memref<256x64xf32>,
    %w2: memref<256x256xf32>, %m2: memref<256x256xf32>, %v2: memref<256x256xf32>,
    %w3: memref<10x256xf32>, %m3: memref<10x256xf32>, %v3: memref<10x256xf32>) {
  %l1 = arith.constant 1 : i64
  %l2 = arith.constant 2 : i64
  %l3 = arith.constant 3 : i64
  %w1d = memref.cast %w1 : memref<256x64xf32> to memref<?x?xf32>
  %m1d = memref.cast %m1 : memref<256x64xf32> to memref<?x?xf32>
  %v1d = memref.cast %v1 : memref<256x64xf32> to memref<?x?xf32>
  %w2d = memref.cast %w2 : memref<256x256xf32> to memref<?x?xf32>
  %m2d = memref.cast %m2 : memref<256x256xf32> to memref<?x?xf32>
  %v2d = memref.cast %v2 : memref<256x256xf32> to memref<?x?xf32>
  %w3d = memref.cast %w3 : memref<10x256xf32> to memref<?x?xf32>
  %m3d = memref.cast %m3 : memref<10x256xf32> to memref<?x?xf32>
  %v3d = memref.cast %v3 : memref<10x256xf32> to memref<?x?xf32>
  call @init_layer(%seed, %l1, %w1d, %m1d, %v1d)
      : (i64, i64, memref<?x?xf32>, memref<?x?xf32>, memref<?x?xf32>) -> ()
  call @init_layer(%seed, %l2, %w2d, %m2d, %v2d)
      : (i64, i64, memref<?x?xf32>, memref<?x?xf32>, memref<?x?xf32>) -> ()
  call @init_layer(%seed, %l3, %w3d, %m3d, %v3d)
      : (i64, i64, memref<?x?xf32>, memref<?x?xf32>, memref<?x?xf32>) -> ()
  return
}

// Loss and number of right answers of one mini-batch, before the update.
func.func @step(%x: tensor<64x64xf32> {bufferization.writable = false},
    %labels: tensor<64xi64> {bufferization.writable = false}, %step: i64, %steps: i64,
    %w1: memref<256x64xf32>, %m1: memref<256x64xf32>, %v1: memref<256x64xf32>,
    %w2: memref<256x256xf32>, %m2: memref<256x256xf32>, %v2: memref<256x256xf32>,
    %w3: memref<10x256xf32>, %m3: memref<10x256xf32>, %v3: memref<10x256xf32>) -> (f32, i64) {
  %w1d = memref.cast %w1 : memref<256x64xf32> to memref<?x?xf32>
  %m1d = memref.cast %m1 : memref<256x64xf32> to memref<?x?xf32>
  %v1d = memref.cast %v1 : memref<256x64xf32> to memref<?x?xf32>
  %w2d = memref.cast %w2 : memref<256x256xf32> to memref<?x?xf32>
  %m2d = memref.cast %m2 : memref<256x256xf32> to memref<?x?xf32>
  %v2d = memref.cast %v2 : memref<256x256xf32> to memref<?x?xf32>
  %w3d = memref.cast %w3 : memref<10x256xf32> to memref<?x?xf32>
  %m3d = memref.cast %m3 : memref<10x256xf32> to memref<?x?xf32>
  %v3d = memref.cast %v3 : memref<10x256xf32> to memref<?x?xf32>
  %x1 = tensor.cast %x : tensor<64x64xf32> to tensor<?x?xf32>
  %ld = tensor.cast %labels : tensor<64xi64> to tensor<?xi64>

  // Forward.
  %y1, %h1, %t1, %a1 = call @forward(%x1, %w1d) : (tensor<?x?xf32>, memref<?x?xf32>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>)
  %x2 = call @relu2(%y1) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %y2, %h2, %t2, %a2 = call @forward(%x2, %w2d) : (tensor<?x?xf32>, memref<?x?xf32>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>)
  %x3 = call @relu2(%y2) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %y3, %h3, %t3, %a3 = call @forward(%x3, %w3d) : (tensor<?x?xf32>, memref<?x?xf32>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>)
  %loss, %correct, %gy3 = call @loss(%y3, %ld) : (tensor<?x?xf32>, tensor<?xi64>)
      -> (f32, i64, tensor<?x?xf32>)

  // Backward.
  %gw3 = call @weight_gradient(%w3d, %h3, %a3, %gy3)
      : (memref<?x?xf32>, tensor<?x?xf32>, tensor<?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %gx3 = call @input_gradient(%x3, %t3, %a3, %gy3)
      : (tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %gy2 = call @relu2_gradient(%y2, %gx3) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %gw2 = call @weight_gradient(%w2d, %h2, %a2, %gy2)
      : (memref<?x?xf32>, tensor<?x?xf32>, tensor<?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %gx2 = call @input_gradient(%x2, %t2, %a2, %gy2)
      : (tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %gy1 = call @relu2_gradient(%y1, %gx2) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %gw1 = call @weight_gradient(%w1d, %h1, %a1, %gy1)
      : (memref<?x?xf32>, tensor<?x?xf32>, tensor<?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>

  // Update.
  %rate, %epsilon = call @schedule(%step, %steps) : (i64, i64) -> (f32, f32)
  call @adam(%w1d, %m1d, %v1d, %gw1, %rate, %epsilon)
      : (memref<?x?xf32>, memref<?x?xf32>, memref<?x?xf32>, tensor<?x?xf32>, f32, f32) -> ()
  call @adam(%w2d, %m2d, %v2d, %gw2, %rate, %epsilon)
      : (memref<?x?xf32>, memref<?x?xf32>, memref<?x?xf32>, tensor<?x?xf32>, f32, f32) -> ()
  call @adam(%w3d, %m3d, %v3d, %gw3, %rate, %epsilon)
      : (memref<?x?xf32>, memref<?x?xf32>, memref<?x?xf32>, tensor<?x?xf32>, f32, f32) -> ()
  return %loss, %correct : f32, i64
}

// Loss and number of right answers, without an update.
func.func @evaluate(%x: tensor<?x64xf32> {bufferization.writable = false},
    %labels: tensor<?xi64> {bufferization.writable = false},
    %w1: memref<256x64xf32>, %m1: memref<256x64xf32>, %v1: memref<256x64xf32>,
    %w2: memref<256x256xf32>, %m2: memref<256x256xf32>, %v2: memref<256x256xf32>,
    %w3: memref<10x256xf32>, %m3: memref<10x256xf32>, %v3: memref<10x256xf32>) -> (f32, i64) {
  %w1d = memref.cast %w1 : memref<256x64xf32> to memref<?x?xf32>
  %w2d = memref.cast %w2 : memref<256x256xf32> to memref<?x?xf32>
  %w3d = memref.cast %w3 : memref<10x256xf32> to memref<?x?xf32>
  %x1 = tensor.cast %x : tensor<?x64xf32> to tensor<?x?xf32>
  %y1, %h1, %t1, %a1 = call @forward(%x1, %w1d) : (tensor<?x?xf32>, memref<?x?xf32>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>)
  %x2 = call @relu2(%y1) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %y2, %h2, %t2, %a2 = call @forward(%x2, %w2d) : (tensor<?x?xf32>, memref<?x?xf32>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>)
  %x3 = call @relu2(%y2) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %y3, %h3, %t3, %a3 = call @forward(%x3, %w3d) : (tensor<?x?xf32>, memref<?x?xf32>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi8>, tensor<?xf32>)
  %loss, %correct, %unused = call @loss(%y3, %labels) : (tensor<?x?xf32>, tensor<?xi64>)
      -> (f32, i64, tensor<?x?xf32>)
  return %loss, %correct : f32, i64
}
