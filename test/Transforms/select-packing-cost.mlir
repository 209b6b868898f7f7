// How ternary-select-packing chooses between panels; docs/packings.md has the
// model. Each branch, on two layers of 1.6 MB that do not fit 2 MB together.

// RUN: ternary-opt %s --split-input-file --ternary-select-packing="cache-bytes=2000000" --remarks-filter=ternary-select-packing -o %t 2>&1 | FileCheck %s
// RUN: ternary-opt %s --split-input-file --ternary-select-packing --remarks-filter=ternary-select-packing -o %t 2>&1 | FileCheck %s --check-prefix=DEFAULT
// RUN: ternary-opt %s --split-input-file --ternary-select-packing="cache-bytes=0" --remarks-filter=ternary-select-packing -o %t 2>&1 | FileCheck %s --check-prefix=STREAM
// RUN: ternary-opt %s --split-input-file --ternary-select-packing="packing=cpu_panel3" --remarks-filter=ternary-select-packing -o %t 2>&1 | FileCheck %s --check-prefix=NAMED

// Panels of one layer: 40 * 160 * 256 bytes, or 80 * 128 * 128.
// NAMED: remark: [Passed] packing | {{.*}}Bytes=1310720, {{.*}}Remark="weights in cpu_panel3: named by the option

// One token, or an unknown number of them: the bytes of the module decide.

module attributes {ternary.target = #ternary.target<cpu = "znver5", isa = "avx512vbmi", threads = 1>} {
  func.func @decode(%x: tensor<1x2560xi8>, %z: tensor<?x2560xi8>, %v: tensor<2560x2560xi8> {ternary.constant},
                    %w: tensor<2560x2560xi8> {ternary.constant}, %init: tensor<1x2560xi32>, %more: tensor<?x2560xi32>)
      -> (tensor<1x2560xi32>, tensor<?x2560xi32>) {
    // CHECK: [[# @LINE + 3]]:10: remark: [Passed] packing | {{.*}}Bytes=1310720, {{.*}}Remark="weights in cpu_rows3: 3.3 MB of weights in the module stream from memory
    // DEFAULT: [[# @LINE + 2]]:10: remark: [Passed] packing | {{.*}}Bytes=1638400, {{.*}}Remark="weights in cpu_rows2: 3.3 MB of weights in the module stay in the cache
    // STREAM: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in cpu_rows3
    %y = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%v : tensor<2560x2560xi8>)
        outs(%init : tensor<1x2560xi32>) -> tensor<1x2560xi32>
    // CHECK: [[# @LINE + 2]]:10: remark: [Passed] packing | {{.*}}weights in cpu_rows3: 3.3 MB
    // DEFAULT: [[# @LINE + 1]]:10: remark: [Passed] packing | {{.*}}weights in cpu_rows2: 3.3 MB
    %u = ternary.bitlinear ins(%z : tensor<?x2560xi8>) weights(%w : tensor<2560x2560xi8>)
        outs(%more : tensor<?x2560xi32>) -> tensor<?x2560xi32>
    return %y, %u : tensor<1x2560xi32>, tensor<?x2560xi32>
  }
}

// -----

// Weights that two layers share are read from memory once; both components
// count.

module attributes {ternary.target = #ternary.target<cpu = "znver5", isa = "avx512vbmi", threads = 1>} {
  func.func @shared(%x: tensor<1x2560xi8>, %w: tensor<2560x2560xi8> {ternary.constant}, %init: tensor<1x2560xi32>)
      -> tensor<1x2560xi32> {
    // CHECK: [[# @LINE + 2]]:10: remark: [Passed] {{.*}}Bytes=1638400, {{.*}}Remark="weights in cpu_rows2: 1.6 MB of weights in the module stay in the cache
    // STREAM: [[# @LINE + 1]]:10: remark: [Passed] {{.*}}weights in cpu_rows3: 1.6 MB of weights in the module stream from memory
    %y = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%w : tensor<2560x2560xi8>)
        outs(%init : tensor<1x2560xi32>) -> tensor<1x2560xi32>
    // CHECK: [[# @LINE + 1]]:10: remark: [Passed] {{.*}}Bytes=3276800, {{.*}}Remark="weights in cpu_rows2: 1.6 MB
    %u = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%w, %w : tensor<2560x2560xi8>, tensor<2560x2560xi8>)
        outs(%y : tensor<1x2560xi32>) -> tensor<1x2560xi32>
    return %u : tensor<1x2560xi32>
  }
}

// -----

// Division decodes base 3 more slowly than memory delivers two bits per trit;
// so do the other rows of the ISA table, and modules that state none.

