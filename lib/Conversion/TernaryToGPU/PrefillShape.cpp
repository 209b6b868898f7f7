//===- PrefillShape.cpp - Blocks of the kernel of many tokens -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Prefill.h"

using namespace mlir;
using namespace ternary;

/// The multiprocessors of the chips that have wgmma, nearly all of them.
constexpr int64_t kProcessors = 120;

/// How full the multiprocessors of an H100 or H200 are with so many blocks,
/// `perProcessor` at a time, over all rounds.
static double getLoad(int64_t blocks, int64_t perProcessor) {
  int64_t places = 132 * perProcessor;
  return double(blocks) / double(llvm::alignTo(blocks, places));
}

/// Blocks for all multiprocessors first: fewer rows or tokens per block, and
/// splits of the columns, where a layer has few. Measured on an H200
/// (docs/rationale.md).
static PrefillShape chooseShape(int64_t rows, int64_t tokens) {
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(tokens))
    return {2, 1, 128, 4};
  auto blocks = [&](int64_t blockRows, int64_t blockTokens) {
    return int64_t(llvm::divideCeil(rows, blockRows) *
                   llvm::divideCeil(tokens, blockTokens));
  };
  if (tokens <= 32)
    return {1, blocks(64, 32) > kProcessors ? 2 : 4, 32, 6};
  if (tokens <= 64)
    return {1, blocks(64, 64) > kProcessors ? 1 : 2, 64, 6};
  if (tokens <= 256)
    return blocks(64, 128) >= kProcessors ? PrefillShape{1, 1, 128, 6}
                                          : PrefillShape{1, 2, 64, 6};
  // Two large blocks fit a multiprocessor, or three of half the rows.
  bool fillsLarge =
      getLoad(blocks(128, 128), 2) >= 0.8 * getLoad(blocks(64, 128), 3);
  if (blocks(128, 128) >= 2 * kProcessors && fillsLarge)
    return {2, 1, 128, 4};
  if (blocks(128, 128) < 2 * kProcessors && blocks(128, 64) >= 2 * kProcessors)
    return {2, 1, 64, 6};
  return {1, 1, 128, 4};
}

/// Where sums of groups or components are kept beside those of the tensor
/// cores, or activations are three rows per token, blocks are smaller.
static PrefillShape chooseSmallShape(int64_t rows, int64_t tokens) {
  bool isFew = !ShapedType::isDynamic(tokens) && tokens <= 32;
  bool isFull = ShapedType::isDynamic(rows) || ShapedType::isDynamic(tokens) ||
                llvm::divideCeil(rows, 64) * llvm::divideCeil(tokens, 64) >=
                    uint64_t(kProcessors);
  return {1, isFull ? 1 : 2, isFew ? 32 : 64, 4};
}

PrefillShape ternary::choosePrefillShape(int64_t rows, int64_t tokens,
                                         bool beside) {
  return (beside ? chooseSmallShape : chooseShape)(rows, tokens);
}
