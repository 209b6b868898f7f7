//===- BoundCall.h - A call that is repeated --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// A call whose arguments have been checked and laid out once. Repeating it
// costs little more than the function itself: what benchmarks and serving loops
// want.
//
//   llvm::Expected<BoundCall> call = engine->bind("f", arguments);
//   call->setData(1, otherWeights);
//   if (llvm::Error error = (*call)()) ...
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_BOUNDCALL_H
#define TERNARY_EXECUTIONENGINE_BOUNDCALL_H

#include "ternary/ExecutionEngine/Array.h"

#include <memory>

namespace ternary {

class CallFrame;
class Engine;

/// Lives no longer than its engine and its arguments.
class BoundCall {
public:
  ~BoundCall();
  BoundCall(BoundCall &&);

  /// Calls the function and frees what it returned, unless that is an argument
  /// or a constant.
  llvm::Error operator()();

  /// Lets argument `index`, which is not a scalar, lie at `data`: memory of the
  /// size of the array that it was bound to, aligned to 64 bytes.
  void setData(size_t index, void *data);

private:
  friend class Engine;
  using PackedFunction = void (*)(void **);

  BoundCall(std::unique_ptr<CallFrame> frame, PackedFunction function,
            bool mayJump);

  std::unique_ptr<CallFrame> frame;
  PackedFunction function;
  bool mayJump;
};

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_BOUNDCALL_H
