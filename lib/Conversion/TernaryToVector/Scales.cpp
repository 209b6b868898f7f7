//===- Scales.cpp - Runs of columns that share a scale --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Scales.h"

using namespace mlir;
using namespace ternary;

void ternary::forEachScale(KernelBuilder &b, Value scales, int64_t groupSize,
                           Value n, Value column, Value width,
                           function_ref<void(Value, Value, Value)> body) {
  if (!scales || rankOf(scales) < 2) {
    KernelBuilder::Values at;
    if (scales && rankOf(scales) == 1)
      at.push_back(n);
    return body(b.index(0), width,
                scales ? toScale(b, b.load(scales, at)) : Value());
  }
  Value first = b.floorDiv(column, groupSize);
  Value end = b.add(column, width);
  Value last = b.createOrFold<arith::CeilDivUIOp>(end, b.index(groupSize));
  b.loop(first, last, 1, [&](Value group) {
    Value start = b.mul(group, groupSize);
    Value begin = arith::MaxUIOp::create(b, start, column);
    // The difference cannot overflow, as the sum of huge sizes can.
    Value length = b.min(b.sub(end, begin),
                         b.sub(b.index(groupSize), b.sub(begin, start)));
    begin = b.sub(begin, column);
    body(begin, b.add(begin, length), toScale(b, b.load(scales, {n, group})));
  });
}

int64_t ternary::scaledLanes(Value scales, int64_t groupSize) {
  bool isShort = scales && rankOf(scales) == 2 && groupSize < 64;
  return isShort ? 16 : 64;
}
