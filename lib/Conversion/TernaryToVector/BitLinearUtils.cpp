//===- BitLinearUtils.cpp - What the kernels of bitlinear share -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// How far ahead of the bytes that are read others are asked for, in a cache.
struct Request {
  int64_t ahead, cache;
};
/// The first cache has room for few requests at a time, so those to memory are
/// made earlier, for the second cache, where a CPU serves these.
static SmallVector<Request> getRequests(const KernelBuilder &b) {
  if (b.servesSecondCache())
    return {{2048, 1}, {8192, 2}};
  return {{4096, 1}};
}

Value ternary::sumActivations(KernelBuilder &b, Value input, ValueRange token,
                              Value begin, Value end) {
  constexpr int64_t kChunk = 64;
  auto lanes = VectorType::get(kChunk / 4, b.getI32Type());
  // A dot with ones adds four neighbours to a lane.
  Value ones = b.constant(VectorType::get(kChunk, b.getI8Type()), int64_t(1));
  auto add = [&](Value k, Value count, Value sum) -> Value {
    Values at(token);
    at.push_back(k);
    Value x = b.load(input, at, kChunk, count);
    return b.dot(ones, x, sum, /*radix=*/4);
  };
  // Where a chunk is one register, dots of a row would wait for each other if
  // they had one sum. Groups are short.
  bool hasSums =
      b.isaName().starts_with("avx512") && isConstantIntValue(begin, 0);
  Values sums(hasSums ? 4 : 1, b.zero(lanes));
  int64_t step = kChunk * sums.size();
  auto behindWhole = [&](int64_t size) {
    return b.add(begin, b.mul(b.floorDiv(b.sub(end, begin), size), size));
  };
  Value steps = behindWhole(step), chunks = behindWhole(kChunk);
  sums = b.loop(begin, steps, step, sums, [&](Value k, ValueRange old) {
    Values next;
    for (auto [i, sum] : llvm::enumerate(old))
      next.push_back(add(b.add(k, i * kChunk), {}, sum));
    return next;
  });
  if (hasSums) {
    Value sum = b.add(b.add(sums[0], sums[1]), b.add(sums[2], sums[3]));
    sums = b.loop(steps, chunks, kChunk, sum, [&](Value k, ValueRange old) {
      return Values{add(k, {}, old[0])};
    });
  }
  sums = b.loop(chunks, end, kChunk, sums, [&](Value k, ValueRange old) {
    return Values{add(k, b.sub(end, k), old[0])};
  });
  return vector::ReductionOp::create(b, vector::CombiningKind::ADD, sums[0]);
}

Values ternary::scaleIndex(KernelBuilder &b, Value scale, Value row,
                           Value group) {
  if (rankOf(scale) == 0)
    return {};
  if (!group)
    return {row};
  if (rankOf(scale) == 2)
    return {row, group};
  int64_t block = cast<ShapedType>(scale.getType()).getShape().back();
  return {b.floorDiv(row, block), group, b.rem(row, block)};
}

void ternary::gatherScales(KernelBuilder &b, Value scale, Value group,
                           Value first, Value numRows, int64_t count,
                           Value buffer) {
  Value lastRow = b.sub(numRows, b.index(1));
  b.loop(b.index(0), b.index(count), 1, [&](Value row) {
    Value n = b.min(b.add(first, row), lastRow);
    Value element = b.load(scale, scaleIndex(b, scale, n, group));
    b.store(toScale(b, element), buffer, {row});
  });
}

Value ternary::loadPanelBytes(KernelBuilder &b, const PanelShape &panel,
                              Value weight, Value panelIndex, Value columnBlock,
                              Value vector) {
  Values at{panelIndex, columnBlock, vector, b.index(0)};
  prefetchPanel(b, panel, weight, at);
  return b.load(weight, at, panel.vectorBytes());
}

void ternary::prefetchPanel(KernelBuilder &b, const PanelShape &panel,
                            Value weight, ValueRange at) {
  // In bytes, or in blocks of columns.
  int64_t unit = at.size() == 2 ? 1 : panel.bytes();
  for (auto [ahead, cache] : getRequests(b)) {
    Values later(at);
    later[1] = b.add(later[1], ahead / unit);
    b.prefetch(weight, later, 1, cache);
  }
}

Value ternary::loadRowScales(KernelBuilder &b, Value scale, Value row,
                             Value numRows, int64_t lanes) {
  if (rankOf(scale) == 0)
    return b.broadcast(toScale(b, b.load(scale, {})), lanes);
  return toScale(b, b.load(scale, row, lanes, b.sub(numRows, row)));
}

Value ternary::loadActivationScale(KernelBuilder &b, BitLinearOp op,
                                   Value token, int64_t lanes) {
  Value scale = op.getActivationScale();
  if (!scale)
    return Value();
  Values at = b.delinearize(token, op.getInput(), rankOf(scale));
  return b.broadcast(b.load(scale, at), lanes);
}

Value ternary::finishSum(KernelBuilder &b, Value y, Value activationScale,
                         Value bias) {
  if (activationScale)
    y = b.mulf(y, activationScale);
  return bias ? b.addf(y, bias) : y;
}

Value ternary::finishOutput(KernelBuilder &b, BitLinearOp op, Value y,
                            Value activationScale, Value row, Value count) {
  int64_t lanes = cast<VectorType>(y.getType()).getNumElements();
  y = finishSum(b, y, activationScale, /*bias=*/Value());
  if (Value bias = op.getBias())
    y = b.addf(y, b.cast(b.load(bias, row, lanes, count), b.getF32Type()));
  return b.cast(y, elementOf(op.getInits()[0]));
}

void ternary::storeOutput(KernelBuilder &b, BitLinearOp op, Value y,
                          Value activationScale, Value out, ValueRange token,
                          Value row, Value count) {
  Values at(token);
  at.push_back(row);
  b.store(finishOutput(b, op, y, activationScale, row, count), out, at, count);
}

Value ternary::repeatWord(KernelBuilder &b, Value bytes, int64_t lanes) {
  Value word =
      vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), bytes);
  word = b.broadcast(vector::ExtractOp::create(b, word, 0), lanes);
  return vector::BitCastOp::create(b, VectorType::get(4 * lanes, b.getI8Type()),
                                   word);
}
