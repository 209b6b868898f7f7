// What the header says, as JSON.

// RUN: rm -rf %t && mkdir %t
// RUN: ternary-compile %s -o %t/a.so --emit-interface %t/a.json
// RUN: FileCheck %s --input-file=%t/a.json
// RUN: %python -m json.tool %t/a.json %t/again.json
// RUN: ternary-compile %s --emit-interface %t/alone.json
// RUN: diff %t/a.json %t/alone.json
// RUN: ternary-compile %s --emit-interface %t/gpu.json --target=cuda --chip=sm_80,sm_90a
// RUN: FileCheck %s --input-file=%t/gpu.json --check-prefix=GPU
// RUN: ternary-compile %s --emit-interface %t/levels.json --mcpu=dispatch
// RUN: FileCheck %s --input-file=%t/levels.json --check-prefix=LEVELS

// CHECK:      "format": "ternary-interface",
// CHECK-NEXT: "version": 1,
// CHECK-NEXT: "compiler": "{{.*}}",
// CHECK-NEXT: "source": "ternary-compile-interface.mlir",
// CHECK-NEXT: "target": "cpu",
// CHECK-NEXT: "chips": [],
// CHECK-NEXT: "levels": [],
// CHECK-NEXT: "uses_openmp": false,
// CHECK-NEXT: "functions": [

// GPU:      "target": "cuda",
// GPU-NEXT: "chips": [
// GPU-NEXT:   "sm_80",
// GPU-NEXT:   "sm_90a"
// GPU-NEXT: ],
// LEVELS:     "levels": [
// LEVELS-NEXT:  "{{.+}}",

// CHECK:      "name": "layer_prepare",
// CHECK-NEXT: "prepare": "",
// CHECK:      {"name":"prepared0",{{.*}}"is_result":true,{{.*}}"packing":"#ternary.packing<cpu_rows2>","logical_shape":[8,10]}
// CHECK:      "name": "layer",
// CHECK-NEXT: "prepare": "layer_prepare",
// CHECK-NEXT: "parameters": [
// CHECK-NEXT: {"name":"x","dtype":"int8","type":"tensor<?x10xi8>","shape":["x_dim0",10],"extents":["x_dim0"],"is_scalar":false,"is_const":true,"is_result":false,"is_constant":false,"is_prepared":false},
// CHECK-NEXT: {"name":"prepared0",{{.*}}"is_prepared":true,"packing":"#ternary.packing<cpu_rows2>","logical_shape":[8,10]},
// CHECK-NEXT: {"name":"result0","dtype":"int32","type":"memref<?x8xi32>","shape":["x_dim0",8],"extents":[],"is_scalar":false,"is_const":false,"is_result":true,"is_constant":false,"is_prepared":false}
func.func @layer(%x: tensor<?x10xi8> loc("x"), %w: tensor<8x10xi8> {ternary.constant} loc("w"))
    -> tensor<?x8xi32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x10xi8>
  %init = tensor.empty(%m) : tensor<?x8xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>) weights(%w : tensor<8x10xi8>)
      outs(%init : tensor<?x8xi32>) -> tensor<?x8xi32>
  return %y : tensor<?x8xi32>
}

// Terms name the extents behind pointers, and scalars.
// CHECK:      "name": "groups",
// CHECK:      {"name":"x","dtype":"float32",{{.*}}"shape":["x_dim0",4],"extents":["x_dim0"],
// CHECK-NEXT: {"name":"n","dtype":"int64","type":"index","shape":[],"extents":[],"is_scalar":true,
// CHECK-NEXT: {"name":"state",{{.*}}"is_scalar":false,"is_const":false,"is_result":false,
// CHECK-NEXT: {"name":"result0",{{.*}}"shape":{{\[\[}}"ceildiv",["add","x_dim0",3],4],["mul","n",2]],"extents":[],
func.func @groups(%x: tensor<?x4xf32> loc("x"), %n: index loc("n"),
                  %state: tensor<4xf32> {bufferization.writable = true} loc("state"))
    -> (tensor<?x?xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x4xf32>
  %sum = arith.addi %m, %c3 : index
  %groups = arith.ceildivui %sum, %c4 : index
  %width = arith.muli %n, %c2 : index
  %empty = tensor.empty(%groups, %width) : tensor<?x?xf32>
  %y = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x?xf32>) -> tensor<?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%state : tensor<4xf32>) -> tensor<4xf32>
  return %y, %z : tensor<?x?xf32>, tensor<4xf32>
}
