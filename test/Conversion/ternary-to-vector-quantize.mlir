// RUN: ternary-opt %s --ternary-attach-target="cpu=skylake-avx512" --convert-ternary-to-vector --canonicalize --cse | FileCheck %s
// RUN: ternary-opt %s --ternary-attach-target="cpu=generic" --convert-ternary-to-vector | FileCheck %s --check-prefix=GENERIC
// RUN: ternary-opt %s --convert-ternary-to-vector -o %t.once
// RUN: ternary-opt %t.once --convert-ternary-to-vector -o %t.twice
// RUN: diff %t.once %t.twice

// The largest magnitude as the largest integer of its bits. A quotient by the
// reciprocal is corrected twice, which needs fused multiply-add and a scale that
// is neither tiny nor huge; else it is divided. Each pass asks for a half of the
// next row.

// CHECK-LABEL: func.func @quantize(
// CHECK-SAME: %[[X:[^:]*]]: memref<512x4096xf32>, %[[Q:[^:]*]]: memref<512x4096xi8>, %[[S:[^:]*]]: memref<512xf32>)
// CHECK: scf.forall (%{{.*}}) = (0) to (512) step (16) {
// CHECK-COUNT-2: memref.prefetch %[[X]]
// CHECK-NOT: memref.prefetch
// CHECK: arith.bitcast %{{.*}} : vector<64xf32> to vector<64xi32>
// CHECK: arith.maxsi %{{.*}} : vector<64xi32>
// CHECK: vector.reduction <maxsi>
// CHECK: %[[LARGEST:.*]] = arith.maximumf
// CHECK: %[[SCALE:.*]] = arith.divf %[[LARGEST]],
// CHECK: memref.store %[[SCALE]], %[[S]]
// CHECK: %[[FITS:.*]] = arith.andi
// CHECK: scf.if %[[FITS]] {
// CHECK-COUNT-2: memref.prefetch %[[X]]
// CHECK-COUNT-4: math.fma
// CHECK: arith.addf
// CHECK: %[[BITS:.*]] = arith.bitcast %{{.*}} : vector<64xf32> to vector<64xi32>
// CHECK: %[[LEVEL:.*]] = arith.subi %[[BITS]],
// CHECK: arith.trunci %[[LEVEL]] : vector<64xi32> to vector<64xi8>
// CHECK: } else {
// CHECK: arith.divf %{{.*}} : vector<64xf32>
// CHECK: math.roundeven
// CHECK: arith.cmpf ord
// GENERIC-LABEL: func.func @quantize(
// GENERIC-NOT: math.fma
// GENERIC: arith.divf %{{.*}} : vector<64xf32>
// GENERIC-NOT: math.fma
// GENERIC: return
func.func @quantize(%x: memref<512x4096xf32>, %q: memref<512x4096xi8>, %s: memref<512xf32>) {
  ternary.quantize_activation ins(%x : memref<512x4096xf32>) outs(%q, %s : memref<512x4096xi8>, memref<512xf32>)
  return
}

