//===- RowFusion.cpp - Ops on the same rows -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/RowFusion.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace ternary;

QuantizeActivationOp ternary::getOnlyQuantizer(RMSNormOp op) {
  auto alloc = op.getInits()[0].getDefiningOp<memref::AllocOp>();
  if (!alloc)
    return {};
  QuantizeActivationOp reader;
  for (Operation *user : alloc->getUsers()) {
    if (user == op || isa<memref::DeallocOp>(user))
      continue;
    auto quantizer = dyn_cast<QuantizeActivationOp>(user);
    if (reader || !quantizer || quantizer.getInput() != alloc.getMemref())
      return {};
    reader = quantizer;
  }
  if (!reader || reader->getBlock() != op->getBlock())
    return {};
  for (Operation *next = op->getNextNode(); next != reader;
       next = next->getNextNode())
    if (!next || !(isMemoryEffectFree(next) || isa<memref::AllocOp>(next)))
      return {};
  return reader;
}
