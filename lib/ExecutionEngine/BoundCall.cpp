//===- BoundCall.cpp - A call that is repeated ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/BoundCall.h"

#include "CallFrame.h"
#include "JITSupport.h"

using namespace ternary;

BoundCall::BoundCall(std::unique_ptr<CallFrame> frame, PackedFunction function,
                     bool mayJump)
    : frame(std::move(frame)), function(function), mayJump(mayJump) {}

BoundCall::~BoundCall() = default;
BoundCall::BoundCall(BoundCall &&) = default;

llvm::Error BoundCall::operator()() {
  llvm::Error error = callGuarded(function, frame->getPacked(), mayJump);
  if (!error)
    frame->freeResults();
  return error;
}

void BoundCall::setData(size_t index, void *data) {
  frame->setData(index, data);
}