// CHECK-LABEL: func.func @dequantize_activation(
// CHECK: arith.sitofp %{{.*}} : vector<64xi16> to vector<64xf32>
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK-NOT: arith.truncf
func.func @dequantize_activation(%q: memref<?x?xi16>, %s: memref<?xf32>, %x: memref<?x?xf32>) {
  ternary.dequantize_activation ins(%q : memref<?x?xi16>) scales(%s : memref<?xf32>) outs(%x : memref<?x?xf32>)
      {bits = 12 : i64, scale_form = #ternary<scale_form absmax>}
  return
}

// Sums have 64 parts. Those of a matrix are sums of its rows', whoever took them.

// CHECK-LABEL: func.func @absmean(
// CHECK-SAME: %[[W:[^:]*]]: memref<?x?xf32>, %[[A:[^:]*]]: memref<f32>)
// CHECK: %[[SUMS:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<?xf32>
// CHECK: scf.forall
// CHECK: math.absf %{{.*}} : vector<64xf32>
// CHECK: arith.addf %{{.*}} : vector<64xf32>
// CHECK: memref.store %{{.*}}, %[[SUMS]]
// CHECK: vector.load %[[SUMS]]
// CHECK: memref.dealloc %[[SUMS]]
// CHECK: memref.store %{{.*}}, %[[A]][]
func.func @absmean(%w: memref<?x?xf32>, %a: memref<f32>) {
  ternary.absmean ins(%w : memref<?x?xf32>) outs(%a : memref<f32>)
  return
}

// CHECK-LABEL: func.func @absmean_groups(
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %c3 step %c1 {
// CHECK: memref.store %{{.*}}, %{{.*}}[%{{.*}}, %[[GROUP]]]
func.func @absmean_groups(%w: memref<4x100xf32>, %a: memref<4x3xf32>) {
  ternary.absmean ins(%w : memref<4x100xf32>) outs(%a : memref<4x3xf32>) {group_size = 40 : i64}
  return
}

// A quotient is rounded away from 0 where twice the weight is larger than alpha.

// CHECK-LABEL: func.func @ternarize(
// CHECK: %[[TWICE:.*]] = arith.addf %[[W:.*]], %[[W]] : vector<64xf32>
// CHECK: arith.cmpf ogt, %[[TWICE]],
// CHECK: arith.cmpf olt, %[[TWICE]],
// CHECK-NOT: arith.divf
func.func @ternarize(%w: memref<4x100xf32>, %a: memref<4xf32>, %t: memref<4x100xi8>) {
  ternary.ternarize ins(%w : memref<4x100xf32>) scales(%a : memref<4xf32>) outs(%t : memref<4x100xi8>)
  return
}

// CHECK-LABEL: func.func @threshold(
// CHECK: math.absf
// CHECK: arith.cmpf ogt
func.func @threshold(%w: memref<4x100xf16>, %t: memref<4x100xi8>) {
  ternary.ternarize ins(%w : memref<4x100xf16>) outs(%t : memref<4x100xi8>)
      {method = #ternary<method threshold>, threshold = 0.5 : f32}
  return
}

// A ternary weight becomes floats once.

// CHECK-LABEL: func.func @norm(
// CHECK-SAME: %[[X:[^:]*]]: memref<?x100xf16>, %[[W:[^:]*]]: memref<20xi8>, %[[S:[^:]*]]: memref<f32>, %[[Y:[^:]*]]: memref<?x100xf32>)
// CHECK: %[[FACTORS:.*]] = memref.alloc() {{.*}} : memref<128xf32>
// CHECK: ternary.decode
// CHECK: memref.store %{{.*}}, %[[FACTORS]]
// CHECK: scf.forall
// CHECK: math.sqrt
// CHECK: arith.truncf %{{.*}} : vector<64xf32> to vector<64xf16>
// CHECK: arith.extf
// CHECK: vector.load %[[FACTORS]]
// CHECK: memref.dealloc %[[FACTORS]]
func.func @norm(%x: memref<?x100xf16>, %w: memref<20xi8>, %s: memref<f32>, %y: memref<?x100xf32>) {
  ternary.rms_norm ins(%x : memref<?x100xf16>) weight(%w : memref<20xi8>) scales(%s : memref<f32>) outs(%y : memref<?x100xf32>)
      {packing = #ternary.packing<base3>}
  return
}

// Strided rows are left alone.

// CHECK-LABEL: func.func @left(
// CHECK-NOT: scf.
// CHECK: ternary.absmean
// CHECK: ternary.ternarize
// CHECK: ternary.quantize_activation
// CHECK: ternary.dequantize_activation
// CHECK: ternary.rms_norm
// CHECK-NOT: scf.
// CHECK: return
func.func @left(%x: memref<4x6xf32, strided<[1, 4]>>, %q: memref<4x6xi8>, %s: memref<4xf32>) {
  ternary.absmean ins(%x : memref<4x6xf32, strided<[1, 4]>>) outs(%s : memref<4xf32>)
  ternary.ternarize ins(%x : memref<4x6xf32, strided<[1, 4]>>) scales(%s : memref<4xf32>) outs(%q : memref<4x6xi8>)
  ternary.quantize_activation ins(%x : memref<4x6xf32, strided<[1, 4]>>) outs(%q, %s : memref<4x6xi8>, memref<4xf32>)
  ternary.dequantize_activation ins(%q : memref<4x6xi8>) scales(%s : memref<4xf32>) outs(%x : memref<4x6xf32, strided<[1, 4]>>)
  ternary.rms_norm ins(%x : memref<4x6xf32, strided<[1, 4]>>) outs(%x : memref<4x6xf32, strided<[1, 4]>>)
  return
}
