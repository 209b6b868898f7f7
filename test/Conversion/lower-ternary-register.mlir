// RUN: ternary-opt %s --lower-ternary-register --split-input-file | FileCheck %s
// RUN: ternary-opt %s --lower-ternary-register --split-input-file -o %t.once
// RUN: ternary-opt %t.once --lower-ternary-register --split-input-file -o %t.twice
// RUN: diff %t.once %t.twice
// RUN: ternary-opt %s --pass-pipeline="builtin.module(func.func(lower-ternary-register))" --split-input-file | FileCheck %s --check-prefix=NESTED

//===----------------------------------------------------------------------===//
// Portable
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @decode(
// CHECK-SAME: %[[B:[^:]*]]: vector<8xi8>)
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1> : vector<8xi8>
// CHECK-DAG: %[[THREE:.*]] = arith.constant dense<3> : vector<8xi8>
// CHECK-DAG: %[[FOUR:.*]] = arith.constant dense<4> : vector<8xi8>
// CHECK: %[[S:.*]] = arith.shrui %[[B]], %[[FOUR]]
// CHECK-NEXT: %[[D:.*]] = arith.andi %[[S]], %[[THREE]]
// CHECK-NEXT: %[[T:.*]] = arith.subi %[[D]], %[[ONE]]
// CHECK-NEXT: return %[[T]]
func.func @decode(%b: vector<8xi8>) -> vector<8xi8> {
  // Becomes a shift, a mask and a subtraction.
  %t = ternary.decode %b
      {radix = 4 : i64, digit = 2 : i64, offset = 1 : i64} : vector<8xi8>
  return %t : vector<8xi8>
}

// CHECK-LABEL: func.func @decode_base3(
// CHECK-DAG: %[[NINE:.*]] = arith.constant dense<9> : vector<64xi8>
// CHECK-DAG: %[[THREE:.*]] = arith.constant dense<3> : vector<64xi8>
// CHECK: %[[S:.*]] = arith.divui %{{.*}}, %[[NINE]]
// CHECK-NEXT: arith.remui %[[S]], %[[THREE]]
// CHECK-NEXT: arith.subi
func.func @decode_base3(%b: vector<64xi8>) -> vector<64xi8> {
  %t = ternary.decode %b {radix = 3 : i64, digit = 2 : i64, offset = 1 : i64} : vector<64xi8>
  return %t : vector<64xi8>
}

// CHECK-LABEL: func.func @look_up(
// CHECK-SAME: %[[T:[^:]*]]: vector<2xf32>, %[[I:[^:]*]]: vector<2xi32>)
// CHECK: %[[ONE:.*]] = arith.constant dense<1> : vector<2xindex>
// CHECK: %[[UNSIGNED:.*]] = arith.index_castui %[[I]] : vector<2xi32> to vector<2xindex>
// CHECK: %[[P:.*]] = arith.andi %[[UNSIGNED]], %[[ONE]]
// CHECK: %[[P0:.*]] = vector.extract %[[P]][0]
// CHECK: %[[E0:.*]] = vector.extract %[[T]][%[[P0]]]
// CHECK: %[[R0:.*]] = vector.insert %[[E0]], %{{.*}} [0]
// CHECK: %[[P1:.*]] = vector.extract %[[P]][1]
// CHECK: %[[E1:.*]] = vector.extract %[[T]][%[[P1]]]
// CHECK: vector.insert %[[E1]], %[[R0]] [1]
func.func @look_up(%t: vector<2xf32>, %i: vector<2xi32>) -> vector<2xf32> {
  %r = ternary.look_up %t[%i] : vector<2xf32>, vector<2xi32>
  return %r : vector<2xf32>
}

// All digits, by parts of as many lanes as there are bytes: each byte five times;
// with q(i) = byte / 3^i, digit i is
// q(i) - 3 q(i+1). A quotient is the high half of 2 byte * ceil(2^15 / 3^i).

// CHECK-LABEL: func.func @decode_run(
// CHECK-SAME: %[[B:[^:]*]]: vector<2xi8>)
// CHECK-DAG: %[[OFFSET:.*]] = arith.constant dense<1> : vector<2xi8>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1> : vector<2xi16>
// CHECK-DAG: %[[RADIX:.*]] = arith.constant dense<3> : vector<2xi16>
// CHECK-DAG: %[[LOWER:.*]] = arith.constant dense<[-32768, 10923]> : vector<2xi16>
// CHECK-DAG: %[[UPPER:.*]] = arith.constant dense<[10923, 3641]> : vector<2xi16>
// CHECK: %[[R:.*]] = vector.shuffle %[[B]], %[[B]] [0, 0]
// CHECK-NEXT: %[[W:.*]] = arith.extui %[[R]] : vector<2xi8> to vector<2xi16>
// CHECK-NEXT: %[[T:.*]] = arith.shli %[[W]], %[[ONE]]
// CHECK-NEXT: %{{.*}}, %[[Q1:.*]] = arith.mului_extended %[[T]], %[[UPPER]] : vector<2xi16>
// CHECK-NEXT: %[[A:.*]] = arith.muli %[[Q1]], %[[RADIX]] : vector<2xi16>
// CHECK-NEXT: %{{.*}}, %[[Q0:.*]] = arith.mului_extended %[[T]], %[[LOWER]] : vector<2xi16>
// CHECK-NEXT: %[[D:.*]] = arith.subi %[[Q0]], %[[A]]
// CHECK-NEXT: %[[I:.*]] = arith.trunci %[[D]] : vector<2xi16> to vector<2xi8>
// CHECK-NEXT: %[[O:.*]] = arith.subi %[[I]], %[[OFFSET]]
// CHECK-NEXT: vector.insert_strided_slice %[[O]], %{{.*}} {offsets = [0], strides = [1]} : vector<2xi8> into vector<10xi8>
// CHECK: vector.shuffle %[[B]], %[[B]] [0, 0]
// CHECK-NOT: vector.shuffle
// CHECK: arith.extui %[[B]]
// CHECK-COUNT-2: vector.shuffle %[[B]], %[[B]] [1, 1]
// CHECK: %[[ALL:.*]] = vector.insert_strided_slice {{.*}} {offsets = [8], strides = [1]}
// CHECK-NEXT: return %[[ALL]]
func.func @decode_run(%b: vector<2xi8>) -> vector<10xi8> {
  %t = ternary.decode %b {radix = 3 : i64, offset = 1 : i64} : vector<2xi8> to vector<10xi8>
  return %t : vector<10xi8>
}

// The most significant digit first: the powers descend. Radix 4 goes the same
// way, and an offset of 0 takes nothing.

// CHECK-LABEL: func.func @decode_msb_first(
// CHECK-DAG: %[[LOWER:.*]] = arith.constant dense<[512, 2048]> : vector<2xi16>
// CHECK-DAG: %[[UPPER:.*]] = arith.constant dense<[128, 512]> : vector<2xi16>
// CHECK-DAG: %[[RADIX:.*]] = arith.constant dense<4> : vector<2xi16>
// CHECK: vector.shuffle {{.*}} [0, 0]
// CHECK: %{{.*}}, %[[Q1:.*]] = arith.mului_extended %{{.*}}, %[[UPPER]] : vector<2xi16>
// CHECK-NEXT: %[[A:.*]] = arith.muli %[[Q1]], %[[RADIX]] : vector<2xi16>
// CHECK-NEXT: %{{.*}}, %[[Q0:.*]] = arith.mului_extended %{{.*}}, %[[LOWER]] : vector<2xi16>
// CHECK-NEXT: %[[D:.*]] = arith.subi %[[Q0]], %[[A]]
// CHECK-NEXT: %[[I:.*]] = arith.trunci %[[D]]
// CHECK-NEXT: vector.insert_strided_slice %[[I]]
func.func @decode_msb_first(%b: vector<2xi8>) -> vector<8xi8> {
  %t = ternary.decode %b {radix = 4 : i64, offset = 0 : i64, msb_first} : vector<2xi8> to vector<8xi8>
  return %t : vector<8xi8>
}

// Fewer digits than a byte holds: what lies above them is not read.

// CHECK-LABEL: func.func @decode_one_digit(
// CHECK-DAG: arith.constant dense<8192> : vector<4xi16>
// CHECK-NOT: vector.shuffle
// CHECK-COUNT-2: arith.mului_extended
func.func @decode_one_digit(%b: vector<4xi8>) -> vector<4xi8> {
  %t = ternary.decode %b {radix = 4 : i64, offset = 1 : i64} : vector<4xi8>
  return %t : vector<4xi8>
}

// (t0 + 1) + 3 ((t1 + 1) + 3 (t2 + 1)); bytes are multiplied by adding them up.

// CHECK-LABEL: func.func @encode(
// CHECK-SAME: %[[T0:[^:]*]]: vector<64xi8>, %[[T1:[^:]*]]: vector<64xi8>, %[[T2:[^:]*]]: vector<64xi8>)
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1>
// CHECK: %[[C2:.*]] = arith.addi %[[T2]], %[[ONE]]
// CHECK: %[[C1:.*]] = arith.addi %[[T1]], %[[ONE]]
// CHECK: %[[TWICE:.*]] = arith.addi %[[C2]], %[[C2]]
// CHECK: %[[THRICE:.*]] = arith.addi %[[TWICE]], %[[C2]]
// CHECK: %[[S1:.*]] = arith.addi %[[THRICE]], %[[C1]]
// CHECK: %[[C0:.*]] = arith.addi %[[T0]], %[[ONE]]
// CHECK: %[[TWICE:.*]] = arith.addi %[[S1]], %[[S1]]
// CHECK: %[[THRICE:.*]] = arith.addi %[[TWICE]], %[[S1]]
// CHECK: arith.addi %[[THRICE]], %[[C0]]
func.func @encode(%t0: vector<64xi8>, %t1: vector<64xi8>, %t2: vector<64xi8>) -> vector<64xi8> {
  %b = ternary.encode [%t0, %t1, %t2] {radix = 3 : i64, offset = 1 : i64} : vector<64xi8>
  return %b : vector<64xi8>
}

// For each digit: codes times activations in i16, each four neighbours added,
// then to the accumulator in i32.

// CHECK-LABEL: func.func @dot(
// CHECK-SAME: %[[B:[^:]*]]: vector<64xi8>, %[[X0:[^:]*]]: vector<64xi8>, %[[X1:[^:]*]]: vector<64xi8>, %[[C0:[^:]*]]: vector<16xi32>, %[[C1:[^:]*]]: vector<16xi32>)
// CHECK-DAG: %[[TWO:.*]] = arith.constant dense<2> : vector<64xi8>
// CHECK-DAG: %[[THREE:.*]] = arith.constant dense<3> : vector<64xi8>
// CHECK: %[[D0:.*]] = arith.andi %[[B]], %[[THREE]]
// CHECK-DAG: %[[A0:.*]] = arith.extsi %[[X0]] : vector<64xi8> to vector<64xi16>
// CHECK-DAG: %[[E0:.*]] = arith.extui %[[D0]] : vector<64xi8> to vector<64xi16>
// CHECK: %[[P0:.*]] = arith.muli %[[E0]], %[[A0]] : vector<64xi16>
// CHECK: %[[EVEN:.*]] = vector.shuffle %[[P0]], %[[P0]] [0, 2, 4, {{.*}}, 62]
// CHECK: %[[ODD:.*]] = vector.shuffle %[[P0]], %[[P0]] [1, 3, 5, {{.*}}, 63]
// CHECK: %[[PAIRS:.*]] = arith.addi %[[EVEN]], %[[ODD]] : vector<32xi16>
// CHECK: %[[SUM:.*]] = arith.addi %{{.*}}, %{{.*}} : vector<16xi16>
// CHECK: %[[WIDE:.*]] = arith.extsi %[[SUM]] : vector<16xi16> to vector<16xi32>
// CHECK: %[[R0:.*]] = arith.addi %[[C0]], %[[WIDE]] : vector<16xi32>
// CHECK: %[[S1:.*]] = arith.shrui %[[B]], %[[TWO]]
// CHECK: arith.andi %[[S1]], %[[THREE]]
// CHECK: %[[R1:.*]] = arith.addi %[[C1]], %{{.*}} : vector<16xi32>
// CHECK: return %[[R0]], %[[R1]]
func.func @dot(%b: vector<64xi8>, %x: vector<64xi8>, %y: vector<64xi8>, %c: vector<16xi32>, %d: vector<16xi32>)
    -> (vector<16xi32>, vector<16xi32>) {
  %a:2 = ternary.dot %b, [%x, %y], [%c, %d] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
  return %a#0, %a#1 : vector<16xi32>, vector<16xi32>
}

// The sum of the digits' accumulators, less offset times the activation sum.

// CHECK-LABEL: func.func @dot_finish(
// CHECK-SAME: %[[A:[^:]*]]: vector<16xi32>, %[[B:[^:]*]]: vector<16xi32>, %[[S:[^:]*]]: vector<16xi32>)
// CHECK: %[[TWO:.*]] = arith.constant dense<2> : vector<16xi32>
// CHECK: %[[T:.*]] = arith.addi %[[A]], %[[B]]
// CHECK: %[[O:.*]] = arith.muli %[[S]], %[[TWO]]
// CHECK: arith.subi %[[T]], %[[O]]
func.func @dot_finish(%a: vector<16xi32>, %b: vector<16xi32>, %s: vector<16xi32>) -> vector<16xi32> {
  %y = ternary.dot_finish [%a, %b], %s {radix = 4 : i64, offset = 2 : i64} : vector<16xi32>
  return %y : vector<16xi32>
}

// CHECK: func.func private @declaration(vector<8xi8>)
func.func private @declaration(vector<8xi8>)

// -----

//===----------------------------------------------------------------------===//
// AVX-512 VNNI
//===----------------------------------------------------------------------===//

// One instruction per digit of 64 bytes. Other lengths, and what is no dot, are
// portable here too; the pass finds the target from a function as well.

// CHECK-LABEL: func.func @dot(
// CHECK-SAME: %[[B:[^:]*]]: vector<64xi8>, %[[X0:[^:]*]]: vector<64xi8>, %[[X1:[^:]*]]: vector<64xi8>, %[[C0:[^:]*]]: vector<16xi32>, %[[C1:[^:]*]]: vector<16xi32>)
// CHECK-DAG: %[[MASK0:.*]] = arith.constant dense<3> : vector<64xi8>
// CHECK-DAG: %[[MASK1:.*]] = arith.constant dense<12> : vector<64xi8>
// CHECK: %[[D0:.*]] = arith.andi %[[B]], %[[MASK0]]
// CHECK: %[[D1:.*]] = arith.andi %[[B]], %[[MASK1]]
// CHECK: %[[R0:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%[[C0]], %[[D0]], %[[X0]]) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
// CHECK: %[[R1:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%[[C1]], %[[D1]], %[[X1]])
// CHECK: return %[[R0]], %[[R1]]
// CHECK-LABEL: func.func @finish(
// CHECK-SAME: %[[A0:[^:]*]]: vector<16xi32>, %[[A1:[^:]*]]: vector<16xi32>, %[[SUM:[^:]*]]: vector<16xi32>)
// CHECK-DAG: %[[TWO:.*]] = arith.constant dense<2> : vector<16xi32>
// CHECK: %[[S1:.*]] = arith.shrsi %[[A1]], %[[TWO]]
// CHECK: %[[T:.*]] = arith.addi %[[A0]], %[[S1]]
// CHECK: arith.subi %[[T]], %{{.*}}
// CHECK-LABEL: func.func @one_digit(
// CHECK-SAME: %[[B:[^:]*]]: vector<64xi8>
// CHECK-NOT: arith
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[B]], %{{.*}})
// CHECK-LABEL: func.func @short(
// CHECK-NOT: llvm.call_intrinsic
// CHECK: arith.divui
// CHECK: arith.muli %{{.*}} : vector<32xi16>
// CHECK: arith.subi
// NESTED-LABEL: func.func @dot(
// NESTED-COUNT-2: llvm.call_intrinsic
// NESTED-LABEL: func.func @short(
module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "avx512vnni", threads = 1>} {
  func.func @dot(%b: vector<64xi8>, %x: vector<64xi8>, %y: vector<64xi8>, %c: vector<16xi32>, %d: vector<16xi32>)
      -> (vector<16xi32>, vector<16xi32>) {
    %a:2 = ternary.dot %b, [%x, %y], [%c, %d] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    return %a#0, %a#1 : vector<16xi32>, vector<16xi32>
  }
  func.func @finish(%a: vector<16xi32>, %b: vector<16xi32>, %s: vector<16xi32>) -> vector<16xi32> {
    %y = ternary.dot_finish [%a, %b], %s {radix = 4 : i64, offset = 1 : i64} : vector<16xi32>
    return %y : vector<16xi32>
  }
  func.func @one_digit(%b: vector<64xi8>, %x: vector<64xi8>, %c: vector<16xi32>) -> vector<16xi32> {
    %a = ternary.dot %b, [%x], [%c] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    return %a : vector<16xi32>
  }
  func.func @short(%b: vector<32xi8>, %x: vector<32xi8>, %c: vector<8xi32>) -> vector<8xi32> {
    %a:2 = ternary.dot %b, [%x, %x], [%c, %c] {radix = 3 : i64} : vector<32xi8>, vector<8xi32>
    %y = ternary.dot_finish [%a#0, %a#1], %c {radix = 3 : i64, offset = 1 : i64} : vector<8xi32>
    return %y : vector<8xi32>
  }
}

// -----

// With VBMI digits of base 3 are looked up: what is left of a byte modulo 81
// becomes four fields of two bits, and the rest the fifth digit.

// CHECK-LABEL: func.func @tables(
// CHECK-SAME: %[[B:[^:]*]]: vector<64xi8>
// CHECK-DAG: %[[LESS162:.*]] = arith.constant dense<94> : vector<64xi8>
// CHECK-DAG: %[[LESS81:.*]] = arith.constant dense<-81> : vector<64xi8>
// CHECK: %[[A:.*]] = arith.addi %[[B]], %[[LESS162]]
// CHECK: %[[M:.*]] = arith.minui %[[B]], %[[A]]
// CHECK: %[[A:.*]] = arith.addi %[[M]], %[[LESS81]]
// CHECK: %[[R:.*]] = arith.minui %[[M]], %[[A]]
// CHECK: %[[FIELDS:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"(%{{.*}}, %[[R]], %{{.*}})
// CHECK-COUNT-4: arith.andi %[[FIELDS]], %{{.*}}
// CHECK: %[[REST:.*]] = arith.subi %[[B]], %[[R]]
// CHECK: %[[FIFTH:.*]] = llvm.call_intrinsic "llvm.x86.avx512.permvar.qi.512"(%{{.*}}, %[[REST]])
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK: %[[A:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[FIFTH]], %{{.*}})
// CHECK-COUNT-3: arith.shrsi
// CHECK-NOT: arith.shrsi
// CHECK: return
// CHECK-LABEL: func.func @table(
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
// CHECK-NOT: arith.divui
module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "avx512vbmi", threads = 1>} {
  func.func @tables(%b: vector<64xi8>, %x: vector<64xi8>, %c: vector<16xi32>) -> vector<16xi32> {
    %a:5 = ternary.dot %b, [%x, %x, %x, %x, %x], [%c, %c, %c, %c, %c] {radix = 3 : i64} : vector<64xi8>, vector<16xi32>
    %y = ternary.dot_finish [%a#0, %a#1, %a#2, %a#3, %a#4], %c {radix = 3 : i64, offset = 1 : i64} : vector<16xi32>
    return %y : vector<16xi32>
  }
  func.func @table(%b: vector<64xi8>) -> vector<64xi8> {
    %t = ternary.decode %b {radix = 3 : i64, digit = 3 : i64, offset = 1 : i64} : vector<64xi8>
    return %t : vector<64xi8>
  }
}

// -----

// Digits that share their activations are not taken apart: products are those
// of the fields up to each, and of whole bytes. Their sums are.

// CHECK-LABEL: func.func @shared2(
// CHECK-SAME: %[[B:[^:]*]]: vector<64xi8>, %[[X:[^:]*]]: vector<64xi8>
// CHECK-DAG: %[[MASK0:.*]] = arith.constant dense<3> : vector<64xi8>
// CHECK-DAG: %[[MASK1:.*]] = arith.constant dense<15> : vector<64xi8>
// CHECK-DAG: %[[MASK2:.*]] = arith.constant dense<63> : vector<64xi8>
// CHECK: %[[P0:.*]] = arith.andi %[[B]], %[[MASK0]]
// CHECK: %[[P1:.*]] = arith.andi %[[B]], %[[MASK1]]
// CHECK: %[[P2:.*]] = arith.andi %[[B]], %[[MASK2]]
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[P0]], %[[X]])
// CHECK: %[[A1:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[P1]], %[[X]])
// CHECK: %[[A2:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[P2]], %[[X]])
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[B]], %[[X]])
// CHECK: %[[D:.*]] = arith.subi %[[A2]], %[[A1]]
// CHECK: %[[S:.*]] = arith.shrsi %[[D]], %{{.*}}
// CHECK: arith.subi %[[S]], %{{.*}}
// CHECK-LABEL: func.func @shared3(
// CHECK-SAME: %[[B:[^:]*]]: vector<64xi8>
// CHECK: %[[INVERSE:.*]] = arith.constant dense<2014922929> : vector<16xi32>
// CHECK: %[[FIELDS:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
// CHECK-COUNT-3: arith.andi %[[FIELDS]], %{{.*}}
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[FIELDS]], %{{.*}})
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[B]], %{{.*}})
// CHECK: %[[S:.*]] = arith.muli %{{.*}}, %[[INVERSE]] :
// CHECK: arith.subi %[[S]], %{{.*}}
module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "avx512vbmi", threads = 1>} {
  func.func @shared2(%b: vector<64xi8>, %x: vector<64xi8>, %c: vector<16xi32>) -> vector<16xi32> {
    %a:4 = ternary.dot %b, [%x], [%c, %c, %c, %c] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    %y = ternary.dot_finish [%a#0, %a#1, %a#2, %a#3], %c {radix = 4 : i64, digit = 2 : i64, offset = 1 : i64} : vector<16xi32>
    return %y : vector<16xi32>
  }
  func.func @shared3(%b: vector<64xi8>, %x: vector<64xi8>, %c: vector<16xi32>) -> vector<16xi32> {
    %a:5 = ternary.dot %b, [%x], [%c, %c, %c, %c, %c] {radix = 3 : i64} : vector<64xi8>, vector<16xi32>
    %y = ternary.dot_finish [%a#0, %a#1, %a#2, %a#3, %a#4], %c {radix = 3 : i64, digit = 4 : i64, offset = 1 : i64} : vector<16xi32>
    return %y : vector<16xi32>
  }
}

// -----

// On AVX-VNNI registers have 32 bytes, and digits are shifted down.

// CHECK-LABEL: func.func @halves(
// CHECK-SAME: %[[B:[^:]*]]: vector<64xi8>, %[[X:[^:]*]]: vector<64xi8>, %[[C:[^:]*]]: vector<16xi32>)
// CHECK-DAG: %[[B0:.*]] = vector.extract_strided_slice %[[B]] {offsets = [0], sizes = [32], strides = [1]}
// CHECK-DAG: %[[X0:.*]] = vector.extract_strided_slice %[[X]] {offsets = [0], sizes = [32], strides = [1]}
// CHECK-DAG: %[[C0:.*]] = vector.extract_strided_slice %[[C]] {offsets = [0], sizes = [8], strides = [1]}
// CHECK: %[[R0:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"(%[[C0]], %[[B0]], %[[X0]]) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// CHECK: vector.insert_strided_slice %[[R0]], %[[C]] {offsets = [0], strides = [1]}
// CHECK-DAG: vector.extract_strided_slice %[[B]] {offsets = [32], sizes = [32], strides = [1]}
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"
// CHECK: vector.insert_strided_slice %{{.*}}, %{{.*}} {offsets = [8], strides = [1]}
module attributes {ternary.target = #ternary.target<cpu = "alderlake", isa = "avxvnni", threads = 1>} {
  func.func @halves(%b: vector<64xi8>, %x: vector<64xi8>, %c: vector<16xi32>) -> vector<16xi32> {
    %a = ternary.dot %b, [%x], [%c] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    return %a : vector<16xi32>
  }
}

// -----

// On AVX2 two products of a digit of at most 3 cannot saturate.

// CHECK-LABEL: func.func @pairs(
// CHECK-SAME: %[[B:[^:]*]]: vector<32xi8>, %[[X:[^:]*]]: vector<32xi8>, %[[C:[^:]*]]: vector<8xi32>)
// CHECK-DAG: %[[ONES:.*]] = arith.constant dense<1> : vector<16xi16>
// CHECK: %[[D0:.*]] = arith.andi %[[B]], %{{.*}}
// CHECK: %[[P:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%[[D0]], %[[X]]) : (vector<32xi8>, vector<32xi8>) -> vector<16xi16>
// CHECK: %[[S:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[P]], %[[ONES]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// CHECK: arith.addi %[[C]], %[[S]]
// CHECK: arith.shrui %[[B]]
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
// CHECK-LABEL: func.func @digit(
// CHECK-COUNT-4: arith.muli %{{.*}} : vector<16xi16>
// CHECK: %[[T:.*]] = arith.muli %{{.*}}, %{{.*}} : vector<32xi8>
// CHECK: %[[D:.*]] = arith.subi %{{.*}}, %[[T]] : vector<32xi8>
// CHECK: arith.subi %[[D]], %{{.*}}
// Digits of base 3: the even and the odd bytes of words are divided.
// CHECK-LABEL: func.func @words(
// CHECK-SAME: %[[B:[^:]*]]: vector<32xi8>
// CHECK-DAG: %[[FACTOR:.*]] = arith.constant dense<171> : vector<16xi16>
// CHECK-DAG: %[[EIGHT:.*]] = arith.constant dense<8> : vector<16xi16>
// CHECK-DAG: %[[NINE:.*]] = arith.constant dense<9> : vector<16xi16>
// CHECK: %[[Q0:.*]] = arith.minui %[[B]], %{{.*}}
// CHECK: %[[W:.*]] = vector.bitcast %[[Q0]] : vector<32xi8> to vector<16xi16>
// CHECK: %[[E:.*]] = arith.andi %[[W]], %{{.*}}
// CHECK: %[[PE:.*]] = arith.muli %[[E]], %[[FACTOR]]
// CHECK: %[[QE:.*]] = arith.shrui %[[PE]], %[[NINE]]
// CHECK: %[[O:.*]] = arith.shrui %[[W]], %[[EIGHT]]
// CHECK: %[[PO:.*]] = arith.muli %[[O]], %[[FACTOR]]
// CHECK: %[[QO:.*]] = arith.shrui %[[PO]], %[[NINE]]
// CHECK: %[[H:.*]] = arith.shli %[[QO]], %[[EIGHT]]
// CHECK: arith.ori %[[QE]], %[[H]]
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
module attributes {ternary.target = #ternary.target<cpu = "haswell", isa = "avx2", threads = 1>} {
  func.func @pairs(%b: vector<32xi8>, %x: vector<32xi8>, %c: vector<8xi32>) -> (vector<8xi32>, vector<8xi32>) {
    %a:2 = ternary.dot %b, [%x, %x], [%c, %c] {radix = 4 : i64} : vector<32xi8>, vector<8xi32>
    return %a#0, %a#1 : vector<8xi32>, vector<8xi32>
  }
  func.func @digit(%b: vector<32xi8>) -> vector<32xi8> {
    %t = ternary.decode %b {radix = 3 : i64, digit = 1 : i64, offset = 1 : i64} : vector<32xi8>
    return %t : vector<32xi8>
  }
  func.func @words(%b: vector<32xi8>, %x: vector<32xi8>, %c: vector<8xi32>) -> (vector<8xi32>, vector<8xi32>) {
    %a:2 = ternary.dot %b, [%x, %x], [%c, %c] {radix = 3 : i64} : vector<32xi8>, vector<8xi32>
    return %a#0, %a#1 : vector<8xi32>, vector<8xi32>
  }
}

// -----

// sdot on registers of 16 bytes: digits are masked where they stand, but for the
// one that would be negative there.

// CHECK-LABEL: func.func @quarters(
// CHECK-SAME: %[[B:[^:]*]]: vector<32xi8>, %[[X:[^:]*]]: vector<32xi8>, %[[C:[^:]*]]: vector<8xi32>)
// CHECK-DAG: %[[FOUR:.*]] = arith.constant dense<4> : vector<8xi32>
// CHECK-DAG: %[[TWO:.*]] = arith.constant dense<2> : vector<8xi32>
// CHECK-DAG: %[[SIX:.*]] = arith.constant dense<6> : vector<32xi8>
// CHECK-DAG: %[[MASK:.*]] = arith.constant dense<48> : vector<32xi8>
// CHECK: %[[D2:.*]] = arith.andi %[[B]], %[[MASK]]
// CHECK: arith.shrui %[[B]], %[[SIX]]
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"
// CHECK: %[[P:.*]] = vector.extract_strided_slice %[[D2]] {offsets = [0], sizes = [16], strides = [1]}
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%{{.*}}, %[[P]], %{{.*}}) : (vector<4xi32>, vector<16xi8>, vector<16xi8>) -> vector<4xi32>
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"
// CHECK: arith.shrsi %{{.*}}, %[[TWO]]
// CHECK: arith.shrsi %{{.*}}, %[[FOUR]]
// CHECK-NOT: arith.shrsi
// CHECK: return
// Digits of base 3 are quotients less three times the next; all of their products
// go to one sum.
// CHECK-LABEL: func.func @quotients(
// CHECK-SAME: %[[B:[^:]*]]: vector<16xi8>, %[[X:[^:]*]]: vector<16xi8>, %[[C:[^:]*]]: vector<4xi32>)
// CHECK-DAG: %[[THREE:.*]] = arith.constant dense<3> : vector<16xi8>
// CHECK-DAG: %[[FACTOR:.*]] = arith.constant dense<171> : vector<16xi16>
// CHECK: %[[Q0:.*]] = arith.minui %[[B]], %{{.*}}
// CHECK: %[[W:.*]] = arith.extui %[[Q0]] : vector<16xi8> to vector<16xi16>
// CHECK: arith.muli %[[W]], %[[FACTOR]] : vector<16xi16>
// CHECK: %[[H:.*]] = arith.trunci
// CHECK: %[[Q1:.*]] = arith.shrui %[[H]], %{{.*}} : vector<16xi8>
// CHECK: %[[T:.*]] = arith.muli %[[Q1]], %[[THREE]]
// CHECK: %[[D0:.*]] = arith.subi %[[Q0]], %[[T]]
// CHECK: %[[A1:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[C]], %[[D0]], %[[X]])
// CHECK: %[[A2:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[A1]], %{{.*}}, %[[X]])
// CHECK: %[[A3:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[A2]], %{{.*}}, %[[X]])
// CHECK: %[[A4:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[A3]], %{{.*}}, %[[X]])
// CHECK: %[[A5:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[A4]], %{{.*}}, %[[X]])
// CHECK: arith.addi %[[A5]], %[[C]]
// CHECK-NOT: arith.shrsi
// CHECK: return
// CHECK-LABEL: func.func @eight(
// CHECK-NOT: llvm.call_intrinsic
// CHECK: return
module attributes {ternary.target = #ternary.target<cpu = "cortex-a76", isa = "neon_dotprod", threads = 1>} {
  func.func @quarters(%b: vector<32xi8>, %x: vector<32xi8>, %c: vector<8xi32>) -> vector<8xi32> {
    %a:4 = ternary.dot %b, [%x, %x, %x, %x], [%c, %c, %c, %c] {radix = 4 : i64} : vector<32xi8>, vector<8xi32>
    %y = ternary.dot_finish [%a#0, %a#1, %a#2, %a#3], %c {radix = 4 : i64, offset = 1 : i64} : vector<8xi32>
    return %y : vector<8xi32>
  }
  func.func @quotients(%b: vector<16xi8>, %x: vector<16xi8>, %c: vector<4xi32>) -> vector<4xi32> {
    %a:5 = ternary.dot %b, [%x, %x, %x, %x, %x], [%c, %c, %c, %c, %c] {radix = 3 : i64} : vector<16xi8>, vector<4xi32>
    %y = ternary.dot_finish [%a#0, %a#1, %a#2, %a#3, %a#4], %c {radix = 3 : i64, offset = 1 : i64} : vector<4xi32>
    return %y : vector<4xi32>
  }
  func.func @eight(%b: vector<8xi8>, %x: vector<8xi8>, %c: vector<2xi32>) -> vector<2xi32> {
    %a:2 = ternary.dot %b, [%x, %x], [%c, %c] {radix = 4 : i64} : vector<8xi8>, vector<2xi32>
    %y = ternary.dot_finish [%a#0, %a#1], %c {radix = 4 : i64, offset = 1 : i64} : vector<2xi32>
    return %y : vector<2xi32>
  }
}

// -----

// usdot takes unsigned bytes: no digit is shifted.

// CHECK-LABEL: func.func @unsigned(
// CHECK-SAME: %[[B:[^:]*]]: vector<16xi8>, %[[X:[^:]*]]: vector<16xi8>, %[[C:[^:]*]]: vector<4xi32>)
// CHECK-DAG: %[[MASK:.*]] = arith.constant dense<-64> : vector<16xi8>
// CHECK: %[[D3:.*]] = arith.andi %[[B]], %[[MASK]]
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.aarch64.neon.usdot.v4i32.v16i8"
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.usdot.v4i32.v16i8"(%[[C]], %[[D3]], %[[X]]) : (vector<4xi32>, vector<16xi8>, vector<16xi8>) -> vector<4xi32>
// CHECK-COUNT-3: arith.shrsi
// CHECK: return
module attributes {ternary.target = #ternary.target<cpu = "neoverse-n2", isa = "neon_i8mm", threads = 1>} {
  func.func @unsigned(%b: vector<16xi8>, %x: vector<16xi8>, %c: vector<4xi32>) -> vector<4xi32> {
    %a:4 = ternary.dot %b, [%x, %x, %x, %x], [%c, %c, %c, %c] {radix = 4 : i64} : vector<16xi8>, vector<4xi32>
    %y = ternary.dot_finish [%a#0, %a#1, %a#2, %a#3], %c {radix = 4 : i64, offset = 1 : i64} : vector<4xi32>
    return %y : vector<4xi32>
  }
}

// -----

// A constant mask of one lane: a scalar store. Other masks stay.

// CHECK-LABEL: func.func @one_lane(
// CHECK-SAME: %[[V:[^:]*]]: vector<4xi8>, %[[M:[^:]*]]: memref<5xi8>, %[[I:[^:]*]]: index)
// CHECK: %[[LANE:.*]] = vector.extract %[[V]][0]
// CHECK: memref.store %[[LANE]], %[[M]][%[[I]]]
// CHECK: vector.maskedstore
// CHECK-NOT: vector.maskedstore
func.func @one_lane(%v: vector<4xi8>, %m: memref<5xi8>, %i: index) {
  %one = vector.constant_mask [1] : vector<4xi1>
  vector.maskedstore %m[%i], %one, %v : memref<5xi8>, vector<4xi1>, vector<4xi8>
  %two = vector.constant_mask [2] : vector<4xi1>
  vector.maskedstore %m[%i], %two, %v : memref<5xi8>, vector<4xi1>, vector<4xi8>
  return
}

// -----

// Tiles of AMX: Linux is asked for them when the module is loaded.

// NESTED-NOT: global_ctors
// CHECK: llvm.func internal @ternary.request_tiles() {
// CHECK-DAG: %[[CALL:.*]] = llvm.mlir.constant(158 : i64)
// CHECK-DAG: %[[REQUEST:.*]] = llvm.mlir.constant(4131 : i64)
// CHECK-DAG: %[[DATA:.*]] = llvm.mlir.constant(18 : i64)
// CHECK: llvm.inline_asm has_side_effects {{.*}}"syscall", "={ax},0,{di},{si},{{.*}}" %[[CALL]], %[[REQUEST]], %[[DATA]]
// CHECK: llvm.mlir.global_ctors ctors = [@ternary.request_tiles]
// CHECK: func.func @tiles(
func.func @tiles(%m: memref<16x64xi8>) {
  %c0 = arith.constant 0 : index
  %t = amx.tile_load %m[%c0, %c0] : memref<16x64xi8> into !amx.tile<16x64xi8>
  amx.tile_store %m[%c0, %c0], %t : memref<16x64xi8>, !amx.tile<16x64xi8>
  return
}

// -----

// CHECK-LABEL: func.func @look_up_register(
// CHECK-SAME: %[[T:[^:]*]]: vector<16xf32>, %[[I:[^:]*]]: vector<16xi32>, %[[U:[^:]*]]: vector<8xf32>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.permvar.sf.512"(%[[T]], %[[I]])
// CHECK: vector.extract %[[U]]
module attributes {ternary.target = #ternary.target<cpu = "cascadelake", isa = "avx512vnni", threads = 1>} {
  func.func @look_up_register(%t: vector<16xf32>, %i: vector<16xi32>, %u: vector<8xf32>, %j: vector<8xi32>) -> (vector<16xf32>, vector<8xf32>) {
    %r = ternary.look_up %t[%i] : vector<16xf32>, vector<16xi32>
    %s = ternary.look_up %u[%j] : vector<8xf32>, vector<8xi32>
    return %r, %s : vector<16xf32>, vector<8xf32>
  }
}

// -----

// CHECK-LABEL: func.func @look_up_bytes(
// CHECK-SAME: %[[T:[^:]*]]: vector<64xi8>, %[[I:[^:]*]]: vector<64xi8>)
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.permvar.qi.512"(%[[T]], %[[I]])
module attributes {ternary.target = #ternary.target<cpu = "icelake-server", isa = "avx512vbmi", threads = 1>} {
  func.func @look_up_bytes(%t: vector<64xi8>, %i: vector<64xi8>) -> vector<64xi8> {
    %r = ternary.look_up %t[%i] : vector<64xi8>, vector<64xi8>
    return %r : vector<64xi8>
  }
}

// -----

//===----------------------------------------------------------------------===//
// Digits in two's complement
//===----------------------------------------------------------------------===//

// On CPUs, the portable lowering: (code ^ 2) - 2.

// CHECK-LABEL: func.func @signed_digit(
// CHECK: arith.shrui
// CHECK: arith.andi
// CHECK: arith.xori
// CHECK: arith.subi
// CHECK: arith.shli
func.func @signed_digit(%b: vector<4xi8>) -> vector<4xi8> {
  %t = ternary.decode %b {radix = 4 : i64, digit = 1 : i64, offset = 0 : i64, is_signed, shift = 6 : i64} : vector<4xi8>
  return %t : vector<4xi8>
}

// CHECK-LABEL: func.func @signed_dot(
// CHECK: arith.xori
// CHECK: arith.extsi {{.*}} : vector<64xi8> to vector<64xi16>
// CHECK-NOT: vpdpbusd
module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "avx512vbmi", threads = 1>} {
  func.func @signed_dot(%b: vector<64xi8>, %x: vector<64xi8>, %c: vector<16xi32>) -> vector<16xi32> {
    %0 = ternary.dot %b, [%x], [%c] {radix = 4 : i64, is_signed} : vector<64xi8>, vector<16xi32>
    return %0 : vector<16xi32>
  }
}

// -----

// On GPUs a word is shifted and masked, digits are 64 times as large.

// CHECK-LABEL: func.func @gpu_word(
// CHECK-DAG: %[[MASK:.*]] = arith.constant dense<-1061109568> : vector<1xi32>
// CHECK-DAG: %[[SIX:.*]] = arith.constant dense<6> : vector<1xi32>
// CHECK: %[[WORD:.*]] = vector.bitcast %{{.*}} : vector<4xi8> to vector<1xi32>
// CHECK: %[[RAISED:.*]] = arith.shli %[[WORD]], %[[SIX]]
// CHECK: arith.andi %[[RAISED]], %[[MASK]]
// CHECK: nvvm.dot.accumulate.4way
// CHECK: arith.shrsi %{{.*}}, %[[SIX]]
module attributes {ternary.target = #ternary.target<cpu = "sm_80", isa = "sm80", threads = 1>} {
  func.func @gpu_word(%b: vector<4xi8>, %x: vector<4xi8>, %c: vector<1xi32>) -> vector<1xi32> {
    %0 = ternary.dot %b, [%x], [%c] {radix = 4 : i64, is_signed} : vector<4xi8>, vector<1xi32>
    %1 = ternary.dot_finish [%0], %c {radix = 4 : i64, offset = 0 : i64, is_signed} : vector<1xi32>
    return %1 : vector<1xi32>
  }
}

// -----

// Digits of base 3 are quotients less three times the next; two bytes of a word
// are divided at once. dp4a takes them as they are.

// CHECK-LABEL: func.func @gpu_digits3(
// CHECK-DAG: %[[FACTOR:.*]] = arith.constant 85 : i32
// CHECK-DAG: %[[NEXT:.*]] = arith.constant 86 : i32
// CHECK-DAG: %[[THREE:.*]] = arith.constant 3 : i32
// CHECK-COUNT-2: arith.muli %{{.*}}, %[[FACTOR]]
// CHECK: llvm.call_intrinsic "llvm.nvvm.prmt"
// CHECK: %[[QUOTIENT:.*]] = llvm.call_intrinsic "llvm.nvvm.prmt"
// CHECK: %[[THRICE:.*]] = arith.muli %[[QUOTIENT]], %[[THREE]]
// CHECK: arith.subi %{{.*}}, %[[THRICE]]
// CHECK-COUNT-2: arith.muli %{{.*}}, %[[NEXT]]
// CHECK: nvvm.dot.accumulate.4way %{{.*}} <unsigned>, %{{.*}} <signed>
// CHECK: %[[SUM:.*]] = arith.addi %{{.*}} : vector<1xi32>
// CHECK: arith.subi %[[SUM]], %arg4 : vector<1xi32>
// CHECK-LABEL: func.func @gpu_trits3(
// CHECK: %[[LESS:.*]] = arith.constant 2139062143 : i32
// CHECK: arith.addi %{{.*}}, %[[LESS]] : i32
// CHECK: arith.xori
module attributes {ternary.target = #ternary.target<cpu = "sm_80", isa = "sm80", threads = 1>} {
  func.func @gpu_digits3(%b: vector<4xi8>, %x: vector<4xi8>, %y: vector<4xi8>,
                         %c: vector<1xi32>, %s: vector<1xi32>) -> vector<1xi32> {
    %0:2 = ternary.dot %b, [%x, %y], [%c, %c] {radix = 3 : i64} : vector<4xi8>, vector<1xi32>
    %1 = ternary.dot_finish [%0#0, %0#1], %s {radix = 3 : i64, offset = 1 : i64} : vector<1xi32>
    return %1 : vector<1xi32>
  }
  func.func @gpu_trits3(%b: vector<4xi8>) -> vector<4xi8> {
    %0 = ternary.decode %b {radix = 3 : i64, digit = 1 : i64, offset = 1 : i64} : vector<4xi8>
    return %0 : vector<4xi8>
  }
}

// -----

//===----------------------------------------------------------------------===//
// bf16
//===----------------------------------------------------------------------===//

// Integers become bf16 without a conversion that LLVM would call a function for.

// CHECK-LABEL: func.func @to_bf16(
// CHECK: arith.sitofp {{.*}} : i8 to f32
// CHECK-NOT: arith.truncf
// CHECK: arith.bitcast {{.*}} : i16 to bf16
func.func @to_bf16(%x: i8) -> bf16 {
  %y = arith.sitofp %x : i8 to bf16
  return %y : bf16
}
