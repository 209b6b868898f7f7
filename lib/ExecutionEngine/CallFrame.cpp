//===- CallFrame.cpp - Memory of one call ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "CallFrame.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace ternary;

namespace {

/// What memref.get_global puts in place of the allocated pointer.
constexpr uintptr_t kGlobalMarker = 0xdeadbeef;

size_t descriptorWords(const ValueSpec &spec) {
  return 3 + 2 * spec.shape.size();
}

/// Copies a strided array of `rank` dimensions; true if it was row-major and is
/// copied at once.
bool copyContiguous(char *target, const char *source, size_t width,
                    llvm::ArrayRef<int64_t> sizes,
                    llvm::ArrayRef<int64_t> strides) {
  int64_t expected = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    if (sizes[i] != 1 && strides[i] != expected)
      return false;
    expected *= sizes[i];
  }
  std::memcpy(target, source, expected * width);
  return true;
}

char *copyStrided(char *target, const char *source, size_t width,
                  llvm::ArrayRef<int64_t> sizes,
                  llvm::ArrayRef<int64_t> strides) {
  if (sizes.empty()) {
    std::memcpy(target, source, width);
    return target + width;
  }
  for (int64_t i = 0; i < sizes.front(); ++i)
    target = copyStrided(
        target, source + i * strides.front() * static_cast<int64_t>(width),
        width, sizes.drop_front(), strides.drop_front());
  return target;
}

} // namespace

CallFrame::CallFrame(const Signature &signature,
                     llvm::ArrayRef<Array *> arguments)
    : signature(signature) {
  // Both are pointed into below and must not move.
  descriptors.reserve(arguments.size());
  descriptorPointers.reserve(arguments.size());
  layOutResults();
  bool returnsScalar =
      signature.results.size() == 1 && signature.results.front().isScalar;
  if (!signature.results.empty() && !returnsScalar)
    packed.push_back(&resultPointer);
  for (auto [spec, array] : llvm::zip(signature.arguments, arguments))
    addArgument(spec, *array);
  if (returnsScalar)
    packed.push_back(resultPointer);
}

void CallFrame::addArgument(const ValueSpec &spec, Array &array) {
  if (spec.isScalar) {
    descriptorOf.push_back(std::nullopt);
    packed.push_back(array.data());
    return;
  }
  descriptorOf.push_back(descriptors.size());
  auto address = reinterpret_cast<int64_t>(array.data());
  Words words = {address, address, 0};
  words.append(array.getShape().begin(), array.getShape().end());
  words.resize(descriptorWords(spec), 1);
  for (size_t i = array.getRank(); i-- > 1;)
    words[3 + array.getRank() + i - 1] =
        words[3 + array.getRank() + i] * array.getShape()[i];
  descriptors.push_back(std::move(words));
  descriptorPointers.push_back(descriptors.back().data());
  packed.push_back(&descriptorPointers.back());
}

void CallFrame::setData(size_t index, void *data) {
  assert(descriptorOf[index] && "expected an array");
  Words &words = descriptors[*descriptorOf[index]];
  words[0] = words[1] = reinterpret_cast<int64_t>(data);
}

void CallFrame::layOutResults() {
  // LLVM's layout of a struct: each member at a multiple of its alignment,
  // which is its size for scalars and 8 for descriptors.
  size_t bytes = 0;
  for (const ValueSpec &spec : signature.results) {
    size_t size = spec.isScalar ? byteWidth(spec.dtype)
                                : descriptorWords(spec) * sizeof(int64_t);
    bytes = llvm::alignTo(bytes, spec.isScalar ? size : sizeof(int64_t));
    resultOffsets.push_back(bytes);
    bytes += size;
  }
  resultWords.resize(llvm::divideCeil(bytes, sizeof(int64_t)));
  resultPointer = resultWords.data();
}

const int64_t *CallFrame::getDescriptor(size_t result) const {
  return resultWords.data() + resultOffsets[result] / sizeof(int64_t);
}

llvm::Expected<Array> CallFrame::copyMemref(const ValueSpec &spec,
                                            const int64_t *descriptor) const {
  size_t rank = spec.shape.size();
  llvm::ArrayRef<int64_t> sizes(descriptor + 3, rank);
  llvm::ArrayRef<int64_t> strides(descriptor + 3 + rank, rank);
  for (auto [want, got] : llvm::zip(spec.shape, sizes))
    if (want != kDynamicDim && want != got)
      return llvm::createStringError("shape, expected " +
                                     formatShape(spec.shape) + ", found " +
                                     formatShape(sizes));
  llvm::Expected<Array> array = Array::create(spec.dtype, sizes);
  if (!array || array->size() == 0)
    return array;
  size_t width = byteWidth(spec.dtype);
  const char *source = reinterpret_cast<const char *>(descriptor[1]) +
                       descriptor[2] * static_cast<int64_t>(width);
  if (!copyContiguous(array->data(), source, width, sizes, strides))
    copyStrided(array->data(), source, width, sizes, strides);
  return array;
}

llvm::Expected<Array> CallFrame::copyResult(size_t result) const {
  const ValueSpec &spec = signature.results[result];
  if (!spec.isScalar)
    return copyMemref(spec, getDescriptor(result));
  llvm::Expected<Array> array = Array::create(spec.dtype, {});
  if (array)
    std::memcpy(array->data(),
                reinterpret_cast<const char *>(resultWords.data()) +
                    resultOffsets[result],
                byteWidth(spec.dtype));
  return array;
}

llvm::Expected<std::vector<Array>> CallFrame::copyResults() const {
  std::vector<Array> results;
  for (size_t i = 0; i < signature.results.size(); ++i) {
    llvm::Expected<Array> result = copyResult(i);
    if (!result)
      return llvm::createStringError(
          "result " + llvm::Twine(i) + " of '" + signature.name + "' at " +
          signature.location + ": " + llvm::toString(result.takeError()));
    results.push_back(std::move(*result));
  }
  return results;
}

void CallFrame::freeResults() {
  // A result may share memory with an argument, a constant or another result.
  llvm::SmallPtrSet<void *, 8> kept;
  kept.insert(reinterpret_cast<void *>(kGlobalMarker));
  for (const Words &words : descriptors)
    kept.insert(reinterpret_cast<void *>(words[0]));
  for (size_t i = 0; i < signature.results.size(); ++i) {
    if (signature.results[i].isScalar)
      continue;
    auto *allocated = reinterpret_cast<void *>(*getDescriptor(i));
    if (kept.insert(allocated).second)
      std::free(allocated);
  }
}
