//===- PrefillShape.cpp - Blocks of the kernel of many tokens -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Prefill.h"

using namespace mlir;
using namespace ternary;

int64_t ternary::getPlacesPerProcessor(const PrefillBlock &shape,
                                       int64_t otherBytes) {
  constexpr int64_t kSharedBytes = 227 << 10;
  // Beside the sums of a thread.
  constexpr int64_t kOtherRegisters = 56;
  int64_t threads = shape.splits * shape.threads();
  int64_t bytes =
      shape.splits * shape.ringBytes() + otherBytes + 2 * kSwizzleBytes;
  int64_t registers = threads * (shape.tokens / 2 + kOtherRegisters);
  return std::min(kSharedBytes / bytes, kProcessorRegisters / registers);
}

namespace {

/// What shapes are chosen for.
struct Extents {
  int64_t rows, tokens, tiles;

  int64_t blocks(int64_t blockRows, int64_t blockTokens) const {
    return llvm::divideCeil(rows, blockRows) *
           llvm::divideCeil(tokens, blockTokens);
  }
};

} // namespace

/// Blocks enough for nearly all multiprocessors.
constexpr int64_t kEnough = 120;

/// How full the multiprocessors are with so many blocks, `perProcessor` at a
/// time, over all rounds.
static double getLoad(int64_t blocks, int64_t perProcessor) {
  return double(blocks) /
         double(llvm::alignTo(blocks, kProcessors * perProcessor));
}

/// Blocks of so many that can share the columns of one: up to two of a
/// multiprocessor, and of eight tiles of columns each, which is what a ring and
/// an exchange of sums are worth.
static int64_t chooseShares(int64_t blocks, int64_t tiles, int64_t most) {
  int64_t shares = std::min({2 * kProcessors / blocks, tiles / 8, most});
  return std::max<int64_t>(shares, 1);
}

static PrefillShape chooseForFewTokens(const Extents &layer) {
  if (layer.tokens <= 32) {
    int64_t blocks = layer.blocks(64, 32), splits = 2;
    return {1, splits, 32, 6, chooseShares(blocks, layer.tiles / splits, 3)};
  }
  if (layer.tokens <= 64)
    return {1, layer.blocks(64, 64) > kEnough ? 1 : 2, 64, 6};
  int64_t blocks = layer.blocks(64, 128);
  if (blocks < kEnough)
    return {1, 2, 64, 6};
  return {1, 1, 128, 6, chooseShares(blocks, layer.tiles, 2)};
}

/// Blocks for all multiprocessors first: fewer rows or tokens per block, and
/// splits of the columns, where a layer has few. Measured on an H200
/// (docs/rationale.md).
static PrefillShape chooseShape(const Extents &layer) {
  if (ShapedType::isDynamic(layer.rows) || ShapedType::isDynamic(layer.tokens))
    return {2, 1, 128, 4};
  if (layer.tokens <= 256)
    return chooseForFewTokens(layer);
  int64_t large = layer.blocks(128, 128), small = layer.blocks(64, 128);
  bool isLong = layer.tiles >= 32;
  if (large >= 2 * kEnough) {
    // Two large blocks fit a multiprocessor, or three of half the rows. What is
    // left behind whole rounds is shared, if it takes half a round then.
    int64_t left = large % (2 * kProcessors);
    if (isLong && left > 0 && 2 * left <= 2 * kProcessors)
      return {2, 1, 128, 4, 2};
    if (getLoad(large, 2) >= 0.8 * getLoad(small, 3))
      return {2, 1, 128, 4};
  } else if (layer.blocks(128, 64) >= 2 * kEnough) {
    return {2, 1, 64, 6};
  }
  bool isShared = isLong && 2 * small <= 3 * kProcessors;
  return {1, 1, 128, 4, isShared ? 2 : 1};
}

/// Where sums of groups or components are kept beside those of the tensor
/// cores, or activations are three rows per token, blocks are smaller.
static PrefillShape chooseSmallShape(const Extents &layer) {
  bool isFew = !ShapedType::isDynamic(layer.tokens) && layer.tokens <= 32;
  bool isFull = ShapedType::isDynamic(layer.rows) ||
                ShapedType::isDynamic(layer.tokens) ||
                layer.blocks(64, 64) >= kEnough;
  return {1, isFull ? 1 : 2, isFew ? 32 : 64, 4};
}

PrefillShape ternary::choosePrefillShape(int64_t rows, int64_t tokens,
                                         int64_t tiles, bool beside) {
  Extents layer{rows, tokens, tiles};
  return beside ? chooseSmallShape(layer) : chooseShape(layer);
}
