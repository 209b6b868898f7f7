//===- Reduce.cpp - Sums and maxima of rows -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Reduce.h"

#include "Register.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Partial results, enough for the latency of an addition to be hidden.
constexpr int64_t kPartial = 64;

/// Lane l of the result combines elements l, l + 64, ... of `load`.
static Value reduceLanes(KernelBuilder &b, Value begin, Value end, Type element,
                         function_ref<Value(Value, Value)> loadChunk,
                         function_ref<Value(Value, Value)> combine) {
  Value width = b.sub(end, begin);
  Value whole = b.add(begin, b.mul(b.floorDiv(width, kPartial), kPartial));
  Values state{b.zero(VectorType::get(kPartial, element))};
  state = b.loop(begin, whole, kPartial, state, [&](Value k, ValueRange old) {
    return Values{combine(old[0], loadChunk(k, Value()))};
  });
  state = b.loop(whole, end, kPartial, state, [&](Value k, ValueRange old) {
    return Values{combine(old[0], loadChunk(k, b.sub(end, k)))};
  });
  return state[0];
}

Value ternary::sumRow(KernelBuilder &b, Value begin, Value end, LoadRow load) {
  Value sums = reduceLanes(
      b, begin, end, b.getF32Type(),
      [&](Value k, Value count) { return load(k, kPartial, count); },
      [&](Value x, Value y) { return b.addf(x, y); });
  return vector::ExtractOp::create(b, sumOfNeighbours(b, sums, kPartial), 0);
}

Value ternary::largestMagnitude(KernelBuilder &b, Value begin, Value end,
                                LoadRow load) {
  // Without its sign a float is ordered like the integer of its bits, and NaN
  // is largest.
  Type i32 = b.getI32Type();
  auto magnitude = [&](Value k, Value count) -> Value {
    Value x = load(k, kPartial, count);
    Type type = withElements(x.getType(), i32);
    Value bits = arith::BitcastOp::create(b, type, x);
    return arith::AndIOp::create(b, bits,
                                 b.constant(type, int64_t(0x7fffffff)));
  };
  Value largest = reduceLanes(b, begin, end, i32, magnitude,
                              [&](Value x, Value y) -> Value {
                                return arith::MaxSIOp::create(b, x, y);
                              });
  Value bits =
      vector::ReductionOp::create(b, vector::CombiningKind::MAXSI, largest);
  return arith::BitcastOp::create(b, b.getF32Type(), bits);
}
