// RUN: ternary-opt %s --ternary-drop-annotations --split-input-file | FileCheck %s
// RUN: ternary-opt %s --ternary-drop-annotations --split-input-file -o %t.once
// RUN: ternary-opt %t.once --ternary-drop-annotations --split-input-file -o %t.twice
// RUN: diff %t.once %t.twice

// CHECK-LABEL: func.func @f(
// CHECK-SAME: %{{[^:]*}}: tensor<8x10xi8>) {
func.func @f(%w: tensor<8x10xi8> {ternary.constant}) {
  // The argument keeps no attribute.
  return
}

// Results and declarations lose theirs likewise, attributes of others stay.

// CHECK-LABEL: func.func private @declaration(
// CHECK-SAME: tensor<8x3xi8>, tensor<4xf32> {llvm.noalias})
// CHECK-SAME: -> tensor<8x3xi8> attributes {llvm.emit_c_interface}
func.func private @declaration(
    tensor<8x3xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: 8, 10>},
    tensor<4xf32> {llvm.noalias, ternary.constant})
    -> (tensor<8x3xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: 8, 10>})
    attributes {ternary.prepare = @f, llvm.emit_c_interface}

// -----

// The CPU goes to the functions with a body, unless they name one themselves.

// CHECK: module {
// CHECK-NEXT: func.func @body() attributes {passthrough = {{\[\[}}"target-cpu", "znver4"]]} {
// CHECK: func.func @own() attributes {passthrough = ["noinline"]} {
// CHECK: func.func private @declaration(){{$}}
module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "avx512vnni", threads = 1>} {
  func.func @body() {
    return
  }
  func.func @own() attributes {passthrough = ["noinline"]} {
    return
  }
  func.func private @declaration()
}

// -----

// CHECK: module {
// CHECK-NEXT: func.func @any_cpu() attributes {passthrough = {{\[\[}}"target-cpu", "generic"]]} {
module attributes {ternary.target = #ternary.target<cpu = "generic", isa = "generic", threads = 1>} {
  func.func @any_cpu() {
    return
  }
}
