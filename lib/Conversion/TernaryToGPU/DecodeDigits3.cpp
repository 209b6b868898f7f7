//===- DecodeDigits3.cpp - Few tokens of int8, weights of base 3 ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A lane's 16 bytes of a tile of `gpu_tile3` are the words that those of
// `gpu_tile2` are, of five digits in place of four: the columns of a lane are
// 40. Digits are codes trit + 1: for one token their sums are too large by the
// sum of the activations; tensor cores get trits.
//
//===----------------------------------------------------------------------===//

#include "Decode.h"
#include "Trits.h"

#include "../TernaryToVector/Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

constexpr int64_t kDigits = 5, kLaneWords = 2 * kDigits;

class Digits3Kernel : public DecodeKernel {
protected:
  using DecodeKernel::DecodeKernel;

  /// A token's activations for the lane: word 2 i + h meets digit i of the
  /// words h of a row.
  Values loadToken(Value token, Value tile) {
    Value column =
        b.add(b.mul(tile, order.columns()), b.mul(part, 4 * kLaneWords));
    Values x;
    for (int64_t i = 0; i < kDigits; ++i)
      x.append(wordsOf(b, loadColumns(token, b.add(column, 8 * i))));
    return x;
  }

private:
  /// Two words, zeros behind the last column.
  Value loadColumns(Value token, Value column) {
    int64_t columns = cast<MemRefType>(input.getType()).getDimSize(1);
    if (!ShapedType::isDynamic(columns) && columns % order.columns() == 0)
      return b.loadVector(input, {token, column}, kDigits3Columns);
    Value end = b.dim(input, 1);
    Value last = b.sub(end, b.index(kDigits3Columns));
    Value bytes =
        b.loadVector(input, {token, b.min(column, last)}, kDigits3Columns);
    Value exists = b.compare(arith::CmpIPredicate::ult, column, end);
    return b.select(exists, bytes, b.zero(bytes.getType()));
  }
};

class Digits3Token : public Digits3Kernel {
public:
  Digits3Token(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out)
      : Digits3Kernel(b, op, input, out, /*tokens=*/1) {}

private:
  /// One for each digit of two rows, and one for the activations.
  int64_t sumsPerTile() override { return 2 * kDigits + 1; }
  Type accumulatorType() override { return VectorType::get(1, sumType()); }

  Values loadActivations(Value tile) override {
    return loadToken(firstToken, tile);
  }

  void addTile(ArrayRef<Value> words, ArrayRef<Value> x, Value, int64_t,
               MutableArrayRef<Value> sums) override {
    for (int64_t half = 0; half < 2; ++half)
      for (int64_t h = 0; h < 2; ++h)
        addDot(words[2 * h + half], x, h, sums.slice(kDigits * half, kDigits));
    Value ones = b.constant(b.getI8Type(), ArrayRef<int64_t>({1, 1, 1, 1}));
    for (Value word : x)
      sums.back() = b.dot(ones, b.bytesOf(word), sums.back(), /*radix=*/4);
  }

  /// sums[i] += digit i of a word times its activations.
  void addDot(Value word, ArrayRef<Value> x, int64_t h,
              MutableArrayRef<Value> sums) {
    Values activations;
    for (int64_t i = 0; i < kDigits; ++i)
      activations.push_back(b.bytesOf(x[2 * i + h]));
    auto dot = DotOp::create(b, TypeRange(ValueRange(sums)), b.bytesOf(word),
                             activations, sums, /*radix=*/3,
                             /*isSigned=*/false);
    llvm::copy(dot.getResults(), sums.begin());
  }

  void storeSums(ArrayRef<Value> sums, int64_t s) override {
    Values rows;
    for (int64_t half = 0; half < 2; ++half) {
      Value sum = DotFinishOp::create(
          b, accumulatorType(), sums.slice(kDigits * half, kDigits),
          sums.back(), /*radix=*/3, /*offset=*/1, /*digit=*/IntegerAttr(),
          /*isSigned=*/false);
      rows.push_back(
          b.sumOverLanes(vector::ExtractOp::create(b, sum, 0), {1, 2}));
    }
    storeRows(rows, s);
  }
};

class Digits3Tokens : public FragmentKernel<Digits3Kernel> {
public:
  Digits3Tokens(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out,
                int64_t tokens)
      : FragmentKernel(b, op, input, out, tokens) {}

private:
  void addTile(ArrayRef<Value> words, ArrayRef<Value> x, Value, int64_t,
               MutableArrayRef<Value> sums) override {
    for (int64_t digit = 0; digit < kDigits; ++digit) {
      Values trits;
      for (Value word : words)
        trits.push_back(decode(word, digit));
      multiplyDigit(trits, x, digit, sums);
    }
  }

  Value decode(Value word, int64_t digit) {
    Value bytes = b.bytesOf(word);
    return b.wordOf(DecodeOp::create(
        b, bytes.getType(), bytes, /*radix=*/3, b.getI64IntegerAttr(digit),
        /*offset=*/1, /*msbFirst=*/false, /*isSigned=*/false,
        /*shift=*/IntegerAttr()));
  }

  void storeSums(ArrayRef<Value> sums, int64_t s) override {
    storeFragments(sums, s, /*isLowered=*/true);
  }
};

} // namespace

std::unique_ptr<DecodeKernel> ternary::makeDigits3(GPUKernelBuilder &b,
                                                   BitLinearOp op, Value input,
                                                   Value out, int64_t tokens) {
  if (tokens == 1)
    return std::make_unique<Digits3Token>(b, op, input, out);
  return std::make_unique<Digits3Tokens>(b, op, input, out, tokens);
}
