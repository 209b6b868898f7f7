//===- TritRun.cpp - Four neighbouring trits of a weight ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "TritRun.h"

#include "ternary/IR/Panel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

static int64_t power(int64_t radix, int64_t exponent) {
  return exponent == 0 ? 1 : radix * power(radix, exponent - 1);
}

namespace {

/// Four neighbours of a run lie in two bytes, which are one number of digits:
/// its division by a power of the radix leaves theirs in front.
class RunDecoder {
public:
  RunDecoder(GPUKernelBuilder &b, const DigitRuns &runs, Value weight)
      : b(b), runs(runs), weight(weight) {}

  static bool canDecode(const DigitRuns &runs) { return runs.digits >= 3; }

  Values load(Value n, Value k, Value columns) {
    Values prefix;
    Value element = k;
    if (runs.flat)
      element = b.add(b.mul(n, columns), b.min(k, lastOf(columns)));
    else
      prefix.push_back(n);
    Value byte = b.floorDiv(element, runs.digits);
    Value digit = b.rem(element, runs.digits);
    Value first = loadByte(prefix, byte);
    Value second = loadByte(prefix, b.add(byte, 1));
    Value base = word(power(runs.radix, runs.digits));
    Value number = runs.msbFirst ? b.add(b.mul(first, base), second)
                                 : b.add(b.mul(second, base), first);
    return takeApart(dropDigits(number, digit));
  }

private:
  Value word(int64_t value) { return b.constant(b.getI32Type(), value); }
  Value lastOf(Value count) { return b.sub(count, b.index(1)); }

  /// As i32, without what no digit says.
  Value loadByte(ValueRange prefix, Value at) {
    Values index(prefix);
    index.push_back(b.min(at, lastOf(b.dim(weight, prefix.size()))));
    Value byte =
        arith::ExtUIOp::create(b, b.getI32Type(), b.load(weight, index));
    int64_t codes = power(runs.radix, runs.digits);
    if (codes == 256)
      return byte;
    if (2 * codes <= 256)
      return arith::RemUIOp::create(b, byte, word(codes));
    Value isMore = b.compare(arith::CmpIPredicate::uge, byte, word(codes));
    return b.select(isMore, b.sub(byte, word(codes)), byte);
  }

  /// The digits from number `digit` on: by the inverse of what is in front of
  /// them, rounded up, which is exact for a number below 2^16.
  Value dropDigits(Value number, Value digit) {
    constexpr int64_t kBits = 31;
    Type i64 = b.getI64Type();
    Value factor;
    for (int64_t i = 0; i < runs.digits; ++i) {
      int64_t behind = runs.msbFirst ? 2 * runs.digits - kTritRun - i : i;
      Value inverse =
          b.constant(i64, int64_t(llvm::divideCeil(int64_t(1) << kBits,
                                                   power(runs.radix, behind))));
      Value here = b.compare(arith::CmpIPredicate::eq, digit, b.index(i));
      factor = factor ? b.createOrFold<arith::SelectOp>(here, inverse, factor)
                      : inverse;
    }
    Value product = b.mul(arith::ExtUIOp::create(b, i64, number), factor);
    Value shifted = arith::ShRUIOp::create(b, product, b.constant(i64, kBits));
    return arith::TruncIOp::create(b, b.getI32Type(), shifted);
  }

  Values takeApart(Value number) {
    Values trits(kTritRun);
    Value radix = word(runs.radix);
    for (int64_t i = 0; i < kTritRun; ++i) {
      Value code = arith::RemUIOp::create(b, number, radix);
      trits[runs.msbFirst ? kTritRun - 1 - i : i] = tritOf(code);
      number = arith::DivUIOp::create(b, number, radix);
    }
    return trits;
  }

  Value tritOf(Value code) {
    Type i8 = b.getI8Type();
    int64_t offset = runs.codes[1];
    bool isOffset = llvm::all_of(llvm::enumerate(runs.trits), [&](auto pair) {
      return pair.value() == int64_t(pair.index()) - offset;
    });
    if (isOffset)
      return b.cast(b.sub(code, word(offset)), i8);
    Value trit = b.zero(i8);
    for (auto [i, value] : llvm::enumerate(runs.trits)) {
      Value here = b.compare(arith::CmpIPredicate::eq, code, word(i));
      trit = b.select(here, b.constant(i8, value), trit);
    }
    return trit;
  }

  GPUKernelBuilder &b;
  const DigitRuns &runs;
  Value weight;
};

} // namespace

Values ternary::loadTrits(GPUKernelBuilder &b, Value weight,
                          PackingAttrInterface packing, ValueRange shape,
                          Value n, Value k) {
  std::optional<DigitRuns> runs = getDigitRuns(packing);
  if (runs && RunDecoder::canDecode(*runs))
    return RunDecoder(b, *runs, weight).load(n, k, shape[1]);
  auto load = [&](ValueRange at) { return b.load(weight, at); };
  Values trits;
  for (int64_t i = 0; i < kTritRun; ++i) {
    Values at{n, b.min(b.add(k, i), b.sub(shape[1], b.index(1)))};
    trits.push_back(packing ? packing.buildDecode(b, at, shape, load)
                            : load(at));
  }
  return trits;
}
