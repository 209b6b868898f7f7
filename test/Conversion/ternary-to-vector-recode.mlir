// RUN: ternary-opt %s --ternary-attach-target="cpu=icelake-server" --convert-ternary-to-vector --canonicalize --cse | FileCheck %s
// RUN: ternary-opt %s --ternary-attach-target="cpu=skylake-avx512" --convert-ternary-to-vector --canonicalize --cse | FileCheck %s --check-prefix=DIGITS

// Ten bits of fields are looked up as six and four.

// CHECK-LABEL: func.func @fields(
// CHECK-SAME: %[[IN:[^:]*]]: memref<512x2048xi8>, %[[OUT:[^:]*]]: memref<838861xi8>)
// CHECK-DAG: %[[SIX:.*]] = arith.constant dense<6> : vector<32xi16>
// CHECK: scf.for %{{.*}} = %c0 to %c48 step %c1 {
// CHECK: %[[WORDS:.*]] = arith.shrui %{{.*}}, %{{.*}} : vector<32xi16>
// CHECK: arith.shrui %[[WORDS]], %[[SIX]] : vector<32xi16>
// CHECK-COUNT-2: ternary.look_up
// CHECK: arith.trunci %{{.*}} : vector<32xi16> to vector<32xi8>
// DIGITS-LABEL: func.func @fields(
// DIGITS-NOT: ternary.look_up
func.func @fields(%in: memref<512x2048xi8>, %out: memref<838861xi8>) {
  ternary.repack ins(%in : memref<512x2048xi8>) shape(512, 8192) outs(%out : memref<838861xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>}
  return
}

// Two bytes of a row by tables of 256 entries, then each digit by its weight; 16
// rows of words are transposed. What is left of a row is decoded.

// CHECK-LABEL: func.func @words(
// CHECK-SAME: %[[IN:[^:]*]]: memref<838861xi8>, %[[OUT:[^:]*]]: memref<16x410x2x64xi8>)
// CHECK: scf.forall (%{{.*}}) = (0) to (512) step (32) {
// CHECK-NOT: ternary.decode
// CHECK-COUNT-12: ternary.look_up
// CHECK-COUNT-64: vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
// CHECK: ternary.decode
// DIGITS-LABEL: func.func @words(
// DIGITS-NOT: ternary.look_up
func.func @words(%in: memref<838861xi8>, %out: memref<16x410x2x64xi8>) {
  ternary.repack ins(%in : memref<838861xi8>) shape(512, 8192) outs(%out : memref<16x410x2x64xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<cpu_panel3>}
  return
}
