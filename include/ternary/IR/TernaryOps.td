//===- TernaryOps.td - All ops of the dialect --------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_OPS
#define TERNARY_IR_OPS

include "ternary/IR/TernaryInferOps.td"
include "ternary/IR/TernaryQuantizeOps.td"
include "ternary/IR/TernaryRegisterOps.td"
include "ternary/IR/TernaryStateOps.td"
include "ternary/IR/TernaryStorageOps.td"
include "ternary/IR/TernaryTrainOps.td"
include "ternary/IR/TernaryUpdateOps.td"

#endif // TERNARY_IR_OPS
