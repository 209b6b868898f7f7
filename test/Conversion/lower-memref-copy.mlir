// RUN: ternary-opt %s --lower-memref-copy | FileCheck %s
// RUN: ternary-opt %s --lower-memref-copy -o %t.once
// RUN: ternary-opt %t.once --lower-memref-copy -o %t.twice
// RUN: diff %t.once %t.twice

// CHECK-LABEL: func.func @copy(
// CHECK-SAME: %[[A:[^:]*]]: memref<4xf32, strided<[2]>>, %[[B:[^:]*]]: memref<4xf32>)
// CHECK-NEXT: linalg.generic {indexing_maps = [#[[ID:map[0-9]*]], #[[ID]]], iterator_types = ["parallel"]} ins(%[[A]] : memref<4xf32, strided<[2]>>) outs(%[[B]] : memref<4xf32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[IN]] : f32
// CHECK-NOT: memref.copy
func.func @copy(%from: memref<4xf32, strided<[2]>>, %to: memref<4xf32>) {
  // Becomes a linalg.generic.
  memref.copy %from, %to
      : memref<4xf32, strided<[2]>> to memref<4xf32>
  return
}

// CHECK-LABEL: func.func @shapes(
// CHECK: linalg.generic {{.*}} iterator_types = []} ins(%{{.*}} : memref<i8>)
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%{{.*}} : memref<?x4xi8, strided<[?, ?], offset: ?>>)
// CHECK-NOT: memref.copy
// CHECK: return
func.func @shapes(%a: memref<i8>, %b: memref<i8>, %c: memref<?x4xi8, strided<[?, ?], offset: ?>>, %d: memref<?x4xi8>) {
  memref.copy %a, %b : memref<i8> to memref<i8>
  memref.copy %c, %d : memref<?x4xi8, strided<[?, ?], offset: ?>> to memref<?x4xi8>
  return
}

// Loops need a rank: without one the copy stays a library call.

// CHECK-LABEL: func.func @unranked(
// CHECK: memref.copy
func.func @unranked(%a: memref<*xf32>, %b: memref<*xf32>) {
  memref.copy %a, %b : memref<*xf32> to memref<*xf32>
  return
}

// CHECK: func.func private @declaration(memref<4xf32>)
func.func private @declaration(memref<4xf32>)
