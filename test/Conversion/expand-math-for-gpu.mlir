// RUN: ternary-opt %s --expand-math-for-gpu | FileCheck %s
// RUN: ternary-opt %s --expand-math-for-gpu -o %t.once
// RUN: ternary-opt %t.once --expand-math-for-gpu -o %t.twice
// RUN: diff %t.once %t.twice

// CHECK-LABEL: func.func @power(
// CHECK-SAME: %[[X:.*]]: f32)
// CHECK: %[[FLOOR:.*]] = llvm.call_intrinsic "llvm.floor"(%[[X]])
// CHECK: %[[BELOW:.*]] = arith.minnumf %[[FLOOR]]
// CHECK: %[[N:.*]] = arith.maxnumf %[[BELOW]]
// CHECK: %[[F:.*]] = arith.subf %[[X]], %[[N]]
// CHECK: %[[Y:.*]] = llvm.call_intrinsic "llvm.exp2.f32"(%[[F]])
// CHECK: arith.bitcast {{.*}} : i32 to f32
// CHECK: %[[PART:.*]] = arith.mulf %[[Y]]
// CHECK: arith.bitcast {{.*}} : i32 to f32
// CHECK: %[[ALL:.*]] = arith.mulf %[[PART]]
// CHECK: return %[[ALL]]
func.func @power(%x: f32) -> f32 {
  // Becomes a power of two, exactly, times llvm.exp2 of the rest.
  %y = math.exp2 %x : f32
  return %y : f32
}

// Functions of libraries are polynomials; what the machine has are intrinsics.

// CHECK-LABEL: func.func @others(
// CHECK-NOT: math.exp
// CHECK-NOT: math.tanh
// CHECK: llvm.call_intrinsic "llvm.sqrt"
// CHECK: llvm.call_intrinsic "llvm.fma"
// CHECK: llvm.call_intrinsic "llvm.roundeven"
// CHECK: llvm.call_intrinsic "llvm.fabs"
func.func @others(%x: f32) -> f32 {
  %0 = math.exp %x : f32
  %1 = math.tanh %0 : f32
  %2 = math.sqrt %1 : f32
  %3 = math.fma %2, %2, %x : f32
  %4 = math.roundeven %3 : f32
  %5 = math.absf %4 : f32
  return %5 : f32
}

// Only f32 is split, or an instruction.

// CHECK-LABEL: func.func @double(
// CHECK: math.exp2
// CHECK: math.sqrt
func.func @double(%x: f64) -> f64 {
  %y = math.exp2 %x : f64
  %z = math.sqrt %y : f64
  return %z : f64
}
