//===- Region.cpp - Copies of weights -------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Region.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cstring>
#include <sys/mman.h>

using namespace ternary::bench;

static constexpr size_t kPage = 4096, kLargePage = size_t(2) << 20;

llvm::Expected<Region> Region::create(size_t bytes, int64_t walk) {
  size_t stride = llvm::alignTo(std::max<size_t>(bytes, 1), kPage);
  int64_t copies = std::max<int64_t>(llvm::divideCeil(walk, stride), 1);
  size_t total = llvm::alignTo(stride * copies, kLargePage);
  void *memory = std::aligned_alloc(kLargePage, total);
  if (!memory)
    return llvm::createStringError("region: expected memory for " +
                                   llvm::Twine(total) + " bytes, found none");
  (void)madvise(memory, total, MADV_HUGEPAGE);
  return Region(static_cast<char *>(memory), bytes, stride, copies);
}

Region::Region(Region &&other)
    : memory(other.memory), bytes(other.bytes), stride(other.stride),
      copies(other.copies) {
  other.memory = nullptr;
}

Region::~Region() { std::free(memory); }

void Region::replicate() {
  for (int64_t copy = 1; copy < copies; ++copy)
    std::memcpy(get(copy), memory, bytes);
}