module attributes {ternary.target = #ternary.target<cpu = "cascadelake", isa = "avx512vnni", threads = 1>} {
  func.func @division(%x: tensor<1x2560xi8>, %v: tensor<2560x2560xi8> {ternary.constant},
                      %w: tensor<2560x2560xi8> {ternary.constant}, %init: tensor<1x2560xi32>) -> tensor<1x2560xi32> {
    // CHECK-COUNT-2: remark: [Passed] {{.*}}weights in cpu_rows2: 3.3 MB of weights in the module stream, base 3 would take {{[0-9]+}} % longer on avx512vnni
    %y = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%v : tensor<2560x2560xi8>)
        outs(%init : tensor<1x2560xi32>) -> tensor<1x2560xi32>
    %u = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%w : tensor<2560x2560xi8>)
        outs(%y : tensor<1x2560xi32>) -> tensor<1x2560xi32>
    return %u : tensor<1x2560xi32>
  }
}

// -----

func.func @no_target(%x: tensor<1x2560xi8>, %w: tensor<2560x2560xi8> {ternary.constant}, %init: tensor<1x2560xi32>)
    -> tensor<1x2560xi32> {
  // STREAM: remark: [Passed] {{.*}}weights in cpu_rows2: 1.6 MB of weights in the module stream, base 3 would take {{[0-9]+}} % longer on generic
  %y = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%w : tensor<2560x2560xi8>)
      outs(%init : tensor<1x2560xi32>) -> tensor<1x2560xi32>
  return %y : tensor<1x2560xi32>
}

// -----

// What is bound by arithmetic, or cannot be cut into groups, is in two bits.
// One column: base 3 pads it to eight, two bits to sixteen.

module attributes {ternary.target = #ternary.target<cpu = "znver5", isa = "avx512vbmi", threads = 1>} {
  func.func @two_bits(%x: tensor<2x3x2560xi8>, %f: tensor<1x2560xf32>, %g: tensor<1x2560xi8>, %k: tensor<1x1xi8>,
                      %w: tensor<2560x2560xi8> {ternary.constant}, %c: tensor<2560x1xi8> {ternary.constant},
                      %s: tensor<2560x20xf32>, %init: tensor<2x3x2560xi32>, %out: tensor<1x2560xf32>)
      -> (tensor<2x3x2560xi32>, tensor<1x2560xf32>) {
    // STREAM: remark: [Passed] {{.*}}weights in cpu_panel2: 6 tokens share what is decoded
    %y = ternary.bitlinear ins(%x : tensor<2x3x2560xi8>) weights(%w : tensor<2560x2560xi8>)
        outs(%init : tensor<2x3x2560xi32>) -> tensor<2x3x2560xi32>
    // STREAM: remark: [Passed] {{.*}}weights in cpu_panel2: products of floats take longer than reading
    %p = ternary.bitlinear ins(%f : tensor<1x2560xf32>) weights(%w : tensor<2560x2560xi8>)
        outs(%out : tensor<1x2560xf32>) -> tensor<1x2560xf32>
    // STREAM: remark: [Passed] {{.*}}weights in cpu_rows2: groups of 132 columns are no whole number of blocks of 8
    %q = ternary.bitlinear ins(%g : tensor<1x2560xi8>) weights(%w : tensor<2560x2560xi8>) scales(%s : tensor<2560x20xf32>)
        outs(%p : tensor<1x2560xf32>) {group_size = 132 : i64} -> tensor<1x2560xf32>
    // STREAM: remark: [Passed] {{.*}}Bytes=4096, {{.*}}Remark="weights in cpu_rows3: 1.6 MB of weights in the module stream from memory
    %r = ternary.bitlinear ins(%k : tensor<1x1xi8>) weights(%c : tensor<2560x1xi8>)
        outs(%q : tensor<1x2560xf32>) -> tensor<1x2560xf32>
    return %y, %r : tensor<2x3x2560xi32>, tensor<1x2560xf32>
  }
}

// -----

// Of weights whose shape is dynamic the bits per trit decide.

module attributes {ternary.target = #ternary.target<cpu = "sapphirerapids", isa = "avx512amx", threads = 1>} {
  func.func @dynamic(%x: tensor<1x?xi8>, %w: tensor<?x?xi8> {ternary.constant}, %init: tensor<1x?xi32>)
      -> tensor<1x?xi32> {
    // CHECK: remark: [Passed] packing | Category:ternary-select-packing | {{.*}}Remark="weights in cpu_rows2: 0.0 MB of weights in the module stay in the cache
    // STREAM: remark: [Passed] {{.*}}weights in cpu_rows3: 0.0 MB of weights in the module stream from memory
    %y = ternary.bitlinear ins(%x : tensor<1x?xi8>) weights(%w : tensor<?x?xi8>)
        outs(%init : tensor<1x?xi32>) -> tensor<1x?xi32>
    return %y : tensor<1x?xi32>
  }
}
