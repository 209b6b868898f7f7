// RUN: split-file %s %t
// RUN: ternary-opt %t/layers.mlir --ternary-apply-tuning=file=%t/tuning.json | FileCheck %s
// RUN: ternary-opt %t/layers.mlir --ternary-apply-tuning=file=%t/tuning.json --remarks-filter=ternary-apply-tuning \
// RUN:     -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: ternary-opt %t/layers.mlir --ternary-apply-tuning | FileCheck %s --check-prefix=NONE
// RUN: ternary-opt %t/layers.mlir --ternary-to-llvm=tuning=%t/tuning.json --mlir-print-ir-after=ternary-select-packing \
// RUN:     -o /dev/null 2>&1 | FileCheck %s --check-prefix=PACKED
// RUN: ternary-opt %t/layers.mlir --ternary-apply-tuning=file=%t/tuning.json --ternary-select-packing=packing=cpu_panel3 \
// RUN:     --ternary-tile | FileCheck %s --check-prefix=TILED

// NONE-NOT: row_tile

// REMARK: remark: {{.*}}measured decisions are applied
// REMARK: remark: {{.*}}no such layer in the file
// REMARK: remark: {{.*}}nothing is faster than the default

// The example of the pass: no layer of the file.
// RUN: ternary-opt %t/example.mlir --ternary-apply-tuning=file=%t/tuning.json | FileCheck %s --check-prefix=EXAMPLE
// EXAMPLE: func.func @layer
// EXAMPLE-NOT: ternary.tuning

//--- layers.mlir
module attributes {ternary.target = #ternary.target<cpu = "haswell", isa = "avx2", threads = 1>} {
  // CHECK-LABEL: func.func @one(
  // CHECK:         ternary.tuning = {packing = #ternary.packing<cpu_rows3>, row_tile = 128 : i64}
  // The option that names a packing counts, and the tile, since no option names one.
  // PACKED-LABEL: func.func @one(
  // PACKED:         ternary.bitlinear
  // PACKED-SAME:      packing = #ternary.packing<cpu_rows3>
  // TILED-LABEL: func.func @one(
  // TILED:         scf.forall (%{{.*}}) = (0) to (512) step (128)
  // TILED:           ternary.bitlinear
  // TILED-SAME:        packing = #ternary.packing<cpu_panel3>
  // TILED-NOT:       ternary.tuning
  func.func @one(%x: tensor<1x64xi8>, %w: tensor<512x64xi8> {ternary.constant})
      -> tensor<1x512xi32> {
    %init = tensor.empty() : tensor<1x512xi32>
    %y = ternary.bitlinear ins(%x : tensor<1x64xi8>) weights(%w : tensor<512x64xi8>)
        outs(%init : tensor<1x512xi32>) -> tensor<1x512xi32>
    return %y : tensor<1x512xi32>
  }

  // As in the file, but for the type of the activations; and one of which it says nothing new.
  // CHECK-LABEL: func.func @others(
  // CHECK-NOT:     ternary.tuning
  func.func @others(%x: tensor<1x64xf32>, %q: tensor<?x64xi8>, %w: tensor<512x64xi8>,
                    %m: index) -> (tensor<1x512xf32>, tensor<?x512xi32>) {
    %init = tensor.empty() : tensor<1x512xf32>
    %y = ternary.bitlinear ins(%x : tensor<1x64xf32>) weights(%w : tensor<512x64xi8>)
        outs(%init : tensor<1x512xf32>) -> tensor<1x512xf32>
    %open = tensor.empty(%m) : tensor<?x512xi32>
    %z = ternary.bitlinear ins(%q : tensor<?x64xi8>) weights(%w : tensor<512x64xi8>)
        outs(%open : tensor<?x512xi32>) -> tensor<?x512xi32>
    return %y, %z : tensor<1x512xf32>, tensor<?x512xi32>
  }

  // What is stated stays.
  // CHECK-LABEL: func.func @stated(
  // CHECK:         ternary.tuning = {token_tile = 2 : i64}
  func.func @stated(%x: tensor<1x64xi8>, %w: tensor<512x64xi8>) -> tensor<1x512xi32> {
    %init = tensor.empty() : tensor<1x512xi32>
    %y = ternary.bitlinear ins(%x : tensor<1x64xi8>) weights(%w : tensor<512x64xi8>)
        outs(%init : tensor<1x512xi32>) {ternary.tuning = {token_tile = 2 : i64}}
        -> tensor<1x512xi32>
    return %y : tensor<1x512xi32>
  }
}

//--- tuning.json
{"version": 1,
 "layers": [
   {"cpu": "haswell", "threads": 2, "rows": 512, "columns": 64, "tokens": 1, "input": "i8",
    "packing": "#ternary.packing<cpu_panel2>"},
   {"cpu": "haswell", "threads": 1, "rows": 512, "columns": 64, "tokens": 1, "input": "i8",
    "group_size": 0, "components": 1,
    "packing": "#ternary.packing<cpu_rows3>", "row_tile": 128, "median_us": 1.5, "default_us": 2},
   {"cpu": "haswell", "threads": 1, "rows": 512, "columns": 64, "tokens": null, "input": "i8"}
 ]}

//--- example.mlir
module attributes {ternary.target =
    #ternary.target<cpu = "generic", isa = "generic", threads = 1>} {
  func.func @layer(%x: tensor<1x10xi8>, %w: tensor<8x10xi8>)
      -> tensor<1x8xi32> {
    %init = tensor.empty() : tensor<1x8xi32>
    // Gets ternary.tuning where the file has a layer of 8 x 10 for one token.
    %y = ternary.bitlinear ins(%x : tensor<1x10xi8>)
        weights(%w : tensor<8x10xi8>) outs(%init : tensor<1x8xi32>)
        -> tensor<1x8xi32>
    return %y : tensor<1x8xi32>
  }
}
