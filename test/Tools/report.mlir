// RUN: ternary-opt %s --ternary-attach-target=cpu=haswell --ternary-to-llvm --report -o /dev/null 2>&1 | FileCheck %s
// RUN: ternary-opt %s --ternary-to-nvvm=format=none --report -o /dev/null 2>&1 | FileCheck %s --check-prefix=GPU
// RUN: ternary-opt %s --ternary-to-llvm -o /dev/null 2>&1 | FileCheck %s --check-prefix=NONE --allow-empty

// NONE-NOT: packing

// One line per layer, in their order; layers of one kind share a kernel.

// CHECK:      {{^}}layer           weights  tokens  packing    kernel                  bytes  bound{{$}}
// CHECK-NEXT: {{^}}report.mlir:26  512x64   1       cpu_rows2  GEMV of panels          8192   decode{{$}}
// CHECK-NEXT: {{^}}report.mlir:28  512x64   1       cpu_rows2  GEMV of panels          8192   decode{{$}}
// CHECK-NEXT: {{^}}report.mlir:31  16x512   ?       cpu_rows2  GEMV or GEMM of panels  8192   products{{$}}
// CHECK-NOT: {{.}}

// GPU:      {{^}}layer           weights  tokens  packing     kernel           bytes  bound{{$}}
// GPU-NEXT: {{^}}report.mlir:26  512x64   1       gpu_tile2   decode           16384  memory{{$}}
// GPU-NEXT: {{^}}report.mlir:28  512x64   1       gpu_tile2   decode           16384  memory{{$}}
// GPU-NEXT: {{^}}report.mlir:31  16x512   ?       gpu_tile2k  decode or wgmma  2048   products{{$}}
// GPU-NOT: {{.}}

func.func @network(%x: tensor<1x64xi8>, %z: tensor<?x512xi8>, %m: index,
                   %w: tensor<512x64xi8> {ternary.constant}, %v: tensor<512x64xi8> {ternary.constant},
                   %u: tensor<16x512xi8> {ternary.constant})
    -> (tensor<1x512xi32>, tensor<1x512xi32>, tensor<?x16xi32>) {
  %i = tensor.empty() : tensor<1x512xi32>
  %0 = ternary.bitlinear ins(%x : tensor<1x64xi8>) weights(%w : tensor<512x64xi8>)
      outs(%i : tensor<1x512xi32>) -> tensor<1x512xi32>
  %1 = ternary.bitlinear ins(%x : tensor<1x64xi8>) weights(%v : tensor<512x64xi8>)
      outs(%i : tensor<1x512xi32>) -> tensor<1x512xi32>
  %j = tensor.empty(%m) : tensor<?x16xi32>
  %2 = ternary.bitlinear ins(%z : tensor<?x512xi8>) weights(%u : tensor<16x512xi8>)
      outs(%j : tensor<?x16xi32>) -> tensor<?x16xi32>
  return %0, %1, %2 : tensor<1x512xi32>, tensor<1x512xi32>, tensor<?x16xi32>
}
