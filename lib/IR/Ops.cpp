//===- Ops.cpp - Generated definitions of the ops -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Ternary.h"

#include "LogicalShape.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace ternary;

#define GET_OP_CLASSES
#include "ternary/IR/TernaryOps.cpp.inc"
