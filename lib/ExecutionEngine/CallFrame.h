//===- CallFrame.h - Memory of one call -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Memref descriptors of the arguments, room for the results, and the pointers
// that a packed function wants.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_CALLFRAME_H
#define TERNARY_LIB_EXECUTIONENGINE_CALLFRAME_H

#include "ternary/ExecutionEngine/Signature.h"

#include <optional>
#include <vector>

namespace ternary {

class CallFrame {
public:
  /// The frame points into the arrays and the signature.
  CallFrame(const Signature &signature, llvm::ArrayRef<Array *> arguments);
  CallFrame(const CallFrame &) = delete;
  CallFrame &operator=(const CallFrame &) = delete;

  /// What to call the packed function with.
  void **getPacked() { return packed.data(); }

  /// Lets argument `index`, an array, lie at `data` from the next call on.
  void setData(size_t index, void *data);

  /// Copies the results of a call to arrays of their own.
  llvm::Expected<std::vector<Array>> copyResults() const;

  /// Frees what the call allocated; once per call.
  void freeResults();

private:
  /// A memref descriptor: allocated and aligned pointer, offset, sizes,
  /// strides.
  using Words = llvm::SmallVector<int64_t, 8>;

  void addArgument(const ValueSpec &spec, Array &array);
  void layOutResults();
  const int64_t *getDescriptor(size_t result) const;
  llvm::Expected<Array> copyResult(size_t result) const;
  llvm::Expected<Array> copyMemref(const ValueSpec &spec,
                                   const int64_t *descriptor) const;

  const Signature &signature;
  std::vector<Words> descriptors;
  std::vector<void *> descriptorPointers;
  /// For each argument its index in `descriptors`; nothing for scalars.
  std::vector<std::optional<size_t>> descriptorOf;
  std::vector<void *> packed;
  /// The struct of results, and where in it each of them begins (in bytes).
  std::vector<int64_t> resultWords;
  std::vector<size_t> resultOffsets;
  void *resultPointer = nullptr;
};

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_CALLFRAME_H
